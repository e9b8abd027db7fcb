"""Behavior of a memory in Verilog; what it holds at first is unknown, as in silicon."""

from __future__ import annotations

from accel_core.physical.memories.compiler import Memory
from accel_core.physical.memories.ports import pins_of

_BODY = {
    "1RW": """\
    // Reads or writes in a cycle; the data of a read stay until the next read.
    always @(posedge clk) begin
        if (ce_in) begin
            if (we_in) words[addr_in] <= (wd_in & w_mask_in) | (words[addr_in] & ~w_mask_in);
            else rd_out <= words[addr_in];
        end
    end
""",
    "1R1W": """\
    // Reads beside a write; a read of the word that is written gives what it held before.
    always @(posedge clk) begin
        if (re_in) rd_out <= words[r_addr_in];
        if (we_in) words[w_addr_in] <= (wd_in & w_mask_in) | (words[w_addr_in] & ~w_mask_in);
    end
""",
}


def to_verilog(memory: Memory) -> str:
    """One module: data one cycle after the address, a bit is written where its mask is 1."""
    size = memory.size
    lines = [f"// {size.words} words of {size.bits} bits, {size.ports}.", f"module {memory.name} ("]
    ports = []
    for pin in pins_of(size):
        kind = "input  wire" if pin.is_input else "output reg "
        width = f" [{pin.width - 1}:0]" if pin.width else ""
        ports.append(f"    {kind}{width} {pin.name}")
    lines += [",\n".join(ports), ");", f"    reg [{size.bits - 1}:0] words [0:{size.words - 1}];", ""]
    return "\n".join(lines) + "\n" + _BODY[size.ports] + "endmodule\n"
