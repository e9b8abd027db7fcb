"""The clock's network: the nets by which its port reaches clock pins, through buffers and inverters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from accel_core.errors import InvalidInputError
from accel_core.physical.expressions import literal, parse_expression
from accel_core.physical.liberty import Cell

if TYPE_CHECKING:
    from accel_core.physical.graph import Shape

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def clock_pins(cell: Cell) -> set[str]:
    """Pins that clock a cell: those that it calls so, and those that its arcs and setup checks begin at."""
    called = {name for name, pin in cell.pins.items() if pin.is_clock and pin.direction == "input"}
    return called | {row[0] for row in cell.arcs if row[6]} | {row[1] for row in cell.checks}


def clock_network(
    clock: int, pin_nets: Ints, net: Ints, n_nets: int, shapes: Sequence[Shape], cells: dict[str, Cell]
) -> tuple[Bools, Bools]:
    """Walk from clock pins back to the clock's port.

    Args:
        clock: Number of the port's net, or -1.
        pin_nets: Nets of clock pins.
        net: Net of each terminal.
        n_nets: How many nets there are.
        shapes: All instances.
        cells: The library.

    Returns:
        Which nets lead from the port to clock pins, the port's own always, and where such a net is the complement of
        the port; both of shape (nets,).
    """
    within, inverted = np.zeros(n_nets, dtype=bool), np.zeros(n_nets, dtype=bool)
    if clock < 0:
        return within, inverted
    within[clock] = True
    outer = pin_nets[pin_nets != clock]
    if not len(outer):
        return within, inverted
    source, flips = _sources(net, n_nets, shapes, cells)
    # From the port outward: what copies a net that is known; bounded by the longest chain there can be.
    known, flipped = np.zeros(n_nets, dtype=bool), np.zeros(n_nets, dtype=bool)
    known[clock] = True
    while True:
        fresh = np.flatnonzero(~known & (source >= 0) & known[np.maximum(source, 0)])
        if not len(fresh):
            break
        known[fresh] = True
        flipped[fresh] = flipped[source[fresh]] != flips[fresh]
    # From the clock pins back: what leads to data alone is no part of it.
    front = np.flatnonzero(np.bincount(outer[known[outer]], minlength=n_nets))
    while len(front):
        within[front] = True
        above = source[front]
        front = above[(above >= 0) & ~within[above]]
    return within, flipped & within


def _sources(net: Ints, n_nets: int, shapes: Sequence[Shape], cells: dict[str, Cell]) -> tuple[Ints, Bools]:
    """The net that each net repeats through one buffer or inverter, -1 for none, and whether it is the complement."""
    source, flips = np.full(n_nets, -1, dtype=np.int64), np.zeros(n_nets, dtype=bool)
    for shape in shapes:
        for pin, text in cells[shape.cell].functions.items():
            found = _literal(text) if pin in shape.pins else None
            if found is not None and found[0] in shape.pins and cells[shape.cell].pins[found[0]].direction == "input":
                out = net[shape.first + shape.pins.index(pin)]
                source[out] = net[shape.first + shape.pins.index(found[0])]
                flips[out] = found[1]
    return source, flips


def _literal(text: str) -> tuple[str, bool] | None:
    """The name that a function repeats, and whether inverted; None for any other function."""
    try:
        return literal(parse_expression(text))
    except InvalidInputError:
        return None
