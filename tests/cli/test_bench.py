#!/usr/bin/python3
"""lx bench as a user runs it: what is measured and kept, what is refused. Nothing here judges how fast anything is."""
import json
import os
import pathlib
import re
import signal
import tempfile
import time

from harness import PROGRAM, TINY, ProgramTest, main

SMALL = ("model=tiny", "length=16", "runtime=one_thread", "eval.lengths=[32]")
QUICK = ("--seconds", "0.05", "--rounds", "2")


class Bench(ProgramTest):
    def lines(self, *words):
        """The JSON lines, by kind."""
        kinds = {"environment": [], "cell": [], "row": [], "profile": []}
        for line in self.lx("bench", *SMALL, *QUICK, "--json", *words)[0].splitlines():
            entry = json.loads(line)
            kinds[entry["kind"]].append(entry)
        return kinds

    def train_row(self, *words):
        (row,) = self.lines("--part", "train", *words)["row"]
        return row

    def test_a_grid_becomes_a_table_and_a_file(self):
        import h5py
        import numpy
        path = self.place / "grid.h5"
        out, _ = self.lx("bench", *SMALL, *QUICK, "length=16,32", "encoding=rope,rerope", "--against", "encoding=rope", "--out", str(path))
        self.assertRegex(out, r"length=32 encoding=rerope +train at 32 +4\.10k .* \d\.\d+ \(\d\.\d+–\d\.\d+\)")
        self.assertIn("score at 32", out)
        self.assertRegex(out, r"roof: oneDNN's products in (fp32|bf16) on 1 thread: \d+ GFLOP/s")
        self.assertIn("wrote grid.h5", out)
        with h5py.File(path) as file:
            self.assertEqual(file.attrs["schema"], "lx.bench")
            cells = file["cells"]
            self.assertEqual(list(cells["label"].asstr()[()]),
                             [f"length={n} encoding={e}" for n in (16, 32) for e in ("rope", "rerope")])
            self.assertEqual(list(cells["keys/encoding"].asstr()[()]), ["rope", "rerope"] * 2)
            self.assertIn("encoding=rerope", cells["overrides"].asstr()[1].split("\n"))
            self.assertEqual(list(cells["reference"][()]), [-1, 0, -1, 2])
            self.assertEqual(cells["roof"].shape, (4, 2))
            self.assertTrue((cells["roof"][()] > 0).all())
            train, scored = file["train"], file["eval"]
            self.assertEqual([dim[0].name for dim in train["seconds"].dims], ["/train/cell", "/train/round"])
            self.assertEqual([dim[0].name for dim in scored["seconds"].dims], ["/eval/cell", "/eval/length", "/eval/round"])
            self.assertEqual(list(scored["length"][()]), [32])
            for group in (train, scored):
                self.assertTrue((group["seconds"][()] > 0).all())
                rate = group["tokens"][()][..., None] / group["seconds"][()]
                numpy.testing.assert_allclose(group["tokens_per_second"][()], rate)
                self.assertTrue((group["memory"][()] > 0).all())
            self.assertEqual(list(train["tokens"][()]), [4096] * 4)
            self.assertEqual(list(train["batch"][()]), [256, 256, 128, 128])
            # Weights, gradients and two moments, at least.
            self.assertTrue((train["memory"][()] > 16 * cells["parameters"][()]).all())
            self.assertEqual(file["environment"].attrs["threads"], "1")
            self.assertIn("commit", file["environment"].attrs)

    def test_work_is_what_lx_show_counts(self):
        row = self.train_row()
        (card,) = json.loads(self.lx("show", "--cost", *SMALL, "--format", "json")[0])
        text = json.dumps(card)
        per_token = row["operations"] / row["tokens"]
        numbers = [float(number) for number in re.findall(r"[\d.]+", text)]
        self.assertTrue(any(abs(number - per_token) < 1e-6 * per_token for number in numbers), (per_token, text))

    def test_the_batch_is_what_the_user_said_it_is(self):
        self.assertEqual(self.train_row()["tokens"], 4096)
        self.assertEqual(self.train_row("train.accumulate=2")["tokens"], 4096)
        self.assertEqual(self.train_row("train.batch=3")["tokens"], 48)
        self.assertEqual(self.train_row("--tokens", "64")["tokens"], 64)
        self.assertEqual(self.train_row(TINY)["tokens"], 64)        # its own batch, of 4
        self.assertEqual(self.train_row(TINY, "--tokens", "160")["batch"], 10)
        self.assertEqual(self.train_row("length=5000")["batch"], 1)

    def test_attention_alone(self):
        rows = self.lines("--part", "attention,attention_train", "length=64", "--tokens", "128",
                          "encoding.stack=[rope],[rope,{window: {size: 16}}]")["row"]
        self.assertEqual([(row["cell"], row["part"]) for row in rows],
                         [(cell, part) for cell in (0, 1) for part in ("attention", "attention_train")])
        heads = 2
        pairs = {0: 64 * 65 // 2, 1: sum(min(i + 1, 16) for i in range(64))}
        width = rows[0]["operations"] / (4 * 2 * heads * pairs[0])   # 2 (D + D) a pair, two windows
        self.assertEqual(width, int(width))
        for row in rows:
            self.assertEqual(row["batch"], 2)
            passes = 3 if row["part"] == "attention_train" else 1
            self.assertEqual(row["operations"], passes * 4 * 2 * heads * width * pairs[row["cell"]])

    def test_a_profile_accounts_for_all_of_the_time(self):
        out, _ = self.lx("bench", *SMALL, *QUICK, "--part", "train", "--profile", "--out", str(self.place / "p.h5"))
        table = out[out.index("train at 16, a call of"):]
        shares = [float(share) for share in re.findall(r"(-?[\d.]+) %$", table, re.M)]
        self.assertEqual(shares[-1], 100)
        self.assertAlmostEqual(sum(shares[:-1]), 100, delta=0.05 * len(shares))
        self.assertGreaterEqual(min(shares), -0.1)
        self.assertIn("everything else", table)
        (profile,) = self.lines("--part", "train", "--profile")["profile"]
        self.assertGreaterEqual(profile["calls"], 2)
        self.assertLessEqual(sum(part["seconds"] for part in profile["parts"].values()), profile["seconds"] * 1.001)

    def test_two_builds_take_turns(self):
        import h5py
        path = self.place / "two.h5"
        out, _ = self.lx("bench", *SMALL, *QUICK, "encoding=rope,nope", "--with", PROGRAM, "--part", "train", "--out", str(path))
        self.assertIn("round 2 of 2", out)
        self.assertRegex(out, r"(?m)^encoding=nope +train at 16 .* \d+\.\d+ \(\d+\.\d+–\d+\.\d+\)$")
        with h5py.File(path) as file:
            self.assertEqual(list(file["cells/reference"][()]), [2, 3, -1, -1])
            self.assertEqual(list(file["cells/program"].asstr()[()]), ["", "", PROGRAM, PROGRAM])
            self.assertEqual(file["train/seconds"].shape, (4, 2))
            self.assertTrue((file["train/seconds"][()] > 0).all())

    def test_what_another_program_cannot_do_is_said(self):
        other = self.place / "other"
        other.write_text("#!/bin/sh\necho 'error: unknown flag --json' >&2\nexit 2\n")
        other.chmod(0o755)
        self.refused("bench", *SMALL, *QUICK, "--with", str(other), says=["cannot do this benchmark", "unknown flag --json"])
        other.write_text("#!/bin/sh\necho hello\n")
        self.refused("bench", *SMALL, *QUICK, "--with", str(other), says="answers lx bench --json in another way")
        self.refused("bench", *SMALL, *QUICK, "--with", str(self.place / "none"), says="cannot run")
        self.refused("bench", *SMALL, "--with", PROGRAM, "--profile", says="leave --profile out", code=2)

    def test_mistakes_are_told_before_anything_is_timed(self):
        self.refused("bench", *SMALL, "model.mixer.heads=2,3", says=["cell 1 (model.mixer.heads=3)", "heads"])
        self.refused("bench", *SMALL, "encoding=rope,ropee", says="cell 1 (encoding=ropee)")
        self.refused("bench", *SMALL, "--part", "evla", says="did you mean 'eval'?", code=2)
        self.refused("bench", *SMALL, "--tokens", "64", "train.batch=3", says="leave --tokens or train.batch out", code=2)
        self.refused("bench", *SMALL, "--tokens", "1.5", says="--tokens wants a whole number", code=2)
        self.refused("bench", *SMALL, "--against", "3", says="there is no cell 3", code=2)
        self.refused("bench", *SMALL, "encoding=rope,nope", "--against", "length=3", says="keys that vary", code=2)
        self.refused("bench", *SMALL, "encoding=rope,nope", "--against", "encoding=kna", says="no cell has these values", code=2)

    def test_numbers_go_to_the_folder_of_results_or_nowhere(self):
        self.lx("bench", *SMALL, *QUICK, f"output={self.results}", "--part", "train")
        (file,) = (self.results / "bench").iterdir()
        self.assertRegex(file.name, r"^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.h5$")
        self.lx("bench", *SMALL, *QUICK, f"output={self.results}", "--part", "train", "--json")
        self.assertEqual(len(list((self.results / "bench").iterdir())), 1)

    def test_an_interrupted_benchmark_leaves_nothing_behind(self):
        with tempfile.TemporaryDirectory(dir=self.place) as scratch:
            import subprocess
            path = self.place / "never.h5"
            process = subprocess.Popen([PROGRAM, "bench", *SMALL, "--seconds", "600", "--out", str(path)], cwd=self.place,
                                       env=self.environment(TMPDIR=scratch), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            process.stdout.readline()   # the machine: cells are built next
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130)
            self.assertEqual(os.listdir(scratch), [])
            self.assertFalse(path.exists())
            self.assertEqual(list(pathlib.Path(self.place).glob("*.part")), [])


if __name__ == "__main__":
    main()
