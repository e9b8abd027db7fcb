"""Repair after placement: buffers and sizes that meet the clock and the library's limits."""

from accel_core.physical.repair.repairing import Record, Repaired, repair
from accel_core.physical.repair.sizing import Effort

__all__ = ["Effort", "Record", "Repaired", "repair"]
