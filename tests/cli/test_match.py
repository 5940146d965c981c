#!/usr/bin/python3
"""What models cost, and models made equal in cost."""
import json

from harness import ProgramTest, main

SMALL = ("length=16", "runtime=one_thread", "model.width=32", "eval.lengths=[32,64]")


class Match(ProgramTest):
    def cards(self, *words):
        return json.loads(self.lx("show", *SMALL, *words, "--format", "json")[0])

    def test_architectures_side_by_side(self):
        cards = self.cards("model=decoder,unilm,encoder_decoder")
        self.assertEqual([card["name"] for card in cards], ["decoder", "unilm", "encoder_decoder"])
        decoder, unilm, two = cards
        self.assertEqual(decoder["parameters"], unilm["parameters"])
        self.assertLess(abs(two["parameters"]["all"] / decoder["parameters"]["all"] - 1), 0.01)
        self.assertLess(two["width"], 32)
        self.assertGreater(unilm["training_token"]["attention"], decoder["training_token"]["attention"])
        self.assertEqual(unilm["decoding_token"], decoder["decoding_token"])
        # 6 layers, 2 keys and values of width 32 a token, 4 bytes each
        self.assertEqual(decoder["memory"]["decoding"], 16 * 6 * 2 * 32 * 4)
        self.assertEqual(decoder["memory"]["decoding_longest"], 64 * 6 * 2 * 32 * 4)
        self.assertGreaterEqual(decoder["memory"]["optimizer"], 2 * 4 * decoder["parameters"]["all"])
        text = self.lx("show", *SMALL, "model=decoder,unilm,encoder_decoder")[0]
        for part in ("parameters", "keys and values of M tokens", "×1", "model.match: width"):
            self.assertIn(part, text)

    def test_windows_are_as_cheap_as_they_should_be(self):
        rope, hwfa = self.cards("--cost", "model=decoder", "encoding=rope,hwfa")
        self.assertEqual(hwfa["name"], "decoder encoding=hwfa")
        self.assertLess(hwfa["decoding_token_longest"]["attention"], rope["decoding_token_longest"]["attention"])
        self.assertEqual(hwfa["training_token"]["feed_forward"], rope["training_token"]["feed_forward"])

    def test_an_encoder_decodes_nothing(self):
        (card,) = self.cards("model=encoder")
        self.assertIsNone(card["decoding_token"]["all"])
        self.refused("show", *SMALL, "model=encoder", "model.match={on: inference, to: decoder}", says="writes no text")

    def test_a_run_stores_the_sizes(self):
        words = ("model=encoder_decoder", "model.width=32")
        self.assertIn("model.match: width", "".join(self.tiny(*words)))
        folder = self.run_folder()
        stored = (folder / "config.yaml").read_text()
        self.assertIn("inner:", stored)
        self.assertNotIn("match:", stored)
        self.lx("eval", str(folder))

    def test_mistakes_get_one_sentence(self):
        self.refused("show", *SMALL, "model=gau", "model.match={on: weight, to: decoder}", says="Invalid value 'weight'")
        self.refused("show", *SMALL, "model=gau", "model.match={on: parameters, to: decodr}", says="did you mean 'decoder'")
        self.refused("show", "--cost", "model=gau", "--layer", "1", says="--layer looks into an encoding", code=2)


if __name__ == "__main__":
    main()
