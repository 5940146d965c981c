"""Runs the real program in a folder of its own, with a cache and results of its own."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import warnings

warnings.filterwarnings("ignore", message="numpy.ndarray size changed")   # between Debian's own packages
PROGRAM = os.environ["LX_PROGRAM"]
PROJECT = pathlib.Path(__file__).resolve().parents[2]
TINY = str(PROJECT / "tests" / "smoke" / "tiny.yaml")


def same_numbers(test, a, b):
    """Two run.h5 hold the same numbers, bit for bit, but for wall-clock times."""
    import h5py
    with h5py.File(a) as left, h5py.File(b) as right:
        names = []
        left.visit(names.append)
        others = []
        right.visit(others.append)
        test.assertEqual(names, others)
        for name in names:
            if isinstance(left[name], h5py.Dataset) and "seconds" not in name and not name.startswith(("config", "environment")):
                test.assertEqual(left[name][()].tobytes() if left[name].dtype.kind != "O" else list(left[name].asstr()[()].ravel()),
                                 right[name][()].tobytes() if right[name].dtype.kind != "O" else list(right[name].asstr()[()].ravel()), name)


class ProgramTest(unittest.TestCase):
    """One cache a class (corpora are prepared once), one results folder a test."""

    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="lx-cli-"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.shared, ignore_errors=True)

    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(dir=self.shared))
        self.results = self.place / "results"

    def environment(self, **extra):
        return {**os.environ, "LX_CACHE": str(self.shared / "cache"), "LX_HOME": str(PROJECT), "LX_PROGRESS": "0", "OMP_NUM_THREADS": "1", **extra}

    def lx(self, *words, code=0, **extra):
        """Runs lx and checks its exit code. Returns (standard output, standard error)."""
        done = subprocess.run([PROGRAM, *words], cwd=self.place, env=self.environment(**extra), capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, code, f"lx {' '.join(words)}\n{done.stdout}\n{done.stderr}")
        return done.stdout, done.stderr

    def start(self, *words):
        return subprocess.Popen([PROGRAM, *words], cwd=self.place, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def tiny(self, *words, code=0, **extra):
        """A tiny run below self.results; returns (output, errors)."""
        return self.lx("run", TINY, f"output={self.results}", *words, code=code, **extra)

    def run_folder(self, experiment="tiny"):
        (folder,) = [path for path in (self.results / experiment).iterdir() if path.is_dir()]
        return folder

    def refused(self, *words, says, code=1):
        """The command ends with one sentence that holds `says`, and leaves no results behind."""
        _, errors = self.lx(*words, code=code)
        says = [says] if isinstance(says, str) else says
        for part in says:
            self.assertIn(part, errors)
        lines = [line for line in errors.strip().splitlines() if line.startswith("error: ")]
        self.assertEqual(len(lines), 1, errors)
        for word in ("terminate called", "Exception raised from", "#0", "c10::"):
            self.assertNotIn(word, errors)
        self.assertEqual(list(self.results.rglob("run.h5")) + list(self.results.rglob("*.part")), [])
        return errors


def main():
    unittest.main(verbosity=1)
