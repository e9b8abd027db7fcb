"""What the columns of a table of results are: parameters of which kind, metrics, or neither."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.space import Parameter
from accel_core.space.parameters import Kind

FEW = 24
"""Distinct numbers up to which a column is a list of values rather than a range."""

_LOG_RATIO = 100.0
"""From this ratio of the largest to the least value on, samples of a range spread over orders of magnitude."""

MAX_TEXTS = 1000
_UNFIT = re.compile(r"\W+")


def column_name(text: str) -> str:
    """Return a column's heading as a name that constraints can speak of."""
    name = _UNFIT.sub("_", text.strip()).strip("_").lower()
    return (name if name[:1].isalpha() else f"x_{name}")[:64]


def inferred(values: pd.Series, name: str, place: str, unit: str = "") -> Parameter:
    """Return the parameter whose values a column has.

    Texts become a choice, a few numbers a list, whole numbers and others a range.

    Raises:
        InvalidInputError: If cells are empty, or there are more texts than a choice may have.
    """
    if values.isna().any():
        row = int(values.isna().to_numpy().argmax())
        raise InvalidInputError(
            f"{place}, row {row + 1}, column '{values.name}': empty; allowed: a value of every design"
        )
    meaning = f"column {values.name} of {place}"
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.isna().any() or values.dtype == bool:
        texts = list(dict.fromkeys(values.astype(str)))
        if len(texts) > MAX_TEXTS:
            raise InvalidInputError(
                f"{place}: column '{values.name}' has {len(texts):,} texts; allowed: {MAX_TEXTS:,} for a parameter"
            )
        return Parameter(name, "categorical", values=tuple(texts), default=texts[0], unit=unit, meaning=meaning)
    if not np.isfinite(numbers.to_numpy(dtype=np.float64)).all():
        raise InvalidInputError(f"{place}: column '{values.name}' has infinite values; allowed: finite ones")
    distinct = np.unique(numbers.to_numpy(dtype=np.float64))
    is_whole = bool((distinct == np.round(distinct)).all())
    if len(distinct) <= FEW:
        listed = tuple(int(value) if is_whole else float(value) for value in distinct)
        return Parameter(name, "ordinal", values=listed, unit=unit, meaning=meaning)
    low, high = float(distinct[0]), float(distinct[-1])
    is_log = low > 0 and high / low >= _LOG_RATIO
    kind: Kind = "integer" if is_whole and unit != "Hz" else "real"
    return Parameter(name, kind, low, high, scale="log" if is_log else "linear", unit=unit, meaning=meaning)
