"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.evaluators import IDENTITY, PROVENANCE, settings_of, unavailable
from accel_core.metrics import is_metric
from accel_core.platforms import TECHNOLOGY, Platform
from accel_core.space import DesignSpace

Commands = Any  # argparse gives its sub-parser collection no public type


def add_set(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the repeatable ``--set NAME=VALUE``."""
    parser.add_argument("--set", action="append", default=[], metavar="NAME=V", dest="given", help=what)


def add_technology(parser: argparse.ArgumentParser) -> None:
    """Add ``--technology``, the setting of that name in a word of its own."""
    parser.add_argument(
        "--technology",
        metavar="T",
        help="process kit: a name, a YAML file, or a platform folder of OpenROAD-flow-scripts; clock ranges follow its"
        " speed (see: technology check T)",
    )


def given_of(arguments: argparse.Namespace) -> dict[str, str]:
    """Return what ``--set`` and ``--technology`` say.

    Raises:
        InvalidInputError: As ``parse_given``, or if both name a technology.
    """
    given = parse_given(arguments.given)
    if arguments.technology is None:
        return given
    if TECHNOLOGY in given:
        raise InvalidInputError("technology is given twice, as --technology and as --set technology; give it once")
    return {**given, TECHNOLOGY: arguments.technology}


def parse_given(given: Sequence[str], flag: str = "--set") -> dict[str, str]:
    """Split ``NAME=VALUE`` words into a dict; ``flag`` is what they came with.

    Raises:
        InvalidInputError: If a word has no name or no value, or a name stands twice.
    """
    pairs: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise InvalidInputError(f"{flag} '{word}': write NAME=VALUE")
        if name in pairs:
            raise InvalidInputError(f"{flag} {name} is given twice; give it once")
        pairs[name] = value
    return pairs


def choose_fidelity(platform: Platform, wanted: str | None, given: Mapping[str, str]) -> str:
    """Return the wanted fidelity, or the platform's first that can run here and takes all settings that are given.

    Args:
        platform: The platform.
        wanted: What the command line says.
        given: Parameters and settings that are given.

    Raises:
        InvalidInputError: If the platform does not have the wanted one, or none can run here.
    """
    if wanted is not None:
        if wanted not in platform.evaluable:
            allowed = ", ".join(platform.evaluable) or "none, for its results were measured elsewhere"
            raise InvalidInputError(f"platform '{platform.name}' has no fidelity '{wanted}'; allowed: {allowed}")
        return wanted
    kit = [given[TECHNOLOGY]] if TECHNOLOGY in given else []
    reasons = {name: unavailable(platform, name, *kit) for name in platform.fidelities}
    possible = [name for name, reason in reasons.items() if reason is None]
    if not possible:
        why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        raise InvalidInputError(f"platform '{platform.name}' cannot be evaluated here: {why}")
    fitting = [name for name in possible if set(given) <= {*platform.space.names, *settings_of(platform, name)}]
    return (fitting or possible)[0]


def split_given(platform: Platform, fidelity: str, given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Tell values of parameters from settings of the fidelity.

    Raises:
        InvalidInputError: If a name is neither.
    """
    parameters = {name: value for name, value in given.items() if name in platform.space.names}
    settings = {name: value for name, value in given.items() if name not in parameters}
    known = settings_of(platform, fidelity)
    for name in settings:
        if name not in known:
            allowed = ", ".join([*platform.space.names, *known])
            raise InvalidInputError(
                f"--set {name}: {platform.name} at fidelity {fidelity} has no such name; allowed: {allowed}"
            )
    return parameters, settings


def complete_designs(
    platform: Platform,
    table: pd.DataFrame,
    fixed: Mapping[str, str],
    place: Path,
    spaces: Sequence[tuple[Sequence[int], DesignSpace]] = (),
    others: Collection[str] = (),
) -> pd.DataFrame:
    """Turn a user's table into valid designs: fixed values over columns over defaults.

    Columns of a result table (an earlier result may be evaluated again) are dropped; a defaulted parameter is said on
    standard error.

    Args:
        platform: The designs' platform.
        table: One row a design.
        fixed: Values for all designs.
        place: What to call the table in errors.
        spaces: Which rows, counted from 0, belong to which space; none of them says that all are the platform's.
        others: Columns that mean something else.

    Raises:
        InvalidInputError: If a column belongs to nothing, or a value is not allowed.
    """
    names = platform.space.names
    known = {"design_id", *IDENTITY, *PROVENANCE, *platform.details, *others}
    strange = [str(name) for name in table.columns if name not in (*names, *known) and not is_metric(str(name))]
    if strange:
        raise InvalidInputError(
            f"{place}: column '{strange[0]}' is no parameter of {platform.name};"
            f" allowed: {', '.join([*names, *others])}"
        )
    if not any(name in table for name in names):
        raise InvalidInputError(f"{place}: no column is a parameter of {platform.name}: {', '.join(names)}")
    if table.empty:
        raise InvalidInputError(f"{place}: it has no rows; at least one design is needed")
    given = {
        name: fixed[name] if name in fixed else table[name].to_numpy() for name in names if name in (*fixed, *table)
    }
    designs = pd.DataFrame(given, index=range(len(table)))
    spaces = _merged(spaces) or [(range(len(table)), platform.space)]
    designs = _with_defaults(designs, spaces, place)
    try:
        designs = platform.space.coerce(designs)
        for rows, space in spaces:
            space.check(designs.iloc[list(rows)], [row + 1 for row in rows])
    except InvalidInputError as error:
        raise InvalidInputError(f"{place}, {error}") from error
    return designs


def _merged(spaces: Sequence[tuple[Sequence[int], DesignSpace]]) -> list[tuple[Sequence[int], DesignSpace]]:
    """Put the rows of equal spaces together."""
    rows_of: dict[int, list[int]] = {}
    known = {id(space): space for _, space in spaces}
    for rows, space in spaces:
        rows_of.setdefault(id(space), []).extend(rows)
    return [(sorted(rows), known[key]) for key, rows in rows_of.items()]


def _with_defaults(
    designs: pd.DataFrame, spaces: Sequence[tuple[Sequence[int], DesignSpace]], place: Path
) -> pd.DataFrame:
    """Add the columns that are missing, each row's from the defaults of its space, and say so."""
    missing = [name for name in spaces[0][1].names if name not in designs]
    if not missing:
        return designs
    parts = [space.defaults()[missing].loc[[0] * len(rows)].set_axis(list(rows)) for rows, space in spaces]
    defaults = pd.concat(parts).sort_index()
    assumed = [f"{name}={'/'.join(map(str, defaults[name].unique()))}" for name in missing]
    print(f"note: not in {place}, so at their defaults: {', '.join(assumed)}", file=sys.stderr)
    return designs.join(defaults)
