"""The design under repair: its netlist and wanted places, and a timer of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accel_core.physical.floorplan import Floorplan
from accel_core.physical.graph import connect
from accel_core.physical.netlist import Netlist
from accel_core.physical.parasitics import extract
from accel_core.physical.placement import Placement
from accel_core.physical.repair.edits import Edits, pin_places
from accel_core.physical.repair.families import make_families
from accel_core.physical.repair.timer import Timer
from accel_core.physical.technology import Technology
from accel_core.physical.timing import Boundary, Constraints


@dataclass(frozen=True)
class Site:
    """What a design is repaired for.

    Attributes:
        technology: Its cells and wires.
        floorplan: Where it stands.
        constraints: What it must meet.
        boundary: What stands at its ports, None for the usual.
    """

    technology: Technology
    floorplan: Floorplan
    constraints: Constraints
    boundary: Boundary | None = None

    def timer(self, netlist: Netlist, placement: Placement) -> Timer:
        """Wire and time a netlist."""
        ports = np.array(self.floorplan.port_places).reshape(-1, 2)
        pins = np.stack([placement.pin_x, placement.pin_y], axis=1)
        graph = connect(netlist, self.technology, np.concatenate([pins, ports]))
        parasitics = extract(graph, self.technology)
        families = make_families(self.technology, {cell.cell for cell in netlist.instances})
        return Timer(graph, parasitics, self.technology, self.constraints, families, self.boundary)

    def wanted(self, edits: Edits, placement: Placement) -> tuple[Netlist, Placement]:
        """The netlist of some edits, and where its cells are wanted: old ones where they are, new ones upright."""
        netlist = edits.result()
        x, y = edits.places()
        old = len(placement.x)
        pins = pin_places(netlist, self.technology, x, y)
        count = len(placement.pin_x)
        return netlist, Placement(
            x, y, np.concatenate([placement.flipped, np.zeros(len(x) - old, dtype=bool)]),
            np.concatenate([placement.pin_x, pins[count:, 0]]), np.concatenate([placement.pin_y, pins[count:, 1]]),
        )  # fmt: skip
