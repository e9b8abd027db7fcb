"""How often nets toggle, and how long they are high."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from accel_core.physical.expressions import Expression, literal, parse_expression
from accel_core.physical.graph import Bools, Floats, Graph, Ints
from accel_core.physical.liberty import Cell
from accel_core.physical.technology import Technology

CONDITIONS = ("true", "independent")
"""How conditions of Liberty groups are weighed: by their true probability, or as if all pins were independent."""

SOURCES = ("global", "simulated")
"""Where a run's activity comes from."""


@dataclass(frozen=True)
class Activity:
    """Of N nets.

    Attributes:
        density: Transitions in a second, shape (N,).
        duty: Share of the time that a net is high, shape (N,).
        source: Where it comes from, a word for the record.
        open_density: Of output pins that nothing is connected to, in 1/s; None to derive it from the cell's inputs.
        accesses: Of memories, by instance: the share of cycles that each condition on its pins holds in, where known.
    """

    density: Floats
    duty: Floats
    source: str
    open_density: float | None = None
    accesses: Mapping[str, Mapping[Expression, float]] = field(default_factory=dict)


def mean_toggles(graph: Graph, activity: Activity, period_s: float) -> float:
    """Transitions in a clock period, averaged over all nets but the clock's."""
    others = ~graph.clock_nets
    return float(activity.density[others].mean() * period_s) if others.any() else 0.0


def global_activity(
    graph: Graph, technology: Technology, toggles: float, period_s: float, conditions: str = "true"
) -> Activity:
    """Every net toggles so many times a period and is high half of the time; the clock's nets toggle twice.

    Nets that are constant do not toggle, unless ``conditions`` is ``independent``: OpenSTA lets them.
    """
    count = len(graph.netlist.nets)
    density, duty = np.full(count, toggles / period_s), np.full(count, 0.5)
    if conditions == "true":
        fixed = constant_nets(graph, technology)
        density[fixed >= 0] = 0.0
        duty[fixed >= 0] = fixed[fixed >= 0]
    density[graph.clock_nets] = 2.0 / period_s
    return Activity(density, duty, "global", toggles / period_s)


def constant_nets(graph: Graph, technology: Technology) -> Ints:
    """The value of each net that is tied low or high, -1 for the others, shape (N,)."""
    fixed = np.full(len(graph.netlist.nets), -1, dtype=np.int64)
    for net, value in graph.netlist.constants:
        fixed[net] = value
    for shape in graph.shapes:
        for pin, text in technology.library.cells[shape.cell].functions.items():
            if text.strip() in ("0", "1") and pin in shape.pins:
                fixed[graph.net[shape.first + shape.pins.index(pin)]] = int(text)
    root, flips = literals(graph, technology)
    known = fixed[root] >= 0
    return np.where(known, np.where(flips, 1 - fixed[root], fixed[root]), -1)


def literals(graph: Graph, technology: Technology) -> tuple[Ints, Bools]:
    """Follow nets back through buffers, inverters and the two outputs of flip-flops.

    Returns:
        The net that each net always equals, shape (N,), and whether it is its complement, shape (N,).
    """
    root = np.arange(len(graph.netlist.nets))
    flips = np.zeros(len(root), dtype=bool)
    for shape in graph.shapes:
        for pin, source, inverted in _copies(technology.library.cells[shape.cell], shape.pins):
            out = graph.net[shape.first + shape.pins.index(pin)]
            root[out] = graph.net[shape.first + shape.pins.index(source)]
            flips[out] = inverted
    for _ in range(len(root).bit_length()):
        # Each round doubles the steps; those of a loop of inverters never end and stay anywhere within it.
        root, flips = root[root], flips ^ flips[root]
    return root, flips


def _copies(cell: Cell, pins: tuple[str, ...]) -> list[tuple[str, str, bool]]:
    """Connected outputs that repeat another connected pin: output, that pin, whether it is the complement."""
    complements = {state.inverse: state.name for state in cell.states}
    copies: list[tuple[str, str, bool]] = []
    seen: dict[str, tuple[str, bool]] = {}
    for pin, text in cell.functions.items():
        found = literal(parse_expression(text))
        if pin not in pins or found is None:
            continue
        name, inverted = found
        if name in complements:
            name, inverted = complements[name], not inverted
        if name in pins:
            copies.append((pin, name, inverted))
        elif name in seen:
            first, other = seen[name]
            copies.append((pin, first, inverted != other))
        else:
            seen[name] = (pin, inverted)
    return copies
