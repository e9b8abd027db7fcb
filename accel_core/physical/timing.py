"""Static timing: NLDM cell delays, Elmore wire delays, setup slack, with one ideal clock.

Both edges are followed, level by level and all cells of a level at once. What comes together at a pin is merged as in
OpenSTA: the latest arrival and, independently, the slowest transition.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from accel_core.errors import ToolFailedError
from accel_core.physical.delay_calculation import DelayCalculator, Driven
from accel_core.physical.graph import Floats, Graph, Ints
from accel_core.physical.levels import arc_levels
from accel_core.physical.parasitics import Parasitics
from accel_core.physical.technology import Technology

EDGES = ("rise", "fall")


@dataclass(frozen=True)
class Constraints:
    """What the design must meet, in seconds.

    Attributes:
        period_s: Of the clock, whose rising edge is at 0 at every flip-flop.
        input_delay_s: When inputs change after the clock edge.
        output_delay_s: How long before the next edge outputs must be stable.
        uncertainty_s: How much earlier than it should the next edge may come.
    """

    period_s: float
    input_delay_s: float = 0.0
    output_delay_s: float = 0.0
    uncertainty_s: float = 0.0


@dataclass(frozen=True)
class Boundary:
    """What stands at P port bits, in the order of the graph's terminals, for rising and falling edges.

    Attributes:
        arrival: When inputs change after the clock edge in s, -inf for those that nothing is said of; shape (P, 2).
        transition: Of the inputs in s, shape (P, 2).
        late: How long before the next edge outputs must be stable in s, NaN for those that need not; shape (P, 2).
        clock_transition: At every flip-flop in s, shape (2,).
    """

    arrival: Floats
    transition: Floats
    late: Floats
    clock_transition: Floats


def usual_boundary(graph: Graph, technology: Technology, constraints: Constraints) -> Boundary:
    """The same for all ports: the constraints' delays and the technology's transitions."""
    shape = (graph.n_ports, 2)
    return Boundary(
        np.full(shape, constraints.input_delay_s),
        np.full(shape, technology.input_transition_s),
        np.full(shape, constraints.output_delay_s),
        np.full(2, technology.clock_transition_s),
    )


@dataclass(frozen=True)
class Timing:
    """Result of the analysis.

    Attributes:
        arrival: Latest arrival at each terminal for a rising and a falling edge in s, -inf if none, shape (T, 2).
        transition: Slowest transition there in s, 0 if none, shape (T, 2).
        arc_arrival: Arrival through each arc in s, shape (A,).
        endpoints: Terminal and edge of each end point, shape (2, Z).
        required: Latest good arrival at each end point in s, shape (Z,).
        slack: Required minus actual arrival, shape (Z,).
    """

    arrival: Floats
    transition: Floats
    arc_arrival: Floats
    endpoints: Ints
    required: Floats
    slack: Floats

    @property
    def worst_slack_s(self) -> float:
        """Smallest slack of all end points."""
        return float(self.slack.min())

    @property
    def total_negative_slack_s(self) -> float:
        """Sum over end points of what they miss."""
        worst: dict[int, float] = {}
        for terminal, slack in zip(self.endpoints[0].tolist(), self.slack.tolist(), strict=True):
            worst[terminal] = min(slack, worst.get(terminal, 0.0))
        return math.fsum(worst.values())


def analyze(
    graph: Graph,
    parasitics: Parasitics,
    technology: Technology,
    constraints: Constraints,
    boundary: Boundary | None = None,
) -> Timing:
    """Find arrivals, transitions and setup slacks.

    Raises:
        ToolFailedError: If the logic has a loop, or no path ends anywhere.
    """
    boundary = boundary or usual_boundary(graph, technology, constraints)
    arrival = np.full((len(graph.net), 2), -np.inf)
    transition = np.full((len(graph.net), 2), -np.inf)
    arc_arrival = np.full(graph.arcs.shape[1], -np.inf)
    calculator = DelayCalculator(technology.library, parasitics)
    _start(graph, calculator, constraints, boundary, arrival, transition)
    wires = _sinks_by_net(graph)
    for level in arc_levels(graph):
        live = level[np.isfinite(transition[graph.arcs[0, level], graph.arcs[2, level]])]
        if not len(live):
            continue
        start, out, before, after, delay, slope, _ = graph.arcs[:, live]
        result = calculator.drive(delay, slope, transition[start, before], graph.net[out], after)
        reached = arrival[start, before] + result.delay
        arc_arrival[live] = reached
        np.maximum.at(arrival, (out, after), reached)
        np.maximum.at(transition, (out, after), result.transition)
        _propagate(graph, wires, calculator, out, after, result, arrival, transition)
    _settle(graph, calculator, transition)
    return _slacks(graph, technology, constraints, boundary, arrival, transition, arc_arrival)


def critical_path(graph: Graph, timing: Timing) -> list[tuple[int, int, float]]:
    """The worst path from its start to its end: terminal, edge (0 rise, 1 fall) and arrival in s of each step."""
    worst = int(timing.slack.argmin())
    terminal, edge = (int(value) for value in timing.endpoints[:, worst])
    by_output: dict[tuple[int, int], list[int]] = {}
    for arc, (out, after) in enumerate(zip(graph.arcs[1].tolist(), graph.arcs[3].tolist(), strict=True)):
        by_output.setdefault((out, after), []).append(arc)
    steps = [(terminal, edge, float(timing.arrival[terminal, edge]))]
    while True:
        driver = int(graph.driver[graph.net[terminal]])
        if driver != terminal:
            steps.append((driver, edge, float(timing.arrival[driver, edge])))
        arcs = by_output.get((driver, edge))
        if not arcs or graph.net[driver] == graph.clock:
            return steps[::-1]
        best = max(arcs, key=lambda arc: timing.arc_arrival[arc])
        terminal, edge = int(graph.arcs[0, best]), int(graph.arcs[2, best])
        steps.append((terminal, edge, float(timing.arrival[terminal, edge])))


def _start(
    graph: Graph,
    calculator: DelayCalculator,
    constraints: Constraints,
    boundary: Boundary,
    arrival: Floats,
    transition: Floats,
) -> None:
    """Set what the ports and the clock begin with, up to the pins that they reach."""
    ports = np.arange(graph.n_pins, graph.n_pins + graph.n_ports)
    inputs = np.flatnonzero(graph.drives[ports])
    arrival[ports[inputs]] = boundary.arrival[inputs]
    transition[ports[inputs]] = boundary.transition[inputs]
    is_port_net = np.zeros(len(graph.netlist.nets), dtype=bool)
    is_port_net[graph.net[ports[inputs]]] = True
    sinks = np.flatnonzero(is_port_net[graph.net] & ~graph.drives)
    source = graph.driver[graph.net[sinks]]
    delay, slope = calculator.from_port(transition[source], calculator.parasitics.elmore[sinks])
    arrival[sinks] = arrival[source] + delay
    transition[sinks] = slope
    if graph.clock >= 0:
        clocked = np.flatnonzero(graph.net == graph.clock)
        arrival[clocked] = (0.0, constraints.period_s / 2.0)
        transition[clocked] = boundary.clock_transition


def _settle(graph: Graph, calculator: DelayCalculator, transition: Floats) -> None:
    """Give pins that no transition reaches what a step at their driver would be, as OpenSTA has it behind tie cells."""
    sinks = np.flatnonzero(~graph.drives & ~np.isfinite(transition).any(axis=1))
    elmore = calculator.parasitics.elmore[sinks]
    transition[sinks] = calculator.from_port(np.zeros_like(elmore), elmore)[1]
    np.maximum(transition, 0.0, out=transition)


def _sinks_by_net(graph: Graph) -> tuple[Ints, Ints]:
    """Sink terminals ordered by net, and where each net's begin, shape (N + 1,)."""
    sinks = np.flatnonzero(~graph.drives)
    order = sinks[np.argsort(graph.net[sinks], kind="stable")]
    starts = np.searchsorted(graph.net[order], np.arange(len(graph.netlist.nets) + 1))
    return order, starts


def _propagate(
    graph: Graph,
    wires: tuple[Ints, Ints],
    calculator: DelayCalculator,
    out: Ints,
    after: Ints,
    result: Driven,
    arrival: Floats,
    transition: Floats,
) -> None:
    """Carry what a level's arcs drive to the sinks of their nets."""
    order, starts = wires
    net = graph.net[out]
    count = starts[net + 1] - starts[net]
    arc = np.repeat(np.arange(len(out)), count)
    within = np.arange(len(arc)) - np.repeat(np.cumsum(count) - count, count)
    sink = order[starts[net[arc]] + within]
    edge = after[arc]
    delay, slope = calculator.wire(result, arc, calculator.parasitics.elmore[sink, edge])
    # As in OpenSTA, the longest wire delay and the latest arrival at the driver may come from different arcs.
    np.maximum.at(transition, (sink, edge), slope)
    np.maximum.at(arrival, (sink, edge), arrival[out[arc], edge] + delay)


def _slacks(
    graph: Graph,
    technology: Technology,
    constraints: Constraints,
    boundary: Boundary,
    arrival: Floats,
    transition: Floats,
    arc_arrival: Floats,
) -> Timing:
    # A pin may be checked against several clocks, of which those that are tied never come.
    data, _, clock_edge, edge, table = graph.checks[:, graph.net[graph.checks[1]] == graph.clock]
    setup = technology.library.tables.lookup(table, transition[data, edge], boundary.clock_transition[clock_edge])
    ports = np.arange(graph.n_pins, graph.n_pins + graph.n_ports)
    outputs = np.flatnonzero(~graph.drives[ports])
    ends = np.stack([np.repeat(ports[outputs], 2), np.tile([0, 1], len(outputs))])
    endpoints = np.concatenate([np.stack([data, edge]), ends], axis=1)
    needed = np.concatenate([setup, boundary.late[outputs].reshape(-1)])
    required = constraints.period_s - constraints.uncertainty_s - needed
    slack = required - arrival[endpoints[0], endpoints[1]]
    timed = np.isfinite(slack)
    if not timed.any():
        raise ToolFailedError("timing", "no path of the design ends at a flip-flop or an output port")
    return Timing(arrival, transition, arc_arrival, endpoints[:, timed], required[timed], slack[timed])
