#!/usr/bin/python3
"""Checks what tests cannot: who includes whom, how much a header drags in, and that each file says what it is for.

Prints one sentence a finding, file:line first, and exits 1 when there is any. Runs as the test `layers`.
"""
import pathlib
import re
import sys

PROJECT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = PROJECT / "src"

# Who may include whom, each folder itself besides. The order is that of the layers, lowest first.
LOW = {"base"}
CONFIG = LOW | {"config"}
MODEL = CONFIG | {"tensor", "ops", "attention"}
MAY_INCLUDE = {
    "base": set(),
    "config": LOW,
    "tensor": LOW,
    "ops": LOW | {"tensor"},
    "attention": LOW | {"tensor", "ops"},
    "encoding": CONFIG | {"tensor", "ops", "attention"},
    "data": CONFIG,
    "task": CONFIG | {"tensor", "data"},
    "model": MODEL,
    "result": CONFIG,
    "complete": CONFIG,
    "train": MODEL | {"data", "task", "model", "result"},
    "eval": MODEL | {"data", "task", "model", "result"},
    "report": CONFIG | {"result", "eval"},
    "experiment": MODEL | {"encoding", "data", "task", "model", "result", "train", "eval", "report"},
    "sweep": MODEL | {"encoding", "data", "task", "model", "result", "train", "eval", "report", "experiment"},
    "app": MODEL | {"encoding", "data", "task", "model", "result", "train", "eval", "report", "experiment", "sweep",
            "complete"},
}
# Single files that are the seam between two folders: the model reads its stacks from the configuration.
EXCEPT = {
    ("model", "encoding/stack_config.h"),
}
TORCH_FREE = {"base", "config", "data", "result", "report", "complete"}

# Third-party headers that live in one place.
ONLY_IN = [
    (re.compile(r"^yaml-cpp/"), {"config"}, "yaml-cpp lives in config/ and nowhere else: pass a config::Node"),
    (re.compile(r"^(hdf5|H5)"), {"result"}, "HDF5 lives in result/ and nowhere else"),
    (re.compile(r"^xxhash"), {"base"}, "hashing is base/hash.h"),
    (re.compile(r"^(dnnl|oneapi/dnnl|libxsmm)"), {"ops", "attention"}, "fused kernels live in ops/ and attention/"),
]
TORCH = re.compile(r"^(ATen|torch|c10|caffe2)/")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
USING = re.compile(r"^using\s+namespace\b")
NAMESPACE = re.compile(r"^namespace ([\w:]+) \{")
TYPE = re.compile(r"^(?:struct|class|enum class) (\w+)(?: final)?(?: : [^;]*)?(?: \{.*)?$")


def torch_finding(header, folder, path):
    """The include budget: seconds of compile time for everybody downstream."""
    if not TORCH.match(header):
        return None
    if folder in TORCH_FREE:
        return f"{folder}/ does without LibTorch"
    if header == "torch/torch.h":
        return "<torch/torch.h> costs twenty seconds a file: include the parts you use"
    if path.suffix == ".h":
        if header == "ATen/ATen.h":
            return "a header takes <ATen/core/Tensor.h> (2 s); <ATen/ATen.h> (7 s) is for .cpp files"
        if header.startswith("torch/") and header != "torch/version.h" and folder != "model":
            return f"only headers of model/ may include <{header}> (10 s and more)"
    return None


def check(path):
    relative = path.relative_to(PROJECT)
    folder = path.relative_to(SOURCE).parts[0]
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or not lines[0].startswith("// ") or len(lines[0]) < 15:
        # A .cpp with a header of its own may leave the explanation to the header.
        if path.suffix == ".h" or not path.with_suffix(".h").exists():
            yield f"{relative}:1: the first line is a comment that says what the file is for"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield f"{relative}:1: a header has '#pragma once'"
    for number, line in enumerate(lines, 1):
        if USING.match(line):
            yield f"{relative}:{number}: 'using namespace' at file scope leaks into a unity build: name what you use"
        found = INCLUDE.match(line)
        if not found:
            continue
        quote, header = found.groups()
        if quote == '"':
            target = header.split("/")[0]
            if not (SOURCE / header).exists():
                if not header.endswith(".gen.h"):
                    yield f"{relative}:{number}: there is no src/{header}; our own includes are written from src/"
            elif target != folder and target not in MAY_INCLUDE[folder] and (folder, header) not in EXCEPT:
                allowed = ", ".join(sorted(MAY_INCLUDE[folder])) or "nothing of ours"
                yield f"{relative}:{number}: {folder}/ may not include {target}/ (it may include {allowed})"
            continue
        for pattern, folders, sentence in ONLY_IN:
            if pattern.match(header) and folder not in folders:
                yield f"{relative}:{number}: <{header}>: {sentence}"
        sentence = torch_finding(header, folder, path)
        if sentence:
            yield f"{relative}:{number}: {sentence}"


def twins(headers):
    """Two types of one name in one namespace: the linker takes them for one, whoever includes which."""
    first = {}
    for path in headers:
        namespace = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if found := NAMESPACE.match(line):
                namespace = found[1]
            elif found := TYPE.match(line):
                here, name = f"{path.relative_to(PROJECT)}:{number}", (namespace, found[1])
                if name in first:
                    yield f"{here}: {namespace}::{found[1]} is also another type, in {first[name]}: give one a name of its own"
                first.setdefault(name, here)


def main():
    findings = list(twins(sorted(SOURCE.rglob("*.h"))))
    for folder in sorted(p for p in SOURCE.iterdir() if p.is_dir()):
        if folder.name not in MAY_INCLUDE:
            findings.append(f"src/{folder.name}: a new folder: say in scripts/check_layers.py who may include whom")
            continue
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".h", ".cpp"):
                findings.extend(check(path))
    for finding in findings:
        print(finding)
    if not findings:
        print("includes follow the layers")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
