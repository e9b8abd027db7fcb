"""Reading tables: any of the forms in which people have them, never a column off, and bounded also when unpacked."""

from __future__ import annotations

import csv
import re
import zlib
from pathlib import Path

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.tables.formulas import unguarded
from accel_core.tables.kinds import PARQUET, suffix_of
from accel_core.tables.parquet import read_parquet
from accel_core.tables.text import OpenText, decimal_sign, open_text

MAX_TABLE_BYTES = 200_000_000
"""Largest file, as it is and unpacked."""

_GZIP = b"\x1f\x8b"
_NAMELESS = re.compile(r"(Unnamed: \d+(_level_\d+)?)?")
"""What pandas calls a column without a name, once it has read and written it."""
_NOT_THERE = ("nan", "NaN", "NAN", "-nan", "NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", "<NA>")
_TOO_MANY = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")


def read_table(path: Path, max_bytes: int = MAX_TABLE_BYTES) -> pd.DataFrame:
    """Read a table: delimited text or Parquet, as the file's name says.

    Text may be in UTF-8 or UTF-16, gzipped, separated by commas, semicolons, tabs or bars, with decimal commas where it
    is not separated by commas, and with any line ends. Blanks around names, columns with neither name nor values, and
    the nameless index that pandas writes first are left out; the named index of a Parquet file is a column.

    Raises:
        InvalidInputError: If the file is missing, too large, empty, broken or of another kind.
    """
    suffix_of(str(path))
    try:
        if not path.is_file():
            raise InvalidInputError(f"{path}: no such file")
        with path.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(content) > max_bytes:
        raise InvalidInputError(f"{path}: {path.stat().st_size:,} bytes; at most {max_bytes:,} are allowed")
    return read_content(str(path), content, max_bytes)


def read_content(name: str, content: bytes, max_bytes: int = MAX_TABLE_BYTES) -> pd.DataFrame:
    """As ``read_table``, of a file's name and what it holds.

    Raises:
        InvalidInputError: As ``read_table``.
    """
    if suffix_of(name) == PARQUET:
        return _named(read_parquet(content, name), name)
    if content.startswith(_GZIP):
        content = unpacked(content, name, max_bytes)
    opened = open_text(content, name)
    try:
        return _read_text(opened, name)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error, ValueError, OverflowError) as error:
        if found := _TOO_MANY.search(str(error)):
            place = f"{name}, line {opened.lines + int(found[2])}"
            raise InvalidInputError(f"{place}: {found[3]} cells; allowed: {found[1]}, as the heading has") from error
        raise InvalidInputError(f"{name}: not a readable table: {_first_line(error)}") from error


def unpacked(content: bytes, place: str, max_bytes: int = MAX_TABLE_BYTES) -> bytes:
    """Return what a gzip file holds, reading no more of it than is allowed.

    Raises:
        InvalidInputError: If it is broken or holds more.
    """
    parts: list[bytes] = []
    left = max_bytes + 1
    try:
        while content and left > 0:
            unpacker = zlib.decompressobj(wbits=31)
            parts.append(unpacker.decompress(content, left))
            left -= len(parts[-1])
            if left > 0 and not unpacker.eof:
                raise zlib.error("it ends too early")
            content = unpacker.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise InvalidInputError(f"{place}: not readable as gzip: {error}") from None
    if left <= 0:
        raise InvalidInputError(f"{place}: unpacked more than {max_bytes:,} bytes; at most that many are allowed")
    return b"".join(parts)


def _read_text(opened: OpenText, place: str) -> pd.DataFrame:
    width = max(len(opened.names), len(opened.first))
    names = [*opened.names, *[""] * (width - len(opened.names))]
    separator, start = opened.dialect.separator, opened.rest.tell()
    decimal = decimal_sign(opened.rest.read(), separator)
    opened.rest.seek(start)
    table = pd.read_csv(
        opened.rest,
        sep=separator,
        decimal=decimal,
        header=None,
        names=range(width),
        index_col=False,
        keep_default_na=False,
        na_values=[""],
        skipinitialspace=opened.dialect.is_padded,
        low_memory=False,
    )
    if any(table[at].notna().any() for at in range(len(opened.names), width)):
        raise InvalidInputError(f"{place}: row 1 has {width} cells; allowed: {len(opened.names)}, as the heading has")
    for at in range(width):
        if not pd.api.types.is_numeric_dtype(table[at].dtype):
            table[at] = _text_column(table[at], opened.dialect.is_padded, decimal)
    if width > 1:
        filled = table.notna().any(axis=1).to_numpy()
        table = table.iloc[: len(filled) - int(filled[::-1].argmax()) if filled.any() else 0]
    return _named(table.set_axis(names, axis="columns"), place, unguarded(pd.Series(names, dtype="str")).tolist())


def _text_column(values: pd.Series, is_padded: bool, decimal: str) -> pd.Series:
    """Return a column of numbers if all its cells but those that say "not there" are numbers, else one of texts."""
    if not isinstance(values.dtype, pd.StringDtype):
        return values
    texts = values.str.strip() if is_padded else values
    missing = texts.isna() | texts.isin(_NOT_THERE)
    if missing.any() or is_padded:
        plain = texts.mask(missing)
        numbers = pd.to_numeric(plain if decimal == "." else plain.str.replace(decimal, "."), errors="coerce")
        if bool((numbers.notna() | missing).all()):
            return numbers
    return unguarded(texts)


def _named(table: pd.DataFrame, place: str, names: list[str] | None = None) -> pd.DataFrame:
    """Return a table without its nameless columns.

    Raises:
        InvalidInputError: If one of them has values and is no index, or if a name stands twice.
    """
    names = [str(name).strip() for name in table.columns] if names is None else names
    table = table.set_axis(range(len(names)), axis="columns")
    kept, is_leading = [], True
    for at, name in enumerate(names):
        if not _NAMELESS.fullmatch(name):
            kept.append(at)
            is_leading = False
        elif not (is_leading and _is_index(table[at])) and table[at].notna().any():
            raise InvalidInputError(f"{place}: column {at + 1} has values but no name; allowed: a name in the heading")
    found = [names[at] for at in kept]
    if not found:
        raise InvalidInputError(f"{place}: no column has a name; allowed: a heading with names, and rows below it")
    if doubled := sorted({name for name in found if found.count(name) > 1}):
        raise InvalidInputError(f"{place}: column {', '.join(doubled)} stands twice; each may stand once")
    return table[kept].set_axis(pd.Index(found), axis="columns")


def _is_index(values: pd.Series) -> bool:
    """Tell whether values may number or name rows: not if they are broken numbers."""
    if not pd.api.types.is_float_dtype(values.dtype):
        return True
    return bool((values.dropna() % 1 == 0).all())


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
