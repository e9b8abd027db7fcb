"""Static timing: NLDM cell delays, Elmore wire delays, setup slack, with one clock.

An ideal clock is at all flip-flops at once. One that is propagated takes the time that its network needs, to each
flip-flop its own, and what is timed at ports counts from its mean edge at flip-flops: who is beyond the ports is taken
to have the same clock behind as long a network. There is one corner, so launch and capture see the same delays.

Both edges are followed, level by level and all cells of a level at once. What comes together at a pin is merged as in
OpenSTA: the latest arrival and, independently, the slowest transition.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from accel_core.errors import ToolFailedError
from accel_core.physical.delay_calculation import DelayCalculator, Driven
from accel_core.physical.graph import Floats, Graph, Ints, run_starts
from accel_core.physical.levels import arc_levels, clock_levels
from accel_core.physical.parasitics import Parasitics
from accel_core.physical.technology import Technology

EDGES = ("rise", "fall")


@dataclass(frozen=True)
class Constraints:
    """What the design must meet, in seconds.

    Attributes:
        period_s: Of the clock, whose rising edge is at 0 at its port and, if it is ideal, at every flip-flop.
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
        arrival: When inputs change after the clock edge in s, -inf for those that nothing is said of; that of a
            propagated clock is when its own edges come; shape (P, 2).
        transition: Of the inputs in s, shape (P, 2).
        late: How long before the next edge outputs must be stable in s, NaN for those that need not; shape (P, 2).
        clock_transition: Of an ideal clock at every flip-flop in s, shape (2,).
        is_behind_network: Whether times at ports count from the mean edge at flip-flops, not from that at the clock's
            port.
    """

    arrival: Floats
    transition: Floats
    late: Floats
    clock_transition: Floats
    is_behind_network: bool = False


def usual_boundary(graph: Graph, technology: Technology, constraints: Constraints) -> Boundary:
    """The same for all ports: the constraints' delays and the technology's transitions."""
    shape = (graph.n_ports, 2)
    boundary = Boundary(
        np.full(shape, constraints.input_delay_s),
        np.full(shape, technology.input_transition_s),
        np.full(shape, constraints.output_delay_s),
        np.full(2, technology.clock_transition_s),
        is_behind_network=True,
    )
    if graph.propagated:
        port = graph.driver[graph.clock] - graph.n_pins
        boundary.arrival[port] = (0.0, constraints.period_s / 2.0)
        boundary.transition[port] = technology.clock_transition_s
    return boundary


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
        clock_latency: How long after the clock's edge at its port it comes to each of ``clocked_pins`` in s; empty for
            an ideal clock.
        port_latency_s: The same of the edge that times at ports count from.
    """

    arrival: Floats
    transition: Floats
    arc_arrival: Floats
    endpoints: Ints
    required: Floats
    slack: Floats
    clock_latency: Floats = field(default_factory=lambda: np.zeros(0))
    port_latency_s: float = 0.0

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
    latency, at_ports = np.zeros(0), 0.0
    if graph.propagated:
        _follow(graph, calculator, clock_levels(graph), arrival, transition, arc_arrival)
        latency = clock_latency(graph, constraints, arrival, *clocked_pins(graph))
        if boundary.is_behind_network and len(latency):
            at_ports = float(latency.mean())
            _set_back_inputs(graph, at_ports, arrival)
    _follow(graph, calculator, arc_levels(graph), arrival, transition, arc_arrival)
    _settle(graph, calculator, transition)
    found = _slacks(graph, technology, constraints, boundary, at_ports, arrival, transition, arc_arrival)
    return replace(found, clock_latency=latency, port_latency_s=at_ports)


def _follow(
    graph: Graph,
    calculator: DelayCalculator,
    levels: Sequence[Ints],
    arrival: Floats,
    transition: Floats,
    arc_arrival: Floats,
) -> None:
    """Evaluate arcs, level by level."""
    wires = _sinks_by_net(graph)
    for level in levels:
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


def time_clock(
    graph: Graph, parasitics: Parasitics, technology: Technology, constraints: Constraints
) -> tuple[Floats, Floats]:
    """Arrivals and transitions in the network of a propagated clock alone, each of shape (T, 2); see ``Timing``."""
    boundary = usual_boundary(graph, technology, constraints)
    arrival, transition = (np.full((len(graph.net), 2), -np.inf) for _ in range(2))
    calculator = DelayCalculator(technology.library, parasitics)
    _start(graph, calculator, constraints, boundary, arrival, transition)
    _follow(graph, calculator, clock_levels(graph), arrival, transition, np.full(graph.arcs.shape[1], -np.inf))
    return arrival, transition


def clock_latency(graph: Graph, constraints: Constraints, arrival: Floats, terminals: Ints, edges: Ints) -> Floats:
    """How long after their time at the clock's port its edges come to pins, in s; 0 for pins that it does not reach.

    Args:
        graph: The netlist.
        constraints: With the period, in whose middle the clock falls.
        arrival: At each terminal, shape (T, 2).
        terminals: Shape (m,).
        edges: At those pins, shape (m,).
    """
    nets = graph.net[terminals]
    nominal = np.where(edges == graph.clock_inverted[nets], 0.0, constraints.period_s / 2.0)
    return np.where(graph.clock_nets[nets], arrival[terminals, edges] - nominal, 0.0)


def clocked_pins(graph: Graph) -> tuple[Ints, Ints]:
    """Every pin that clocks a flip-flop once, and the edge at which it does."""
    pins, edges = graph.arcs[0, graph.arcs[6] == 1], graph.arcs[2, graph.arcs[6] == 1]
    both = np.sort(pins * 2 + edges)
    both = both[run_starts(both)]
    return both // 2, both % 2


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
        if not arcs or graph.clock_nets[graph.net[driver]]:
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
    if graph.clock >= 0 and not graph.propagated:
        clocked = np.flatnonzero(graph.clock_nets[graph.net])
        arrival[clocked] = (0.0, constraints.period_s / 2.0)
        opposite = np.flatnonzero(graph.clock_inverted[graph.net])
        arrival[opposite] = (constraints.period_s / 2.0, 0.0)
        transition[clocked] = boundary.clock_transition


def _set_back_inputs(graph: Graph, latency: float, arrival: Floats) -> None:
    """Let all inputs but the clock be so much later, up to the pins that they reach."""
    is_input = np.zeros(len(graph.netlist.nets), dtype=bool)
    is_input[[net for port in graph.netlist.ports if port.is_input for net in port.nets if net != graph.clock]] = True
    arrival[is_input[graph.net]] += latency


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
    at_ports: float,
    arrival: Floats,
    transition: Floats,
    arc_arrival: Floats,
) -> Timing:
    # A pin may be checked against several clocks, of which those that are tied never come.
    data, clock, clock_edge, edge, table = graph.checks[:, graph.clock_nets[graph.net[graph.checks[1]]]]
    slope, capture = boundary.clock_transition[clock_edge], np.zeros(len(clock))
    if graph.propagated:
        slope = transition[clock, clock_edge]
        capture = clock_latency(graph, constraints, arrival, clock, clock_edge)
    setup = technology.library.tables.lookup(table, transition[data, edge], slope)
    ports = np.arange(graph.n_pins, graph.n_pins + graph.n_ports)
    outputs = np.flatnonzero(~graph.drives[ports])
    ends = np.stack([np.repeat(ports[outputs], 2), np.tile([0, 1], len(outputs))])
    endpoints = np.concatenate([np.stack([data, edge]), ends], axis=1)
    needed = np.concatenate([setup - capture, boundary.late[outputs].reshape(-1) - at_ports])
    required = constraints.period_s - constraints.uncertainty_s - needed
    slack = required - arrival[endpoints[0], endpoints[1]]
    timed = np.isfinite(slack)
    if not timed.any():
        raise ToolFailedError("timing", "no path of the design ends at a flip-flop or an output port")
    return Timing(arrival, transition, arc_arrival, endpoints[:, timed], required[timed], slack[timed])
