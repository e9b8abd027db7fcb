"""Away with the buffers of synthesis, which knew nothing of places: repair sets its own where they help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from accel_core.physical.graph import Ints
from accel_core.physical.liberty import Cell
from accel_core.physical.netlist import Netlist, Port
from accel_core.physical.placement import Placement
from accel_core.physical.repair.families import is_buffer


def without_buffers(netlist: Netlist, placement: Placement, library: Mapping[str, Cell]) -> tuple[Netlist, Placement]:
    """Connect what is behind each buffer to what is before it, except where a port needs a net of its own.

    Returns:
        The netlist without these instances and nets, in the same order, and the places of what is left.
    """
    buffers = {instance.cell: is_buffer(library[instance.cell]) for instance in netlist.instances}
    ports = {net for port in netlist.ports for net in port.nets}
    source = list(range(len(netlist.nets)))
    keep = np.ones(len(netlist.instances), dtype=bool)
    for index, instance in enumerate(netlist.instances):
        if not buffers[instance.cell] or len(instance.pins) != 2:
            continue
        output = next(pin for pin in instance.pins if library[instance.cell].pins[pin].direction == "output")
        (before,) = (net for pin, net in instance.pins.items() if pin != output)
        if instance.pins[output] not in ports:
            source[instance.pins[output]] = before
            keep[index] = False
    roots = np.array([_root(source, net) for net in range(len(source))])
    return _renumbered(netlist, roots, keep), _kept_places(netlist, placement, keep)


def _root(source: list[int], net: int) -> int:
    """The net that a chain of removed buffers begins with."""
    while source[net] != net:
        source[net] = source[source[net]]
        net = source[net]
    return net


def _renumbered(netlist: Netlist, roots: Ints, keep: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Netlist:
    stays = roots == np.arange(len(roots))
    number = (np.cumsum(stays) - 1)[roots].tolist()
    instances = tuple(
        instance._replace(pins={pin: number[net] for pin, net in instance.pins.items()})
        for instance, stay in zip(netlist.instances, keep.tolist(), strict=True)
        if stay
    )
    return replace(
        netlist,
        ports=tuple(
            Port(port.name, port.is_input, port.bits, tuple(number[net] for net in port.nets)) for port in netlist.ports
        ),
        nets=tuple(name for name, stay in zip(netlist.nets, stays.tolist(), strict=True) if stay),
        instances=instances,
        constants=tuple((number[net], value) for net, value in netlist.constants),
    )


def _kept_places(netlist: Netlist, placement: Placement, keep: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Placement:
    pins = np.repeat(keep, [len(instance.pins) for instance in netlist.instances])
    return Placement(
        placement.x[keep], placement.y[keep], placement.flipped[keep], placement.pin_x[pins], placement.pin_y[pins]
    )
