"""One result with two values: found within a table, and between a table and what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import ConflictError, StoreError
from accel_core.store.rows import KEY, CheckedRows

RETRIED = ("failed", "timeout")
"""A failure is an answer too, but another try may find a better one: it replaces a stored failure, never a result."""

_SAME = 1e-9
"""Relative difference below which two numbers are one: a spreadsheet keeps 15 digits of 17."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Differences:
    """Where pairs of rows differ.

    Attributes:
        is_different: Of each pair.
        column: Of each pair, the first column that differs; empty where none does.
    """

    is_different: Flags
    column: npt.NDArray[np.object_]


def without_repeats(rows: CheckedRows, place: str) -> CheckedRows:
    """Return the rows with each key once; of a failure and an answer the answer stays, of two alike the first.

    Raises:
        StoreError: If two answers for one key differ.
    """
    frame = rows.frame
    order = frame["status"].isin(RETRIED).to_numpy().argsort(kind="stable")
    sorted_rows = frame.iloc[order]
    is_repeat = sorted_rows.duplicated(list(KEY)).to_numpy()
    if not is_repeat.any():
        return rows
    first = sorted_rows[~is_repeat]
    repeated = sorted_rows[is_repeat & ~sorted_rows["status"].isin(RETRIED).to_numpy()]
    numbers = pd.Series(first.index, index=pd.MultiIndex.from_frame(first[list(KEY)]))
    pairs = first.loc[numbers.loc[pd.MultiIndex.from_frame(repeated[list(KEY)])].to_numpy()]
    found = differences(pairs, repeated, list(rows.kinds))
    if found.is_different.any():
        at = int(found.is_different.argmax())
        name, one, other = found.column[at], pairs.iloc[at], repeated.iloc[at]
        where, before = int(repeated.index[at]) + 1, int(pairs.index[at]) + 1
        raise StoreError(
            f"{place}, row {where}: design {other['design_id']} has {name} {_plain(other[name])}, "
            f"but {_plain(one[name])} in row {before}; a result may stand once"
        )
    return CheckedRows(first.sort_index(), rows.kinds)


def differences(old: pd.DataFrame, new: pd.DataFrame, names: Sequence[str]) -> Differences:
    """Compare results of the same keys, row by row; what is empty in ``new`` says nothing against ``old``.

    Args:
        old: ``status``, and those of the named columns that it has.
        new: As many rows; ``status`` and the named columns.
        names: Parameters, metrics and details.
    """
    is_different = np.zeros(len(new), dtype=np.bool_)
    column = np.full(len(new), "", dtype=object)
    for name in ("status", *names):
        values = new[name].reset_index(drop=True)
        before = old[name].reset_index(drop=True) if name in old else pd.Series(np.nan, index=values.index)
        is_said = values.notna().to_numpy(dtype=bool)
        if pd.api.types.is_numeric_dtype(values.dtype) and pd.api.types.is_numeric_dtype(before.dtype):
            is_same = np.isclose(values.to_numpy(np.float64), before.to_numpy(np.float64), rtol=_SAME, atol=0.0)
        else:
            is_same = (values == before).to_numpy(dtype=bool, na_value=False)
            is_said = is_said & (values != "").to_numpy(dtype=bool, na_value=True)
        here = is_said & ~is_same
        column[here & ~is_different] = name
        is_different |= here
    return Differences(is_different, column)


def conflict(place: str, row: pd.Series, name: str, stored: object, n_more: int) -> ConflictError:
    """Return the error for a row whose result is stored with another value of a column."""
    more = "" if not n_more else " (1 more row differs too)" if n_more == 1 else f" ({n_more:,} more rows differ too)"
    return ConflictError(
        f"{place}, row {int(str(row.name)) + 1}: design {row['design_id']} has {name} {_plain(row[name])}, "
        f"but is stored with {_plain(stored)}{more}; nothing is imported until it is said which to keep "
        "(--keep stored or --keep file)"
    )


def _plain(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124 (NaN)
        return "nothing"
    return f"{float(value):.10g}" if isinstance(value, float | np.floating) else str(value)
