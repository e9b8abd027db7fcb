"""Designs files whose rows differ in more than the design: each row its layer and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.evaluators import settings_of
from accel_core.platforms import Platform
from accel_core.workloads import Workload, layer_workload

LAYER = "layer"
"""Column that picks each row's layer."""


@dataclass(frozen=True)
class RowGroup:
    """Rows of a designs file that run the same layer under the same settings.

    Attributes:
        rows: Their positions, from 0.
        workload: What they run; None for the platform's default.
        settings: What is given for all rows, and what their own columns say.
        is_own: Whether columns of the file chose the layer or a setting.
    """

    rows: tuple[int, ...]
    workload: Workload | None
    settings: Mapping[str, Any]
    is_own: bool


def row_columns(platform: Platform, fidelity: str, table: pd.DataFrame) -> list[str]:
    """Return the columns of a table that choose a layer or a setting for each row."""
    settings = [name for name in settings_of(platform, fidelity) if name not in platform.space.names]
    chooses = [*([LAYER] if platform.default_workload.layers else []), *settings]
    return [name for name in chooses if name in table]


def group_rows(
    table: pd.DataFrame, columns: list[str], workload: Workload | None, settings: Mapping[str, Any], place: Path
) -> list[RowGroup]:
    """Put rows together that can be evaluated together, in the order in which they first occur.

    Args:
        table: The designs file.
        columns: Those of ``row_columns``; an empty cell of a setting says nothing.
        workload: Whose layers the column ``layer`` names.
        settings: Given for all rows.
        place: What to call the table in errors.

    Raises:
        InvalidInputError: If a setting is given for all rows and in a column, or a layer is unknown.
    """
    if twice := [name for name in columns if name in settings]:
        raise InvalidInputError(
            f"{twice[0]} is given twice, on the command line and as a column of {place}; give it once"
        )
    if not columns:
        return [RowGroup(tuple(range(len(table))), workload, settings, is_own=False)]
    if LAYER in columns and workload is None:
        raise InvalidInputError(f"{place}: column '{LAYER}' needs --layers or --workload, whose layers it names")
    rows_of: dict[tuple[Any, ...], list[int]] = {}
    for row, cells in enumerate(zip(*(_cells(table[name]) for name in columns), strict=True)):
        rows_of.setdefault(cells, []).append(row)
    groups = []
    for cells, rows in rows_of.items():
        own = dict(zip(columns, cells, strict=True))
        runs = workload
        if LAYER in columns and workload is not None:
            runs = _one_layer(workload, own.pop(LAYER), f"{place}, row {rows[0] + 1}")
        kept = {name: value for name, value in own.items() if value is not None}
        groups.append(RowGroup(tuple(rows), runs, {**settings, **kept}, is_own=True))
    return groups


def _cells(column: pd.Series) -> list[Any]:
    """Return the values of a column, None where a cell is empty, and whole numbers without a point."""
    cells = [None if pd.isna(value) else value for value in column.tolist()]
    return [int(value) if isinstance(value, float) and value.is_integer() else value for value in cells]


def _one_layer(workload: Workload, cell: Any, place: str) -> Workload:
    try:
        return layer_workload(workload, "" if cell is None else str(cell).strip())
    except InvalidInputError as error:
        raise InvalidInputError(f"{place}: {error}") from error
