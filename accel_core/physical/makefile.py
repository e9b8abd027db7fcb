"""Variables of a makefile, read without make: assignments, conditionals and text functions, and nothing is ever run.

Enough for the ``config.mk`` of the public OpenROAD-flow-scripts platforms. Bounds on depth and length end what would
not end by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from glob import glob
from pathlib import Path

from accel_core.errors import InvalidInputError
from accel_core.physical.make_functions import FUNCTIONS, UNKNOWN, patsubst, split_arguments

MAX_BYTES = 1_000_000
"""Longest makefile, and longest value."""

_MAX_DEPTH = 60
_MAX_STEPS = 100_000
_ASSIGNMENT = re.compile(r"(?:(?:export|override|private)\s+)*(?P<name>[^\s:#=?+]+)\s*(?P<sign>:{1,3}=|\?{1,2}=|\+=|=)")
_CONDITION = re.compile(r"(?P<kind>ifeq|ifneq|ifdef|ifndef)\b\s*(?P<rest>.*)")
_INCLUDE = re.compile(r"(?P<optional>-|s)?include\s+(?P<files>.+)")


class Makefile:
    """The variables of a makefile, expanded when they are asked for."""

    def __init__(self, path: Path, given: Mapping[str, str]) -> None:
        """Read a file and what it includes; ``given`` stands before it as the environment would.

        Raises:
            InvalidInputError: If it cannot be read or understood, with file and line.
        """
        self.folder = path.parent
        self._recursive: dict[str, str] = dict(given)
        self._simple: dict[str, str] = {}
        self._steps = 0
        self._place = path.name
        self._read(path, 0)

    def value(self, name: str) -> str:
        """A variable's expanded value with single spaces; empty if it is not set.

        Raises:
            InvalidInputError: If it needs something to be run.
        """
        self._place = f"{self._place.partition(',')[0]}, {name}"
        value = " ".join(self._lookup(name, 0).split())
        if UNKNOWN in value:
            raise InvalidInputError(f"{self._place}: needs $(shell ...), which is not run; allowed: a value without it")
        return value

    def words(self, name: str) -> list[str]:
        """The words of a variable."""
        return self.value(name).split()

    def _read(self, path: Path, depth: int) -> None:
        place = self._place
        if depth > 8:
            raise InvalidInputError(f"{place}: files include each other; allowed: 8 deep")
        lines = _logical_lines(_text_of(path))
        active: list[tuple[bool, bool]] = []  # Of every open conditional: whether its lines count, whether a part did.
        for number, line in lines:
            self._place = f"{path.name}, line {number}"
            if not self._conditional(line, active) and all(counts for counts, _ in active):
                self._statement(line, path, depth)
        if active:
            raise InvalidInputError(f"{path.name}: a conditional is not closed; allowed: one endif for each")
        self._place = place

    def _conditional(self, line: str, active: list[tuple[bool, bool]]) -> bool:
        """Follow ``ifeq`` and its kin; return whether the line was one of them."""
        word = line.split(maxsplit=1)[0] if line else ""
        outer = all(counts for counts, _ in active)
        if match := _CONDITION.fullmatch(line):
            holds = outer and self._holds(match["kind"], match["rest"])
            active.append((holds, holds))
        elif word in ("else", "endif"):
            if not active:
                raise InvalidInputError(f"{self._place}: {word} without a conditional before it")
            _, done = active.pop()
            if word == "else":
                match = _CONDITION.fullmatch(line[4:].strip())
                outer = all(counts for counts, _ in active)
                holds = outer and not done and (match is None or self._holds(match["kind"], match["rest"]))
                active.append((holds, done or holds))
        else:
            return False
        return True

    def _holds(self, kind: str, rest: str) -> bool:
        if kind in ("ifdef", "ifndef"):
            return bool(self._raw(self._expand(rest, 0).strip())) == (kind == "ifdef")
        if rest.startswith("("):
            sides = split_arguments(rest.strip()[1:-1])
        else:
            sides = [double or single for double, single in re.findall(r"\"([^\"]*)\"|'([^']*)'", rest)]
        if len(sides) != 2:
            raise InvalidInputError(f"{self._place}: {kind} {rest:.60}: not understood; allowed: {kind} (a,b)")
        left, right = (self._expand(side, 0).strip() for side in sides)
        return (left == right) == (kind == "ifeq")

    def _statement(self, line: str, path: Path, depth: int) -> None:
        if match := _ASSIGNMENT.match(line):
            self._assign(self._expand(match["name"], 0), match["sign"], line[match.end() :].strip())
        elif match := _INCLUDE.fullmatch(line):
            for name in self._expand(match["files"], 0).split():
                file = path.parent / name
                if file.is_file():
                    self._read(file, depth + 1)
                elif not match["optional"]:
                    raise InvalidInputError(f"{self._place}: included file {name} does not exist")
        elif line.startswith("$"):
            self._expand(line, 0)

    def _assign(self, name: str, sign: str, text: str) -> None:
        is_set = name in self._recursive or name in self._simple
        if sign in ("?=", "??=") and is_set:
            return
        if sign == "+=" and is_set:
            if name in self._simple:
                self._simple[name] = f"{self._simple[name]} {self._expand(text, 0)}"
            else:
                self._recursive[name] = f"{self._recursive[name]} {text}"
            return
        self._recursive.pop(name, None)
        self._simple.pop(name, None)
        if sign.startswith(":"):
            self._simple[name] = self._expand(text, 0)
        else:
            self._recursive[name] = text

    def _raw(self, name: str) -> str:
        return self._simple.get(name) or self._recursive.get(name, "")

    def _lookup(self, name: str, depth: int) -> str:
        if name in self._simple:
            return self._simple[name]
        return self._expand(self._recursive.get(name, ""), depth + 1)

    def _expand(self, text: str, depth: int) -> str:
        """Replace every ``$(...)``."""
        if "$" not in text:
            return text
        parts, position = [], 0
        while (start := text.find("$", position)) >= 0:
            self._steps += 1
            if depth > _MAX_DEPTH or self._steps > _MAX_STEPS or len(text) > MAX_BYTES:
                raise InvalidInputError(
                    f"{self._place}: its variables do not end; allowed: {_MAX_DEPTH} within another"
                )
            parts.append(text[position:start])
            sign = text[start + 1 : start + 2]
            if sign in ("(", "{") and sign:
                end = self._closing(text, start + 1)
                parts.append(self._reference(text[start + 2 : end], depth))
                position = end + 1
            else:
                parts.append("$" if sign == "$" else self._lookup(sign, depth) if sign else "")
                position = start + 2
        return "".join([*parts, text[position:]])

    def _closing(self, text: str, start: int) -> int:
        opening, closing = text[start], {"(": ")", "{": "}"}[text[start]]
        level = 0
        for position in range(start, len(text)):
            level += (text[position] == opening) - (text[position] == closing)
            if level == 0:
                return position
        raise InvalidInputError(f"{self._place}: '$({text[start + 1 : start + 40]}' is not closed")

    def _reference(self, inside: str, depth: int) -> str:
        """The value of what stands between the parentheses: a variable or a function."""
        match = re.match(r"([a-z-]+)(?:\s+|$)", inside)
        lazy = {"if": self._if, "or": self._or, "and": self._and, "foreach": self._foreach}
        if match and match[1] in lazy:
            return lazy[match[1]](split_arguments(inside[match.end() :]), depth)
        if match and (match[1] in FUNCTIONS or len(inside) > match.end()):
            arguments = [self._expand(part, depth + 1) for part in split_arguments(inside[match.end() :])]
            return self._call(match[1], arguments)
        name, colon, pattern = inside.partition(":")
        if colon and "=" in pattern:
            before, _, after = (self._expand(part, depth + 1) for part in pattern.partition("="))
            wild = (before, after) if "%" in before else (f"%{before}", f"%{after}")
            return patsubst(*wild, self._lookup(self._expand(name, depth + 1), depth))
        return self._lookup(self._expand(inside, depth + 1), depth)

    def _call(self, name: str, arguments: list[str]) -> str:
        if name == "error":
            raise InvalidInputError(f"{self._place}: {','.join(arguments)}")
        if name == "eval":
            for _, line in _logical_lines(arguments[0]):
                self._statement(line, self.folder / "eval", _MAX_DEPTH)
            return ""
        if name == "origin":
            return "file" if arguments[0] in self._recursive or arguments[0] in self._simple else "undefined"
        if name in ("wildcard", "realpath"):
            patterns = arguments[0].split()
            return " ".join(path for pattern in patterns for path in sorted(glob(pattern, root_dir=self.folder)))
        try:
            return FUNCTIONS[name](*arguments)
        except (KeyError, TypeError, ValueError):
            allowed = ", ".join(sorted([*FUNCTIONS, "if", "or", "and", "foreach"]))
            raise InvalidInputError(f"{self._place}: $({name} ...) is not understood; allowed: {allowed}") from None

    def _if(self, parts: list[str], depth: int) -> str:
        chosen = 1 if self._expand(parts[0].strip(), depth + 1).strip() else 2
        return self._expand(parts[chosen], depth + 1) if chosen < len(parts) else ""

    def _or(self, parts: list[str], depth: int) -> str:
        return next((value for part in parts if (value := self._expand(part.strip(), depth + 1))), "")

    def _and(self, parts: list[str], depth: int) -> str:
        values = [self._expand(part.strip(), depth + 1) for part in parts]
        return values[-1] if all(values) else ""

    def _foreach(self, parts: list[str], depth: int) -> str:
        if len(parts) < 3:
            raise InvalidInputError(f"{self._place}: $(foreach ...) needs a name, a list and a text")
        name = self._expand(parts[0], depth + 1).strip()
        stores = (self._simple, self._recursive)
        before = [store.pop(name, None) for store in stores]
        values = []
        for word in self._expand(parts[1], depth + 1).split():
            self._simple[name] = word
            values.append(self._expand(",".join(parts[2:]), depth + 1))
        self._simple.pop(name, None)
        for store, value in zip(stores, before, strict=True):
            if value is not None:
                store[name] = value
        return " ".join(values)


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInputError(f"{path}: is longer than {MAX_BYTES:,} bytes, which no makefile of a platform is")
        return path.read_text(errors="replace")
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from None


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with their numbers; continued ones are joined, comments and empty ones dropped."""
    lines: list[tuple[int, str]] = []
    number, pieces = 0, list[str]()
    for index, line in enumerate(text.splitlines(), 1):
        number = number or index
        if line.endswith("\\"):
            pieces.append(line[:-1])
            continue
        joined = re.sub(r"(?<!\\)#.*", "", " ".join([*pieces, line])).strip()
        if joined:
            lines.append((number, joined))
        number, pieces = 0, []
    return lines
