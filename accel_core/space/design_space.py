"""All designs that may be: parameters, and constraints between them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidDesignError, InvalidInputError
from accel_core.space.autotuner import is_autotuner, load_autotuner, read_autotuner
from accel_core.space.blocks import Block, columns_of, partition
from accel_core.space.constraints import Constraint
from accel_core.space.documents import dump_document, load_document
from accel_core.space.messages import unknown
from accel_core.space.parameters import MAX_INTEGER, AnyArray, FloatArray, IntArray, Parameter, as_numbers
from accel_core.space.restriction import Wanted, narrow
from accel_core.space.space_yaml import read_space, write_space

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class DesignSpace:
    """The designs whose values are allowed and meet every constraint.

    Tables of designs have one column per parameter: integers as int64, reals as float64, ordinals as the type of
    their values, categoricals as text. Other columns are ignored wherever a table is taken.

    Attributes:
        name: What it is called.
        parameters: In the order of the columns.
        constraints: What every design must meet.
    """

    name: str
    parameters: tuple[Parameter, ...]
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        """Reject repeated names, and constraints that do not fit the parameters."""
        object.__setattr__(self, "parameters", tuple(self.parameters))
        object.__setattr__(self, "constraints", tuple(self.constraints))
        if not isinstance(self.name, str) or not (0 < len(self.name) <= 100 and self.name.isprintable()):
            raise InvalidInputError(f"space name is {self.name!r:.80}; allowed: 1 to 100 printable characters")
        if not self.parameters:
            raise InvalidInputError(f"space '{self.name}' has no parameters; allowed: at least one")
        for what, names in (("parameter", self.names), ("constraint", tuple(c.name for c in self.constraints))):
            if repeated := [name for name in names if names.count(name) > 1]:
                raise InvalidInputError(f"{what} name '{repeated[0]}' is used twice; allowed: once")
        for constraint in self.constraints:
            constraint.check({p.name: "number" if p.is_numeric else "text" for p in self.parameters})

    @classmethod
    def from_yaml(cls, text_or_path: str | Path) -> DesignSpace:
        """Read a space from YAML, given as text or as a file.

        Raises:
            InvalidInputError: Naming the file, the place in it, the value and what is allowed.
        """
        place, content = load_document(text_or_path)
        return cls.from_mapping(content, place)

    @classmethod
    def from_autotuner(cls, text_or_path: str | Path) -> DesignSpace:
        """Read a space of AutoTuner of OpenROAD-flow-scripts, JSON text or a file (a ``Path``).

        Raises:
            InvalidInputError: Naming the file, the parameter, its value and what is allowed.
        """
        return cls(*load_autotuner(text_or_path))

    @classmethod
    def from_mapping(cls, content: object, place: str = "space") -> DesignSpace:
        """Read a space that is a part of a larger document; ``place`` says where, for messages.

        Also one of AutoTuner, which is told by what it holds.
        """
        if is_autotuner(content):
            return cls("autotuner", read_autotuner(content, place))
        name, parameters, constraints = read_space(content, place)
        try:
            return cls(name, parameters, constraints)
        except InvalidInputError as error:
            raise InvalidInputError(f"{place}: {error}") from None

    def to_mapping(self) -> dict[str, Any]:
        """Return the space as mappings, lists, texts and numbers; the opposite of `from_mapping`."""
        return write_space(self.name, self.parameters, self.constraints)

    def to_yaml(self) -> str:
        """Return the space as YAML; `from_yaml` reads an equal space from it."""
        return dump_document(self.to_mapping())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    def parameter(self, name: str) -> Parameter:
        """Return a parameter by name.

        Raises:
            InvalidInputError: If there is none of that name.
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise InvalidInputError(unknown("parameter", name, self.names))

    @property
    def is_finite(self) -> bool:
        """Whether no parameter is a real."""
        return all(parameter.size is not None for parameter in self.parameters)

    @property
    def is_empty(self) -> bool:
        """Whether the constraints that could be counted leave no design."""
        return any(block.size == 0 for block in self.blocks)

    @property
    def size(self) -> int | None:
        """How many valid designs there are, None if a parameter is a real.

        Exact if `size_is_exact`, else an upper bound.
        """
        return math.prod(block.size for block in self.blocks) if self.is_finite else None

    @property
    def size_is_exact(self) -> bool:
        """Whether the constraints tie together few enough combinations for all to have been tried."""
        return self.is_finite and not self.open_constraints

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The finite parameters, grouped by the constraints that tie them together."""
        return self._partition[0]

    @property
    def open_constraints(self) -> tuple[Constraint, ...]:
        """The constraints that designs have to be tested against: about reals, or too many combinations."""
        return self._partition[1]

    @cached_property
    def _partition(self) -> tuple[tuple[Block, ...], tuple[Constraint, ...]]:
        return partition(self.parameters, self.constraints)

    def defaults(self) -> pd.DataFrame:
        """Return one design: every parameter at its default.

        Where the defaults break a constraint, it is the valid design nearest to them among a few thousand tried;
        parameters of which no constraint speaks stay at their defaults.

        Raises:
            InvalidInputError: If no valid design was found.
        """
        chosen = self._typed({p.name: p.column([p.default_value]) for p in self.parameters}, 1)
        if self.is_valid(chosen)[0]:
            return chosen
        spread = np.random.default_rng(0).random((4096, len(self.parameters)))
        tried = self.from_unit_constrained(spread)
        tied = {name for constraint in self.constraints for name in constraint.names}
        tried = tried.assign(**{name: chosen[name].iloc[0] for name in self.names if name not in tied})
        tried = tried[self.is_valid(tried)]
        if tried.empty:
            raise InvalidInputError(f"space '{self.name}' has no valid design among 4096 tried; loosen a constraint")
        distance = np.abs(self.to_unit(tried) - self.to_unit(chosen)).sum(axis=1)
        return tried.iloc[[int(np.argmin(distance))]].reset_index(drop=True)

    def is_valid(self, designs: pd.DataFrame) -> BoolArray:
        """Tell which rows are designs of this space.

        Raises:
            InvalidDesignError: If a column is missing.
        """
        self._require_columns(designs)
        allowed = np.ones(len(designs), dtype=np.bool_)
        for parameter in self.parameters:
            allowed &= parameter.contains(designs[parameter.name])
        rows = np.flatnonzero(allowed)
        columns = columns_of(designs.iloc[rows], self.parameters)
        for constraint in self.constraints:
            allowed[rows] &= constraint.holds(columns, len(rows))
        return allowed

    def check(self, designs: pd.DataFrame, numbers: Sequence[int] | None = None) -> None:
        """Reject a table with a row that is not a design of this space.

        Args:
            designs: One row a design.
            numbers: What to call each row in errors; None counts from 1.

        Raises:
            InvalidDesignError: Naming the first such row, its column or constraint, the value and what is allowed.
        """
        numbers = range(1, len(designs) + 1) if numbers is None else numbers
        self._require_columns(designs)
        for parameter in self.parameters:
            bad = ~parameter.contains(designs[parameter.name])
            if bad.any():
                row = int(np.argmax(bad))
                value = designs[parameter.name].iloc[row]
                raise InvalidDesignError(
                    f"row {numbers[row]}: {parameter.name} is {value!s:.80}; allowed: {parameter.allowed}"
                )
        columns = columns_of(designs, self.parameters)
        for constraint in self.constraints:
            bad = ~constraint.holds(columns, len(designs))
            if bad.any():
                row = int(np.argmax(bad))
                values = ", ".join(f"{name} {designs[name].iloc[row]}" for name in constraint.names)
                raise InvalidDesignError(
                    f"row {numbers[row]}: {values} breaks constraint '{constraint.name}'; "
                    f"allowed: {constraint.expression}"
                )

    def coerce(self, designs: pd.DataFrame, numbers: Sequence[int] | None = None) -> pd.DataFrame:
        """Return the parameters' columns, in order, with the types of this space, as from a CSV of unknown types.

        Args:
            designs: A column a parameter; others are left out.
            numbers: What to call each row in errors; None counts from 1.

        Raises:
            InvalidDesignError: If a column is missing, or a value is not a number where one is needed.
        """
        self._require_columns(designs)
        columns = {p.name: _coerced(p, designs[p.name], numbers) for p in self.parameters}
        return pd.DataFrame(columns, index=designs.index)

    def from_unit(self, u: npt.ArrayLike) -> pd.DataFrame:
        """Map points of the unit cube, shape ``(n, n_parameters)``, to allowed values; constraints are not heeded."""
        u = self._points(u)
        columns = {p.name: p.from_unit(column) for p, column in zip(self.parameters, u.T, strict=True)}
        return self._typed(columns, len(u))

    def to_unit(self, designs: pd.DataFrame) -> FloatArray:
        """Map designs to the unit cube, shape ``(n, n_parameters)``; `from_unit` maps them back."""
        self._require_columns(designs)
        columns = [parameter.to_unit(designs[parameter.name]) for parameter in self.parameters]
        return np.column_stack(columns).astype(np.float64)

    def from_unit_constrained(self, u: npt.ArrayLike) -> pd.DataFrame:
        """Map points of the unit cube, shape ``(n, n_parameters)``, to designs that meet all but `open_constraints`.

        Even points become even designs; see `Block.digits_from_unit`.

        Raises:
            InvalidInputError: If these constraints leave no design.
        """
        u = self._points(u)
        if len(u) and self.is_empty:
            raise InvalidInputError(f"space '{self.name}' has no valid design; its constraints exclude all")
        position = {name: i for i, name in enumerate(self.names)}
        columns: dict[str, AnyArray] = {}
        for block in self.blocks:
            coordinates = u[:, [position[p.name] for p in block.parameters]]
            for parameter, digit in zip(block.parameters, block.digits_from_unit(coordinates), strict=True):
                columns[parameter.name] = parameter.take(digit)
        for parameter in self.parameters:
            if parameter.size is None:
                columns[parameter.name] = parameter.from_unit(u[:, position[parameter.name]])
        return self._typed(columns, len(u))

    def to_unit_constrained(self, designs: pd.DataFrame) -> FloatArray:
        """Map valid designs to the unit cube, shape ``(n, n_parameters)``; `from_unit_constrained` maps them back.

        Here designs drawn evenly from the valid ones are even, whatever shape the constraints cut out.
        """
        self._require_columns(designs)
        columns: dict[str, FloatArray] = {}
        for block in self.blocks:
            digits = [parameter.index_of(designs[parameter.name]) for parameter in block.parameters]
            u = block.unit_from_digits(digits)
            columns |= {p.name: column for p, column in zip(block.parameters, u.T, strict=True)}
        for parameter in self.parameters:
            if parameter.size is None:
                columns[parameter.name] = parameter.to_unit(designs[parameter.name])
        return np.column_stack([columns[name] for name in self.names])

    def from_index(self, indices: npt.ArrayLike) -> pd.DataFrame:
        """Return designs by their number, 0 to ``size - 1``, in a fixed order: the last block varies fastest.

        Raises:
            InvalidInputError: If the valid designs cannot be numbered, or a number is too large.
        """
        size = self._require_countable()
        rest = np.asarray(indices, dtype=np.int64)
        if rest.size and not (rest.min() >= 0 and rest.max() < size):
            raise InvalidInputError(f"design numbers are {rest.min()} to {rest.max()}; allowed: 0 to {size - 1}")
        columns: dict[str, AnyArray] = {}
        for block in reversed(self.blocks):
            digits = block.digits(rest % block.size)
            columns |= {p.name: p.take(digit) for p, digit in zip(block.parameters, digits, strict=True)}
            rest = rest // block.size
        return self._typed(columns, len(rest))

    def to_index(self, designs: pd.DataFrame) -> IntArray:
        """Return the number of each design, -1 for one that is not valid; the opposite of `from_index`."""
        self._require_countable()
        self._require_columns(designs)
        indices = np.zeros(len(designs), dtype=np.int64)
        valid = np.ones(len(designs), dtype=np.bool_)
        for block in self.blocks:
            digits = [parameter.index_of(designs[parameter.name]) for parameter in block.parameters]
            known = np.all(np.array(digits) >= 0, axis=0)
            ranks = np.where(known, block.ranks(digits), -1)
            indices = indices * block.size + ranks
            valid &= ranks >= 0
        return np.where(valid, indices, -1)

    def iter_chunks(self, chunk: int = 1_000_000) -> Iterator[pd.DataFrame]:
        """Yield all valid designs, at most ``chunk`` at a time, in the order of `from_index`."""
        size = self._require_countable()
        for start in range(0, size, chunk):
            yield self.from_index(np.arange(start, min(start + chunk, size)))

    def enumerate(self, max_designs: int = 10_000_000) -> pd.DataFrame:
        """Return all valid designs, in the order of `from_index`.

        Raises:
            InvalidInputError: If there are more than ``max_designs``, or they cannot be numbered.
        """
        size = self._require_countable()
        if size > max_designs:
            raise InvalidInputError(f"space '{self.name}' has {size} designs; allowed here: at most {max_designs}")
        return self.from_index(np.arange(size))

    def restrict(self, settings: Mapping[str, Wanted]) -> DesignSpace:
        """Return a smaller space: each named parameter is fixed (``V``), listed (``V1,V2``) or narrowed (``LO..HI``).

        A fixed parameter stays, with one value.

        Raises:
            InvalidInputError: If a name or a value is unknown, or a range is empty, inverted or too wide.
        """
        narrowed = {name: narrow(self.parameter(name), wanted) for name, wanted in settings.items()}
        return replace(self, parameters=tuple(narrowed.get(p.name, p) for p in self.parameters))

    def subspace(self, group: str) -> DesignSpace:
        """Return the space of one group's parameters, with the constraints that speak of nothing else.

        Constraints across groups are in neither group's space: after `cross`, keep the rows that are valid.

        Raises:
            InvalidInputError: If no parameter is in that group.
        """
        parameters = tuple(parameter for parameter in self.parameters if parameter.group == group)
        if not parameters:
            raise InvalidInputError(unknown("group", group, dict.fromkeys(p.group for p in self.parameters)))
        names = {parameter.name for parameter in parameters}
        constraints = tuple(c for c in self.constraints if names.issuperset(c.names))
        return DesignSpace(f"{self.name} {group}", parameters, constraints)

    def _require_columns(self, designs: pd.DataFrame) -> None:
        for name in self.names:
            if name not in designs:
                raise InvalidDesignError(
                    f"the designs have no column '{name}'; allowed: a column for each of {', '.join(self.names)}"
                )

    def _require_countable(self) -> int:
        if not self.size_is_exact or cast(int, self.size) >= 2**63:
            reason = "real parameters" if not self.is_finite else "too many designs"
            raise InvalidInputError(f"space '{self.name}' cannot be numbered, because it has {reason}")
        return cast(int, self.size)

    def _points(self, u: npt.ArrayLike) -> FloatArray:
        points = np.asarray(u, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != len(self.parameters):
            raise InvalidInputError(f"points have shape {points.shape}; allowed: (n, {len(self.parameters)})")
        return points

    def _typed(self, columns: Mapping[str, AnyArray], n_rows: int) -> pd.DataFrame:
        return pd.DataFrame(
            {
                p.name: columns[p.name] if p.is_numeric else pd.Series(columns[p.name], dtype="str")
                for p in self.parameters
            },
            index=pd.RangeIndex(n_rows),
        )


def _coerced(parameter: Parameter, column: pd.Series, numbers: Sequence[int] | None) -> pd.Series:
    bad: BoolArray = column.isna().to_numpy(dtype=np.bool_)
    if parameter.is_numeric:
        floats = _floats(column)
        bad = np.isnan(floats) | np.isinf(floats)
        if parameter.is_whole:
            bad |= (floats != np.floor(floats)) | (np.abs(floats) > MAX_INTEGER)
    if bad.any():
        at = int(np.argmax(bad))
        row = at + 1 if numbers is None else numbers[at]
        raise InvalidDesignError(
            f"row {row}: {parameter.name} is {column.iloc[at]!s:.80}; allowed: {parameter.allowed}"
        )
    if not parameter.is_numeric:
        return column.astype("str").str.strip()
    return pd.Series(floats.astype(np.int64) if parameter.is_whole else floats, index=column.index)


def _floats(column: pd.Series) -> FloatArray:
    """Return a column as numbers, NaN where even its text is none."""
    if pd.api.types.is_string_dtype(column) or pd.api.types.is_object_dtype(column):
        column = pd.to_numeric(column.astype("str").str.strip(), errors="coerce")
    return as_numbers(column)
