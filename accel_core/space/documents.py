"""YAML from outside, read with distrust: bounded, without tags, aliases or repeated keys, in YAML 1.2's plain words.

PyYAML follows YAML 1.1, where ``2.0e8`` is a text, ``on`` is a truth value and ``1:30`` is ninety. The loader here
reads numbers and truths as YAML 1.2's core schema does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from accel_core.errors import InvalidInputError
from accel_core.space.messages import unknown

MAX_BYTES = 262_144
"""Largest document; the parser needs about a second for that much."""

MAX_LEVELS = 100
"""Deepest nesting; the parser's time grows with the square of it."""

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.?[0-9]*)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class _StrictLoader(yaml.SafeLoader):
    """The safe loader without anything that makes a small text large, or that says two things at once."""

    def fetch_flow_collection_start(self, kind: Any) -> None:
        """Refuse brackets in brackets without end."""
        self._check_depth(self.flow_level)
        super().fetch_flow_collection_start(kind)

    def add_indent(self, column: int) -> bool:
        """Refuse lists in lists without end."""
        self._check_depth(len(self.indents))
        return bool(super().add_indent(column))

    def _check_depth(self, levels: int) -> None:
        if levels >= MAX_LEVELS:
            mark = self.get_mark()
            raise yaml.MarkedYAMLError(problem=f"more than {MAX_LEVELS} levels are not allowed", problem_mark=mark)

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases, which multiply, and tags, which may mean code."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.tag is not None:
            raise yaml.MarkedYAMLError(problem="aliases and tags are not allowed", problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that is there twice."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                raise yaml.MarkedYAMLError(problem="a key is repeated or not a plain word", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Loader(_StrictLoader):
    """The strict loader with YAML 1.2's scalars."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


class _Dumper(yaml.SafeDumper):
    """The safe dumper, which quotes whatever YAML 1.1 or 1.2 would not read as text."""

    yaml_implicit_resolvers = {k: list(v) for k, v in yaml.SafeDumper.yaml_implicit_resolvers.items()}  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Escape what YAML takes for the end of a line; only double quotes can."""
        style = '"' if any(mark in data for mark in "\x85\u2028\u2029") else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)


for _tag, _pattern, _first in (
    ("null", re.compile(r"~|null|Null|NULL|"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF")),
    ("int", _INTEGER, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
):
    _pattern = re.compile(rf"^(?:{_pattern.pattern})$")
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, _first)
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, _first)


def _float(loader: yaml.Loader, node: yaml.ScalarNode) -> float:
    """Read a number as Python spells it, and refuse what is none, with which nothing compares."""
    if node.value.lower() == ".nan":
        raise yaml.MarkedYAMLError(problem="'.nan' is no number; allowed: numbers", problem_mark=node.start_mark)
    return float(node.value.lower().replace(".inf", "inf"))


_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def load_document(text_or_path: str | Path) -> tuple[str, Any]:
    """Read a YAML document from a text, or from a file (a `Path`, or one line ending in .yaml or .yml).

    Returns:
        The name to use for the document in messages (the file's name), and its content.

    Raises:
        InvalidInputError: If it cannot be read, is too large or is not plain YAML; with the line at fault.
    """
    place, raw = _read(text_or_path)
    return place, load_yaml(raw, place)


def load_yaml(content: str | bytes, place: str, max_bytes: int = MAX_BYTES) -> Any:
    """Return what YAML text says; ``place`` names it in messages.

    Raises:
        InvalidInputError: If it is too large or is not plain YAML; with the line at fault.
    """
    text = _text(content, place, max_bytes)
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        problem = " ".join(str(error.problem or error.context).split())
        raise InvalidInputError(f"{place}{line}: not readable as YAML: {problem:.200}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise InvalidInputError(f"{place}: not readable as YAML: {problem:.200}") from None


def dump_document(content: Any) -> str:
    """Return content (mappings, lists, texts, numbers) as YAML that `load_document` reads back the same."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def check_mapping(value: object, place: str, allowed: Iterable[str], required: Iterable[str] = ()) -> Mapping[str, Any]:
    """Return the value if it is a mapping with allowed and all required keys.

    Raises:
        InvalidInputError: Naming the place, the key, and the nearest allowed one.
    """
    allowed = list(allowed)
    if not isinstance(value, Mapping):
        raise InvalidInputError(f"{place} is {_kind(value)}; allowed: a mapping with {', '.join(allowed)}")
    for key in value:
        if key not in allowed:
            raise InvalidInputError(f"{place}: " + unknown("key", key, allowed))
    for key in required:
        if key not in value:
            raise InvalidInputError(f"{place}: the key '{key}' is missing; allowed: {', '.join(allowed)}")
    return value


def check_any(value: object, place: str) -> dict[str, Any]:
    """Return the value if it is a mapping, whatever its keys; nothing is an empty one.

    Raises:
        InvalidInputError: Naming the place.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInputError(f"{place} is {_kind(value)}; allowed: a mapping")
    return {str(key): entry for key, entry in value.items()}


def check_list(value: object, place: str) -> list[Any]:
    """Return the value if it is a list.

    Raises:
        InvalidInputError: Naming the place.
    """
    if not isinstance(value, list):
        raise InvalidInputError(f"{place} is {_kind(value)}; allowed: a list")
    return value


def _kind(value: object) -> str:
    if value is None:
        return "empty"
    return f"{value!r:.60}" if isinstance(value, (str, int, float)) else f"a {type(value).__name__}"


def _read(text_or_path: str | Path) -> tuple[str, str | bytes]:
    is_path = isinstance(text_or_path, Path) or ("\n" not in text_or_path and text_or_path.endswith((".yaml", ".yml")))
    if not is_path:
        return "YAML", str(text_or_path)
    path = Path(text_or_path)
    try:
        with path.open("rb") as stream:
            return path.name, stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) else error
        raise InvalidInputError(f"{text_or_path}: {problem}; allowed: a readable YAML file") from None


def _text(content: str | bytes, place: str, max_bytes: int) -> str:
    raw = content.encode(errors="replace") if isinstance(content, str) else content
    if len(raw) > max_bytes:
        raise InvalidInputError(f"{place} is larger than {max_bytes} bytes; allowed: at most that many")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError(f"{place} is not UTF-8; allowed: YAML as UTF-8 text") from None
