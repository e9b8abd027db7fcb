"""RTL in; power, performance and area out. Knows nothing of accelerators."""

from accel_core.physical.activity import CONDITIONS
from accel_core.physical.activity import SOURCES as ACTIVITY_SOURCES
from accel_core.physical.export import opensta_script
from accel_core.physical.flow import implement, placed_available, tool_versions
from accel_core.physical.in_process import implement_in_process
from accel_core.physical.kit_check import check_kit
from accel_core.physical.own_kits import keep_kit, known_kits
from accel_core.physical.power import GROUPS as POWER_GROUPS
from accel_core.physical.settings import HIERARCHIES, THROUGH, FlowSettings
from accel_core.physical.sign_off import time_netlist
from accel_core.physical.stages import followed
from accel_core.physical.technology import Technology, load_technology, pinned_technology
from accel_core.physical.versions import FLOW_VERSION

__all__ = [
    "ACTIVITY_SOURCES",
    "CONDITIONS",
    "FLOW_VERSION",
    "HIERARCHIES",
    "POWER_GROUPS",
    "THROUGH",
    "FlowSettings",
    "Technology",
    "check_kit",
    "followed",
    "implement",
    "implement_in_process",
    "keep_kit",
    "known_kits",
    "load_technology",
    "opensta_script",
    "pinned_technology",
    "placed_available",
    "time_netlist",
    "tool_versions",
]
