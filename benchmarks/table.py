#!/usr/bin/python3
"""The whole table of speed in one command, ten to fifteen minutes on two idle cores:

    benchmarks/table.py --nanogpt ~/nanoGPT --out results/speed/table.json > results/speed/table.md

Against PyTorch as compare_peers.py does it; and lx against itself and against this machine's roof by `lx bench`. Numbers
are medians over rounds in which all take turns, with the middle half of the rounds in brackets. --floors FILE.json adds
what each number should come to: {"train_512": 1.5, ...}, by the keys in the first column; memory is a ceiling. --only
KEY ... measures these rows alone. Without PyTorch its rows are left out, and said to be.
"""
import json
import subprocess
import sys
import time

import compare_peers
import peers

LARGE = ["model.width=256", "model.layers=6", "model.mixer.heads=4"]
ROPE_AND_REROPE = "encoding.stack=[rope],[rope,{rerope: {window: 1024}}]"
FULL_AND_WINDOW = "encoding.stack=[rope],[rope,{window: {size: 16}}]"


class Table:
    def __init__(self, args):
        self.args = args
        self.rows, self.commands, self.raw = [], [], {}

    def wants(self, *keys):
        return not self.args.only or any(key in self.args.only for key in keys)

    def add(self, key, what, values, form="{:.2f}", ceiling=False):
        if self.wants(key):
            self.rows.append({"key": key, "what": what, "values": values, "form": form, "ceiling": ceiling})

    def bench(self, *words, rounds=None):
        """One `lx bench`; {(cell, part, length): row}, and its cells."""
        seconds = self.args.seconds * self.args.rounds
        flags = ["--json", f"--rounds={rounds or self.args.rounds}", f"--seconds={seconds}"]
        command = [self.args.lx, "bench", *flags, *LARGE, f"runtime.threads={self.args.threads}", *words]
        print(" ".join(command), file=sys.stderr, flush=True)
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise peers.Failed(f"{' '.join(command)}: {peers.complaint(done.stderr)}")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.commands.append("lx bench " + " ".join(f"'{word}'" if set(word) & set("[]{} ") else word for word in command[2:]))
        self.raw[self.commands[-1]] = lines
        rows = {(line["cell"], line["part"], line["length"]): line for line in lines if line["kind"] == "row"}
        return rows, [line for line in lines if line["kind"] == "cell"]

    def against_pytorch(self):
        found = []
        for length in (128, 512, 2048):
            if self.wants(f"train_{length}"):
                found.append(compare_peers.compare(self.args, length, threads=self.args.threads))
                self.of_peers(f"train_{length}", f"training at T = {length}: tokens/s over the best PyTorch", found[-1])
        if self.wants("small"):
            found.append(compare_peers.compare(self.args, 128, "small", 64 * 128, 1, 2))
            self.of_peers("small", "small model, two one-thread processes: tokens/s over the best PyTorch", found[-1])
        if found:
            self.raw["peers"] = found
            self.commands.append(compare_peers.versions(self.args, found))
        return found

    def of_peers(self, key, what, result):
        rates = {name: peers.spread(result["rates"][name])[0] for name in (result["lx"], result["best"])}
        self.add(key, f"{what} ({', '.join(f'{name} {rate:,.0f}' for name, rate in rates.items())})", result["ratios"])

    def roof(self):
        if not self.wants("roof_512"):
            return
        rows, cells = self.bench("--part=train", "--tokens=4096", "length=512", f"runtime.precision={self.args.own_precision}")
        row = rows[0, "train", 512]
        shares = [row["operations"] / seconds / roof for seconds, roof in zip(row["seconds"], cells[0]["roof"])]
        rate = peers.spread([row["operations"] / seconds / 1e9 for seconds in row["seconds"]])[0]
        self.add("roof_512", f"training at T = 512: achieved ({rate:.0f} GFLOP/s, {cells[0]['precision']}) over oneDNN's roof", shares)

    def rerope(self):
        if not self.wants("rerope_train", "rerope_eval"):
            return
        rows, _ = self.bench("--part=train,eval", "--tokens=4096", "length=2048", "eval.lengths=[2048]", ROPE_AND_REROPE,
                             f"runtime.precision={self.args.own_precision}")
        for part, what in (("train", "training"), ("eval", "evaluation")):
            rope, rerope = rows[0, part, 2048], rows[1, part, 2048]
            self.add(f"rerope_{part}", f"ReRoPE over RoPE in tokens/s, {what} at T = 2048",
                     [b["tokens"] / s / (rope["tokens"] / t) for b in [rerope] for s, t in zip(rerope["seconds"], rope["seconds"])])

    def window(self):
        if not self.wants("window"):
            return
        rows, _ = self.bench("--part=attention", "--tokens=16384", "length=16384", FULL_AND_WINDOW,
                             f"runtime.precision={self.args.own_precision}")
        full, narrow = rows[0, "attention", 16384], rows[1, "attention", 16384]
        self.add("window", "attention alone, forward, T = 16384: window of 16 over full in speed",
                 [a / b for a, b in zip(full["seconds"], narrow["seconds"])], "{:.1f}")

    def memory(self):
        if not self.wants("memory_65536"):
            return
        rows, _ = self.bench("--part=eval", "length=512", "eval.lengths=[65536]", "++eval.batch_tokens=65536",
                             f"runtime.precision={self.args.own_precision}", rounds=1)
        row = rows[0, "eval", 65536]
        self.add("memory_65536", f"evaluation of 65536 tokens ({row['tokens'] / row['seconds'][0]:,.0f} tokens/s): GiB beyond the weights",
                 [row["memory"] / 2**30], "{:.2f}", ceiling=True)

    def markdown(self, floors):
        head = ["row", "what", "measured"] + (["floor", "met"] if floors else [])
        lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
        for row in self.rows:
            middle = peers.spread(row["values"])[0]
            cells = [row["key"], row["what"], peers.shown(row["values"], row["form"]) if len(row["values"]) > 1 else row["form"].format(middle)]
            if floors:
                floor = floors.get(row["key"])
                met = None if floor is None else (middle <= floor if row["ceiling"] else middle >= floor)
                cells += ["" if floor is None else f"{'at most ' if row['ceiling'] else ''}{floor}", {None: "", True: "yes", False: "**no**"}[met]]
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join(lines)


def has_pytorch(python):
    return subprocess.run([python, "-c", "import torch"], capture_output=True).returncode == 0


def main():
    parser = compare_peers.options(__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--own-precision", default="auto", help="runtime.precision where lx is held against itself or the roof (auto)")
    parser.add_argument("--floors", metavar="FILE.json")
    parser.add_argument("--only", nargs="+", metavar="KEY", help="these rows alone")
    args = parser.parse_args()
    floors = {}
    if args.floors:
        with open(args.floors, encoding="utf-8") as file:
            floors = json.load(file)
    table, start = Table(args), time.time()
    try:
        # What lx does alone comes first: it is quick, and a mistake shows early.
        for part in (table.roof, table.rerope, table.window, table.memory):
            part()
        if has_pytorch(args.python):
            table.against_pytorch()
        elif table.wants("train_128", "train_512", "train_2048", "small"):
            print(f"{args.python} has no PyTorch: its rows are left out", file=sys.stderr)
    except (peers.Failed, OSError) as problem:
        peers.stop(problem)
    if not table.rows:
        peers.stop(f"--only names no row of the table: {' '.join(args.only or [])}")
    print(table.markdown(floors))
    print(f"\nMedians of {args.rounds} rounds; {time.time() - start:.0f} s in all. Measured by:\n")
    for command in table.commands:
        print(f"    {command}")
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            json.dump({"rows": table.rows, "raw": table.raw, "nanogpt": peers.nanogpt_version(args.nanogpt)}, file, indent=1)


if __name__ == "__main__":
    main()
