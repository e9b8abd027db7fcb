"""Opening the database file: one owner, our own schema, and nothing held where that fails."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import duckdb

from accel_core.errors import StoreError
from accel_core.store.migration import migrate
from accel_core.store.trouble import (
    LOG_BROKEN,
    damaged,
    foreign,
    in_use,
    is_log_overwritten,
    not_ours,
    trouble,
)

PROJECT = "accelscope"
SCHEMA_VERSION = 2
MIGRATED: Mapping[str, frozenset[tuple[str, str]]] = {
    "1": frozenset(
        {
            ("results", "model_version"),
            ("campaign_designs", "model_version"),
            ("campaign_designs", "seed"),
            *(("workloads", name) for name in ("name", "content", "created_at")),
        }
    )
}
"""Earlier versions that are brought to the present one when they are opened, and the columns that they lack."""

_SCHEMA = Path(__file__).with_name("schema.sql")
_TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson", ".gz", ".xlsx")

_open_files: set[Path] = set()
_open_files_lock = threading.Lock()


def open_database(path: Path) -> duckdb.DuckDBPyConnection:
    """Open or create the database as its only owner; one of an earlier version is migrated, and kept beside.

    Raises:
        StoreError: If another process or this one has it open, or the file is not a database of this project and
            version.
    """
    path = path.absolute()
    with _open_files_lock:
        if path in _open_files:
            raise in_use(path, f"this process ({os.getpid()})")
        _check_file(path)
        if not path.exists():
            _create(path)
        with translated(path):
            connection = duckdb.connect(str(path))
            try:
                if (version := _version(connection, path)) in MIGRATED:
                    _check_shape(connection, path, MIGRATED[version])
                    connection = _migrated(connection, path)
                _check_version(connection, path)
                _check_shape(connection, path)
            except BaseException:
                _let_go(connection)
                raise
        _open_files.add(path)
    return connection


def close_database(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Close the connection and let another owner in, also where closing fails.

    Raises:
        StoreError: If what is in memory cannot be written; it is in the log beside the file then.
    """
    try:
        with translated(path):
            connection.close()
    finally:
        with _open_files_lock:
            _open_files.discard(path.absolute())


def reopen(lost: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyConnection:
    """Open a database anew that DuckDB gave up; what was committed is in its log, and this process still owns it.

    Raises:
        duckdb.Error: If it still cannot be used; the next try may succeed.
    """
    _let_go(lost)
    connection = duckdb.connect(str(path))
    try:
        connection.execute("select 1 from about limit 1").fetchall()
    except BaseException:
        _let_go(connection)
        raise
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn DuckDB's and the system's errors inside the block into a StoreError that names the file."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise trouble(error, path) from error


def _check_file(path: Path) -> None:
    """Refuse what is no DuckDB file before DuckDB sees it: it would open a table by its suffix.

    Every DuckDB file has ``DUCK`` at byte 8, see https://duckdb.org/docs/stable/internals/storage.
    """
    if path.suffix.lower() in _TABLE_SUFFIXES:
        raise foreign(path)
    with translated(path):
        if not path.exists():
            return
        with path.open("rb") as stream:
            is_duckdb = stream.read(12)[8:] == b"DUCK"
        if not is_duckdb:
            raise not_ours(path)
        if is_log_overwritten(_log_of(path)):
            raise damaged(path, LOG_BROKEN)


def _create(path: Path) -> None:
    """Make an empty database of ours that appears whole: a process killed while making it leaves none."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _set_log_aside(path)
        partial.unlink(missing_ok=True)
        try:
            _fill(partial)
            with suppress(FileExistsError):  # another process was faster; then the file is as good
                os.link(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def _log_of(path: Path) -> Path:
    """Where DuckDB keeps what was stored since the file itself was written last."""
    return path.with_name(f"{path.name}.wal")


def _set_log_aside(path: Path) -> None:
    """Rename the log of a database that was moved away: it belongs to that one, and DuckDB would refuse ours for it."""
    log = _log_of(path)
    if log.exists():
        os.replace(log, path.with_name(f"{path.name}.{int(log.stat().st_mtime)}.wal"))


def _fill(path: Path) -> None:
    """Make an empty database of ours."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(_SCHEMA.read_text(encoding="utf-8"))
        connection.execute(
            "insert into about values ('project', ?), ('schema_version', ?)", [PROJECT, str(SCHEMA_VERSION)]
        )


def _migrated(connection: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyConnection:
    """Bring a database to the present schema and return the connection to it; the old one is closed."""
    try:
        migrate(connection, path, _fill)
    finally:
        _let_go(connection)
    return duckdb.connect(str(path))


def _version(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Return a database's schema version; reject a file of another project."""
    tables = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
    about: dict[str, str] = {}
    if "about" in tables:
        columns = {row[1] for row in connection.execute("pragma table_info('about')").fetchall()}
        if columns == {"key", "value"}:
            about = dict(connection.execute("select key, value from about").fetchall())
    if about.get("project") != PROJECT:
        if len(_own_columns().keys() & tables) > len(_own_columns()) / 2:
            raise damaged(path, "the table 'about' does not say whose it is")
        raise StoreError(
            f"{path} is a database of another project (tables: {', '.join(sorted(tables)[:5]) or 'none'}); "
            "name another file with ACCEL_DB"
        )
    return about.get("schema_version", "")


def _check_version(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    version = _version(connection, path)
    if version != str(SCHEMA_VERSION):
        raise StoreError(
            f"{path} has schema version {version or 'unknown'}; this AccelScope reads version {SCHEMA_VERSION}"
        )


def _check_shape(connection: duckdb.DuckDBPyConnection, path: Path, spared: Collection[tuple[str, str]] = ()) -> None:
    """Reject a file that lacks a table or a column: every query would stumble over it later."""
    found = _columns_of(connection)
    for table, columns in _own_columns().items():
        lacking = sorted(name for name in columns - found.get(table, set()) if (table, name) not in spared)
        if lacking and table not in found:
            raise damaged(path, f"the table '{table}' is missing")
        if lacking:
            raise damaged(path, f"the column '{lacking[0]}' of the table '{table}' is missing")
    noted = {row[0] for row in connection.execute("select name from result_columns").fetchall()}
    if lacking := sorted(noted - found["results"]):
        raise damaged(path, f"the column '{lacking[0]}' of the table 'results' is missing")


@cache
def _own_columns() -> dict[str, set[str]]:
    """Return the columns of each table of the schema."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(_SCHEMA.read_text(encoding="utf-8"))
        return _columns_of(connection)


def _columns_of(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where not internal"
    ).fetchall():
        columns.setdefault(table, set()).add(column)
    return columns


def _let_go(connection: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # the error that is on its way up says more
        connection.close()
