"""Memories and other blocks of a technology as modules without contents, for synthesis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from accel_core.physical.liberty import Cell
from accel_core.physical.technology import Technology

_BIT = re.compile(r"(?P<name>.+)\[(?P<bit>\d+)\]")


def bus_of(pin: str) -> tuple[str, int | None]:
    """The bus of a pin and its number there, None for a pin of its own."""
    match = _BIT.fullmatch(pin)
    return (match["name"], int(match["bit"])) if match else (pin, None)


def buses(pins: Iterable[str]) -> dict[str, list[str]]:
    """Pins by bus, in their order, which is from the left bit to the right one in a library cell."""
    found: dict[str, list[str]] = {}
    for pin in pins:
        found.setdefault(bus_of(pin)[0], []).append(pin)
    return found


def signals(cell: Cell) -> list[str]:
    """Inputs and outputs of a cell, in its order."""
    return [name for name, pin in cell.pins.items() if pin.direction in ("input", "output")]


def connections(nets: Mapping[str, str], tied: Mapping[str, str]) -> list[str]:
    """Verilog of an instance's connections: names of its pins' nets, and values of the pins that have none.

    Pins of a bus stand in its order from left to right; those that are tied are put between them by their number.
    """
    found = [f".{pin}({net})" for pin, net in nets.items() if bus_of(pin)[1] is None]
    found += [f".{pin}(1'b{value})" for pin, value in tied.items() if bus_of(pin)[1] is None]
    names = {**nets, **{pin: f"1'b{value}" for pin, value in tied.items()}}
    for bus, pins in buses(pin for pin in names if bus_of(pin)[1] is not None).items():
        if any(pin in tied for pin in pins):
            numbers = {pin: bus_of(pin)[1] or 0 for pin in pins}
            others = [numbers[pin] for pin in pins if pin in nets]
            pins.sort(key=numbers.__getitem__, reverse=not others or others[0] >= others[-1])
        found.append(f".{bus}({{{', '.join(names[pin] for pin in pins)}}})")
    return found


def macros_in(verilog: str, technology: Technology) -> list[Cell]:
    """Blocks of a technology, with an outline, that a text names and does not define itself."""
    words = set(re.findall(r"[A-Za-z_]\w*", verilog))
    defined = set(re.findall(r"\bmodule\s+(\w+)", verilog))
    cells = technology.library.cells
    return [
        cells[name]
        for name in sorted(words - defined)
        if name in cells and technology.is_macro(name) and name in technology.lef.macros
    ]


def to_stubs(cells: Iterable[Cell]) -> str:
    """A module without contents for each of these cells."""
    return "\n".join(_stub(cell) for cell in cells)


def _stub(cell: Cell) -> str:
    ports = []
    for name, pins in buses(signals(cell)).items():
        first, last = bus_of(pins[0])[1], bus_of(pins[-1])[1]
        width = "" if first is None else f"[{first}:{last}] "
        ports.append(f"  {cell.pins[pins[0]].direction} {width}{name}")
    return f"(* blackbox *)\nmodule {cell.name} (\n" + ",\n".join(ports) + "\n);\nendmodule\n"
