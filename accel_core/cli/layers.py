"""``layers``: what a network computes, layer by layer; an ONNX model becomes a layer table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

import pandas as pd

from accel_core.cli.arguments import Commands
from accel_core.errors import InvalidInputError
from accel_core.platforms import Platform
from accel_core.tables import write_table
from accel_core.workloads import Layer, Workload, read_layers, read_onnx
from accel_core.workloads.layer_table import COLUMNS


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("layers", help="show the layers of an ONNX model or of a layer table")
    parser.add_argument("network", type=Path, help="an .onnx model, or a .csv layer table")
    parser.add_argument(
        "--size", action="append", default=[], metavar="NAME=N", help="a size that the model leaves free"
    )
    parser.add_argument("--out", type=Path, help="write them to this layer table, a .csv file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print the layers and what was left out."""
    if arguments.out is not None and arguments.out.suffix != ".csv":
        raise InvalidInputError(f"--out {arguments.out}: the file's name must end in .csv")
    layers, report = read_network(arguments.network, _sizes(arguments.size))
    table = pd.DataFrame([astuple(layer) for layer in layers], columns=list(COLUMNS))
    print(table.assign(MACs=[f"{layer.macs:,}" for layer in layers]).to_string(index=False))
    print("\n".join(report))
    if arguments.out is not None:
        write_table(table, arguments.out)
        print(f"{len(layers)} layers to {arguments.out}")


def read_network(path: Path, sizes: Mapping[str, int] | None = None) -> tuple[tuple[Layer, ...], list[str]]:
    """Return the layers of an ``.onnx`` model or of a layer table, and lines about what was found and left out.

    Raises:
        InvalidInputError: As ``read_onnx`` and ``read_layers``; or if sizes are given for a layer table.
    """
    if path.suffix.lower() == ".onnx":
        network = read_onnx(path, sizes)
        return network.layers, network.report()
    if sizes:
        raise InvalidInputError(
            f"--size {next(iter(sizes))}: a layer table leaves no size free; allowed: an .onnx model"
        )
    layers = read_layers(path)
    return layers, [f"{len(layers)} layers, {sum(layer.macs for layer in layers):,} multiply-accumulates"]


def own_workload(platform: Platform, path: Path) -> Workload:
    """Return a network of one's own as a workload; what was left out of a model goes to standard error.

    Raises:
        InvalidInputError: As ``read_network``.
    """
    layers, report = read_network(path)
    if path.suffix != ".csv":
        print("\n".join(f"note: {path.name}: {line}" for line in report), file=sys.stderr)
    # Results on a file of one's own called like a workload that ships must not be taken for that one's.
    name = path.name if path.stem in platform.workloads else path.stem
    return Workload(name, name, f"file {path.name}", layers=layers)


def _sizes(words: Sequence[str]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for word in words:
        name, _, value = word.rpartition("=")
        if not name or not (value.isascii() and value.isdigit() and len(value) < 12):
            raise InvalidInputError(f"--size '{word}': write NAME=N, N an integer from 1")
        if name in sizes:
            raise InvalidInputError(f"--size {name} is given twice; give it once")
        sizes[name] = int(value)
    return sizes
