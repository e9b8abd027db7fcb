"""Parquet files of anybody: bounded, without trust in what pandas noted in them, their named index as columns."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from accel_core.errors import InvalidInputError

MAX_CELLS = 200_000_000
MAX_TEXT_BYTES = 1_000_000_000
"""Most cells, and most bytes of text; a small file can say a large text a million times."""

_NAMELESS_INDEX = "__index_level_"


def read_parquet(content: bytes, place: str) -> pd.DataFrame:
    """Return the columns of a Parquet file, those of its named index first.

    Raises:
        InvalidInputError: If it is broken, too large, or has a column that is no plain one.
    """
    try:
        table = _plain(_bounded(content, place), place)
        frame = table.replace_schema_metadata(None).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InvalidInputError(f"{place}: not a readable parquet table: {first:.200}") from error
    return _with_index(frame, _noted(table), place)


def _bounded(content: bytes, place: str) -> pa.Table:
    """Read the file with its texts as they are stored, each once, so that its size bounds the memory."""
    file = pq.ParquetFile(pa.BufferReader(content))
    found = file.metadata
    groups = [found.row_group(number) for number in range(found.num_row_groups)]
    n_cells = sum(group.column(at).num_values for group in groups for at in range(found.num_columns))
    if max(n_cells, found.num_rows * found.num_columns) > MAX_CELLS:
        raise InvalidInputError(f"{place}: {n_cells:,} cells; at most {MAX_CELLS:,} are allowed")
    schema = file.schema_arrow
    for field in schema:
        if pa.types.is_nested(field.type):
            raise InvalidInputError(f"{place}: column '{field.name}' holds {field.type}; allowed: numbers and texts")
    texts = [field.name for field in schema if _is_text(field.type)]
    return pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts).read()


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_binary(value))


def _plain(table: pa.Table, place: str) -> pa.Table:
    """Return texts in full, if they are not too long in all, and decimal numbers as floating-point ones."""
    n_bytes = 0
    for at, field in enumerate(table.schema):
        column = table.column(at)
        if pa.types.is_dictionary(field.type):
            if _is_text(field.type):
                n_bytes += sum(_text_bytes(chunk) for chunk in column.chunks)
            if n_bytes > MAX_TEXT_BYTES:
                raise InvalidInputError(
                    f"{place}: more than {MAX_TEXT_BYTES:,} bytes of text; at most that many are allowed"
                )
            column = column.cast(field.type.value_type)
        elif pa.types.is_decimal(field.type):
            column = column.cast(pa.float64())
        if pa.types.is_binary(column.type):
            column = column.cast(pa.string())
        table = table.set_column(at, field.name, column)
    return table


def _text_bytes(chunk: pa.DictionaryArray) -> int:
    return int(pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0)


def _noted(table: pa.Table) -> dict[str, Any]:
    """Return what pandas noted of its table; nothing where the note is broken."""
    try:
        noted = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}"))
    except (ValueError, RecursionError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _with_index(frame: pd.DataFrame, noted: dict[str, Any], place: str) -> pd.DataFrame:
    """Return the columns of the index first: those that are stored, and a range, which is only noted."""
    fields, columns = (
        found if isinstance(found := noted.get(key), list) else [] for key in ("index_columns", "columns")
    )
    names = {
        entry["field_name"]: entry["name"]
        for entry in columns
        if isinstance(entry, dict) and isinstance(entry.get("field_name"), str) and isinstance(entry.get("name"), str)
    }
    ranges = [field for field in fields if isinstance(field, dict) and isinstance(field.get("name"), str)]
    index = {field["name"]: _range(field, len(frame), place) for field in ranges}
    stored = [field for field in fields if isinstance(field, str) and field in frame.columns]
    others = [name for name in frame.columns if name not in stored and not str(name).startswith(_NAMELESS_INDEX)]
    kept = [name for name in stored if not name.startswith(_NAMELESS_INDEX) or name in names]
    ordered = frame[[*kept, *others]] if frame.columns.is_unique else frame
    ordered = ordered.rename(columns={name: names.get(name, name) for name in kept})
    return pd.concat([pd.DataFrame(index, index=frame.index), ordered], axis=1) if index else ordered


def _range(field: dict[str, Any], n_rows: int, place: str) -> range:
    """Return the values of an index that is only noted.

    Raises:
        InvalidInputError: If it does not fit the rows.
    """
    start, stop, step = (field.get(key) for key in ("start", "stop", "step"))
    parts = [part for part in (start, stop, step) if type(part) is int and abs(part) < 2**62]
    if len(parts) == 3 and step and len(values := range(*parts)) == n_rows:
        return values
    raise InvalidInputError(
        f"{place}: its pandas index '{field['name']:.80}' does not fit its {n_rows:,} rows; store it anew"
    )
