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

from accel_core.store.known import Columns, Known, Version
from accel_core.store.rows import FIXED_COLUMNS, KEY, Kind, quoted

_LEADING = ("platform", "workload", "fidelity", "status", "stage", "reason")
_TRAILING = ("seconds", "tool_versions", "settings", "settings_id", "model_version", "seed", "created_at")


def find(
    cursor: duckdb.DuckDBPyConnection,
    known: Known,
    wanted: Mapping[str, str | int | Sequence[str] | None],
    campaign: str | None,
    left_out: Sequence[Version],
) -> pd.DataFrame:
    """Return the results whose fixed columns match ``wanted``, oldest first, equally old ones by design.

    Those that versions in ``left_out`` made are left out.
    """
    where, values = _where(wanted)
    without, versions = _without(left_out)
    where, values = [*where, *without], [*values, *versions]
    if campaign is not None:
        where.append(
            "exists (from campaigns c join campaign_designs m on m.campaign = c.name where c.name = ? "
            "and m.design_id = r.design_id and c.platform = r.platform and c.workload = r.workload "
            "and c.fidelity = r.fidelity and c.settings_id = r.settings_id "
            "and m.model_version = r.model_version and m.seed = r.seed)"
        )
        values.append(campaign)
    condition = " where " + " and ".join(where) if where else ""
    # The user's own values go in as parameters; column names were checked by `quoted`.
    found = cursor.execute(f"select distinct platform from results r{condition}", values).fetchall()
    free = _free_columns(known.columns, sorted(row[0] for row in found))
    chosen = ["design_id", *map(_as_kind, free.items()), *_LEADING, *_TRAILING]
    order = "created_at, design_id, model_version, seed"
    return table(cursor, f"select {', '.join(chosen)} from results r{condition} order by {order}", values)


def counts(cursor: duckdb.DuckDBPyConnection, left_out: Sequence[Version]) -> pd.DataFrame:
    """Return the number of results by platform, workload, fidelity and status."""
    where, values = _without(left_out)
    condition = " where " + " and ".join(where) if where else ""
    chosen = "platform, workload, fidelity, status, count(*) as n"
    return table(cursor, f"select {chosen} from results r{condition} group by all order by all", values)


def stored_like(cursor: duckdb.DuckDBPyConnection, keys: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return ``status`` and the named columns of the stored results of some keys, indexed as these."""
    numbered = pa.Table.from_pandas(keys.reset_index(drop=True).assign(n=range(len(keys))), preserve_index=False)
    chosen = ", ".join(["n", "status", *map(quoted, names)])
    with registered(cursor, "wanted_keys", numbered):
        found = table(cursor, f"select {chosen} from wanted_keys join results using ({', '.join(KEY)}) order by n")
    return found.set_index(keys.index[found.pop("n")])


def delete(cursor: duckdb.DuckDBPyConnection, keys: pd.DataFrame) -> None:
    """Delete the results of some keys."""
    with registered(cursor, "wanted_keys", pa.Table.from_pandas(keys, preserve_index=False)):
        same = " and ".join(f"old.{name} = wanted_keys.{name}" for name in KEY)
        cursor.execute(f"delete from results old using wanted_keys where {same}")


def make_members(cursor: duckdb.DuckDBPyConnection, campaign: str, rows: pd.DataFrame) -> None:
    """Make the results of some keys members of a campaign too."""
    members = pa.Table.from_pandas(rows[["design_id", "model_version", "seed"]], preserve_index=False)
    with registered(cursor, "members", members):
        cursor.execute(
            "insert into campaign_designs select distinct ?, design_id, model_version, seed from members "
            "on conflict do nothing",
            [campaign],
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


def link(
    cursor: duckdb.DuckDBPyConnection,
    campaign: str,
    design_ids: Sequence[str],
    seed: int | None,
    left_out: Sequence[Version],
) -> None:
    """Make the stored results of designs under a campaign's platform, workload, fidelity and settings its members."""
    where, values = _without(left_out)
    if seed is not None:
        where, values = [*where, "r.seed = ?"], [*values, seed]
    conditions = " and ".join(["c.name = ?", *where])
    with registered(cursor, "members", pa.table({"design_id": pa.array(list(design_ids), pa.string())})):
        cursor.execute(
            "insert into campaign_designs select distinct c.name, r.design_id, r.model_version, r.seed "
            "from members m join results r using (design_id) "
            "join campaigns c using (platform, workload, fidelity, settings_id) "
            f"where {conditions} on conflict do nothing",
            [campaign, *values],
        )


def has_part(cursor: duckdb.DuckDBPyConnection, digest: str) -> bool:
    """Tell whether a file with these bytes was taken in."""
    return cursor.execute("select 1 from ingested_parts where digest = ?", [digest]).fetchone() is not None


def insert(connection: duckdb.DuckDBPyConnection, names: Sequence[str], retried: Sequence[str]) -> int:
    """Move the registered table ``incoming`` into ``results`` and return how many rows were new or replaced."""
    chosen = ", ".join(map(quoted, names))
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


def _without(versions: Sequence[Version]) -> tuple[list[str], list[Any]]:
    """Return conditions that leave out what some versions made, with their values."""
    condition = "not (r.platform = ? and r.fidelity = ? and r.model_version = ?)"
    return [condition] * len(versions), [word for version in versions for word in version]


def _where(wanted: Mapping[str, str | int | Sequence[str] | None]) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    values: list[Any] = []
    for name, value in wanted.items():
        if value is None:
            continue
        assert name in FIXED_COLUMNS
        if isinstance(value, str | int):
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
