"""The floorplan: a square core box at the target utilization, its rows, and the ports on its edge."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from accel_core.errors import InfeasibleError
from accel_core.physical.macro_floorplan import Box, blocks_of, make_box
from accel_core.physical.macro_order import order_macros
from accel_core.physical.macros import MacroPlace
from accel_core.physical.netlist import Netlist
from accel_core.physical.technology import UNITS_PER_UM, Technology


@dataclass(frozen=True)
class Floorplan:
    """Where cells may stand; lengths are in um.

    Attributes:
        width_um: Of the core box, a whole number of sites.
        height_um: Of the core box, a whole number of rows.
        site: Name of the site.
        site_um: Its width.
        row_um: Its height.
        rows: How many rows.
        port_bits: Name of each port bit.
        port_nets: Net of each port bit.
        port_places: Position of each port bit on the edge of the box.
        macros: Places of memories and other blocks.
    """

    width_um: float
    height_um: float
    site: str
    site_um: float
    row_um: float
    rows: int
    port_bits: tuple[str, ...]
    port_nets: tuple[int, ...]
    port_places: tuple[tuple[float, float], ...]
    macros: tuple[MacroPlace, ...] = ()

    @property
    def area_um2(self) -> float:
        """Area of the core box."""
        return self.width_um * self.height_um

    @property
    def free_um2(self) -> float:
        """What memories and their halos leave of it."""
        kept = sum(
            (right - left) * (upper - lower) for left, lower, right, upper in (each.kept for each in self.macros)
        )
        return self.area_um2 - kept / UNITS_PER_UM**2


def make_floorplan(netlist: Netlist, technology: Technology, utilization_target: float, seed: int = 0) -> Floorplan:
    """Size the core box so that the cells fill ``utilization_target`` of it, and spread the ports along its edge.

    Memories and other blocks take their room beside that, and are placed; ``seed`` is for the search for their order.

    Raises:
        InfeasibleError: If the cells or the memories cannot fit, at stage ``floorplan``.
    """
    site, site_um, row_um = technology.site.name, technology.site.width_um, technology.site.height_um
    blocks = blocks_of(netlist, technology)
    kinds = Counter(cell.cell for cell in netlist.instances if not technology.is_macro(cell.cell))
    filled = sum(count * technology.rows_of(kind) * technology.sites_of(kind) for kind, count in kinds.items())
    widest, tallest = (
        max((size(kind) for kind in kinds), default=1) for size in (technology.sites_of, technology.rows_of)
    )
    # A cell of two rows fits on every other row only.
    least = 1 if tallest == 1 else tallest + 1
    if utilization_target > 1.0:
        raise InfeasibleError(
            "floorplan", f"over-full: a target utilization of {utilization_target:g} leaves no room for the cells"
        )
    box = filled * site_um * row_um / utilization_target
    # Square, unless that made rows too short for the widest cell or too few for the tallest.
    rows = max(least, min(round(math.sqrt(box) / row_um), math.floor(box / (row_um * widest * site_um))))
    sites = max(widest, math.ceil(box / (rows * row_um) / site_um - 1e-9))
    columns = False
    if blocks:
        around, columns = make_box(blocks, max(filled / utilization_target, widest * least), technology)
        sites, rows = around.sites, around.rows
    width = sites * site_um
    bits = [(name, net) for port in netlist.ports for name, net in zip(port.bits, port.nets, strict=True)]
    places = edge_places(len(bits), width, rows * row_um)
    plan = Floorplan(
        width, rows * row_um, site, site_um, row_um, rows,
        tuple(name for name, _ in bits), tuple(net for _, net in bits), tuple(places),
    )  # fmt: skip
    if not blocks:
        return plan
    return replace(plan, macros=order_macros(blocks, Box(sites, rows), columns, netlist, technology, plan, seed))


def edge_places(count: int, width: float, height: float) -> Sequence[tuple[float, float]]:
    """``count`` points evenly along the edge of a box, clockwise from the lower left corner."""
    perimeter = 2.0 * (width + height)
    places = []
    for index in range(count):
        along = (index + 0.5) * perimeter / count
        if along < height:
            places.append((0.0, along))
        elif along < height + width:
            places.append((along - height, height))
        elif along < 2.0 * height + width:
            places.append((width, 2.0 * height + width - along))
        else:
            places.append((perimeter - along, 0.0))
    return places
