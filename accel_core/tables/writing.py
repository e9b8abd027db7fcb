"""Design and result tables as files: CSV and Parquet, bounded when read and atomic when written."""

from __future__ import annotations

import csv
import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa

from accel_core.errors import InvalidInputError

MAX_TABLE_BYTES = 200_000_000


def read_table(path: Path, max_bytes: int = MAX_TABLE_BYTES) -> pd.DataFrame:
    """Read a ``.csv`` or ``.parquet`` file.

    Raises:
        InvalidInputError: If the file is missing, too large, empty, broken or of another kind.
    """
    _check_suffix(path)
    if not path.is_file():
        raise InvalidInputError(f"{path}: no such file")
    if (size := path.stat().st_size) > max_bytes:
        raise InvalidInputError(f"{path}: {size:,} bytes; at most {max_bytes:,} are allowed")
    try:
        table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
        names = _heading(path) if path.suffix == ".csv" else [str(name) for name in table.columns]
    except (
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
        csv.Error,
        UnicodeDecodeError,
        pa.ArrowException,
        OSError,
    ) as error:
        raise InvalidInputError(f"{path}: not a readable {path.suffix[1:]} table: {_first_line(error)}") from error
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidInputError(f"{path}: column {', '.join(doubled)} stands twice; each may stand once")
    return table


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a ``.csv`` or ``.parquet`` file; a reader sees the old file or the new one, never a part.

    Raises:
        InvalidInputError: If the suffix is another one, or the file cannot be written.
    """
    _check_suffix(path)
    with replaced_when_whole(path) as partial:
        if path.suffix == ".csv":
            table.to_csv(partial, index=False)
        else:
            table.to_parquet(partial, index=False)


@contextmanager
def replaced_when_whole(path: Path) -> Iterator[Path]:
    """As `whole_or_not`, for a file that a person asked for; its folder is made.

    Raises:
        InvalidInputError: If a file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_or_not(path) as partial:
            yield partial
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be written: {error.strerror or error}") from error


@contextmanager
def whole_or_not(path: Path) -> Iterator[Path]:
    """Yield a file beside ``path`` to write into; it takes the place of ``path`` at the end, or goes if that fails.

    Raises:
        OSError: If the file cannot be put in place.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Find out before hours of work whether `write_table` could write there; nothing is left behind but the folder.

    Raises:
        InvalidInputError: As `write_table`.
    """
    _check_suffix(path)
    probe = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _heading(path: Path) -> list[str]:
    """Return the names in the first line, which pandas would make different and count off from the right.

    Raises:
        InvalidInputError: If the first row has more cells than the heading.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = (row for row in csv.reader(stream) if row)
        names, first = next(rows, []), next(rows, [])
    if len(first) > len(names):
        raise InvalidInputError(f"{path}: row 1 has {len(first)} cells; allowed: {len(names)}, as the heading has")
    return [name for name in names if name]


def _check_suffix(path: Path) -> None:
    if path.suffix not in (".csv", ".parquet"):
        raise InvalidInputError(f"{path}: the file's name must end in .csv or .parquet")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
