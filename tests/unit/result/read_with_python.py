#!/usr/bin/python3
"""Opens a run.h5 written by lx with h5py and xarray, as a user would, and checks names, units and numbers.

usage: read_with_python.py PROGRAM     PROGRAM is test_unit_result, which writes the sample.
Exit code 77 (skipped) when h5py or xarray is not installed.
"""
import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
    import xarray as xr
except ImportError as missing:
    print(f"skipped: {missing}; install python3-h5py, python3-xarray and python3-netcdf4 to run this test")
    sys.exit(77)


def engines():
    found = []
    for engine, module in (("netcdf4", "netCDF4"), ("h5netcdf", "h5netcdf")):
        try:
            __import__(module)
            found.append(engine)
        except ImportError:
            pass
    return found


def check_h5py(path):
    with h5py.File(path, "r") as f:
        assert f.attrs["schema"] == "lx.run" and f.attrs["schema_version"] == 1
        assert list(f["train"]) == ["step", "tokens", "loss", "lr", "grad_norm", "seconds"], list(f["train"])
        assert f["train/loss"][1] == 4.25 and f["train/loss"].attrs["units"] == "nats/token"
        assert f["config/yaml"].asstr()[()].startswith("seed: 1")
        assert list(f["config/overrides"].asstr()) == ["seed=1", "train.steps=3"]
        assert dict(f["config/choices"].attrs) == {"model": "small", "encoding": "rope"}
        assert len(f["environment"].attrs) == 25 and f["environment"].attrs["fact3"] == "wert ü 3"
        assert f["events/what"].asstr()[0].startswith("skipped")
        assert f["tokens/natural/hit"].dtype == np.uint8
        columns = {k: v[:] for k, v in f["train"].items()}
        assert all(len(v) == 3 for v in columns.values())


def check_xarray(path, engine):
    with xr.open_dataset(path, group="eval", engine=engine) as ds:
        assert ds.loss.dims == ("text", "variant", "length"), ds.loss.dims
        assert list(ds.text.values) == ["natural", "tail", "repeated"]
        assert list(ds.variant.values) == ["none", "fenêtre"]
        assert float(ds.loss.sel(text="tail", variant="none", length=8)) == 1 + 0.125 * 5
        assert ds.loss.attrs["units"] == "nats/token" and "long_name" in ds.loss.attrs
        assert ds.loss.attrs["protocol"][0] == "natural: all targets"
        assert str(ds.protocol.sel(text="tail").item()) == "the last 4 targets"
        assert str(ds.executor.sel(variant="none").item()) == "fused"
        for name in ("loss_se", "perplexity", "bits_per_byte", "accuracy", "accuracy_se", "difference",
                     "difference_se", "documents", "tokens", "gap", "change"):
            assert ds[name].shape == (3, 2, 2), name
        assert ds.attrs["bytes_per_token"] == 1.5
        assert not any("phony" in str(d) for d in ds.dims), ds.dims
        assert ds.loss.to_dataframe().shape == (12, 1)
    with xr.open_dataset(path, group="eval/curve", engine=engine) as ds:
        assert ds.loss.sel(text="repeated", variant="fenêtre", position=8) == 1.5
        assert list(ds.position.values) == list(range(1, 9))
    with xr.open_dataset(path, group="eval/repeats", engine=engine) as ds:
        assert ds.loss.dims == ("text", "variant", "length", "bucket") and ds.attrs["order"] == 8
        where = dict(text="repeated", variant="none", length=8, bucket="N/2 to N")
        assert float(ds.loss.sel(where)) == 0.5 * 17 and int(ds.tokens.sel(where)) == 117
        assert np.isnan(ds.loss.values.flat[0]) and ds.accuracy.attrs["units"] == "1"
    with xr.open_dataset(path, group="eval/probe", engine=engine) as ds:
        assert ds.entropy.dims == ("variant", "length", "layer", "head") and ds.attrs["windows"] == 4
        where = dict(variant="fenêtre", length=4, layer="layer 3", head=5)
        assert [float(ds[name].sel(where)) for name in (
            "entropy", "entropy_share", "sparsity", "sink", "unspent", "distance", "effective_rank",
            "numerical_rank", "log_det")] == [17 + i for i in range(9)]
        assert ds.log_det.values.flat[1] == -np.inf
        assert not any("phony" in str(d) for d in ds.dims), ds.dims
    with xr.open_dataset(path, group="tokens/natural", engine=engine) as ds:
        assert ds.loss.dims == ("variant", "length", "window", "target") and ds.loss.dtype == np.float32
        assert np.isnan(ds.loss.values.flat[0]) and ds.hit.dtype == np.uint8
        assert str(ds.document_name[int(ds.document[2])].item()) == "zweites.txt"
    with xr.open_dataset(path, group="train", engine=engine) as ds:
        assert float(ds.lr.sel(step=2)) == 0.002
    with xr.open_dataset(path, group="valid", engine=engine) as ds:
        assert ds.loss.dims == ("step",)


def main():
    program = sys.argv[1]
    found = engines()
    if not found:
        print("skipped: neither netCDF4 nor h5netcdf is installed; install python3-netcdf4 to run this test")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "run.h5")
        subprocess.run([program, "[.sample]"], check=True, env={**os.environ, "LX_SAMPLE": path},
                       stdout=subprocess.DEVNULL)
        check_h5py(path)
        for engine in found:
            check_xarray(path, engine)
    print(f"read with h5py and xarray ({', '.join(found)})")


if __name__ == "__main__":
    main()
