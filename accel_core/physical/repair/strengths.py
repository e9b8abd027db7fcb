"""How much buffers and drivers can drive well: loads at which a chain of buffers is fastest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accel_core.physical.graph import Floats, Ints
from accel_core.physical.repair.families import Families, arc_order, pin_order
from accel_core.physical.tables import Tables
from accel_core.physical.technology import Helper, Technology

_GAINS = np.geomspace(1.5, 40.0, 40)
_SLOWEST = 1.5  # By the fastest buffer's time to multiply; assumed.
_LEAST_OHM = 1e-3  # What loads its driver so little drives anything.


@dataclass(frozen=True)
class Strengths:
    """What is known of B buffers, the smallest first, and of K cells.

    Attributes:
        kinds: Numbers of the buffers in the families, shape (B,).
        helpers: Their cells and pins.
        input_f: Their input capacitance, shape (B,).
        best_f: The load at which each is fastest for what it multiplies, shape (B,).
        chosen: Which buffer trees are made of.
        ohm: Delay by load of each cell's slowest arc, the smallest of its family's members, shape (K,).
    """

    kinds: Ints
    helpers: tuple[Helper, ...]
    input_f: Floats
    best_f: Floats
    chosen: int
    ohm: Floats

    def root_f(self, kind: int) -> float:
        """Load up to which a cell in its strongest size is as fast as a buffer of a tree, not more than that one's."""
        best = self.best_f[self.chosen]
        # That of a memory may not depend on its load.
        ohm = max(float(self.ohm[kind]), _LEAST_OHM)
        return float(min(best, best * self.ohm[self.kinds[self.chosen]] / ohm))


def measure_strengths(families: Families, technology: Technology) -> Strengths:
    """Measure buffers and drivers in their tables."""
    tables, slew = technology.library.tables, technology.inverter_chain.transition_s
    found = []
    for kind in _buffer_family(families, technology).tolist():
        cell = families.cells[kind]
        names = {pin.direction: name for name, pin in cell.pins.items()}
        cap = float(families.cap[kind, pin_order(cell).index(names["input"])].mean())
        gain, pace = _best_gain(families, tables, kind, cap, slew)
        found.append((pace, kind, Helper(cell.name, names["output"], names["input"]), cap, cap * gain))
    # Cells that are made to delay are buffers by their function only.
    fastest = min(pace for pace, *_ in found)
    _, kept, helpers, inputs, best = zip(*(row for row in found if row[0] <= _SLOWEST * fastest), strict=True)
    kinds = np.array(kept, dtype=np.int64)
    own = np.array([_ohm(families, tables, kind, slew) for kind in range(len(families.cells))])
    strongest = np.array([own[members].min() for members in families.members])
    # Of a middle size: larger ones leave the groups of a tree too far apart, smaller ones are too many.
    chosen = min(len(kinds) - 1, (len(kinds) + 1) // 2)
    # Buffers are compared by their own strength: a tree is made of one size, until sizing changes it.
    strongest[kinds] = own[kinds]
    return Strengths(kinds, helpers, np.array(inputs), np.array(best), chosen, strongest)


def _buffer_family(families: Families, technology: Technology) -> Ints:
    """The family of the technology's own buffer, or all usable buffers."""
    number = families.number[technology.buffer.cell]
    if number in families.buffers or not len(families.buffers):
        return families.members[number]
    return families.buffers


def _best_gain(families: Families, tables: Tables, kind: int, cap: float, slew: float) -> tuple[float, float]:
    """Load by input capacitance where delay by the logarithm of both is least, and that delay in s.

    Many such buffers in a row multiply fastest.
    """
    delays = np.max(_delays(families, tables, kind, _GAINS * cap, slew), axis=0, initial=0.0)
    paces = delays / np.log(_GAINS)
    return float(_GAINS[np.argmin(paces)]), float(paces.min())


def _ohm(families: Families, tables: Tables, kind: int, slew: float) -> float:
    """Delay by load of the slowest arc."""
    loads = np.array([5e-15, 15e-15])
    delays = _delays(families, tables, kind, loads, slew)
    if not len(delays):
        return np.inf
    return float(np.max(np.diff(delays, axis=1)) / (loads[1] - loads[0]))


def _delays(families: Families, tables: Tables, kind: int, loads: Floats, slew: float) -> Floats:
    """Delay of each arc of a cell with each load, shape (arcs, loads)."""
    arcs = families.arcs[kind, : len(arc_order(families.cells[kind])), 0]
    table = np.repeat(arcs, len(loads))
    found = tables.lookup(table, np.full(len(table), slew), np.tile(loads, len(arcs)))
    return found.reshape(len(arcs), len(loads))
