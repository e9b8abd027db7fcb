"""Delays of cells that drive wires: effective capacitance and waveforms, many arcs at a time.

A wire with resistance shields its far end, so a cell sees less than the total capacitance. The method is that of Dartu,
Menezes and Pileggi, "Performance Computation for Precharacterized CMOS Gates with RC Loads", IEEE Transactions on CAD
15(5), 1996: the cell is a ramp behind a resistor, fitted so that it follows the Liberty tables with a capacitance that
draws the same average current as the wire's pi circuit. OpenSTA uses it, too, with the same choices of thresholds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from accel_core.physical.graph import Bools, Floats, Ints
from accel_core.physical.liberty import Library
from accel_core.physical.parasitics import Parasitics
from accel_core.physical.waveforms import Ramp, fit_ramp

# Below these ratios a wire is taken as a plain capacitor: resistance to the driver's, far capacitance to near and back.
_SMALL = 1e-3
_PROBE_F = 1e-15


@dataclass(frozen=True)
class Driven:
    """Outputs of m arcs.

    Attributes:
        delay: From the cell's input to its output, in s, shape (m,).
        transition: At the cell's output, in s, shape (m,).
        slot: Which row of ``ramp`` describes an arc, -1 for a plain capacitor, shape (m,).
        ramp: Waveforms of the arcs that have one.
        crossings: When those cross the low, delay and high thresholds, shape (3, rows of ramp).
    """

    delay: Floats
    transition: Floats
    slot: Ints
    ramp: Ramp | None = field(default=None)
    crossings: Floats = field(default_factory=lambda: np.zeros((3, 0)))


class DelayCalculator:
    """Evaluates many cell arcs and wires at once."""

    def __init__(self, library: Library, parasitics: Parasitics) -> None:
        """Bind the tables and the loads."""
        self.library = library
        self.parasitics = parasitics
        self.levels = np.array([library.slew_low, library.delay_threshold, library.slew_high])

    def drive(self, delay: Ints, slope: Ints, transition: Floats, net: Ints, edge: Ints) -> Driven:
        """Delay and output transition of arcs with these tables, input transitions, nets and output edges."""
        tables = self.library.tables
        near, far = self.parasitics.near[net, edge], self.parasitics.far[net, edge]
        ohm = self.parasitics.resistance[net, edge]
        load = near + far
        lumped = tables.lookup(delay, transition, load)
        change = np.abs(tables.lookup(delay, transition, load + _PROBE_F) - lumped)
        driver = -math.log(self.library.delay_threshold) * change / _PROBE_F
        is_wire = (driver > 1e-2) & (ohm > _SMALL * driver) & (far > _SMALL * near) & (near > _SMALL * far)
        ramped = Driven(lumped, tables.lookup(slope, transition, load), np.full(len(net), -1))
        rows = np.flatnonzero(is_wire)
        if not len(rows):
            return ramped

        def cell(some: Ints, capacitance: Floats) -> tuple[Floats, Floats]:
            at = rows[some]
            found = tables.lookup(delay[at], transition[at], capacitance)
            return found, tables.lookup(slope[at], transition[at], capacitance) * self.library.slew_derate

        ramp, fits = fit_ramp(cell, driver[rows], near[rows], ohm[rows], far[rows], self.levels)
        return self._fitted(ramped, rows[fits], ramp)

    def _fitted(self, plain: Driven, rows: Ints, ramp: Ramp) -> Driven:
        """Replace what a plain capacitor would give by what the waveform gives, where one was found."""
        crossings, good = ramp.near_crossings(self.levels)
        rows, ramp, crossings = rows[good], ramp.pick(np.flatnonzero(good)), crossings[:, good]
        delay, transition, slot = plain.delay.copy(), plain.transition.copy(), plain.slot.copy()
        delay[rows] = ramp.delay
        transition[rows] = (crossings[2] - crossings[0]) / self.library.slew_derate
        slot[rows] = np.arange(len(rows))
        return Driven(delay, transition, slot, ramp, crossings)

    def wire(self, driven: Driven, arc: Ints, elmore: Floats) -> tuple[Floats, Floats]:
        """Delay and transition at sinks; ``arc`` tells which of ``driven`` drives each, ``elmore`` how far it is."""
        delay, transition = elmore.copy(), driven.transition[arc]
        slow: Bools = (driven.slot[arc] >= 0) & (elmore > _SMALL * transition)
        at = np.flatnonzero(slow)
        if driven.ramp is None or not len(at):
            return delay, transition
        slot = driven.slot[arc[at]]
        start = driven.crossings[:, slot]
        crossings, good = driven.ramp.pick(slot).far_crossings(self.levels, elmore[at], start)
        at, crossings, start = at[good], crossings[:, good], start[:, good]
        later = crossings[1] - start[1]
        delay[at] = np.where(later > 0.0, later, elmore[at])
        transition[at] = np.maximum((crossings[2] - crossings[0]) / self.library.slew_derate, transition[at])
        return delay, transition

    def from_port(self, transition: Floats, elmore: Floats) -> tuple[Floats, Floats]:
        """The same behind an input port, which drives as hard as it must: a step through one RC."""
        library = self.library
        delay = -elmore * math.log(1.0 - library.delay_threshold)
        growth = math.log((1.0 - library.slew_low) / (1.0 - library.slew_high)) / library.slew_derate
        return delay, np.asarray(transition + elmore * growth)
