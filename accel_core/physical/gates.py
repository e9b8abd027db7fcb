"""Delays of cells that drive wires."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from accel_core.physical.graph import Floats, Ints
from accel_core.physical.liberty import Library
from accel_core.physical.parasitics import Parasitics


@dataclass(frozen=True)
class Driven:
    """Outputs of m arcs: delay from the input in s, transition at the driver in s."""

    delay: Floats
    transition: Floats


class Gates:
    """Evaluates many cell arcs and wires at once."""

    def __init__(self, library: Library, parasitics: Parasitics) -> None:
        """Bind the tables and the loads."""
        self.library = library
        self.parasitics = parasitics
        self.load = parasitics.load

    def drive(self, delay: Ints, slope: Ints, transition: Floats, net: Ints, edge: Ints) -> Driven:
        """Delay and output transition of arcs with these tables, input transitions, nets and output edges."""
        load = self.load[net, edge]
        tables = self.library.tables
        return Driven(tables.lookup(delay, transition, load), tables.lookup(slope, transition, load))

    def wire(self, driven: Driven, arc: Ints, elmore: Floats) -> tuple[Floats, Floats]:
        """Delay and transition at sinks; ``arc`` tells which of ``driven`` drives each, ``elmore`` how far it is."""
        return elmore, driven.transition[arc]

    def from_port(self, transition: float, elmore: Floats) -> tuple[Floats, Floats]:
        """The same behind an input port, which drives as hard as it must: a step through one RC."""
        library = self.library
        delay = -elmore * math.log(1.0 - library.delay_threshold)
        growth = math.log((1.0 - library.slew_low) / (1.0 - library.slew_high)) / library.slew_derate
        return delay, np.asarray(transition + elmore * growth)
