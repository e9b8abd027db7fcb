"""The fanout-of-4 delay: how fast a kit is, from its smallest inverter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from accel_core.errors import InvalidInputError
from accel_core.physical.liberty import FALL, RISE, Cell, Library
from accel_core.physical.logic_functions import INVERTER, cells_computing, inputs_of

FANOUT = 4
_STAGES = 40  # Transitions have settled to a millionth long before.


@dataclass(frozen=True)
class InverterChain:
    """A long chain of equal inverters, each driving four like it and no wire.

    Attributes:
        cell: The inverter.
        input_f: Its input capacitance, mean of both edges.
        delay_s: Of a stage, mean of both edges: the FO4 delay.
        transition_s: Between the library's slew thresholds, mean of both edges.
    """

    cell: str
    input_f: float
    delay_s: float
    transition_s: float


def measure_inverter_chain(library: Library, cells: Iterable[Cell]) -> InverterChain:
    """Measure the smallest inverter of ``cells`` with the library's tables.

    Raises:
        InvalidInputError: If none of them is an inverter with delays.
    """
    for cell in cells_computing(cells, INVERTER):
        arcs = {after: (delay, slope) for _, _, before, after, delay, slope, _ in cell.arcs if before != after}
        if set(arcs) == {RISE, FALL}:
            return _measured(library, cell, arcs)
    raise InvalidInputError(f"library {library.name}: has no inverter with delays; allowed: one at least")


def _measured(library: Library, cell: Cell, arcs: dict[int, tuple[int, int]]) -> InverterChain:
    loads = cell.pins[inputs_of(cell)[0]].capacitance_f
    delays = [0.0, 0.0]
    transitions = [0.0, 0.0]
    for _ in range(_STAGES):
        before = list(transitions)
        for edge in (RISE, FALL):
            at = (np.array([before[1 - edge]]), np.array([FANOUT * loads[edge]]))
            delay, slope = (library.tables.lookup(np.array([table]), *at)[0] for table in arcs[edge])
            delays[edge], transitions[edge] = float(delay), float(slope)
    return InverterChain(cell.name, sum(loads) / 2, sum(delays) / 2, sum(transitions) / 2)
