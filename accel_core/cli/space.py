"""``space``: a space in another tool's form as this project's YAML."""

from __future__ import annotations

import argparse
from pathlib import Path

from accel_core.cli.arguments import Commands
from accel_core.space import DesignSpace
from accel_core.tables import replaced_when_whole


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("space", help="show an AutoTuner's space (autotuner.json) as YAML")
    parser.add_argument("file", type=Path, help="a JSON file of OpenROAD-flow-scripts' AutoTuner")
    parser.add_argument("--out", type=Path, help="write it to this .yaml file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print the space, or write it."""
    space = DesignSpace.from_autotuner(arguments.file)
    if arguments.out is None:
        print(space.to_yaml(), end="")
        return
    with replaced_when_whole(arguments.out) as partial:
        partial.write_text(space.to_yaml(), encoding="utf-8")
    print(f"{len(space.names)} parameters to {arguments.out}")
