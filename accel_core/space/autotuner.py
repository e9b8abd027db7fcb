"""Spaces of AutoTuner, the tuner of OpenROAD-flow-scripts: its ``autotuner.json`` as parameters.

A key is a parameter, ``{type: int | float, minmax: [a, b], step: s}``, or a text such as ``_SDC_FILE_PATH``, which says
where the flow's own files are and varies nothing. Step 0 is a continuous range for a float. Both ends are included, as
AutoTuner's documentation says of ``minmax``. Leading underscores, with which it marks what is no variable of the flow,
are left off, for parameters begin with a letter here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.space.documents import MAX_BYTES, check_mapping
from accel_core.space.parameters import MAX_VALUES, Parameter, Value

_DIGITS = 12  # of a value that steps make, so that 0.1 + 0.2 is 0.3
_GROUP = "backend"


def load_autotuner(text_or_path: str | Path) -> tuple[str, tuple[Parameter, ...]]:
    """Read the parameters of a file (a ``Path``) or of JSON text, and return the name to call the space.

    Raises:
        InvalidInputError: Naming the file, the parameter, its value and what is allowed.
    """
    if isinstance(text_or_path, Path):
        place, name = text_or_path.name, text_or_path.stem
        try:
            with text_or_path.open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise InvalidInputError(f"{text_or_path}: cannot be read: {error.strerror}") from None
    else:
        place, name, content = "AutoTuner", "autotuner", text_or_path.encode(errors="replace")
    if len(content) > MAX_BYTES:
        raise InvalidInputError(f"{place} is larger than {MAX_BYTES} bytes; allowed: at most that many")
    try:
        data = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise InvalidInputError(f"{place} is not UTF-8; allowed: JSON as UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{place}: not readable as JSON: {error!s:.200}") from None
    return name, read_autotuner(data, place)


def is_autotuner(content: object) -> bool:
    """Tell whether a document is AutoTuner's rather than a space of this project."""
    return (
        isinstance(content, Mapping)
        and "parameters" not in content
        and any(isinstance(entry, Mapping) and {"type", "minmax"} <= entry.keys() for entry in content.values())
    )


def read_autotuner(content: object, place: str) -> tuple[Parameter, ...]:
    """Return the parameters of a document.

    Raises:
        InvalidInputError: Naming the place, the parameter, its value and what is allowed.
    """
    if not isinstance(content, Mapping):
        raise InvalidInputError(f"{place} is {content!r:.60}; allowed: an object with a parameter for each key")
    found: dict[str, Parameter] = {}
    for key, entry in content.items():
        if isinstance(entry, str):
            continue
        parameter = _parameter(str(key), entry, f"{place}, {key!s:.80}")
        if parameter.name in found:
            raise InvalidInputError(
                f"{place}: '{key!s:.80}' and another key are both '{parameter.name}' here; allowed: one"
            )
        found[parameter.name] = parameter
    if not found:
        raise InvalidInputError(f"{place} has no parameter; allowed: keys with type, minmax and step")
    return tuple(found.values())


def _parameter(key: str, entry: object, place: str) -> Parameter:
    given = check_mapping(entry, place, ("type", "minmax", "step", "values"), ("type",))
    kind, name = given["type"], key.lstrip("_")
    try:
        if kind == "string":
            return Parameter(name, "categorical", values=tuple(given.get("values") or ()), group=_GROUP)
        if kind not in ("int", "float"):
            raise InvalidInputError(f"type is {kind!r:.40}; allowed: int, float, string")
        low, high = _limits(given.get("minmax"), is_whole=kind == "int")
        step = _number("step", given.get("step", 0), is_whole=kind == "int")
        return _ranged(name, kind, low, high, step)
    except InvalidInputError as error:
        raise InvalidInputError(f"{place}: {error}") from None


def _ranged(name: str, kind: str, low: float, high: float, step: float) -> Parameter:
    if step < 0 or (kind == "int" and step == 0 and low < high):
        raise InvalidInputError(f"step is {step:g}; allowed: above 0, or 0 for a single value or a range of floats")
    if kind == "int" and step <= 1 and low < high:
        return Parameter(name, "integer", low, high, group=_GROUP)
    if step == 0 and low < high:
        return Parameter(name, "real", low, high, group=_GROUP)
    n_steps = math.floor((high - low) / step + 1e-9) if step else 0
    if n_steps >= MAX_VALUES:
        raise InvalidInputError(
            f"step is {step:g}, which makes {n_steps + 1:,} values; allowed: at most {MAX_VALUES:,}"
        )
    values: list[Value] = [low + index * step for index in range(n_steps + 1)]
    if kind == "float":
        values = [float(f"{value:.{_DIGITS}g}") for value in values]
    return Parameter(name, "ordinal", values=tuple(values), group=_GROUP)


def _limits(value: Any, *, is_whole: bool) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidInputError(f"minmax is {value!r:.60}; allowed: a list of two numbers")
    low, high = (_number("minmax", entry, is_whole=is_whole) for entry in value)
    if low > high:
        raise InvalidInputError(f"minmax is {value!r:.60}; allowed: the smaller number first")
    return low, high


def _number(name: str, value: Any, *, is_whole: bool) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInputError(f"{name} is {value!r:.60}; allowed: numbers")
    if not is_whole:
        return float(value)
    if value != int(value):
        raise InvalidInputError(f"{name} is {value!r:.60}; allowed: whole numbers, for its type is int")
    return int(value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that is there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is repeated")
    return found
