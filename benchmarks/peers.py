"""Programs that take turns: lx, and the same model in PyTorch. Each answers "how long is a step of yours just now?"."""
import json
import os
import pathlib
import statistics
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[1]
PEER = PROJECT / "benchmarks" / "peer_pytorch.py"
BLAS = pathlib.Path("/usr/lib/x86_64-linux-gnu/openblas-openmp")   # of Debian's two builds, the one that suits PyTorch
LX = PROJECT / "build" / "release" / "bin" / "lx"


class Failed(Exception):
    """A program that cannot do what it was asked for: one sentence."""


def complaint(errors):
    """What a program said went wrong: from its line "error: ...", else its last line."""
    lines = errors.strip().splitlines() or ["it ended without a word"]
    told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return told[-1] if told else lines[-1]


def stop(sentence):
    sys.exit(f"error: {sentence}")


def on(processors):
    """What a child does first: stay on these processors (None: anywhere)."""
    return (lambda: os.sched_setaffinity(0, processors)) if processors else None


class Lx:
    """`lx bench`, a process a round. `words`: settings and flags; the rows of its answer are kept by `rows`."""

    def __init__(self, program, words, copies=1):
        self.command = [str(program), "bench", "--json", "--rounds=1", *words]
        self.copies = copies
        self.cells = []

    def _start(self, seconds, processors):
        # Info about the machine goes to standard error, as do mistakes.
        return subprocess.Popen([*self.command, f"--seconds={seconds}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                preexec_fn=on(processors))

    def rows(self, seconds):
        """What each copy measured: {(cell, part, length): row}."""
        places = [None] if self.copies == 1 else [{p} for p in sorted(os.sched_getaffinity(0))[:self.copies]]
        answers = []
        for process in [self._start(seconds, place) for place in places]:
            out, errors = process.communicate()
            if process.returncode:
                raise Failed(f"{' '.join(self.command)}: {complaint(errors)}")
            lines = [json.loads(line) for line in out.splitlines()]
            self.cells = [line for line in lines if line["kind"] == "cell"]
            self.environment = next(line for line in lines if line["kind"] == "environment")
            answers.append({(line["cell"], line["part"], line["length"]): line for line in lines if line["kind"] == "row"})
        return answers

    def rate(self, seconds):
        """Tokens a second of all copies together, of the only thing that is measured."""
        total = 0
        for rows in self.rows(seconds):
            (row,) = rows.values()
            total += row["tokens"] / row["seconds"][0]
        return total

    def close(self):
        pass


class PyTorch:
    """benchmarks/peer_pytorch.py, started once and asked again and again. `copies`: so many at once, one a processor."""

    def __init__(self, python, words, tokens, copies=1, nanogpt=None):
        environment = dict(os.environ)
        if BLAS.is_dir():
            environment["LD_LIBRARY_PATH"] = f"{BLAS}:{environment.get('LD_LIBRARY_PATH', '')}".rstrip(":")
        places = [None] if copies == 1 else [{p} for p in sorted(os.sched_getaffinity(0))[:copies]]
        command = [str(python), str(PEER), "--serve", f"--tokens={tokens}", *words, *([f"--nanogpt={nanogpt}"] if nanogpt else [])]
        self.tokens = tokens
        self.processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                           env=environment, preexec_fn=on(place)) for place in places]
        self.facts = [self._answer(process) for process in self.processes][0]

    def _answer(self, process):
        line = process.stdout.readline()
        if not line:
            raise Failed(f"peer_pytorch.py: {complaint(process.stderr.read())}")
        return json.loads(line)

    def rate(self, seconds):
        for process in self.processes:
            process.stdin.write(f"{seconds}\n")
            process.stdin.flush()
        return sum(self.tokens / statistics.median(self._answer(process)) for process in self.processes)

    def close(self):
        for process in self.processes:
            process.stdin.close()
            process.wait()
            process.stdout.close()
            process.stderr.close()


def spread(values):
    """(median, lower quartile, upper quartile)."""
    values = sorted(values)

    def quantile(share):
        place = share * (len(values) - 1)
        low = int(place)
        return values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])
    return quantile(0.5), quantile(0.25), quantile(0.75)


def shown(values, form="{:.2f}"):
    middle, low, high = (form.format(value) for value in spread(values))
    return f"{middle} ({low}–{high})"


def take_turns(programs, rounds, seconds, tell=lambda line: print(line, file=sys.stderr, flush=True)):
    """{name: rates}, one a round. The order is turned round each time, so that nobody always follows the same one."""
    rates = {name: [] for name in programs}
    for number in range(rounds):
        for name in (list(programs) if number % 2 == 0 else list(programs)[::-1]):
            rates[name].append(programs[name].rate(seconds))
        tell(f"round {number + 1} of {rounds}: " + ", ".join(f"{name} {rates[name][-1]:,.0f}" for name in programs))
    return rates


def nanogpt_version(folder):
    if folder is None:
        return None
    done = subprocess.run(["git", "-C", folder, "rev-parse", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"
