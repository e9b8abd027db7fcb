"""A log file of anybody's: bounded before it is unpacked, and checked value by value."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from accel_core.errors import InvalidInputError
from accel_core.records import SCHEMA

MAX_ROWS = 2_000_000
MAX_UNPACKED = 400_000_000
MAX_NAMES, MAX_LETTERS = 64, 100
STATUSES = ("ok", "infeasible")
_MAGIC = b"PAR1"
_TEXTS = ("application", "status")
_RUNTIME, _AREA = "runtime_s", "chip_area_mm2"


def read_log(
    name: str, content: bytes, applications: Sequence[str], values: Mapping[str, Sequence[int]]
) -> pd.DataFrame:
    """Return the columns of ``accel_core.records.SCHEMA`` but the area, which is worked out anew; texts are categories.

    Args:
        name: Of the file, for messages.
        content: Of the file.
        applications: Those that are known.
        values: Of each parameter, those that are allowed.

    Raises:
        InvalidInputError: If it is not a Parquet table of logged designs, too large, or a value is not allowed.
    """
    if not content.startswith(_MAGIC):
        raise InvalidInputError(
            f"{name}: not a readable log: no Parquet file; `python -m accel_core import --prime` and `logs` write one"
        )
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        _check_size(name, file)
        _check_columns(name, file.schema_arrow, values)
        file = pq.ParquetFile(io.BytesIO(content), read_dictionary=list(_TEXTS))
        parts = [_bounded(name, file, i) for i in range(file.num_row_groups)]
        texts = pd.DataFrame()
        if parts:
            # What pandas noted of a table can name columns that are its index, or be damaged where the table is not.
            texts = pa.concat_tables(parts, promote_options="permissive").to_pandas(ignore_metadata=True)
        numbers = file.read(columns=[*values, _RUNTIME])
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidInputError(f"{name}: not a readable log: {str(error).splitlines()[0]}") from error
    if not file.metadata.num_rows:
        raise InvalidInputError(f"{name}: no designs")
    columns: dict[str, object] = {}
    for column, allowed in (("application", applications), ("status", STATUSES)):
        columns[column] = _text(name, column, texts[column], allowed)
    for column, numbers_allowed in values.items():
        columns[column] = _whole(name, column, numbers[column], numbers_allowed)
    is_ok = (columns["status"] == "ok").to_numpy()  # type: ignore[attr-defined]
    columns[_RUNTIME] = _runtime(name, numbers[_RUNTIME], is_ok)
    return pd.DataFrame(columns)[[column for column in SCHEMA.names if column != _AREA]]


def _check_size(name: str, file: pq.ParquetFile) -> None:
    about = file.metadata
    unpacked = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    if about.num_rows > MAX_ROWS or unpacked > MAX_UNPACKED:
        raise InvalidInputError(
            f"{name}: {about.num_rows:,} designs, {unpacked:,} bytes; allowed: {MAX_ROWS:,} and {MAX_UNPACKED:,}"
        )


def _check_columns(name: str, schema: pa.Schema, values: Mapping[str, Sequence[int]]) -> None:
    for column in SCHEMA.names:
        if (count := schema.names.count(column)) != 1:
            found = f"there {count} times" if count else "missing"
            raise InvalidInputError(f"{name}: column '{column}' is {found}; needed: {', '.join(SCHEMA.names)}")
    for column in _TEXTS:
        kind = schema.field(column).type
        inner = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(inner) or pa.types.is_large_string(inner)):
            raise InvalidInputError(f"{name}: column '{column}' is of {kind}; allowed: text")
    for column in (*values, _RUNTIME):
        kind = schema.field(column).type
        is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        if not is_number and not (column == _RUNTIME and pa.types.is_null(kind)):
            raise InvalidInputError(f"{name}: column '{column}' is of {kind}; allowed: numbers")


def _bounded(name: str, file: pq.ParquetFile, group: int) -> pa.Table:
    """Read the texts of one row group as numbers into a list of names, which has to be short."""
    table = file.read_row_group(group, columns=list(_TEXTS))
    for column in _TEXTS:
        for chunk in table[column].chunks:
            names = chunk.dictionary
            longest = pc.max(pc.utf8_length(names)).as_py() or 0
            if len(names) > MAX_NAMES or longest > MAX_LETTERS:
                raise InvalidInputError(
                    f"{name}: column '{column}' has {len(names):,} texts of up to {longest:,} letters; "
                    f"allowed: {MAX_NAMES} of {MAX_LETTERS}"
                )
    return table


def _text(name: str, column: str, found: pd.Series, allowed: Sequence[str]) -> pd.Series:
    wrong = ~found.isin(allowed)
    if wrong.any():
        row = int(np.argmax(wrong))
        value = "missing" if pd.isna(found.iloc[row]) else f"'{found.iloc[row]}'"
        raise InvalidInputError(f"{name}, row {row + 1}: {column} is {value}; allowed: {', '.join(allowed)}")
    return found.astype("category").cat.remove_unused_categories()


def _whole(name: str, column: str, found: pa.ChunkedArray, allowed: Sequence[int]) -> npt.NDArray[np.int32]:
    numbers = found.to_numpy()
    is_right = np.isin(numbers, allowed)
    if not is_right.all():
        row = int(np.argmin(is_right))
        words = ", ".join(map(str, allowed))
        raise InvalidInputError(f"{name}, row {row + 1}: {column} is {_said(found[row])}; allowed: {words}")
    return np.asarray(numbers, dtype=np.int32)


def _runtime(name: str, found: pa.ChunkedArray, is_ok: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    numbers = found.cast(pa.float64(), safe=False).to_numpy()
    is_right = ~is_ok | (np.isfinite(numbers) & (numbers > 0))
    if not is_right.all():
        row = int(np.argmin(is_right))
        raise InvalidInputError(
            f"{name}, row {row + 1}: {_RUNTIME} is {_said(found[row])}; allowed: finite and above 0 where status is ok"
        )
    return np.where(is_ok, numbers, np.nan)


def _said(found: pa.Scalar) -> str:
    return f"{found.as_py()}" if found.is_valid else "missing"
