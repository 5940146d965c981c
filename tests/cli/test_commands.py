#!/usr/bin/python3
"""What a person types and reads: help, lists, configurations, and every refusal."""
from harness import PROJECT, TINY, ProgramTest, main


class Commands(ProgramTest):
    def test_help_and_version(self):
        out, _ = self.lx()
        self.assertIn("lx run", out)
        self.assertEqual(self.lx("--help")[0], out)
        self.assertIn("lx 0.", self.lx("--version")[0])
        for command in ("run", "eval", "show", "list", "selfcheck", "data", "config", "bench"):
            self.assertIn(f"lx {command}", self.lx(command, "--help")[0])

    def test_a_command_line_that_cannot_be_understood_ends_with_2(self):
        self.refused("rnu", says=["no command 'rnu'", "did you mean 'run'?"], code=2)
        self.refused("run", "--restrat", says=["unknown flag --restrat", "did you mean '--restart'?"], code=2)
        self.refused("run", "--config-name", says="needs a value", code=2)
        self.refused("run", "--resolve", says="--cfg", code=2)
        self.refused("list", "encodngs", says=["knows no 'encodngs'"], code=2)
        self.refused("data", "prepaer", says="did you mean 'prepare'?", code=2)
        self.refused("eval", says="say which run", code=2)

    def test_lists(self):
        out, _ = self.lx("list")
        for name in ("rope", "rerope", "yarn", "hwfa", "small", "adamw", "lion", "tiger", "cosine", "wsd", "technical_english", "gau"):
            self.assertIn(name, out)
        self.assertIn("kna_logn_rerope", self.lx("list", "encodings")[0])
        out, _ = self.lx("config", "keys", "train.checkpoint")
        self.assertIn("train.checkpoint.keep", out)
        self.assertNotIn("train.batch", out)
        self.assertIn("rerope.window", self.lx("config", "keys", "rerope")[0])

    def test_a_configuration_can_be_read_before_it_runs(self):
        out, _ = self.lx("config", "encoding=hwfa2", "length=64", "seed=3")
        self.assertIn("seed: 3", out)
        self.assertIn("size: 16", out)      # a quarter of the length
        self.assertNotIn("${", out)
        self.assertIn("${", self.lx("run", "--cfg", "job")[0])
        merged = self.lx("config", "--defaults", "encoding=hwfa")[0].splitlines()
        self.assertIn("encoding/hwfa @ encoding", merged)
        self.assertEqual(merged[-1], "run @ _global_")

    def test_misspelt_and_mistyped_settings(self):
        self.refused("run", "train.bacth=3", says=["Could not override 'train.bacth'", "batch"])
        self.refused("run", "sede=3", says=["Could not override 'sede'", "seed"])
        self.refused("run", "encoding=rpoe", says=["Could not find 'encoding/rpoe'", "Available options in 'encoding'"])
        self.refused("run", "train.batch=many", says=["could not be converted to Integer", "train.batch"])
        self.refused("run", "train.batch=0", says="train.batch")
        self.refused("run", "length=1.5", says="length")
        self.refused("run", "train.optimizer.name=adam", says=["adam", "adamw"])
        self.refused("run", TINY, "+train.optimizer.learning_rate=1", says="learning_rate")
        self.refused("run", "data=synthetic", "model.mixer.heads=3", says=["heads", "128", "3"])
        self.refused("run", "data=synthetic", "eval.lengths=[100,1000,384]", says="lengths")
        self.refused("run", "data=synthetic", "+eval.variants.bad=[{rerope: {widnow: 3}}]", says=["widnow", "window"])
        self.refused("run", "data=synthetic", "+eval.variants.bad=[qk_bias]", "eval.inapplicable=refuse", says="learned parameters")
        self.refused("run", "data=synthetic", "encoding=nope", "eval.inapplicable=refuse", says="add rope before it")
        self.refused("run", "seed=1,2", says="seed=1,2")
        self.refused("run", "nothing.yaml", says="no experiment file nothing.yaml")

    def test_a_mistake_in_a_file_is_told_with_its_place(self):
        file = self.place / "mine" / "try.yaml"
        file.parent.mkdir()
        file.write_text("train:\n  budget: {steps: 3}\n  batch: lots\n")
        self.refused("run", str(file), says=["try.yaml:3:10", "'lots'"])
        file.write_text("train:\n  batch: 3\n  btach: 4\n")
        self.refused("run", str(file), says=["try.yaml:3:3", "btach", "batch"])
        file.write_text("train: {batch: [1\n")
        self.refused("run", str(file), says="try.yaml:")
        file.write_text("length: 16\nlength: 32\n")
        self.refused("run", str(file), says=["try.yaml:2:1", "length"])

    def test_text_that_is_not_there_or_too_short(self):
        self.refused("run", "data=path", f"data.path={self.place}/nowhere", says="nowhere")
        texts = self.place / "texts"
        texts.mkdir()
        for n in range(30):
            (texts / f"{n}.txt").write_text(f"Document {n} says little. " * 10)
        self.refused("run", TINY, "data=path", "~data.synthetic", f"data.path={texts}", f"output={self.results}", "length=64",
                     says=["long", "document"])

    def test_own_text_works(self):
        texts = self.place / "texts"
        texts.mkdir()
        for n in range(40):
            (texts / f"{n}.txt").write_text("".join(f"Line {k} of document {n}: {k * n % 97}.\n" for k in range(60)))
        out, _ = self.lx("run", "model=tiny", "data=path", f"data.path={texts}", "length=16", "train.budget.steps=3", "train.batch=2",
                         "eval.windows=2", "experiment=own", f"output={self.results}")
        self.assertIn("rerope", out)

    def test_places_that_cannot_be_written(self):
        self.refused("run", TINY, "output=/proc/lx", says="/proc/lx")
        (self.place / "file").write_text("")
        self.refused("run", TINY, f"output={self.place}/file", says="file")

    def test_data_list_prepare_show(self):
        out, _ = self.lx("data", "list")
        for name in ("technical_english", "kernel_c", "novels", "chinese", "synthetic"):
            self.assertIn(name, out)
        self.lx("data", "prepare", "synthetic", "data.synthetic.bytes=100000")
        self.assertIn("test", self.lx("data", "show", "synthetic", "data.synthetic.bytes=100000", "--bytes", "200")[0])
        self.refused("data", "show", "synthetix", says=["synthetix", "synthetic"])


if __name__ == "__main__":
    main()
