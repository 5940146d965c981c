#!/usr/bin/python3
"""What there is to choose from, for people and for tools; and whether this machine computes what the definitions say."""
import json

from harness import PROJECT, ProgramTest, main

KINDS = ("encoding", "modifier", "model", "mixer", "objective", "task", "data", "train", "optimizer", "schedule", "eval", "variant", "runtime", "launcher")


class Listing(ProgramTest):
    def test_every_kind_is_listed_within_120_columns(self):
        everything, _ = self.lx("list")
        for line in everything.splitlines():
            self.assertLessEqual(len(line), 120, line)
        for kind in KINDS:
            for word in (kind, kind + "s"):
                out, _ = self.lx("list", word)
                self.assertIn(out.strip(), everything)

    def test_an_entry_shows_summary_source_and_settings(self):
        out, _ = self.lx("list", "modifiers")
        for part in ("  rope ", "base: 10000", "layout: half|interleaved = half", "arXiv 2104.09864"):
            self.assertIn(part, out)
        self.assertIn("lr: 0.002", self.lx("list", "optimizers")[0])
        self.assertIn("data", self.lx("list", "tasks")[0])
        self.assertIn("[{rerope: {window: 64}}]", self.lx("list", "variants")[0])

    def test_one_entry_is_told_in_full(self):
        out, _ = self.lx("list", "modifier", "rerope")
        for part in ("acts on: where tokens stand", "source: Su 2023", "window (int, 0): distances below this stay exact", "decoding: exact"):
            self.assertIn(part, out)
        out, _ = self.lx("list", "encoding", "hwfa")
        self.assertIn((PROJECT / "configs/encoding/hwfa.yaml").read_text(), out)
        self.assertIn("kexue.fm 9603", out)

    def test_tools_read_the_same(self):
        everything = json.loads(self.lx("list", "--format", "json")[0])
        self.assertEqual(tuple(everything), KINDS)
        rope = next(entry for entry in everything["modifier"] if entry["name"] == "rope")
        self.assertEqual(rope["acts_on"], ["turning"])
        self.assertEqual(rope["paths"], {"one_pass": True, "fused": "yes", "decoding": "exact", "non_causal": "yes"})
        base = next(field for field in rope["fields"] if field["key"] == "base")
        self.assertEqual((base["type"], base["default"]), ("float", 10000.0))
        nope = next(entry for entry in everything["encoding"] if entry["name"] == "nope")
        self.assertEqual((nope["acts_on"], nope["paths"]["non_causal"]), ([], "bag of words"))
        (only,) = json.loads(self.lx("list", "schedule", "wsd", "--format=json")[0])["schedule"][1:]
        self.assertEqual(only["name"], "wsd")

    def test_every_encoding_says_what_it_is_and_where_it_is_from(self):
        for entry in json.loads(self.lx("list", "encodings", "--format", "json")[0])["encoding"]:
            self.assertGreater(len(entry["summary"]), 15, entry["name"])
            self.assertRegex(entry["source"], r"^\S+( \S+)* (19|20)\d\d([,;]|$)", entry["name"])
            self.assertFalse(entry["summary"].startswith("Source"), entry["name"])

    def test_the_table_of_methods_is_computed(self):
        out, _ = self.lx("list", "methods")
        for encoding in (PROJECT / "configs" / "encoding").glob("*.yaml"):
            self.assertIn(f"\n{encoding.stem} ", out)
        for line in out.splitlines():
            self.assertLessEqual(len(line), 120, line)
        table = json.loads(self.lx("list", "methods", "--format", "json")[0])
        self.assertEqual(tuple(table), ("encoding", "modifier"))
        rows = {kind: {entry["name"]: entry for entry in table[kind]} for kind in table}
        self.assertEqual(rows["encoding"]["hwfa2"]["acts_on"], ["who sees whom", "where tokens stand (test)", "turning", "sharpness"])
        self.assertEqual(rows["modifier"]["pi"]["paths"]["decoding"], "differs: looks at the whole length")
        page, _ = self.lx("list", "methods", "--markdown")
        for kind in rows:
            for name in rows[kind]:
                self.assertIn(f"| `{name}` |", page)

    def test_slips_of_the_pen(self):
        self.refused("list", "encodngs", says=["knows no 'encodngs'", "did you mean 'encoding'?"], code=2)
        self.refused("list", "modifier", "ropr", says=["no modifier 'ropr'", "did you mean 'rope'?"], code=2)
        self.refused("list", "modifiers", "--format", "xml", says="text or json", code=2)
        self.refused("list", "modifiers", "--markdown", says="lx list methods", code=2)


class SelfCheck(ProgramTest):
    def test_everything_is_what_its_definition_says(self):
        out, _ = self.lx("selfcheck", "--tokens", "26")
        for part in ("LibTorch", "one pass vs definition", "token by token vs one pass", "hwfa2", "[rope, key_norm]", "rerope_logn",
                     "all within tolerance", "26 tokens, N = 12", "looks at the whole length"):
            self.assertIn(part, out)
        self.assertNotIn("FAILED", out)
        for entry in json.loads(self.lx("list", "encodings", "--format", "json")[0])["encoding"]:
            self.assertIn(f"\n{entry['name']} ", out)

    def test_one_encoding_is_checked_layer_by_layer(self):
        out, _ = self.lx("selfcheck", "encoding=hwfa", "encoding=nope", "model=tiny", "length=16")
        for part in ("encoding hwfa, layer", "\n0: rope, window", "\n1: log_n", "encoding nope, layer", "\n1: nothing", "N = 16", "4 stacks checked"):
            self.assertIn(part, out)
        out, _ = self.lx("selfcheck", "encoding.stack=[rope, {rerope: {window: 3, when: test}}]", "model=tiny")
        self.assertIn("\n0: rope, rerope (test)", out)

    def test_slips_of_the_pen(self):
        self.refused("selfcheck", "encoding=rpoe", says="Could not find 'encoding/rpoe'")
        self.refused("selfcheck", "--tokens", "many", says="--tokens wants a number", code=2)
        self.refused("selfcheck", "runtime.device=cuda", says="on the CPU")
        self.refused("selfcheck", "runtime.precision=bf16", says="leave out runtime.precision=bf16")


if __name__ == "__main__":
    main()
