"""A named condition that every design must meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from accel_core.errors import InvalidInputError
from accel_core.space.expressions import Expression, Type, parse


@dataclass(frozen=True)
class Constraint:
    """A condition between parameters, such as ``mesh_x * mesh_y == 168``.

    Attributes:
        name: What a person calls it; errors and pages show it.
        expression: The condition over parameter names; see `accel_core.space.expressions` for what it may hold.
    """

    name: str
    expression: str

    def __post_init__(self) -> None:
        """Read the expression once, so that a typo or code in it is told at once."""
        if not isinstance(self.name, str) or not (0 < len(self.name) <= 200 and self.name.isprintable()):
            raise InvalidInputError(f"constraint name is {self.name!r:.80}; allowed: one line of text")
        try:
            names = self._parsed.names
        except InvalidInputError as error:
            raise InvalidInputError(f"constraint '{self.name}': {error}") from None
        if not names:
            raise InvalidInputError(
                f"constraint '{self.name}': '{self.expression}' speaks of no parameter; allowed: one or more"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters it speaks of, in order of appearance."""
        return self._parsed.names

    def check(self, types: Mapping[str, Type]) -> None:
        """Reject names that are not in ``types`` and operations that do not fit them.

        Raises:
            InvalidInputError: Naming the constraint, the part and what is allowed.
        """
        try:
            self._parsed.check(types)
        except InvalidInputError as error:
            raise InvalidInputError(f"constraint '{self.name}': {error}") from None

    def texts_compared(self) -> list[tuple[str, str]]:
        """Return each (parameter, text) pair that the expression compares for equality."""
        return self._parsed.texts_compared()

    def holds(self, columns: Mapping[str, npt.NDArray[Any]], n_rows: int) -> npt.NDArray[np.bool_]:
        """Return which of ``n_rows`` designs meet it; columns as `Expression.evaluate` wants them."""
        return self._parsed.evaluate(columns, n_rows)

    @cached_property
    def _parsed(self) -> Expression:
        return parse(self.expression)
