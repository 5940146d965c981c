#!/usr/bin/python3
"""Text from a trained run: what goes where, what repeats, what is refused, and stopping."""
import json
import math
import signal
import subprocess

from harness import PROGRAM, ProgramTest, main

LEAKY = "+eval.variants.leaky=[{rerope: {window: 16, interval: 0.1}}]"


class Generate(ProgramTest):
    run_path = None   # trained by the first test, read by all

    def setUp(self):
        super().setUp()
        if Generate.run_path is None:
            self.tiny("eval.windows=1", "eval.lengths=[32,64]")
            Generate.run_path = str(self.run_folder())

    def generate(self, *words, **more):
        return self.lx("generate", self.run_path, *words, **more)

    def generate_json(self, *words):
        return json.loads(self.generate("--format", "json", *words)[0])

    def raw(self, *words, text=b""):
        """Bytes, since a model of bytes may write anything."""
        done = subprocess.run([PROGRAM, "generate", self.run_path, *words], cwd=self.place, env=self.environment(), input=text,
                              capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, done.stderr.decode("utf-8", "replace")

    def cannot(self, *words, says, code=1):
        _, errors = self.lx("generate", *words, code=code)
        lines = [line for line in errors.splitlines() if line.startswith("error: ")]
        self.assertEqual(len(lines), 1, errors)
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, lines[0])

    def test_help_names_every_flag(self):
        out, _ = self.lx("generate", "--help")
        for flag in ("prompt", "prompts", "prompt-tokens", "tokens", "stop", "beams", "length-penalty", "variant", "temperature", "greedy", "top-k", "top-p", "seed", "samples", "check", "format"):
            self.assertIn(f"--{flag} ", out)
        self.assertIn("lx generate RUN", self.lx()[0])

    def test_text_goes_to_standard_output_and_all_else_to_standard_error(self):
        out, errors = self.raw("--tokens", "50", "--check")
        for word in ("the first 32 tokens of chronicle/", "step 12, as trained", "50 tokens in", "tokens/s", "after a prompt of 32"):
            self.assertIn(word, errors)
        self.assertIn("check: logits differ", errors)
        self.assertEqual(out.removesuffix(b"\n"), bytes(self.generate_json("--tokens", "50")["samples"][0]["tokens"]).removesuffix(b"\n"))

    def test_a_seed_gives_the_same_text(self):
        words = ("--prompt", "It is told", "--tokens", "60")
        first = self.raw(*words)[0]
        self.assertEqual(self.raw(*words, "--seed", "0")[0], first)
        self.assertNotEqual(self.raw(*words, "--seed=1")[0], first)
        self.assertEqual(self.raw(*words, "--greedy")[0], self.raw(*words, "-t", "0", "--seed", "9")[0])
        self.assertEqual(self.raw(*words, "--top-k", "1")[0], self.raw(*words, "--greedy")[0])
        self.assertEqual(self.raw("--prompt", "-", "--tokens", "60", text=b"It is told")[0], first)

    def test_json_holds_everything(self):
        data = self.generate_json("--prompt", "It is told", "--tokens", "40", "--samples", "3", "--top-p", "0.9", "--check", "--variant", "rerope")
        self.assertEqual(data["prompt"], {"document": None, "text": "It is told", "tokens": list(b"It is told")})
        self.assertEqual(data["settings"], {"variant": "rerope", "tokens": 40, "samples": 3, "temperature": 1.0, "top_k": 0, "top_p": 0.9, "seed": 0,
                                            "stop": [], "beams": 1, "length_penalty": 0.0})
        self.assertEqual((data["step"], data["stopped"]), (12, False))
        self.assertEqual(len({tuple(sample["tokens"]) for sample in data["samples"]}), 3)
        for sample in data["samples"]:
            self.assertEqual((len(sample["tokens"]), len(sample["log_probabilities"])), (40, 40))
            self.assertEqual(sample["text"].isascii(), bytes(sample["tokens"]).isascii())
            self.assertTrue(all(value <= 0 and math.isfinite(value) for value in sample["log_probabilities"]))
        self.assertLess(data["check"]["largest_difference"], 1e-4)
        self.assertFalse(data["check"]["depends_on_context"])
        self.assertGreater(data["tokens_per_second"], 0)
        alone = self.generate_json("--prompt", "It is told", "--tokens", "40", "--top-p", "0.9", "--variant", "rerope")
        self.assertEqual(alone["samples"][0]["tokens"], data["samples"][0]["tokens"])   # rows do not depend on each other

    def test_several_texts_are_told_apart(self):
        out = self.raw("--tokens", "20", "--samples", "2")[0]
        self.assertTrue(out.startswith(b"--- 1\n"))
        self.assertIn(b"\n--- 2\n", out)

    def test_variants_of_the_run_and_of_the_command_line(self):
        words = ("--tokens", "60", "--prompt-tokens", "100")
        plain = self.generate_json(*words)
        self.assertEqual(len(plain["prompt"]["tokens"]), 100)
        self.assertTrue(plain["prompt"]["document"].startswith("chronicle/"))
        self.assertEqual(self.generate_json(*words, "--variant", "none")["samples"], plain["samples"])
        self.assertNotEqual(self.generate_json(*words, "--variant", "rerope")["samples"], plain["samples"])
        self.assertNotEqual(self.generate_json(*words, "--variant", "leaky", LEAKY)["samples"], plain["samples"])
        self.assertNotEqual(self.generate_json(*words, "+eval.split=valid")["prompt"], plain["prompt"])
        _, errors = self.raw(*words, "--check", "--variant", "follows", "+eval.variants.follows=[ntk]")
        self.assertIn("by design", errors)

    def test_a_method_that_follows_the_context_reads_its_prompt_as_one_pass_would(self):
        words = ("--prompt-tokens", "100", "--variant", "follows", "+eval.variants.follows=[ntk]", "--check")
        self.assertLess(self.generate_json(*words, "--tokens", "1")["check"]["largest_difference"], 1e-4)
        self.assertTrue(self.generate_json(*words, "--tokens", "9")["check"]["depends_on_context"])

    def test_several_prompts_are_one_ragged_batch(self):
        (self.place / "prompts").write_text("It is told\nOnce upon a time\n")
        words = ("--tokens", "20", "--greedy", "--check")
        together = self.generate_json("--prompts", str(self.place / "prompts"), *words)
        self.assertEqual(self.generate_json("-p", "It is told", "-p", "Once upon a time", *words)["prompts"], together["prompts"])
        self.assertLess(together["check"]["largest_difference"], 1e-4)
        self.assertEqual([prompt["text"] for prompt in together["prompts"]], ["It is told", "Once upon a time"])
        for prompt in together["prompts"]:
            (alone,) = self.generate_json("--prompt", prompt["text"], *words)["samples"]
            self.assertEqual(alone["tokens"], prompt["samples"][0]["tokens"])
        out, errors = self.raw("-p", "It is told", "-p", "Once upon a time", "--tokens", "5")
        self.assertTrue(out.startswith(b"--- prompt 1\n"))
        self.assertIn("2 prompts of 10 to 16", errors)

    def test_a_stop_ends_a_text(self):
        words = ("--prompt", "It is told", "--tokens", "40", "--seed", "4")
        free = self.generate_json(*words)["samples"][0]
        stop = next(token for token in free["tokens"][2:30] if 33 <= token < 127)   # a model of bytes may write what is no text
        data = self.generate_json(*words, "--stop", "no such thing", "--stop", chr(stop))
        (stopped,) = data["samples"]
        self.assertEqual(stopped["tokens"], free["tokens"][:free["tokens"].index(stop) + 1])
        self.assertEqual((free["ended"], stopped["ended"], data["stopped"]), (False, True, False))

    def test_beams_are_told_with_their_scores(self):
        words = ("--prompt", "It is told", "--tokens", "10")
        data = self.generate_json(*words, "--beams", "4", "--length-penalty", "1", "--check")
        scores = [sample["score"] for sample in data["samples"]]
        self.assertEqual((len(scores), scores), (4, sorted(scores, reverse=True)))
        for sample in data["samples"]:
            self.assertAlmostEqual(sample["score"], sum(sample["log_probabilities"]) / 10)
        self.assertLess(data["check"]["largest_difference"], 1e-4)
        self.assertIn(b"--- 1, score -", self.raw(*words, "--beams", "2")[0])

    def test_mistakes_are_one_sentence(self):
        run = self.run_path
        self.cannot(run, "--beams", "2", "--temperature", "1", says="leave --temperature out", code=2)
        self.cannot(run, "--beams", "2", "--samples", "2", says="leave --samples out", code=2)
        self.cannot(run, "--length-penalty", "1", says="give --beams 2 or more", code=2)
        self.cannot(run, "--stop", "", says="--stop wants a text", code=2)
        self.cannot(run, "--prompts", "nowhere", says="cannot read 'nowhere'")
        self.cannot(run, "--prompts", "/dev/null", says="holds no prompt")
        self.cannot(run, "--prompts", "x", "--prompt", "a", says="leave --prompt out", code=2)
        self.cannot(run, "--prompt", "-", "--prompt", "-", says="once", code=2)
        self.cannot(says="say which run", code=2)
        self.cannot("nowhere", says="there is no run 'nowhere'")
        self.cannot(run, "--prompt", "", says="the prompt is empty")
        self.cannot(run, "--variant", "reorpe", says=["no variant 'reorpe'", "did you mean 'rerope'?"])
        self.cannot(run, LEAKY, says="--variant NAME")
        self.cannot(run, "--prompt", "a", "+eval.split=valid", says="leave --prompt out")
        self.cannot(run, "+eval.split=tset", says="did you mean 'test'?")
        self.cannot(run, "--variant", "bad", "+eval.variants.bad=[qk_bias]", says=["eval.variants.bad", "learned parameters"])
        self.cannot(run, "train.batch=3", says=["train.batch=3", "eval.variants, eval.split and runtime.*"])
        self.cannot(run, "--prompt-tokens", "100000", says="the longest of its")
        self.cannot(run, "--prompt", "a", "--prompt-tokens", "3", says="leave --prompt out", code=2)
        self.cannot(run, "--greedy", "--temperature", "1", says="one of the two", code=2)
        self.cannot(run, "--format", "xml", says="text or json", code=2)
        for flag, value in (("tokens", "0"), ("tokens", "many"), ("samples", "0"), ("prompt-tokens", "0"), ("seed", "-1"), ("top-k", "-1"), ("temperature", "warm")):
            self.cannot(run, f"--{flag}", value, says=[f"--{flag} wants", f"'{value}'"], code=2)
        for flag, value in (("temperature", "-1"), ("temperature", "nan"), ("top-p", "0"), ("top-p", "1.5")):
            self.cannot(run, f"--{flag}", value, says=flag)

    def test_interrupted_it_shows_what_there_is(self):
        for form, code, number in (("text", 130, signal.SIGINT), ("json", 143, signal.SIGTERM)):
            process = subprocess.Popen([PROGRAM, "generate", self.run_path, "--tokens", "1000000", "--format", form], cwd=self.place,
                                       env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if form == "text":
                process.stdout.read(20)   # it is writing
            else:
                process.stderr.readline()   # the model is loaded
                try:
                    process.wait(1)
                except subprocess.TimeoutExpired:
                    pass
            process.send_signal(number)
            out, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, code, errors)
            self.assertIn(b"interrupted", errors)
            if form == "json":
                data = json.loads(out)
                self.assertTrue(data["stopped"])
                self.assertEqual(len(data["samples"][0]["tokens"]), len(data["samples"][0]["log_probabilities"]))

    def test_a_full_disk_is_one_sentence(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "generate", self.run_path, "--tokens", "9"], cwd=self.place, env=self.environment(), stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("error: cannot write to standard output: No space left on device", done.stderr)


class Architectures(ProgramTest):
    """The same command on what each architecture learned to continue."""

    def trained(self, model, objective):
        self.tiny(f"model={model}", f"objective={objective}", "eval.windows=1", "eval.lengths=[32,64]")
        return str(self.run_folder())

    def test_unilm_and_encoder_decoder_write(self):
        for model in ("unilm", "encoder_decoder"):
            with self.subTest(model):
                self.setUp()
                run = self.trained(model, "continuation")
                words = ("generate", run, "--tokens", "12", "--greedy", "--check", "--format", "json")
                opening = json.loads(self.lx(*words)[0])
                self.assertEqual(len(opening["prompt"]["tokens"]), 17)   # half of a window is input, and a token to begin with
                self.assertLess(opening["check"]["largest_difference"], 1e-4)
                both = json.loads(self.lx(*words, "-p", "It is told that", "-p", "A")[0])
                self.assertLess(both["check"]["largest_difference"], 1e-4)
                for prompt in both["prompts"]:
                    alone = json.loads(self.lx(*words, "-p", prompt["text"])[0])
                    self.assertEqual(alone["samples"][0]["tokens"], prompt["samples"][0]["tokens"])
                searched = json.loads(self.lx("generate", run, "--tokens", "6", "--beams", "3", "--format", "json", "-p", "It is")[0])
                self.assertEqual(len(searched["samples"]), 3)

    def test_an_encoder_writes_nothing(self):
        run = self.trained("encoder", "masked")
        _, errors = self.lx("generate", run, code=1)
        self.assertIn("error: this model fills in tokens of a text that it sees as a whole: an encoder writes none", errors)


if __name__ == "__main__":
    main()
