"""Worst slack on NanGate45 against Debian's OpenSTA 2.0, on the artifacts of designs that have little in common.

Its power, and its slack on other kits, are wrong; for those see the references of OpenSTA 3.1 in ``test_sign_off``.
"""

import re
import shutil
import subprocess

import pytest

from accel_core.physical import FlowSettings, implement
from accel_core.platforms import get_platform
from accel_core.rtl import Rtl
from accel_core.space import sample

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(shutil.which("sta") is None, reason="OpenSTA (Debian package opensta) is not installed"),
]

MAC_ARRAY = """
module mac #(parameter W = 6) (input clk, input rst, input signed [W-1:0] a, input signed [W-1:0] b,
                               output reg signed [2*W+3:0] acc);
  wire signed [2*W-1:0] p = a * b;
  always @(posedge clk) acc <= rst ? 0 : acc + p;
endmodule
module top (input clk, input rst, input [23:0] a, input [23:0] b, output [63:0] y);
  genvar i;
  generate for (i = 0; i < 4; i = i + 1) begin: lane
    mac u_mac (.clk(clk), .rst(rst), .a(a[6*i+5:6*i]), .b(b[6*i+5:6*i]), .acc(y[16*i+15:16*i]));
  end endgenerate
endmodule
"""
SYSTOLIC = """
module pe (input clk, input [5:0] a, input [5:0] b, output reg [5:0] right, output reg [5:0] down,
           output reg [15:0] sum);
  always @(posedge clk) begin right <= a; down <= b; sum <= sum + a * b; end
endmodule
module top (input clk, input [11:0] a, input [11:0] b, output [15:0] y);
  wire [5:0] h00, h01, h10, h11, v00, v01, v10, v11;
  wire [15:0] s00, s01, s10, s11;
  pe p00 (clk, a[5:0], b[5:0], h00, v00, s00);
  pe p01 (clk, h00, b[11:6], h01, v01, s01);
  pe p10 (clk, a[11:6], v00, h10, v10, s10);
  pe p11 (clk, h10, v01, h11, v11, s11);
  assign y = s00 ^ s01 ^ s10 ^ s11 ^ {h01, h11} ^ {v10, v11};
endmodule
"""
SHIFT = """
module top (input clk, input d, input [1:0] tap, output q, output constant);
  reg [63:0] line;
  always @(posedge clk) line <= {line[62:0], d};
  assign q = line[{tap, 4'd15}];
  assign constant = 1'b1;
endmodule
"""
MULTIPLIER = """
module top (input clk, input [9:0] a, input [9:0] b, output reg [19:0] p, output [9:0] now);
  reg [9:0] x, y;
  always @(posedge clk) begin x <= a; y <= b; p <= x * y; end
  assign now = a ^ {b[0], b[9:1]};
endmodule
"""


def opensta(folder, script="check.tcl", cwd=None) -> float:
    """Worst slack in s that OpenSTA finds in a run's artifacts; any complaint fails."""
    done = subprocess.run(
        ["sta", "-exit", str(script)], cwd=cwd or folder, capture_output=True, text=True, timeout=120, check=True
    )
    text = done.stdout + done.stderr
    assert not re.search(r"error|warning|not found|not connected|syntax", text, re.IGNORECASE), text
    slack = re.search(r"^worst slack (\S+)$", text, re.MULTILINE)
    assert slack is not None
    return float(slack[1]) * 1e-9


def check(metrics, worst_slack_s, share=0.03):
    assert metrics["worst_slack_s"] == pytest.approx(worst_slack_s, abs=share / metrics["f_target_hz"])


@pytest.mark.parametrize(
    ("verilog", "settings"),
    [
        (MAC_ARRAY, FlowSettings(8e8, 0.75)),
        (SYSTOLIC, FlowSettings(3e8, 0.5, activity=0.4)),
        (SHIFT, FlowSettings(2.5e9, 0.85)),
        (MULTIPLIER, FlowSettings(1.2e9, 0.9, io_delay_fraction=0.3)),
    ],
    ids=["mac_array", "systolic", "shift", "multiplier"],
)
def test_any_rtl_agrees(nangate, cache, tmp_path, verilog, settings):
    metrics = implement(Rtl(verilog, "top"), nangate, settings, tmp_path, cache)
    # Closer than what is promised, so that a lost effect shows.
    check(metrics, opensta(tmp_path), share=0.01)


def test_opensta_would_notice_a_broken_netlist(nangate, cache, tmp_path):
    implement(Rtl(SHIFT, "top"), nangate, FlowSettings(1e9, 0.7), tmp_path, cache)
    text = (tmp_path / "netlist.v").read_text()
    (tmp_path / "netlist.v").write_text(text.replace("wire ", "wire signed ", 1))
    with pytest.raises(AssertionError, match=r"syntax error"):
        opensta(tmp_path)


def test_the_check_works_from_anywhere_and_after_a_move(nangate, cache, tmp_path):
    implement(Rtl(SHIFT, "top"), nangate, FlowSettings(1e9, 0.7), tmp_path / "built", cache)
    expected = opensta(tmp_path / "built")
    assert opensta(tmp_path / "built", tmp_path / "built" / "check.tcl", cwd="/") == expected
    odd = tmp_path / "My Thesis [v2]" / 'it\'s $HOME "é"'
    odd.parent.mkdir()
    moved = (tmp_path / "built").rename(odd)
    assert opensta(moved) == expected
    text = (moved / "check.tcl").read_text()
    assert str(tmp_path) not in text
    (moved / "cells.lib").unlink()
    with pytest.raises(AssertionError, match=r"Error: cells\.lib not found beside check\.tcl; allowed: all files"):
        opensta(moved)


def axiline_designs():
    """Eight designs over the space: of each benchmark one with one or two lanes, and one with more."""
    space = get_platform("axiline").space.restrict({"utilization_target": "0.4..0.98"})
    designs = sample(space, 256, "sobol", seed=1).designs
    is_wide = designs["features"] > 2 * designs["cycles_per_vector"]
    return designs.groupby([designs["benchmark"], is_wide], sort=True).head(1).to_dict("records")


@pytest.mark.parametrize(
    "index", [pytest.param(i, marks=[pytest.mark.slow] if i not in (1, 7) else []) for i in range(8)]
)
def test_axiline_agrees_over_its_space(nangate, cache, tmp_path, index):
    design = axiline_designs()[index]
    rtl = get_platform("axiline").implement.rtl(design)
    settings = FlowSettings(design["f_target_hz"], design["utilization_target"])
    check(implement(rtl, nangate, settings, tmp_path, cache), opensta(tmp_path))
