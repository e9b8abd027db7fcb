"""Narrowing one parameter, in the command line's words: ``V``, ``V1,V2`` or ``LO..HI``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from accel_core.errors import InvalidInputError
from accel_core.space.parameters import Kind, Parameter, Value

Wanted = str | int | float | Sequence[Value]


def narrow(parameter: Parameter, wanted: Wanted) -> Parameter:
    """Return the parameter with fewer values; listed ones make it an ordinal (or leave it a categorical).

    A default that is no longer allowed is dropped.

    Raises:
        InvalidInputError: If a value is not among the parameter's, or a range is empty, inverted or too wide.
    """
    text = wanted if isinstance(wanted, str) else _spelled(wanted)
    if ".." in text and parameter.is_numeric:
        return _narrow_range(parameter, text)
    values = tuple(_value(parameter, part.strip(), text) for part in text.split(","))
    if len(set(values)) < len(values):
        raise InvalidInputError(f"{parameter.name} is {text}; allowed: each value once")
    return _with_values(parameter, values)


def _spelled(wanted: int | float | Sequence[Value]) -> str:
    return ",".join(map(str, wanted)) if isinstance(wanted, Sequence) else str(wanted)


def _narrow_range(parameter: Parameter, text: str) -> Parameter:
    ends = text.split("..")
    if len(ends) != 2 or not all(end.strip() for end in ends):
        raise InvalidInputError(f"{parameter.name} is {text}; allowed: one value, V1,V2 or LO..HI")
    low, high = (_number(parameter, end.strip(), text) for end in ends)
    if low > high:
        raise InvalidInputError(f"{parameter.name} is {text}, an inverted range; allowed: LO..HI with LO at most HI")
    if parameter.values:
        kept = tuple(value for value in parameter.values if low <= float(value) <= high)
        if not kept:
            raise InvalidInputError(f"{parameter.name} is {text}, an empty range; allowed: {parameter.allowed}")
        return _with_values(parameter, kept)
    if not parameter.contains([low, high]).all():
        raise InvalidInputError(f"{parameter.name} is {text}; allowed: {parameter.allowed}")
    if low == high:
        return _with_values(parameter, (_value(parameter, ends[0].strip(), text),))
    return replace(parameter, low=low, high=high, default=_default(parameter, low, high))


def _default(parameter: Parameter, low: float, high: float) -> Value | None:
    default = parameter.default
    return default if default is None or low <= float(default) <= high else None


def _with_values(parameter: Parameter, values: Sequence[Value]) -> Parameter:
    if parameter.values:
        values = [value for value in parameter.values if value in values]
    kind: Kind = "categorical" if parameter.kind == "categorical" else "ordinal"
    default = parameter.default if parameter.default in values else None
    return replace(parameter, kind=kind, low=None, high=None, values=tuple(values), default=default)


def _value(parameter: Parameter, word: str, text: str) -> Value:
    value = _number(parameter, word, text) if parameter.is_numeric else word
    if not parameter.contains([value])[0]:
        raise InvalidInputError(f"{parameter.name} is {word}; allowed: {parameter.allowed}")
    if parameter.kind == "real":
        return float(value)
    exact = parameter.take(parameter.index_of([value]))[0]
    return exact.item() if isinstance(exact, np.generic) else str(exact)


def _number(parameter: Parameter, word: str, text: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise InvalidInputError(f"{parameter.name} is {text}; allowed: {parameter.allowed}") from None
