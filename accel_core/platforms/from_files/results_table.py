"""A table of results that somebody measured, as part of a platform."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.platforms.from_files.own_metrics import MetricColumn
from accel_core.platforms.from_files.units import split_unit
from accel_core.space import DesignSpace
from accel_core.space.documents import check_any, check_mapping
from accel_core.tables import read_table

_KEYS = ("table", "title", "workload", "status", "infeasible", "reason", "repeats", "columns")
_REPEATS = ("refuse", "mean", "first", "last")
_YES, _NO = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no")
_STATUSES = ("ok", "infeasible", "failed", "timeout")
NO_METRICS = "the table has no metrics of this design"


@dataclass(frozen=True)
class Column:
    """Where a table has the values of a parameter.

    Attributes:
        name: Heading.
        scale: The file's number times this is the stored one.
        unit: Of the stored one.
    """

    name: str
    scale: float = 1.0
    unit: str = ""


@dataclass(frozen=True)
class ResultsTable:
    """What ``results`` in a ``platform.yaml`` says.

    Attributes:
        path: The file.
        place: What to call it in errors.
        title: Where it comes from.
        workload: Column that names each row's workload; empty if all have the default.
        status: Column of words `ok`, `infeasible`, ...; empty if there is none.
        infeasible: Column that is 1 or true where a design is infeasible; empty if there is none.
        reason: Column that says why; empty if there is none.
        repeats: What to do with a design that stands there several times with different values.
        columns: Parameter -> its column, where that has another name or unit.
    """

    path: Path
    place: str
    title: str
    workload: str = ""
    status: str = ""
    infeasible: str = ""
    reason: str = ""
    repeats: Literal["refuse", "mean", "first", "last"] = "refuse"
    columns: tuple[tuple[str, Column], ...] = ()

    def digest(self) -> str:
        """Return 16 digits that change whenever the file does, or what is said of it.

        Raises:
            InvalidInputError: If the file cannot be read.
        """
        said = repr((self.workload, self.status, self.infeasible, self.reason, self.repeats, self.columns))
        try:
            return hashlib.blake2b(self.path.read_bytes() + said.encode(), digest_size=8).hexdigest()
        except OSError as error:
            raise InvalidInputError(f"{self.path}: {error.strerror or error}; allowed: a readable table") from None

    def read(self) -> pd.DataFrame:
        """Return the file's table."""
        return read_table(self.path)

    def column_of(self, parameter: str) -> Column:
        """Return the column that has a parameter's values."""
        return dict(self.columns).get(parameter, Column(parameter))

    def values(self, table: pd.DataFrame, parameter: str) -> pd.Series:
        """Return a parameter's values in its stored unit, under the heading of the file.

        Raises:
            InvalidInputError: If the column is missing, or a number of another unit is none.
        """
        column = self.column_of(parameter)
        given = self.column(table, column.name)
        if column.scale == 1.0:
            return given
        numbers = pd.to_numeric(given, errors="coerce")
        self._reject(numbers.isna() & given.notna(), given, "a number")
        return (numbers * column.scale).map(lambda value: float(f"{value:.12g}"))  # 0.35 GHz is 350 MHz, to the digit

    def results(self, space: DesignSpace, metrics: Sequence[MetricColumn], default_workload: str) -> pd.DataFrame:
        """Return parameters, ``workload``, ``status``, ``stage``, ``reason`` and metrics, one row a design.

        Raises:
            InvalidInputError: If a column is missing, a cell is wrong, or a design has several results and `repeats`
                does not say what to do with them.
        """
        table = self.read().reset_index(drop=True)
        designs = pd.DataFrame({name: self.values(table, name) for name in space.names})
        try:
            space.check(space.coerce(designs))
        except InvalidInputError as error:
            raise InvalidInputError(f"{self.place}: {error}") from None
        found = space.coerce(designs)
        found["workload"] = self.workload_names(table) if self.workload else default_workload
        values = {entry.metric.name: entry.values(table, self.place) for entry in metrics}
        found = found.assign(status=self._status(table, values), stage="", reason="", **values)
        lost = found["status"] != "ok"
        found.loc[lost, "stage"] = "measured"
        found.loc[lost, "reason"] = self.column(table, self.reason)[lost].astype(str) if self.reason else NO_METRICS
        found.loc[lost, list(values)] = np.nan
        return self._once([*space.names, "workload"], found)

    def workload_names(self, table: pd.DataFrame) -> pd.Series:
        """Return the workload of each row.

        Raises:
            InvalidInputError: If the column is missing or a cell is empty.
        """
        given = self.column(table, self.workload)
        self._reject(given.isna(), given, "a workload of every row")
        return given.astype(str).str.strip()

    def column(self, table: pd.DataFrame, name: str) -> pd.Series:
        """Return a column of the file's table.

        Raises:
            InvalidInputError: If it is missing.
        """
        if name not in table:
            raise InvalidInputError(f"{self.place}: column '{name}' is missing; found: {', '.join(map(str, table))}")
        return table[name]

    def _status(self, table: pd.DataFrame, values: dict[str, pd.Series]) -> pd.Series:
        if self.status:
            words = self.column(table, self.status).fillna("ok").astype(str).str.strip().str.lower()
            self._reject(~words.isin(_STATUSES), words, ", ".join(_STATUSES))
            return words
        if self.infeasible:
            given = self.column(table, self.infeasible)
            marks = given.astype(object).where(given.notna(), 0).astype(str).str.strip().str.lower()
            self._reject(~marks.isin([*_YES, *_NO]), marks, f"{', '.join(_YES)} or {', '.join(_NO)}")
            return pd.Series(np.where(marks.isin(_YES), "infeasible", "ok"), table.index)
        known = pd.DataFrame(values).notna().any(axis=1)
        return pd.Series(np.where(known, "ok", "infeasible"), table.index)

    def _reject(self, wrong: pd.Series, values: pd.Series, allowed: str) -> None:
        """Raise for the first wrong cell."""
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            cell = "empty" if pd.isna(values.iloc[row]) else f"'{values.iloc[row]!s:.40}'"
            raise InvalidInputError(f"{self.place}, row {row + 1}, column '{values.name}': {cell}; allowed: {allowed}")

    def _once(self, by: list[str], found: pd.DataFrame) -> pd.DataFrame:
        """Return each design and workload once."""
        found = found.drop_duplicates(ignore_index=True)
        again = found.duplicated(by)
        if not again.any():
            return found
        if self.repeats in ("first", "last"):
            return found.drop_duplicates(by, keep=self.repeats, ignore_index=True)
        if self.repeats == "mean":
            texts = ("status", "stage", "reason")
            how = {str(name): "first" if name in texts else "mean" for name in found if name not in by}
            return found.groupby(by, sort=False, as_index=False).agg(how)[list(found)]
        second = found[again].iloc[0]
        same = (found[by] == second[by]).all(axis=1)
        first = found[same].iloc[0]
        rest = [str(column) for column in found if column not in by]
        name = next(column for column in rest if first[column] != second[column])  # an empty cell differs from any
        design = ", ".join(f"{column} {second[column]}" for column in by)
        raise InvalidInputError(
            f"{self.place}: the design with {design} has {name} {first[name]} and {second[name]}; "
            f"allowed: one result a design and workload, or repeats: {', '.join(_REPEATS[1:])}"
        )


def read_results(content: object, folder: Path, place: str) -> ResultsTable:
    """Read the mapping under ``results``.

    Raises:
        InvalidInputError: If a key is unknown or its value is not allowed.
    """
    given = check_mapping(content, f"{place}, results", _KEYS, ("table",))
    columns = check_any(given.get("columns"), f"{place}, results.columns")
    texts = {key: value for key, value in given.items() if key != "columns"}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise InvalidInputError(f"{place}, results.{key} is {value!r:.40}; allowed: a text")
    repeats: Any = texts.get("repeats", "refuse")
    if repeats not in _REPEATS:
        raise InvalidInputError(f"{place}, results.repeats is '{repeats:.20}'; allowed: {', '.join(_REPEATS)}")
    name = texts.pop("table")
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InvalidInputError(f"{place}, results.table: '{name}' lies outside {folder}; allowed: a file inside it")
    fields = {key: value for key, value in texts.items() if key not in ("title", "repeats")}
    title = texts.get("title", path.name)
    read = tuple((name, _column(entry, f"{place}, results.columns.{name}")) for name, entry in columns.items())
    return ResultsTable(path, path.name, title, repeats=repeats, columns=read, **fields)


def _column(content: object, place: str) -> Column:
    """Read a column of a parameter: its name, or a mapping that says its unit too."""
    if isinstance(content, str):
        return Column(content)
    given = check_mapping(content, place, ("column", "unit"), ("column",))
    for key, value in given.items():
        if not isinstance(value, str):
            raise InvalidInputError(f"{place}.{key} is {value!r:.40}; allowed: a text")
    unit = given.get("unit", "")
    base, scale = split_unit(unit) if unit else ("", 1.0)
    return Column(given["column"], scale, base)
