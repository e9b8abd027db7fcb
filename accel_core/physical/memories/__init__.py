"""A compiler of static memories at 45 nm: words x bits x ports in; LEF, Liberty and Verilog out."""

from accel_core.physical.memories.compiler import Memory, compile_memory
from accel_core.physical.memories.fits import FitError
from accel_core.physical.memories.lef_text import to_lef
from accel_core.physical.memories.liberty_text import to_liberty
from accel_core.physical.memories.ports import access_shares
from accel_core.physical.memories.technology import Prepared, prepare, with_memories
from accel_core.physical.memories.verilog_text import to_verilog

__all__ = [
    "FitError",
    "Memory",
    "Prepared",
    "access_shares",
    "compile_memory",
    "prepare",
    "to_lef",
    "to_liberty",
    "to_verilog",
    "with_memories",
]
