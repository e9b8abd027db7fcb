"""A clock tree on its own, timed before anything is placed anew."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from accel_core.physical.clock_tree.tree import Sinks, Tree, with_tree
from accel_core.physical.graph import connect
from accel_core.physical.netlist import Instance, Netlist, Port
from accel_core.physical.parasitics import extract
from accel_core.physical.placement import clock_net
from accel_core.physical.technology import Technology
from accel_core.physical.timing import Constraints, time_clock

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """What came out of S sinks and B buffers, in the order of ``Tree.kinds``.

    Attributes:
        latency: When the clock's rising edge comes to each sink, in s after its port, shape (S,).
        transition: The slowest anywhere, in s.
        wirelength_um: Of the clock's nets.
        load: That each buffer drives, in F, shape (B,).
        slope: Transition of the rising edge at its input in s, shape (B,).
    """

    latency: Floats
    transition: float
    wirelength_um: float
    load: Floats
    slope: Floats

    @property
    def skew_s(self) -> float:
        """Between the earliest and the latest sink."""
        return float(np.ptp(self.latency))


class Bench:
    """A design of nothing but its clock's port and the cells at the clock, on which trees are tried."""

    def __init__(self, netlist: Netlist, technology: Technology, sinks: Sinks, port_xy: tuple[float, float]) -> None:
        """Keep of each cell at the clock its clock pins and its outputs, which drive nothing."""
        self.technology = technology
        self.port_xy = port_xy
        clock = netlist.nets[clock_net(netlist)]
        cells = technology.library.cells
        owners, local = np.unique(sinks.instance, return_inverse=True)
        self.sinks = replace(sinks, instance=local)
        clocked: list[dict[str, int]] = [{} for _ in owners]
        for index, pin in zip(local.tolist(), sinks.pin, strict=True):
            clocked[index][pin] = 0
        nets, instances = [clock], []
        for index, pins in zip(owners.tolist(), clocked, strict=True):
            cell = netlist.instances[index]
            outputs = [pin for pin in cell.pins if cells[cell.cell].pins[pin].direction == "output"]
            pins |= {pin: len(nets) + place for place, pin in enumerate(outputs)}
            nets += [f"q{len(nets) + place}" for place in range(len(outputs))]
            instances.append(Instance(cell.name, cell.cell, pins, "", ""))
        port = Port(netlist.clock, True, (netlist.clock,), (0,))
        self.netlist = Netlist(netlist.top, netlist.clock, (port,), tuple(nets), tuple(instances))
        starts = np.cumsum([0, *(len(cell.pins) for cell in instances)])
        offsets = [list(instances[index].pins).index(pin) for index, pin in zip(local.tolist(), sinks.pin, strict=True)]
        self.terminals = starts[local] + np.array(offsets, dtype=np.int64)
        self.n_pins = int(starts[-1])

    def try_out(self, tree: Tree) -> Trial:
        """Wire a tree as it stands and time it."""
        added = np.repeat(tree.xy, 2, axis=0)
        xy = np.zeros((self.n_pins + len(added) + 1, 2))
        xy[self.terminals] = self.sinks.xy
        xy[self.n_pins : -1] = added
        xy[-1] = self.port_xy
        graph = connect(with_tree(self.netlist, self.sinks, tree, "b", "n"), self.technology, xy)
        parasitics = extract(graph, self.technology)
        # The rising edge is at 0 whatever the period is.
        arrival, transition = time_clock(graph, parasitics, self.technology, Constraints(1.0))
        inputs = self.n_pins + 2 * np.arange(len(tree.kinds))
        return Trial(
            arrival[self.terminals, 0],
            float(transition[graph.clock_nets[graph.net]].max()),
            parasitics.wirelength_um,
            parasitics.load[len(self.netlist.nets) :].max(axis=1),
            transition[inputs, 0],
        )
