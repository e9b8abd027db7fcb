"""Wire resistance and capacitance from a ``setRC.tcl`` of OpenROAD; its statements are read, and no Tcl is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from accel_core.errors import InvalidInputError
from accel_core.physical.liberty_header import LibertyUnits

MAX_BYTES = 1_000_000
"""Longest file."""

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class WireTable:
    """What the file says, in ohm/um and F/um.

    Attributes:
        layers: Resistance and capacitance of each layer.
        signal: The same for all signal wires, or None.
        signal_layer: The layer that stands for all signal wires, or "".
    """

    layers: dict[str, tuple[float, float]]
    signal: tuple[float, float] | None
    signal_layer: str


def read_wire_table(path: Path, units: LibertyUnits) -> WireTable:
    """Read ``set_layer_rc`` and ``set_wire_rc``; where a layer is given twice, what is outside of conditions counts.

    Args:
        path: The Tcl file.
        units: Of the first library that the flow reads, which OpenROAD takes such values in.

    Raises:
        InvalidInputError: If the file cannot be read, or a value is not a number.
    """
    layers: dict[str, tuple[int, tuple[float, float]]] = {}
    signal, signal_layer, signal_depth = None, "", 99
    for number, depth, words in _statements(path):
        options = _options(words[1:])
        place = f"{path.name}, line {number}"
        rated = {"-resistance", "-capacitance"} <= options.keys()
        if words[0] == "set_layer_rc" and "-layer" in options and rated:
            name = options["-layer"]
            if name not in layers or depth < layers[name][0]:
                layers[name] = (depth, _values(options, units, place))
        elif words[0] == "set_wire_rc" and "-clock" not in options and depth < signal_depth:
            signal_depth = depth
            signal = _values(options, units, place) if rated else None
            signal_layer = options.get("-layer", "")
    return WireTable({name: values for name, (_, values) in layers.items()}, signal, signal_layer)


def _statements(path: Path) -> Iterator[tuple[int, int, list[str]]]:
    """Line number, how many braces are open around it, and words of every statement."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInputError(f"{path}: is longer than {MAX_BYTES:,} bytes, which no setRC.tcl of a platform is")
        text = path.read_text(errors="replace")
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from None
    text = re.sub(r"\\\n", " \N{ZERO WIDTH SPACE}", text)  # Keeps count of the lines that are joined.
    depth, number = 0, 1
    for line in text.split("\n"):
        joined = line.count("\N{ZERO WIDTH SPACE}")
        if not line.lstrip().startswith("#"):
            for statement in line.replace("\N{ZERO WIDTH SPACE}", "").split(";"):
                words = statement.strip(" \t{}").split()
                if words:
                    yield number, depth, words
            depth = max(0, depth + line.count("{") - line.count("}"))
        number += 1 + joined


def _options(words: list[str]) -> dict[str, str]:
    """``-name value`` pairs; a flag alone has an empty value."""
    options: dict[str, str] = {}
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word.startswith("-") and not _NUMBER.fullmatch(word):
            is_flag = after.startswith("-") and not _NUMBER.fullmatch(after)
            options[word] = "" if is_flag else after.strip('"{}')
    return options


def _values(options: dict[str, str], units: LibertyUnits, place: str) -> tuple[float, float]:
    numbers = []
    for name, unit in (("-resistance", units.resistance_ohm), ("-capacitance", units.capacitance_f)):
        if not _NUMBER.fullmatch(options[name]):
            raise InvalidInputError(f"{place}: {name} is {options[name]:.40}; allowed: a number")
        numbers.append(float(options[name]) * unit)
    return numbers[0], numbers[1]
