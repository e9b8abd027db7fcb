"""Synthesis by module: the same function as the RTL, shared work, and the borders of modules."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from accel_core.errors import ToolFailedError
from accel_core.physical import FlowSettings, implement
from accel_core.physical.assembly import assemble
from accel_core.physical.by_module import synthesize_by_module
from accel_core.physical.graph import connect
from accel_core.physical.hierarchy import KeepRule
from accel_core.physical.pieces import Child, PieceNetlist
from accel_core.physical.synthesis import run_yosys, synthesize
from accel_core.process import Limits, run
from accel_core.rtl import Rtl

LIMITS = Limits(120.0)
# An element hands `b` through, has a constant output and two names for one register; who uses which of them differs.
ELEMENT = """
module element #(parameter W = 4) (
    input clk, input rst, input en, input [W-1:0] a, input [W-1:0] b, input [2*W-1:0] c,
    output reg [W-1:0] a_out, output [W-1:0] b_thru, output reg [2*W-1:0] sum, output [2*W-1:0] same,
    output one, output reg odd
);
    assign b_thru = b;
    assign same = sum;
    assign one = 1'b1;
    always @(posedge clk) begin
        odd <= ^a;
        if (rst) begin
            a_out <= 0;
            sum <= 0;
        end else if (en) begin
            a_out <= a;
            sum <= c + a * b;
        end
    end
endmodule
"""
ROW = """
module row #(parameter W = 4, parameter N = 4) (
    input clk, input rst, input en, input [W-1:0] a, input [N*W-1:0] b, input [2*N*W-1:0] c,
    output [N*W-1:0] b_out, output [2*N*W-1:0] sums, output [2*W-1:0] last, output one
);
    wire [N:0] ones;
    wire [W*(N+1)-1:0] as;
    wire [2*W*N-1:0] same;
    assign as[W-1:0] = a;
    assign last = same[2*W*N-1 -: 2*W];
    assign one = ones[N-1];
    genvar i;
    generate for (i = 0; i < N; i = i + 1) begin : place
        element #(.W(W)) u_element (.clk(clk), .rst(rst), .en(en), .a(as[W*i +: W]), .b(b[W*i +: W]),
            .c(c[2*W*i +: 2*W]), .a_out(as[W*(i+1) +: W]), .b_thru(b_out[W*i +: W]), .sum(sums[2*W*i +: 2*W]),
            .same(same[2*W*i +: 2*W]), .one(ones[i]), .odd());
    end endgenerate
endmodule
"""
ARRAY = """
module array #(parameter W = 4, parameter N = 4, parameter M = 4) (
    input clk, input rst, input en, input [M*W-1:0] a, input [N*W-1:0] b,
    output [N*W-1:0] b_out, output [2*N*W-1:0] sums, output [2*W-1:0] last, output one, output zero, output odd
);
    wire [N*W*(M+1)-1:0] bs;
    wire [2*N*W*(M+1)-1:0] cs;
    wire [2*W*M-1:0] lasts;
    wire [M-1:0] ones;
    assign bs[N*W-1:0] = b;
    assign cs[2*N*W-1:0] = 0;
    assign b_out = bs[N*W*M +: N*W];
    assign sums = cs[2*N*W*M +: 2*N*W];
    assign last = lasts[2*W*M-1 -: 2*W];
    assign one = ones[M-1];
    assign zero = 1'b0;
    genvar i;
    generate for (i = 0; i < M; i = i + 1) begin : rows
        row #(.W(W), .N(N)) u_row (.clk(clk), .rst(rst), .en(en), .a(a[W*i +: W]), .b(bs[N*W*i +: N*W]),
            .c(cs[2*N*W*i +: 2*N*W]), .b_out(bs[N*W*(i+1) +: N*W]), .sums(cs[2*N*W*(i+1) +: 2*N*W]),
            .last(lasts[2*W*i +: 2*W]), .one(ones[i]));
    end endgenerate
    element #(.W(W)) u_alone (.clk(clk), .rst(rst), .en(en), .a(a[W-1:0]), .b({W{1'b1}}), .odd(odd));
endmodule
"""
BENCH = """
module bench;
    reg clk = 0, rst = 1, en = 0;
    reg [15:0] a, b;
    wire [15:0] b_want, b_got;
    wire [31:0] sums_want, sums_got;
    wire [7:0] last_want, last_got;
    wire one_want, one_got, zero_want, zero_got, odd_want, odd_got;
    integer cycle, seed = 1, wrong = 0;
    array want (clk, rst, en, a, b, b_want, sums_want, last_want, one_want, zero_want, odd_want);
    mapped got (clk, rst, en, a, b, b_got, sums_got, last_got, one_got, zero_got, odd_got);
    initial begin
        for (cycle = 0; cycle < 400; cycle = cycle + 1) begin
            a = $random(seed); b = $random(seed); en = $random(seed); rst = cycle < 2 || cycle % 97 == 0;
            #5 if (cycle > 2 && {b_want, sums_want, last_want, one_want, zero_want, odd_want}
                    !== {b_got, sums_got, last_got, one_got, zero_got, odd_got}) wrong = wrong + 1;
            clk = 1;
            #5 clk = 0;
        end
        $display("wrong %0d, last sums %0d", wrong, sums_want);
        $finish;
    end
endmodule
"""
VERILOG = ELEMENT + ROW + ARRAY
RTL = Rtl(VERILOG, "array")


@pytest.fixture(scope="module")
def array(nangate, cache):
    return synthesize_by_module(RTL, nangate, 1e9, cache, LIMITS)


def test_rows_and_the_elements_in_them_are_mapped_once_each(array):
    kept = {module.module: module for module in array.kept}
    assert {name: module.instances for name, module in kept.items()} == {"row": 4, "element": 17}
    assert kept["row"].cells == 0  # All of its logic is its elements'.
    assert kept["element"].cells > 100


def test_mapped_array_computes_what_the_rtl_does(array, nangate, tmp_path):
    models = Path(nangate.liberties[0]).with_name("stdcells.v").read_text()
    netlist = replace(array.netlist, top="mapped").to_verilog()
    (tmp_path / "all.v").write_text("\n".join([VERILOG, netlist, models, BENCH]))
    built = run(["iverilog", "-g2005", "-gno-specify", "-s", "bench", "-o", "bench.vvp", "all.v"], "", LIMITS, tmp_path)
    assert built.exit_code == 0, built.output
    printed = run(["vvp", "-n", "bench.vvp"], "", LIMITS, tmp_path).output
    assert "wrong 0, last sums" in printed
    assert "last sums 0" not in printed


def test_every_net_has_one_driver_and_every_port_bit_its_own_net(array, nangate):
    connect(array.netlist, nangate)  # Checks the drivers, and the clocks of flip-flops.
    nets = [net for port in array.netlist.ports for net in port.nets]
    assert len(set(nets)) == len(nets)
    assert [(port.name, port.bits[0], len(port.bits)) for port in array.netlist.ports] == [
        ("clk", "clk", 1), ("rst", "rst", 1), ("en", "en", 1), ("a", "a[0]", 16), ("b", "b[0]", 16),
        ("b_out", "b_out[0]", 16), ("sums", "sums[0]", 32), ("last", "last[0]", 8),
        ("one", "one", 1), ("zero", "zero", 1), ("odd", "odd", 1),
    ]  # fmt: skip
    names = [cell.name for cell in array.netlist.instances]
    assert len(set(names)) == len(names)


def test_flip_flops_know_their_module_and_register(array):
    flops = [cell for cell in array.netlist.instances if cell.cell.startswith("DFF")]
    assert {cell.module for cell in flops} == {"element"}
    aliases = {cell.alias for cell in flops}
    assert len(aliases) == len(flops)
    assert "rows[2].u_row.place[1].u_element.sum[7]" in aliases or "rows[2].u_row.place[1].u_element.same[7]" in aliases


def test_what_nobody_reads_is_left_out(array, nangate):
    library = nangate.library.cells
    pins = [
        (library[cell.cell].pins[pin].direction, net)
        for cell in array.netlist.instances
        for pin, net in cell.pins.items()
    ]
    read = {net for port in array.netlist.ports if not port.is_input for net in port.nets}
    read |= {net for direction, net in pins if direction == "input"}
    assert {net for direction, net in pins if direction == "output"} <= read
    flops = Counter(cell.alias.rsplit(".", 1)[0] for cell in array.netlist.instances if cell.cell.startswith("DFF"))
    assert flops["u_alone"] == 1  # Its `odd`, which the others lack; its sum and its `a` go nowhere but to themselves.
    assert flops["rows[0].u_row.place[0].u_element"] == 8 + 4
    assert flops["rows[0].u_row.place[3].u_element"] == 8  # No neighbor takes its `a`.


def test_equal_modules_come_from_the_cache_for_other_designs(nangate, cache, array, monkeypatch):
    again = synthesize_by_module(RTL, nangate, 1e9, cache, LIMITS)
    assert (again.cached, again.netlist, again.kept) == (True, array.netlist, array.kept)
    scripts = []
    monkeypatch.setattr(
        "accel_core.physical.by_module.run_yosys",
        lambda script, *rest: scripts.append(script[0]) or run_yosys(script, *rest),
    )
    monkeypatch.setattr("accel_core.physical.synthesis.run_yosys", lambda *_: pytest.fail("logic was mapped again"))
    other = Rtl("// Everything is somewhere else.\n" + ARRAY.replace("M = 4", "M = 5") + ELEMENT + ROW, "array")
    assert not synthesize_by_module(other, nangate, 1e9, cache, LIMITS).cached
    assert len(scripts) == 2  # Elaboration, and the wires of the new top.


def test_without_repeated_modules_the_netlist_is_a_whole_one(nangate, array):
    alone = Rtl(ELEMENT, "element")
    found = synthesize_by_module(alone, nangate, 1e9, None, LIMITS)
    assert found.kept == ()
    flat = synthesize(alone, nangate, 1e9, None, LIMITS).netlist
    assert Counter(cell.cell for cell in found.netlist.instances) == Counter(cell.cell for cell in flat.instances)


def test_modules_whose_outputs_come_from_logic_must_be_larger_to_be_kept(nangate, cache):
    verilog = """
    module square (input [3:0] x, output [7:0] y); assign y = x * x + 3; endmodule
    module top (input clk, input [15:0] x, output reg [31:0] y);
      wire [31:0] z;
      square s0 (x[3:0], z[7:0]), s1 (x[7:4], z[15:8]), s2 (x[11:8], z[23:16]), s3 (x[15:12], z[31:24]);
      always @(posedge clk) y <= z;
    endmodule
    """
    kept = [
        synthesize_by_module(Rtl(verilog, "top"), nangate, 1e9, cache, LIMITS, rule=rule).kept
        for rule in (KeepRule(), KeepRule(logic_cells=50.0), KeepRule(5, logic_cells=50.0), KeepRule(4, 10.0, 1e4))
    ]
    assert [[module.module for module in modules] for modules in kept] == [[], ["square"], [], []]


def test_a_small_array_is_formally_equal_to_its_flat_netlist(nangate, cache, tmp_path):
    small = Rtl(VERILOG.replace("W = 4", "W = 2").replace("N = 4", "N = 2").replace("M = 4", "M = 2"), "array")
    rule = KeepRule(cells=10.0)
    found = synthesize_by_module(small, nangate, 1e9, cache, LIMITS, rule=rule)
    assert {module.module for module in found.kept} == {"element"}
    flat = synthesize(small, nangate, 1e9, cache, LIMITS).netlist
    models = Path(nangate.liberties[0]).read_text()
    files = {
        "gold.v": replace(flat, top="gold").to_verilog(),
        "gate.v": replace(found.netlist, top="gate").to_verilog(),
        "cells.lib": models,
    }
    script = [
        "read_liberty -ignore_miss_func cells.lib", "read_verilog gold.v gate.v", "hierarchy", "proc", "flatten",
        "opt_clean", "miter -equiv -flatten -make_outputs gold gate miter", "hierarchy -top miter",
        "sat -verify -prove trigger 0 -set-init-zero -seq 1 -tempinduct -maxsteps 12 miter", "tee -o proven stat",
    ]  # fmt: skip
    run_yosys(script, files, ["proven"], LIMITS, True)


@pytest.mark.parametrize(
    ("verilog", "message"),
    [
        (ELEMENT + "module array (input clk, inout d); endmodule", "port d is inout; allowed: input, output"),
        (VERILOG.replace("posedge clk) begin\n        odd", "*) if (en) begin\n        odd"), "infers a latch"),
    ],
)
def test_unbuildable_rtl_is_a_failure_with_a_reason(nangate, cache, verilog, message):
    with pytest.raises(ToolFailedError, match=message):
        synthesize_by_module(Rtl(verilog, "array"), nangate, 1e9, cache, LIMITS)


def test_names_of_the_rtl_may_be_like_those_that_are_made_up(nangate, cache):
    ports = [f"n{index}" for index in range(8)]
    outputs = ", ".join(f"output reg {name}" for name in ports)
    assigned = "".join(f"{name} <= a[{index}] ^ {ports[index - 1]}; " for index, name in enumerate(ports))
    verilog = f"module top (input clk, input [7:0] a, {outputs}); always @(posedge clk) begin {assigned}end endmodule"
    netlist = synthesize_by_module(Rtl(verilog, "top"), nangate, 1e9, cache, LIMITS).netlist
    assert sum(nangate.library.cells[cell.cell].is_flop for cell in netlist.instances) == 8


def test_constants_need_no_tie_cells_where_a_kit_has_none(tiny):
    untied = replace(tiny, tie_low=None, tie_high=None)
    inner = PieceNetlist({"a": ("input", [2]), "z": ("output", [3])}, [("INV", {"A": 2, "Z": 3}, "", "")], [])
    outer = PieceNetlist(
        {"clk": ("input", [2]), "y": ("output", [3]), "x": ("output", [4])},
        [],
        [Child("u", "inner", {"a": ["1"], "z": [3]}), Child("v", "inner", {"a": [3], "z": [4]})],
    )
    found = assemble({"inner": inner, "outer": outer}, "outer", "top", "clk", untied)
    assert [(dict(cell.pins), dict(cell.tied)) for cell in found.instances] == [
        ({"Z": 1}, {"A": "1"}),
        ({"A": 1, "Z": 2}, {}),
    ]
    tied = assemble({"inner": inner, "outer": outer}, "outer", "top", "clk", tiny)
    assert [cell.cell for cell in tied.instances] == ["INV", "INV", "HIGH"]


def test_the_flow_reports_which_modules_were_kept(nangate, cache, tmp_path):
    settings = FlowSettings(1e9, 0.7, hierarchy="by_module")
    implement(Rtl(ELEMENT + ROW, "row"), nangate, settings, tmp_path, cache)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["settings"]["hierarchy"] == "by_module"
    assert {module["module"]: module["instances"] for module in report["kept_modules"]} == {"element": 4}
    assert {share["module"] for share in report["modules"]} >= {"element"}
