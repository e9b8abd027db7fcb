"""The SQL of the store: every statement that reads or writes many rows, with values always as parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from accel_core.store.rows import FIXED_COLUMNS, KEY, Kind, quoted

Columns = dict[str, dict[str, Kind]]
"""Platform -> parameter or metric column -> kind, in order of arrival."""

_LEADING = ("platform", "workload", "fidelity", "status", "stage", "reason")
_TRAILING = ("seconds", "tool_versions", "settings", "settings_id", "seed", "created_at")


def read_columns(connection: duckdb.DuckDBPyConnection) -> Columns:
    """Return which parameter and metric columns each platform has."""
    columns: Columns = {}
    rows = connection.execute("select platform, name, kind from result_columns order by platform, position").fetchall()
    for platform, name, kind in rows:
        columns.setdefault(platform, {})[name] = kind
    return columns


def find(
    cursor: duckdb.DuckDBPyConnection,
    columns: Columns,
    wanted: Mapping[str, str | Sequence[str] | None],
    campaign: str | None,
) -> pd.DataFrame:
    """Return the results whose fixed columns match ``wanted``, oldest first, equally old ones by design."""
    where, values = _where(wanted)
    if campaign is not None:
        where.append(
            "exists (from campaigns c join campaign_designs m on m.campaign = c.name where c.name = ? "
            "and m.design_id = r.design_id and c.platform = r.platform and c.workload = r.workload "
            "and c.fidelity = r.fidelity and c.settings_id = r.settings_id)"
        )
        values.append(campaign)
    condition = " where " + " and ".join(where) if where else ""
    # The user's own values go in as parameters; column names were checked by `quoted`.
    found = cursor.execute(f"select distinct platform from results r{condition}", values).fetchall()
    free = _free_columns(columns, sorted(row[0] for row in found))
    chosen = ["design_id", *map(_as_kind, free.items()), *_LEADING, *_TRAILING]
    return table(cursor, f"select {', '.join(chosen)} from results r{condition} order by created_at, design_id", values)


def counts(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return the number of results by platform, workload, fidelity and status."""
    return table(
        cursor,
        "select platform, workload, fidelity, status, count(*) as n from results group by all order by all",
    )


def known_keys(cursor: duckdb.DuckDBPyConnection, keys: pd.DataFrame, retried: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Tell for each key whether its result is stored with a status other than ``retried``."""
    numbered = pa.Table.from_pandas(keys.reset_index(drop=True).assign(n=range(len(keys))), preserve_index=False)
    known = np.zeros(len(keys), dtype=np.bool_)
    with registered(cursor, "wanted_keys", numbered):
        rows = cursor.execute(
            f"select n from wanted_keys join results using ({', '.join(KEY)}) where not list_contains(?, status)",
            [list(retried)],
        ).fetchnumpy()
    known[np.asarray(rows["n"], dtype=np.int64)] = True
    return known


def has_part(cursor: duckdb.DuckDBPyConnection, digest: str) -> bool:
    """Tell whether a file with these bytes was taken in."""
    return cursor.execute("select 1 from ingested_parts where digest = ?", [digest]).fetchone() is not None


def insert(connection: duckdb.DuckDBPyConnection, names: Sequence[str], retried: Sequence[str]) -> int:
    """Move the registered table ``incoming`` into ``results`` and return how many rows were new or replaced."""
    chosen = ", ".join(map(quoted, [*names, "created_at"]))
    same = " and ".join(f"old.{name} = incoming.{name}" for name in KEY)
    connection.execute(
        f"delete from results old using incoming where {same} and list_contains(?, old.status) "
        "and not list_contains(?, incoming.status)",
        [list(retried), list(retried)],
    )
    inserted = connection.execute(
        f"insert into results by name select {chosen} from incoming on conflict do nothing returning 1"
    ).fetchall()
    return len(inserted)


def table(cursor: duckdb.DuckDBPyConnection, statement: str, values: Sequence[Any] = ()) -> pd.DataFrame:
    """Return a query's result as a DataFrame, text as pandas' ``str``."""
    frame: pd.DataFrame = cursor.sql(statement, params=list(values)).to_arrow_table().to_pandas()
    return frame


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> Iterator[None]:
    """Let statements inside the block read an Arrow table under a name."""
    connection.register(name, rows)
    try:
        yield
    finally:
        connection.unregister(name)


def _where(wanted: Mapping[str, str | Sequence[str] | None]) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    values: list[Any] = []
    for name, value in wanted.items():
        if value is None:
            continue
        assert name in FIXED_COLUMNS
        if isinstance(value, str):
            where.append(f"r.{name} = ?")
            values.append(value)
        else:
            where.append(f"list_contains(?, r.{name})")
            values.append(list(value))
    return where, values


def _free_columns(columns: Columns, platforms: Sequence[str]) -> dict[str, Kind]:
    """Return the columns of some platforms; one that is real for any of them is real."""
    free: dict[str, Kind] = {}
    for platform in platforms:
        for name, kind in columns.get(platform, {}).items():
            free[name] = kind if free.get(name, kind) == kind else "real"
    return free


def _as_kind(column: tuple[str, Kind]) -> str:
    name, kind = column
    return f"cast({quoted(name)} as bigint) as {quoted(name)}" if kind == "integer" else quoted(name)
