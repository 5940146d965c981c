#!/usr/bin/python3
"""Whole runs of the real program: results that others can read, scoring again, stopping, killing, damage."""
import glob
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

from harness import PROGRAM, PROJECT, TINY, ProgramTest, main, same_numbers

try:
    import h5py
    import numpy
    import xarray
except ImportError:
    h5py = None


class Runs(ProgramTest):
    def setUp(self):
        super().setUp()
        if h5py is None:
            self.skipTest("python3-h5py and python3-xarray are not installed")

    def test_a_run_leaves_what_others_can_read(self):
        out, _ = self.tiny()
        for word in ("none", "window", "pi", "ntk", "yarn", "rerope", "rerope_logn", "natural", "tail", "repeated"):
            self.assertIn(word, out)
        folder = self.run_folder()
        for name in ("run.h5", "config.yaml", "lx.log", "metrics.jsonl", "curves.svg", "table.txt", ".hydra/config.yaml", ".hydra/overrides.yaml"):
            self.assertTrue((folder / name).is_file(), name)
        self.assertEqual(list(folder.rglob("*.part")), [])
        self.assertTrue(glob.glob(str(folder / "tensorboard" / "events.out.tfevents.*")))
        data = xarray.open_dataset(folder / "run.h5", group="eval")
        texts, variants = [[str(value) for value in data[name].values] for name in ("text", "variant")]
        self.assertEqual(texts, ["natural", "tail", "repeated"])
        self.assertEqual(variants, ["none", "window", "pi", "ntk", "yarn", "rerope", "rerope_logn"])
        self.assertEqual(list(data["length"].values), [32, 64, 128, 256])
        self.assertTrue(numpy.isfinite(data["loss"].values).all())
        plain = data["loss"].values[:, variants.index("none"), 0]
        numpy.testing.assert_allclose(data["loss"].values[:, variants.index("window"), 0], plain, rtol=1e-5)   # a window of N changes nothing at N
        train = xarray.open_dataset(folder / "run.h5", group="train")
        self.assertEqual(list(train["step"].values), list(range(1, 13)))
        self.assertLess(train["loss"].values[-1], train["loss"].values[0])
        with h5py.File(folder / "run.h5") as file:
            self.assertIn("commit", file["environment"].attrs)
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        self.assertEqual([line["step"] for line in lines if line["kind"] == "train"], list(range(1, 13)))

    def test_a_finished_run_is_read_out_and_never_done_twice(self):
        self.tiny()
        folder = self.run_folder()
        before = (folder / "run.h5").stat().st_mtime_ns
        out, _ = self.tiny()
        self.assertIn("finished already", out)
        self.assertEqual((folder / "run.h5").stat().st_mtime_ns, before)
        self.tiny("--restart")
        self.assertNotEqual((folder / "run.h5").stat().st_mtime_ns, before)
        self.tiny("seed=1")
        self.assertEqual(len(list((self.results / "tiny").iterdir())), 2)

    def test_the_same_run_gives_the_same_bits(self):
        self.tiny()
        first = self.place / "first.h5"
        shutil.copy(self.run_folder() / "run.h5", first)
        self.tiny("--restart")
        same_numbers(self, first, self.run_folder() / "run.h5")

    def test_scoring_again_needs_no_training(self):
        self.tiny()
        folder = self.run_folder()
        out, _ = self.lx("eval", str(folder), "+eval.variants.leaky=[{rerope: {window: 16, interval: 0.1}}]", "eval.texts=[natural]")
        self.assertIn("leaky", out)
        (again,) = (folder / "eval").glob("*/run.h5")
        data = xarray.open_dataset(again, group="eval")
        first = xarray.open_dataset(folder / "run.h5", group="eval")
        numpy.testing.assert_array_equal(data["loss"].values[0, :7], first["loss"].values[0])
        self.assertIn("rerope_logn", self.lx("show", str(folder))[0])
        self.refused_eval(folder, "train.batch=3", says="eval.* and runtime.*")
        self.refused_eval(folder, "eval.variants.none=[qk_bias]", "eval.inapplicable=refuse", says="learned parameters")

    def test_the_precision_is_part_of_a_run_and_of_its_record(self):
        def precision(folder):
            with h5py.File(folder / "run.h5") as file:
                return file["environment"].attrs["precision"]
        self.refused("run", TINY, f"output={self.place / 'none'}", "runtime.precision=fp64", says=["runtime.precision", "bf16"])
        out, _ = self.tiny("experiment=exact")
        self.assertIn("products in fp32", out)
        self.assertEqual(precision(self.run_folder("exact")), "fp32")
        out, errors = self.tiny("experiment=fast", "runtime.precision=bf16")
        native = "products in bf16" in out
        self.assertEqual("so this runs in fp32" in errors, not native)
        fast = self.run_folder("fast")
        self.assertNotEqual(fast.name, self.run_folder("exact").name)
        self.assertEqual(precision(fast), "bf16" if native else "fp32")
        losses = [xarray.open_dataset(folder / "run.h5", group="train")["loss"].values for folder in (fast, self.run_folder("exact"))]
        numpy.testing.assert_allclose(*losses, atol=0.05)
        self.lx("eval", str(fast), "runtime.precision=fp32", "eval.texts=[natural]")
        (again,) = (fast / "eval").glob("*/run.h5")
        self.assertEqual(precision(again.parent), "fp32")

    def test_trained_methods_against_tested_ones_are_one_command(self):
        out, _ = self.tiny("-m", "encoding=rope,nope,hwfa")
        self.assertIn("encoding \\ tested as", out)
        matrix = out[:out.index("natural text, tested as")]   # the comparison follows
        table = matrix[matrix.rindex("natural text at"):].splitlines()
        self.assertLess(max(map(len, table)), 121)
        for row in ("rope ", "nope ", "hwfa "):
            self.assertTrue(any(line.startswith(row) for line in table), row)
        nope = next(line for line in table if line.startswith("nope "))
        self.assertIn("·", nope)    # PI has nothing to interpolate there
        self.assertEqual(len(list((self.results / "tiny").glob("*/run.h5"))), 3)
        again, _ = self.tiny("-m", "encoding=rope,nope,hwfa")
        self.assertIn("3 done already", again)
        self.assertEqual(again[again.index("loss in nats"):], out[out.index("loss in nats"):])

    def refused_eval(self, folder, *words, says):
        _, errors = self.lx("eval", str(folder), *words, code=1)
        self.assertIn(says, errors)

    def undisturbed(self, *words):
        keep, self.results = self.results, self.place / "undisturbed"
        self.tiny(*words)
        path = self.run_folder() / "run.h5"
        self.results = keep
        return path

    def test_an_evaluation_that_looks_deeper_tells_and_stores_what_it_saw(self):
        self.refused("run", TINY, f"output={self.results}", "experiment=other", "+eval.probe={layers: [2]}",
                     says="eval.probe.layers names 2, and the model's layers are 0, 1")
        report, _ = self.tiny("+eval.probe={layers: [1], heads: [1], windows: 2, lengths: [32, 64], variants: [none, window]}",
                              "+eval.protocols=[full,tail,sliding]", "+eval.stride=16", "+eval.repeats={order: 2}", "eval.lengths=[32,64]")
        for words in ("16 tokens from one to the next", "after the same 2 tokens", "attention on natural text", "full text: the first L targets"):
            self.assertIn(words, report)
        folder = self.run_folder()
        with h5py.File(folder / "run.h5") as f:
            self.assertEqual(list(f["eval/text"].asstr()), ["full", "tail", "sliding", "repeated"])
            self.assertEqual(f["tokens/sliding"].attrs["stride"], 16)
            self.assertEqual(f["eval/repeats"].attrs["order"], 2)
            probe = f["eval/probe"]
            self.assertEqual(probe["entropy"].shape, (2, 2, 1, 1))
            self.assertEqual(list(probe["layer"].asstr()), ["layer 1"])
            self.assertEqual(list(probe["head"]), [1])
            share = probe["entropy_share"][:]
            self.assertTrue(((share > 0.1) & (share <= 1)).all(), share)
            # Causal attention of a model that hardly learned: no query forgets itself, so no determinant vanishes.
            self.assertTrue((probe["log_det"][:] > -400).all())
            self.assertTrue((abs(probe["unspent"][:]) < 1e-5).all())
            # A window of N changes nothing at N, and brings what is attended nearer at 2N.
            self.assertEqual(probe["entropy"][0, 0].tolist(), probe["entropy"][1, 0].tolist())
            self.assertTrue((probe["distance"][1, 1] < probe["distance"][0, 1]).all())
            self.assertEqual(list(f["eval/repeats/tokens"][:, 0, 1].sum(axis=1)), [4 * (64 - 1)] * 3)
        self.assertIn("layer 1", self.lx("show", str(folder))[0])

    def test_killed_at_any_moment_it_goes_on_to_the_same_bits(self):
        slow = ("train.budget.steps=60", "train.checkpoint.every=5", "train.validate.every=20")
        started = time.monotonic()
        want = self.undisturbed(*slow)
        whole = time.monotonic() - started   # machines differ: a kill falls into a share of what a run takes here
        chance = random.Random(7)
        kills = 0
        for _ in range(6):
            process = self.start("run", TINY, f"output={self.results}", *slow)
            time.sleep(whole * (0.15 + 0.5 * chance.random()))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.communicate()
        self.assertGreater(kills, 0, "the run was over before it could be killed")
        self.tiny(*slow)
        self.assertEqual(list(self.run_folder().rglob("*.part")), [])
        same_numbers(self, want, self.run_folder() / "run.h5")

    def test_interrupted_it_saves_and_goes_on_to_the_same_bits(self):
        slow = ("train.budget.steps=400", "train.checkpoint.every=0", "train.validate.every=100")
        want = self.undisturbed(*slow)
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGUSR1, 138)):
            written = lambda: sum(path.stat().st_size for path in self.results.glob("tiny/*/metrics.jsonl"))
            before = written()
            process = self.start("run", TINY, f"output={self.results}", *slow)
            for _ in range(3000):   # wait for its first steps
                if written() > before:
                    break
                time.sleep(0.02)
            process.send_signal(number)
            out, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, code, out + errors)
            self.assertIn("saved; the same command goes on", out)
        self.tiny(*slow)
        same_numbers(self, want, self.run_folder() / "run.h5")

    def test_damaged_and_foreign_files(self):
        self.tiny()
        folder = self.run_folder()
        weights = max(folder.glob("checkpoints/step-*"))
        for name in ("model.safetensors", "state.json"):
            content = (weights / name).read_bytes()
            (weights / name).write_bytes(content[: len(content) // 2])
            for other in folder.glob("checkpoints/step-*"):
                if other != weights:
                    shutil.rmtree(other)
            self.lx("eval", str(folder), code=1)
            (weights / name).write_bytes(content)
        self.lx("eval", str(folder), "eval.windows=2")
        content = (folder / "run.h5").read_bytes()
        for broken, says in ((b"not HDF5 at all", "run.h5"), (content[: len(content) // 3], "run.h5")):
            (folder / "run.h5").write_bytes(broken)
            _, errors = self.lx("show", str(folder), code=1)
            self.assertIn(says, errors)
            self.assertNotIn("HDF5-DIAG", errors)
        with h5py.File(folder / "foreign.h5", "w") as file:
            file["x"] = [1, 2]
        shutil.move(folder / "foreign.h5", folder / "run.h5")
        _, errors = self.lx("show", str(folder), code=1)
        self.assertIn("run.h5", errors)

    def test_a_full_disk_is_one_sentence_and_costs_nothing(self):
        # A limit on file sizes stands for a full disk: writing fails in the same way.
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
        self.lx("data", "prepare", "synthetic", "data.synthetic={bytes: 200000, shortest: 1024, longest: 8192}")
        done = subprocess.run([PROGRAM, "run", TINY, f"output={self.results}"], cwd=self.place, env=self.environment(),
                              capture_output=True, text=True, preexec_fn=limit, timeout=120)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("cannot", done.stderr)
        self.assertEqual(list(self.results.rglob("*.part")) + list(self.results.rglob("run.h5")), [])
        self.tiny()

    def test_two_at_once_do_not_share_a_run(self):
        process = self.start("run", TINY, f"output={self.results}", "train.budget.steps=2000")
        for _ in range(600):
            if list(self.results.glob("tiny/*/metrics.jsonl")):
                break
            time.sleep(0.02)
        _, errors = self.tiny("train.budget.steps=2000", code=1)
        self.assertIn("another lx is at work", errors)
        process.kill()
        process.communicate()

    def test_a_loss_that_is_not_finite_stops_with_the_last_good_checkpoint(self):
        _, errors = self.tiny("train.optimizer.lr=1e30", "train.clip=null", "train.budget.steps=60", code=1)
        for word in ("step", "learning rate", "gradient norm"):
            self.assertIn(word, errors)

    def test_every_ready_method_and_model_runs(self):
        for encoding in sorted((PROJECT / "configs" / "encoding").glob("*.yaml")):
            with self.subTest(encoding=encoding.stem):
                # Forward-backward attention has its place in encoders only.
                model = ["model=encoder", "model.layers=2"] if encoding.stem.startswith("forward_backward") else []
                self.tiny(*model, f"encoding={encoding.stem}", "train.budget.steps=2", "eval.windows=1", f"experiment={encoding.stem}")
        for model in sorted(file.stem for file in (PROJECT / "configs" / "model").glob("*.yaml")):
            with self.subTest(model=model):
                self.tiny(f"model={model}", "train.budget.steps=2", "eval.windows=1", f"experiment={model}")
        for optimizer in ("lion", "tiger"):
            for schedule in ("linear", "constant", "wsd", "piecewise"):
                with self.subTest(optimizer=optimizer, schedule=schedule):
                    self.tiny(f"train/optimizer={optimizer}", f"train/schedule={schedule}", "train.budget.steps=2", "eval.windows=1",
                              "eval.lengths=[32,64]", f"experiment={optimizer}_{schedule}")


if __name__ == "__main__":
    main()
