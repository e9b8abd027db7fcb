"""How likely conditions on a cell's pins are, for all instances of a shape at once.

By default pins of one cell are what the cell makes of them: outputs are functions of inputs and state, ``QN`` is the
complement of ``Q``, a clear holds the state at 0, and inputs on one net, or on a net and its complement, change
together. What is left (different nets, and the state) is taken as independent. OpenSTA takes all pins as independent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from accel_core.physical.activity import Activity, literals
from accel_core.physical.expressions import (
    Expression,
    literal,
    names_of,
    negated,
    parse_expression,
    probability,
    replaced,
    truth_table,
)
from accel_core.physical.graph import Bools, Floats, Graph, Ints, Shape
from accel_core.physical.liberty import Cell
from accel_core.physical.technology import Technology

# Beyond so many names, states are too many to list and a condition's operands are taken as independent.
_MOST_NAMES = 10
_MOST_STATES = 1 << 22


@dataclass(frozen=True)
class Nets:
    """Duty of each net, and which net it always equals or complements, all of shape (N,)."""

    duty: Floats
    root: Ints
    flips: Bools


def related_nets(graph: Graph, technology: Technology, activity: Activity) -> Nets:
    """Nets with what buffers, inverters and flip-flops say of them."""
    root, flips = literals(graph, technology)
    return Nets(np.where(flips, 1.0 - activity.duty[root], activity.duty[root]), root, flips)


def unrelated_nets(graph: Graph, activity: Activity) -> Nets:
    """Nets that nothing is known of but their duty."""
    count = len(graph.netlist.nets)
    return Nets(activity.duty, np.arange(count), np.zeros(count, dtype=bool))


class Chances:
    """Chances of conditions on the pins of one shape's instances."""

    def __init__(self, shape: Shape, cell: Cell, graph: Graph, nets: Nets, independent: bool) -> None:
        """Bind the shape to its nets."""
        self.count = len(shape.first)
        self.net = {pin: graph.net[shape.first + offset] for offset, pin in enumerate(shape.pins)}
        self.nets = nets
        self.meaning = {} if independent else _meanings(cell)
        self.known: dict[Expression, Floats] = {}
        self.states = {} if independent else self._state_nets(cell)
        self.independent = independent

    def of(self, condition: Expression) -> Floats:
        """How likely a condition on pins is, shape (m,)."""
        if condition not in self.known:
            self.known[condition] = self._chance(replaced(condition, self.meaning))
        return self.known[condition]

    def _state_nets(self, cell: Cell) -> dict[str, tuple[Ints, bool]]:
        """The net that shows each state, and whether it shows the complement."""
        shown: dict[str, tuple[Ints, bool]] = {}
        complements = {state.inverse: state.name for state in cell.states}
        for pin, text in cell.functions.items():
            found = literal(parse_expression(text))
            if found is not None and pin in self.net:
                name, inverted = found
                if name in complements:
                    name, inverted = complements[name], not inverted
                shown.setdefault(name, (self.net[pin], inverted))
        return shown

    def _chance(self, tree: Expression) -> Floats:
        names = sorted(names_of(tree))
        duties = {name: self._duty(name) for name in names}
        if len(names) > _MOST_NAMES:
            return np.broadcast_to(np.asarray(probability(tree, duties.__getitem__)), self.count)
        table = truth_table(tree, names)
        step = max(1, _MOST_STATES >> len(names))
        parts = [
            self._weights(names, duties, slice(start, start + step)) @ table for start in range(0, self.count, step)
        ]
        return np.concatenate(parts)

    def _duty(self, name: str) -> Floats:
        """Share of the time that a pin or a state is high; half of it where nobody knows."""
        if name in self.net:
            return self.nets.duty[self.net[name]]
        if name in self.states:
            net, inverted = self.states[name]
            duty = self.nets.duty[net]
            return 1.0 - duty if inverted else duty
        return np.full(self.count, 0.5)

    def _weights(self, names: list[str], duties: Mapping[str, Floats], rows: slice) -> Floats:
        """Chance of each state of some names, shape (rows, 2**n)."""
        states = np.arange(1 << len(names))
        high = [(states >> bit & 1).astype(bool) for bit in range(len(names))]
        weights = np.ones((len(duties[names[0]][rows]) if names else self.count, len(states)))
        places = [None if self.independent else self._place(name) for name in names]
        for bit, name in enumerate(names):
            duty = duties[name][rows, None]
            factor = np.where(high[bit], duty, 1.0 - duty)
            for earlier in range(bit):
                tied = self._tied(places[bit], places[earlier], rows)
                if tied is not None:
                    same, complement = tied
                    agrees = (high[bit] == high[earlier]) != complement[:, None]
                    factor = np.where(same[:, None], agrees, factor)
            weights *= factor
        return weights

    def _place(self, name: str) -> tuple[Ints, Bools] | None:
        """The net that a name's net equals or complements."""
        if name in self.net:
            net = self.net[name]
            return self.nets.root[net], self.nets.flips[net]
        if name in self.states:
            net, inverted = self.states[name]
            return self.nets.root[net], self.nets.flips[net] != inverted
        return None

    @staticmethod
    def _tied(
        one: tuple[Ints, Bools] | None, other: tuple[Ints, Bools] | None, rows: slice
    ) -> tuple[Bools, Bools] | None:
        if one is None or other is None:
            return None
        same = one[0][rows] == other[0][rows]
        return (same, one[1][rows] != other[1][rows]) if same.any() else None


def _meanings(cell: Cell) -> dict[str, Expression]:
    """What outputs and states of a cell are in terms of its inputs and of states as independent names."""
    states: dict[str, Expression] = {}
    for state in cell.states:
        value = Expression("pin", state.name)
        if state.clear:
            value = Expression("and", "", (value, negated(parse_expression(state.clear))))
        if state.preset:
            value = Expression("or", "", (value, parse_expression(state.preset)))
        states[state.name] = value
        states[state.inverse] = negated(value)
    return states | {pin: replaced(parse_expression(text), states) for pin, text in cell.functions.items()}
