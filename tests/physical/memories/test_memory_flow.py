"""Designs with memories through the whole flow: legal places, files, timing against OpenSTA, counted accesses."""

import json
import re
import shutil
import subprocess
from dataclasses import asdict, replace
from itertools import combinations

import pytest

from accel_core.cli import main
from accel_core.errors import InfeasibleError, InvalidInputError, ToolFailedError
from accel_core.physical import FlowSettings, implement
from accel_core.physical.floorplan import make_floorplan
from accel_core.physical.lef import Macro
from accel_core.physical.macros import oriented, row_gaps
from accel_core.physical.memories import access_shares, compile_memory
from accel_core.physical.netlist import Instance, Netlist
from accel_core.physical.placement import refine
from accel_core.physical.synthesis import synthesize
from accel_core.physical.technology import load_technology
from accel_core.physical.technology_files import TECHNOLOGIES
from accel_core.process import Limits
from accel_core.rtl import MemorySize, Rtl, Testbench
from tests.physical.conftest import netlist_of
from tests.physical.kits import ihp, needs_kits
from tests.physical.legality import placed_cells, violations

VERILOG = """
module store (input clk, input write, input [5:0] to, input [15:0] data, input [4:0] from, output [31:0] out);
  reg write_q; reg [5:0] to_q; reg [15:0] data_q; reg [4:0] from_q;
  always @(posedge clk) begin write_q <= write; to_q <= to; data_q <= data; from_q <= from; end
  sram_64x32_1rw one (.clk(clk), .ce_in(1'b1), .we_in(write_q), .addr_in(to_q), .w_mask_in({32{1'b1}}),
                      .wd_in({data_q, data_q}), .rd_out(out));
endmodule
module pairs (input clk, input write, input [4:0] to, input [15:0] data, input [4:0] from, output [15:0] out);
  wire [15:0] even, odd;
  sram_32x16_1r1w even_half (.clk(clk), .we_in(write & ~to[0]), .w_addr_in(to), .re_in(1'b1), .r_addr_in(from),
                             .w_mask_in(16'hffff), .wd_in(data), .rd_out(even));
  sram_32x16_1r1w odd_half (.clk(clk), .we_in(write & to[0]), .w_addr_in(to), .re_in(1'b1), .r_addr_in(from),
                            .w_mask_in(16'hffff), .wd_in(data), .rd_out(odd));
  assign out = even ^ odd;
endmodule
module top (input clk, input write, input [5:0] to, input [15:0] data, input [4:0] from, output reg [31:0] sum);
  wire [31:0] wide; wire [15:0] a, b;
  reg write_q; reg [5:0] to_q; reg [15:0] data_q; reg [4:0] from_q;
  always @(posedge clk) begin write_q <= write; to_q <= to; data_q <= data; from_q <= from; end
  store u_store (.clk(clk), .write(write_q), .to(to_q), .data(data_q), .from(from_q), .out(wide));
  pairs u_left (.clk(clk), .write(write_q), .to(to_q[4:0]), .data(data_q), .from(from_q), .out(a));
  pairs u_right (.clk(clk), .write(~write_q), .to(to_q[5:1]), .data(~data_q), .from(from_q), .out(b));
  always @(posedge clk) sum <= sum + wide + a * b;
endmodule
"""
RTL = Rtl(VERILOG, "top", memories=(MemorySize(64, 32), MemorySize(32, 16, "1R1W")))
SETTINGS = FlowSettings(6e8, 0.65)
PATHS = ["u_left.even_half", "u_left.odd_half", "u_right.even_half", "u_right.odd_half", "u_store.one"]


@pytest.fixture(scope="module")
def run(nangate, cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("memories")
    return implement(RTL, nangate, SETTINGS, folder, cache), folder


@pytest.fixture(scope="module")
def netlist(with_srams, cache):
    return synthesize(RTL, with_srams, 6e8, cache, Limits(60)).netlist


def test_memories_stay_memories(run):
    metrics, folder = run
    report = json.loads((folder / "report.json").read_text())
    assert sorted(row["instance"] for row in report["macros"]) == PATHS
    assert {row["module"] for row in report["macros"]} == {"store", "pairs"}
    macro = report["groups"]["macro"]
    assert macro["cells"] == 5
    assert macro["cell_area_mm2"] == pytest.approx(sum(row["area_mm2"] for row in report["macros"]))
    assert macro["power_internal_w"] == pytest.approx(sum(row["power_internal_w"] for row in report["macros"]))
    assert sum(group["power_w"] for group in report["groups"].values()) == pytest.approx(metrics["power_w"])
    assert sum(group["cell_area_mm2"] for group in report["groups"].values()) == pytest.approx(metrics["cell_area_mm2"])
    assert report["floorplan"]["utilization"] == pytest.approx(0.65, abs=0.04)
    assert metrics["tool_versions"]["technology"].startswith("nangate45 ")


def blocks_of(folder):
    """Left, lower, right and upper edge of every memory in 1/1000 um, from the DEF and LEF files alone."""
    sizes = dict(re.findall(r"MACRO (\S+)\n(?:.*\n)*?  SIZE (.*) ;", (folder / "memories.lef").read_text()))
    found = {}
    for name, kind, x, y in re.findall(
        r"^- (\S+) (\S+) \+ FIXED \( (\d+) (\d+) \)", (folder / "placed.def").read_text(), re.MULTILINE
    ):
        wide, high = (round(float(side) * 1000) for side in sizes[kind].split(" BY "))
        found[name] = (int(x), int(y), int(x) + wide, int(y) + high)
    return found


def apart(one, other, halo=0):
    return (
        one[2] + halo <= other[0] or other[2] + halo <= one[0] or one[3] + halo <= other[1] or other[3] + halo <= one[1]
    )


def test_places_are_legal(run, nangate):
    _, folder = run
    text = (folder / "placed.def").read_text()
    blocks = blocks_of(folder)
    width, height = map(int, re.search(r"DIEAREA \( 0 0 \) \( (\d+) (\d+) \)", text).groups())
    assert len(blocks) == 5
    for block in blocks.values():
        assert min(block[0], block[1], width - block[2], height - block[3]) >= 0
    assert all(apart(one, other, 4000) for one, other in combinations(blocks.values(), 2))
    # This kit's LEF has no rails, so all cells are taken to stand on ground.
    grounded = {name: replace(macro, rail="ground") for name, macro in nangate.lef.macros.items()}
    assert violations(text, replace(nangate, lef=replace(nangate.lef, macros=grounded))) == []
    for name, kind, x, y, _ in placed_cells(text):
        outline = nangate.lef.macros[kind]
        cell = (x, y, x + round(outline.width_um * 1000), y + round(outline.height_um * 1000))
        assert all(apart(cell, block, 2000) for block in blocks.values()), name


def test_rows_end_at_memories(run):
    _, folder = run
    text = (folder / "placed.def").read_text()
    rows = re.findall(r"^ROW (\S+) \S+ (\d+) (\d+) \w+ DO (\d+) BY 1 STEP (\d+) 0 ;", text, re.MULTILINE)
    assert len({name for name, *_ in rows}) == len(rows)
    parts = [(int(x), int(y), int(x) + int(count) * int(step), int(y) + 1400) for _, x, y, count, step in rows]
    assert all(apart(part, block, 2000) for part in parts for block in blocks_of(folder).values())
    for name, _, x, y, _ in placed_cells(text):
        assert any(part[0] <= x < part[2] and part[1] == y for part in parts), name


def test_pins_face_the_cells(run, with_srams, netlist):
    plan = make_floorplan(netlist, with_srams, 0.65)
    kinds = {cell.name: cell.cell for cell in netlist.instances}
    for place in plan.macros:
        macro = with_srams.lef.macros[kinds[place.instance]]
        x, _ = oriented(macro.pins["clk"], macro, place.orientation)
        # Memories stand at the left and the right edge, their pins on the inner side.
        is_left = place.x / 1000 + macro.width_um / 2 < plan.width_um / 2
        assert (x > macro.width_um / 2) == is_left


def test_the_same_seed_gives_the_same_places(with_srams, netlist):
    plan = make_floorplan(netlist, with_srams, 0.65, seed=3)
    assert plan == make_floorplan(netlist, with_srams, 0.65, seed=3)
    assert plan.free_um2 < plan.area_um2
    assert row_gaps(plan.macros, 0, 1400, round(plan.width_um * 1000)) != [(0, round(plan.width_um * 1000))]


def test_a_wider_halo_is_kept(with_srams, netlist):
    wide = replace(with_srams, macro_halo_um=(6.0, 3.0))
    plan = make_floorplan(netlist, wide, 0.65)
    for one in plan.macros:
        assert one.x - one.kept[0] >= 6000
        assert one.y - one.kept[1] >= 3000
    for one, other in combinations(plan.macros, 2):
        assert apart(one.kept, other.kept)


@pytest.mark.parametrize("halo", ["-1", "[1, 2, 3]", "wide", ".inf"])
def test_a_halo_that_is_none_is_refused(tiny_folder, halo):
    path = tiny_folder / "halo.yaml"
    path.write_text((tiny_folder / "tiny.yaml").read_text() + f"macro_halo_um: {halo}\n")
    with pytest.raises(InvalidInputError, match=r"halo\.yaml"):
        load_technology(path)


def test_a_refined_placement_leaves_memories_where_they_are(with_srams, netlist):
    plan = make_floorplan(netlist, with_srams, 0.5)
    middle = [[round(side * 500)] * len(netlist.instances) for side in (plan.width_um, plan.height_um)]
    found = refine(netlist, with_srams, plan, 0, *middle)
    names = [cell.name for cell in netlist.instances]
    for place in plan.macros:
        index = names.index(place.instance)
        assert (found.x[index], found.y[index]) == (place.x, place.y)


def test_memories_that_do_not_fit_are_infeasible(with_srams, netlist):
    name = "sram_64x32_1rw"
    macro = with_srams.lef.macros[name]
    slender = Macro(1.0, 4000.0, "", dict.fromkeys(macro.pins, (0.5, 0.5)))
    technology = replace(with_srams, lef=replace(with_srams.lef, macros={**with_srams.lef.macros, name: slender}))
    with pytest.raises(InfeasibleError, match=r"floorplan: the memories do not fit: 5, the largest .* x 400. um"):
        make_floorplan(netlist, technology, 0.6)


def test_a_memory_needs_all_its_inputs(nangate, cache, tmp_path):
    broken = VERILOG.replace(".we_in(write_q), ", "")
    with pytest.raises(ToolFailedError, match=r"synthesis: pin we_in of u_store\.one is not connected"):
        implement(replace(RTL, verilog=broken), nangate, SETTINGS, tmp_path, cache)


def test_a_memory_that_cannot_be_made_is_infeasible(nangate, cache, tmp_path):
    rtl = replace(RTL, memories=(*RTL.memories, MemorySize(65_536, 32)))
    with pytest.raises(InfeasibleError, match=r"memories: memory sram_65536x32_1rw, words: is 65536; allowed: 8 to"):
        implement(rtl, nangate, SETTINGS, tmp_path, cache)
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["status"], report["stage"]) == ("infeasible", "memories")


def test_netlists_survive_the_cache(netlist):
    again = Netlist.from_plain(json.loads(json.dumps(netlist.to_plain())))
    assert again == netlist
    assert isinstance(again.instances[0], Instance)
    rtl = replace(RTL, accesses={"u_store.one": {"ce_in": 0.5}})
    plain = {**asdict(rtl), "memories": [asdict(size) for size in rtl.memories]}
    assert Rtl.from_plain(json.loads(json.dumps(plain))) == rtl


def test_the_timing_command_has_power_of_memories(run, cache, capsys, tmp_path):
    _, folder = run
    shipped = (TECHNOLOGIES / "nangate45.yaml").read_text()
    own = re.sub("liberty: stdcells.lib", f"liberty: [stdcells.lib, {folder / 'memories.lib'}]", shipped)
    own = own.replace("stdcells.lef]", f"stdcells.lef, {folder / 'memories.lef'}]")
    (tmp_path / "own.yaml").write_text(own.replace("name: nangate45", "name: with-memories"))
    names = (("netlist", "netlist.v"), ("sdc", "constraints.sdc"), ("spef", "parasitics.spef"))
    files = [f"--{option}={folder / name}" for option, name in names]
    assert main(["timing", *files, "--technology", str(tmp_path / "own.yaml"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    report = json.loads((folder / "report.json").read_text())
    for part in ("internal", "switching", "leakage"):
        expected = report["groups"]["macro"][f"power_{part}_w"]
        assert found["macro"][f"power_{part}_w"] == pytest.approx(expected, rel=1e-3)
    assert found["worst_slack_s"] == pytest.approx(report["metrics"]["worst_slack_s"], abs=1e-12)


def test_memories_of_a_module_stand_together(with_srams):
    memory = "sram_64x32_1rw"
    pins = with_srams.library.cells[memory].pins
    cells = []
    for index in range(12):
        own = {pin: f"q{index}_{bit}" for bit, pin in enumerate(pins) if pins[pin].direction == "output"}
        cells.append((memory, {pin: own.get(pin, "clk" if pin == "clk" else f"in{index % 2}") for pin in pins}))
    plain = netlist_of(cells, ["clk", "in0", "in1"], [])
    modules = ["even", "odd"] * 6
    instances = [cell._replace(module=name) for cell, name in zip(plain.instances, modules, strict=True)]
    plan = make_floorplan(replace(plain, instances=tuple(instances)), with_srams, 0.5)
    module_of = dict(zip((cell.name for cell in instances), modules, strict=True))
    near, far = [], []
    for one, other in combinations(plan.macros, 2):
        distance = abs(one.x - other.x) + abs(one.y - other.y)
        (near if module_of[one.instance] == module_of[other.instance] else far).append(distance)
    assert sum(near) / len(near) < 0.8 * sum(far) / len(far)


@pytest.mark.tools
@pytest.mark.skipif(shutil.which("sta") is None, reason="OpenSTA (Debian package opensta) is not installed")
def test_slack_is_that_of_opensta(run):
    metrics, folder = run
    done = subprocess.run(["sta", "-exit", "check.tcl"], cwd=folder, capture_output=True, text=True, check=True)
    text = done.stdout + done.stderr
    assert not re.search(r"error|warning|not found|not connected|syntax", text, re.IGNORECASE), text
    slack = float(re.search(r"^worst slack (\S+)$", text, re.MULTILINE)[1]) * 1e-9
    assert metrics["worst_slack_s"] == pytest.approx(slack, abs=0.005 / 6e8)
    path = json.loads((folder / "report.json").read_text())["timing"]["critical_path"]["steps"]
    assert path[0]["cell"].startswith("sram_"), "the worst path should begin at a memory, or this compares nothing new"


@pytest.mark.slow
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_memories_stay_as_they_are_through_routing(run, nangate, cache, tmp_path):
    implement(RTL, nangate, replace(SETTINGS, through="routing"), tmp_path, cache)
    test_places_are_legal((None, tmp_path), nangate)
    test_rows_end_at_memories((None, tmp_path))
    reports = [json.loads((folder / "report.json").read_text()) for folder in (run[1], tmp_path)]
    before, after = ({row["instance"]: row for row in report["macros"]} for report in reports)
    assert before.keys() == after.keys()
    assert all(before[path]["cell"] == after[path]["cell"] for path in PATHS)
    assert reports[1]["timing"]["clock"]["sinks"] == reports[1]["groups"]["sequential"]["cells"] + len(PATHS)
    clocks = re.findall(r"^  sram_\w+ \w+ \(\.clk\((\w+)\)", (tmp_path / "netlist.v").read_text(), re.MULTILINE)
    assert len(clocks) == len(PATHS)
    assert "clk" not in clocks, "memories hang on the clock tree, too"
    if shutil.which("sta"):
        test_slack_is_that_of_opensta(({"worst_slack_s": reports[1]["metrics"]["worst_slack_s"]}, tmp_path))


def test_accesses_of_the_design_set_what_its_memories_draw(nangate, cache, tmp_path):
    rtl = replace(RTL, accesses={"u_store.one": access_shares("1RW", 0.25, 0.5)})
    implement(rtl, nangate, SETTINGS, tmp_path, cache)
    report = json.loads((tmp_path / "report.json").read_text())
    drawn = {row["instance"]: row["power_internal_w"] for row in report["macros"]}
    assert drawn["u_store.one"] == pytest.approx((0.25 * 752.99e-15 + 0.5 * 795.762e-15) * 6e8, rel=1e-6)


BENCH = """
module bench;
  reg clk = 0, working = 0, write = 0; reg [5:0] to = 0; wire [31:0] sum;
  integer step = 0;
  top dut (.clk(clk), .write(write), .to(to), .data(16'd7), .from(to[4:0]), .sum(sum));
  always #5 clk = ~clk;
  // One write in four cycles, each to another word; every write of the right pair follows from its absence.
  always @(negedge clk) begin step = step + 1; write = step % 4 == 0; to = to + 1; end
  initial begin repeat (8) @(posedge clk); #1 working = 1; repeat (64) @(posedge clk); #1 $finish; end
endmodule
"""


@pytest.mark.tools
@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
def test_simulated_accesses_are_counted(nangate, cache, tmp_path):
    rtl = replace(RTL, testbench=Testbench(BENCH))
    implement(rtl, nangate, replace(SETTINGS, activity_source="simulated"), tmp_path, cache)
    report = json.loads((tmp_path / "report.json").read_text())
    drawn = {row["instance"]: row["power_internal_w"] for row in report["macros"]}
    # By duties alone, a write is as likely; the enable is constant, so both agree for this one.
    assert drawn["u_store.one"] == pytest.approx((0.75 * 752.99e-15 + 0.25 * 795.762e-15) * 6e8, rel=1e-6)
    # Writes come with every fourth address, which is even, so the odd half is only read. Independent duties of the
    # write and the address would give each half one write in eight cycles.
    even, odd = drawn["u_left.even_half"], drawn["u_left.odd_half"]
    assert even != odd
    assert (even - odd if even > odd else odd - even) == pytest.approx(0.25 * _write_energy_j() * 6e8, rel=1e-6)


def _write_energy_j():

    return compile_memory(32, 16, "1R1W").write_energy_j


IHP_VERILOG = """
module top (input clk, input en, input we, input [5:0] a, input [63:0] d, output reg [63:0] q, output reg [69:0] p);
  reg en_q, we_q; reg [5:0] a_q; reg [63:0] d_q; wire [63:0] out; wire [69:0] pair;
  always @(posedge clk) begin en_q <= en; we_q <= we; a_q <= a; d_q <= d; q <= out ^ d_q; p <= pair; end
  RM_IHPSG13_1P_64x64_c2_bm_bist u_mem (
    .A_CLK(clk), .A_MEN(en_q), .A_WEN(we_q), .A_REN(~we_q), .A_ADDR(a_q), .A_BM({64{1'b1}}), .A_DIN(d_q),
    .A_DOUT(out), .A_DLY(1'b1), .A_BIST_EN(1'b0), .A_BIST_CLK(1'b0), .A_BIST_REN(1'b0), .A_BIST_WEN(1'b0),
    .A_BIST_MEN(1'b0), .A_BIST_ADDR(6'b0), .A_BIST_DIN(64'b0), .A_BIST_BM(64'b0));
  sram_48x70_1rw u_pair (.clk(clk), .ce_in(en_q), .we_in(we_q), .addr_in(a_q), .w_mask_in({70{1'b1}}),
    .wd_in({d_q[5:0], d_q}), .rd_out(pair));
endmodule
"""
IHP_BENCH = """
module bench;
  reg clk = 0, working = 0, en = 0, we = 0; reg [5:0] a = 0; reg [63:0] d = 64'd5; integer step = 0;
  wire [63:0] q; wire [69:0] p;
  top dut (.clk(clk), .en(en), .we(we), .a(a), .d(d), .q(q), .p(p));
  always #5 clk = ~clk;
  always @(negedge clk) begin
    step = step + 1; en = step % 4 != 0; we = step % 4 == 1;
    if (step > 10 && p !== {d[5:0], d}) begin $display("wrong data"); $finish(1); end
  end
  initial begin repeat (12) @(posedge clk); #1 working = 1; repeat (64) @(posedge clk); #1 $finish; end
endmodule
"""


@needs_kits
@pytest.mark.slow
def test_memories_of_a_kit_are_used(cache, tmp_path):
    name = "RM_IHPSG13_1P_64x64_c2_bm_bist"
    ihp(tmp_path / "kit")
    (tmp_path / "ihp.yaml").write_text(
        "name: ihp\nplatform: kit\nvariables:\n"
        f"  ADDITIONAL_TYP_LIBS: lib/{name}_typ_1p20V_25C.lib\n  ADDITIONAL_LEFS: lef/{name}.lef\n"
        "  MACRO_PLACE_HALO: 10 5\n"
    )
    technology = load_technology(tmp_path / "ihp.yaml", cache)
    assert technology.macro_halo_um == (10.0, 5.0)
    write, read = "A_MEN & A_WEN & !A_REN", "A_MEN & !A_WEN & A_REN"
    stated = {"u_mem": {write: 0.25, read: 0.5, "!A_MEN & !A_WEN & !A_REN": 0.25}, "u_pair": {"ce_in & we_in": 1.0}}
    rtl = Rtl(IHP_VERILOG, "top", testbench=Testbench(IHP_BENCH), memories=(MemorySize(48, 70),), accesses=stated)
    metrics = implement(rtl, technology, FlowSettings(1.2e8, 0.6, activity=0.0), tmp_path / "run", cache)
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    drawn = {row["instance"]: row["power_internal_w"] for row in report["macros"]}
    assert {row["cell"] for row in report["macros"]} == {name}
    assert set(drawn) == {"u_mem", "u_pair.part_0", "u_pair.part_1"}
    # 50.4983 and 39.0507 pJ by the library's groups for these states; nothing else toggles.
    assert drawn["u_mem"] == pytest.approx((0.25 * 50.4983e-12 + 0.5 * 39.0507e-12) * 1.2e8, rel=1e-4)
    assert drawn["u_pair.part_0"] == drawn["u_pair.part_1"] == pytest.approx(50.4983e-12 * 1.2e8, rel=1e-4)
    # The data come 3.1 ns after the clock edge.
    assert 2e-9 < 1 / metrics["f_effective_hz"] < 6e-9
    # The testbench writes in one cycle of four, reads in two and rests in one, with its write enable low.
    counted = replace(rtl, accesses={})
    implement(counted, technology, FlowSettings(1.2e8, 0.6, activity_source="simulated"), tmp_path / "run", cache)
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    resting = 0.2514e-12
    energy_j = 0.25 * 50.4983e-12 + 0.5 * 39.0507e-12 + 0.25 * resting
    part = next(row for row in report["macros"] if row["instance"] == "u_pair.part_1")
    # Pins that toggle add a little to what the clock edges cost.
    assert energy_j * 1.2e8 < part["power_internal_w"] < 1.03 * energy_j * 1.2e8
