"""Changes to a placed netlist: buffers before some of a net's sinks, other cells of a family; the logic stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from accel_core.physical.graph import Floats, Graph, Ints
from accel_core.physical.netlist import Instance, Netlist
from accel_core.physical.placement import Placement
from accel_core.physical.technology import UNITS_PER_UM, Helper, Technology

Sink = tuple[int, str]
"""Instance and pin; (-1, name) for the bit of an output port."""

_PREFIX = "buf"


class Edits:
    """A netlist under change, and where its cells are wanted.

    An output port's net is called like the port and must stay at it, for there are no assignments. So where the port is
    among the sinks that go behind a buffer, that net goes with it, and what stays before the buffer gets a new one.
    """

    def __init__(self, netlist: Netlist, placement: Placement) -> None:
        """Begin with a netlist as it is placed."""
        self.netlist = netlist
        self.nets = list(netlist.nets)
        self.cells = [instance.cell for instance in netlist.instances]
        self.pins: list[Mapping[str, int]] = [instance.pins for instance in netlist.instances]
        self.fresh: list[Instance] = []
        self.x = placement.x.tolist()
        self.y = placement.y.tolist()
        # Nets, instances and ports share one name space in Verilog.
        self._taken = {name.partition("[")[0] for name in netlist.nets} | {cell.name for cell in netlist.instances}
        self._number = 0

    def add_buffer(
        self,
        net: int,
        driver: Sink | None,
        sinks: Iterable[Sink],
        kept: Iterable[Sink],
        buffer: Helper,
        place: tuple[int, int],
    ) -> tuple[int, Sink]:
        """Put a buffer before some sinks of a net.

        Args:
            net: The net.
            driver: Its driving pin, None for an input port.
            sinks: Those that go behind the buffer.
            kept: All others.
            buffer: The cell.
            place: Its wanted lower left corner in 1/1000 um.

        Returns:
            The net that the driver and the other sinks are on now, and the buffer's input.
        """
        sinks = list(sinks)
        name = self._name()
        other = len(self.nets)
        self.nets.append(name)
        before, behind = net, other
        if any(instance < 0 for instance, _ in sinks):
            before, behind = other, net
            self._move(kept if driver is None else [driver, *kept], other)
        else:
            self._move(sinks, other)
        index = len(self.cells)
        module = self._module(driver)
        self.cells.append(buffer.cell)
        self.pins.append({buffer.input: before, buffer.output: behind})
        self.fresh.append(Instance(f"{name}_cell", buffer.cell, {}, module, ""))
        self.x.append(place[0])
        self.y.append(place[1])
        return before, (index, buffer.input)

    def resize(self, instances: Sequence[int] | Ints, cells: Sequence[str]) -> None:
        """Give instances other cells with the same pins."""
        for instance, cell in zip(np.asarray(instances).tolist(), cells, strict=True):
            self.cells[instance] = cell

    def result(self) -> Netlist:
        """The netlist as it is now; instances keep their numbers, new ones follow."""
        old = [*self.netlist.instances, *self.fresh]
        instances = tuple(
            instance
            if instance.cell == cell and instance.pins is pins
            else instance._replace(cell=cell, pins=dict(pins))
            for instance, cell, pins in zip(old, self.cells, self.pins, strict=True)
        )
        return replace(self.netlist, nets=tuple(self.nets), instances=instances)

    def places(self) -> tuple[Ints, Ints]:
        """Wanted lower left corners in 1/1000 um."""
        return np.array(self.x, dtype=np.int64), np.array(self.y, dtype=np.int64)

    def _move(self, sinks: Iterable[Sink], net: int) -> None:
        for instance, pin in sinks:
            if instance >= 0:
                self.pins[instance] = {**self.pins[instance], pin: net}

    def _module(self, driver: Sink | None) -> str:
        if driver is None:
            return ""
        count = len(self.netlist.instances)
        return self.netlist.instances[driver[0]].module if driver[0] < count else self.fresh[driver[0] - count].module

    def _name(self) -> str:
        while True:
            name = f"{_PREFIX}{self._number}"
            self._number += 1
            if name not in self._taken and f"{name}_cell" not in self._taken:
                return name


def sink_names(graph: Graph, terminals: Iterable[int]) -> list[Sink]:
    """Terminals of a graph as ``Edits`` names them."""
    found: list[Sink] = []
    for terminal in terminals:
        if terminal >= graph.n_pins:
            found.append((-1, graph.netlist.nets[int(graph.net[terminal])]))
        else:
            instance = int(graph.cell[terminal])
            first = int(np.searchsorted(graph.cell[: graph.n_pins], instance))
            found.append((instance, list(graph.netlist.instances[instance].pins)[terminal - first]))
    return found


def pin_places(netlist: Netlist, technology: Technology, x: Ints, y: Ints) -> Floats:
    """Places of all pins in um if cells stood upright where they are wanted, shape (pins, 2)."""
    macros = technology.lef.macros
    offsets: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    found: list[tuple[float, float]] = []
    counts = []
    for instance in netlist.instances:
        key = (instance.cell, *instance.pins)
        if key not in offsets:
            offsets[key] = [macros[instance.cell].pins[pin] for pin in instance.pins]
        found += offsets[key]
        counts.append(len(offsets[key]))
    corner = np.repeat(np.stack([x, y], axis=1) / UNITS_PER_UM, counts, axis=0)
    return np.asarray(corner + np.array(found).reshape(-1, 2))
