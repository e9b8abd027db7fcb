"""Design spaces as YAML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from accel_core.errors import InvalidInputError
from accel_core.space.constraints import Constraint
from accel_core.space.documents import check_list, check_mapping, dump_document, load_document
from accel_core.space.parameters import Parameter

T = TypeVar("T")

_PARAMETER_KEYS = tuple(field.name for field in fields(Parameter))
_CONSTRAINT_KEYS = tuple(field.name for field in fields(Constraint))
_DEFAULTS = {field.name: field.default for field in fields(Parameter) if field.default is not MISSING}


def load(text_or_path: str | Path) -> tuple[str, tuple[Parameter, ...], tuple[Constraint, ...]]:
    """Read the name, parameters and constraints of a space from YAML text or a YAML file."""
    place, content = load_document(text_or_path)
    return read(content, place)


def read(content: object, place: str) -> tuple[str, tuple[Parameter, ...], tuple[Constraint, ...]]:
    """Read the name, parameters and constraints of a space from a document's content.

    Raises:
        InvalidInputError: Naming the place, such as ``edge.yaml, parameters.2`` (counted from 0).
    """
    space = check_mapping(content, place, ("name", "parameters", "constraints"), ("name", "parameters"))
    parameters = tuple(
        _built(_parameter, item, f"{place}, parameters.{i}")
        for i, item in enumerate(check_list(space["parameters"], f"{place}, parameters"))
    )
    constraints = tuple(
        _built(_constraint, item, f"{place}, constraints.{i}")
        for i, item in enumerate(check_list(space.get("constraints") or [], f"{place}, constraints"))
    )
    return space["name"], parameters, constraints


def write(name: str, parameters: Sequence[Parameter], constraints: Sequence[Constraint]) -> dict[str, Any]:
    """Return a space as mappings, lists, texts and numbers, without what is left at its default."""
    content: dict[str, Any] = {"name": name, "parameters": [_written(parameter) for parameter in parameters]}
    if constraints:
        content["constraints"] = [{"name": c.name, "expression": c.expression} for c in constraints]
    return content


def dump(content: dict[str, Any]) -> str:
    """Return the result of `write` as YAML."""
    return dump_document(content)


def _written(parameter: Parameter) -> dict[str, Any]:
    values = {key: getattr(parameter, key) for key in _PARAMETER_KEYS}
    values["values"] = list(parameter.values) or ()
    return {key: value for key, value in values.items() if key not in _DEFAULTS or value != _DEFAULTS[key]}


def _parameter(item: object, place: str) -> Parameter:
    content = dict(check_mapping(item, place, _PARAMETER_KEYS, ("name", "kind")))
    if "values" in content:
        content["values"] = tuple(check_list(content["values"], f"{place}.values"))
    return Parameter(**content)


def _constraint(item: object, place: str) -> Constraint:
    return Constraint(**check_mapping(item, place, _CONSTRAINT_KEYS, _CONSTRAINT_KEYS))


def _built(build: Callable[[object, str], T], item: object, place: str) -> T:
    """Build one part; what its own check says is put after the place."""
    try:
        return build(item, place)
    except InvalidInputError as error:
        message = str(error)
        raise InvalidInputError(message if message.startswith(place) else f"{place}: {message}") from None
