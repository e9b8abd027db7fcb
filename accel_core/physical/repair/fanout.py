"""Buffer trees on nets that are too much for any driver: many sinks, long wires, more load than the library allows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from accel_core.physical.graph import Floats, Ints
from accel_core.physical.repair.clusters import bisect
from accel_core.physical.repair.edits import Edits, Sink, sink_names
from accel_core.physical.repair.families import pin_order
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


def grow_buffers(
    timer: Timer, edits: Edits, strengths: Strengths, technology: Technology, net: int, least: int = 0
) -> int:
    """Put a tree of buffers on a net, of at least ``least`` of them next to the sinks; returns how many."""
    graph, structure, state = timer.graph, timer.structure, timer.state
    terminals = structure.sinks[structure.sinks_of[net] : structure.sinks_of[net + 1]]
    driver = int(structure.driver[net])
    cell = int(structure.cell[driver])
    kind = int(strengths.kinds[strengths.chosen]) if cell < 0 else int(state.size[cell])
    root_f, best_f = strengths.root_f(kind), float(strengths.best_f[strengths.chosen])
    pins = state.cap[terminals].mean(axis=1)
    wires = max(0.0, float((state.near[net] + state.far[net]).mean() - pins.sum()))
    points = Points(sink_names(graph, terminals.tolist()), graph.xy[terminals], pins + wires / len(terminals))
    source = sink_names(graph, [driver])[0] if driver < graph.n_pins else None
    level = _Level(edits, strengths, source, graph.xy[driver], technology)
    most, most_behind = _fanouts(timer, strengths, driver, kind)
    added, before = 0, net
    while True:
        load, sinks = float(points.load.sum()), len(points.names)
        is_heavy, is_wide = load > root_f, sinks > most
        wanted = max(math.ceil(load / best_f), math.ceil(sinks / most_behind)) if is_heavy or is_wide else 0
        # Levels must shrink, and one buffer before others would be no tree.
        count = min(max(wanted, 0 if added else least), max(1, sinks // 2))
        if count < 1 or (count == 1 and added and not is_wide):
            return added
        even = np.ones(sinks) if sinks > count * most_behind / 2.0 else points.load
        before, points = level.add(before, points, bisect(points.xy, even, count))
        added += count


def _fanouts(timer: Timer, strengths: Strengths, driver: int, kind: int) -> tuple[float, float]:
    """How many sinks the driver of a net may have, and a buffer of its tree."""
    families, buffer = timer.families, int(strengths.kinds[strengths.chosen])
    output = pin_order(families.cells[buffer]).index(strengths.helpers[strengths.chosen].output)
    behind = float(families.max_fanout[buffer, output])
    if timer.structure.cell[driver] < 0:
        return math.inf, behind
    return float(families.max_fanout[families.members[kind], timer.structure.pin[driver]].max()), behind


@dataclass(frozen=True)
class _Level:
    """What all levels of one tree share."""

    edits: Edits
    strengths: Strengths
    source: Sink | None
    root: Floats
    technology: Technology

    def add(self, net: int, points: Points, groups: list[Ints]) -> tuple[int, Points]:
        """A buffer before each group of points."""
        helper = self.strengths.helpers[self.strengths.chosen]
        # The group of an output port moves all others to a new net, so it comes first.
        groups.sort(key=lambda group: all(points.names[point][0] >= 0 for point in group.tolist()))
        names: list[Sink] = []
        places = []
        left = set(range(len(points.names)))
        for group in groups:
            members = group.tolist()
            left -= set(members)
            center = np.median(points.xy[group], axis=0)
            # One buffer alone breaks a long wire, so it stands halfway.
            center = center if len(groups) > 1 else (center + self.root) / 2.0
            corner = (round(center[0] * UNITS_PER_UM), round(center[1] * UNITS_PER_UM))
            behind = [points.names[point] for point in members]
            is_port = any(instance < 0 for instance, _ in behind)
            kept = [*(points.names[point] for point in sorted(left)), *names] if is_port else []
            net, name = self.edits.add_buffer(net, self.source, behind, kept, helper, corner)
            names.append(name)
            places.append(center)
        xy = np.array(places)
        wires = (self.technology.horizontal, self.technology.vertical)
        farad = max(wire.capacitance_f_per_um for wire in wires)
        # A tree over n places is about as long as their spread times the root of n.
        length = np.abs(xy - np.median(xy, axis=0)).sum(axis=1) / math.sqrt(len(xy))
        return net, Points(names, xy, self.strengths.input_f[self.strengths.chosen] + length * farad)
