"""The identity of a design: a digest of its values that every process and every version computes alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidDesignError
from accel_core.space.messages import one_of

DIGITS = 16
"""Hex digits of an id: 64 bits, so that among a million designs two share an id with a chance of 3e-8."""


def design_ids(designs: pd.DataFrame, names: Iterable[str]) -> pd.Series[str]:
    """Return the id of each design, with the index of the table.

    An id is the first 16 hex digits of the SHA-256 of the design as a JSON object: keys sorted, no blanks, a whole
    number without a point whatever its type (4 and 4.0 are one value), other numbers in Python's shortest form. It
    therefore depends neither on the order of columns or rows nor on other columns.

    Args:
        designs: A design table; other columns are ignored.
        names: The parameters.

    Raises:
        InvalidDesignError: If a parameter's column or value is missing, or a value is neither number nor text.
    """
    names = sorted(names)
    missing = [name for name in names if name not in designs]
    if missing:
        raise InvalidDesignError(f"the designs have no column {one_of(missing)}; allowed: {one_of(names)}")
    parts = [_canonical(designs[name], f"{json.dumps(name)}:") for name in names]
    rows = zip(*parts, strict=True) if parts else [()] * len(designs)
    digests = [hashlib.sha256(("{" + ",".join(row) + "}").encode()).hexdigest()[:DIGITS] for row in rows]
    return pd.Series(digests, index=designs.index, name="design_id", dtype="str")


def _canonical(column: pd.Series, key: str) -> Sequence[str] | npt.NDArray[np.object_]:
    """Return ``"key":value`` for each row; each distinct value is spelled once, which is what makes this fast."""
    codes, levels = pd.factorize(column)
    if (codes < 0).any():
        row = int(np.argmax(codes < 0)) + 1
        raise InvalidDesignError(f"row {row}, {column.name}: the value is missing; allowed: a number or a text")
    words = np.array([key + _spell(level, column.name) for level in levels] or [""], dtype=object)
    return words[codes] if len(codes) else []


def _spell(value: object, name: object) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value in (np.inf, -np.inf):
        raise InvalidDesignError(f"{name} has the value {value!r:.80}; allowed: a finite number or a text")
    return repr(value) if isinstance(value, float) and not value.is_integer() else str(int(value))
