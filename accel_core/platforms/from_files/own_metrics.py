"""The metrics that a ``platform.yaml`` declares, and how a file's columns become them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.metrics import METRICS, Metric
from accel_core.platforms.from_files.units import unit_scale
from accel_core.space.documents import check_list, check_mapping

_KEYS = ("name", "column", "unit", "title", "better", "meaning")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_MARKUP = re.compile(r"\]\s*\(|\]\s*\[|<|`|\$|\n")
"""What turns words into a link, a picture, code or a formula where pages show labels."""

RESERVED = (
    "platform", "design_id", "workload", "fidelity", "settings_id", "model_version", "status", "stage", "reason",
    "tool_versions", "settings", "seconds", "seed", "created_at",
)  # fmt: skip
"""Columns of every result table, which mean the same for all platforms."""

_BETTER = {"min": "min", "max": "max", "none": None}


@dataclass(frozen=True)
class MetricColumn:
    """A metric as files have it.

    Attributes:
        metric: Its declaration.
        column: Name in the file.
        scale: The file's number times this is the stored one.
    """

    metric: Metric
    column: str
    scale: float = 1.0

    def check(self, table: pd.DataFrame, place: str) -> None:
        """Refuse a table without the column.

        Raises:
            InvalidInputError: Naming it and those that there are.
        """
        if self.column not in table:
            raise InvalidInputError(f"{place}: column '{self.column}' is missing; found: {', '.join(map(str, table))}")

    def values(self, table: pd.DataFrame, place: str) -> pd.Series:
        """Return the stored numbers of a table's column; empty cells are NaN.

        Raises:
            InvalidInputError: If the column is missing, or a cell is neither empty nor a finite number.
        """
        self.check(table, place)
        given = table[self.column]
        numbers = pd.to_numeric(given, errors="coerce").astype(np.float64)
        wrong = (numbers.isna() & given.notna()) | np.isinf(numbers)
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise InvalidInputError(
                f"{place}, row {row + 1}, column '{self.column}': {_cell(given.iloc[row])}; "
                "allowed: a finite number, or empty"
            )
        return numbers * self.scale


def _cell(value: object) -> str:
    return f"'{value:.40}'" if isinstance(value, str) else f"{value}"


def read_metrics(content: object, place: str) -> tuple[MetricColumn, ...]:
    """Read the list under ``metrics``.

    A name of ``metrics.py`` is that common metric, and its numbers are converted from the unit given; any other is the
    platform's own and stays in its unit.

    Raises:
        InvalidInputError: Naming the entry, such as ``boom.yaml, metrics.2`` (counted from 0).
    """
    found = [
        _metric(entry, f"{place}, metrics.{i}") for i, entry in enumerate(check_list(content, f"{place}, metrics"))
    ]
    names = [entry.metric.name for entry in found]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise InvalidInputError(f"{place}, metrics: '{doubled}' stands twice; each may stand once")
    return tuple(found)


def check_free(name: str, place: str) -> None:
    """Refuse the name of a column that every result table has.

    Raises:
        InvalidInputError: If it is one; SQL tells no capitals apart.
    """
    if name.lower() in RESERVED:
        raise InvalidInputError(f"{place} is '{name}', a column of every result; allowed: another name")


def own(columns: Sequence[MetricColumn]) -> tuple[Metric, ...]:
    """Return those that are not common metrics."""
    return tuple(entry.metric for entry in columns if entry.metric.name not in METRICS)


def _metric(entry: object, place: str) -> MetricColumn:
    given = check_mapping(entry, place, _KEYS, ("name",))
    for key in _KEYS:
        if not isinstance(given.get(key, ""), str):
            raise InvalidInputError(f"{place}.{key} is {given[key]!r:.40}; allowed: a text")
        if key in ("title", "unit", "meaning") and _MARKUP.search(given.get(key, "")):
            raise InvalidInputError(f"{place}.{key} is {given[key]!r:.40}; allowed: words without links or tags")
    name, better = given["name"], given.get("better")
    if not _NAME.fullmatch(name):
        raise InvalidInputError(f"{place}.name is '{name:.40}'; allowed: letters, digits and _, a letter first")
    check_free(name, f"{place}.name")
    if better is not None and better not in _BETTER:
        raise InvalidInputError(f"{place}.better is '{better:.20}'; allowed: {', '.join(_BETTER)}")
    column = given.get("column", name)
    if name not in METRICS:
        title = given.get("title", name.replace("_", " ").capitalize())
        meaning = given.get("meaning", f"{title}, as the platform's own files have it.")
        unit = given.get("unit", "")
        metric = Metric(name, title, unit, meaning, _BETTER[better or "none"], unit, 1.0, lower=None)  # type: ignore[arg-type]
        return MetricColumn(metric, column)
    common = METRICS[name]
    if better is not None and _BETTER[better] != common.better:
        raise InvalidInputError(f"{place}.better is {better}; {name} is better at {common.better or 'neither end'}")
    try:
        return MetricColumn(common, column, unit_scale(given.get("unit", common.unit.replace("²", "2")), common.unit))
    except InvalidInputError as error:
        raise InvalidInputError(f"{place}: {error}") from None
