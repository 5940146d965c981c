#!/usr/bin/python3
"""lx against PyTorch: the same decoder trained the same way, in the same minutes, taking turns.

    scripts/lx list > /dev/null                                      # builds build/release/bin/lx
    apt-get install --no-install-recommends python3-torch
    git clone https://github.com/karpathy/nanoGPT ~/nanoGPT          # anywhere outside this project
    benchmarks/compare_peers.py --nanogpt ~/nanoGPT

4.79 M parameters (6 layers, width 256, 4 heads, 256 symbols), 4096 tokens a step: forward, loss, backward, clipping,
AdamW. Variants are plain PyTorch (peer_pytorch.py) and nanoGPT, float32 and bf16 autocast. The ratio is of lx to the
best of them, round against round; in brackets the middle half of the rounds. --small: 0.8 M parameters, T = 128, 64
windows a step, as two processes of one thread each, one a processor, at once; rates are of both together.
"""
import argparse
import contextlib
import json
import os

import peers

SIZES = {"": {"width": 256, "layers": 6, "heads": 4}, "small": {"width": 128, "layers": 4, "heads": 4}}


def lx_words(size, length, tokens, threads, precision):
    of = SIZES[size]
    return ["--part=train", f"--tokens={tokens}", f"length={length}", f"model.width={of['width']}", f"model.layers={of['layers']}",
            f"model.mixer.heads={of['heads']}", f"runtime.threads={threads}", f"runtime.precision={precision}"]


def peer_words(size, length, threads, precision):
    return [f"--{key}={value}" for key, value in {**SIZES[size], "length": length, "threads": threads, "precision": precision}.items()]


def compare(args, length, size="", tokens=4096, threads=2, copies=1):
    """One line of the table: rates of all, and the ratio of the fastest lx to the fastest other."""
    with contextlib.ExitStack() as stack:
        programs = {}
        for precision in args.precision:
            programs[f"lx {precision}"] = peers.Lx(args.lx, lx_words(size, length, tokens, threads, precision), copies)
            words = peer_words(size, length, threads, precision)
            programs[f"PyTorch {precision}"] = peers.PyTorch(args.python, words, tokens, copies)
            stack.callback(programs[f"PyTorch {precision}"].close)
            if args.nanogpt:
                programs[f"nanoGPT {precision}"] = peers.PyTorch(args.python, words, tokens, copies, args.nanogpt)
                stack.callback(programs[f"nanoGPT {precision}"].close)
        rates = peers.take_turns(programs, args.rounds, args.seconds)
        facts = {name: program.facts for name, program in programs.items() if isinstance(program, peers.PyTorch)}
        environment = programs[f"lx {args.precision[0]}"].environment
        sizes = {name: program.cells[0]["parameters"] for name, program in programs.items() if isinstance(program, peers.Lx)}
    middle = {name: peers.spread(values)[0] for name, values in rates.items()}
    ours = max((name for name in rates if name.startswith("lx")), key=middle.get)
    best = max((name for name in rates if not name.startswith("lx")), key=middle.get)
    ratios = [a / b for a, b in zip(rates[ours], rates[best])]
    return {"length": length, "size": size or "large", "tokens": tokens, "threads": threads, "copies": copies, "rates": rates, "lx": ours,
            "best": best, "ratios": ratios, "peers": facts, "environment": environment, "parameters": sizes}


def line(result):
    name = f"T = {result['length']}" + (", two one-thread processes" if result["copies"] > 1 else "")
    rates = {who: peers.shown(values, "{:,.0f}") for who, values in result["rates"].items()}
    return f"| {name} | " + " | ".join(rates[who] for who in result["rates"]) + f" | {peers.shown(result['ratios'])} over {result['best']} |"


def versions(args, results):
    environment = results[0]["environment"]
    peer = next(iter(results[0]["peers"].values()))
    nano = f", nanoGPT {peers.nanogpt_version(args.nanogpt)[:7]}" if args.nanogpt else ""
    blas = f"LD_LIBRARY_PATH={peers.BLAS}" if peers.BLAS.is_dir() else "the BLAS it finds"
    return (f"lx {environment['lx']} (commit {environment['commit'][:7]}, sources {environment['sources']}), LibTorch {environment['libtorch']}; "
            f"PyTorch {peer['torch']} with {blas}{nano}; {environment['cpu']}, {environment['simd']}, {len(os.sched_getaffinity(0))} processors.")


def options(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lx", default=str(peers.LX), help="the program (build/release/bin/lx)")
    parser.add_argument("--python", default="/usr/bin/python3", help="the Python that has PyTorch")
    parser.add_argument("--nanogpt", metavar="FOLDER", help="a clone of nanoGPT")
    parser.add_argument("--precision", nargs="+", choices=["fp32", "bf16"], default=["fp32", "bf16"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of each variant in each round")
    parser.add_argument("--out", metavar="FILE.json", help="every number of every round")
    return parser


def main():
    parser = options(__doc__)
    parser.add_argument("--length", nargs="+", type=int, default=[128, 512, 2048])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--small", action="store_true", help="only the small model")
    args = parser.parse_args()
    try:
        if args.small:
            results = [compare(args, 128, "small", 64 * 128, 1, 2)]
        else:
            results = [compare(args, length, threads=args.threads) for length in args.length]
    except (peers.Failed, OSError) as problem:
        peers.stop(problem)
    print("| tokens/s | " + " | ".join(results[0]["rates"]) + " | lx over the best |")
    print("|---" * (len(results[0]["rates"]) + 2) + "|")
    for result in results:
        print(line(result))
    print(f"\n{versions(args, results)}")
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            json.dump({"nanogpt": peers.nanogpt_version(args.nanogpt), "results": results}, file, indent=1)


if __name__ == "__main__":
    main()
