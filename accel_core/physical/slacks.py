"""Required times and slacks at every pin, from a finished analysis."""

from __future__ import annotations

import numpy as np

from accel_core.physical.graph import Floats, Graph, Ints
from accel_core.physical.levels import arc_levels
from accel_core.physical.timing import Timing


def slacks(graph: Graph, timing: Timing) -> Floats:
    """Slack at every terminal: that of the worst path through it, edge by edge.

    Wire and cell delays are those of ``timing``, where the slowest transition and the latest arrival at a pin may come
    from different paths.

    Returns:
        Seconds, inf where no path goes on to an end point, shape (T, 2).
    """
    required = required_times(graph, timing)
    reached = np.isfinite(timing.arrival)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(reached, required - timing.arrival, np.inf))


def required_times(graph: Graph, timing: Timing) -> Floats:
    """Latest arrival at every terminal that still is good, in s; inf where no path goes on to an end point."""
    arrival = timing.arrival
    required = np.full(arrival.shape, np.inf)
    np.minimum.at(required, (timing.endpoints[0], timing.endpoints[1]), timing.required)
    sinks = np.flatnonzero(~graph.drives)
    sinks = sinks[np.argsort(graph.net[sinks], kind="stable")]
    starts = np.searchsorted(graph.net[sinks], np.arange(len(graph.netlist.nets) + 1))
    for level in reversed(arc_levels(graph)):
        live = level[np.isfinite(timing.arc_arrival[level])]
        start, out, before, after = graph.arcs[:4, live]
        _through_wires(graph, arrival, required, np.unique(out), sinks, starts)
        delay = timing.arc_arrival[live] - arrival[start, before]
        np.minimum.at(required, (start, before), required[out, after] - delay)
    ports = np.arange(graph.n_pins, graph.n_pins + graph.n_ports)
    _through_wires(graph, arrival, required, ports[graph.drives[ports]], sinks, starts)
    return required


def _through_wires(graph: Graph, arrival: Floats, required: Floats, drivers: Ints, sinks: Ints, starts: Ints) -> None:
    """Carry required times from the sinks of nets to their drivers."""
    net = graph.net[drivers]
    count = starts[net + 1] - starts[net]
    driver = np.repeat(drivers, count)
    within = np.arange(len(driver)) - np.repeat(np.cumsum(count) - count, count)
    sink = sinks[np.repeat(starts[net], count) + within]
    for edge in (0, 1):
        timed = np.isfinite(arrival[sink, edge]) & np.isfinite(arrival[driver, edge])
        wire = arrival[sink[timed], edge] - arrival[driver[timed], edge]
        np.minimum.at(required, (driver[timed], edge), required[sink[timed], edge] - wire)
