"""Buffer trees on nets that are too much for any driver: many sinks, long wires, more load than the library allows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from accel_core.physical.graph import Floats, Ints
from accel_core.physical.repair.clusters import bisect
from accel_core.physical.repair.edits import Edits, Sink, sink_names
from accel_core.physical.repair.strengths import Strengths
from accel_core.physical.repair.timer import Timer
from accel_core.physical.technology import UNITS_PER_UM, Technology


@dataclass(frozen=True)
class Points:
    """Sinks that one net drives.

    Attributes:
        names: As ``Edits`` names them.
        xy: Where they are in um, shape (n, 2).
        load: What each adds to the net, wires included, in F, shape (n,).
    """

    names: list[Sink]
    xy: Floats
    load: Floats


def heavy_nets(timer: Timer, strengths: Strengths, factor: float) -> Ints:
    """Nets with more than ``factor`` times the load that suits their driver's strongest size, or beyond its limits.

    Input ports count as a buffer, since what drives them is not known.
    """
    state, structure, families = timer.state, timer.structure, timer.families
    load = (state.near + state.far).max(axis=1)
    found = []
    for out in structure.order.tolist():
        net = structure.net[out]
        cell = structure.cell[out]
        kind = int(strengths.kinds[strengths.chosen]) if cell < 0 else int(state.size[cell])
        members = families.members[kind]
        pin = structure.pin[out]
        sinks = structure.sinks_of[net + 1] - structure.sinks_of[net]
        limit = factor * strengths.root_f(kind)
        most = math.inf
        if cell >= 0:
            limit = min(limit, 0.9 * float(families.max_cap[members, pin].max()))
            most = float(families.max_fanout[members, pin].max())
        if sinks > 1 and (load[net] > limit or sinks > most):
            found.append(net)
    return np.array(found, dtype=np.int64)


def grow_buffers(timer: Timer, edits: Edits, strengths: Strengths, technology: Technology, net: int) -> int:
    """Put a tree of buffers on a net; returns how many."""
    graph, structure, state = timer.graph, timer.structure, timer.state
    terminals = structure.sinks[structure.sinks_of[net] : structure.sinks_of[net + 1]]
    driver = int(structure.driver[net])
    cell = int(structure.cell[driver])
    kind = int(strengths.kinds[strengths.chosen]) if cell < 0 else int(state.size[cell])
    root_f = strengths.root_f(kind)
    pins = state.cap[terminals].mean(axis=1)
    wires = max(0.0, float((state.near[net] + state.far[net]).mean() - pins.sum()))
    points = Points(sink_names(graph, terminals.tolist()), graph.xy[terminals], pins + wires / len(terminals))
    source = sink_names(graph, [driver])[0] if driver < graph.n_pins else None
    added, before = 0, net
    farad_per_um = max(technology.horizontal.capacitance_f_per_um, technology.vertical.capacitance_f_per_um)
    while points.load.sum() > root_f and len(points.names) > 1:
        count = math.ceil(points.load.sum() / strengths.best_f[strengths.chosen])
        count = min(count, len(points.names) // 2)
        if count < 1 or (count == 1 and added):
            break
        before, points = _level(edits, strengths, before, source, points, count, farad_per_um)
        added += len(points.names)
    return added


def _level(
    edits: Edits, strengths: Strengths, net: int, source: Sink | None, points: Points, count: int, farad_per_um: float
) -> tuple[int, Points]:
    """One level of a tree: a buffer before each group of points."""
    helper = strengths.helpers[strengths.chosen]
    groups = bisect(points.xy, points.load, count)
    # The group of an output port moves all others to a new net, so it comes first.
    groups.sort(key=lambda group: all(points.names[point][0] >= 0 for point in group.tolist()))
    names: list[Sink] = []
    places = []
    left = set(range(len(points.names)))
    for group in groups:
        members = group.tolist()
        left -= set(members)
        center = np.median(points.xy[group], axis=0)
        corner = (round(center[0] * UNITS_PER_UM), round(center[1] * UNITS_PER_UM))
        behind = [points.names[point] for point in members]
        is_port = any(instance < 0 for instance, _ in behind)
        kept = [*(points.names[point] for point in sorted(left)), *names] if is_port else []
        net, name = edits.add_buffer(net, source, behind, kept, helper, corner)
        names.append(name)
        places.append(center)
    xy = np.array(places)
    wires = np.abs(xy - np.median(xy, axis=0)).sum(axis=1) / max(1.0, math.sqrt(len(xy))) * farad_per_um
    return net, Points(names, xy, strengths.input_f[strengths.chosen] + wires)
