"""The hand-over between platforms, which write RTL, and the physical flow, which implements it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rtl:
    """A synthesizable design.

    Attributes:
        verilog: Complete Verilog-2005 source.
        top: Name of the top module.
        clock: Name of the one clock port.
    """

    verilog: str
    top: str
    clock: str = "clk"
