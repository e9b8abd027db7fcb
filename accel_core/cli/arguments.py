"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.evaluators import IDENTITY, PROVENANCE, SETTINGS
from accel_core.metrics import is_metric
from accel_core.platforms import Platform

Commands = Any  # argparse gives its sub-parser collection no public type


def add_set(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the repeatable ``--set NAME=VALUE``."""
    parser.add_argument("--set", action="append", default=[], metavar="NAME=V", dest="given", help=what)


def parse_given(given: Sequence[str]) -> dict[str, str]:
    """Split ``NAME=VALUE`` words into a dict.

    Raises:
        InvalidInputError: If a word has no name or no value, or a name stands twice.
    """
    pairs: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise InvalidInputError(f"--set '{word}': write NAME=VALUE")
        if name in pairs:
            raise InvalidInputError(f"--set {name} is given twice; give it once")
        pairs[name] = value
    return pairs


def split_given(platform: Platform, fidelity: str, given: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Tell values of parameters from settings of the fidelity.

    Raises:
        InvalidInputError: If a name is neither.
    """
    parameters = {name: value for name, value in given.items() if name in platform.space.names}
    settings = {name: value for name, value in given.items() if name not in parameters}
    known = SETTINGS.get(fidelity, {})
    for name in settings:
        if name not in known:
            allowed = ", ".join([*platform.space.names, *known])
            raise InvalidInputError(
                f"--set {name}: {platform.name} at fidelity {fidelity} has no such name; allowed: {allowed}"
            )
    return parameters, settings


def complete_designs(platform: Platform, table: pd.DataFrame, fixed: dict[str, str], place: Path) -> pd.DataFrame:
    """Turn a user's table into valid designs: fixed values over columns over defaults.

    Columns of a result table (an earlier result may be evaluated again) are dropped; a defaulted parameter is said on
    standard error.

    Raises:
        InvalidInputError: If a column belongs to nothing, or a value is not allowed.
    """
    space = platform.space
    known = {"design_id", *IDENTITY, *PROVENANCE}
    strange = [str(name) for name in table.columns if name not in (*space.names, *known) and not is_metric(str(name))]
    if strange:
        raise InvalidInputError(
            f"{place}: column '{strange[0]}' is no parameter of {platform.name}; allowed: {', '.join(space.names)}"
        )
    if not any(name in table for name in space.names):
        raise InvalidInputError(f"{place}: no column is a parameter of {platform.name}: {', '.join(space.names)}")
    if table.empty:
        raise InvalidInputError(f"{place}: it has no rows; at least one design is needed")
    designs = pd.DataFrame(index=range(len(table)))
    defaults = space.defaults().iloc[0]
    assumed = []
    for name in space.names:
        if name in fixed:
            designs[name] = fixed[name]
        elif name in table:
            designs[name] = table[name].to_numpy()
        else:
            designs[name] = defaults[name]
            assumed.append(f"{name}={defaults[name]}")
    if assumed:
        print(f"note: not in {place}, so at their defaults: {', '.join(assumed)}", file=sys.stderr)
    try:
        designs = space.coerce(designs)
        space.check(designs)
    except InvalidInputError as error:
        raise InvalidInputError(f"{place}, {error}") from error
    return designs
