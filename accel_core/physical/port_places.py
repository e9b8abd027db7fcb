"""Places of ports on the edge of the core box, each near the cells that it is connected to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from accel_core.physical.floorplan import Floorplan
from accel_core.physical.netlist import Netlist
from accel_core.physical.placement import Placement, place_roughly
from accel_core.physical.technology import Technology

ROUNDS = 2
"""Cells follow ports as ports follow cells; assumed, more rounds were not tried."""


def place_ports(netlist: Netlist, technology: Technology, floorplan: Floorplan, seed: int) -> Floorplan:
    """Exchange the ports' places for the least sum of distances to the middles of their nets.

    Raises:
        InfeasibleError: If the cells do not fit, at stage ``placement``.
        ToolNotFoundError: If Coloquinte is not installed.
    """
    for _ in range(ROUNDS):
        floorplan = _exchanged(netlist, floorplan, place_roughly(netlist, technology, floorplan, seed))
    return floorplan


def _exchanged(netlist: Netlist, floorplan: Floorplan, placement: Placement) -> Floorplan:
    # Loaded here, as most runs do not come by: it takes a third of a second.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    net = np.array([net for cell in netlist.instances for net in cell.pins.values()], dtype=np.int64)
    pins = np.bincount(net, minlength=len(netlist.nets))
    middle = np.stack(
        [
            np.bincount(net, place, minlength=len(netlist.nets)) / np.maximum(pins, 1)
            for place in (placement.pin_x, placement.pin_y)
        ],
        axis=1,
    )
    nets, places = np.array(floorplan.port_nets, dtype=np.int64), np.array(floorplan.port_places).reshape(-1, 2)
    distance = np.abs(places[None] - middle[nets][:, None]).sum(axis=2) * (pins[nets] > 0)[:, None]
    chosen = linear_sum_assignment(distance)[1]
    return replace(floorplan, port_places=tuple((x, y) for x, y in places[chosen].tolist()))
