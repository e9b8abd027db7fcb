"""From tables to numbers: checked inputs, encoded features and transformed targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError

FloatArray = npt.NDArray[np.float64]

MIN_ROWS = 8
"""Fewest training rows: five folds of fewer would hold single rows only."""

LOG_FEATURE_RATIO = 4.0
"""A positive feature whose maximum is at least this many times its minimum is modeled by its logarithm.

Hardware quantities follow power laws in sizes and widths, which are straight lines between logarithms.
"""

LOG_TARGET_RATIO = 1.5
"""A positive target whose maximum is at least this many times its minimum is modeled by its logarithm.

Errors are judged relative to the value (APE), and a logarithm makes equal relative errors equally large. Below this
ratio the logarithm is nearly straight and changes nothing.
"""

MAX_LEVELS = 64
"""Most different texts in one column; more is an identifier, not a parameter."""


@dataclass(frozen=True)
class _Column:
    name: str
    kind: str  # "linear", "log", "levels" or "constant"
    center: float = 0.0
    scale: float = 1.0
    low: float = 0.0
    levels: tuple[str, ...] = ()
    constant: float | str = 0.0


@dataclass(frozen=True)
class Encoded:
    """Features as numbers, and which rows no training row could have taught.

    Attributes:
        features: Standardized features, shape ``(n_designs, n_features)``.
        is_novel: True where a text was not among the training texts, a column that never varied in training does, or a
            number has no logarithm that the column's training numbers all have.
    """

    features: FloatArray
    is_novel: npt.NDArray[np.bool_]


class TableEncoder:
    """Turns a table of numeric and text columns into standardized numbers.

    Positive wide-range numbers become logarithms (``LOG_FEATURE_RATIO``), texts become one 0/1 column per text,
    columns with one value are dropped. A text never seen in training becomes all zeros and marks its row as novel.
    """

    def __init__(self, X: pd.DataFrame) -> None:
        """Learn the encoding of a non-empty training table.

        Raises:
            InvalidInputError: If a column has NaN, infinity, mixed types or too many different texts.
        """
        _check_unique_columns(X, "X")
        self.names = [str(name) for name in X.columns]
        self._columns = [_learn_column(name, X[name]) for name in X.columns]

    @property
    def feature_names(self) -> list[str]:
        """Name of each encoded feature; ``column=text`` for the 0/1 columns."""
        names: list[str] = []
        for column in self._columns:
            if column.kind == "levels":
                names.extend(f"{column.name}={level}" for level in column.levels)
            elif column.kind != "constant":
                names.append(column.name)
        return names

    def encode(self, X: pd.DataFrame) -> Encoded:
        """Encode a table with the training columns, in any order.

        Raises:
            InvalidInputError: If a column is missing or extra, or has values the training column could not have.
        """
        _check_unique_columns(X, "X")
        _check_same_columns(X, self.names)
        is_novel = np.zeros(len(X), dtype=np.bool_)
        parts: list[FloatArray] = []
        for column in self._columns:
            part, novel = _encode_column(column, X[column.name])
            parts.append(part)
            is_novel |= novel
        return Encoded(np.ascontiguousarray(np.column_stack(parts)), is_novel)


class TargetScaler:
    """Maps targets to zero mean and unit spread, by way of the logarithm where that is right (``LOG_TARGET_RATIO``)."""

    def __init__(self, y: FloatArray) -> None:
        """Learn the map from training targets, shape ``(n_designs, n_targets)``."""
        low, high = y.min(axis=0), y.max(axis=0)
        self.is_log = (low > 0) & (high >= LOG_TARGET_RATIO * np.where(low > 0, low, 1.0))
        values = self._log(y)
        self._center = values.mean(axis=0)
        spread = values.std(axis=0)
        # A constant target has no spread; one keeps the map defined and the residuals zero.
        self._scale = np.where(spread > 1e-12 * (1 + np.abs(self._center)), spread, 1.0)
        self.spread = y.std(axis=0)

    def forward(self, y: FloatArray) -> FloatArray:
        """Return the standardized targets."""
        return np.asarray((self._log(y) - self._center) / self._scale, dtype=np.float64)

    def backward(self, mean: FloatArray) -> FloatArray:
        """Return targets in their own unit.

        For a logarithmic target this is the median of the log-normal prediction: on relative errors it beats the mean.
        """
        values = mean * self._scale + self._center
        return np.where(self.is_log, np.exp(np.where(self.is_log, values, 0.0)), values)

    def backward_std(self, mean: FloatArray, std: FloatArray) -> FloatArray:
        """Return standard deviations in the target's unit; ``mean`` is what `backward` returned."""
        sigma = std * self._scale
        # exp(2^2) is already a factor of 50; beyond that only an overflow would follow.
        relative = np.sqrt(np.expm1(np.minimum(sigma, 2.0) ** 2))
        return np.where(self.is_log, np.abs(mean) * relative, sigma)

    def _log(self, y: FloatArray) -> FloatArray:
        return np.where(self.is_log, np.log(np.where(self.is_log, y, 1.0)), y)


def check_targets(X: pd.DataFrame, y: pd.DataFrame) -> FloatArray:
    """Return the targets as an array, shape ``(n_designs, n_targets)``.

    Raises:
        InvalidInputError: If X and y do not match, there are too few rows, or a target is not a finite number.
    """
    if not isinstance(y, pd.DataFrame) or not isinstance(X, pd.DataFrame):
        raise InvalidInputError(
            f"X and y are {type(X).__name__} and {type(y).__name__}; allowed: DataFrames of designs and metrics"
        )
    if len(X) != len(y):
        raise InvalidInputError(f"X has {len(X)} rows and y has {len(y)}; they must be the same designs")
    if not X.index.equals(y.index):
        raise InvalidInputError("X and y have different row labels; they must be the same designs in order")
    if y.shape[1] == 0 or X.shape[1] == 0:
        raise InvalidInputError(f"X has {X.shape[1]} and y {y.shape[1]} columns; allowed: at least 1 each")
    if len(X) < MIN_ROWS:
        raise InvalidInputError(f"there are {len(X)} rows to learn from; allowed: at least {MIN_ROWS}")
    _check_unique_columns(y, "y")
    return np.column_stack([_finite_numbers(y[name], str(name)) for name in y.columns])


def _check_unique_columns(table: pd.DataFrame, what: str) -> None:
    if not table.columns.is_unique:
        double = table.columns[table.columns.duplicated()][0]
        raise InvalidInputError(f"{what} has column '{double}' more than once; column names must differ")


def _check_same_columns(X: pd.DataFrame, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in X.columns]
    extra = [str(name) for name in X.columns if name not in names]
    if missing:
        raise InvalidInputError(
            f"X lacks column '{missing[0]}' that the model was fitted on; it needs: {', '.join(names)}"
        )
    if extra:
        raise InvalidInputError(
            f"X has column '{extra[0]}' that the model was not fitted on; it needs only: {', '.join(names)}"
        )


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype)


def _finite_numbers(column: pd.Series, name: str) -> FloatArray:
    if not _is_numeric(column):
        raise InvalidInputError(f"column '{name}' holds {column.dtype} values; allowed: finite numbers")
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        row = int(bad[0])
        raise InvalidInputError(f"column '{name}', row {column.index[row]} is {values[row]}; allowed: finite numbers")
    return values


def _texts(column: pd.Series, name: str) -> npt.NDArray[np.object_]:
    values = np.asarray(column, dtype=np.object_)
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise InvalidInputError(
                f"column '{name}', row {column.index[row]} is {value!r}; allowed: texts only, or numbers only"
            )
    return values


def _learn_column(name: str, column: pd.Series) -> _Column:
    if not _is_numeric(column):
        levels = tuple(sorted(set(_texts(column, name))))
        if len(levels) > MAX_LEVELS:
            raise InvalidInputError(f"column '{name}' has {len(levels)} different texts; allowed: at most {MAX_LEVELS}")
        if len(levels) == 1:
            return _Column(name, "constant", constant=levels[0])
        return _Column(name, "levels", levels=levels)
    values = _finite_numbers(column, name)
    low, high = float(values.min()), float(values.max())
    if low == high:
        return _Column(name, "constant", constant=low)
    kind = "log" if low > 0 and high >= LOG_FEATURE_RATIO * low else "linear"
    scaled = np.log(values) if kind == "log" else values
    return _Column(name, kind, center=float(scaled.mean()), scale=float(scaled.std()), low=low)


def _encode_column(column: _Column, values: pd.Series) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    novel = np.zeros(len(values), dtype=np.bool_)
    if column.kind == "levels":
        texts = _texts(values, column.name)
        one_hot = np.column_stack([texts == level for level in column.levels]).astype(np.float64)
        return one_hot, np.asarray(one_hot.sum(axis=1) == 0, dtype=np.bool_)
    if column.kind == "constant":
        nothing = np.empty((len(values), 0))
        if isinstance(column.constant, str):
            return nothing, np.asarray(_texts(values, column.name) != column.constant, dtype=np.bool_)
        return nothing, np.asarray(_finite_numbers(values, column.name) != column.constant, dtype=np.bool_)
    numbers = _finite_numbers(values, column.name)
    if column.kind == "log":
        # Below what has a logarithm, training says nothing: take its smallest number and admit it.
        novel = numbers <= 0
        numbers = np.log(np.where(novel, column.low, numbers))
    return ((numbers - column.center) / column.scale)[:, None], novel
