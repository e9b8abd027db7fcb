"""A placed netlist as arrays that compiled loops walk: who drives whom, by what wires, in which order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accel_core.physical.graph import Bools, Floats, Graph, Ints
from accel_core.physical.levels import logic_depth
from accel_core.physical.parasitics import Parasitics
from accel_core.physical.repair.families import Families, arc_order, check_order, pin_order

PORT, CELL = 0, 1
"""What a step of the order computes: the pins behind an input port, or the output of a cell and the pins behind it."""


class Structure(NamedTuple):
    """What stays while cells change their sizes; T terminals, N nets, A arcs, K checks, W nodes of wires.

    Attributes:
        cell: Instance of each terminal, -1 for a port bit; shape (T,).
        pin: Its number in the instance's family, -1 for a port bit; shape (T,).
        net: Net of each terminal.
        drives: Whether it drives its net.
        driver: Driving terminal of each net, shape (N,).
        order: Driving terminals, each after all that it depends on.
        kind: ``PORT`` or ``CELL`` for each of ``order``.
        arc_in: Input terminal of each arc, those of one output side by side; shape (A,).
        arc_out: Output terminal.
        arc_before: Input edge.
        arc_after: Output edge.
        arc_slot: Number of the arc in the instance's family.
        into: Where the arcs to each terminal begin, shape (T + 1,).
        out_of: Where those from each terminal begin in ``from_arcs``, shape (T + 1,).
        from_arcs: Arcs by input terminal, shape (A,).
        sinks: Sinks by net.
        sinks_of: Where each net's begin, shape (N + 1,).
        pins: Terminals by instance, shape (instance pins,).
        pins_of: Where each instance's begin, shape (instances + 1,).
        check_data: Data terminal of each check, shape (K,).
        check_edge: Edge of the data.
        check_clock: Edge of the clock.
        check_slot: Number of the check in the instance's family.
        checks_of: Where the checks of each terminal begin, shape (T + 1,); checks are in the order of terminals.
        node_of: Where the wire nodes of each net begin, shape (N + 1,); node 0 is the driver's.
        parent: Node each node hangs on, counted from the net's first; shape (W,).
        point: Terminal at each node, -1 for none.
        ohm: Resistance of the wire to the parent.
        farad: Capacitance of wires at each node.
    """

    cell: Ints
    pin: Ints
    net: Ints
    drives: Bools
    driver: Ints
    order: Ints
    kind: Ints
    arc_in: Ints
    arc_out: Ints
    arc_before: Ints
    arc_after: Ints
    arc_slot: Ints
    into: Ints
    out_of: Ints
    from_arcs: Ints
    sinks: Ints
    sinks_of: Ints
    pins: Ints
    pins_of: Ints
    check_data: Ints
    check_edge: Ints
    check_clock: Ints
    check_slot: Ints
    checks_of: Ints
    node_of: Ints
    parent: Ints
    point: Ints
    ohm: Floats
    farad: Floats


def make_structure(graph: Graph, parasitics: Parasitics, families: Families) -> Structure:
    """Arrange a graph and its wires for compiled loops."""
    size, n_nets = len(graph.net), len(graph.netlist.nets)
    pin = np.full(size, -1, dtype=np.int64)
    arcs, checks = _slots(graph, families, pin)
    arcs = arcs[:, np.argsort(arcs[1], kind="stable")]
    checks = checks[:, np.argsort(checks[0], kind="stable")]
    sinks = np.flatnonzero(~graph.drives)
    sinks = sinks[np.argsort(graph.net[sinks], kind="stable")]
    order, kind = _order(graph)
    node_of, parent, point, ohm, farad = _nodes(parasitics, n_nets)
    return Structure(
        graph.cell, pin, graph.net, graph.drives, graph.driver, order, kind,
        arcs[0], arcs[1], arcs[2], arcs[3], arcs[4], _starts(arcs[1], size), _starts(np.sort(arcs[0]), size),
        np.argsort(arcs[0], kind="stable"), sinks, _starts(graph.net[sinks], n_nets),
        np.arange(graph.n_pins), _starts(graph.cell[: graph.n_pins], len(graph.netlist.instances)),
        checks[0], checks[2], checks[1], checks[3], _starts(checks[0], size),
        node_of, parent, point, ohm, farad,
    )  # fmt: skip


def _starts(values: Ints, count: int) -> Ints:
    """Where each of the numbers below ``count`` begins in sorted values, shape (count + 1,)."""
    return np.searchsorted(values, np.arange(count + 1))


def _slots(graph: Graph, families: Families, pin: Ints) -> tuple[Ints, Ints]:
    """Arcs and checks of all instances with their numbers in the family; fills in the numbers of pins."""
    arcs: list[Ints] = [np.zeros((5, 0), dtype=np.int64)]
    checks: list[Ints] = [np.zeros((4, 0), dtype=np.int64)]
    for shape in graph.shapes:
        cell = families.cells[families.number[shape.cell]]
        first = {name: shape.first + offset for offset, name in enumerate(shape.pins)}
        ones = np.ones(len(shape.first), dtype=np.int64)
        for place, name in enumerate(pin_order(cell)):
            if name in first:
                pin[first[name]] = place
        for slot, (one, other, before, after, *_) in enumerate(arc_order(cell)):
            if one in first and other in first:
                arcs.append(np.stack([first[one], first[other], ones * before, ones * after, ones * slot]))
        for slot, (data, clock, clock_edge, edge, _) in enumerate(check_order(cell)):
            if data in first and clock in first:
                checks.append(np.stack([first[data], ones * clock_edge, ones * edge, ones * slot]))
    return np.concatenate(arcs, axis=1), np.concatenate(checks, axis=1)


def _order(graph: Graph) -> tuple[Ints, Ints]:
    """Input ports and cell outputs with arcs, by how many cells lie before them."""
    ports = np.arange(graph.n_pins, graph.n_pins + graph.n_ports)
    ports = ports[graph.drives[ports] & (graph.net[ports] != graph.clock)]
    has_arcs = np.zeros(len(graph.net), dtype=bool)
    has_arcs[graph.arcs[1]] = True
    outs = np.flatnonzero(has_arcs)
    outs = outs[np.argsort(logic_depth(graph)[outs], kind="stable")]
    kind = np.concatenate([np.full(len(ports), PORT), np.full(len(outs), CELL)])
    return np.concatenate([ports, outs]), kind


def _nodes(parasitics: Parasitics, n_nets: int) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """All wiring trees one after the other, in the order of nets; a net without wires has no nodes."""
    nets = [np.repeat(group.nets, group.trees.parent.shape[1]) for group in parasitics.groups]
    owner = np.concatenate([np.zeros(0, dtype=np.int64), *nets])
    by_net = np.argsort(owner, kind="stable")
    points = [
        np.where(
            group.trees.order >= 0,
            np.take_along_axis(group.terminals, np.maximum(group.trees.order, 0), axis=1),
            -1,
        ).ravel()
        for group in parasitics.groups
    ]
    none = np.zeros(0)
    parent = np.concatenate([none.astype(np.int64), *(group.trees.parent.ravel() for group in parasitics.groups)])
    point = np.concatenate([none.astype(np.int64), *points])
    ohm = np.concatenate([none, *(group.resistance.ravel() for group in parasitics.groups)])
    farad = np.concatenate([none, *(group.cap.ravel() for group in parasitics.groups)])
    return _starts(owner[by_net], n_nets), parent[by_net], point[by_net], ohm[by_net], farad[by_net]
