"""How often memories are accessed, where that is known better than from how long their pins are high.

What a memory costs in a cycle depends on several pins at once, such as enable and write enable, and their duties do not
tell how often both are high. So shares of cycles are stated for conditions on its pins, by who made the design or by a
simulation that counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np

from accel_core.errors import InvalidInputError, ToolFailedError
from accel_core.physical.chances import Chances, Nets
from accel_core.physical.expressions import Expression, names_of, negated, parse_expression, truth_table
from accel_core.physical.graph import Floats, Graph, Shape
from accel_core.physical.liberty import Cell
from accel_core.physical.netlist import Netlist
from accel_core.physical.technology import Technology

Shares = Mapping[str, float]
"""Share of cycles by condition on a memory's pins; conditions exclude each other, in all other cycles none holds."""

_ROUNDING = 1e-6


def accesses_by_instance(
    stated: Mapping[str, Shares], netlist: Netlist, technology: Technology
) -> dict[str, dict[Expression, float]]:
    """What is stated for paths of memories, by the name of the instance, conditions read; the rest is one of them.

    Raises:
        ToolFailedError: If there is no such memory, a condition is not on its pins, or shares are no shares.
    """
    memories = {cell.alias: cell for cell in netlist.instances if technology.is_macro(cell.cell)}
    found = {}
    for path, shares in stated.items():
        if path not in memories:
            raise ToolFailedError("power", f"accesses: there is no memory {path}; allowed: {', '.join(memories)}")
        cell = technology.library.cells[memories[path].cell]
        found[memories[path].name] = _checked(path, shares, cell)
    return found


def _checked(path: str, shares: Shares, cell: Cell) -> dict[Expression, float]:
    try:
        conditions = {parse_expression(text): float(share) for text, share in shares.items()}
    except InvalidInputError as error:
        raise ToolFailedError("power", f"accesses of {path}: {error}") from error
    for condition in conditions:
        for name in names_of(condition):
            if name not in cell.pins:
                raise ToolFailedError("power", f"accesses of {path}: {cell.name} has no pin {name}")
    total = sum(conditions.values())
    if min(conditions.values(), default=0.0) < 0.0 or total > 1.0 + _ROUNDING:
        raise ToolFailedError(
            "power", f"accesses of {path}: shares are {dict(shares)}; allowed: from 0, up to 1 in all"
        )
    others = negated(reduce(lambda a, b: Expression("or", "", (a, b)), conditions, Expression("0")))
    return {**conditions, others: max(0.0, 1.0 - total)}


class StatedChances(Chances):
    """Chances on the pins of memories, some of whose accesses are known."""

    def __init__(
        self,
        shape: Shape,
        cell: Cell,
        graph: Graph,
        nets: Nets,
        independent: bool,
        accesses: Mapping[str, Mapping[Expression, float]],
    ) -> None:
        """Bind the shape to its nets and to what is known, by instance."""
        super().__init__(shape, cell, graph, nets, independent)
        names = [graph.netlist.instances[index].name for index in shape.instances.tolist()]
        self.stated = {row: accesses[name] for row, name in enumerate(names) if name in accesses}

    def of(self, condition: Expression) -> Floats:
        """How likely a condition on pins is, shape (m,): what is left open by accesses is as the activity has it."""
        chances = np.array(super().of(condition), dtype=float)
        for row, shares in self.stated.items():
            chances[row] = sum(share * self._given(condition, state, row) for state, share in shares.items() if share)
        return chances

    def _given(self, condition: Expression, state: Expression, row: int) -> float:
        """How likely a condition is while a state holds."""
        both = Expression("and", "", (condition, state))
        alone = float(super().of(state)[row])
        if alone > 0.0:
            return float(super().of(both)[row]) / alone
        # By the activity it never does, so all values of the pins are as likely.
        names = sorted(names_of(both))
        return float(truth_table(both, names).sum()) / max(float(truth_table(state, names).sum()), 1.0)
