"""The library's design rules: largest loads, slowest transitions, most sinks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accel_core.physical.graph import Bools, Ints
from accel_core.physical.repair.timer import Timer

# What a sum of rounded numbers may be off; as OpenSTA does, a limit that is just reached is kept.
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Violations:
    """How many pins are beyond a limit of the library.

    Attributes:
        capacitance: Outputs that drive more than ``max_capacitance``.
        transition: Pins that are slower than ``max_transition``.
        fanout: Outputs that drive more pins than ``max_fanout``; every pin counts as one.
    """

    capacitance: int
    transition: int
    fanout: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.capacitance + self.transition + self.fanout


def count_violations(timer: Timer) -> Violations:
    """Count the pins beyond limits; nothing is asked of the clock, which is ideal, nor of what never switches."""
    capacitance, transition, fanout = _broken(timer)
    return Violations(int(capacitance.sum()), int(transition.sum()), int(fanout.sum()))


def violating_nets(timer: Timer) -> Ints:
    """Nets with a pin beyond a limit."""
    broken = np.logical_or.reduce(_broken(timer))
    return np.unique(timer.graph.net[broken])


def _broken(timer: Timer) -> tuple[Bools, Bools, Bools]:
    """Terminals beyond each of the limits, shape (T,)."""
    graph, state, structure, families = timer.graph, timer.state, timer.structure, timer.families
    shape = len(graph.net)
    capacitance, transition, fanout = (np.zeros(shape, dtype=bool) for _ in range(3))
    pins = np.flatnonzero((graph.cell >= 0) & (graph.net != graph.clock))
    kind, place, net = state.size[graph.cell[pins]], structure.pin[pins], graph.net[pins]
    load = (state.near + state.far).max(axis=1)[net]
    sinks = np.diff(structure.sinks_of)[net]
    more = 1.0 + _TOLERANCE
    capacitance[pins] = graph.drives[pins] & (load > families.max_cap[kind, place] * more)
    transition[pins] = state.transition[pins].max(axis=1) > families.max_transition[kind, place] * more
    fanout[pins] = graph.drives[pins] & (sinks > families.max_fanout[kind, place] * more)
    return capacitance, transition, fanout
