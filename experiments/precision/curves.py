#!/usr/bin/python3
"""Mean training loss of each precision over seeds, step by step, and the largest gap between the two with one seed.

    experiments/precision/curves.py FOLDER_OF_THE_RUNS
"""
import pathlib
import sys

import h5py
import numpy
import yaml

curves = {}
for run in sorted(pathlib.Path(sys.argv[1]).glob("*/run.h5")):
    config = yaml.safe_load((run.parent / "config.yaml").read_text())
    encoding = "alibi" if "alibi" in str(config["encoding"]) else "rope"
    with h5py.File(run) as file:
        steps = file["train/step"][:]
        curves[encoding, config["runtime"]["precision"], config["seed"]] = file["train/loss"][:]
for encoding in ("rope", "alibi"):
    both = {p: numpy.stack([curves[encoding, p, seed] for seed in (1, 2, 3)]) for p in ("fp32", "bf16")}
    gap = numpy.abs(both["fp32"] - both["bf16"])
    print(encoding, "| step | fp32 | bf16 | seeds differ by (deviation) | largest gap with one seed |", sep="\n")
    for at in numpy.linspace(0, len(steps) - 1, 9).astype(int):
        print(f"| {steps[at]} | {both['fp32'][:, at].mean():.4f} | {both['bf16'][:, at].mean():.4f} | {both['fp32'][:, at].std(ddof=1):.4f} | {gap[:, at].max():.4f} |")
