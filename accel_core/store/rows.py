"""What a result table must look like before its rows may enter the database; wrong cells are named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import StoreError
from accel_core.evaluators import FIRST_VERSION, STATUSES

Kind = Literal["integer", "real", "text"]

_NAMED = ("platform", "design_id", "workload", "fidelity", "settings_id")
KEY = (*_NAMED, "model_version", "seed")
TEXT_COLUMNS = (*_NAMED, "model_version", "status", "stage", "reason", "tool_versions", "settings")
FIXED_COLUMNS = (*TEXT_COLUMNS, "seconds", "seed", "created_at")

SQL_TYPES: Mapping[Kind, str] = {"integer": "double", "real": "double", "text": "varchar"}

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_DESIGN_ID = re.compile(r"[0-9a-f]{16}")
_EXACT = 2.0**53  # integers are stored as doubles, exact up to here
_MAX_SHOWN = 80


@dataclass(frozen=True)
class CheckedRows:
    """A result table that may be stored.

    Attributes:
        frame: Fixed columns, ``created_at`` empty where the table does not say it, then parameters and metrics as
            float64 or str. Its index counts rows of the table from 0.
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


def check_rows(results: pd.DataFrame, place: str = "results", *, is_numbered: bool = False) -> CheckedRows:
    """Check a result table and give each column its stored type.

    Args:
        results: One row per evaluated design, as ``accel_core.evaluators.evaluate`` returns it; without
            ``model_version`` it is from before versions were noted, without ``seed`` it is of seed 0.
        place: What to call the table in errors, such as its file name.
        is_numbered: Whether the table is part of a larger one and its index says which rows, from 0.

    Raises:
        StoreError: If a column is missing or a cell is wrong; row numbers count from 1, without the heading.
    """
    missing = [name for name in (*_NAMED, "status") if name not in results]
    if missing:
        raise StoreError(f"{place}: column '{missing[0]}' is missing; needed: {', '.join((*_NAMED, 'status'))}")
    table = results if is_numbered else results.reset_index(drop=True)
    frame = pd.DataFrame({name: _text(table, name, place) for name in TEXT_COLUMNS}, index=table.index)
    frame["model_version"] = frame["model_version"].replace("", FIRST_VERSION)
    frame["seconds"] = numbers_of(table["seconds"], place) if "seconds" in table else np.nan
    frame["seed"] = _seeds(table["seed"], place) if "seed" in table else 0
    frame["created_at"] = _times(table["created_at"], place) if "created_at" in table else pd.NaT
    frame["created_at"] = frame["created_at"].astype("datetime64[us]")
    _check_fixed(frame, place)
    columns: dict[str, pd.Series] = {}
    kinds: dict[str, Kind] = {}
    for name in map(str, table.columns):
        if name in FIXED_COLUMNS:
            continue
        quoted(name)
        columns[name], kinds[name] = _free_column(table[name], place)
    return CheckedRows(pd.concat([frame, pd.DataFrame(columns, index=table.index)], axis=1), kinds)


def reject(wrong: pd.Series | npt.NDArray[np.bool_], values: pd.Series, place: str, allowed: str) -> None:
    """Refuse the first wrong cell of a column, whose index counts rows from 0.

    Raises:
        StoreError: If a cell is wrong; it names place, row, column and value, and says what is allowed.
    """
    flags = np.asarray(wrong, dtype=np.bool_)
    if flags.any():
        at = int(flags.argmax())
        value = values.iloc[at]
        plain = value.item() if hasattr(value, "item") else value
        row = int(values.index[at]) + 1
        raise StoreError(f"{place}, row {row}, column '{values.name}': {_shown(plain)} is wrong; {allowed}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _text(table: pd.DataFrame, name: str, place: str) -> pd.Series:
    default = "{}" if name in ("tool_versions", "settings") else ""
    if name not in table:
        return pd.Series(default, index=table.index, dtype="str")
    values = table[name]
    if not isinstance(values.dtype, pd.StringDtype):
        strange = values.notna() & ~values.map(lambda value: isinstance(value, str)).astype(bool)
        reject(strange, values, place, "it must be text")
    return values.astype("str").fillna(default)


def _check_fixed(frame: pd.DataFrame, place: str) -> None:
    for name in ("platform", "workload", "fidelity", "settings_id"):
        reject(frame[name] == "", frame[name], place, "it must not be empty")
    reject(~frame["status"].isin(STATUSES), frame["status"], place, f"allowed: {', '.join(STATUSES)}")
    fine = frame["design_id"].str.fullmatch(_DESIGN_ID.pattern).astype(bool)
    reject(~fine, frame["design_id"], place, "it must be 16 hexadecimal digits")
    for name in ("tool_versions", "settings"):
        is_wrong = {text: not _is_json_object(text) for text in frame[name].unique()}
        reject(frame[name].map(is_wrong), frame[name], place, "it must be a JSON object")


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _free_column(values: pd.Series, place: str) -> tuple[pd.Series, Kind]:
    """Return a parameter or metric column as float64 or str with its kind; empty cells stay empty."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        is_integer = bool(pd.api.types.is_integer_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype))
        numbers = numbers_of(values, place)
        if is_integer:
            reject(numbers.abs() > _EXACT, values, place, "integers may go up to 2**53")
        return numbers, "integer" if is_integer else "real"
    kinds = {type(value) for value in values.dropna().tolist()}
    if kinds <= {str} and kinds:
        return values.astype("str"), "text"
    return numbers_of(values, place), "real"


def numbers_of(values: pd.Series, place: str) -> pd.Series:
    """Return a column as float64, empty cells as NaN.

    Raises:
        StoreError: If a cell is no number.
    """
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.astype(np.float64)
    numbers = pd.to_numeric(values, errors="coerce")
    reject(numbers.isna() & values.notna(), values, place, "it must be a number")
    return numbers.astype(np.float64)


def _seeds(values: pd.Series, place: str) -> pd.Series:
    numbers = numbers_of(values, place).fillna(0)
    wrong = (numbers % 1 != 0) | (numbers < 0) | (numbers > _EXACT)
    reject(wrong, values, place, "it must be a whole number from 0 to 2**53")
    return numbers.astype(np.int64)


def _times(values: pd.Series, place: str) -> pd.Series:
    """Return times as UTC without a zone; numbers are none, though pandas would count nanoseconds from 1970."""
    is_number = pd.api.types.is_numeric_dtype(values.dtype)
    times = pd.to_datetime(values.astype("str") if is_number else values, errors="coerce", format="ISO8601", utc=True)
    reject(times.isna() & values.notna(), values, place, "it must be a date and time, such as 2026-01-31 12:00:00")
    return times.dt.tz_localize(None)


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
        values = rows.frame[name]
        wrong = values.notna().to_numpy(dtype=bool)
        if is_text:
            wrong = wrong & ~_is_number(values)
        kind = "text" if stored[name] == "text" else "a number"
        reject(wrong, values, place, f"the database holds {kind} under that name")


def _is_number(values: pd.Series) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell which cells read as a number, so that the first that does not can be shown; the first cell if all do."""
    numbers = pd.to_numeric(values, errors="coerce").notna().to_numpy(dtype=bool)
    return np.zeros_like(numbers) if numbers.all() else numbers
