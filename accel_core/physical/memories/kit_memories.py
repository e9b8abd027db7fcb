"""Memories of a kit in the place of compiled ones: modules with the compiler's pins around the kit's own blocks.

Known are the single-port memories of IHP SG13G2 (``RM_IHPSG13_1P_*``), whose words can be put side by side.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accel_core.physical.black_boxes import buses
from accel_core.physical.technology import Technology
from accel_core.rtl import MemorySize

_PINS = {"A_CLK", "A_MEN", "A_WEN", "A_REN", "A_ADDR", "A_DIN", "A_BM", "A_DOUT"}
# Their test port is off. The delay line of the sense amplifiers has its longer setting, as designs in that kit use it.
_TIED = {"A_DLY": 1}

_MODEL = """\
module {cell} (
    input wire A_CLK, A_MEN, A_WEN, A_REN, A_DLY, A_BIST_EN, A_BIST_CLK, A_BIST_REN, A_BIST_WEN, A_BIST_MEN,
    input wire [{address}:0] A_ADDR, A_BIST_ADDR,
    input wire [{data}:0] A_DIN, A_BM, A_BIST_DIN, A_BIST_BM,
    output reg [{data}:0] A_DOUT
);
    reg [{data}:0] words [0:{last}];
    // The test port is not modelled.
    always @(posedge A_CLK) if (A_MEN) begin
        if (A_REN) A_DOUT <= words[A_ADDR];
        if (A_WEN) words[A_ADDR] <= (A_DIN & A_BM) | (words[A_ADDR] & ~A_BM);
    end
endmodule
"""


@dataclass(frozen=True)
class KitMemory:
    """A block of a kit that can hold part of a memory."""

    cell: str
    words: int
    bits: int
    area_um2: float


@dataclass(frozen=True)
class Wrapped:
    """A memory made of a kit's blocks.

    Attributes:
        size: What it stands for.
        block: Of what.
        count: So many side by side.
    """

    size: MemorySize
    block: KitMemory
    count: int

    @property
    def parts(self) -> list[str]:
        """Names of the blocks within the module."""
        return [f"part_{index}" for index in range(self.count)]


def kit_memories(technology: Technology) -> list[KitMemory]:
    """Blocks that are known by their pins and have an outline."""
    found = []
    for cell in technology.library.cells.values():
        pins = buses(cell.pins) if cell.is_macro and cell.name in technology.lef.macros else {}
        if pins.keys() >= _PINS and cell.name.startswith("RM_IHPSG13_1P_"):
            found.append(KitMemory(cell.name, 2 ** len(pins["A_ADDR"]), len(pins["A_DIN"]), cell.area_um2))
    return found


def wrapped(size: MemorySize, blocks: Sequence[KitMemory]) -> Wrapped | None:
    """The smallest way to make a memory of a kit's blocks; None if there is none."""
    if size.ports != "1RW":
        return None
    ways = [Wrapped(size, block, math.ceil(size.bits / block.bits)) for block in blocks if block.words >= size.words]
    return min(ways, key=lambda way: (way.count * way.block.area_um2, way.count), default=None)


def to_wrapper(memory: Wrapped, technology: Technology) -> str:
    """Verilog of the module with the compiler's pins."""
    size, block = memory.size, memory.block
    wide, high = memory.count * block.bits, (block.words - 1).bit_length()
    lines = [
        f"module {size.name} (",
        f"    input clk, input ce_in, input we_in, input [{size.address_bits - 1}:0] addr_in,",
        f"    input [{size.bits - 1}:0] w_mask_in, input [{size.bits - 1}:0] wd_in, output [{size.bits - 1}:0] rd_out",
        ");",
        f"    wire [{high - 1}:0] address = addr_in;",
        f"    wire [{wide - 1}:0] data = wd_in, mask = w_mask_in;",
        f"    wire [{wide - 1}:0] out;",
        f"    assign rd_out = out[{size.bits - 1}:0];",
    ]
    own = {"A_CLK": "clk", "A_MEN": "ce_in", "A_WEN": "we_in", "A_REN": "~we_in", "A_ADDR": "address"}
    pins = buses(technology.library.cells[block.cell].pins)
    tied = {pin: f"{{{len(bits)}{{1'b{_TIED.get(pin, 0)}}}}}" for pin, bits in pins.items() if pin not in _PINS}
    for index, name in enumerate(memory.parts):
        part = f"[{(index + 1) * block.bits - 1}:{index * block.bits}]"
        buses_of = {"A_DIN": f"data{part}", "A_BM": f"mask{part}", "A_DOUT": f"out{part}"}
        connected = ", ".join(f".{pin}({net})" for pin, net in {**own, **buses_of, **tied}.items())
        lines.append(f"    {block.cell} {name} ({connected});")
    return "\n".join([*lines, "endmodule", ""])


def to_model(block: KitMemory) -> str:
    """Behavior of a block, for simulations of the netlist."""
    address = (block.words - 1).bit_length() - 1
    return _MODEL.format(cell=block.cell, address=address, data=block.bits - 1, last=block.words - 1)


def accesses_of_parts(shares: Mapping[str, float]) -> dict[str, float]:
    """Shares of cycles by condition on the module's pins, as those on the pins of each of its blocks."""
    names = {"ce_in": "A_MEN", "we_in": "A_WEN"}
    return {
        f"({re.sub('|'.join(names), lambda found: names[found[0]], condition)}) & (A_WEN ^ A_REN)": share
        for condition, share in shares.items()
    }
