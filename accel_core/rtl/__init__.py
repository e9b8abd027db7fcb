"""The hand-over between platforms, which write RTL, and the physical flow, which implements it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accel_core.errors import InvalidInputError

PORTS = ("1RW", "1R1W")
"""Of a memory: one that reads or writes in a cycle, or one that reads beside one that writes."""


@dataclass(frozen=True)
class MemorySize:
    """A memory that a design instantiates as the module ``name``.

    Attributes:
        words: How many there are.
        bits: Of a word.
        ports: One of ``PORTS``.
    """

    words: int
    bits: int
    ports: str = "1RW"

    def __post_init__(self) -> None:
        """Reject what is no memory."""
        for name, value in (("words", self.words), ("bits", self.bits)):
            if not (isinstance(value, int) and value >= 1):
                raise InvalidInputError(f"memory, {name}: is {value}; allowed: a whole number from 1")
        if self.ports not in PORTS:
            raise InvalidInputError(f"memory, ports: is '{self.ports}'; allowed: {', '.join(PORTS)}")

    @property
    def name(self) -> str:
        """Of its module and its library cell."""
        return f"sram_{self.words}x{self.bits}_{self.ports.lower()}"

    @property
    def address_bits(self) -> int:
        """Width of an address."""
        return max(1, (self.words - 1).bit_length())


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
        memories: Memories that it instantiates and the technology may have to make first, each size once.
        accesses: Of a memory instance, by its path such as ``core.buffer``: the share of cycles that each condition on
            its pins holds in, such as ``ce_in & we_in``; conditions exclude each other. It overrules what the activity
            says of those pins.
    """

    verilog: str
    top: str
    clock: str = "clk"
    testbench: Testbench | None = None
    memories: tuple[MemorySize, ...] = ()
    accesses: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Rtl:
        """The inverse of ``dataclasses.asdict``."""
        bench = plain.get("testbench")
        memories = tuple(MemorySize(**size) for size in plain.get("memories", ()))
        return cls(
            plain["verilog"],
            plain["top"],
            plain["clock"],
            Testbench(**bench) if bench else None,
            memories,
            plain.get("accesses", {}),
        )
