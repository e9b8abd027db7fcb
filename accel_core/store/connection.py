"""Opening the database file: one owner, our own schema, and DuckDB's errors as one sentence for a person."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from accel_core.errors import StoreError

PROJECT = "accelscope"
SCHEMA_VERSION = 1

_SCHEMA = Path(__file__).with_name("schema.sql")
_TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson", ".gz", ".xlsx")
_HOLDER = re.compile(r"\(PID (\d+)\)")

_open_files: set[Path] = set()
_open_files_lock = threading.Lock()


def open_database(path: Path) -> duckdb.DuckDBPyConnection:
    """Open or create the database as its only owner.

    Raises:
        StoreError: If another process or this one has it open, or the file is not a database of this project and
            version.
    """
    path = path.absolute()
    with _open_files_lock:
        if path in _open_files:
            raise StoreError(f"{path} is in use by this process ({os.getpid()}); one owner at a time is allowed")
        _check_file(path)
        if not path.exists():
            _create(path)
        connection = _connect(path)
        try:
            _check_owner(connection, path)
        except BaseException:
            connection.close()
            raise
        _open_files.add(path)
    return connection


def close_database(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Close the connection and let another owner in."""
    connection.close()
    with _open_files_lock:
        _open_files.discard(path.absolute())


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn DuckDB's and the system's errors inside the block into a StoreError that names the file."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise StoreError(explain(error, path)) from error


def explain(error: Exception, path: Path) -> str:
    """Return one sentence for an error of DuckDB or of the system about a file."""
    text = str(error)
    if "No space left on device" in text or "not enough space" in text.lower():
        return f"{path}: the disk is full; free some space and try again, nothing was changed"
    if "Permission denied" in text or "read-only" in text.lower():
        return f"{path}: no permission to write there; the database needs a writable folder"
    first = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    return f"{path}: {first}"


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path))
    except duckdb.Error as error:
        text = str(error)
        if "lock" in text.lower():
            holder = _HOLDER.search(text)
            who = f"process {holder[1]}" if holder else "another process"
            raise StoreError(f"{path} is in use by {who}; one owner at a time is allowed") from error
        raise StoreError(explain(error, path)) from error


def _check_file(path: Path) -> None:
    """Refuse what is no DuckDB file before DuckDB sees it: it would open a table by its suffix.

    Every DuckDB file has ``DUCK`` at byte 8, see https://duckdb.org/docs/stable/internals/storage.
    """
    foreign = StoreError(f"{path} is not a database of AccelScope; name another file with ACCEL_DB")
    if path.suffix.lower() in _TABLE_SUFFIXES:
        raise foreign
    try:
        if path.exists():
            with path.open("rb") as stream:
                if stream.read(12)[8:] != b"DUCK":
                    raise foreign
    except OSError as error:
        raise StoreError(explain(error, path)) from error


def _create(path: Path) -> None:
    """Make an empty database of ours that appears whole: a process killed while making it leaves none."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        try:
            with duckdb.connect(str(partial)) as connection:
                connection.execute(_SCHEMA.read_text(encoding="utf-8"))
                connection.execute(
                    "insert into about values ('project', ?), ('schema_version', ?)", [PROJECT, str(SCHEMA_VERSION)]
                )
            with suppress(FileExistsError):  # another process was faster; then the file is as good
                os.link(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def _check_owner(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Reject a file of another project or of another version."""
    tables = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
    about: dict[str, str] = {}
    if "about" in tables:
        columns = {row[1] for row in connection.execute("pragma table_info('about')").fetchall()}
        if columns == {"key", "value"}:
            about = dict(connection.execute("select key, value from about").fetchall())
    if about.get("project") != PROJECT:
        raise StoreError(
            f"{path} is a database of another project (tables: {', '.join(sorted(tables)[:5]) or 'none'}); "
            "name another file with ACCEL_DB"
        )
    version = about.get("schema_version", "")
    if version != str(SCHEMA_VERSION):
        raise StoreError(
            f"{path} has schema version {version or 'unknown'}; this AccelScope reads version {SCHEMA_VERSION}"
        )
