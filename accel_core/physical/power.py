"""Power as Liberty means it, which is also how OpenSTA 3.1 reckons it.

A transition costs the mean of a group's rising and falling energy. An input pin is charged each of its groups as often
as its condition holds. A transition of an output is shared among its groups, for each power pin by the share of input
transitions that pass: density of the related pin times the chance that it is sensitized. A net costs C V^2 / 2.
Leakage is that of each state, for each power pin. A group without a condition beside groups that have one speaks of
the states that they leave; OpenSTA adds it to all of them.

An ideal clock's own network costs nothing; what clock pins cost inside flip-flops is counted. The buffers of a clock
tree, and the wires that they drive, are a group of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from accel_core.physical.accesses import StatedChances
from accel_core.physical.activity import Activity
from accel_core.physical.chances import Chances, related_nets, unrelated_nets
from accel_core.physical.expressions import Expression, difference, names_of, negated, parse_expression
from accel_core.physical.graph import Floats, Graph, Ints, Shape
from accel_core.physical.liberty import Cell, Energy, Leakage
from accel_core.physical.parasitics import Parasitics
from accel_core.physical.technology import Technology
from accel_core.physical.timing import Timing

GROUPS = ("sequential", "combinational", "clock", "macro")


@dataclass(frozen=True)
class Power:
    """Power of each instance in W, shape (instances,).

    Attributes:
        internal: Spent inside cells when they switch.
        switching: Charging wires and pins.
        leakage: Spent all the time.
        group: Which of ``GROUPS`` an instance belongs to.
    """

    internal: Floats
    switching: Floats
    leakage: Floats
    group: Ints

    @property
    def total_w(self) -> float:
        """All of it."""
        return float(self.internal.sum() + self.switching.sum() + self.leakage.sum())

    def parts_w(self, group: str | None = None) -> dict[str, float]:
        """``internal``, ``switching`` and ``leakage`` of one of ``GROUPS``, or of all."""
        mine = slice(None) if group is None else self.group == GROUPS.index(group)
        return {name: float(getattr(self, name)[mine].sum()) for name in ("internal", "switching", "leakage")}


def estimate_power(
    graph: Graph,
    parasitics: Parasitics,
    timing: Timing,
    technology: Technology,
    activity: Activity,
    conditions: str = "true",
) -> Power:
    """Power at an activity; ``conditions`` is one of ``activity.CONDITIONS``."""
    independent = conditions == "independent"
    nets = unrelated_nets(graph, activity) if independent else related_nets(graph, technology, activity)
    count = len(graph.netlist.instances)
    switching, leakage, group = np.zeros(count), np.zeros(count), np.zeros(count, dtype=np.int64)
    charges = _Charges()
    for shape in graph.shapes:
        cell = technology.library.cells[shape.cell]
        chances = (
            StatedChances(shape, cell, graph, nets, independent, activity.accesses)
            if cell.is_macro and activity.accesses
            else Chances(shape, cell, graph, nets, independent)
        )
        part = _Part(shape, cell, graph, parasitics, activity, chances, independent)
        switching[shape.instances] = part.switching(technology.supply_v)
        leakage[shape.instances] = part.leakage()
        group[shape.instances] = _group(shape, cell, graph)
        part.charge(charges)
    return Power(charges.internal(count, timing, technology), switching, leakage, group)


def _group(shape: Shape, cell: Cell, graph: Graph) -> Ints:
    """As OpenSTA sorts them: what drives nothing but clocks, or nothing at all, is part of the clock's network."""
    outputs = [pin for pin, entry in cell.pins.items() if entry.direction == "output"]
    clocks = np.full(len(shape.first), all(pin in shape.pins for pin in outputs))
    for pin in outputs:
        if pin in shape.pins:
            clocks &= graph.clock_nets[graph.net[shape.first + shape.pins.index(pin)]]
    kind = "macro" if cell.is_macro else "sequential" if cell.has_state else "combinational"
    if cell.is_macro:
        return np.full(len(shape.first), GROUPS.index(kind))
    return np.where(clocks, GROUPS.index("clock"), GROUPS.index(kind))


class _Charges:
    """Transitions to be paid, of all shapes, so that all tables are looked up at once."""

    def __init__(self) -> None:
        self.rows: list[tuple[Ints, Ints, Floats, Floats, Energy]] = []

    def add(self, instances: Ints, slopes: Ints, load: Floats, rate: Floats, energy: Energy) -> None:
        """Charge an energy ``rate`` times a second at a load; ``slopes`` are terminals whose transition counts."""
        self.rows.append((instances, slopes, load, rate, energy))

    def internal(self, count: int, timing: Timing, technology: Technology) -> Floats:
        """What each instance pays, in W."""
        if not self.rows:
            return np.zeros(count)
        sizes = [len(row[0]) for row in self.rows]
        instances, slopes, load, rate = (np.concatenate([row[part] for row in self.rows]) for part in range(4))
        total = np.zeros(len(instances))
        for edge in (0, 1):
            table = np.repeat([row[4][2 + edge] for row in self.rows], sizes)
            before = np.repeat([edge ^ row[4].is_inverting for row in self.rows], sizes)
            known = np.flatnonzero(table >= 0)
            # A pin that no transition reaches, such as a constant one, has none; so has an energy without a pin.
            slope = np.where(slopes >= 0, timing.transition[slopes, before], 0.0)
            total[known] += technology.library.tables.lookup(table[known], slope[known], load[known])
        return np.bincount(instances, 0.5 * total * rate, minlength=count).astype(np.float64)


class _Part:
    """One shape: what its pins do, and what that costs."""

    def __init__(
        self,
        shape: Shape,
        cell: Cell,
        graph: Graph,
        parasitics: Parasitics,
        activity: Activity,
        chances: Chances,
        independent: bool,
    ) -> None:
        self.shape = shape
        self.cell = cell
        self.chances = chances
        self.independent = independent
        self.count = len(shape.first)
        self.activity = activity
        self.terminal = {pin: shape.first + offset for offset, pin in enumerate(shape.pins)}
        self.density = {pin: activity.density[graph.net[terminal]] for pin, terminal in self.terminal.items()}
        self.load = {
            pin: parasitics.load[graph.net[terminal]].max(axis=1)
            for pin, terminal in self.terminal.items()
            if cell.pins[pin].direction == "output"
        }

    def switching(self, supply_v: float) -> Floats:
        """Charging the nets of all outputs, shape (m,)."""
        total = np.zeros(self.count)
        for pin, load in self.load.items():
            volt = self.cell.pins[pin].supply_v
            total += 0.5 * load * (supply_v if volt is None else volt) ** 2 * self.density[pin]
        return total

    def leakage(self) -> Floats:
        """In W, shape (m,)."""
        if not self.cell.leakages:
            return np.full(self.count, self.cell.leakage_w)
        total = np.zeros(self.count)
        for pin in dict.fromkeys(row.power_pin for row in self.cell.leakages):
            total += self._leakage([row for row in self.cell.leakages if row.power_pin == pin])
        return total

    def _leakage(self, rows: Sequence[Leakage]) -> Floats:
        """Of one power pin: by state, and for states that are not listed the value without a condition."""
        stated = [row for row in rows if row.when]
        if not stated:
            return np.full(self.count, rows[-1].watts)
        chances = [self.chances.of(parse_expression(row.when)) for row in stated]
        total = sum((row.watts * chance for row, chance in zip(stated, chances, strict=True)), np.zeros(self.count))
        if self.independent:
            known = [chance for row, chance in zip(stated, chances, strict=True) if row.watts > 0.0]
            return total + self.cell.leakage_w * (1.0 - sum(known)) if self.cell.states_leakage else total
        rest = self._none_of(row.when for row in stated)
        plain = [row.watts for row in rows if not row.when]
        only = len({row.power_pin for row in self.cell.leakages}) == 1
        if plain or (only and self.cell.states_leakage):
            return total + rest * (plain[0] if plain else self.cell.leakage_w)
        # Nothing is said of the other states: they leak like those that are listed.
        return np.where(rest < 1.0, total / np.maximum(1.0 - rest, 1e-12), self.cell.leakage_w)

    def charge(self, charges: _Charges) -> None:
        """Add what transitions of the pins cost."""
        outputs: dict[str, list[Energy]] = {}
        for row in self.cell.energies:
            direction = self.cell.pins[row.pin].direction
            if direction == "input" and row.pin in self.terminal:
                rate = self._holds(row) * self.density[row.pin]
                charges.add(self.shape.instances, self.terminal[row.pin], np.zeros(self.count), rate, row)
            elif direction == "output":
                outputs.setdefault(row.pin, []).append(row)
        for pin, rows in outputs.items():
            self._charge_output(charges, pin, rows)

    def _charge_output(self, charges: _Charges, pin: str, rows: Sequence[Energy]) -> None:
        density = self.density[pin] if pin in self.density else self._open_density(pin)
        load = self.load.get(pin, np.zeros(self.count))
        shares = [self._share(row) for row in rows]
        for row, share in zip(rows, shares, strict=True):
            if row.related in self.terminal:
                peers = zip(rows, shares, strict=True)
                total = sum((other for peer, other in peers if peer.power_pin == row.power_pin), np.zeros(self.count))
                rate = np.divide(share, total, out=np.zeros(self.count), where=total > 0.0) * density
                charges.add(self.shape.instances, self.terminal[row.related], load, rate, row)
            elif not row.related and not self.independent:
                nowhere = np.full(self.count, -1)
                charges.add(self.shape.instances, nowhere, load, self._holds(row) * density, row)

    def _share(self, row: Energy) -> Floats:
        """Transitions of the related pin that pass, in 1/s: those that change the output while the condition holds."""
        if row.related not in self.terminal:
            return np.zeros(self.count)
        function = self.cell.functions.get(row.pin)
        tree = parse_expression(function) if function else None
        if tree is None or row.related not in names_of(tree):
            return self.density[row.related] * (self._holds(row) if self._has_condition(row) else 0.5)
        passes = difference(tree, row.related)
        if self.independent:
            return self.density[row.related] * self.chances.of(passes)
        return self.density[row.related] * self.chances.of(Expression("and", "", (passes, self._condition(row))))

    def _has_condition(self, row: Energy) -> bool:
        return bool(row.when) or (not self.independent and bool(self._conditional(row)))

    def _holds(self, row: Energy) -> Floats:
        """How likely a group's condition is."""
        if not self.independent:
            return self.chances.of(self._condition(row))
        if not row.when:
            return np.ones(self.count)
        tree = parse_expression(row.when)
        # As OpenSTA does: a condition on an output that the pin changes stands for the pin being sensitized.
        for pin in names_in_order(tree):
            entry = self.cell.pins.get(pin)
            if entry is not None and entry.direction == "output":
                function = parse_expression(self.cell.functions.get(pin, "0"))
                return self.chances.of(difference(function, row.pin) if row.pin in names_of(function) else tree)
        return self.chances.of(tree)

    def _condition(self, row: Energy) -> Expression:
        """A group's condition; without one, that none of its conditional siblings holds."""
        if row.when:
            return parse_expression(row.when)
        return _neither(self._conditional(row))

    def _conditional(self, row: Energy) -> list[str]:
        mine = (row.pin, row.related, row.power_pin)
        return [
            other.when
            for other in self.cell.energies
            if other.when and (other.pin, other.related, other.power_pin) == mine
        ]

    def _none_of(self, conditions: Iterable[str]) -> Floats:
        return self.chances.of(_neither(conditions))

    def _open_density(self, pin: str) -> Floats:
        """Transitions of an output that nothing is connected to, in 1/s."""
        if self.activity.open_density is not None:
            return np.full(self.count, self.activity.open_density)
        if self.cell.states:
            # The outputs of a flip-flop toggle together.
            known = [density for other, density in self.density.items() if other in self.cell.functions]
            return known[0] if known else np.zeros(self.count)
        tree = parse_expression(self.cell.functions.get(pin, "0"))
        passing = (
            self.density[name] * self.chances.of(difference(tree, name))
            for name in names_of(tree)
            if name in self.density
        )
        return sum(passing, np.zeros(self.count))


def _neither(conditions: Iterable[str]) -> Expression:
    trees = [parse_expression(text) for text in conditions]
    return negated(reduce(lambda a, b: Expression("or", "", (a, b)), trees, Expression("0")))


def names_in_order(tree: Expression) -> list[str]:
    """Names of an expression from left to right."""
    return [tree.name] if tree.kind == "pin" else [name for part in tree.operands for name in names_in_order(part)]
