"""SPEF: the wires' capacitances and resistances, reduced to what timing and power need of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from accel_core.errors import InvalidInputError
from accel_core.physical.graph import Graph
from accel_core.physical.parasitics import Parasitics, pi_circuit, sink_loads
from accel_core.physical.trees import moments

_SCALE = {"FF": 1e-15, "PF": 1e-12, "NF": 1e-9, "UF": 1e-6, "F": 1.0, "OHM": 1.0, "KOHM": 1e3, "MOHM": 1e6}


@dataclass
class Wire:
    """One net: capacitance in F at its nodes, resistances in ohm between them."""

    caps: dict[str, float] = field(default_factory=dict)
    resistors: list[tuple[str, str, float]] = field(default_factory=list)


def read_spef(lines: Iterable[str], place: str = "SPEF") -> dict[str, Wire]:
    """Read the nets of a SPEF file; node names end in ``:PIN``, coupling counts as if to ground.

    Raises:
        InvalidInputError: If a line is not understood; the message names it.
    """
    return dict(_Reader(place).nets(lines))


class _Reader:
    """Line by line, with the file's units and name map."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.farad, self.ohm = 1e-12, 1.0
        self.delimiter = ":"
        self.names: dict[str, str] = {}

    def nets(self, lines: Iterable[str]) -> Iterator[tuple[str, Wire]]:
        wire, section = Wire(), ""
        for number, line in enumerate(lines, 1):
            words = line.partition("//")[0].split()
            if not words:
                continue
            try:
                if words[0] == "*D_NET":
                    wire, section = Wire(), words[0]
                    yield self._name(words[1]), wire
                elif words[0] in ("*CONN", "*CAP", "*RES", "*INDUC", "*END", "*NAME_MAP", "*PORTS"):
                    section = words[0]
                elif words[0] in ("*C_UNIT", "*R_UNIT"):
                    self._unit(words)
                elif words[0] == "*DELIMITER":
                    self.delimiter = words[1]
                elif section == "*NAME_MAP":
                    self.names[words[0]] = words[1].replace("\\", "")
                elif section == "*CAP":
                    self._cap(wire, words)
                elif section == "*RES":
                    wire.resistors.append(
                        (self._name(words[1]), self._name(words[2]), self._number(words[3], self.ohm))
                    )
            except (IndexError, KeyError, ValueError) as error:
                raise InvalidInputError(f"{self.place}, line {number}: '{line.strip()[:60]}' is not SPEF") from error

    def _unit(self, words: list[str]) -> None:
        value = float(words[1]) * _SCALE[words[2].upper()]
        if words[0] == "*C_UNIT":
            self.farad = value
        else:
            self.ohm = value

    def _cap(self, wire: Wire, words: list[str]) -> None:
        # Of a coupling capacitance the first node is this net's.
        node = self._name(words[1])
        wire.caps[node] = wire.caps.get(node, 0.0) + self._number(words[-1], self.farad)

    @staticmethod
    def _number(text: str, unit: float) -> float:
        """A value, or the first of best, typical and worst."""
        return float(text.partition(":")[0]) * unit

    def _name(self, text: str) -> str:
        """A net, port or node without escapes, ``:`` before a pin or a number."""
        if text in self.names:
            return self.names[text]
        head, mark, tail = text.rpartition(self.delimiter)
        if not mark:
            return text.replace("\\", "")
        return f"{self.names.get(head, head)}:{tail}".replace("\\", "")


def annotate(graph: Graph, wires: dict[str, Wire], place: str = "SPEF") -> Parasitics:
    """Reduce wires to a pi circuit a net and Elmore delays; nets without a wire are their pins' capacitance.

    Raises:
        InvalidInputError: If a net or a node at a pin is not in the netlist.
    """
    numbers = {name: net for net, name in enumerate(graph.netlist.nets)}
    for port in graph.netlist.ports:
        numbers |= dict(zip(port.bits, port.nets, strict=True))
    terminals = _terminals(graph)
    count = len(graph.netlist.nets)
    near = sink_loads(graph)
    resistance, far = np.zeros((count, 2)), np.zeros((count, 2))
    elmore = np.zeros((len(graph.net), 2))
    sizes: dict[int, list[_Tree]] = {}
    for name, wire in wires.items():
        if name not in numbers:
            raise InvalidInputError(f"{place}, net {name}: is not in the netlist")
        if graph.propagated or numbers[name] != graph.clock:
            tree = _tree(graph, numbers[name], wire, terminals, place)
            sizes.setdefault(len(tree.parent), []).append(tree)
    for trees in sizes.values():
        nets = np.array([tree.net for tree in trees])
        points = np.array([tree.terminal for tree in trees])
        cap = np.array([tree.cap for tree in trees])[:, :, None]
        is_sink = (points >= 0) & ~graph.drives[points]
        cap = cap + np.where(is_sink[:, :, None], graph.cap[points], 0.0)
        ohm = np.array([tree.ohm for tree in trees])
        y1, y2, y3, delays = moments(np.array([tree.parent for tree in trees]), ohm, cap)
        lost = near[nets] - np.where(is_sink[:, :, None], graph.cap[points], 0.0).sum(axis=1)
        near[nets], resistance[nets], far[nets] = pi_circuit(y1, y2, y3)
        # Pins that no resistor reaches still load the driver.
        near[nets] += lost
        elmore[points[points >= 0]] = delays[points >= 0]
    return Parasitics((), near, resistance, far, elmore, 0.0)


@dataclass(frozen=True)
class _Tree:
    """Nodes of a net, the driver first and each after its parent: terminal (or -1), F, ohm to the parent."""

    net: int
    parent: list[int]
    terminal: list[int]
    cap: list[float]
    ohm: list[float]


def _terminals(graph: Graph) -> dict[str, int]:
    names = [f"{cell.name}:{pin}" for cell in graph.netlist.instances for pin in cell.pins]
    names += [bit for port in graph.netlist.ports for bit in port.bits]
    return {name: terminal for terminal, name in enumerate(names)}


def _tree(graph: Graph, net: int, wire: Wire, terminals: dict[str, int], place: str) -> _Tree:
    """Walk the resistors from the driver; those that close a loop are left out, as OpenSTA does."""
    driver = int(graph.driver[net])
    neighbors: dict[str, list[tuple[str, float]]] = {}
    for one, other, ohm in wire.resistors:
        neighbors.setdefault(one, []).append((other, ohm))
        neighbors.setdefault(other, []).append((one, ohm))
    nodes = dict.fromkeys([*wire.caps, *neighbors])
    root = next((node for node in nodes if terminals.get(node) == driver), None)
    tree = _Tree(net, [0], [driver], [0.0], [0.0])
    places = {} if root is None else {root: 0}
    queue = [] if root is None else [root]
    if root is not None:
        tree.cap[0] = wire.caps.get(root, 0.0)
    for node in queue:
        for other, ohm in neighbors.get(node, ()):
            if other not in places:
                places[other] = len(tree.parent)
                queue.append(other)
                tree.parent.append(places[node])
                tree.terminal.append(_terminal(graph, net, other, terminals, place))
                tree.cap.append(wire.caps.get(other, 0.0))
                tree.ohm.append(ohm)
    tree.cap[0] += sum(cap for node, cap in wire.caps.items() if node not in places)
    return tree


def _terminal(graph: Graph, net: int, node: str, terminals: dict[str, int], place: str) -> int:
    """The terminal at a node, -1 for a node within the wire."""
    name = graph.netlist.nets[net]
    found = terminals.get(node, -1)
    if found < 0 and ":" in node and not node.startswith(f"{name}:"):
        raise InvalidInputError(f"{place}, net {name}: pin {node} is not in the netlist")
    if found >= 0 and graph.net[found] != net:
        raise InvalidInputError(f"{place}, net {name}: {node} is on net {graph.netlist.nets[graph.net[found]]}")
    return found
