"""The JSON Schema for editors: every configuration of the project passes, slips of the pen do not."""
import json
import sys
import unittest

import harness

try:
    import jsonschema
    import yaml
except ImportError:
    sys.exit(77)   # python3-jsonschema and python3-yaml, of the group `test` in scripts/packages.txt

GROUPS = ["model", "encoding", "data", "train", "train/optimizer", "train/schedule", "eval", "runtime"]


def content(path):
    """As an editor reads it: keys are text."""
    def text_keys(node):
        if isinstance(node, dict):
            return {str(key): text_keys(value) for key, value in node.items()}
        return [text_keys(item) for item in node] if isinstance(node, list) else node
    return text_keys(yaml.safe_load(path.read_text()))


class SchemaTest(harness.ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.validators = {}

    def validator(self, group=""):
        if group not in self.validators:
            schema = json.loads(self.lx("config", "schema", *([group] if group else []))[0])
            jsonschema.Draft7Validator.check_schema(schema)
            self.validators[group] = jsonschema.Draft7Validator(schema)
        return self.validators[group]

    def passes(self, instance, group=""):
        return self.validator(group).is_valid(instance)

    def test_every_file_of_the_project_passes(self):
        checked = 0
        for folder, group in [(f"configs/{group}", group) for group in GROUPS] + [("configs", ""), ("experiments", ""), ("tests/smoke", "")]:
            pattern = "**/*.yaml" if folder == "experiments" else "*.yaml"
            for path in sorted((harness.PROJECT / folder).glob(pattern)):
                errors = [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in self.validator(group).iter_errors(content(path))]
                self.assertEqual(errors, [], path)
                checked += 1
        self.assertGreater(checked, 80)

    def test_what_a_run_uses_passes(self):
        for words in ([], ["model=gau", "encoding=hwfa", "train/optimizer=tiger", "train/schedule=piecewise"], ["encoding=nape", "data=novels"]):
            for more in ([], ["--no-resolve"]):
                self.assertTrue(self.passes(yaml.safe_load(self.lx("config", *words, *more)[0])), words)

    def test_slips_of_the_pen_do_not_pass(self):
        for slip in ({"lenght": 3}, {"length": "ten"}, {"length": 1}, {"train": {"batchh": 3}}, {"train": {"batch": 0}},
                     {"train": {"on_nonfinite": "halt"}}, {"train": {"optimizer": {"name": "adamm"}}},
                     {"train": {"optimizer": {"name": "lion", "eps": 1e-8}}}, {"train": {"schedule": {"warmpu": 1}}},
                     {"model": {"name": "decoder", "widht": 3}}, {"model": {"mixer": {"name": "gau", "heads": 2}}},
                     {"encoding": {"stack": ["roppe"]}}, {"encoding": {"stack": [{"rope": {"bas": 3}}]}},
                     {"encoding": {"stack": [{"rope": {}, "log_n": {}}]}}, {"encoding": {"stak": []}},
                     {"encoding": {"layers": {"lastt": []}}}, {"encoding": {"stack": ["~rope"]}},
                     {"encoding": {"groups": {"near": {"head": 1}}}}, {"data": {"splitt": {}}},
                     {"data": {"synthetic": {"bytes": -1}}}, {"eval": {"variants": {"a": ["~roppe"]}}},
                     {"eval": {"lengths": [0]}}, {"runtime": {"device": "gpu"}}, {"defaults": [{"a": "b", "c": "d"}]},
                     {"defaults": {"model": "tiny"}}, {"train": {"defaults": []}}):
            self.assertFalse(self.passes(slip), slip)

    def test_references_and_missing_values_pass_everywhere(self):
        for text in ("${mul:${length},2}", "???"):
            for key in ("length", "experiment", "model", "encoding", "data", "train", "eval", "runtime"):
                self.assertTrue(self.passes({key: text}), key)
            for good in ({"train": {"batch": text, "clip": text, "optimizer": text}},
                         {"encoding": {"stack": text}}, {"encoding": {"stack": [text, {"rope": {"base": text, "layout": text}}]}},
                         {"eval": {"lengths": [text], "variants": {"a": text, "b": [text]}}}, {"model": {"name": text, "mixer": {"heads": text}}}):
                self.assertTrue(self.passes(good), good)

    def test_what_is_written_otherwise_passes(self):
        for good in ({"length": "250"}, {"train": {"clip": None, "ema": {"decay": 0.9}}}, {"train": {"budget": {"steps": None, "minutes": 3}}},
                     {"encoding": {"stack": ["rope", {"rerope": {"window": 3, "when": "test"}}, {"log_n": None}]}},
                     {"encoding": {"layers": {"rest": ["rope"], "1/2": [], "-1": [], "0, 2": [], "every 4": {"groups": {"a": {"heads": 0.5, "stack": []}, "b": []}}}}},
                     {"eval": {"variants": {"a": ["~rope"], "b": {"layers": {"last": [{"rope": {"base": 3, "replace": True}}]}}, "c": {"groups": {"far": ["log_n"]}}}}},
                     {"defaults": ["_self_", "base/tiny", {"model": "mine"}, {"override /encoding": "rope"}, {"optional tuned": "${encoding}"},
                                   {"encoding@probe": "alibi"}, {"eval": ["a", "b"]}, {"model": None}], "hydra": {"run": {"dir": "x"}}}):
            errors = [e.message for e in self.validator().iter_errors(good)]
            self.assertEqual(errors, [], good)

    def test_every_key_has_a_sentence_and_most_a_default(self):
        properties = json.loads(self.lx("config", "schema")[0])["properties"]
        for key in ("experiment", "seed", "length", "output"):
            self.assertIn("description", properties[key])
            self.assertIn("default", properties[key])

    def test_an_unknown_group_is_refused(self):
        self.refused("config", "schema", "encodin", says="there is no schema of 'encodin'; did you mean 'encoding'?", code=2)


if __name__ == "__main__":
    harness.main()
