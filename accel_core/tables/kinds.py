"""What a file's name says of a table: its kind, and whether it is compressed."""

from __future__ import annotations

from accel_core.errors import InvalidInputError

_SUFFIXES = {".csv": ",", ".tsv": "\t", ".csv.gz": ",", ".tsv.gz": "\t"}
PARQUET = ".parquet"
ALLOWED = f"{', '.join(_SUFFIXES)} or {PARQUET}"


def suffix_of(name: str) -> str:
    """Return the ending that tells a table's kind, in small letters.

    Raises:
        InvalidInputError: If it is another one.
    """
    for suffix in (*_SUFFIXES, PARQUET):
        if name.lower().endswith(suffix):
            return suffix
    raise InvalidInputError(f"{name}: the file's name must end in {ALLOWED}")


def separator_of(suffix: str) -> str:
    """Return the sign between cells that a file of this ending is written with."""
    return _SUFFIXES[suffix]
