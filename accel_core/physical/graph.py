"""The netlist as arrays: terminals (instance pins, then port bits), their nets, and the arcs between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accel_core.errors import ToolFailedError
from accel_core.physical.expressions import parse_expression, probability, sensitized_when
from accel_core.physical.floorplan import Floorplan
from accel_core.physical.liberty import Cell
from accel_core.physical.netlist import Netlist
from accel_core.physical.placement import Placement, clock_net
from accel_core.physical.technology import Technology

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Graph:
    """Arrays over T terminals, N nets, A delay arcs, K setup checks and E energy groups.

    Attributes:
        netlist: What it is made from.
        n_pins: Terminals below this are instance pins, the others port bits.
        cell: Instance of each terminal, -1 for a port bit; shape (T,).
        net: Net of each terminal, shape (T,).
        drives: Whether the terminal drives its net: an output pin or an input port bit.
        cap: Its load for a rising and a falling edge in F, shape (T, 2).
        xy: Its position in um, shape (T, 2).
        driver: Driving terminal of each net, shape (N,).
        clock: Number of the clock's net, or -1.
        arcs: Input terminal, output terminal, input edge, output edge, delay table, transition table, and whether the
            input is a clock, shape (7, A).
        checks: Data terminal, clock terminal, clock edge, data edge, table, shape (5, K).
        energies: Terminal (-1 for an output that is left open), related terminal, rise table, fall table, shape (4, E).
        weights: How often each of ``energies`` is spent when its terminal toggles, shape (E,).
    """

    netlist: Netlist
    n_pins: int
    cell: Ints
    net: Ints
    drives: Bools
    cap: Floats
    xy: Floats
    driver: Ints
    clock: int
    arcs: Ints
    checks: Ints
    energies: Ints
    weights: Floats

    def name(self, terminal: int) -> str:
        """``u12/A`` for an instance pin, ``x[3]`` for a port bit."""
        if terminal >= self.n_pins:
            return self.netlist.nets[int(self.net[terminal])]
        cell = self.netlist.instances[self.cell[terminal]]
        first = int(np.searchsorted(self.cell[: self.n_pins], self.cell[terminal]))
        return f"{cell.name}/{list(cell.pins)[terminal - first]}"


def make_graph(netlist: Netlist, technology: Technology, floorplan: Floorplan, placement: Placement) -> Graph:
    """Number all terminals and instantiate the library's arcs.

    Raises:
        ToolFailedError: If a net has no or several drivers, or a flip-flop is not clocked by the clock port.
    """
    library = technology.library.cells
    starts: dict[str, list[int]] = {}  # First terminal of every instance, by library cell and connected pins.
    shapes: dict[str, tuple[str, tuple[str, ...]]] = {}
    cell_of: list[int] = []
    net_of: list[int] = []
    for index, instance in enumerate(netlist.instances):
        key = f"{instance.cell} {' '.join(instance.pins)}"
        shapes.setdefault(key, (instance.cell, tuple(instance.pins)))
        starts.setdefault(key, []).append(len(net_of))
        net_of.extend(instance.pins.values())
        cell_of.extend([index] * len(instance.pins))
    n_pins = len(net_of)
    n_bits = len(floorplan.port_nets)
    drives = np.zeros(n_pins + n_bits, dtype=bool)
    cap = np.zeros((n_pins + n_bits, 2))
    parts: dict[str, list[Ints]] = {"arcs": [], "checks": [], "energies": []}
    weights: list[Floats] = [np.zeros(0)]
    for key, (kind, pins) in shapes.items():
        first = np.array(starts[key])
        for offset, pin in enumerate(pins):
            drives[first + offset] = library[kind].pins[pin].direction == "output"
            cap[first + offset] = library[kind].pins[pin].capacitance_f
        for part, rows in (("arcs", library[kind].arcs), ("checks", library[kind].checks)):
            parts[part] += _instantiate([row for row in rows if row[0] in pins and row[1] in pins], pins, first)
        energies = [row for row in library[kind].energies if (row.related or row.pin) in pins]
        parts["energies"] += _instantiate([row[:4] for row in energies], pins, first)
        weights += [np.full(len(first), energy_weight(library[kind], (*row[:4], row.when))) for row in energies]
    inputs = {net for port in netlist.ports if port.is_input for net in port.nets}
    drives[n_pins:] = [net in inputs for net in floorplan.port_nets]
    cap[n_pins:] = np.where(drives[n_pins:, None], 0.0, technology.output_load_f)
    net = np.array([*net_of, *floorplan.port_nets], dtype=np.int64)
    ports = np.array(floorplan.port_places).reshape(-1, 2)
    xy = np.concatenate([np.stack([placement.pin_x, placement.pin_y], axis=1), ports])
    arrays = {part: _join(rows, width) for (part, rows), width in zip(parts.items(), (7, 5, 4), strict=True)}
    cell = np.array([*cell_of, *[-1] * n_bits], dtype=np.int64)
    driver = _drivers(netlist, net, drives)
    clock = clock_net(netlist)
    graph = Graph(netlist, n_pins, cell, net, drives, cap, xy, driver, clock, **arrays, weights=np.concatenate(weights))
    _check_clocks(graph)
    return graph


def run_starts(values: Ints) -> Ints:
    """Where each run of equal values begins in a sorted array; ``np.unique`` would load 40 ms more of NumPy."""
    return np.flatnonzero(np.concatenate([[len(values) > 0], values[1:] != values[:-1]]))


def energy_weight(cell: Cell, row: tuple[str, str, int, int, str]) -> float:
    """How often one ``internal_power`` group's energy is spent when its pin toggles.

    These are the rules of OpenSTA (``Power::findInternalPower``), with every pin high half of the time: the
    chance of the group's condition; without one, the chance that the related pin is sensitized, where the function's
    outermost operator tells; otherwise one half, or one for a clock.
    """
    pin, related, _, _, condition = row
    if condition:
        return probability(parse_expression(condition), _evenly)
    if related and pin in cell.functions:
        when = sensitized_when(parse_expression(cell.functions[pin]), related)
        if when is not None:
            return probability(when, _evenly)
    return 1.0 if cell.pins[related or pin].is_clock else 0.5


def _evenly(_: str) -> float:
    return 0.5


def _instantiate(rows: Sequence[tuple[str | int, ...]], pins: tuple[str, ...], first: Ints) -> list[Ints]:
    """Rows of one library cell for all its instances, with terminals for names; an open pin is -1."""
    place = {pin: offset for offset, pin in enumerate(pins)}
    found = []
    for pin, related, *rest in rows:
        names = (str(pin), str(related or pin))
        heads = [first + place[name] if name in place else np.full(len(first), -1) for name in names]
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
    wrong = (graph.net[pins] != graph.clock) | (edges != 0)
    if wrong.any():
        name = graph.name(int(pins[np.flatnonzero(wrong)[0]]))
        raise ToolFailedError(
            "timing", f"{name} is not clocked by the rising edge of port {graph.netlist.clock}; allowed: one such clock"
        )
