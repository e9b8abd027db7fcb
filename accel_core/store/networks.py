"""Networks of a person's own in the database, by the names under which results tell of them."""

from __future__ import annotations

from datetime import datetime

import duckdb

from accel_core.errors import StoreError
from accel_core.workloads import Workload, content_of, layer_workload, restored_workload


def is_known(cursor: duckdb.DuckDBPyConnection, workload: Workload, place: str) -> bool:
    """Tell whether a network is stored.

    Raises:
        StoreError: If another one is stored under its name.
    """
    content = _content(cursor, workload.name)
    if content not in (None, content_of(workload.operators)):
        raise StoreError(f"{place}: workload '{workload.name}' is another network there; give the file another name")
    return content is not None


def insert(connection: duckdb.DuckDBPyConnection, workload: Workload, now: datetime) -> None:
    """Store a network, unless one of that name is stored."""
    values = [workload.name, content_of(workload.operators), now]
    connection.execute("insert into workloads values (?, ?, ?) on conflict do nothing", values)


def find(cursor: duckdb.DuckDBPyConnection, name: str) -> Workload | None:
    """Return a stored network, or a layer of one, ``NETWORK/LAYER``; None if it is not stored.

    Raises:
        InvalidInputError: If it has no such layer.
    """
    network, _, layer = name.partition("/")
    content = _content(cursor, network)
    if content is None:
        return None
    found = restored_workload(network, content)
    return layer_workload(found, layer) if layer else found


def names(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of all, the newest first."""
    rows = cursor.execute("select name from workloads order by created_at desc, name").fetchall()
    return [str(row[0]) for row in rows]


def _content(cursor: duckdb.DuckDBPyConnection, name: str) -> str | None:
    row = cursor.execute("select content from workloads where name = ?", [name]).fetchone()
    return None if row is None else str(row[0])
