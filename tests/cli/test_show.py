#!/usr/bin/python3
"""What an encoding does, shown before anything is trained."""
import json
import xml.etree.ElementTree

from harness import PROJECT, ProgramTest, main

SMALL = ("model=tiny", "length=32", "runtime=one_thread")


class Show(ProgramTest):
    def show(self, *words, **options):
        return self.lx("show", *SMALL, *words, **options)[0]

    def json(self, *words):
        return json.loads(self.show(*words, "--format", "json"))

    def test_text_says_what_the_stack_is_and_what_it_does(self):
        out = self.show("encoding=hwfa", "model.layers=4")
        for part in ("layers 0-2", "rope {base: 10000", "a window of 8 tokens", "stacked: 0.75", "layer 3", "log_n {base: 0 (the trained length)",
                     "N = 32 tokens in training, M = 256 at test time", "alpha = 0.688", "query 31: keys 24-31 at 7 down to 0",
                     "2.08 = ln(M/N)"):
            self.assertIn(part, out)
        self.assertIn("never occur in training (32-255)", self.show("encoding=rope"))
        self.assertIn("each of the 17 relative positions at M = 256 occurs in training", self.show("encoding=rope", "--variant", "rerope"))
        self.assertIn("no position encoding", self.show("encoding=nope"))

    def test_json_is_exact_and_complete(self):
        view = self.json("encoding=rope", "--queries", "9,100", "--length", "128")
        stack = view["kinds"][0]["stacks"][0]
        self.assertEqual(len(stack["turning"]["theta"]), 8)
        for m, theta in enumerate(stack["turning"]["theta"]):
            self.assertAlmostEqual(theta, 10000 ** (-m / 8), delta=1e-12)
        self.assertEqual([row["query"] for row in stack["rows"]], [9, 100])
        self.assertEqual(stack["rows"][1]["relative"], [float(100 - j) for j in range(128)])
        self.assertEqual(stack["rows"][0]["visible"], [[0, 10]])
        self.assertEqual(list(view)[:3], ["title", "variant", "mode"])
        still = self.json("encoding.stack=[{rope: {proportion: 0.5}}]")["kinds"][0]["stacks"][0]
        self.assertEqual(still["turning"]["wavelength"][-1], None)
        self.assertEqual(self.json("encoding=rope"), self.json("encoding=rope"))

    def test_layers_modes_and_variants(self):
        view = self.json("encoding=hwfa", "model.layers=4", "--layer", "3")
        self.assertEqual([kind["detailed"] for kind in view["kinds"]], [False, True])
        trained = self.json("encoding=inverse_leaky_rerope", "--mode", "train")
        self.assertEqual(trained["length"], 32)
        self.assertEqual(trained["kinds"][0]["stacks"][0]["rows"][0]["relative"][0], 8 + (31 - 8) * 16)
        tested = self.json("encoding=inverse_leaky_rerope")
        self.assertEqual(tested["kinds"][0]["stacks"][0]["rows"][-1]["relative"][0], 255)

    def test_a_picture_is_well_formed_and_never_replaced_in_silence(self):
        picture = self.place / "rope.svg"
        for word in ("wrote", "replaced"):
            _, errors = self.lx("show", *SMALL, "encoding=rope_logn", "--plot", str(picture))
            self.assertIn(f"{word} {picture}", errors)
        root = xml.etree.ElementTree.parse(picture).getroot()
        self.assertTrue(root.tag.endswith("svg"))
        text = picture.read_text()
        for title in ("how far pairs of channels turn", "where the last query sees keys", "how sharp a query is"):
            self.assertIn(title, text)

    def test_an_experiment_file_is_a_configuration(self):
        self.assertIn("layers 0, 1", self.lx("show", str(PROJECT / "tests" / "smoke" / "tiny.yaml"))[0])

    def test_long_texts_are_no_burden(self):
        view = self.json("encoding=rope", "--length", "65536")
        curve = view["kinds"][0]["stacks"][0]["gain"]
        self.assertEqual(curve["stride"], 16)
        self.assertEqual(curve["query"][-1], 65535)

    def test_mistakes_get_one_sentence(self):
        self.refused("show", *SMALL, "--variant", "reropee", says=["no variant 'reropee'", "did you mean 'rerope'?"])
        self.refused("show", *SMALL, "--layer", "5", says="there is no layer 5")
        self.refused("show", *SMALL, "--queries", "256", says="there is no query 256")
        self.refused("show", *SMALL, "encoding=rpoe", says="Could not find 'encoding/rpoe'")
        self.refused("show", *SMALL, "--variant", "pi", "encoding=nope", says="eval.variants.pi")
        self.refused("show", *SMALL, "--layer", "one", says="--layer wants whole numbers", code=2)
        self.refused("show", *SMALL, "--length", "0", says="--length", code=2)
        self.refused("show", *SMALL, "--format", "jsn", says="did you mean 'json'?", code=2)
        self.refused("show", *SMALL, "--mode", "train", "--variant", "pi", says="--variant", code=2)
        self.refused("show", "--plot", "x.svg", says="--plot looks into a configuration", code=2)
        self.refused("show", "one", "two", says="one run", code=2)
        self.refused("show", *SMALL, "--plot", "/proc/none/x.svg", says="/proc/none")


if __name__ == "__main__":
    main()
