"""Verilog of one's own as a platform's implementation: parameters of the space set those of the top module."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.rtl import Rtl
from accel_core.rtl.verilog_text import source, with_values
from accel_core.space import DesignSpace
from accel_core.space.documents import check_any, check_list, check_mapping

_KEYS = ("files", "top", "clock", "parameters", "defines", "constants")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


@dataclass(frozen=True)
class Source:
    """What ``verilog`` in a ``platform.yaml`` says.

    Attributes:
        folder: Where the files are.
        files: Their names.
        place: What to call the source in errors.
        top: Top module.
        clock: Its clock port.
        parameters: Verilog parameter -> parameter of the space.
        defines: Verilog define -> parameter of the space.
        constants: Verilog parameter -> its fixed value.
    """

    folder: Path
    files: tuple[str, ...]
    place: str
    top: str
    clock: str
    parameters: Mapping[str, str]
    defines: Mapping[str, str]
    constants: Mapping[str, int | float | str]

    def rtl(self, design: Mapping[str, Any]) -> Rtl:
        """Return the Verilog of one design.

        Raises:
            InvalidInputError: If the files cannot be read or do not fit what is said of them.
        """
        values = {name: _spelled(design[parameter]) for name, parameter in self.parameters.items()}
        values |= {name: _spelled(value) for name, value in self.constants.items()}
        defines = {name: _spelled(design[parameter]) for name, parameter in self.defines.items()}
        return Rtl(with_values(self._text(), self.top, values, defines, self.place), self.top, self.clock)

    def digest(self) -> str:
        """Return 16 digits that change whenever the source does, or what is said of it."""
        said = repr((self.top, self.clock, *(sorted(pairs.items()) for pairs in self._pairs)))
        return hashlib.blake2b(f"{self._text()} {said}".encode(), digest_size=8).hexdigest()

    @property
    def _pairs(self) -> tuple[Mapping[str, Any], ...]:
        return self.parameters, self.defines, self.constants

    def _text(self) -> str:
        return source(self.folder, self.files, self.place)


def read_verilog(content: object, folder: Path, space: DesignSpace, place: str) -> Source:
    """Read the mapping under ``verilog`` and try it on the space's default design.

    Raises:
        InvalidInputError: If a key or value is not allowed, or the files do not fit.
    """
    where = f"{place}, verilog"
    given = check_mapping(content, where, _KEYS, ("files", "top"))
    files = check_list(given["files"], f"{where}.files")
    for i, name in enumerate(files):
        if not isinstance(name, str):
            raise InvalidInputError(f"{where}.files.{i} is {name!r:.40}; allowed: a file name")
    words = {key: given.get(key, default) for key, default in (("top", ""), ("clock", "clk"))}
    for key, value in words.items():
        if not (isinstance(value, str) and _WORD.fullmatch(value)):
            raise InvalidInputError(f"{where}.{key} is {value!r:.40}; allowed: a Verilog name")
    pairs = {key: check_any(given.get(key), f"{where}.{key}") for key in ("parameters", "defines", "constants")}
    for key, named in pairs.items():
        for name, value in named.items():
            if not _WORD.fullmatch(str(name)):
                raise InvalidInputError(f"{where}.{key}: '{name!s:.40}' is not a Verilog name")
            if key == "constants" and (isinstance(value, bool) or not isinstance(value, (int, float, str))):
                raise InvalidInputError(f"{where}.constants.{name} is {value!r:.40}; allowed: a number or a text")
            if key != "constants" and value not in space.names:
                raise InvalidInputError(
                    f"{where}.{key}.{name} is '{value!s:.40}'; allowed: a parameter, {', '.join(space.names)}"
                )
    found = Source(folder, tuple(files), place, words["top"], words["clock"], **pairs)
    found.rtl({name: space.defaults()[name].iloc[0] for name in space.names})
    return found


def _spelled(value: Any) -> str:
    """Return a value as Verilog writes it."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    number = float(value)
    return str(int(number)) if number.is_integer() else repr(number)
