"""Designs as the numbers of their values: what networks embed and the optimizer moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError

Indices = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Encoding:
    """The table of values that designs may have.

    Attributes:
        names: The parameters.
        values: The values of each parameter, ascending.
    """

    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, parameters: Mapping[str, Sequence[float]]) -> Encoding:
        """Take parameters by name with their values.

        Raises:
            InvalidInputError: If there is no parameter, or the values of one are not ascending numbers.
        """
        if not parameters:
            raise InvalidInputError("parameters: none given; allowed: at least one, with its values")
        for name, values in parameters.items():
            if not len(values) or not np.all(np.isfinite(values)) or not np.all(np.diff(values) > 0):
                raise InvalidInputError(f"parameter {name}: values are {list(values)}; they must ascend")
        return cls(tuple(parameters), tuple(tuple(map(_plain, values)) for values in parameters.values()))

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many values each parameter has."""
        return np.array([len(values) for values in self.values])

    def indices_of(self, designs: pd.DataFrame, where: str = "designs") -> Indices:
        """Return which of its values each parameter has, counted from 0, shape (designs, parameters).

        Raises:
            InvalidInputError: If a column is missing or a value not in the table.
        """
        indices = np.empty((len(designs), len(self.names)), dtype=np.int32)
        for i, (name, known) in enumerate(zip(self.names, self.values, strict=True)):
            if name not in designs:
                raise InvalidInputError(f"{where}: column '{name}' is missing; found: {', '.join(map(str, designs))}")
            column = pd.to_numeric(designs[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
            found = np.minimum(np.searchsorted(known, column), len(known) - 1)
            if len(wrong := np.flatnonzero(np.array(known)[found] != column)):
                given = designs[name].iloc[wrong[0]]
                allowed = ", ".join(f"{value:g}" for value in known)
                raise InvalidInputError(f"{where}, row {wrong[0] + 1}: {name} is {given}; allowed: {allowed}")
            indices[:, i] = found
        return indices

    def designs_of(self, indices: Indices) -> pd.DataFrame:
        """Return the designs that have these values."""
        return pd.DataFrame({name: np.array(self.values[i])[indices[:, i]] for i, name in enumerate(self.names)})

    def random(self, shape: tuple[int, ...], rng: np.random.Generator) -> Indices:
        """Return uniform random designs, shape ``(*shape, parameters)``."""
        return rng.integers(0, self.counts, size=(*shape, len(self.names)), dtype=np.int32)


def _plain(value: float) -> float:
    """Return a whole number as an int, so that designs read back from a file look like those logged."""
    return int(value) if float(value).is_integer() else float(value)
