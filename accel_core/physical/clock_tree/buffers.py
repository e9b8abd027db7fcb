"""The buffers of a kit that a clock tree may be made of, and what each can drive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accel_core.errors import ToolFailedError
from accel_core.physical.liberty import FALL, RISE, Cell
from accel_core.physical.logic_functions import BUFFER, cells_computing, inputs_of, outputs_of
from accel_core.physical.technology import Technology

SLOWEST = 3.0
"""Slowest transition that a clock tree is laid out for, in transitions of the kit's inverter chain; assumed."""

_LOADS = 64  # So many loads are tried between none and the largest of a table.


@dataclass(frozen=True)
class ClockBuffer:
    """A buffer.

    Attributes:
        cell: Of the library.
        input: Its input pin.
        output: Its output pin.
        input_f: What it loads its driver with, in F.
        load_f: What it drives with both edges no slower than is wanted, in F; no more than its tables are for.
        area_um2: Footprint.
        delay: Its table for a rising edge.
    """

    cell: str
    input: str
    output: str
    input_f: float
    load_f: float
    area_um2: float
    delay: int


def clock_buffers(technology: Technology) -> tuple[ClockBuffer, ...]:
    """Buffers by what they can drive, the weakest first; each drives more than all that are smaller.

    Raises:
        ToolFailedError: If the kit has no buffer with delays, at stage ``clock_tree``.
    """
    cells = {cell.name: cell for cell in cells_computing(technology.usable_cells, BUFFER)}
    own = technology.buffer.cell
    cells.setdefault(own, technology.library.cells[own])
    found: list[ClockBuffer] = []
    for cell in sorted(cells.values(), key=lambda cell: cell.area_um2):
        load = _load_f(cell, technology)
        if load > (found[-1].load_f if found else 0.0):
            pin, out = inputs_of(cell)[0], outputs_of(cell)[0]
            rising = next(row[4] for row in cell.arcs if row[2:4] == (RISE, RISE))
            cap = max(cell.pins[pin].capacitance_f)
            found.append(ClockBuffer(cell.name, pin, out, cap, load, cell.area_um2, rising))
    if not found:
        raise ToolFailedError(
            "clock_tree",
            f"{technology.name} has no buffer that keeps a clock's edges; allowed: at least one with delays",
        )
    return tuple(found)


def slowest_transition_s(technology: Technology) -> float:
    """Slowest transition that a clock tree is laid out for, in s."""
    return SLOWEST * technology.inverter_chain.transition_s


def _load_f(cell: Cell, technology: Technology) -> float:
    """The largest load with which a buffer repeats the slowest transition as no slower one, 0 for none."""
    tables, slowest = technology.library.tables, slowest_transition_s(technology)
    arcs = [row for row in cell.arcs if row[2] == row[3] and not row[6]]
    if {row[3] for row in arcs} != {RISE, FALL}:
        return 0.0
    load = np.inf
    for *_, slope, _ in arcs:
        most = tables.axis2[slope, tables.size2[slope] - 1] if tables.size2[slope] > 1 else _LOADS * 1e-15
        tried = np.linspace(0.0, most, _LOADS + 1)
        rows = np.full(len(tried), slope)
        good = tables.lookup(rows, np.full(len(tried), slowest), tried) <= slowest
        load = min(load, float(tried[good].max(initial=0.0)))
    return load
