"""The Verilog of memories, simulated beside a twin in Python."""

import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accel_core.physical.memories import compile_memory, to_verilog

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed"),
]

WORDS, BITS = 32, 8
STEP = st.tuples(
    st.integers(0, 1), st.integers(0, 1), st.integers(0, 3), st.integers(0, 3), st.integers(0, 255), st.integers(0, 255)
)

BENCH = """
module bench;
  reg clk = 0, write, read; reg [4:0] to, from; reg [7:0] mask, data; wire [7:0] out;
  reg [27:0] steps [0:{last}]; integer i;
  {instance}
  initial begin
    $readmemh("steps.hex", steps);
    for (i = 0; i <= {last}; i = i + 1) begin
      {{write, read, to, from, mask, data}} = steps[i];
      #5 clk = 1; #1 $display("%b", out); #4 clk = 0;
    end
    $finish;
  end
endmodule
"""
INSTANCES = {
    "1RW": "sram_32x8_1rw dut (.clk(clk), .ce_in(write | read), .we_in(write), .addr_in(write ? to : from),"
    " .w_mask_in(mask), .wd_in(data), .rd_out(out));",
    "1R1W": "sram_32x8_1r1w dut (.clk(clk), .we_in(write), .w_addr_in(to), .re_in(read), .r_addr_in(from),"
    " .w_mask_in(mask), .wd_in(data), .rd_out(out));",
}


def twin(ports, steps):
    """What comes out after each step, bits from the left; x where nobody wrote."""
    words = [["x"] * BITS for _ in range(WORDS)]
    out, seen = ["x"] * BITS, []
    for write, read, to, source, mask, data in steps:
        before = list(words[source])
        if write:
            for bit in range(BITS):
                if mask >> bit & 1:
                    words[to][BITS - 1 - bit] = str(data >> bit & 1)
        if read and not (ports == "1RW" and write):
            out = before
        seen.append("".join(out))
    return seen


@pytest.mark.parametrize("ports", ["1RW", "1R1W"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=60))
def test_the_model_does_what_its_twin_does(tmp_path, ports, steps):
    memory = to_verilog(compile_memory(WORDS, BITS, ports))
    (tmp_path / "dut.v").write_text(memory + BENCH.format(last=len(steps) - 1, instance=INSTANCES[ports]))
    packed = [w << 27 | r << 26 | to << 21 | source << 16 | mask << 8 | data for w, r, to, source, mask, data in steps]
    (tmp_path / "steps.hex").write_text("\n".join(f"{word:x}" for word in packed))
    for command in (["iverilog", "-g2005", "-Wall", "-o", "dut.vvp", "dut.v"], ["vvp", "-n", "dut.vvp"]):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert [line for line in done.stdout.split() if set(line) <= set("01x")] == twin(ports, steps)
