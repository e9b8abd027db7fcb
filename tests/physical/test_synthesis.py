"""Synthesis with the real Yosys: clean netlists, the cache, and RTL that cannot be built."""

import re

import pytest

from accel_core.errors import ToolFailedError, ToolTimeoutError
from accel_core.physical import synthesis
from accel_core.physical.netlist import Netlist
from accel_core.physical.synthesis import period_ps, synthesize
from accel_core.process import Limits
from accel_core.rtl import Rtl

LIMITS = Limits(120.0)
AWKWARD = """
module leaf (input clk, input [3:0] d, output reg [3:0] q);
  always @(posedge clk) q <= d + 4'd1;
endmodule
module top (input clk, input [3:0] a, input signed [1:0] b,
            output [3:0] y, output [3:0] same, output thru, output zero, output one, output [1:0] both);
  leaf u_leaf (.clk(clk), .d(a), .q(y));
  assign same = y;
  assign thru = a[2];
  assign zero = 1'b0;
  assign one = 1'b1;
  assign both = b;
endmodule
"""


@pytest.fixture(scope="module")
def awkward(nangate, cache):
    return synthesize(Rtl(AWKWARD, "top"), nangate, 1e9, cache, LIMITS).netlist


def test_every_port_bit_has_a_net_of_its_own(awkward):
    nets = [net for port in awkward.ports for net in port.nets]
    assert len(set(nets)) == len(nets)
    for port in awkward.ports:
        for bit, net in zip(port.bits, port.nets, strict=True):
            assert awkward.nets[net] == bit
    assert [port.name for port in awkward.ports] == [
        "clk", "a", "b", "y", "same", "thru", "zero", "one", "both"
    ]  # fmt: skip


def test_every_net_has_one_driver_and_constants_are_tied(awkward, nangate):
    drivers = [net for port in awkward.ports if port.is_input for net in port.nets]
    for cell in awkward.instances:
        pins = nangate.library.cells[cell.cell].pins
        drivers += [net for pin, net in cell.pins.items() if pins[pin].direction == "output"]
    assert sorted(drivers) == list(range(len(awkward.nets)))
    kinds = [cell.cell for cell in awkward.instances]
    assert (kinds.count("LOGIC0_X1"), kinds.count("LOGIC1_X1")) == (1, 1)
    assert kinds.count("BUF_X2") >= 7  # same, thru and both share nets with other ports.


def test_verilog_is_plain(awkward):
    text = awkward.to_verilog()
    assert not re.search(r"\\|signed|assign|1'b|\$", text)
    assert "  input [3:0] a;" in text
    assert text.startswith("module top (clk, a, b, y, same, thru, zero, one, both);")


def test_flip_flops_know_their_module_and_register(awkward):
    flops = {(cell.module, cell.alias) for cell in awkward.instances if cell.cell.startswith("DFF")}
    assert {module for module, _ in flops} == {"leaf"}
    assert {alias[-3:] for _, alias in flops} == {f"[{bit}]" for bit in range(4)}
    assert {alias[:-3] for _, alias in flops} <= {"y", "same", "u_leaf.q"}  # All are names of the same register.


def test_plain_form_is_lossless(awkward):
    assert Netlist.from_plain(awkward.to_plain()) == awkward


def test_cached_netlist_needs_no_yosys_until_something_changes(nangate, cache, awkward, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("Yosys ran")

    monkeypatch.setattr(synthesis, "run", refuse)
    again = synthesize(Rtl(AWKWARD, "top"), nangate, 1e9, cache, LIMITS)
    assert again.cached
    assert again.netlist == awkward
    assert synthesize(Rtl(AWKWARD, "top"), nangate, 1.0001e9, cache, LIMITS).cached  # The same picosecond.
    for rtl, f_target_hz in ((Rtl(AWKWARD + "\n", "top"), 1e9), (Rtl(AWKWARD, "top"), 1.1e9)):
        with pytest.raises(AssertionError, match=r"Yosys ran"):
            synthesize(rtl, nangate, f_target_hz, cache, LIMITS)


def test_another_period_maps_the_same_front_end_and_gives_the_netlist_of_a_whole_run(nangate, cache, awkward):
    again = synthesize(Rtl(AWKWARD, "top"), nangate, 4e9, cache, LIMITS)
    whole = synthesize(Rtl(AWKWARD, "top"), nangate, 4e9, None, LIMITS)
    assert again.netlist == whole.netlist
    assert not again.cached
    assert "Executing Verilog" in whole.log
    assert "Executing Verilog" not in again.log


def test_synthesis_is_repeatable(nangate, awkward):
    assert synthesize(Rtl(AWKWARD, "top"), nangate, 1e9, None, LIMITS).netlist == awkward


def test_period_is_in_whole_picoseconds():
    assert (period_ps(1e9), period_ps(3e9), period_ps(1e15)) == (1000, 333, 1)


@pytest.mark.parametrize(
    ("verilog", "message"),
    [
        ("module top (input clk, output y); asign y = clk; endmodule", "synthesis: Yosys: .*design.v:1"),
        ("module other (input clk); endmodule", "synthesis: Yosys: ERROR: .*top"),
        (
            "module top (input clk, input d, output reg q); always @* if (clk) q = d; endmodule",
            "synthesis: the RTL infers a latch; allowed: flip-flops",
        ),
        (
            "module top (input ck, input d, output reg q); always @(posedge ck) q <= d; endmodule",
            "module top has no input port 'clk' for the clock",
        ),
        ("module top (input clk, inout d); endmodule", "port d is inout; allowed: input, output"),
    ],
)
def test_unbuildable_rtl_is_a_failure_with_a_reason(nangate, verilog, message):
    with pytest.raises(ToolFailedError, match=message):
        synthesize(Rtl(verilog, "top"), nangate, 1e9, None, LIMITS)


def test_slow_synthesis_times_out(nangate):
    with pytest.raises(ToolTimeoutError, match=r"synthesis: Yosys did not finish within 0.05 s"):
        synthesize(Rtl(AWKWARD, "top"), nangate, 1e9, None, Limits(0.05))
