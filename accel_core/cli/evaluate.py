"""``evaluate``: designs in, results out."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from accel_core.cli.arguments import Commands, add_set, complete_designs, parse_given, split_given
from accel_core.errors import InvalidInputError
from accel_core.evaluators import evaluate
from accel_core.platforms import get_platform
from accel_core.tables import check_writable, read_table, write_table
from accel_core.workloads import Workload, read_layers


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("evaluate", help="evaluate a table of designs")
    parser.add_argument("platform")
    parser.add_argument("--designs", type=Path, required=True, help="a .csv or .parquet file, one row a design")
    parser.add_argument("--fidelity", required=True)
    runs = parser.add_mutually_exclusive_group()
    runs.add_argument("--workload", help="one of the platform's workloads")
    runs.add_argument("--layers", type=Path, help="your own layer table: name,C,M,P,Q,R,S,stride")
    parser.add_argument("--out", type=Path, required=True, help="a .csv or .parquet file")
    parser.add_argument("--artifacts", type=Path, help="keep what the tools write, one folder a design")
    parser.add_argument("--seed", type=int, default=0, help="seed of the tools")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="designs in flight")
    add_set(parser, "fix a parameter for all designs, or a setting of the fidelity")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write the results and print how many designs ended in which status."""
    platform = get_platform(arguments.platform)
    if arguments.jobs < 1:
        raise InvalidInputError(f"--jobs is {arguments.jobs}; at least 1 is allowed")
    fixed, settings = split_given(platform, arguments.fidelity, parse_given(arguments.given))
    table = read_table(arguments.designs)
    designs = complete_designs(platform, table, fixed, arguments.designs)
    check_writable(arguments.out)
    results = evaluate(
        platform.name,
        designs,
        arguments.fidelity,
        workload=_workload(arguments),
        settings=settings,
        artifacts=arguments.artifacts,
        seed=arguments.seed,
        jobs=arguments.jobs,
        progress=_Progress(),
    )
    write_table(results, arguments.out)
    counts = ", ".join(f"{count} {status}" for status, count in results["status"].value_counts().items())
    print(f"{len(results)} designs to {arguments.out}: {counts}")
    for row in results[results["status"] != "ok"].itertuples():
        print(f"  {row.design_id} {row.status} in {row.stage}: {row.reason}")


class _Progress:
    """Prints how many designs are done, and about how long the rest takes."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        left = (time.monotonic() - self._started) / done * (total - done)
        print(f"{done} of {total} evaluated, about {left:.0f} s left", file=sys.stderr, flush=True)


def _workload(arguments: argparse.Namespace) -> str | Workload | None:
    if arguments.layers is None:
        name: str | None = arguments.workload
        return name
    layers = read_layers(arguments.layers)
    return Workload(arguments.layers.stem, arguments.layers.stem, f"file {arguments.layers.name}", layers=layers)
