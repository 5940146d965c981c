"""What a person who knows Hydra types, against the real program."""
import pathlib
import shutil
import unittest

import harness
import yaml


class HydraHabits(harness.ProgramTest):
    def write(self, path, text):
        path = self.place / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def hydra_files(self, folder, subfolder=".hydra"):
        return {path.name: yaml.safe_load(path.read_text()) for path in (folder / subfolder).iterdir()}

    def test_cfg_prints_and_runs_nothing(self):
        job, _ = self.lx("run", "--cfg", "job", "encoding=hwfa", "length=64")
        self.assertEqual(yaml.safe_load(job)["length"], 64)
        self.assertIn("${length}", job)
        self.assertNotIn("hydra", yaml.safe_load(job))
        self.assertNotIn("${", self.lx("run", "-c", "job", "--resolve")[0])
        self.assertEqual(list(yaml.safe_load(self.lx("run", "-c", "hydra")[0])), ["hydra"])
        both = yaml.safe_load(self.lx("run", "-c", "all")[0])
        self.assertIn("hydra", both)
        self.assertIn("train", both)
        self.assertFalse(self.results.exists())
        self.assertIn("???", self.lx("run", "-c", "job", "length=???")[0])   # missing values may be looked at

    def test_a_part_of_it(self):
        self.assertEqual(self.lx("run", "-c", "job", "-p", "train.budget")[0], "# @package train.budget\nsteps: 1200\n")
        self.assertEqual(self.lx("run", "-c", "job", "--package", "length", "length=9")[0], "9\n")
        self.refused("run", "-c", "job", "-p", "trian", says=["package 'trian' not found in config", "'train'"])

    def test_info(self):
        self.assertIn("encoding/rope ", self.lx("run", "--info", "defaults")[0])
        self.assertIn("encoding: rope", self.lx("run", "-i", "defaults-tree")[0])
        self.assertIn(f"file://{harness.PROJECT}/configs", self.lx("run", "-i", "searchpath")[0])
        everything, _ = self.lx("run", "encoding=nope", "-i", "length=64")
        for title in ("Config search path", "Defaults List", "Defaults Tree", "Config\n******"):
            self.assertIn(title, everything)
        self.assertIn("length: 64", everything)

    def test_only_one_thing_at_a_time(self):
        for words in (["-m", "-c", "job"], ["-r", "-m"], ["-i", "-c", "job"], ["-m", "-sc", "install=bash"]):
            self.refused("run", *words, says="Only one of --run, --multirun, --cfg, --info", code=2)
        self.refused("run", "--resolve", says="--resolve flag goes with --cfg or --help", code=2)
        self.refused("run", "-p", "x", says="--package flag goes with --cfg", code=2)
        self.refused("run", "-c", "jobs", says="--cfg is job, hydra or all, got 'jobs'", code=2)
        self.refused("run", "nothing=1", says="Could not override 'nothing'", code=1)

    def test_help_and_its_template(self):
        text, _ = self.lx("run", "--help")
        for part in ("== Configuration groups ==", "train/optimizer: adamw, lion, tiger", "== Config ==", "length: 128"):
            self.assertIn(part, text)
        own, _ = self.lx("run", "-h", "hydra.help.app_name=mine", "hydra.help.template='${hydra.help.app_name}: $APP_CONFIG_GROUPS | $FLAGS_HELP'")
        self.assertIn("mine: data: chinese", own)
        self.assertIn("--multirun", own)
        self.assertIn("hydra/launcher: basic", self.lx("run", "--hydra-help")[0])
        self.assertTrue(self.lx("run", "--version")[0].startswith("lx "))

    def test_overrides_on_both_sides_of_flags(self):
        text, _ = self.lx("run", "length=64", "--cfg", "job", "seed=3")
        self.assertEqual((yaml.safe_load(text)["length"], yaml.safe_load(text)["seed"]), (64, 3))

    def test_folders_from_patterns(self):
        self.tiny("hydra.run.dir=out/${experiment}/${hydra.job.override_dirname}", "hydra.job.config.override_dirname.exclude_keys=[output]", "seed=3", "length=32")
        (folder,) = (self.place / "out" / "tiny").iterdir()
        self.assertIn("seed=3", folder.name)
        for name in ("run.h5", "config.yaml", "environment.yaml", "lx.log", ".hydra"):
            self.assertTrue((folder / name).exists(), name)
        kept = self.hydra_files(folder)
        self.assertIn("${length}", str(kept["config.yaml"]))
        self.assertIn("seed=3", kept["overrides.yaml"])
        self.assertFalse([text for text in kept["overrides.yaml"] if text.startswith("hydra")])
        self.assertEqual(kept["hydra.yaml"]["hydra"]["runtime"]["output_dir"], str(folder))
        facts = yaml.safe_load((folder / "environment.yaml").read_text())
        for name in ("commit", "host", "libtorch", "seed"):
            self.assertIn(name, facts)

    def test_a_folder_keeps_its_run(self):
        self.tiny("hydra.run.dir=out/x", "seed=3")
        again, _ = self.tiny("hydra.run.dir=out/x", "seed=3")
        self.assertIn("finished already", again)
        self.refused("run", harness.TINY, f"output={self.place}/other", "hydra.run.dir=out/x", "seed=4", says="holds another run")
        (self.place / "out/x/notes.txt").write_text("mine")
        self.tiny("hydra.run.dir=out/x", "seed=3", "--restart")
        self.assertEqual((self.place / "out/x/notes.txt").read_text(), "mine")

    def test_two_runs_of_one_moment_never_share_a_folder(self):
        for seed in (1, 2):
            self.tiny("hydra.run.dir=out/${now:%Y}", "hydra.output_subdir=null", f"seed={seed}")
        folders = sorted(path.name for path in (self.place / "out").iterdir())
        self.assertEqual(len(folders), 2)
        self.assertEqual(folders[1], folders[0] + "-1")
        self.assertFalse(list((self.place / "out").glob("*/.hydra")))

    def test_names_of_the_folder_of_what_was_asked(self):
        self.tiny("hydra.output_subdir=asked")
        self.assertEqual(set(self.hydra_files(self.run_folder(), "asked")), {"config.yaml", "hydra.yaml", "overrides.yaml"})

    def test_logging(self):
        self.tiny("seed=1", "hydra/job_logging=stdout")
        self.assertFalse((self.run_folder() / "lx.log").exists())
        shutil.rmtree(self.results)
        output, _ = self.tiny("seed=1", "hydra.verbose=true")
        self.assertIn("debug: step 12", output)
        self.assertRegex((self.run_folder() / "lx.log").read_text(), r"\[\d+-\d+-\d+ [\d:,]+\]\[lx\]\[INFO\] - ")
        shutil.rmtree(self.results)
        output, errors = self.tiny("seed=1", "hydra/job_logging=disabled")
        self.assertNotIn("parameters, N = 32", output)
        self.assertEqual(errors, "")

    def test_what_cannot_be_honoured_is_refused(self):
        for word, says in (("hydra.job.chdir=true", "hydra.job.chdir=true: lx stays"),
                           ("hydra.verbose=torch", "there is no logger 'torch'"),
                           ("+hydra.job.env_set.OMP_DYNAMIC=1", "read when the program starts"),
                           ("+hydra.job_logging.formatters={a:1}", "one line format")):
            self.refused("run", harness.TINY, f"output={self.results}", word, says=says)

    def test_environment_of_a_job(self):
        self.tiny("+hydra.job.env_set.LX_TEST_WORD=x${seed}", "experiment='${oc.env:HOME_OF_TEST}'", HOME_OF_TEST="tiny")
        self.assertTrue((self.run_folder() / "run.h5").exists())

    def test_an_experiment_of_ones_own_and_a_search_path(self):
        self.write("mine/experiment/wide.yaml", "# @package _global_\ndefaults:\n  - override /encoding: nope\nlength: 64\n")
        for words in (["-cd", "mine"], [f"hydra.searchpath=[file://{self.place}/mine]"]):
            text, _ = self.lx("run", *words, "+experiment=wide", "-c", "job")
            self.assertEqual((yaml.safe_load(text)["length"], yaml.safe_load(text)["encoding"]["stack"]), (64, []))

    def test_full_errors(self):
        _, short = self.lx("run", "nothing=1", code=1)
        _, full = self.lx("run", "nothing=1", code=1, HYDRA_FULL_ERROR="1")
        self.assertNotIn("called as", short)
        self.assertIn("called as", full)


if __name__ == "__main__":
    harness.main()
