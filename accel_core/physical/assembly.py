"""One flat netlist out of modules that were mapped by themselves.

Nets that a module hands through are merged before, logic that nobody reads is left out, so that every instance is a
copy of one of a few lists of cells.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import repeat
from operator import is_, itemgetter
from typing import Any

from accel_core.physical.netlist import NOTHING, Cleaner, Instance, Netlist
from accel_core.physical.technology import Technology

Bit = int | str
Bits = Sequence[Bit]


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
        cells: Library cell, bit of every connected pin, RTL module and register of each.
        children: Other pieces in it.
    """

    ports: Mapping[str, tuple[str, Bits]]
    cells: Sequence[tuple[str, Mapping[str, Bit], str, str]]
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


def assemble(pieces: Mapping[str, PieceNetlist], top: str, name: str, clock: str, technology: Technology) -> Netlist:
    """The flat netlist of a design.

    Args:
        pieces: By name.
        top: Name of the piece that holds all others.
        name: Of the top module.
        clock: Of its clock port.
        technology: The cells that the pieces are mapped to.
    """
    merged: dict[str, PieceNetlist] = {}
    _merge(pieces, top, merged)
    with _no_collection():
        return _Assembler(merged, top, technology).netlist(name, clock)


class _PieceCleaner(Cleaner):
    """In the text of a piece, each cell's source is the name of its module."""

    def _origin(self, src: str) -> str:
        return src.split("|", maxsplit=1)[0]


def _plain(bit: Bit) -> Bit:
    return "0" if bit in ("x", "z") else bit


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hundreds of thousands of new objects are no reason to look for garbage again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _merge(pieces: Mapping[str, PieceNetlist], name: str, merged: dict[str, PieceNetlist]) -> None:
    """Make one bit of those that a piece in this one hands from an input, or a constant, to an output."""
    piece = pieces[name]
    for kind in {child.kind for child in piece.children} - set(merged):
        _merge(pieces, kind, merged)
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


@dataclass(frozen=True)
class _Template:
    """A piece as its instances with the same outputs in use need it.

    Attributes:
        outer: Bits that come from outside, constants among them.
        n_inner: How many others it has; they are numbered after those.
        kinds: Library cell of each of its cells.
        pins: Connected pins of each.
        select: How to get the nets of all pins, one cell's after another's, from a list of all nets.
        modules: RTL module of each cell.
        aliases: Register of each.
        children: Path, template, and how to get the nets of its outer bits from a list of all.
        needed: Input bits that it reads.
    """

    outer: tuple[Bit, ...]
    n_inner: int
    kinds: tuple[str, ...]
    pins: tuple[tuple[str, ...], ...]
    select: Callable[[list[int]], tuple[int, ...]]
    modules: tuple[str, ...]
    aliases: tuple[str, ...]
    children: list[tuple[str, _Template, Callable[[list[int]], tuple[int, ...]]]]
    needed: frozenset[Bit]


class _Assembler(Cleaner):
    """Fills the top module's ports with copies of templates."""

    def __init__(self, pieces: Mapping[str, PieceNetlist], top: str, technology: Technology) -> None:
        ports = {name: {"direction": way, "bits": bits} for name, (way, bits) in pieces[top].ports.items()}
        super().__init__({"ports": ports, "cells": {}, "netnames": {}}, "", technology)
        self.pieces = pieces
        self.top = top
        self.outputs = {
            name: {pin for pin, entry in cell.pins.items() if entry.direction == "output"}
            for name, cell in self.cells.items()
        }
        self.templates: dict[tuple[str, frozenset[Bit]], _Template] = {}

    def _cells(self) -> None:
        template = self._template(self.top, frozenset(self.pieces[self.top].bits("output")))
        self._copy(template, "", [self._place(bit) for bit in template.outer])
        if any(helper is None for helper in self.ties.values()):
            self.instances = [self._with_ties(cell) for cell in self.instances]

    def _place(self, bit: Bit) -> int:
        """Number of a bit's net; a constant without a tie cell has none and gets a negative one."""
        return -1 - int(bit) if bit in self.untied else self._net(bit)

    def _with_ties(self, cell: Instance) -> Instance:
        if min(cell.pins.values(), default=0) >= 0:
            return cell
        tied = {pin: str(-1 - net) for pin, net in cell.pins.items() if net < 0}
        return cell._replace(pins={pin: net for pin, net in cell.pins.items() if net >= 0}, tied=tied)

    def _copy(self, template: _Template, path: str, outer: Iterable[int]) -> None:
        first = len(self.names)
        nets = [*outer, *range(first, first + template.n_inner)]
        self.names += [f"n{net}" for net in nets[len(template.outer) :]]
        chosen = iter(template.select(nets))
        start = len(self.instances)
        columns = (
            map("u{}".format, range(start, start + len(template.kinds))),
            template.kinds,
            # Each takes as many nets as it has pins.
            [dict(zip(pins, chosen, strict=False)) for pins in template.pins],
            template.modules,
            [path + alias if alias else "" for alias in template.aliases],
            repeat(NOTHING),
        )
        self.instances += map(partial(tuple.__new__, Instance), zip(*columns, strict=False))
        for name, child, select in template.children:
            self._copy(child, path + name, select(nets))

    def _template(self, kind: str, used: frozenset[Bit]) -> _Template:
        """A piece of which only these output bits are used."""
        if (kind, used) not in self.templates:
            self.templates[kind, used] = self._make_template(self.pieces[kind], used)
        return self.templates[kind, used]

    def _make_template(self, piece: PieceNetlist, used: frozenset[Bit]) -> _Template:
        cells, children, read = self._live(piece, used)
        needed = frozenset(piece.bits("input")) & read
        own = [bit for bit in piece.bits("input") if bit in needed] + [b for b in piece.bits("output") if b in used]
        outer = tuple(dict.fromkeys([*(bit for bit in ("0", "1") if bit in read), *(b for b in own if b in read)]))
        places = {bit: index for index, bit in enumerate(outer)}
        pins_of, chosen = [], []
        for kind, pins, _, _ in cells:
            kept = [pin for pin in pins if pin not in self.outputs[kind] or pins[pin] in read]
            pins_of.append(tuple(kept))
            chosen += [places.setdefault(pins[pin], len(places)) for pin in kept]
        kinds, _, modules, aliases = zip(*cells, strict=True) if cells else ((),) * 4
        inside = []
        for child, template in children:
            links = self._links(child)
            select = _chooser([places.setdefault(links[bit], len(places)) for bit in template.outer])
            inside.append((f"{child.name}.", template, select))
        n_inner = len(places) - len(outer)
        return _Template(outer, n_inner, kinds, tuple(pins_of), _chooser(chosen), modules, aliases, inside, needed)

    def _live(
        self, piece: PieceNetlist, used: frozenset[Bit]
    ) -> tuple[list[Any], list[tuple[Child, _Template]], set[Bit]]:
        """Cells and children that somebody reads, and all bits that are read."""
        cells = list(piece.cells)
        links = [(child, self._links(child)) for child in piece.children]
        templates = [
            self._template(child.kind, frozenset(self.pieces[child.kind].bits("output"))) for child, _ in links
        ]
        while True:
            read = set(used)
            for kind, pins, _, _ in cells:
                outputs = self.outputs[kind]
                read.update(bit for pin, bit in pins.items() if pin not in outputs)
            for (_, outside), template in zip(links, templates, strict=True):
                read.update(outside[bit] for bit in template.outer)
            alive = [cell for cell in cells if any(cell[1].get(pin) in read for pin in self.outputs[cell[0]])]
            now = [
                self._template(
                    child.kind,
                    frozenset(bit for bit in self.pieces[child.kind].bits("output") if outside.get(bit) in read),
                )
                for child, outside in links
            ]
            if len(alive) == len(cells) and all(map(is_, now, templates)):
                return cells, list(zip(piece.children, templates, strict=True)), read
            cells, templates = alive, now

    def _links(self, child: Child) -> dict[Bit, Bit]:
        """Our bit for each port bit inside of a child; inputs that are not connected are 0."""
        piece = self.pieces[child.kind]
        links: dict[Bit, Bit] = {"0": "0", "1": "1", **dict.fromkeys(piece.bits("input"), "0")}
        for port, bits in child.pins.items():
            links.update(zip(piece.ports[port][1], bits, strict=False))
        return links


def _chooser(places: Sequence[int]) -> Callable[[list[int]], tuple[int, ...]]:
    """What picks the items at these places out of a list."""
    if len(places) == 1:
        place = places[0]
        return lambda items: (items[place],)
    return itemgetter(*places) if places else lambda _: ()
