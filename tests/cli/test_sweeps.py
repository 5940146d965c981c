#!/usr/bin/python3
"""Sweeps of the real program: which cells there are, and that nothing that happens to them changes what they come to."""
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import time

from harness import PROGRAM, TINY, ProgramTest, main, same_numbers

try:
    import h5py
except ImportError:
    h5py = None


class Sweeps(ProgramTest):
    def setUp(self):
        super().setUp()
        if h5py is None:
            self.skipTest("python3-h5py is not installed")

    def sweep(self, *words, code=0, **extra):
        return self.lx("run", TINY, f"output={self.results}", "-m", *words, code=code, **extra)

    def folder(self):
        (folder,) = (self.results / "tiny" / "sweeps").iterdir()
        return folder

    def cells(self):
        return [json.loads(line) for line in (self.folder() / "cells.jsonl").read_text().splitlines()]

    def events(self, kind):
        lines = (self.folder() / "events.jsonl").read_text().splitlines()
        return [event["cell"] for event in map(json.loads, lines) if event["event"] == kind]

    def runs(self):
        return {cell["id"]: (self.folder() / cell["folder"]).resolve() for cell in self.cells()}

    def plan(self, *words):
        """The overrides of each cell, but for the output."""
        out, _ = self.lx("run", f"output={self.results}", "-m", *words, "--dry-run")
        rows = [line for line in out.splitlines() if re.match(r"\d+ ", line) and "output=" in line]
        return [" ".join(word for word in row.split()[3:] if not word.startswith("output=")) for row in rows]

    def children(self, process):
        """Processes of the cells that a launcher has started."""
        found = []
        for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == process.pid:
                found.append(int(status.parent.name))
        return found

    def wait_for(self, condition, seconds=60):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if condition():
                return
            time.sleep(0.02)
        self.fail("it never happened")

    def undisturbed(self, *words):
        """The runs of a sweep that nothing happened to, and the seconds it took."""
        keep, self.results = self.results, self.place / "undisturbed"
        started = time.monotonic()
        self.sweep(*words)
        runs = self.runs()
        self.quiet = self.folder() / "sweep.h5"
        self.results = keep
        return runs, time.monotonic() - started

    def same_runs(self, want):
        got = self.runs()
        self.assertEqual(want.keys(), got.keys())
        for name in want:
            same_numbers(self, want[name] / "run.h5", got[name] / "run.h5")
        self.assertEqual(list(self.results.rglob("*.part")), [])
        if shutil.which("h5diff"):   # and so are the collected files, but for where and when it was
            done = subprocess.run(["h5diff", "--exclude-path", "/provenance", str(self.quiet), str(self.folder() / "sweep.h5")],
                                  capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stdout + done.stderr)

    def test_eighteen_cells_killed_five_times_are_the_same_as_undisturbed(self):
        words = ("encoding=rope,alibi,nope", "length=32,64", "seed=0,1,2", "eval.windows=2", "eval.texts=[natural]")
        want, whole = self.undisturbed(*words)
        self.assertEqual(len(want), 18)
        chance = random.Random(11)
        kills = 0
        for turn in range(5):
            process = self.start("run", TINY, f"output={self.results}", "-m", *words)
            time.sleep(whole * (0.1 + 0.25 * chance.random()))
            victims = self.children(process) if turn % 2 else [process.pid]   # a cell, or the launcher
            for victim in victims[:1]:
                os.kill(victim, signal.SIGKILL)
                kills += 1
            if turn % 2:
                time.sleep(0.1)
            process.kill()
            process.communicate()
        self.assertGreaterEqual(kills, 3)
        out, _ = self.sweep(*words)
        self.assertIn("standard error over 3 seeds", out)
        self.same_runs(want)

    def test_a_killed_cell_is_started_again_and_then_told(self):
        words = ("seed=0,1", "train.budget.steps=300", "train.checkpoint.every=20", "launcher.jobs=1")
        want, _ = self.undisturbed(*words)
        process = self.start("run", TINY, f"output={self.results}", "-m", *words)
        first = lambda: next(iter(self.results.glob("tiny/*/checkpoints/step-*")), None)
        self.wait_for(first)
        killed = self.children(process)[0]
        os.kill(killed, signal.SIGKILL)
        self.wait_for(lambda: self.children(process) not in ([], [killed]))
        os.kill(self.children(process)[0], signal.SIGKILL)   # launcher.retries is 1
        out, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, out + errors)
        self.assertIn("it is started again", errors)
        self.assertIn("1 of 2 cells failed", errors)
        self.assertIn("killed by signal 9", errors)
        self.sweep(*words)   # the machine's trouble: the same command tries again by itself
        self.same_runs(want)

    def test_two_launchers_share_a_sweep_and_run_no_cell_twice(self):
        words = ("encoding=rope,alibi", "seed=0,1", "train.budget.steps=40")
        want, _ = self.undisturbed(*words)
        both = [self.start("run", TINY, f"output={self.results}", "-m", *words) for _ in range(2)]
        for process in both:
            out, errors = process.communicate(timeout=200)
            self.assertEqual(process.returncode, 0, out + errors)
        self.assertEqual(sorted(self.events("finished")), [0, 1, 2, 3])
        for run in self.runs().values():
            steps = [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()
                     if '"train"' in line]
            self.assertEqual(steps, list(range(1, 41)))
        self.same_runs(want)

    def test_interrupted_it_saves_every_cell_and_says_how_to_go_on(self):
        words = ("seed=0,1", "train.budget.steps=400", "train.checkpoint.every=0")
        want, _ = self.undisturbed(*words)
        process = self.start("run", TINY, f"output={self.results}", "-m", *words)
        self.wait_for(lambda: list(self.results.glob("tiny/*/metrics.jsonl")))
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, out + errors)
        self.assertIn("the same command goes on", out)
        self.assertTrue(list(self.results.glob("tiny/*/checkpoints/step-*")))
        self.sweep(*words)
        self.same_runs(want)

    def test_a_full_disk_fails_cells_and_the_same_command_finishes(self):
        words = ("seed=0,1",)
        want, _ = self.undisturbed(*words)

        def limit():   # a limit on file sizes stands for a full disk: writing fails in the same way
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))
        done = subprocess.run([PROGRAM, "run", TINY, f"output={self.results}", "-m", *words], cwd=self.place,
                              env=self.environment(), capture_output=True, text=True, preexec_fn=limit, timeout=120)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("2 of 2 cells failed", done.stderr)
        self.assertIn("could not be saved", done.stderr)
        self.assertEqual(list(self.results.rglob("run.h5")), [])
        self.sweep(*words)
        self.same_runs(want)

    def test_a_folder_that_may_not_be_written_is_one_sentence(self):
        self.results.mkdir()
        mounted = False
        if os.geteuid() == 0:   # permissions do not bind root: a mount does
            bind = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(self.results)], capture_output=True)
            if bind.returncode != 0:
                self.skipTest("as root, and mounting is not allowed")
            mounted = True
        else:
            self.results.chmod(0o555)
        try:
            _, errors = self.sweep("seed=0,1", code=1)
            self.assertEqual(errors.count("error: "), 1, errors)
            self.assertIn("cannot", errors)
        finally:
            if mounted:
                subprocess.run(["umount", str(self.results)], check=True)
            else:
                self.results.chmod(0o755)
        self.sweep("seed=0,1")

    def test_a_cell_that_fails_is_told_at_once_and_the_rest_goes_on(self):
        words = ("train.optimizer.lr=1e30,1e-3", "train.clip=null", "train.budget.steps=40", "launcher.jobs=1")
        out, errors = self.sweep(*words, code=1)
        self.assertIn("1 of 2 cells failed", errors)
        self.assertIn("#0 train.optimizer.lr=1e+30: ", errors)
        self.assertIn("learning rate", errors)
        self.assertIn("#1 train.optimizer.lr=0.001 finished", out)
        self.assertEqual(self.events("failed"), [0])
        out, errors = self.sweep(*words, code=1)   # it would fail again: named, not repeated
        self.assertIn("failed before", errors)
        self.assertEqual(self.events("started"), [0, 1])
        self.sweep(*words, "--retry-failed", code=1)
        self.assertEqual(self.events("started"), [0, 1, 0])
        out, _ = self.lx("sweep", "--status", str(self.folder()))
        self.assertRegex(out, r"0 +train\.optimizer\.lr=1e\+30 +\w+ +failed +.*learning rate")
        self.assertRegex(out, r"1 +train\.optimizer\.lr=0\.001 +\w+ +done")

    def test_fail_fast_starts_nothing_more(self):
        self.sweep("train.optimizer.lr=1e30,1e-3", "train.clip=null", "train.budget.steps=40", "launcher.jobs=1",
                   "--fail-fast", code=1)
        self.assertEqual(self.events("started"), [0])

    def test_every_cell_is_checked_before_the_first_starts(self):
        for word, says in (("encoding=rope,rop", "encoding=rop"), ("train.batch=4,0", "train.batch=0"),
                           ("train.batch=4,x", "train.batch=x"), ("encoding=rope,alibi", "eval.variants.pi")):
            _, errors = self.sweep(word, "eval.inapplicable=refuse", code=1)
            self.assertIn("cell 1", errors)
            self.assertIn(says, errors)
        self.assertEqual(list(self.results.glob("**/*.jsonl")), [])

    def test_more_seeds_reuse_what_is_there_and_a_changed_setting_does_not(self):
        self.sweep("seed=0,1")
        before = {path: path.stat().st_mtime_ns for path in self.results.rglob("run.h5")}
        out, _ = self.sweep("seed=0,1,2")
        self.assertIn("2 done already", out)
        for path, time_written in before.items():
            self.assertEqual(path.stat().st_mtime_ns, time_written)
        out, _ = self.sweep("seed=0,1", "train.batch=5")
        self.assertNotIn("done already", out)

    def test_products_ranges_globs_and_params(self):
        self.assertEqual(self.plan(TINY, "seed=range(0,5,2)", "length=32,64"),
                         ["seed=0 length=32", "seed=0 length=64", "seed=2 length=32", "seed=2 length=64", "seed=4 length=32",
                          "seed=4 length=64"])
        self.assertEqual(self.plan(TINY, "encoding=glob(rope_l*)"), ["encoding=rope_logn", "encoding=rope_logn_test"])
        self.assertEqual(self.plan(TINY, "+hydra.sweeper.params={seed: '1,2'}", "train.batch=2"),
                         ["seed=1 train.batch=2", "seed=2 train.batch=2"])
        self.assertFalse(self.results.exists())
        _, errors = self.lx("run", TINY, "-m", "hydra.job.num=1,2", code=1)
        self.assertIn("Sweeping over Hydra's configuration is not supported", errors)

    def test_the_sweep_section_of_an_experiment(self):
        folder = self.place / "mine"
        folder.mkdir()
        tiny = pathlib.Path(TINY).read_text()
        (folder / "grid.yaml").write_text(tiny + """
sweep:
  product: {encoding: [rope, alibi]}
  zip: [{length: [32, 64], train.batch: [4, 2]}]
  exclude: [{encoding: alibi, length: 64}]
  cells: [{encoding: nope, length: 32}]
  seeds: 2
""")
        grid = str(folder / "grid.yaml")
        out, _ = self.lx("run", grid, f"output={self.results}", "--dry-run")
        self.assertIn("8 cells", out)
        self.assertRegex(out, r"encoding=rope length=64 train.batch=2 .*seed=1")
        self.assertNotRegex(out, r"encoding=alibi length=64")
        self.assertRegex(out, r"seed=1 encoding=nope length=32")
        out, _ = self.lx("run", grid, f"output={self.results}", "--dry-run", "encoding=alibi", "seed=7")
        self.assertIn("2 cells", out)   # the command line takes the place of the product and of the seeds
        _, errors = self.lx("run", grid, "length=32", "--dry-run", code=1)
        self.assertIn("zipped list", errors)
        self.lx("run", grid, f"output={self.results}", "--run", "eval.windows=1")
        self.assertEqual(len(list(self.results.glob("tiny/*/run.h5"))), 1)
        (folder / "bad.yaml").write_text(tiny + "sweep:\n  exclude: [{lenght: 64}]\n  seeds: 2\n")
        _, errors = self.lx("run", str(folder / "bad.yaml"), "--dry-run", code=1)
        self.assertIn("lenght is no key of the sweep", errors)

    def test_folders_as_in_hydra(self):
        there = self.place / "multirun"
        self.sweep("seed=0,1", f"hydra.sweep.dir={there}/x", "hydra.sweep.subdir=${hydra.job.num}_${encoding.note}",
                   "+encoding.note=a", code=1)   # an encoding has no such key: refused as ever
        self.sweep("seed=0,1", f"hydra.sweep.dir={there}/x", "hydra.sweep.subdir=${hydra.job.num}")
        for job in ("0", "1"):
            self.assertTrue((there / "x" / job / "run.h5").exists())
            self.assertTrue((there / "x" / job / ".hydra" / "overrides.yaml").exists())
        self.assertTrue((there / "x" / "multirun.yaml").exists())
        out, _ = self.sweep("seed=0,1", f"hydra.sweep.dir={there}/x", "hydra.sweep.subdir=${hydra.job.num}")
        self.assertIn("2 done already", out)
        _, errors = self.sweep("seed=4,5", f"hydra.sweep.dir={there}/x", "hydra.sweep.subdir=${hydra.job.num}", code=1)
        self.assertIn("holds another sweep", errors)
        self.assertEqual(list(self.results.rglob("run.h5")), [])


if __name__ == "__main__":
    main()
