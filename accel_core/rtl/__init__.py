"""The hand-over between platforms, which write RTL, and the physical flow, which implements it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Testbench:
    """A design at its real work, for its switching activity.

    Attributes:
        verilog: A module ``bench`` that instantiates the design as ``dut``, gives it a clock, sets its variable
            ``working`` to 1 when the work to be measured begins, and ends with ``$finish`` when that is done.
        files: What it reads with ``$readmemh``, text by file name.
        title: What it does, in a few words.
    """

    verilog: str
    files: Mapping[str, str] = field(default_factory=dict)
    title: str = ""

    __test__ = False  # Not a test, whatever pytest takes its name for.


@dataclass(frozen=True)
class Rtl:
    """A synthesizable design.

    Attributes:
        verilog: Complete Verilog-2005 source.
        top: Name of the top module.
        clock: Name of the one clock port.
        testbench: Its real work, where activity is to be simulated.
    """

    verilog: str
    top: str
    clock: str = "clk"
    testbench: Testbench | None = None

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Rtl:
        """The inverse of ``dataclasses.asdict``."""
        bench = plain.get("testbench")
        return cls(plain["verilog"], plain["top"], plain["clock"], Testbench(**bench) if bench else None)
