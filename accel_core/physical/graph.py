"""The netlist as arrays: terminals (instance pins, then port bits), their nets, and the arcs between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accel_core.errors import ToolFailedError
from accel_core.physical.clock_network import clock_network
from accel_core.physical.floorplan import Floorplan
from accel_core.physical.netlist import Netlist
from accel_core.physical.placement import Placement, clock_net
from accel_core.physical.technology import Technology

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Shape:
    """Instances of one library cell that have the same pins connected.

    Attributes:
        cell: The library cell.
        pins: Their connected pins, in the order of their terminals.
        instances: Shape (m,).
        first: The first terminal of each, shape (m,).
    """

    cell: str
    pins: tuple[str, ...]
    instances: Ints
    first: Ints


@dataclass(frozen=True)
class Graph:
    """Arrays over T terminals, N nets, A delay arcs and K setup checks.

    Attributes:
        netlist: What it is made from.
        n_pins: Terminals below this are instance pins.
        n_ports: So many after them are port bits; the rest drive the netlist's constants.
        cell: Instance of each terminal, -1 for a port bit; shape (T,).
        net: Net of each terminal, shape (T,).
        drives: Whether the terminal drives its net: an output pin or an input port bit.
        cap: Its load for a rising and a falling edge in F, shape (T, 2).
        xy: Its position in um, shape (T, 2).
        driver: Driving terminal of each net, shape (N,).
        clock: Number of the net of the clock's port, or -1.
        clock_nets: Whether a net leads from that port to a clock pin, through buffers and inverters, shape (N,).
        clock_inverted: Which of those are the port's complement, shape (N,).
        propagated: Whether the clock takes the time that its network needs; otherwise it is ideal, at once everywhere.
        arcs: Input terminal, output terminal, input edge, output edge, delay table, transition table, and whether the
            input is a clock, shape (7, A).
        checks: Data terminal, clock terminal, clock edge, data edge, table, shape (5, K).
        shapes: All instances.
    """

    netlist: Netlist
    n_pins: int
    n_ports: int
    cell: Ints
    net: Ints
    drives: Bools
    cap: Floats
    xy: Floats
    driver: Ints
    clock: int
    clock_nets: Bools
    clock_inverted: Bools
    propagated: bool
    arcs: Ints
    checks: Ints
    shapes: tuple[Shape, ...]

    def name(self, terminal: int) -> str:
        """``u12/A`` for an instance pin, ``x[3]`` for a port bit."""
        if terminal >= self.n_pins:
            return self.netlist.nets[int(self.net[terminal])]
        cell = self.netlist.instances[self.cell[terminal]]
        first = int(np.searchsorted(self.cell[: self.n_pins], self.cell[terminal]))
        return f"{cell.name}/{list(cell.pins)[terminal - first]}"


def make_graph(netlist: Netlist, technology: Technology, floorplan: Floorplan, placement: Placement) -> Graph:
    """Number all terminals of a placed netlist and instantiate the library's arcs.

    Raises:
        ToolFailedError: If a net has no or several drivers, or a flip-flop is not clocked by the clock port.
    """
    ports = np.array(floorplan.port_places).reshape(-1, 2)
    return connect(netlist, technology, np.concatenate([np.stack([placement.pin_x, placement.pin_y], axis=1), ports]))


def connect(
    netlist: Netlist, technology: Technology, xy: Floats | None = None, propagated: bool | None = None
) -> Graph:
    """The same of a netlist whose terminals are at ``xy`` in um, shape (pins + port bits, 2), or nowhere.

    The clock is ``propagated`` where that is not said if it has a tree, which is: anything between its port and the
    flip-flops.
    """
    library = technology.library.cells
    shapes, cell_of, net_of = _shapes(netlist)
    n_pins = len(net_of)
    ports = [net for port in netlist.ports for net in port.nets]
    constants = [net for net, _ in netlist.constants]
    total = n_pins + len(ports) + len(constants)
    drives = np.ones(total, dtype=bool)
    cap = np.zeros((total, 2))
    parts: dict[str, list[Ints]] = {"arcs": [], "checks": []}
    for shape in shapes:
        kind = library[shape.cell]
        for offset, pin in enumerate(shape.pins):
            drives[shape.first + offset] = kind.pins[pin].direction == "output"
            cap[shape.first + offset] = kind.pins[pin].capacitance_f
        for part, rows in (("arcs", kind.arcs), ("checks", kind.checks)):
            connected = [row for row in rows if row[0] in shape.pins and row[1] in shape.pins]
            parts[part] += _instantiate(connected, shape.pins, shape.first)
    inputs = {net for port in netlist.ports if port.is_input for net in port.nets}
    bits = slice(n_pins, n_pins + len(ports))
    drives[bits] = [net in inputs for net in ports]
    cap[bits] = np.where(drives[bits, None], 0.0, technology.output_load_f)
    net = np.array([*net_of, *ports, *constants], dtype=np.int64)
    place = np.zeros((total, 2))
    if xy is not None:
        place[: len(xy)] = xy
    cell = np.array([*cell_of, *[-1] * (total - n_pins)], dtype=np.int64)
    arcs, checks = _join(parts["arcs"], 7), _join(parts["checks"], 5)
    driver = _drivers(netlist, net, drives)
    clock = clock_net(netlist)
    clocked = net[arcs[0, arcs[6] == 1]]
    within, inverted = clock_network(clock, clocked, net, len(netlist.nets), shapes, library)
    graph = Graph(
        netlist=netlist, n_pins=n_pins, n_ports=len(ports), cell=cell, net=net, drives=drives, cap=cap, xy=place,
        driver=driver, clock=clock, clock_nets=within, clock_inverted=inverted,
        propagated=int(within.sum()) > 1 if propagated is None else propagated,
        arcs=arcs, checks=checks, shapes=tuple(shapes),
    )  # fmt: skip
    _check_clocks(graph)
    return graph


def _shapes(netlist: Netlist) -> tuple[list[Shape], list[int], list[int]]:
    """Group the instances; also the instance and the net of every pin."""
    members: dict[tuple[str, ...], tuple[list[int], list[int]]] = {}
    cell_of: list[int] = []
    net_of: list[int] = []
    for index, instance in enumerate(netlist.instances):
        instances, first = members.setdefault((instance.cell, *instance.pins), ([], []))
        instances.append(index)
        first.append(len(net_of))
        net_of.extend(instance.pins.values())
        cell_of.extend([index] * len(instance.pins))
    shapes = [
        Shape(key[0], key[1:], np.array(instances, dtype=np.int64), np.array(first, dtype=np.int64))
        for key, (instances, first) in members.items()
    ]
    return shapes, cell_of, net_of


def run_starts(values: Ints) -> Ints:
    """Where each run of equal values begins in a sorted array; ``np.unique`` would load 40 ms more of NumPy."""
    return np.flatnonzero(np.concatenate([[len(values) > 0], values[1:] != values[:-1]]))


def wired_terminals(graph: Graph) -> tuple[Ints, Ints, Ints]:
    """Nets with at least one sink, but for an ideal clock.

    Returns:
        The nets, shape (M,); where the terminals of each begin and how many there are, shape (M + 1,); the terminals,
        each net's driver first.
    """
    order = np.lexsort((~graph.drives, graph.net))
    if not graph.propagated:
        order = order[graph.net[order] != graph.clock]
    starts = run_starts(graph.net[order])
    degrees = np.diff(np.append(starts, len(order)))
    is_wired = degrees > 1
    nets = graph.net[order[starts[is_wired]]]
    return nets, np.append(0, np.cumsum(degrees[is_wired])), order[np.repeat(is_wired, degrees)]


def _instantiate(rows: Sequence[tuple[str | int, ...]], pins: tuple[str, ...], first: Ints) -> list[Ints]:
    """Rows of one library cell for all its instances, with terminals in the place of both pins' names."""
    place = {pin: offset for offset, pin in enumerate(pins)}
    found = []
    for one, other, *rest in rows:
        heads = [first + place[str(one)], first + place[str(other)]]
        found.append(np.stack([*heads, *(np.full(len(first), value) for value in rest)]).astype(np.int64))
    return found


def _join(rows: list[Ints], width: int) -> Ints:
    return np.concatenate(rows, axis=1) if rows else np.zeros((width, 0), dtype=np.int64)


def _drivers(netlist: Netlist, net: Ints, drives: Bools) -> Ints:
    terminals = np.flatnonzero(drives)
    counts = np.bincount(net[terminals], minlength=len(netlist.nets))
    if (counts != 1).any():
        bad = int(np.flatnonzero(counts != 1)[0])
        raise ToolFailedError("synthesis", f"net {netlist.nets[bad]} has {counts[bad]} drivers; allowed: one")
    driver = np.zeros(len(netlist.nets), dtype=np.int64)
    driver[net[terminals]] = terminals
    return driver


def _check_clocks(graph: Graph) -> None:
    pins = graph.arcs[0, graph.arcs[6] == 1]
    edges = graph.arcs[2, graph.arcs[6] == 1]
    nets = graph.net[pins]
    # What nothing ever toggles, such as the tied test clock of a memory, clocks nothing.
    toggles = np.zeros(len(graph.net), dtype=bool)
    toggles[graph.arcs[1]] = True
    toggles[graph.n_pins : graph.n_pins + graph.n_ports] = True
    wrong = (~graph.clock_nets[nets] | (edges != graph.clock_inverted[nets])) & toggles[graph.driver[nets]]
    if wrong.any():
        name = graph.name(int(pins[np.flatnonzero(wrong)[0]]))
        raise ToolFailedError(
            "timing", f"{name} is not clocked by the rising edge of port {graph.netlist.clock}; allowed: one such clock"
        )
