"""A network as JSON text that reads back the same: what results, campaigns and the database remember it by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.workloads.network import Network, check_network
from accel_core.workloads.operators import KINDS, Operator

MAX_BYTES = 20_000_000
"""Largest text that is read."""


def content_of(operators: Iterable[Operator]) -> str:
    """Return operators as JSON, without what is left at its default; the same ones make the same text."""
    return json.dumps({"operators": [_written(one) for one in operators]}, sort_keys=True, separators=(",", ":"))


def digest_of(operators: Iterable[Operator]) -> str:
    """Return 8 hex digits that differ wherever operators do."""
    return hashlib.blake2b(content_of(operators).encode(), digest_size=4).hexdigest()


def parse_content(text: str, place: str) -> Network:
    """Read what `content_of` wrote.

    Raises:
        InvalidInputError: If it is anything else; naming the operator, the field and its value.
    """
    if len(text) > MAX_BYTES:
        raise InvalidInputError(f"{place} has more than {MAX_BYTES:,} letters; at most that many are allowed")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{place} is not readable as JSON: {error!s:.200}") from None
    entries = data.get("operators") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise InvalidInputError(f"{place} has no list of operators; allowed: a network as the project writes it")
    operators = tuple(_read(entry, f"{place}, operators.{index}") for index, entry in enumerate(entries))
    return check_network(Network(operators), place)


def _written(operator: Operator) -> dict[str, Any]:
    values = {field.name: getattr(operator, field.name) for field in fields(operator)}
    defaults = {field.name: field.default for field in fields(operator) if field.default is not MISSING}
    kept = {name: value for name, value in values.items() if name not in defaults or value != defaults[name]}
    return {"kind": operator.kind, **kept}


def _read(entry: Any, place: str) -> Operator:
    if not isinstance(entry, Mapping) or entry.get("kind") not in KINDS:
        raise InvalidInputError(f"{place} is {entry!r:.80}; allowed: a mapping whose kind is one of {', '.join(KINDS)}")
    kind = KINDS[entry["kind"]]
    known = {field.name: field for field in fields(kind)}
    values: dict[str, Any] = {}
    for name, value in entry.items():
        if name == "kind":
            continue
        if name not in known or not _is_of(str(known[name].type), value):
            raise InvalidInputError(f"{place}: {name!r:.40} is {value!r:.40}; allowed: {', '.join(known)}")
        values[name] = tuple(value) if isinstance(value, list) else value
    if missing := [name for name, field in known.items() if field.default is MISSING and name not in values]:
        raise InvalidInputError(f"{place}: {missing[0]} is missing")
    try:
        return kind(**values)
    except InvalidInputError as error:
        raise InvalidInputError(f"{place}: {error}") from None


def _is_of(annotation: str, value: Any) -> bool:
    """Tell whether a JSON value has the type that a field of an operator is annotated with."""
    if annotation == "str":
        return isinstance(value, str) and len(value) <= 1_000
    if annotation == "bool":
        return isinstance(value, bool)
    if annotation == "tuple[str, ...]":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if annotation in ("int", "int | None"):
        return (value is None and "None" in annotation) or (isinstance(value, int) and not isinstance(value, bool))
    return isinstance(value, list) and all(isinstance(item, int) for item in value)
