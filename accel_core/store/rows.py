"""What a result table must look like before its rows may enter the database; wrong cells are named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from accel_core.errors import StoreError
from accel_core.evaluators import STATUSES

Kind = Literal["integer", "real", "text"]

KEY = ("platform", "design_id", "workload", "fidelity", "settings_id")
TEXT_COLUMNS = (*KEY, "status", "stage", "reason", "tool_versions", "settings")
FIXED_COLUMNS = (*TEXT_COLUMNS, "seconds", "seed", "created_at")

SQL_TYPES: Mapping[Kind, str] = {"integer": "double", "real": "double", "text": "varchar"}

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_DESIGN_ID = re.compile(r"[0-9a-f]{16}")
_EXACT = 2.0**53  # integers are stored as doubles, exact up to here


@dataclass(frozen=True)
class CheckedRows:
    """A result table that may be stored.

    Attributes:
        frame: Fixed columns but ``created_at``, then parameters and metrics as float64 or str.
        kinds: Kind of each parameter and metric column, in order.
    """

    frame: pd.DataFrame
    kinds: Mapping[str, Kind]


def quoted(name: str) -> str:
    """Return a column name as an SQL identifier.

    Raises:
        StoreError: If the name is not a plain word.
    """
    if not _NAME.fullmatch(name):
        raise StoreError(f"column '{name}': a name must be letters, digits and _, begin with a letter, at most 63 long")
    return f'"{name}"'


def check_rows(results: pd.DataFrame, place: str = "results") -> CheckedRows:
    """Check a result table and give each column its stored type.

    Args:
        results: One row per evaluated design, as ``accel_core.evaluators.evaluate`` returns it.
        place: What to call the table in errors, such as its file name.

    Raises:
        StoreError: If a column is missing or a cell is wrong; row numbers count from 1, without the heading.
    """
    missing = [name for name in (*KEY, "status") if name not in results]
    if missing:
        raise StoreError(f"{place}: column '{missing[0]}' is missing; needed: {', '.join((*KEY, 'status'))}")
    table = results.reset_index(drop=True)
    frame = pd.DataFrame(index=table.index)
    for name in TEXT_COLUMNS:
        frame[name] = _text(table, name, place)
    frame["seconds"] = _numbers(table["seconds"], place) if "seconds" in table else np.nan
    frame["seed"] = _seeds(table["seed"], place) if "seed" in table else 0
    _check_fixed(frame, place)
    columns: dict[str, pd.Series] = {}
    kinds: dict[str, Kind] = {}
    for name in map(str, table.columns):
        if name in FIXED_COLUMNS:
            continue
        quoted(name)
        columns[name], kinds[name] = _free_column(table[name], place)
    return CheckedRows(pd.concat([frame, pd.DataFrame(columns, index=table.index)], axis=1), kinds)


def cell(place: str, row: int, column: str, value: Any, allowed: str) -> StoreError:
    """Return the error for one wrong cell; ``row`` counts from 0."""
    plain = value.item() if hasattr(value, "item") else value
    return StoreError(f"{place}, row {row + 1}, column '{column}': {plain!r} is wrong; {allowed}")


def _text(table: pd.DataFrame, name: str, place: str) -> pd.Series:
    default = "{}" if name in ("tool_versions", "settings") else ""
    if name not in table:
        return pd.Series(default, index=table.index, dtype="str")
    values = table[name]
    if not isinstance(values.dtype, pd.StringDtype):
        for row, value in enumerate(values.tolist()):
            if not (isinstance(value, str) or value is None or value != value):  # noqa: PLR0124 (NaN)
                raise cell(place, row, name, value, "it must be text")
    return values.astype("str").fillna(default)


def _check_fixed(frame: pd.DataFrame, place: str) -> None:
    for name in ("platform", "workload", "fidelity", "settings_id"):
        _first_wrong(frame[name] != "", frame, name, place, "it must not be empty")
    _first_wrong(frame["status"].isin(STATUSES), frame, "status", place, f"allowed: {', '.join(STATUSES)}")
    fine = frame["design_id"].str.fullmatch(_DESIGN_ID.pattern)
    _first_wrong(fine, frame, "design_id", place, "it must be 16 hexadecimal digits")
    for name in ("tool_versions", "settings"):
        is_object = {text: _is_json_object(text) for text in frame[name].unique()}
        _first_wrong(frame[name].map(is_object), frame, name, place, "it must be a JSON object")


def _first_wrong(fine: pd.Series, frame: pd.DataFrame, name: str, place: str, allowed: str) -> None:
    flags = fine.to_numpy(dtype=bool)
    if not flags.all():
        row = int(np.flatnonzero(~flags)[0])
        raise cell(place, row, name, frame[name].iloc[row], allowed)


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _free_column(values: pd.Series, place: str) -> tuple[pd.Series, Kind]:
    """Return a parameter or metric column as float64 or str with its kind; empty cells stay empty."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        is_integer = bool(pd.api.types.is_integer_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype))
        numbers = _numbers(values, place)
        if is_integer and bool((numbers.abs() > _EXACT).any()):
            row = int(np.flatnonzero(numbers.abs() > _EXACT)[0])
            raise cell(place, row, str(values.name), values.iloc[row], "integers may go up to 2**53")
        return numbers, "integer" if is_integer else "real"
    kinds = {type(value) for value in values.dropna().tolist()}
    if kinds <= {str} and kinds:
        return values.astype("str"), "text"
    return _numbers(values, place), "real"


def _numbers(values: pd.Series, place: str) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.astype(np.float64)
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = numbers.isna() & values.notna()
    if wrong.any():
        row = int(np.flatnonzero(wrong.to_numpy(dtype=bool))[0])
        raise cell(place, row, str(values.name), values.iloc[row], "it must be a number")
    return numbers.astype(np.float64)


def _seeds(values: pd.Series, place: str) -> pd.Series:
    numbers = _numbers(values, place).fillna(0)
    wrong = (numbers % 1 != 0) | (numbers < 0) | (numbers > _EXACT)
    if wrong.any():
        row = int(np.flatnonzero(wrong.to_numpy(dtype=bool))[0])
        raise cell(place, row, "seed", values.iloc[row], "it must be a whole number from 0 to 2**53")
    return numbers.astype(np.int64)


def check_names(names: Iterable[str], stored: Iterable[str], place: str) -> None:
    """Reject a column that SQL, which does not tell capitals apart, would take for another one.

    Raises:
        StoreError: Naming both.
    """
    known = {name.lower(): name for name in (*FIXED_COLUMNS, *stored)}
    for name in names:
        other = known.setdefault(name.lower(), name)
        if other != name:
            raise StoreError(f"{place}: column '{name}' differs from '{other}' in capitals only; write '{other}'")


def check_kinds(rows: CheckedRows, stored: Mapping[str, Kind], names: Iterable[str], place: str) -> None:
    """Reject text in columns that hold numbers in the database, and the other way round.

    Raises:
        StoreError: Naming the first wrong cell.
    """
    for name in names:
        is_text = rows.kinds[name] == "text"
        if name not in stored or is_text == (stored[name] == "text"):
            continue
        filled = rows.frame[name].notna().to_numpy(dtype=bool)
        if not filled.any():
            continue
        row = (
            int(np.flatnonzero(filled & ~_is_number(rows.frame[name]))[0])
            if is_text
            else int(np.flatnonzero(filled)[0])
        )
        kind = "text" if stored[name] == "text" else "a number"
        raise cell(place, row, name, rows.frame[name].iloc[row], f"the database holds {kind} under that name")


def _is_number(values: pd.Series) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell which cells read as a number, so that the first that does not can be shown; the first cell if all do."""
    numbers = pd.to_numeric(values, errors="coerce").notna().to_numpy(dtype=bool)
    return np.zeros_like(numbers) if numbers.all() else numbers
