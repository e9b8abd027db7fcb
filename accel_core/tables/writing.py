"""Writing tables: whole or not at all, and without cells that a spreadsheet would run."""

from __future__ import annotations

import errno
import gzip
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.tables.formulas import guarded
from accel_core.tables.kinds import PARQUET, separator_of, suffix_of


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a file of the kind that its name says; a reader sees the old file or the new one, never a part.

    Raises:
        InvalidInputError: If the suffix is another one, or the file cannot be written.
    """
    suffix = suffix_of(str(path))
    with replaced_when_whole(path) as partial:
        if suffix == PARQUET:
            table.to_parquet(partial, index=False)
        else:
            content = to_csv(table, separator_of(suffix)).encode()
            # Without the time, so that the same table makes the same file.
            partial.write_bytes(gzip.compress(content, mtime=0) if suffix.endswith(".gz") else content)


def to_csv(table: pd.DataFrame, separator: str = ",") -> str:
    """Return a table as delimited text that ``read_table`` reads back, and of which a spreadsheet runs nothing."""
    texts = {at for at, kind in enumerate(table.dtypes) if _may_hold_text(kind)}
    columns = [_safe(table.iloc[:, at]) if at in texts else table.iloc[:, at] for at in range(table.shape[1])]
    names = guarded(pd.Series([str(name) for name in table.columns], dtype="str")).tolist()
    safe = pd.concat(columns, axis=1).set_axis(names, axis="columns") if columns else table
    # Python's writer quotes only what stands in the line's end, and a reader takes a bare CR for one.
    has_returns = any(safe.iloc[:, at].astype("str").str.contains("\r", na=False).any() for at in texts)
    return safe.to_csv(index=False, sep=separator, lineterminator="\r\n" if has_returns else "\n")


def _may_hold_text(kind: Any) -> bool:
    return pd.api.types.is_object_dtype(kind) or isinstance(kind, (pd.StringDtype, pd.CategoricalDtype))


def _safe(values: pd.Series) -> pd.Series:
    """Return a column with its texts guarded; other things that it may hold stay as they are."""
    if isinstance(values.dtype, pd.StringDtype):
        return guarded(values)
    loose = values.astype(object)
    is_text = loose.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
    if is_text.any():
        loose.iloc[is_text.nonzero()[0]] = guarded(loose[is_text].astype("str")).to_numpy(dtype=object)
    return loose


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
    suffix_of(str(path))
    probe = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be written: {error.strerror or error}") from error
