"""Tab, as a person presses it: the real scripts in the real shells."""
import os
import pathlib
import shutil
import subprocess
import time
import unittest

import harness

SMALL = str(pathlib.Path(harness.PROGRAM).parent / "lx-complete")


class CompletionTest(harness.ProgramTest):
    def tab(self, line, shell="bash", **extra):
        """What lx-complete answers; blanks at the end of a word kept."""
        done = subprocess.run([SMALL, f"query={shell}"], cwd=self.place, capture_output=True, text=True,
                              env=self.environment(COMP_LINE=line, COMP_POINT=str(len(line)), **extra))
        self.assertEqual((done.returncode, done.stderr), (0, ""), line)
        return done.stdout.splitlines()

    def test_commands_flags_and_their_values(self):
        self.assertEqual(self.tab("lx ru"), ["run "])
        self.assertIn("completion ", self.tab("lx "))
        self.assertEqual(self.tab("lx run --mul"), ["--multirun "])
        self.assertEqual(self.tab("lx run -c "), ["all ", "hydra ", "job "])
        self.assertEqual(self.tab("lx run -cn ru"), ["run "])
        self.assertIn("defaults-tree ", self.tab("lx run --info "))

    def test_groups_and_options(self):
        self.assertEqual(self.tab("lx run encoding=rope_l"), ["rope_logn ", "rope_logn_test "])
        self.assertEqual(self.tab("lx run train/opt"), ["train/optimizer="])
        self.assertEqual(self.tab("lx run -m encoding=rope,alibi_"), ["rope,alibi_learned"])
        self.assertEqual(self.tab("lx run encoding=rope_nothing"), [])
        self.assertEqual(self.tab("lx run ~enc"), ["~encoding ", "~encoding."])
        self.assertEqual(self.tab("lx run +encoding@_g"), ["_global_="])

    def test_keys_and_values_of_the_configuration_as_it_is_composed(self):
        self.assertEqual(self.tab("lx run train.ba"), ["train.batch="])
        self.assertEqual(self.tab("lx run train.batch="), ["32 "])
        self.assertEqual(self.tab("lx run train.bud"), ["train.budget."])
        self.assertEqual(self.tab("lx run eval.lengths."), [f"eval.lengths.{i}=" for i in range(4)])
        self.assertEqual(self.tab("lx run model.output="), ["projected ", "shuffled ", "tied ", "untied "])
        self.assertEqual(self.tab("lx run train.on_nonfinite=s"), ["skip ", "stop "])
        self.assertEqual(self.tab("lx run train.optimizer.name=l"), ["lion "])
        self.assertEqual(self.tab("lx run +eval.sp"), ["+eval.split="])
        self.assertIn("model.mixer.key_width=", self.tab("lx run model=gau model.mixer."))
        self.assertIn("train.optimizer.beta=", self.tab("lx run --restart train/optimizer=tiger train.optimizer."))
        self.assertIn("eval.variants.dropped.", self.tab("lx run experiments/crossing/crossing.yaml eval.variants."))

    def test_files_runs_and_kinds(self):
        self.assertIn("experiments/crossing/crossing.yaml ", self.tab("lx run experiments/crossing/cr"))
        self.assertIn("last ", self.tab("lx eval "))
        self.assertEqual(self.tab("lx list enc"), ["encoding "])
        self.assertIn("log_n ", self.tab("lx list modifier log"))
        self.assertIn("keys ", self.tab("lx config "))
        self.assertEqual(self.tab("lx config keys train.ba"), ["train.batch "])

    def test_it_is_fast_and_silent_whatever_is_typed(self):
        began = time.monotonic()
        for line in ("lx run encoding=ro", "lx run train.", "lx run +", "lx run"):
            self.tab(line)
        self.assertLess((time.monotonic() - began) / 4, 1)   # milliseconds, usually; no judge of time on a busy machine
        for line in ("lx run model=nothing train.b", "lx run 'a=[1, ", "lx run a=b=c ~~", "lx run -cp /nowhere x", "lx nonsense x", "", "lx run \\", 'lx run "'):
            self.tab(line)

    def test_the_form_hydra_has(self):
        script, _ = self.lx("run", "--shell-completion", "install=bash")
        self.assertEqual(script, self.lx("run", "-sc", "install=bash")[0])
        self.assertEqual(script, self.lx("completion", "bash")[0])
        self.assertIn("complete -r lx", self.lx("run", "-sc", "uninstall=bash")[0])
        asked, _ = self.lx("run", "-sc", "query=bash", COMP_LINE="lx run encoding=rope_log", COMP_POINT="24")
        self.assertEqual(asked.splitlines(), ["rope_logn ", "rope_logn_test "])
        self.refused("completion", "tcsh", says="lx completes in bash, zsh, fish, not in 'tcsh'", code=2)
        self.refused("run", "-sc", "bash", says="install=SHELL", code=2)

    def in_shell(self, command, script):
        done = subprocess.run(command, input=script, cwd=self.place, env=self.environment(HOME=str(self.place)), capture_output=True, text=True, timeout=60)
        return done.stdout

    def test_bash(self):
        script = self.lx("completion", "bash")[0]
        ask = '''
COMP_LINE="$1"; COMP_POINT=${#COMP_LINE}; _lx_complete; printf '%s|' "${COMPREPLY[@]}"; complete -p lx
'''
        self.assertTrue(self.in_shell(["bash", "--norc", "-c", script + ask, "x", "lx run -m encoding=rope,alibi_"], "").startswith("rope,alibi_learned|complete "))
        self.assertTrue(self.in_shell(["bash", "--norc", "-c", script + ask, "x", "lx run encoding=rope_l"], "").startswith("rope_logn |rope_logn_test |"))

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish(self):
        script = self.lx("completion", "fish")[0]
        shown = self.in_shell(["fish", "--no-config", "-c", script + "\ncomplete -C 'lx run encoding=rope_l'"], "").split()
        self.assertEqual(shown, ["encoding=rope_logn", "encoding=rope_logn_test"])

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh(self):
        script = self.lx("completion", "zsh")[0]
        # A real zsh at a real terminal; the line that Tab leaves behind is printed.
        drive = f'''zmodload zsh/zpty; zpty z zsh -f -i
zpty -w z 'autoload -Uz compinit; compinit -D -u; source {self.place}/lx.zsh; PS1="> "; show() {{ print -r -- "<<$BUFFER>>" > {self.place}/line; zle kill-buffer }}; zle -N show; bindkey "^X" show'
sleep 3; zpty -n -w z $'lx run train.ba\\t'; sleep 3; zpty -n -w z $'\\x18'; sleep 2; zpty -d z; cat {self.place}/line'''
        (self.place / "lx.zsh").write_text(script)
        shown = self.in_shell(["zsh", "-f", "-c", drive], "")
        self.assertIn("<<lx run train.batch=>>", shown)


if __name__ == "__main__":
    harness.main()
