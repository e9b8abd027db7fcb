"""``export`` and ``import``: results out of the database and into it, and others' logs into tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from accel_core.campaigns import open_results
from accel_core.cli.arguments import Commands
from accel_core.errors import InvalidInputError
from accel_core.evaluators import SETTINGS
from accel_core.metrics import to_display
from accel_core.paths import data_path
from accel_core.platforms import PLATFORMS, find_own, get_platform
from accel_core.records import APPLICATIONS, PUBLISHED, Logged, application_of, check_beginnings, import_prime
from accel_core.store import KEEP


def add_to(commands: Commands) -> None:
    """Add both commands to the parser."""
    parser = commands.add_parser("export", help="write stored results to a file")
    parser.add_argument("--out", type=Path, required=True, help="a .csv or .parquet file")
    parser.add_argument("--platform")
    parser.add_argument("--fidelity")
    parser.add_argument("--campaign")
    parser.add_argument("--older", action="store_true", help="also what older versions of a model or the flow made")
    parser.set_defaults(run=run_export)
    parser = commands.add_parser("import", help="store results from a file, or make a table of a released log")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", type=Path, nargs="?", help="a .csv or .parquet file with the columns of a result table")
    what.add_argument(
        "--prime", type=Path, nargs="+", metavar="FILE", help=".tfrecord files released with PRIME, of one application"
    )
    parser.add_argument(
        "--keep", choices=KEEP, help="of results that are stored with other values, which to keep; none if left out"
    )
    parser.add_argument("--application", help="which one; left out, the name of the files' folder says it")
    parser.add_argument("--out", type=Path, help="the .parquet file that --prime writes")
    parser.set_defaults(run=run_import)


def run_export(arguments: argparse.Namespace) -> None:
    """Write the stored results, the shipped ones included."""
    find_own()  # which of their results are of an older version is known from their files
    if arguments.platform is not None:
        get_platform(arguments.platform)
    if arguments.fidelity is not None and arguments.fidelity not in SETTINGS:
        raise InvalidInputError(f"--fidelity {arguments.fidelity} is unknown; allowed: {', '.join(SETTINGS)}")
    with open_results() as results:
        results.import_shipped(data_path() / "results")
        for platform in [entry for entry in PLATFORMS.values() if entry.measured is not None]:
            results.take_in_measured(platform)
        known = results.campaigns()["name"].tolist()
        if arguments.campaign is not None and arguments.campaign not in known:
            raise InvalidInputError(
                f"--campaign {arguments.campaign} is unknown; there are: {', '.join(known) or 'none'}"
            )
        n_rows = results.export(
            arguments.out,
            platform=arguments.platform,
            fidelity=arguments.fidelity,
            campaign=arguments.campaign,
            older=arguments.older,
        )
    print(f"{n_rows} results to {arguments.out}")


def run_import(arguments: argparse.Namespace) -> None:
    """Store a file's results, all or none; or turn a released log into a table."""
    if arguments.prime is not None:
        if arguments.keep is not None:
            raise InvalidInputError("--keep belongs to a file of results; --prime writes a table")
        _import_prime(arguments.prime, arguments.application, arguments.out)
        return
    if arguments.application is not None or arguments.out is not None:
        raise InvalidInputError("--application and --out belong to --prime; results of a file go to the database")
    if not arguments.file.is_file():
        raise InvalidInputError(f"{arguments.file}: no such file")
    with open_results() as results:
        imported = results.import_table(arguments.file, keep=arguments.keep)
    print(imported.said_of(str(arguments.file)))


def _import_prime(paths: Sequence[Path], application: str | None, out: Path | None) -> None:
    """Write the table, print what it has, and say so where the released log had something else."""
    if out is None:
        raise InvalidInputError("--prime needs --out F.parquet, the table to write")
    named = {application_of(path) for path in paths} if application is None else {application}
    name = named.pop()
    if named or name is None:
        check_beginnings(paths)
        raise InvalidInputError(
            f"--application is missing, and the folders' names do not say it; allowed: {', '.join(APPLICATIONS)}"
        )
    logged, published = import_prime(paths, name, out), PUBLISHED[name]
    print(f"{name} to {out}: {describe(logged)}")
    if (logged.infeasible, logged.feasible) != (published.infeasible, published.feasible):
        print(f"note: the whole released log has {describe(published)}", file=sys.stderr)


def describe(logged: Logged) -> str:
    """Return the counts and runtimes of a log in words."""
    runtimes = " / ".join(f"{to_display('runtime_s', seconds):.2f}" for seconds in astuple(logged)[2:])
    return (
        f"{logged.infeasible:,} infeasible, {logged.feasible:,} feasible designs; runtime {runtimes} ms (min/mean/max)"
    )
