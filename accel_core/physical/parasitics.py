"""Wires from placement: a rectilinear tree for every net, its resistance and capacitance, and SPEF of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from accel_core.physical.graph import Floats, Graph, Ints, wired_terminals
from accel_core.physical.technology import Technology
from accel_core.physical.trees import Trees, grow_trees, moments

if TYPE_CHECKING:
    from accel_core.physical.routing.result import Routing

# Pins on top of each other still get a resistor, since SPEF readers dislike shorts.
_LEAST_OHM = 1e-3


@dataclass(frozen=True)
class Group:
    """Nets with one number of terminals and of nodes, and their trees.

    Attributes:
        nets: Shape (M,).
        terminals: Terminals of each net, driver first, shape (M, D).
        trees: Their wiring, of J nodes.
        resistance: Of the wire to each node's parent in ohm, shape (M, J).
        cap: Wire capacitance at each node in F, shape (M, J).
    """

    nets: Ints
    terminals: Ints
    trees: Trees
    resistance: Floats
    cap: Floats


@dataclass(frozen=True)
class Parasitics:
    """What timing and power need of the wires; rising and falling edges differ because pin loads do.

    Attributes:
        groups: Wired nets by number of terminals, and of nodes if they are routed.
        near: Capacitance at the driver of the equivalent pi circuit, in F, shape (N, 2).
        resistance: Its resistance in ohm, shape (N, 2).
        far: Capacitance behind it in F, shape (N, 2).
        elmore: Elmore delay from the driver to every terminal in s, shape (T, 2).
        wirelength_um: Of all nets but an ideal clock.
    """

    groups: tuple[Group, ...]
    near: Floats
    resistance: Floats
    far: Floats
    elmore: Floats
    wirelength_um: float

    @property
    def load(self) -> Floats:
        """Total load of each net, wires and pins, in F, shape (N, 2)."""
        return np.asarray(self.near + self.far)


def sink_loads(graph: Graph) -> Floats:
    """Return by net the capacitance of the pins that it drives, for both edges: shape (nets, 2), F."""
    sinks, n_nets = ~graph.drives, len(graph.netlist.nets)
    loads: Floats = np.stack(
        [np.bincount(graph.net[sinks], graph.cap[sinks, edge], minlength=n_nets) for edge in (0, 1)], axis=1
    )
    return loads


def extract(graph: Graph, technology: Technology, routing: Routing | None = None) -> Parasitics:
    """Wire every net but an ideal clock, which has no wires.

    Args:
        graph: The placed design.
        technology: Its wires; one layer stands for all of each direction, whatever layers routing chose.
        routing: Paths of the wires, detours included; without it they are as short as if each were alone.
    """
    n_nets = len(graph.netlist.nets)
    near = sink_loads(graph)
    resistance, far = np.zeros((n_nets, 2)), np.zeros((n_nets, 2))
    elmore = np.zeros((len(graph.net), 2))
    groups, length = [], 0.0
    for nets, terminals, trees in routing.trees() if routing else _by_degree(graph):
        group = _wire(technology, nets, terminals, trees)
        groups.append(group)
        length += float(group.trees.span.sum())
        is_point = group.trees.order >= 0
        points = np.take_along_axis(terminals, np.maximum(group.trees.order, 0), axis=1)
        cap = group.cap[:, :, None] + np.where(is_point[:, :, None], graph.cap[points], 0.0)
        # A driver's own pin loads no net in Liberty; its capacitance there is 0.
        y1, y2, y3, delays = moments(group.trees.parent, group.resistance, cap)
        near[nets], resistance[nets], far[nets] = pi_circuit(y1, y2, y3)
        elmore[points[is_point]] = delays[is_point]
    return Parasitics(tuple(groups), near, resistance, far, elmore, length)


def pi_circuit(y1: Floats, y2: Floats, y3: Floats) -> tuple[Floats, Floats, Floats]:
    """Near capacitance, resistance and far capacitance with these driving-point moments (O'Brien and Savarino)."""
    wired = (y2 != 0.0) & (y3 != 0.0)
    far = np.divide(y2**2, y3, out=np.zeros_like(y1), where=wired)
    return y1 - far, np.divide(-(y3**2), y2**3, out=np.zeros_like(y1), where=wired), far


def _by_degree(graph: Graph) -> Iterator[tuple[Ints, Ints, Trees]]:
    """Nets with at least one sink, their terminals with the driver first, and their trees, by number of terminals."""
    nets, first, of_nets = wired_terminals(graph)
    degrees = np.diff(first)
    for degree in np.flatnonzero(np.bincount(degrees)).tolist():
        chosen = degrees == degree
        terminals = of_nets[first[:-1][chosen][:, None] + np.arange(degree)]
        yield nets[chosen], terminals, grow_trees(graph.xy[terminals])


def _wire(technology: Technology, nets: Ints, terminals: Ints, trees: Trees) -> Group:
    wires = (technology.horizontal, technology.vertical)
    ohm = trees.span @ np.array([wire.resistance_ohm_per_um for wire in wires])
    farad = trees.span @ np.array([wire.capacitance_f_per_um for wire in wires])
    ohm[:, 1:] = np.maximum(ohm[:, 1:], _LEAST_OHM)
    cap = farad / 2.0
    row = np.arange(len(nets))
    for node in range(1, trees.parent.shape[1]):
        cap[row, trees.parent[:, node]] += farad[:, node] / 2.0
    return Group(nets, terminals, trees, ohm, cap)


def to_spef(graph: Graph, parasitics: Parasitics) -> str:
    """The wires as SPEF: capacitance at tree nodes, resistance between them; port loads are included, pins' are not."""
    lines = [
        '*SPEF "IEEE 1481-1998"',
        f'*DESIGN "{graph.netlist.top}"',
        '*DATE "none"',
        '*VENDOR "AccelScope"',
        '*PROGRAM "AccelScope"',
        '*VERSION "1"',
        '*DESIGN_FLOW "NETLIST_TYPE_VERILOG"',
        "*DIVIDER /",
        "*DELIMITER :",
        "*BUS_DELIMITER [ ]",
        "*T_UNIT 1 NS",
        "*C_UNIT 1 FF",
        "*R_UNIT 1 OHM",
        "*L_UNIT 1 HENRY",
        "",
    ]
    names = _spef_names(graph)
    connections = _connections(graph, names)
    for group in parasitics.groups:
        lines += _spef_group(graph, names, connections, group)
    if graph.clock >= 0 and not graph.propagated:
        lines += _spef_clock(graph, names, connections)
    return "\n".join([*lines, ""])


def _spef_names(graph: Graph) -> list[str]:
    """SPEF name of every terminal."""
    names = [f"{cell.name}:{pin}" for cell in graph.netlist.instances for pin in cell.pins]
    return names + [graph.netlist.nets[net] for net in graph.net[graph.n_pins :]]


def _connections(graph: Graph, names: list[str]) -> list[str]:
    """The ``*CONN`` line of every terminal."""
    # SPEF gives a port's direction as seen from outside, a pin's as seen from its cell.
    ways = ["O" if way else "I" for way in (graph.drives == (np.arange(len(names)) < graph.n_pins)).tolist()]
    kinds = ["I"] * graph.n_pins + ["P"] * (len(names) - graph.n_pins)
    return [f"*{kind} {name} {way}" for kind, name, way in zip(kinds, names, ways, strict=True)]


def _spef_group(graph: Graph, names: list[str], connections: list[str], group: Group) -> list[str]:
    points = np.take_along_axis(group.terminals, np.maximum(group.trees.order, 0), axis=1)
    is_port = (group.trees.order >= 0) & (points >= graph.n_pins)
    farads = (group.cap + np.where(is_port, graph.cap[points, 0], 0.0)) * 1e15
    lines: list[str] = []
    for net, terminals, order, parent, ohms, caps in zip(
        group.nets.tolist(),
        group.terminals.tolist(),
        group.trees.order.tolist(),
        group.trees.parent.tolist(),
        group.resistance.tolist(),
        farads.tolist(),
        strict=True,
    ):
        name = graph.netlist.nets[net]
        nodes = [names[terminals[point]] if point >= 0 else f"{name}:{node}" for node, point in enumerate(order)]
        lines.append(f"*D_NET {name} {sum(caps):.6g}\n*CONN")
        lines += [connections[terminal] for terminal in terminals]
        lines.append("*CAP")
        lines += [f"{index} {node} {cap:.6g}" for index, (node, cap) in enumerate(zip(nodes, caps, strict=True), 1)]
        lines.append("*RES")
        lines += [f"{index} {nodes[parent[index]]} {nodes[index]} {ohms[index]:.6g}" for index in range(1, len(nodes))]
        lines.append("*END\n")
    return lines


def _spef_clock(graph: Graph, names: list[str], connections: list[str]) -> list[str]:
    """The ideal clock: a net without capacitance whose pins are all at its port."""
    terminals = np.flatnonzero(graph.net == graph.clock).tolist()
    port = int(graph.driver[graph.clock])
    lines = [f"*D_NET {graph.netlist.nets[graph.clock]} 0", "*CONN"]
    lines += [connections[terminal] for terminal in terminals]
    others = [terminal for terminal in terminals if terminal != port]
    lines.append("*RES")
    lines += [f"{index} {names[port]} {names[pin]} {_LEAST_OHM:g}" for index, pin in enumerate(others, 1)]
    return [*lines, "*END", ""]
