"""One thing that may vary: its kind, its range, and its map from and to the unit interval."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.space.messages import one_of

Kind = Literal["integer", "real", "ordinal", "categorical"]
Scale = Literal["linear", "log"]
Value = int | float | str
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
AnyArray = npt.NDArray[Any]

MAX_INTEGER = 2**53
"""Largest integer that a float64 holds exactly; expressions are evaluated in float64."""

MAX_VALUES = 10_000
"""Most values that one list may have."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_TEXT = re.compile(r"[^\s,](?:[^\n\r\t,]{0,98}[^\s,])?")
_RESERVED = frozenset({"min", "max", "ceil", "floor", "log2", "abs"})


@dataclass(frozen=True)
class Parameter:
    """A named quantity that designs choose a value for.

    Attributes:
        name: Column name in design tables, and the word for it in constraints.
        kind: ``integer`` and ``real`` have ``low`` and ``high``, both included; ``ordinal`` (an ordered list of
            numbers or of texts) and ``categorical`` (texts without order) have ``values``.
        low: Least value.
        high: Largest value.
        values: All values, without repetition.
        unit: SI unit; empty for a count or a ratio.
        meaning: What it is, in a few words.
        default: The value to start from; None leaves it to the middle of the range.
        scale: ``log`` spreads samples evenly over orders of magnitude; it asks for values above zero.
        group: What it belongs to, such as ``architecture`` or ``backend``.
        assumed: Whether the range is our choice rather than a source's.
    """

    name: str
    kind: Kind
    low: float | None = None
    high: float | None = None
    values: tuple[Value, ...] = ()
    unit: str = ""
    meaning: str = ""
    default: Value | None = None
    scale: Scale = "linear"
    group: str = "architecture"
    assumed: bool = False

    def __post_init__(self) -> None:
        """Bring numbers to their own type and reject whatever does not describe a parameter."""
        self._check_words()
        if self.kind in ("integer", "real"):
            self._settle_range()
        else:
            self._settle_values()
        if self.scale == "log" and not (self.is_numeric and self._least() > 0):
            raise InvalidInputError(f"{self.name} has scale log; allowed only where all values are above 0")
        if self.default is not None:
            if not (isinstance(self.default, Value) and self.contains([self.default])[0]):
                raise InvalidInputError(f"{self.name} has default {self.default!r}; allowed: {self.allowed}")
            object.__setattr__(self, "default", self.column([self.default]).tolist()[0])

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers."""
        return not self.values or not isinstance(self.values[0], str)

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers, stored as int64."""
        return self.kind == "integer" or (bool(self.values) and isinstance(self.values[0], int))

    @property
    def size(self) -> int | None:
        """How many values it has; None for a real."""
        if self.kind == "real":
            return None
        return len(self.values) or int(self._limits()[1] - self._limits()[0]) + 1

    @property
    def count(self) -> int:
        """How many values it has, for a parameter that is not a real."""
        self._require_finite()
        return cast(int, self.size)

    @property
    def default_value(self) -> Value:
        """The default, or the middle of the range where none was given."""
        if self.default is not None:
            return self.default
        return cast(Value, self.from_unit([0.5]).tolist()[0])

    @property
    def allowed(self) -> str:
        """What a value may be, in words for an error message."""
        if self.values:
            return ", ".join(map(str, self.values))
        unit = f" {self.unit}" if self.unit else ""
        if self.kind == "integer":
            return f"integers {self.low} to {self.high}{unit}"
        return f"{self.low!r} to {self.high!r}{unit}"

    def contains(self, values: npt.ArrayLike | Sequence[object] | pd.Series) -> npt.NDArray[np.bool_]:
        """Tell which values are allowed; a text is never a number, and a missing value is never allowed."""
        if self.kind == "real":
            numbers = as_numbers(values)
            low, high = self._limits()
            return np.asarray((numbers >= low) & (numbers <= high), dtype=np.bool_)
        return np.asarray(self.index_of(values) >= 0, dtype=np.bool_)

    def index_of(self, values: npt.ArrayLike | Sequence[object] | pd.Series) -> IntArray:
        """Return the position of each value in the order of values, -1 where it is not allowed.

        Raises:
            InvalidInputError: If the parameter is a real.
        """
        self._require_finite()
        if not self.is_numeric:
            return np.asarray(self._levels.get_indexer(pd.Index(np.asarray(values, dtype=object))), dtype=np.int64)
        numbers = as_numbers(values)
        if self.values:
            return np.asarray(self._levels.get_indexer(pd.Index(numbers)), dtype=np.int64)
        low, high = self._limits()
        known = (numbers >= low) & (numbers <= high) & (numbers == np.floor(numbers))
        return np.where(known, numbers - low, -1.0).astype(np.int64)

    def take(self, indices: IntArray) -> AnyArray:
        """Return the values at positions in the order of values; the opposite of `index_of`."""
        self._require_finite()
        if self.values:
            return self._array[indices]
        return np.asarray(indices, dtype=np.int64) + int(self._limits()[0])

    def column(self, values: Sequence[Value]) -> AnyArray:
        """Return allowed values as the array that a design table's column is made of."""
        if not self.is_numeric:
            return np.array(values, dtype=object)
        return np.asarray(values, dtype=np.int64 if self.is_whole else np.float64)

    def from_unit(self, u: npt.ArrayLike) -> AnyArray:
        """Map numbers of [0, 1] to values, each value of a list or of an integer range owning an equal bin."""
        u = np.clip(np.asarray(u, dtype=np.float64), 0.0, 1.0)
        if self.kind == "real":
            low, high = self._ends()
            return np.clip(self._unscale(low + u * (high - low)), *self._limits())
        count = self.count
        if self.kind == "integer" and self.scale == "log":
            low, high = self._ends()
            steps = np.floor(np.exp(low + u * (high - low))) - self._limits()[0]
        else:
            steps = np.floor(u * count)
        return self.take(np.clip(steps, 0, count - 1).astype(np.int64))

    def to_unit(self, values: npt.ArrayLike | Sequence[object] | pd.Series) -> FloatArray:
        """Map values to [0, 1]: reals to their place, others to the middle of their bin.

        ``from_unit(to_unit(values))`` gives the values back. The result for a value that is not allowed has no
        meaning; check with `contains` first.
        """
        low, high = self._ends()
        if self.kind == "real":
            return np.asarray((self._rescale(as_numbers(values)) - low) / (high - low), dtype=np.float64)
        if self.kind == "integer" and self.scale == "log":
            numbers = as_numbers(values)
            middle = (np.log(numbers) + np.log(numbers + 1.0)) / 2.0
            return np.asarray((middle - low) / (high - low), dtype=np.float64)
        return np.asarray((self.index_of(values) + 0.5) / self.count, dtype=np.float64)

    def _ends(self) -> tuple[float, float]:
        """Return the ends of the range on the parameter's scale; a logarithmic integer's last bin reaches high + 1."""
        if self.values:
            return 0.0, float(len(self.values))
        low, high = self._limits()
        if self.scale == "linear":
            return low, high
        return math.log(low), math.log(high + 1.0 if self.kind == "integer" else high)

    def _limits(self) -> tuple[float, float]:
        return float(cast(float, self.low)), float(cast(float, self.high))

    def _rescale(self, numbers: FloatArray) -> FloatArray:
        return np.log(numbers) if self.scale == "log" else numbers

    def _unscale(self, numbers: FloatArray) -> FloatArray:
        return np.exp(numbers) if self.scale == "log" else numbers

    @cached_property
    def _array(self) -> AnyArray:
        return np.array(self.values, dtype=None if self.is_numeric else object)

    @cached_property
    def _levels(self) -> pd.Index[Any]:
        return pd.Index(self._array)

    def _least(self) -> float:
        return float(min(cast(tuple[float, ...], self.values))) if self.values else cast(float, self.low)

    def _require_finite(self) -> None:
        if self.kind == "real":
            raise InvalidInputError(f"{self.name} is a real; its values cannot be counted")

    def _check_words(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise InvalidInputError(
                f"parameter name is {self.name!r:.80}; allowed: a letter, then up to 63 letters, digits or _"
            )
        if keyword.iskeyword(self.name) or self.name in _RESERVED:
            raise InvalidInputError(f"parameter name is '{self.name}', which constraints use as a word of their own")
        closed: tuple[tuple[str, object, tuple[object, ...]], ...] = (
            ("kind", self.kind, get_args(Kind)),
            ("scale", self.scale, get_args(Scale)),
            ("assumed", self.assumed, (False, True)),
        )
        for field, value, choices in closed:
            if value not in choices:
                raise InvalidInputError(f"{self.name} has {field} {value!r:.80}; allowed: {one_of(choices)}")
        for field, value in (("unit", self.unit), ("meaning", self.meaning), ("group", self.group)):
            if not isinstance(value, str) or not (value.isprintable() and len(value) <= 1000):
                raise InvalidInputError(f"{self.name} has {field} {value!r:.80}; allowed: one line of text")

    def _settle_range(self) -> None:
        if self.values:
            raise InvalidInputError(f"{self.name} is {self.kind} and has values; allowed: low and high")
        for field, value in (("low", self.low), ("high", self.high)):
            object.__setattr__(self, field, self._bound(field, value))
        low, high = self._limits()
        if low > high or (self.kind == "real" and low == high):
            relation = "below" if self.kind == "real" else "at most"
            raise InvalidInputError(f"{self.name} has low {self.low} and high {self.high}; low must be {relation} high")

    def _bound(self, field: str, value: object) -> int | float:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidInputError(f"{self.name} has {field} {value!r:.80}; allowed: a number")
        if self.kind == "integer":
            if not (abs(value) <= MAX_INTEGER and value == int(value)):
                raise InvalidInputError(f"{self.name} has {field} {value!r:.80}; allowed: an integer up to 2**53")
            return int(value)
        if not abs(value) <= 1e300:
            raise InvalidInputError(f"{self.name} has {field} {value!r:.80}; allowed: a finite number up to 1e300")
        return float(value)

    def _settle_values(self) -> None:
        if self.low is not None or self.high is not None:
            raise InvalidInputError(f"{self.name} is {self.kind} and has low or high; allowed: values")
        if not isinstance(self.values, Sequence) or isinstance(self.values, str):
            raise InvalidInputError(f"{self.name} has values {self.values!r:.80}; allowed: a list")
        if not 1 <= len(self.values) <= MAX_VALUES:
            raise InvalidInputError(f"{self.name} has {len(self.values)} values; allowed: 1 to {MAX_VALUES}")
        object.__setattr__(self, "values", _uniform(self.name, self.kind, self.values))
        if len(set(self.values)) < len(self.values):
            repeated = next(value for value in self.values if self.values.count(value) > 1)
            raise InvalidInputError(f"{self.name} has the value {repeated!r} more than once; allowed: once")


def _uniform(name: str, kind: Kind, values: Sequence[object]) -> tuple[Value, ...]:
    """Return the values as all int, all float or all text, as Python's own types."""
    plain = tuple(value.item() if isinstance(value, np.generic) else value for value in values)
    for value in plain:
        if isinstance(value, str):
            if not (_TEXT.fullmatch(value) and value.isprintable()):
                raise InvalidInputError(
                    f"{name} has the value {value!r:.80}; allowed: 1 to 100 printable characters without commas"
                )
        elif kind == "categorical":
            raise InvalidInputError(
                f"{name} is categorical and has the value {value!r:.80}; allowed: texts (put them in quotes)"
            )
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidInputError(f"{name} has the value {value!r:.80}; allowed: numbers or texts")
        elif not abs(value) <= (MAX_INTEGER if isinstance(value, int) else 1e300):
            raise InvalidInputError(f"{name} has the value {value!r:.80}; allowed: finite numbers")
    if len({isinstance(value, str) for value in plain}) > 1:
        raise InvalidInputError(f"{name} mixes numbers and texts in its values; allowed: one of both")
    if any(isinstance(value, float) for value in plain):
        return tuple(float(cast(float, value)) for value in plain)
    return cast(tuple[Value, ...], plain)


def as_numbers(values: npt.ArrayLike | Sequence[object] | pd.Series) -> FloatArray:
    """Return values as float64, NaN wherever something is not a number (a text or a truth value, say)."""
    array = np.asarray(values)
    if array.dtype.kind in "iuf":
        return array.astype(np.float64)
    if isinstance(values, pd.Series) and pd.api.types.is_numeric_dtype(values) and values.dtype != bool:
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    numbers = [
        float(value) if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) else math.nan
        for value in (values if isinstance(values, (list, tuple)) else array.ravel())
    ]
    return np.array(numbers, dtype=np.float64)
