"""``files``: designs and layers as the files of the program that simulates them."""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from accel_core.cli.arguments import Commands, add_set, complete_designs, parse_given, split_given
from accel_core.cli.layers import add_workload, chosen_workload
from accel_core.errors import InvalidInputError
from accel_core.evaluators import resolve_settings
from accel_core.platforms import PLATFORMS, get_platform
from accel_core.space import design_ids
from accel_core.tables import read_table

FIDELITY = "simulated"
_DESIGN = re.compile("[0-9a-f]{16}")


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("files", help="write designs as the files of a simulator, installed or not")
    parser.add_argument("platform")
    parser.add_argument("--designs", type=Path, required=True, help="a .csv or .parquet file, one row a design")
    add_workload(parser)
    parser.add_argument(
        "--out", type=Path, required=True, help="a folder; gets one for each design, in place of an earlier call's"
    )
    add_set(parser, f"fix a parameter for all designs, or a setting of fidelity {FIDELITY}")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write the files and print how many designs there are."""
    platform = get_platform(arguments.platform)
    if platform.program is None or platform.program.files is None:
        able = ", ".join(entry.name for entry in PLATFORMS.values() if entry.program and entry.program.files) or "none"
        raise InvalidInputError(f"platform '{platform.name}' has no simulator to write files for; allowed: {able}")
    fixed, given = split_given(platform, FIDELITY, parse_given(arguments.given))
    settings = resolve_settings(platform, FIDELITY, given)
    table = read_table(arguments.designs)
    space = platform.space_under(settings)
    designs = complete_designs(platform, table, fixed, arguments.designs, [(range(len(table)), space)])
    workload = chosen_workload(platform, arguments) or platform.default_workload
    records = dict(zip(design_ids(designs, space.names), designs.to_dict("records"), strict=True))
    for number, (name, design) in enumerate(records.items()):
        files = platform.program.files({str(key): value for key, value in design.items()}, workload, settings)
        if number == 0:
            _clear(arguments.out, files)
        _write(arguments.out / name, files)
    print(f"{len(records)} designs on {workload.name} as files of {platform.program.title} to {arguments.out}")


def _clear(out: Path, files: Mapping[str, str]) -> None:
    """Remove what an earlier call wrote; a folder that holds anything else, such as a simulator's results, stays."""
    ours = {Path(name).name for name in files}
    try:
        for folder in [path for path in out.glob("*") if path.is_dir() and _DESIGN.fullmatch(path.name)]:
            if {path.name for path in folder.rglob("*") if not path.is_dir()} <= ours:
                shutil.rmtree(folder)
    except OSError as error:
        raise InvalidInputError(f"--out {out}: cannot be written: {error.strerror}") from None


def _write(folder: Path, files: Mapping[str, str]) -> None:
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInputError(f"--out {folder.parent}: cannot be written: {error.strerror}") from None
