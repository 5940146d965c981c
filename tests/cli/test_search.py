#!/usr/bin/python3
"""Searches by the real program: what they draw, judge and write; killed at any moment they end the same."""
import csv
import signal
import time
import unittest

from harness import TINY, ProgramTest, main

try:
    import yaml
except ImportError:
    yaml = None
try:
    import xarray
except ImportError:
    xarray = None

SMALL = ["train.validate.every=0", "train.checkpoint.best=false", "eval.lengths=[32,64]", "eval.texts=[natural]", "eval.windows=2", "launcher.jobs=2"]


@unittest.skipIf(yaml is None, "python3-yaml is not installed")
class Search(ProgramTest):
    def search(self, sweeper, *words, code=0, results=None):
        return self.lx("run", "-m", TINY, f"output={results or self.results}", f"hydra/sweeper={sweeper}", *SMALL, *words, code=code)

    def folder(self, results=None):
        (folder,) = ((results or self.results) / "tiny" / "sweeps").iterdir()
        return folder

    def found(self, results=None):
        return yaml.safe_load((self.folder(results) / "optimization_results.yaml").read_text())

    def trials(self, results=None):
        with open(self.folder(results) / "trials.csv", newline="") as file:
            return list(csv.DictReader(file))

    def runs(self, results=None):
        return {path.parent.name: path.stat().st_mtime_ns for path in (results or self.results).glob("tiny/*/run.h5")}

    def test_random(self):
        words = ["hydra.sweeper.n_trials=4", "train.budget.steps=3", "train.optimizer.lr=tag(log,interval(1e-4,1e-1))",
                 "train.batch=int(interval(1,4))", "encoding=rope,nope", "hydra.sweeper.n_jobs=3"]
        out, _ = self.search("random", *words)
        trials, found = self.trials(), self.found()
        self.assertEqual([trial["trial"] for trial in trials], ["0", "1", "2", "3"])
        for trial in trials:
            self.assertTrue(1e-4 <= float(trial["train.optimizer.lr"]) < 1e-1)
            self.assertIn(int(trial["train.batch"]), (1, 2, 3, 4))
            self.assertIn(trial["encoding"], ("rope", "nope"))
            self.assertEqual(trial["state"], "done")
        best = min(trials, key=lambda trial: float(trial["value"]))
        self.assertEqual(found["best_value"], float(best["value"]))
        self.assertEqual(found["best_run"], best["run"])
        self.assertEqual(found["best_params"], {"train.optimizer.lr": float(best["train.optimizer.lr"]), "train.batch": int(best["train.batch"]), "encoding": best["encoding"]})
        self.assertEqual((found["name"], found["n_trials"], found["n_failed"], found["seed"]), ("random", 4, 0, 0))
        table = out[out.index("\ntrial "):].splitlines()[3:7]
        self.assertEqual([line.split()[0] for line in table], [trial["trial"] for trial in sorted(trials, key=lambda trial: float(trial["value"]))])
        # Again: the same points, nothing is done twice.
        before, text = self.runs(), (self.folder() / "optimization_results.yaml").read_bytes()
        again, _ = self.search("random", *words)
        self.assertIn("4 of 4 trials are done already", again)
        self.assertEqual(self.runs(), before)
        self.assertEqual((self.folder() / "optimization_results.yaml").read_bytes(), text)
        # The first trials of a longer search are those of a shorter one; another seed draws others.
        longer, _ = self.search("random", *words, "hydra.sweeper.n_trials=5", "--dry-run")
        for trial in trials:
            self.assertIn(trial["run"][:8], longer)
        other, _ = self.search("random", *words, "hydra.sweeper.seed=1", "--dry-run")
        self.assertFalse(any(trial["run"][:8] in other for trial in trials))

    def test_params_in_the_configuration_and_the_other_direction(self):
        file = self.place / "mine.yaml"
        file.write_text("defaults:\n  - override /model: tiny\n  - override /data: synthetic\n  - override /runtime: one_thread\n"
                        "  - override /hydra/sweeper: quasi_random\nexperiment: tiny\nlength: 32\n"
                        "data: {synthetic: {bytes: 200000, shortest: 1024, longest: 8192}}\ntrain: {batch: 4, budget: {steps: 2}}\n"
                        "hydra:\n  sweeper:\n    n_trials: 3\n    direction: maximize\n"
                        "    objective: {text: natural, variant: rerope, length: 32, value: accuracy}\n"
                        "    params: {seed: 'range(0,30,10)', train.batch: '2,4'}\n")
        self.lx("run", "-m", str(file), f"output={self.results}", *SMALL, "train.batch=4")
        found, trials = self.found(), self.trials()
        # Three points of a quasi-random sequence in base two, and only `seed` is searched: the command line fixed the other.
        self.assertEqual(set(found["best_params"]), {"seed"})
        self.assertEqual(found["best_value"], max(float(trial["value"]) for trial in trials))
        if xarray is None:
            return
        for trial in trials:
            data = xarray.open_dataset(self.results / "tiny" / trial["run"] / "run.h5", group="eval")
            text, variant, length = ([str(value) for value in data[name].values] for name in ("text", "variant", "length"))
            number = data["accuracy"].values[text.index("natural"), variant.index("rerope"), length.index("32")]
            self.assertEqual(float(trial["value"]), number)

    HALVING = ["hydra.sweeper.n_trials=4", "hydra.sweeper.eta=2", "train.budget.steps=8", "train.optimizer.lr=tag(log,interval(1e-4,1e-1))"]

    def test_halving(self):
        out, _ = self.search("halving", *self.HALVING)
        self.assertIn("4 with 2, 2 with 4, 1 with 8", out)
        trials, found = self.trials(), self.found()
        rungs = [[trial for trial in trials if trial["rung"] == str(rung)] for rung in range(3)]
        self.assertEqual([[trial["train.budget.steps"] for trial in rung] for rung in rungs], [["2"] * 4, ["4"] * 2, ["8"]])
        for lower, upper in zip(rungs, rungs[1:]):
            best = sorted(lower, key=lambda trial: float(trial["value"]))[:len(upper)]
            self.assertEqual({trial["trial"] for trial in upper}, {trial["trial"] for trial in best})
        self.assertEqual(found["best_run"], rungs[2][0]["run"])
        self.assertEqual(found["budget"], {"train.budget.steps": 8})
        self.assertEqual(len({trial["run"] for trial in trials}), 7)
        self.assertEqual(len((self.folder() / "cells.jsonl").read_text().splitlines()), 7)
        status, _ = self.lx("sweep", "--status", str(self.folder()))
        self.assertIn("7 of 7 cells done", status)

    def test_killed_and_gone_on_is_undisturbed(self):
        quiet = self.place / "quiet"
        self.search("halving", *self.HALVING, results=quiet)
        kills = 0
        for wait in (1, 2, 3):
            process = self.start("run", "-m", TINY, f"output={self.results}", "hydra/sweeper=halving", *SMALL, *self.HALVING)
            until, before = time.monotonic() + 60, len(self.runs())
            while process.poll() is None and len(self.runs()) < before + wait and time.monotonic() < until:
                time.sleep(0.01)
            kills += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.communicate()
        self.assertGreaterEqual(kills, 1)
        self.search("halving", *self.HALVING)
        for name in ("optimization_results.yaml", "trials.csv"):
            self.assertEqual((self.folder() / name).read_bytes(), (self.folder(quiet) / name).read_bytes(), name)
        self.assertEqual(self.folder().name, self.folder(quiet).name)

    def test_failed_trials_count(self):
        words = ["hydra.sweeper.n_trials=2", "train.budget.steps=2", "train.optimizer.lr=interval(1e30,1e31)", "train.clip=null"]
        _, errors = self.search("random", *words, code=1)
        self.assertIn("2 of 2 cells failed", errors)
        self.assertIn("max_failure_rate=0.0 allows 0 failed trials of 2", errors)
        self.assertFalse((self.folder() / "optimization_results.yaml").exists())
        _, errors = self.search("random", *words, "hydra.sweeper.max_failure_rate=1", code=1)
        self.assertIn("no trial has finished", errors)
        self.assertEqual([trial["state"] for trial in self.trials()], ["failed", "failed"])

    def test_some_failures_are_allowed_and_the_worst(self):
        words = ["hydra.sweeper.n_trials=4", "train.budget.steps=2", "train.optimizer.lr=1e-3,1e30", "train.clip=null", "seed=int(interval(0,99))"]
        self.search("quasi_random", *words, "hydra.sweeper.max_failure_rate=0.5")
        found, trials = self.found(), self.trials()
        self.assertEqual(found["n_failed"], 2)   # base two: four points in a row, two in each half
        self.assertEqual(found["best_params"]["train.optimizer.lr"], 1e-3)
        self.assertEqual({trial["state"] for trial in trials if float(trial["train.optimizer.lr"]) > 1}, {"failed"})

    def test_mistakes_are_told_before_anything_runs(self):
        def refused(sweeper, *words, says):
            self.refused("run", "-m", TINY, f"output={self.results}", f"hydra/sweeper={sweeper}", *SMALL, *words, says=says)
        lr = "train.optimizer.lr=interval(0.001,0.01)"
        refused("random", says="nothing to search")
        refused("random", "train.optimizer.lr=tag(log,interval(0,0.01))", says=["train.optimizer.lr", "positive"])
        refused("random", "train.batch=interval(1,4)", says=["train.batch=2.5", "Integer"])
        refused("random", lr, "hydra.sweeper.objective.variant=rope", says=["objective.variant", "'rope'", "none, window"])
        refused("random", lr, "hydra.sweeper.objective.length=48", says="`longest` or one of eval.lengths (32, 64)")
        refused("random", lr, "hydra.sweeper.objective.value=difference", says="compares a variant with the first")
        refused("random", lr, "hydra.sweeper.direction=up", says=["hydra.sweeper.direction", "minimize"])
        refused("random", lr, "hydra.sweeper.eta=2", says="'eta'")
        refused("random", lr, "sweep.seeds=2", says="section `sweep`")
        refused("halving", lr, "train.budget.steps=2", says="too little for the 3 rungs of 20 trials")
        refused("halving", lr, "train.budget.steps=2,4", says="cannot be searched")
        refused("halving", lr, "train.budget.steps=9", "hydra.sweeper.min_resource=2", says="leave one of them out")
        refused("halving", lr, "hydra.sweeper.resource=train.budget.stesp", says="no such key")
        refused("random", lr, "launcher=slurm", says="launcher.wait=true")
        refused("basic", lr, says="BasicSweeper does not support sweep type : INTERVAL_SWEEP")


if __name__ == "__main__":
    main()
