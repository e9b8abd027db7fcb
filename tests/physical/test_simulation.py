"""Activity by simulation: cell models, a counter whose bits toggle as they must, and what can go wrong."""

import json
import shutil

import numpy as np
import pytest

from accel_core.errors import InvalidInputError, ToolFailedError
from accel_core.physical import FlowSettings, implement
from accel_core.physical.cell_models import cell_models
from accel_core.physical.liberty_reader import parse_library
from accel_core.physical.simulation import simulated_activity
from accel_core.process import Limits, run
from accel_core.rtl import Rtl, Testbench

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed"),
]

COUNTER = """
module top (input clk, input rst, output reg [3:0] q);
  always @(posedge clk) q <= rst ? 4'd0 : q + 4'd1;
endmodule
"""
BENCH = """
module bench;
  reg clk = 0, rst = 1, working = 0;
  top dut (.clk(clk), .rst(rst), .q());
  always #5 clk = ~clk;
  initial begin
    repeat (2) @(posedge clk);
    #1 rst = 0; working = 1;
    repeat (32) @(posedge clk);
    #1 $finish;
  end
endmodule
"""
CELLS = """library (cells) {
  cell (MUX) { pin (A) { direction : input; } pin (B) { direction : input; } pin ("S[0]") { direction : input; }
    pin (Z) { direction : output; function : "(A & !S[0]) | (B & S[0])"; } }
  cell (FF) { ff (IQ, IQN) { next_state : "D"; clocked_on : "!CKN"; clear : "!RN"; preset : "!SN"; }
    pin (D) { direction : input; } pin (CKN) { direction : input; } pin (RN) { direction : input; }
    pin (SN) { direction : input; } pin (Q) { direction : output; function : "IQ"; }
    pin (QN) { direction : output; function : "IQN"; } }
  cell (LATCH) { latch (IQ, IQN) { data_in : "D"; enable : "G"; }
    pin (D) { direction : input; } pin (G) { direction : input; } pin (Q) { direction : output; function : "IQ"; } }
  cell (GATE) { statetable ("CK E", "IQ") { } pin (CK) { direction : input; }
    pin (Z) { direction : output; state_function : "CK & IQ"; } }
}
"""
PLAY = """
module play;
  reg [3:0] in = 4'b0011;  // d, clock, rn, sn
  wire z, q, qn, held;
  MUX mux (.A(in[3]), .B(in[2]), .\\S[0] (in[1]), .Z(z));
  FF ff (.D(in[3]), .CKN(in[2]), .RN(in[1]), .SN(in[0]), .Q(q), .QN(qn));
  LATCH latch (.D(in[3]), .G(in[2]), .Q(held));
  initial begin
    #1 in = 4'b1111; #1 show; in = 4'b1011; #1 show; in = 4'b0011; #1 show;
    in = 4'b0001; #1 show; in = 4'b0010; #1 show; in = 4'b0111; #1 show; in = 4'b0011; #1 show; $finish;
  end
  task show; $display("%b%b%b%b", z, q, qn, held); endtask
endmodule
"""


@pytest.fixture(scope="module")
def counter(nangate, cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("counter")
    settings = FlowSettings(5e8, 0.7, activity_source="simulated")
    rtl = Rtl(COUNTER, "top", testbench=Testbench(BENCH, title="counts to 32"))
    return implement(rtl, nangate, settings, folder, cache), folder


def test_models_do_what_liberty_says(tmp_path):
    library = parse_library(CELLS)
    (tmp_path / "play.v").write_text(cell_models(library, ["MUX", "FF", "LATCH"]) + PLAY)
    assert run(["iverilog", "-Wall", "-g2005", "-o", "play", "play.v"], "x", Limits(60), cwd=tmp_path).exit_code == 0
    shown = run(["vvp", "-n", "play"], "x", Limits(60), cwd=tmp_path).output.split()
    # z = S ? B : A; q follows d at the falling clock; then cleared, preset, loaded with 0; the latch holds d.
    assert shown == ["1011", "0101", "0101", "0011", "0101", "1100", "0010"]


def test_what_liberty_does_not_say_cannot_be_simulated():
    with pytest.raises(ToolFailedError, match=r"activity: Liberty does not say what cell GATE does at pin Z"):
        cell_models(parse_library(CELLS), ["GATE"])


def test_bits_of_a_counter_toggle_half_as_often_each(counter, nangate, tmp_path):
    metrics, folder = counter
    report = json.loads((folder / "report.json").read_text())
    told = report["activity"]
    assert (told["source"], told["work"]) == ("simulated", "counts to 32")
    assert metrics["power_w"] == pytest.approx(
        sum(metrics[f"power_{p}_w"] for p in ("internal", "switching", "leakage"))
    )
    assert report["settings"]["activity_source"] == "simulated"
    assert {path.name for path in (folder / "simulation").iterdir()} == {"netlist.v", "cells.v", "bench.v", "dump.v"}


def test_density_and_duty_are_those_of_the_counter(graph_of, tiny, tmp_path):
    # Two flip-flops that divide the clock; the second one's clock enable is built of nothing: it repeats the first.
    graph = graph_of(
        [
            ("DFF", {"CK": "clk", "D": "n", "Q": "a"}),
            ("INV", {"A": "a", "Z": "n"}),
            ("DFF", {"CK": "clk", "D": "a", "Q": "b"}),
            ("LOW", {"Z": "y"}),
        ],
        ["clk"],
        ["y"],
    )
    bench = BENCH.replace("top dut (.clk(clk), .rst(rst), .q());", "top dut (.clk(clk), .y());")
    found = simulated_activity(graph, tiny, Testbench(bench), 2e-9, tmp_path, Limits(60))
    names = graph.netlist.nets
    density = dict(zip(names, found.density * 2e-9, strict=True))
    assert density["clk"] == pytest.approx(2.0)
    # Every cycle a transition; y is constant.
    for net in ("a", "b", "n"):
        assert density[net] == pytest.approx(1.0, abs=0.05)
    assert density["y"] == 0.0
    duty = dict(zip(names, found.duty, strict=True))
    assert np.array([duty[net] for net in ("clk", "a", "b", "n")]) == pytest.approx(0.5, abs=0.03)
    assert duty["a"] + duty["n"] == pytest.approx(1.0)
    assert duty["y"] == 0.0


@pytest.mark.parametrize(
    ("bench", "message"),
    [
        (BENCH.replace("working = 1;", ""), "the testbench never sets `working` to 1"),
        (
            BENCH.replace("always", "initial repeat (3)").replace("repeat (32) @(posedge clk)", "#90"),
            "the clock clk does not toggle",
        ),
        (BENCH.replace("module bench", "module tench"), r"iverilog ended with exit code [1-9]"),
    ],
)
def test_wrong_testbench(graph_of, tiny, tmp_path, bench, message):
    graph = graph_of([("DFF", {"CK": "clk", "D": "q", "Q": "q"})], ["clk"], ["q"])
    bench = bench.replace("top dut (.clk(clk), .rst(rst), .q());", "top dut (.clk(clk), .q());")
    with pytest.raises(ToolFailedError, match=message):
        simulated_activity(graph, tiny, Testbench(bench), 1e-9, tmp_path, Limits(60))


def test_design_without_a_testbench(nangate, cache, tmp_path):
    with pytest.raises(
        ToolFailedError, match=r"activity: there is no testbench for top; allowed: activity_source global"
    ):
        implement(Rtl(COUNTER, "top"), nangate, FlowSettings(5e8, 0.7, activity_source="simulated"), tmp_path, cache)


@pytest.mark.parametrize("change", [{"activity_source": "guessed"}, {"conditions": "false"}])
def test_unknown_words_are_refused(change):
    with pytest.raises(
        InvalidInputError, match=r"(activity_source|conditions) is '(guessed|false)'; allowed: (global|true)"
    ):
        FlowSettings(5e8, 0.7, **change)
