#!/usr/bin/python3
"""launcher=slurm in a real Slurm cluster of one node: sweeps end with the numbers of a local one, whatever is killed."""
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from harness import PROGRAM, TINY, ProgramTest, main
from slurm_cluster import SlurmCluster, Unavailable
from test_runs import h5py, same_numbers

CLUSTER = None   # set in the last lines
SLOW = ("train.budget.steps=160", "train.checkpoint.every=20", "train.validate.every=80")


class Slurm(ProgramTest):
    def setUp(self):
        super().setUp()
        self.results = self.place / "it's here, 100 %"   # a name that shells and sbatch would rather not see

    def tearDown(self):
        CLUSTER.ask("scancel", "--me", check=False)
        self.idle()

    def environment(self, **extra):
        return super().environment(**{**CLUSTER.environment, **extra})

    def words(self, *words, results=None):
        return ("run", "-m", TINY, "eval.windows=2", f'output="{results or self.results}"', *words)

    def slurm(self, *words, code=0):
        return self.lx(*self.words("launcher=slurm", *words), code=code)

    def same_as_local(self, cells, *words):
        """The same sweep by the local launcher comes to the same bits."""
        local = self.place / "local"
        self.lx(*self.words(*words, results=local))
        runs = sorted(path.relative_to(local) for path in local.glob("tiny/*/run.h5"))
        self.assertEqual(len(runs), cells)
        self.assertEqual(runs, sorted(path.relative_to(self.results) for path in self.results.glob("tiny/*/run.h5")))
        for run in runs:
            same_numbers(self, local / run, self.results / run)

    def sweep(self):
        (folder,) = (self.results / "tiny" / "sweeps").iterdir()
        return folder

    def states(self):
        """{cell: (state, what)} of lx sweep --status."""
        out, _ = self.lx("sweep", "--status", str(self.sweep()))
        rows = [re.match(r"(\d+)  .*?  [0-9a-f]{8}  (\w+) *(.*)", line) for line in out.splitlines()]
        return {int(row[1]): (row[2], row[3]) for row in rows if row}

    def logs(self):
        return "".join(path.read_text() for path in sorted((self.sweep() / "logs").glob("*_*.log")))

    def idle(self):
        CLUSTER.wait(lambda: not CLUSTER.queue(), what="an empty queue")

    def process(self, cell):
        """The lx that runs a cell."""
        end = f"\0cell\0{self.sweep()}\0{cell}\0".encode()
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if path.read_bytes().endswith(end) and b"srun" not in path.read_bytes():
                    return int(path.parent.name)
            except OSError:
                pass   # it ended meanwhile
        return None

    def trains(self, cell):
        """Is its process past a checkpoint?"""
        return self.process(cell) and any((self.sweep() / "cells" / str(cell)).glob("checkpoints/step-*"))

    def test_a_sweep_in_two_arrays_is_the_sweep_of_one_machine(self):
        seeds = "seed=0,1,2,3,4"
        out, _ = self.slurm(seeds)
        self.assertIn("submitted job", out)
        self.assertIn("--array=0-3%256", out)   # indices end at MaxArraySize
        self.assertIn("--array=0%256", out)
        self.assertIn("queued", {state for state, _ in self.states().values()})
        out, _ = self.slurm(seeds, "launcher.wait=true")
        self.assertIn("nothing to submit", out)
        self.assertIn("seed \\ tested as", out)
        self.assertEqual({state for state, _ in self.states().values()}, {"done"})
        out, _ = self.slurm(seeds)
        self.assertIn("5 done already", out)
        self.assertNotIn("submitted", out)
        self.same_as_local(5, seeds)
        with h5py.File(next(self.results.glob("tiny/*/run.h5"))) as file:
            self.assertEqual(file["environment"].attrs["SLURM_JOB_NAME"].split(".")[0], f"lx-{self.sweep().name}")

    def test_what_is_killed_or_cancelled_is_submitted_again_and_goes_on(self):
        words = ("seed=0,1,2", *SLOW)
        self.slurm(*words)
        CLUSTER.wait(lambda: all(self.trains(cell) for cell in range(3)), what="three cells that train")
        os.kill(self.process(0), signal.SIGKILL)
        (job,) = {task.split("_")[0] for task in CLUSTER.queue()}
        CLUSTER.ask("scancel", f"{job}_2")
        self.idle()
        states = self.states()
        self.assertEqual([states[cell][0] for cell in range(3)], ["lost", "done", "lost"], states)
        self.assertIn("FAILED", states[0][1])
        self.assertIn("CANCELLED", states[2][1])
        self.assertIn("saved; the same command goes on", self.logs())   # the cancelled one had time to
        out, _ = self.slurm(*words, "launcher.wait=true")
        self.assertIn("--array=0,2%256", out)
        self.same_as_local(3, *words)

    def test_at_the_time_limit_a_cell_saves_and_its_task_goes_back_to_the_queue(self):
        words = ("seed=0,1", *SLOW)
        self.slurm(*words, "launcher.timeout_min=1", "launcher.signal_delay_s=59", "launcher.max_num_timeout=5")
        CLUSTER.wait(lambda: self.trains(1), what="a cell that trains")
        process = self.process(1)
        os.kill(process, signal.SIGSTOP)   # a long cell without its work
        waiting = lambda: int(re.search(r"^ShdPnd:\s*(\w+)", pathlib.Path(f"/proc/{process}/status").read_text(), re.M)[1], 16)
        CLUSTER.wait(lambda: waiting() & 1 << (signal.SIGUSR1 - 1), what="USR1 before the time limit")
        CLUSTER.wait(lambda: self.states()[0][0] == "done", what="the other cell")
        os.kill(process, signal.SIGCONT)
        self.idle()
        (other,), (log,) = [[path.read_text() for path in (self.sweep() / "logs").glob(f"*_{cell}.log")] for cell in range(2)]
        self.assertIn("saved; the same command goes on", log)
        self.assertIn("goes back to the queue (restart 1 of 5 at most)", log)
        self.assertEqual(other.count("cell 0: "), 1 + other.count("goes back to the queue"), other)   # it is left alone
        self.assertEqual([self.states()[cell][0] for cell in range(2)], ["done", "done"], log)
        self.assertEqual(len(list((self.sweep() / "slurm").glob("*.json"))), 1)   # nobody submitted again
        self.same_as_local(2, *words)

    def test_two_submissions_at_once_run_each_cell_once(self):
        with concurrent.futures.ThreadPoolExecutor() as both:
            commands = [both.submit(self.slurm, "seed=0,1,2") for _ in range(2)]
            outputs = [command.result()[0] for command in commands]
        self.assertEqual(sum("submitted job" in out for out in outputs), 1, outputs)
        self.assertEqual(len(list((self.sweep() / "slurm").glob("*.json"))), 1)
        self.idle()
        self.assertEqual(self.logs().count("trained at N"), 3)

    def test_the_script_of_a_dry_run_is_one_that_sbatch_takes(self):
        out, _ = self.slurm("seed=0,1,2", "launcher.mem_gb=0.25", "launcher.partition=main", "+launcher.additional_parameters.comment='two words'", "--dry-run")
        script = out[out.index("#!/bin/bash"):]
        self.assertIn("#SBATCH --mem=256M\n", script)
        self.assertIn('#SBATCH --comment="two words"\n', script)
        done = subprocess.run(["sbatch", "--test-only"], input=script, env=self.environment(), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(subprocess.run(["bash", "-n"], input=script, text=True).returncode, 0)
        self.assertEqual(CLUSTER.queue(), {})
        self.assertFalse(self.results.exists())

    def test_setup_lines_and_srun(self):
        self.slurm("launcher.use_srun=true", "launcher.srun_args=[--unbuffered]", 'launcher.setup=["export GREETING=$UNSET_HERE", "echo \'it is set up\'"]', "launcher.wait=true")
        self.assertIn("it is set up", self.logs())
        self.same_as_local(1)

    def test_a_cell_that_fails_is_told_and_ends_the_others_with_fail_fast(self):
        words = ("train.optimizer.lr=1e30,1e-3", "train.clip=null", *SLOW, "launcher.wait=true", "--fail-fast")
        _, errors = self.slurm(*words, code=1)
        self.assertIn("1e+30", errors)
        self.assertEqual(self.states()[0][0], "failed")
        self.idle()
        _, errors = self.slurm(*words[:-1], code=1)   # a mistake is not tried again; the other cell is done now
        self.assertIn("failed before", errors)
        self.assertEqual({cell: state for cell, (state, _) in self.states().items()}, {0: "failed", 1: "done"})

    def test_without_slurm_it_says_so(self):
        nowhere = self.place / "bin"
        nowhere.mkdir()
        _, errors = self.lx(*self.words("launcher=slurm"), code=1, PATH=str(nowhere))
        self.assertIn("there is no sbatch here", errors)
        _, errors = self.slurm("launcher.partition=moon", code=1)
        self.assertIn("sbatch refuses", errors)
        self.assertIn("Invalid partition", errors)
        _, errors = self.slurm("--fail-fast", code=1)
        self.assertIn("launcher.wait=true", errors)


if __name__ == "__main__":
    if h5py is None:
        sys.exit(77)
    try:
        with SlurmCluster(cpus=3) as CLUSTER:
            main()
    except Unavailable as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
