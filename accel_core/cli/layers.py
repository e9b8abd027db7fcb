"""``layers``: what a network computes, layer by layer; and networks of one's own for the commands that run them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import pandas as pd

from accel_core.cli.arguments import Commands
from accel_core.errors import InvalidInputError
from accel_core.evaluators import workload_of
from accel_core.platforms import Platform
from accel_core.tables import write_table
from accel_core.workloads import FORMATS, Workload, left_out, own_workload, read_network, runs_layers
from accel_core.workloads.layer_table import COLUMNS
from accel_core.workloads.left_out import described

_SIZE_HELP = "a size that an ONNX model leaves free"


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("layers", help="show the layers of a network")
    parser.add_argument("network", type=Path, help=f"a file: {FORMATS}")
    parser.add_argument("--size", action="append", default=[], metavar="NAME=N", help=_SIZE_HELP)
    parser.add_argument("--out", type=Path, help="write them to this layer table, a .csv file")
    parser.set_defaults(run=run)


def add_workload(parser: argparse.ArgumentParser) -> None:
    """Add ``--workload``, ``--layers`` and ``--size`` to a command that runs a workload."""
    runs = parser.add_mutually_exclusive_group()
    runs.add_argument("--workload", help="one of the platform's workloads")
    runs.add_argument("--layers", type=Path, help=f"your own network, a file: {FORMATS}")
    parser.add_argument("--size", action="append", default=[], metavar="NAME=N", help=f"with --layers: {_SIZE_HELP}")


def run(arguments: argparse.Namespace) -> None:
    """Print the layers and what was left out."""
    if arguments.out is not None and arguments.out.suffix.lower() != ".csv":
        raise InvalidInputError(f"--out {arguments.out}: the file's name must end in .csv")
    network = read_network(arguments.network, parse_sizes(arguments.size))
    layers = network.layers
    table = pd.DataFrame([astuple(layer) for layer in layers], columns=list(COLUMNS))
    print(table.assign(MACs=[f"{layer.macs:,}" for layer in layers]).to_string(index=False))
    print("\n".join(network.report()))
    if arguments.out is not None:
        write_table(table, arguments.out)
        print(f"{len(layers)} layers to {arguments.out}")


def chosen_workload(platform: Platform, arguments: argparse.Namespace) -> Workload | None:
    """Return what `add_workload`'s words say, None if nothing; of a file it is said what it holds and what is left out.

    Raises:
        InvalidInputError: As ``read_network``; if the platform runs no layers or has no such workload; or if there are
            sizes without a file.
    """
    sizes = parse_sizes(arguments.size)
    if arguments.layers is None:
        if sizes:
            raise InvalidInputError(f"--size {next(iter(sizes))} needs --layers, whose size it is")
        return None if arguments.workload is None else platform.workload(arguments.workload)
    network = read_network(arguments.layers, sizes)
    workload = workload_of(platform, own_workload(network, arguments.layers.name))
    say_network(platform, workload)
    return workload


def say_network(platform: Platform, workload: Workload) -> None:
    """Say on standard error what a network of one's own holds, and what the platform leaves out of it."""
    skipped = left_out(workload.operators, platform.runs or runs_layers)
    found = f"{len(workload.layers)} layers, {workload.macs:,} multiply-accumulates"
    lines = [found, *workload.remarks, *described(skipped)]
    print("\n".join(f"note: {workload.name}: {line}" for line in lines), file=sys.stderr)


def parse_sizes(words: Sequence[str]) -> dict[str, int]:
    """Split ``NAME=N`` words into a dict.

    Raises:
        InvalidInputError: If a word is no such pair, or a name stands twice.
    """
    sizes: dict[str, int] = {}
    for word in words:
        name, _, value = word.rpartition("=")
        if not name or not (value.isascii() and value.isdigit() and len(value) < 12):
            raise InvalidInputError(f"--size '{word}': write NAME=N, N an integer from 1")
        if name in sizes:
            raise InvalidInputError(f"--size {name} is given twice; give it once")
        sizes[name] = int(value)
    return sizes
