"""Clock tree synthesis: clustered buffers between the clock's port and the flip-flops."""

from accel_core.physical.clock_tree.build import ClockTree, build_clock_tree
from accel_core.physical.clock_tree.record import clock_details

__all__ = ["ClockTree", "build_clock_tree", "clock_details"]
