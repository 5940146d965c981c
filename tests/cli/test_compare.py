#!/usr/bin/python3
"""lx compare by the real program: at the end of a sweep and again, with other texts, variants and references."""
import pathlib
import re
import unittest

from harness import TINY, ProgramTest, main


def row(out, label):
    (line,) = [line for line in out.splitlines() if line.startswith(label + " ")]
    return line.split()


def numbers(out, label):
    """The losses of a row, without what stands around them."""
    return [float(word) for word in row(out, label) if re.fullmatch(r"\d\.\d{3}", word)]


class Compare(ProgramTest):
    def sweep(self, *words):
        out, errors = self.lx("run", "-m", TINY, f"output={self.results}", "train.budget.steps=2", *words)
        (folder,) = (pathlib.Path(self.results) / "tiny" / "sweeps").iterdir()
        return folder, out, errors

    def test_a_sweep_ends_with_a_comparison_that_can_be_had_again(self):
        folder, at_the_end, _ = self.sweep("encoding=rope,nope,alibi", "seed=0,1")
        again, errors = self.lx("compare", str(folder))
        self.assertEqual(errors, "")
        self.assertIn(again, at_the_end)
        for part in ("natural text, tested as none: all 256 targets", "seeds 0, 1", "minus encoding=rope",
                     "Holm over 4 comparisons", "loss at 32 = N", "loss at 256 = 8N", "effective length"):
            self.assertIn(part, again)
        self.assertEqual(row(again, "rope")[1], "2")
        self.assertEqual(again, self.lx("compare", str(folder))[0])   # the same draws

        # The mean over seeds is the matrix's, and a difference is that of two means.
        matrix = at_the_end[at_the_end.index("natural text at 32 = N"):]
        for encoding in ("rope", "nope", "alibi"):
            (line, *_) = [line for line in matrix.splitlines() if line.startswith(encoding + " ")]
            self.assertAlmostEqual(numbers(again, encoding)[0], float(line.split()[1].split("±")[0]), delta=0.0011)
        other, _ = self.lx("compare", str(folder), "--reference", "encoding=nope", "--text", "tail")
        self.assertIn("minus encoding=nope", other)
        losses = numbers(other, "rope"), numbers(other, "nope")
        (difference, *_) = [float(word) for word in row(other, "rope") if re.fullmatch(r"[+-]\d\.\d{3}", word)]
        self.assertAlmostEqual(losses[0][0] - losses[1][0], difference, delta=0.0011)

        pi, _ = self.lx("compare", str(folder), "--variant", "pi", "--markdown")
        self.assertIn("encoding=nope is left out: it was not tested as 'pi'", pi)
        self.assertIn("test-time change", pi)
        self.assertIn("| rope | 2 |", pi)
        free, _ = self.lx("compare", str(folder), "--independent-seeds")
        self.assertNotIn("seed by seed", free)
        self.assertNotEqual(row(free, "nope"), row(again, "nope"))

        cells = [str((folder / "cells" / cell).resolve()) for cell in "024"]
        runs, _ = self.lx("compare", *cells)
        self.assertIn("over documents only", runs)
        self.assertEqual(row(runs, "alibi")[1], "1")

        self.wrong("compare", str(folder), "--reference", "encoding=rop", says="did you mean 'encoding=rope'")
        self.wrong("compare", str(folder), "--reference", "model=tiny", says="which does not vary")
        self.wrong("compare", str(folder), "--variant", "rerop", says="did you mean 'rerope'")
        self.wrong("compare", str(folder), "--text", "tial", says="did you mean 'tail'", code=2)

    def test_systems_of_other_windows_are_not_paired_and_one_system_is_not_compared(self):
        folder, out, _ = self.sweep("length=16,32", "seed=0,1")
        self.assertIn("length=32 is not compared: it was scored on other", out)
        one, _ = self.lx("compare", *[str((folder / "cells" / cell).resolve()) for cell in "01"])
        self.assertNotIn("difference", one)
        self.assertIn("effective length", one)

    def test_what_cannot_be_compared_is_said(self):
        self.refused("compare", "nosuch", says="there is no sweep 'nosuch'")
        folder, out, _ = self.sweep("seed=0,1")
        self.assertNotIn("Holm", out)
        for link in (folder / "cells").iterdir():
            (link.resolve() / "run.h5").unlink()
        self.wrong("compare", str(folder), says="there is nothing to compare")

    def wrong(self, *words, says, code=1):
        _, errors = self.lx(*words, code=code)
        self.assertIn(says, errors)
        self.assertEqual(len([line for line in errors.splitlines() if line.startswith("error: ")]), 1, errors)


if __name__ == "__main__":
    main()
