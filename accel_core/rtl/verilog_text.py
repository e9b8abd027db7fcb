"""Verilog source as text: includes put in place, defines in front, and parameters of the top module set.

The result is one self-contained file that any tool reads without further arguments.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from accel_core.errors import InvalidInputError

MAX_BYTES = 4_000_000
MAX_DEPTH = 16

_SKIPPED = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
_INCLUDE = re.compile(r"^[ \t]*`include[ \t]+\"([^\"\n]+)\"[^\n]*$", re.MULTILINE)
_BRANCH = re.compile(r"`(?:(ifn?def)\s+\w+|(elsif)\s+\w+|(else|endif)\b)")
_MODULE = re.compile(r"\bmodule\s+(?:automatic\s+)?([A-Za-z_][\w$]*)\b(.*?)\bendmodule\b", re.DOTALL)
_DECLARED = re.compile(r"\bparameter\b(?:\s+(?:signed|integer|real|time|realtime|int|string))*(?:\s*\[[^\]]*\])?\s*")
_ASSIGNED = re.compile(r"\s*([A-Za-z_][\w$]*)\s*=\s*")


def source(folder: Path, files: tuple[str, ...], place: str) -> str:
    """Return several files as one text, with the files that they include.

    Args:
        folder: Where names are looked up; nothing outside it is read.
        files: Names, in the order of the text.
        place: What to call the list in errors.

    Raises:
        InvalidInputError: If a file is missing, too large, outside the folder, not text, or includes itself.
    """
    return _joined([folder / name for name in files], _Includes(place, (folder,), inside=folder))


def sources(files: Sequence[Path], folders: Sequence[Path], place: str) -> str:
    """Return a person's own files as one text, as Verilog tools read them.

    Args:
        files: Wherever they are, in the order of the text.
        folders: Where included files are looked up, after the folder of the file that includes them. One that is
            nowhere stays as it is written, since it may stand in a branch that is never taken.
        place: What to call the list in errors.

    Raises:
        InvalidInputError: If a file is missing, too large, not text, or includes itself.
    """
    return _joined(files, _Includes(place, tuple(folders)))


@dataclass(frozen=True)
class _Includes:
    """How included files are found: beside the file, then in folders; if ``inside`` is set, nowhere else."""

    place: str
    folders: tuple[Path, ...]
    inside: Path | None = None

    def find(self, name: str, beside: Path) -> Path | None:
        found = next((path for folder in (beside, *self.folders) if (path := folder / name).is_file()), None)
        return self.inside / name if found is None and self.inside is not None else found


def _joined(files: Sequence[Path], includes: _Includes) -> str:
    text = "\n".join(_included(path, includes, 0) for path in files)
    if len(text) > MAX_BYTES:
        raise InvalidInputError(f"{includes.place}: {len(text):,} characters; at most {MAX_BYTES:,} are allowed")
    return text


def _included(given: Path, includes: _Includes, depth: int) -> str:
    path, place = given.resolve(), includes.place
    name = os.path.relpath(given, includes.inside) if includes.inside else str(given)
    if depth > MAX_DEPTH:
        raise InvalidInputError(f"{place}: '{name}' is included {MAX_DEPTH} levels deep; allowed: no circle")
    if includes.inside is not None and not path.is_relative_to(includes.inside.resolve()):
        raise InvalidInputError(f"{place}: '{name}' lies outside {includes.inside}; allowed: files inside it")
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InvalidInputError(f"{place}: '{name}': {problem}; allowed: a readable Verilog file") from None
    if len(raw) > MAX_BYTES:
        raise InvalidInputError(f"{place}: '{name}' is larger than {MAX_BYTES:,} bytes; allowed: at most that many")
    parts: list[str] = []
    last = 0
    for found in _INCLUDE.finditer(_blank(text, keeps_strings=True)):
        inner = includes.find(found[1], path.parent)
        if inner is not None:
            parts += [text[last : found.start()], _included(inner, includes, depth + 1)]
            last = found.end()
    return "".join([*parts, text[last:]])


def with_values(text: str, top: str, parameters: Mapping[str, str], defines: Mapping[str, str], place: str) -> str:
    """Return a source whose top module has other defaults, with definitions in front instead of its own.

    Args:
        text: Verilog-2005.
        top: The module whose parameters are set.
        parameters: Name -> value as Verilog.
        defines: Name -> value as Verilog.
        place: What to call the source in errors.

    Raises:
        InvalidInputError: If there is no such module, or it has no such parameter.
    """
    text = _without_definitions(text, defines)
    blank = _blank(text)
    modules = list(_MODULE.finditer(blank))
    bodies = [found.span(2) for found in modules if found[1] == top]
    if not bodies:
        known = ", ".join(dict.fromkeys(found[1] for found in modules)) or "no module"
        raise InvalidInputError(f"{place}: module '{top}' is not there; found: {known}")
    places: dict[str, list[tuple[int, int]]] = {}
    for begin, end in bodies:
        for name, defaults in _defaults(blank, begin, end).items():
            places.setdefault(name, []).extend(defaults)
    missing = next((name for name in parameters if name not in places), None)
    if missing is not None:
        raise InvalidInputError(
            f"{place}: module '{top}' has no parameter '{missing}'; found: {', '.join(places) or 'none'}"
        )
    spans = sorted(((span, parameters[name]) for name in parameters for span in places[name]), reverse=True)
    for (first, last), value in spans:
        text = text[:first] + value + text[last:]
    heading = "".join(f"`define {name} {value}\n" for name, value in defines.items())
    return heading + text


def _blank(text: str, *, keeps_strings: bool = False) -> str:
    """Return a text of the same length with blanks for comments, and with underscores in strings unless kept."""

    def blank(found: re.Match[str]) -> str:
        if found[0].startswith('"'):
            return found[0] if keeps_strings else f'"{"_" * (len(found[0]) - 2)}"'
        return re.sub(r"[^\n]", " ", found[0])

    return _SKIPPED.sub(blank, text)


def _without_definitions(text: str, defines: Mapping[str, str]) -> str:
    """Return a source that does not define the names itself, which would take the place of what is set."""
    if not defines:
        return text
    names = "|".join(map(re.escape, defines))
    definition = re.compile(rf"`define[ \t]+(?:{names})\b(?:\\\n|[^\n])*")
    for found in reversed(list(definition.finditer(_blank(text, keeps_strings=True)))):
        text = text[: found.start()] + "\n" * found[0].count("\n") + text[found.end() :]
    return text


def _defaults(blank: str, begin: int, end: int) -> dict[str, list[tuple[int, int]]]:
    """Return where the default values of a module's parameters stand, by name."""
    places: dict[str, list[tuple[int, int]]] = {}
    for declared in _DECLARED.finditer(blank, begin, end):
        at = declared.end()
        while (assigned := _ASSIGNED.match(blank, at, end)) is not None:
            last = _end_of_value(blank, assigned.end(), end)
            places.setdefault(assigned[1], []).append((assigned.end(), last))
            at = _after_branches(blank, last)
            if blank[at : at + 1] != ",":
                break
            at = _after_branches(blank, at + 1)
    return places


def _after_branches(blank: str, at: int) -> int:
    """Return the first place that is neither blank nor a word of conditional compilation."""
    while True:
        at += len(blank[at:]) - len(blank[at:].lstrip())
        branch = _BRANCH.match(blank, at)
        if branch is None:
            return at
        at = branch.end()


def _end_of_value(blank: str, at: int, end: int) -> int:
    """Return where an expression ends: at the comma, parenthesis or semicolon that does not belong to it.

    It also ends where a branch of conditional compilation begins, unless all that it says so far is such branches.
    """
    depth = branches = 0
    position = at
    while position < end:
        mark = blank[position]
        branch = _BRANCH.match(blank, position) if mark == "`" else None
        if branch is not None:
            if not branches and blank[at:position].strip():
                return at + len(blank[at:position].rstrip())
            branches += 1 if branch[1] else -1 if branch[3] == "endif" else 0
            position = branch.end()
            continue
        if mark in "([{":
            depth += 1
        elif mark in ")]}" and depth:
            depth -= 1
        elif mark in ",;)" and not depth and not branches:
            return position
        position += 1
    return end
