#!/usr/bin/python3
"""lx collect by the real program: a sweep with a failed and a missing cell, two executions compared, single runs."""
import pathlib
import shutil
import subprocess
import unittest

from harness import TINY, ProgramTest, main

try:
    import h5py
    import xarray
except ImportError:
    h5py = None

AXES = ["encoding=rope,nope", "length=16,32", "seed=0,1"]


class Collect(ProgramTest):
    def setUp(self):
        super().setUp()
        if h5py is None:
            self.skipTest("python3-h5py and python3-xarray are not installed")

    def sweep(self, results, *words, code=0):
        self.lx("run", "-m", TINY, f"output={results}", "train.budget.steps=2", *words, code=code)
        (folder,) = (pathlib.Path(results) / "tiny" / "sweeps").iterdir()
        return folder

    def test_a_sweep_a_hole_and_the_same_runs_by_hand(self):
        folder = self.sweep(self.results, *AXES)
        out, _ = self.lx("collect", str(folder))
        self.assertIn("8 of 8 cells done; by encoding (2), trained_length (2), seed (2)", out)
        self.assertIn("ds.loss.sel(encoding='rope', trained_length=16, seed=0).to_dataframe()", out)
        data = xarray.open_dataset(folder / "sweep.h5", group="eval").load()
        self.assertEqual(data.loss.dims, ("encoding", "trained_length", "seed", "text", "variant", "length"))
        documents = xarray.open_dataset(folder / "sweep.h5", group="documents").load()
        mean = (documents.loss * documents.targets).sum("document") / documents.targets.sum("document")
        measured = data.loss.notnull() & (documents.targets > 0).any("document")
        self.assertLess(float(abs((mean - data.loss).where(measured)).max()), 1e-5)
        cells = sorted((folder / "cells").iterdir(), key=lambda link: int(link.name))
        for cell, link in enumerate(cells):
            with h5py.File(link.resolve() / "run.h5") as run, h5py.File(folder / "sweep.h5") as whole:
                self.assertEqual(whole["runs/run"].asstr()[cell], run.attrs["run_id"])
                where = {name: whole[f"runs/{name}"][cell] for name in ("trained_length", "seed")}
                where["encoding"] = whole["runs/encoding"].asstr()[cell]
                for name in ("loss", "gap", "accuracy_se"):
                    texts, variants = (list(run[f"eval/{key}"].asstr()) for key in ("text", "variant"))
                    there = data[name].sel(where).sel(text=texts, variant=variants, length=run["eval/length"][:])
                    self.assertEqual(there.values.tobytes(), run[f"eval/{name}"][()].tobytes(), name)

        # Single runs: what differs in their configurations is what was swept.
        folders = [str(link.resolve()) for link in cells]
        self.lx("collect", *folders, "--output", "runs.h5")
        runs = xarray.open_dataset(self.place / "runs.h5", group="eval").loss.load().reset_coords(drop=True)
        swept = data.loss.reset_coords(drop=True)
        self.assertEqual(runs.dims, swept.dims)
        self.assertTrue(runs.reindex_like(swept).equals(swept))

        shutil.rmtree(cells[3].resolve())
        (cells[5].resolve() / "run.h5").write_text("just words")
        out, errors = self.lx("collect", str(folder), "--no-documents")
        self.assertIn("6 of 8 cells done, 1 failed, 1 to come", out)
        with h5py.File(folder / "sweep.h5") as whole:
            self.assertEqual(list(whole["runs/state"]), [1, 1, 1, 3, 1, 2, 1, 1])
            self.assertIn("is not an HDF5 file", whole["provenance/reason"].asstr()[5])
            self.assertNotIn("documents", whole)
        self.assertEqual(list(self.place.rglob("*.part")), [])

    def test_a_disturbed_sweep_is_an_undisturbed_one(self):
        first, second = (self.sweep(self.place / name, "seed=0,1") for name in ("undisturbed", "disturbed"))
        (lost, *_) = (second / "cells").iterdir()
        shutil.rmtree(lost.resolve())
        self.sweep(self.place / "disturbed", "seed=0,1")
        for folder in (first, second):
            self.lx("collect", str(folder))
        self.assertEqual((first / "sweep.csv").read_bytes(), (second / "sweep.csv").read_bytes())
        self.assertEqual((first / "sweep.jsonl").read_bytes(), (second / "sweep.jsonl").read_bytes())
        if not shutil.which("h5diff"):
            self.skipTest("hdf5-tools is not installed")
        done = subprocess.run(["h5diff", "--exclude-path", "/provenance", first / "sweep.h5", second / "sweep.h5"],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_what_cannot_be_collected_is_said(self):
        self.refused("collect", "nosuch", says="there is no sweep 'nosuch'")
        self.refused("collect", "--output", "x.csv", says="--output wants a name that ends in .h5", code=2)


if __name__ == "__main__":
    main()
