"""One flat netlist out of modules that were mapped by themselves.

Nets that a module hands through are merged before, logic that nobody reads is left out, so that every instance is a
copy of one of a few lists of cells.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from operator import is_, itemgetter

from accel_core.physical.netlist import NOTHING, Cleaner, Instance, Netlist
from accel_core.physical.pieces import Bit, Cell, Child, PieceNetlist, merge
from accel_core.physical.technology import Technology


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
    merge(pieces, top, merged)
    with _no_collection():
        return _Assembler(merged, top, technology).netlist(name, clock)


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
        inputs: Those of the outer bits that it reads.
    """

    outer: tuple[Bit, ...]
    n_inner: int
    kinds: tuple[str, ...]
    pins: tuple[tuple[str, ...], ...]
    select: Callable[[list[int]], tuple[int, ...]]
    modules: tuple[str, ...]
    aliases: tuple[str, ...]
    children: list[tuple[str, _Template, Callable[[list[int]], tuple[int, ...]]]]
    inputs: tuple[Bit, ...]


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
            [f"u{number}" for number in range(start, start + len(template.kinds))],
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
        used -= {"0", "1"}
        if (kind, used) not in self.templates:
            self.templates[kind, used] = self._make_template(self.pieces[kind], used)
        return self.templates[kind, used]

    def _make_template(self, piece: PieceNetlist, used: frozenset[Bit]) -> _Template:
        cells, children, read = self._live(piece, used)
        inputs = [bit for bit in ("0", "1", *piece.bits("input")) if bit in read]
        outer = tuple(dict.fromkeys([*inputs, *(bit for bit in piece.bits("output") if bit in used)]))
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
        return _Template(
            outer, n_inner, kinds, tuple(pins_of), _chooser(chosen), modules, aliases, inside, tuple(inputs)
        )

    def _live(
        self, piece: PieceNetlist, used: frozenset[Bit]
    ) -> tuple[list[Cell], list[tuple[Child, _Template]], set[Bit]]:
        """Cells and children that somebody reads, and all bits that are read."""
        sources = {bit: cell for cell in piece.cells for bit in self._bits(cell, is_output=True)}
        joined = [(child, self._links(child)) for child in piece.children]
        templates = [
            self._template(child.kind, self._used(child, links, set(links.values()))) for child, links in joined
        ]
        while True:
            read = set(used)
            for (_, links), template in zip(joined, templates, strict=True):
                read.update(links[bit] for bit in template.inputs)
            waiting = list(read)
            while waiting:
                cell = sources.get(waiting.pop())
                new = [bit for bit in self._bits(cell, is_output=False) if bit not in read] if cell else []
                read.update(new)
                waiting += new
            now = [self._template(child.kind, self._used(child, links, read)) for child, links in joined]
            if all(map(is_, now, templates)):
                cells = [cell for cell in piece.cells if any(bit in read for bit in self._bits(cell, is_output=True))]
                return cells, list(zip(piece.children, templates, strict=True)), read
            templates = now

    def _bits(self, cell: Cell, *, is_output: bool) -> list[Bit]:
        """Bits that a cell drives, or those that it reads."""
        kind, pins, _, _ = cell
        return [bit for pin, bit in pins.items() if (pin in self.outputs[kind]) == is_output]

    def _used(self, child: Child, links: Mapping[Bit, Bit], read: Collection[Bit]) -> frozenset[Bit]:
        """Output bits of a child that are linked to a bit that is read."""
        return frozenset(bit for bit in self.pieces[child.kind].bits("output") if bit in links and links[bit] in read)

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
