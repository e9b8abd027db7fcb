"""Mapped netlists of modules that were synthesized by themselves, before they are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from accel_core.physical.netlist import Cleaner
from accel_core.physical.technology import Technology

Bit = int | str
Bits = Sequence[Bit]
# Library cell, bit of every connected pin, RTL module and register.
Cell = tuple[str, Mapping[str, Bit], str, str]


@dataclass(frozen=True)
class Child:
    """An instance of another piece.

    Attributes:
        name: Of the instance.
        kind: Of the piece.
        pins: Bits of each connected port.
    """

    name: str
    kind: str
    pins: Mapping[str, Bits]


@dataclass(frozen=True)
class PieceNetlist:
    """A mapped module. Bits are Yosys' numbers, or ``0`` and ``1``.

    Attributes:
        ports: Direction, as Yosys names it, and bits of each port.
        cells: Those of the library.
        children: Other pieces in it.
    """

    ports: Mapping[str, tuple[str, Bits]]
    cells: Sequence[Cell]
    children: Sequence[Child]

    def to_plain(self) -> list[Any]:
        """Nested plain values, for JSON."""
        return [self.ports, self.cells, [[child.name, child.kind, child.pins] for child in self.children]]

    @classmethod
    def from_plain(cls, plain: Sequence[Any]) -> PieceNetlist:
        """The inverse of ``to_plain``."""
        ports, cells, children = plain
        return cls(ports, cells, [Child(*entries) for entries in children])

    def bits(self, direction: str) -> Iterator[Bit]:
        """Those of all ports of a direction."""
        return (bit for way, bits in self.ports.values() if way == direction for bit in bits)


def piece_netlist(module: Mapping[str, Any], children: Iterable[str], technology: Technology) -> PieceNetlist:
    """What Yosys made of a piece in which these others stand.

    Raises:
        ToolFailedError: If a cell is neither in the library nor another piece.
    """
    others = [(name, cell) for name, cell in module["cells"].items() if cell["type"] in set(children)]
    names = {name for name, _ in others}
    own = {name: cell for name, cell in module["cells"].items() if name not in names}
    # What others read is used: a port of its own for each of their inputs says so.
    read = {
        f"{name}.{pin}": {"direction": "output", "bits": bits}
        for name, cell in others
        for pin, bits in cell["connections"].items()
        if cell["port_directions"][pin] == "input"
    }
    cleaner = _PieceCleaner({**module, "cells": own, "ports": {**module["ports"], **read}}, "", technology)
    cells = [
        (kind, {pin: _plain(bit) for pin, bit in bits.items()}, origin, alias)
        for kind, bits, origin, alias in cleaner.mapped()
    ]
    return PieceNetlist(
        {name: (port["direction"], [_plain(bit) for bit in port["bits"]]) for name, port in module["ports"].items()},
        cells,
        [
            Child(name, cell["type"], {pin: [_plain(bit) for bit in bits] for pin, bits in cell["connections"].items()})
            for name, cell in others
        ],
    )


def merge(pieces: Mapping[str, PieceNetlist], name: str, merged: dict[str, PieceNetlist]) -> None:
    """Make one bit of those that a piece in this one hands from an input, or a constant, to an output."""
    piece = pieces[name]
    for kind in {child.kind for child in piece.children} - set(merged):
        merge(pieces, kind, merged)
    joined: dict[Bit, Bit] = {}

    def root(bit: Bit) -> Bit:
        while bit in joined:
            bit = joined[bit]
        return bit

    for child in piece.children:
        inner = merged[child.kind]
        outside: dict[Bit, Bit] = {"0": "0", "1": "1", **dict.fromkeys(inner.bits("input"), "0")}
        for way in ("input", "output"):
            for port, (direction, bits) in inner.ports.items():
                if direction != way:
                    continue
                for inside, bit in zip(bits, child.pins.get(port, ()), strict=False):
                    if way == "input" or inside not in outside:
                        outside[inside] = bit
                    elif root(bit) != root(outside[inside]):
                        # An output has no other driver, so it is never a constant itself.
                        joined[root(bit)] = root(outside[inside])
    merged[name] = piece if not joined else _renamed(piece, root)


def _renamed(piece: PieceNetlist, root: Callable[[Bit], Bit]) -> PieceNetlist:
    return PieceNetlist(
        {name: (way, [root(bit) for bit in bits]) for name, (way, bits) in piece.ports.items()},
        [
            (kind, {pin: root(bit) for pin, bit in pins.items()}, module, alias)
            for kind, pins, module, alias in piece.cells
        ],
        [
            replace(child, pins={port: [root(bit) for bit in bits] for port, bits in child.pins.items()})
            for child in piece.children
        ],
    )


class _PieceCleaner(Cleaner):
    """In the text of a piece, each cell's source is the name of its module."""

    def _origin(self, src: str) -> str:
        return src.split("|", maxsplit=1)[0]


def _plain(bit: Bit) -> Bit:
    return "0" if bit in ("x", "z") else bit
