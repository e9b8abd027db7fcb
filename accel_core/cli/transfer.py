"""``export`` and ``import``: results out of the database and into it."""

from __future__ import annotations

import argparse
from pathlib import Path

from accel_core.cli.arguments import Commands
from accel_core.errors import InvalidInputError
from accel_core.evaluators import SETTINGS
from accel_core.paths import data_path, database_path
from accel_core.platforms import get_platform
from accel_core.store import ResultStore


def add_to(commands: Commands) -> None:
    """Add both commands to the parser."""
    parser = commands.add_parser("export", help="write stored results to a file")
    parser.add_argument("--out", type=Path, required=True, help="a .csv or .parquet file")
    parser.add_argument("--platform")
    parser.add_argument("--fidelity")
    parser.add_argument("--campaign")
    parser.set_defaults(run=run_export)
    parser = commands.add_parser("import", help="store results from a file")
    parser.add_argument("file", type=Path, help="a .csv or .parquet file with the columns of a result table")
    parser.set_defaults(run=run_import)


def run_export(arguments: argparse.Namespace) -> None:
    """Write the stored results, the shipped ones included."""
    if arguments.platform is not None:
        get_platform(arguments.platform)
    if arguments.fidelity is not None and arguments.fidelity not in SETTINGS:
        raise InvalidInputError(f"--fidelity {arguments.fidelity} is unknown; allowed: {', '.join(SETTINGS)}")
    with ResultStore(database_path()) as store:
        store.import_shipped(data_path() / "results")
        known = store.campaigns()["name"].tolist()
        if arguments.campaign is not None and arguments.campaign not in known:
            raise InvalidInputError(
                f"--campaign {arguments.campaign} is unknown; there are: {', '.join(known) or 'none'}"
            )
        n_rows = store.export(
            arguments.out, platform=arguments.platform, fidelity=arguments.fidelity, campaign=arguments.campaign
        )
    print(f"{n_rows} results to {arguments.out}")


def run_import(arguments: argparse.Namespace) -> None:
    """Store a file's results, all or none."""
    if not arguments.file.is_file():
        raise InvalidInputError(f"{arguments.file}: no such file")
    with ResultStore(database_path()) as store:
        n_new = store.import_table(arguments.file)
    print(f"{n_new} new results from {arguments.file}")
