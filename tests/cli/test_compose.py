#!/usr/bin/python3
"""lx config compose: any folder of YAML files, composed as Hydra does, printed for people and for tools."""
import json

from harness import ProgramTest, main

FILES = {
    "config": "defaults:\n  - model: small\n  - _self_\nseed: 1\nsize: ${mul:2,${model.w}}\nlater: ???\nreal: 1.0\ntext: '1'\nbig: .inf\n",
    "model/small": "w: 1\n",
    "model/large": "w: 10\n",
    "experiment/wide": "# @package _global_\ndefaults:\n  - override /model: large\nseed: 7\n",
    "must": "defaults:\n  - model: ???\n  - _self_\nseed: 1\n",
    "sweeps": "hydra:\n  mode: MULTIRUN\n  sweeper:\n    params:\n      seed: 1,2\nseed: 0\nnum: ${hydra:job.num}\n",
}


class Compose(ProgramTest):
    def setUp(self):
        super().setUp()
        for name, text in FILES.items():
            path = self.place / "conf" / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def compose(self, *words, name="config", code=0):
        return self.lx("config", "compose", "-cp", "conf", "-cn", name, *words, code=code)

    def values(self, *words, name="config"):
        return json.loads(self.compose("--format", "json", *words, name=name)[0])

    def test_the_configuration_is_resolved_and_keeps_types_and_order(self):
        out = self.values()
        self.assertEqual(list(out), ["model", "seed", "size", "later", "real", "text", "big"])
        self.assertEqual(out["size"], 2)
        self.assertEqual([type(out[key]) for key in ("seed", "real", "text")], [int, float, str])
        self.assertEqual(out["big"], {"__float__": "inf"})
        self.assertEqual(out["later"], "???")
        self.assertEqual(self.values("+experiment=wide", "model.w=3")["size"], 6)
        self.assertIn("size: 2\n", self.compose()[0])
        self.assertIn("size: ${mul:2,${model.w}}\n", self.compose("--no-resolve")[0])

    def test_a_sweep_is_the_list_of_its_jobs(self):
        jobs = self.values("-m", "seed=1,2", "model=small,large")
        self.assertEqual([job["overrides"] for job in jobs],
                         [["seed=1", "model=small"], ["seed=1", "model=large"], ["seed=2", "model=small"], ["seed=2", "model=large"]])
        self.assertEqual([job["config"]["size"] for job in jobs], [2, 20, 2, 20])
        self.assertTrue(self.compose("-m", "seed=1,2")[0].startswith("- overrides:\n  - seed=1\n"))
        jobs = self.values(name="sweeps")
        self.assertEqual([job["config"] for job in jobs], [{"seed": 1, "num": 0}, {"seed": 2, "num": 1}])
        self.assertEqual(len(self.values("-m", "hydra.job.name=x", "seed=range(3)", name="sweeps")), 3)
        self.assertEqual([job["config"]["model"]["w"] for job in self.values("-m", "model=glob(*)", name="must")], [10, 1])
        out, errors = self.compose("-m", "seed=4,5", "hydra.mode=RUN", name="sweeps")
        self.assertEqual(out.count("overrides"), 2)
        self.assertIn("hydra.mode=RUN", errors)

    def test_a_mistake_prints_nothing_but_says_where(self):
        for words, says in (
            (["sead=3"], ["Could not override 'sead'.", "did you mean 'seed'?"]),
            (["seed=1,2"], ["Ambiguous value for argument 'seed=1,2'"]),
            (["seed=${later}"], ["Missing mandatory value: later"]),
            (["seed=${nothing}"], ["Interpolation key 'nothing' not found"]),
            (["-m", "seed=1,2", "model=small,larg"], ["job 1 with overrides [seed=1, model=larg]", "Could not find 'model/larg'"]),
            (["-m", "hydra.run.dir=a,b"], ["Sweeping over Hydra's configuration is not supported : 'hydra.run.dir=a,b'"]),
            (["-m", "seed=interval(0,1)"], ["INTERVAL_SWEEP"]),
            (["-cd", "nowhere"], ["nowhere"]),
        ):
            with self.subTest(words=words):
                out, errors = self.compose(*words, code=1)
                self.assertEqual(out, "")
                for part in says:
                    self.assertIn(part, errors)
        self.assertIn("Cannot find primary config 'confg'", self.compose(name="confg", code=1)[1])

    def test_flags_that_mean_nothing_end_with_2(self):
        self.refused("config", "compose", "--format", "xml", says="yaml or json", code=2)
        self.refused("config", "compose", "--info", "all", says="defaults or defaults-tree", code=2)
        self.refused("config", "compose", "--info", "defaults", "-m", says="do not go together", code=2)
        self.refused("config", "--format", "json", says="lx config compose", code=2)

    def test_the_defaults_list_is_shown_as_a_table_and_as_a_tree(self):
        out, _ = self.compose("--info", "defaults", "+experiment=wide")
        rows = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in out.splitlines() if line.startswith("| ")]
        self.assertEqual(rows[0], ["Config path", "Package", "_self_", "Parent"])
        self.assertIn(["hydra/launcher/basic", "hydra.launcher", "False", "hydra/config"], rows)
        self.assertEqual(rows[-3:], [["model/large", "model", "False", "config"], ["config", "", "True", "<root>"],
                                     ["experiment/wide", "", "False", "config"]])
        out, _ = self.compose("--info", "defaults-tree", "+experiment=wide")
        self.assertIn("  config:\n    model: large\n    _self_\n    experiment: wide\n", out)

    def test_a_folder_behind_the_first_adds_options(self):
        more = self.place / "more" / "model"
        more.mkdir(parents=True)
        (more / "huge.yaml").write_text("w: 100\n")
        (more / "small.yaml").write_text("w: 55\n")
        self.assertEqual(self.values("-cd", "more", "model=huge")["size"], 200)
        self.assertEqual(self.values("-cd", "more")["size"], 2)
        self.assertEqual(self.values("hydra.searchpath=[file://more]", "model=huge")["size"], 200)
        self.assertIn("is not available", self.compose("hydra.searchpath=[file://less]")[1])


if __name__ == "__main__":
    main()
