#!/usr/bin/python3
"""Opens sweeps collected by lx with xarray, h5py and pandas, as a user would; runs the examples of docs/results.md.

usage: collect_with_python.py PROGRAM     PROGRAM is test_unit_result, which writes the samples.
Exit code 77 (skipped) when h5py, xarray or pandas is not installed.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore", message="numpy.ndarray size changed")   # between Debian's own packages
warnings.filterwarnings("ignore", message="Degrees of freedom")   # one seed has no deviation
try:
    import h5py
    import numpy as np
    import pandas as pd
    import xarray as xr
    import netCDF4  # noqa: F401  (what xarray reads with)
except ImportError as missing:
    print(f"skipped: {missing}; install python3-h5py, python3-xarray, python3-netcdf4 and python3-pandas to run this test")
    sys.exit(77)

DOCS = pathlib.Path(__file__).resolve().parents[3] / "docs" / "results.md"


def close(a, b):
    assert abs(float(a) - b) < 1e-12, (a, b)


def check_product(folder):
    ds = xr.open_dataset(folder / "sweep.h5", group="eval")
    assert ds.loss.dims == ("encoding", "lr", "seed", "text", "variant", "length"), ds.loss.dims
    assert ds.lr.dtype == np.float64 and ds.seed.dtype == np.int64 and ds.lr.attrs["key"] == "train.optimizer.lr"
    close(ds.loss.sel(encoding="rope", lr=0.001, seed=1, text="tail", variant="none", length=512), 1 + 0.25 + 0.25 + 8)
    table = ds.loss.sel(text="natural", variant="none", length=64)
    close(table.mean("seed").sel(encoding="alibi", lr=0.001), 2 + 0.25 + 1)
    close(table.std("seed", ddof=1).sel(encoding="alibi", lr=0.001), 0.25)
    assert int(table.count("seed").sel(encoding="alibi", lr=0.0003)) == 1
    assert list(ds.state.sel(encoding="alibi", lr=0.0003).values) == [1, 2, 3]
    assert ds.state.attrs["flag_meanings"].split()[2] == "failed" and list(ds.state.attrs["flag_values"]) == [0, 1, 2, 3]
    assert ds.state.dtype == np.uint8 and ds.attrs["trained_length"] == 64
    assert np.isnan(ds.documents.sel(encoding="alibi", lr=0.0003, seed=1)).all()
    close(ds.multiple.sel(length=512), 8)
    assert not any("phony" in str(d) for d in ds.dims), ds.dims
    runs = xr.open_dataset(folder / "sweep.h5", group="runs")
    row = runs.sel(cell=int(ds.cell.sel(encoding="rope", lr=0.0003, seed=2)))
    assert row.run.item() == "run5" and row.seed == 2 and row["encoding"].item() == "rope" and row.parameters == 1064
    assert json.loads(row.overrides.item())[0] == 'encoding="rope"'
    train = xr.open_dataset(folder / "sweep.h5", group="train")
    close(train.valid_loss.sel(encoding="rope", lr=0.001, seed=0, step=64), 2.5)
    close(train.final_loss.sel(encoding="rope", lr=0.001, seed=0), 2)
    assert train.tokens.sel(encoding="rope", lr=0.001, seed=0) == 40 and "seconds" not in train
    with h5py.File(folder / "sweep.h5") as f:
        assert f.attrs["schema"] == "lx.sweep" and f.attrs["schema_version"] == 1
        assert (f.attrs["cells"], f.attrs["done"], f.attrs["failed"], f.attrs["pending"]) == (12, 10, 1, 1)
        assert list(f.attrs["keys"]) == ["encoding", "train.optimizer.lr", "seed"]
        assert f["provenance/reason"].asstr()[10] == "no such luck" and f["provenance/seconds"][0] == 1.5
        assert f["provenance/host"].asstr()[0] == "here" and f["eval/loss"].dims[0].label == "" and f["eval/loss"].dims[0][0].name == "/eval/encoding"
    return ds


def check_rows(folder, ds):
    df = pd.read_csv(folder / "sweep.csv")
    assert len(df) == int(np.isfinite(ds.loss).sum()) == 10 * 2 * 2 * 2
    kinds = {"encoding": "O", "lr": "f", "seed": "i", "trained_length": "i", "text": "O", "variant": "O", "length": "i",
             "multiple": "f", "loss": "f", "documents": "i", "tokens": "i", "cell": "i", "run": "O"}
    for name, kind in kinds.items():
        assert df[name].dtype.kind == kind, (name, df[name].dtype)
    lines = [json.loads(line) for line in (folder / "sweep.jsonl").read_text().splitlines()]
    assert len(lines) == len(df) and list(lines[0]) == list(df.columns)
    assert len(pd.read_json(folder / "sweep.jsonl", lines=True)) == len(df)
    for row, line in zip(df.to_dict("records"), lines):
        where = {name: row[name] for name in ds.loss.dims}
        assert float(ds.loss.sel(where)) == row["loss"] == line["loss"], row
        assert line["lr"] == row["lr"] and line["seed"] == row["seed"]


def check_ragged(folder):
    ds = xr.open_dataset(folder / "sweep.h5", group="eval")
    assert ds.tied.dtype == bool and list(ds.trained_length.values) == [8, 16]
    assert list(ds.window.values) == ["null", "64", "auto", '["rope", "log_n"]'], ds.window.values
    cell = dict(trained_length=16, tied=True, window="auto", seed=3)
    close(ds.loss.sel(**cell, variant="pi", text="tail", length=64).max(), 3 + 0.25 + 0.125 + 1)
    assert np.isnan(ds.loss.sel(**cell, variant="window")).all() and np.isnan(ds.loss.sel(**cell, length=8)).all()
    close(ds.multiple.sel(trained_length=16, length=8), 0.5)
    counts = {value: int((ds.state == value).sum()) for value in range(4)}
    assert counts[1] == 4 and counts[2] == 1 and counts[3] == 0 and counts[0] == ds.state.size - 5
    by = xr.open_dataset(folder / "sweep.h5", group="eval/by_multiple")
    close(by.loss.sel(**cell, variant="none", text="natural", multiple=4).max(), 3 + 1)
    assert by.length.sel(trained_length=16, multiple=4) == 64
    assert int(np.isfinite(by.loss).sum()) == int(np.isfinite(ds.loss).sum())
    df = pd.read_csv(folder / "sweep.csv", keep_default_na=False, na_values=[""])
    assert df.tied.dtype == bool and set(df.window) == {"null", "64", "auto"} and df.width.dtype.kind == "f"
    lines = [json.loads(line) for line in (folder / "sweep.jsonl").read_text().splitlines()]
    assert {json.dumps(line["window"]) for line in lines} == {"null", "64", '"auto"'}
    assert lines[0]["tied"] is True and lines[-1]["width"] == 4


def check_equal(a, b):
    """Two executions of one sweep: all data but /provenance, byte for byte; and by h5diff where it is installed."""
    with h5py.File(a / "sweep.h5") as left, h5py.File(b / "sweep.h5") as right:
        names = [[], []]
        left.visit(names[0].append), right.visit(names[1].append)
        shared = [[name for name in some if not name.startswith("provenance")] for some in names]
        assert shared[0] == shared[1] and len(shared[0]) > 50
        for name in shared[0]:
            if isinstance(left[name], h5py.Dataset):
                x, y = left[name][()], right[name][()]
                assert x.shape == y.shape and (x.tolist() == y.tolist() if x.dtype.kind == "O" else x.tobytes() == y.tobytes()), name
    for name in ("sweep.csv", "sweep.jsonl"):
        assert (a / name).read_bytes() == (b / name).read_bytes(), name
    if shutil.which("h5diff"):
        def differ(*more):
            return subprocess.run(["h5diff", *more, a / "sweep.h5", b / "sweep.h5"], stdout=subprocess.DEVNULL).returncode
        assert differ("--exclude-path", "/provenance") == 0 and differ() == 1


def run_documented_examples(folder):
    text = DOCS.read_text(encoding="utf-8")
    section = text.split("## A whole sweep\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == 5, len(blocks)
    where = {"by_multiple": "ragged", "width": "zipped", "set_index": "search"}
    for block in blocks:
        sample = next((name for word, name in where.items() if word in block), "product")
        os.chdir(folder / sample)
        names = {"xr": xr, "pd": pd}
        exec(compile(block, str(DOCS), "exec"), names)
        if "std" in names:
            close(names["mean"].sel(encoding="rope", length=512), 1.25 + 0.25 + 8)
            assert int(names["n"].sel(encoding="rope", length=512)) == 3
        if "se" in names:   # documents differ by the same in both encodings: nothing is left but the difference
            close(names["mean"], -1)
            close(names["se"], 0)
    os.chdir("/")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([sys.argv[1], "[.sweeps]"], check=True, env={**os.environ, "LX_SAMPLE": name}, stdout=subprocess.DEVNULL)
        check_rows(folder / "product", check_product(folder / "product"))
        check_ragged(folder / "ragged")
        check_equal(folder / "product", folder / "elsewhere")
        flat = xr.open_dataset(folder / "flat" / "sweep.h5", group="eval")
        assert flat.loss.dims == ("cell", "text", "variant", "length") and "encoding" in flat.coords
        close(flat.loss.set_index(cell=["encoding", "lr", "seed"]).unstack("cell").sel(
            encoding="rope", lr=0.001, seed=1, text="tail", variant="none", length=512), 9.5)
        waiting = xr.open_dataset(folder / "waiting" / "sweep.h5", group="eval")
        assert waiting.state.sel(encoding="rope", seed=0) == 3 and "loss" not in waiting
        assert len(pd.read_csv(folder / "waiting" / "sweep.csv")) == 0
        run_documented_examples(folder)
    print("read with xarray, h5py and pandas")


if __name__ == "__main__":
    main()
