"""Power at a stated switching activity, as OpenSTA's ``set_power_activity -global`` and ``report_power`` count it.

Every net toggles ``activity`` times a period, the clock twice. OpenSTA 2.0 charges both the rising and the falling
energy of an ``internal_power`` group to every toggle, weighted by ``graph.energy_weight``; so do we, to be comparable.
Leakage is the cell's state-independent value. Power of the clock network itself is not included, because the clock is
ideal; what clock pins cost inside flip-flops is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accel_core.physical.graph import Bools, Floats, Graph
from accel_core.physical.parasitics import Parasitics
from accel_core.physical.technology import Technology
from accel_core.physical.timing import Timing


@dataclass(frozen=True)
class Power:
    """Power of each instance in W, shape (instances,).

    Attributes:
        internal: Spent inside cells when they switch.
        switching: Charging wires and pins.
        leakage: Spent all the time.
    """

    internal: Floats
    switching: Floats
    leakage: Floats

    @property
    def total_w(self) -> float:
        """All of it."""
        return float(self.internal.sum() + self.switching.sum() + self.leakage.sum())


def estimate_power(
    graph: Graph, parasitics: Parasitics, timing: Timing, technology: Technology, period_s: float, activity: float
) -> Power:
    """Power at ``activity`` toggles of every net in a period of ``period_s``."""
    count = len(graph.netlist.instances)
    pins = slice(0, graph.n_pins)
    alive = _alive(graph, timing)
    rate = np.where(alive[graph.cell[pins]], activity, 0.0) / period_s
    rate[graph.net[pins] == graph.clock] = 2.0 / period_s
    load = np.where(graph.drives[pins], parasitics.load[graph.net[pins], 0], 0.0)
    per_pin = 0.5 * load * technology.supply_v**2 * rate
    switching = np.bincount(graph.cell[pins], per_pin, minlength=count).astype(np.float64)
    pin, related = graph.energies[:2]
    owner = graph.cell[related]
    toggles = np.where(pin >= 0, rate[pin], np.where(alive[owner], activity, 0.0) / period_s)
    energy = _energies(graph, timing, technology, np.where(pin >= 0, load[pin], 0.0))
    internal = np.bincount(owner, energy * graph.weights * toggles, minlength=count).astype(np.float64)
    leakage = np.array([technology.library.cells[cell.cell].leakage_w for cell in graph.netlist.instances])
    return Power(internal, switching, leakage)


def _alive(graph: Graph, timing: Timing) -> Bools:
    """Instances that some clocked path reaches; the others, such as tie cells, never toggle."""
    pins = slice(0, graph.n_pins)
    reached = np.isfinite(timing.arrival[pins]).any(axis=1)
    return np.bincount(graph.cell[pins], reached, minlength=len(graph.netlist.instances)) > 0


def _energies(graph: Graph, timing: Timing, technology: Technology, load: Floats) -> Floats:
    """Energy of a rising and a falling edge together, of each group in J, shape (E,)."""
    _, related, rise, fall = graph.energies
    total = np.zeros(len(related))
    for edge, table in enumerate((rise, fall)):
        known = table >= 0
        slope = timing.transition[related[known], edge]
        total[known] += technology.library.tables.lookup(table[known], slope, load[known])
    return total
