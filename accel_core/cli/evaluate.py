"""``evaluate``: designs in, results out."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import pandas as pd

from accel_core.cli.arguments import (
    Commands,
    add_set,
    add_technology,
    choose_fidelity,
    complete_designs,
    given_of,
    split_given,
)
from accel_core.cli.layers import add_workload, chosen_workload
from accel_core.cli.rows import LAYER, RowGroup, group_rows, row_columns
from accel_core.errors import InvalidInputError
from accel_core.evaluators import Progress, evaluate, ordered, resolve_settings, workload_of
from accel_core.platforms import PLATFORMS, Platform, get_platform
from accel_core.space import DesignSpace
from accel_core.tables import check_writable, read_table, write_table

MAX_LISTED = 20
"""Designs without a result of which the command prints why."""


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("evaluate", help="evaluate a table of designs")
    parser.add_argument("platform")
    parser.add_argument(
        "--designs",
        type=Path,
        required=True,
        help="a .csv or .parquet file, one row a design; a column 'layer' picks each row's layer, a column named like"
        " a setting (such as mapping) gives each row's value of it",
    )
    parser.add_argument("--fidelity", help="one of the platform's; its first that can run here, if left out")
    add_workload(parser)
    parser.add_argument("--out", type=Path, required=True, help="a .csv or .parquet file")
    parser.add_argument("--artifacts", type=Path, help="keep what the tools write, one folder a design")
    parser.add_argument("--seed", type=int, default=0, help="seed of the tools")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="designs in flight")
    add_set(parser, "fix a parameter for all designs, or a setting of the fidelity")
    add_technology(parser)
    for name, meaning in _flags().items():
        parser.add_argument(_flag(name), dest=f"setting_{name}", metavar="V", help=meaning)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write the results and print how many designs ended in which status."""
    platform = get_platform(arguments.platform)
    if arguments.jobs < 1:
        raise InvalidInputError(f"--jobs is {arguments.jobs}; at least 1 is allowed")
    given = _given(arguments)
    table = read_table(arguments.designs)
    fidelity = choose_fidelity(platform, arguments.fidelity, given)
    fixed, settings = split_given(platform, fidelity, given)
    columns = row_columns(platform, fidelity, table)
    groups = group_rows(table, columns, chosen_workload(platform, arguments), settings, arguments.designs)
    spaces = [(group.rows, _space_of(platform, fidelity, group, arguments.designs)) for group in groups]
    designs = complete_designs(platform, table, fixed, arguments.designs, spaces, columns)
    for group in groups:
        _check_fit(platform, fidelity, group, designs, arguments.designs)
    check_writable(arguments.out)
    progress = _Progress(len(designs))
    parts = [_evaluated(platform, fidelity, group, designs, arguments, progress) for group in groups]
    results = ordered(pd.concat(parts).sort_index(), platform.space)
    if LAYER in columns:
        results.insert(list(results.columns).index("workload") + 1, LAYER, table[LAYER].to_numpy())
    write_table(results, arguments.out)
    counts = ", ".join(f"{count} {status}" for status, count in results["status"].value_counts().items())
    print(f"{len(results)} designs to {arguments.out}: {counts}")
    lost = results[results["status"] != "ok"]
    for row in lost.head(MAX_LISTED).itertuples():
        print(f"  {row.design_id} {row.status} in {row.stage}: {row.reason}")
    if len(lost) > MAX_LISTED:
        print(f"  and {len(lost) - MAX_LISTED:,} more")


class _Progress:
    """Prints how many designs are done, and about how long the rest takes."""

    def __init__(self, total: int) -> None:
        self._started = time.monotonic()
        self._total = total

    def __call__(self, done: int) -> None:
        left = (time.monotonic() - self._started) / done * (self._total - done)
        print(f"{done} of {self._total} evaluated, about {left:.0f} s left", file=sys.stderr, flush=True)

    def after(self, before: int) -> Progress:
        """Return what tells the progress of a part that follows on so many designs."""
        return lambda done, total: self(before + done)


def _flags() -> dict[str, str]:
    """Return the settings that platforms add, each a flag of its own, with what they mean."""
    return {
        name: setting.meaning
        for platform in PLATFORMS.values()
        for settings in platform.settings.values()
        for name, setting in settings.items()
    }


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _given(arguments: argparse.Namespace) -> dict[str, str]:
    """Return what ``--set`` and the flags of settings say."""
    given = given_of(arguments)
    for name in _flags():
        value = getattr(arguments, f"setting_{name}")
        if value is None:
            continue
        if name in given:
            raise InvalidInputError(f"{name} is given twice, as {_flag(name)} and as --set {name}; give it once")
        given[name] = value
    return given


def _space_of(platform: Platform, fidelity: str, group: RowGroup, place: Path) -> DesignSpace:
    try:
        return platform.space_under(resolve_settings(platform, fidelity, group.settings))
    except InvalidInputError as error:
        raise _with_row(error, group, place) from error


def _check_fit(platform: Platform, fidelity: str, group: RowGroup, designs: pd.DataFrame, place: Path) -> None:
    """Refuse a design that what is given for it, such as a mapping, does not fit."""
    if platform.misfit is None:
        return
    runs = workload_of(platform, group.workload)
    try:
        settings = resolve_settings(platform, fidelity, group.settings)
        found = platform.misfit(designs.iloc[list(group.rows)], runs, settings)
    except InvalidInputError as error:
        raise _with_row(error, group, place) from error
    if found is not None:
        row, why = found
        raise InvalidInputError(f"{place}, row {group.rows[row] + 1}: {why}")


def _evaluated(
    platform: Platform,
    fidelity: str,
    group: RowGroup,
    designs: pd.DataFrame,
    arguments: argparse.Namespace,
    progress: _Progress,
) -> pd.DataFrame:
    try:
        results = evaluate(
            platform.name,
            designs.iloc[list(group.rows)],
            fidelity,
            workload=group.workload,
            settings=group.settings,
            artifacts=arguments.artifacts,
            seed=arguments.seed,
            jobs=arguments.jobs,
            progress=progress.after(group.rows[0]),
        )
    except InvalidInputError as error:
        raise _with_row(error, group, arguments.designs) from error
    return results.set_axis(list(group.rows))


def _with_row(error: InvalidInputError, group: RowGroup, place: Path) -> InvalidInputError:
    """Name the first row of a group whose own cells are at fault."""
    return InvalidInputError(f"{place}, row {group.rows[0] + 1}: {error}") if group.is_own else error
