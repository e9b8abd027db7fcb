"""Global routing: layers, pitches and capacities from LEF, patterns, negotiated congestion, a picture and guides."""

from accel_core.physical.routing.crowding import crowding
from accel_core.physical.routing.grid import Blockage, Grid
from accel_core.physical.routing.guides import to_guides
from accel_core.physical.routing.picture import draw_congestion
from accel_core.physical.routing.result import Routing, Wiring
from accel_core.physical.routing.router import check_overflow, route, try_route
from accel_core.physical.routing.settings import RoutingSettings

__all__ = [
    "Blockage",
    "Grid",
    "Routing",
    "RoutingSettings",
    "Wiring",
    "check_overflow",
    "crowding",
    "draw_congestion",
    "route",
    "to_guides",
    "try_route",
]
