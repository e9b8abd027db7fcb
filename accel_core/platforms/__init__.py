"""The accelerators that can be explored, by name."""

from accel_core.platforms.base import Platform
from accel_core.platforms.clocks import TECHNOLOGY
from accel_core.platforms.registry import PLATFORMS, add_file, find_own, get_platform

__all__ = ["PLATFORMS", "TECHNOLOGY", "Platform", "add_file", "find_own", "get_platform"]
