"""Design spaces as the mappings and lists of a YAML document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from difflib import get_close_matches
from typing import Any, TypeVar

from accel_core.errors import InvalidInputError
from accel_core.space.constraints import Constraint
from accel_core.space.documents import check_list, check_mapping
from accel_core.space.parameters import Parameter

T = TypeVar("T")

_PARAMETER_KEYS = tuple(field.name for field in fields(Parameter))
_CONSTRAINT_KEYS = tuple(field.name for field in fields(Constraint))
_DEFAULTS = {field.name: field.default for field in fields(Parameter) if field.default is not MISSING}


def read_space(content: object, place: str) -> tuple[str, tuple[Parameter, ...], tuple[Constraint, ...]]:
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
    for i, constraint in enumerate(constraints):
        _check_texts(constraint, parameters, f"{place}, constraints.{i}")
    return space["name"], parameters, constraints


def write_space(name: str, parameters: Sequence[Parameter], constraints: Sequence[Constraint]) -> dict[str, Any]:
    """Return a space as mappings, lists, texts and numbers, without what is left at its default."""
    content: dict[str, Any] = {"name": name, "parameters": [_written(parameter) for parameter in parameters]}
    if constraints:
        content["constraints"] = [{"name": c.name, "expression": c.expression} for c in constraints]
    return content


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


def _check_texts(constraint: Constraint, parameters: Sequence[Parameter], place: str) -> None:
    """Reject a comparison with a text that is nearly one of the parameter's: that is a typo.

    One that is far from all of them may be a value that a narrowed space has lost, and is simply never true.
    """
    texts = {parameter.name: [*map(str, parameter.values)] for parameter in parameters if not parameter.is_numeric}
    by_name = {parameter.name: parameter for parameter in parameters}
    for name, text in constraint.texts_compared():
        known = texts.get(name, [text])
        if text not in known and get_close_matches(text, known, n=1, cutoff=0.5):
            message = f"constraint '{constraint.name}': {name} is never '{text}'; allowed: {by_name[name].allowed}"
            raise InvalidInputError(f"{place}: {message}")


def _built(build: Callable[[object, str], T], item: object, place: str) -> T:
    """Build one part; what its own check says is put after the place."""
    try:
        return build(item, place)
    except InvalidInputError as error:
        message = str(error)
        raise InvalidInputError(message if message.startswith(place) else f"{place}: {message}") from None
