"""``logs``: random designs of a template with their outcomes, as somebody has them before a search."""

from __future__ import annotations

import argparse
from pathlib import Path

from accel_core.cli.arguments import Commands
from accel_core.cli.transfer import describe
from accel_core.errors import InvalidInputError
from accel_core.platforms import get_platform
from accel_core.platforms.edgetpu import EDGETPU
from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.logs import write_logs


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "logs", help="write logs of random designs, infeasible ones included, without the best"
    )
    parser.add_argument("platform", help=f"{EDGETPU.name}, the only one so far")
    parser.add_argument(
        "--application", action="append", metavar="NAME", help="one of nine, repeatable; all if left out"
    )
    parser.add_argument("-n", type=int, default=20_000, help="designs of each application")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="a .parquet file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write the logs and print what each has."""
    platform = get_platform(arguments.platform)
    if platform.name != EDGETPU.name:
        raise InvalidInputError(f"platform '{platform.name}' has no logs; allowed: {EDGETPU.name}")
    names = list(dict.fromkeys(arguments.application or applications()))
    for name, logged in write_logs(names, arguments.n, arguments.seed, arguments.out).items():
        print(f"{name} to {arguments.out}: {describe(logged)}")
