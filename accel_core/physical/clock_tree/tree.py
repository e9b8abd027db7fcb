"""A clock tree as clusters of clusters, and a netlist with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from accel_core.physical.clock_network import clock_pins
from accel_core.physical.clock_tree.buffers import ClockBuffer
from accel_core.physical.netlist import Instance, Netlist
from accel_core.physical.placement import Placement, clock_net
from accel_core.physical.technology import Technology

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sinks:
    """S clock pins.

    Attributes:
        instance: Whose they are, shape (S,).
        pin: Their names.
        xy: Where they are in um, shape (S, 2).
        cap: What they load their net with in F, shape (S,).
    """

    instance: Ints
    pin: tuple[str, ...]
    xy: Floats
    cap: Floats


@dataclass(frozen=True)
class Level:
    """B buffers that are as many cells away from the clock's port.

    Attributes:
        label: Which of them drives each of what is below: sinks, or the buffers of the level below.
        xy: Where their middles are wanted in um, shape (B, 2).
        size: Which of the kit's clock buffers each is, shape (B,).
    """

    label: Ints
    xy: Floats
    size: Ints


@dataclass(frozen=True)
class Tree:
    """Levels from the sinks up to one buffer, of ``buffers``."""

    levels: tuple[Level, ...]
    buffers: tuple[ClockBuffer, ...]

    @property
    def kinds(self) -> list[ClockBuffer]:
        """The buffer of each instance that ``with_tree`` adds, in their order."""
        return [self.buffers[size] for level in self.levels for size in level.size.tolist()]

    @property
    def xy(self) -> Floats:
        """The places of the same in um, shape (buffers, 2)."""
        return np.concatenate([level.xy for level in self.levels])


def find_sinks(netlist: Netlist, technology: Technology, placement: Placement) -> Sinks:
    """Clock pins on the net of the clock's port; data pins there stay where they are."""
    clock, cells = clock_net(netlist), technology.library.cells
    pins_of = {kind: clock_pins(cells[kind]) for kind in {cell.cell for cell in netlist.instances}}
    rows: list[tuple[int, str, int]] = []
    terminal = 0
    for index, cell in enumerate(netlist.instances):
        clocked = pins_of[cell.cell]
        for pin, net in cell.pins.items():
            if net == clock and pin in clocked:
                rows.append((index, pin, terminal))
            terminal += 1
    at = np.array([row[2] for row in rows], dtype=np.int64)
    cap = [max(cells[netlist.instances[index].cell].pins[pin].capacitance_f) for index, pin, _ in rows]
    return Sinks(
        np.array([row[0] for row in rows], dtype=np.int64),
        tuple(row[1] for row in rows),
        np.stack([placement.pin_x[at], placement.pin_y[at]], axis=1),
        np.array(cap),
    )


def with_tree(netlist: Netlist, sinks: Sinks, tree: Tree, buffer: str, net_name: str) -> Netlist:
    """Put the buffers behind all other instances, a net behind each, and the sinks on those nets.

    Args:
        netlist: Its clock's sinks are all on the net of the port.
        sinks: Those to be moved.
        tree: What drives them.
        buffer: What the buffers' names begin with, a number follows.
        net_name: The same of their nets.
    """
    starts = np.cumsum([0, *(len(level.size) for level in tree.levels)]).tolist()
    first = len(netlist.nets)
    # The net that each sink, and each buffer's input, is on.
    above = [first + start + level.label for start, level in zip(starts, tree.levels, strict=False)]
    instances = list(netlist.instances)
    for index, pin, net in zip(sinks.instance.tolist(), sinks.pin, above[0].tolist(), strict=True):
        instances[index] = _moved(instances[index], pin, net)
    nets = [*np.concatenate(above[1:]).tolist(), clock_net(netlist)] if len(above) > 1 else [clock_net(netlist)]
    for number, (kind, net) in enumerate(zip(tree.kinds, nets, strict=True)):
        pins = {kind.input: net, kind.output: first + number}
        instances.append(Instance(f"{buffer}{number}", kind.cell, pins, "", ""))
    added = tuple(f"{net_name}{number}" for number in range(len(nets)))
    return replace(netlist, nets=(*netlist.nets, *added), instances=tuple(instances))


def _moved(cell: Instance, pin: str, net: int) -> Instance:
    return cell._replace(pins={**cell.pins, pin: net})


def free_word(netlist: Netlist, word: str) -> str:
    """A beginning that no name of the netlist has."""
    taken = [*netlist.nets, *(cell.name for cell in netlist.instances), *(port.name for port in netlist.ports)]
    while any(name.startswith(word) for name in taken):
        word += "_"
    return word
