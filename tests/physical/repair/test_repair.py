"""Repair as a whole: limits kept, the clock met, the logic left alone."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from accel_core.errors import InfeasibleError
from accel_core.physical.activity import global_activity
from accel_core.physical.graph import make_graph
from accel_core.physical.parasitics import extract
from accel_core.physical.power import estimate_power
from accel_core.physical.repair import Effort, repair
from accel_core.physical.repair.edits import Edits
from accel_core.physical.repair.fanout import grow_buffers, heavy_nets
from accel_core.physical.repair.limits import Violations, count_violations, violating_nets
from accel_core.physical.repair.site import Site
from accel_core.physical.repair.sizing import Trade, first_prices, size_cells
from accel_core.physical.repair.strengths import measure_strengths
from accel_core.physical.technology import load_technology
from accel_core.physical.timing import Constraints, analyze
from tests.physical.conftest import YAML, netlist_of
from tests.physical.repair.conftest import sized_lef, sized_liberty
from tests.physical.repair.designs import logic_of, spread, timed

PS = 1e-12


def chain(loads):
    """A port, an inverter, another that drives as many inverters as asked for, and what these drive: ports."""
    outputs = [f"y{index}" for index in range(loads)]
    cells = [("INV1", {"A": "a", "Z": "m"}), ("INV1", {"A": "m", "Z": "n"})]
    cells += [("INV1", {"A": "n", "Z": output}) for output in outputs]
    return netlist_of(cells, ["clk", "a"], outputs)


def sizes_at(sized, period_s, loads=1):
    timer, _ = timed(chain(loads), sized, Constraints(period_s))
    trade = Trade(period_s, timer.area_um2, np.inf, Effort())
    size_cells(timer, trade, first_prices(timer, trade))
    return timer, [timer.families.cells[kind].name for kind in timer.state.size.tolist()]


@pytest.mark.slow
def test_slow_clock_takes_the_smallest_cells(sized):
    timer, cells = sizes_at(sized, 1e-9)
    assert cells == ["INV1"] * 3
    assert timer.worst_slack_s > 0.0


def test_sizes_that_just_meet_the_clock(sized):
    # a -> m -> n -> y (4 fF). All INV1: 14 + 14 + 26 = 54 ps. The last one as INV2: 14 + 18 + 18 = 50 ps for 1 um2.
    # The two last ones as INV2: 18 + 14 + 18 = 50 ps for 2 um2. As INV1, INV2, INV4: 18 + 18 + 14 = 50 ps.
    timer, cells = sizes_at(sized, 51 * PS)
    assert cells == ["INV1", "INV1", "INV2"]
    assert timer.worst_slack_s == pytest.approx(1 * PS)
    assert sizes_at(sized, 55 * PS)[1] == ["INV1"] * 3


def test_driver_grows_with_its_load(sized):
    # 8 loads: the inverter before them takes 10 + 4 * 8 = 42 ps as INV1, 10 + 1 * 8 = 18 ps as INV4.
    # In all as INV1, INV4: 26 + 18 + 26; the first as INV4 costs nothing before it: 14 + 18 + 26.
    timer, cells = sizes_at(sized, 60 * PS, 8)
    assert cells[:2] == ["INV4", "INV4"]
    assert timer.worst_slack_s == pytest.approx(2 * PS)


def test_limits_are_counted(sized):
    # 40 loads of 1 fF on an INV1 that may drive 30 fF; its transition is 10 + 4 * 40 = 170 ps of 200 ps allowed.
    timer, _ = timed(chain(40), sized, Constraints(1e-9))
    assert count_violations(timer) == Violations(capacitance=1, transition=0, fanout=0)
    assert [timer.graph.netlist.nets[net] for net in violating_nets(timer)] == ["n"]
    # 60 loads: 10 + 4 * 60 = 250 ps at the driver and at each of its sinks.
    timer, _ = timed(chain(60), sized, Constraints(1e-9))
    assert count_violations(timer) == Violations(capacitance=1, transition=61, fanout=0)


@pytest.mark.parametrize("from_port", [False, True])
def test_tree_on_a_net_of_many_sinks(sized, from_port):
    outputs = [f"y{index}" for index in range(300)]
    source = [] if from_port else [("INV1", {"A": "a", "Z": "n"})]
    cells = [*source, *(("INV1", {"A": "a" if from_port else "n", "Z": output}) for output in outputs)]
    netlist = netlist_of(cells, ["clk", "a"], outputs)
    plan, placement = spread(netlist, sized, 0.02)
    site = Site(sized, plan, Constraints(1e-9))
    timer = site.timer(netlist, placement)
    strengths = measure_strengths(timer.families, sized)
    (net,) = heavy_nets(timer, strengths, 3.0).tolist()
    edits = Edits(netlist, placement)
    assert grow_buffers(timer, edits, strengths, sized, net) > 1
    after, places = site.wanted(edits, placement)
    grown = site.timer(after, places)
    assert not count_violations(grown).total
    assert len(heavy_nets(grown, strengths, 3.0)) == 0
    assert logic_of(after, sized) == logic_of(netlist, sized)


def test_no_output_drives_more_pins_than_the_library_allows(tmp_path):
    text = sized_liberty().replace("default_max_transition", "default_max_fanout : 8; default_max_transition")
    (tmp_path / "tiny.lib").write_text(text)
    (tmp_path / "tiny.lef").write_text(sized_lef())
    (tmp_path / "sized.yaml").write_text(YAML.replace("BUF,", "BUF1,"))
    technology = load_technology(tmp_path / "sized.yaml")
    netlist = chain(70)
    plan, placement = spread(netlist, technology)
    site = Site(technology, plan, Constraints(1e-9))
    timer = site.timer(netlist, placement)
    assert count_violations(timer).fanout == 1
    strengths = measure_strengths(timer.families, technology)
    edits = Edits(netlist, placement)
    # 70 sinks are 9 groups of 8 at most, and these are 2.
    for net in heavy_nets(timer, strengths, 3.0).tolist():
        assert grow_buffers(timer, edits, strengths, technology, net) >= 9 + 2
    after, places = site.wanted(edits, placement)
    assert count_violations(site.timer(after, places)).fanout == 0
    assert logic_of(after, technology) == logic_of(netlist, technology)


def repaired(busy, nangate, period_s, **effort):
    netlist, plan, placement = busy
    constraints = Constraints(period_s, 0.2 * period_s, 0.2 * period_s)
    result = repair(netlist, nangate, plan, placement, constraints, 0, effort=Effort(**effort))
    graph = make_graph(result.netlist, nangate, plan, result.placement)
    parasitics = extract(graph, nangate)
    return result, graph, parasitics, analyze(graph, parasitics, nangate, constraints)


def test_repaired_design_meets_its_clock_and_limits(busy, nangate):
    netlist, plan, _ = busy
    result, _, _, timing = repaired(busy, nangate, 0.9e-9)
    record = result.record
    assert record.slack_before_s < 0.0 <= record.slack_after_s
    assert record.slack_after_s == pytest.approx(timing.worst_slack_s, rel=1e-9)
    assert record.after.total == 0
    assert record.buffers_inserted > 0
    assert len(result.netlist.instances) == len(netlist.instances) + record.buffers_inserted - record.buffers_removed
    assert logic_of(result.netlist, nangate) == logic_of(netlist, nangate)
    assert_legal(result.netlist, plan, result.placement, nangate)


def assert_legal(netlist, plan, placement, technology):
    """Every cell on whole sites of a row in the box, and no site taken twice."""
    taken = set()
    site, row = round(plan.site_um * 1000), round(plan.row_um * 1000)
    for cell, x, y in zip(netlist.instances, placement.x.tolist(), placement.y.tolist(), strict=True):
        assert x % site == y % row == 0
        sites = {(y, x // site + part) for part in range(technology.sites_of(cell.cell))}
        assert not sites & taken
        taken |= sites
    columns, rows = zip(*((column, y) for y, column in taken), strict=True)
    assert 0 <= min(columns) <= max(columns) < round(plan.width_um / plan.site_um)
    assert 0 <= min(rows) <= max(rows) < plan.rows * row


@pytest.mark.slow
def test_repair_is_the_same_every_time(busy, nangate):
    one, two = (repaired(busy, nangate, 0.9e-9)[0] for _ in range(2))
    assert one.netlist == two.netlist
    assert one.record == two.record


@pytest.mark.slow
def test_faster_targets_cost_area_and_power(busy, nangate):
    rows = []
    for period in (2e-9, 1e-9, 0.9e-9, 0.75e-9, 0.4e-9):
        result, graph, parasitics, timing = repaired(busy, nangate, period)
        # At one activity a second, so that power compares cells and not clocks.
        activity = global_activity(graph, nangate, 0.1, 1e-9, "true")
        power = estimate_power(graph, parasitics, timing, nangate, activity, "true").total_w
        rows.append((result.record.area_after_um2, power, period - timing.worst_slack_s))
    areas, powers, periods = (np.array(column) for column in zip(*rows, strict=True))
    # Noise of single cells is a hundredth.
    assert (np.diff(areas) > -0.01 * areas[0]).all()
    assert (np.diff(powers) > -0.01 * powers[0]).all()
    assert (np.diff(periods) < 0.01 * periods[0]).all()
    assert areas[-1] > 1.03 * areas[0]
    assert periods[-1] < 0.9 * periods[0]
    netlist = busy[0]
    given = sum(nangate.library.cells[cell.cell].area_um2 for cell in netlist.instances)
    assert areas[0] < given * 1.02


def test_no_room_is_infeasible(busy, nangate):
    netlist, plan, placement = busy
    small = replace(plan, width_um=plan.width_um * 0.45)
    with pytest.raises(InfeasibleError, match="no legal placement"):
        repair(netlist, nangate, small, placement, Constraints(1e-9), 0, effort=Effort(steps=1, rounds=0))


@pytest.mark.slow
@pytest.mark.tools
@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
def test_simulation_is_the_same_before_and_after(busy, nangate, tmp_path):
    from accel_core.physical.cell_models import cell_models
    from accel_core.process import Limits, run

    netlist = busy[0]
    after = repaired(busy, nangate, 0.9e-9)[0].netlist
    kinds = sorted({cell.cell for cell in (*netlist.instances, *after.instances)})
    texts = [
        cell_models(nangate.library, kinds),
        replace(netlist, top="before").to_verilog(),
        replace(after, top="after").to_verilog(),
        _BENCH,
    ]
    (tmp_path / "all.v").write_text("\n".join(texts))
    run(["iverilog", "-g2005", "-o", "play", "all.v"], "x", Limits(60), cwd=tmp_path)
    assert "same 2000" in run(["vvp", "play"], "x", Limits(60), cwd=tmp_path).output


_BENCH = """
module bench;
  reg clk = 0, rst = 1, en = 1; reg [7:0] a, b; integer same = 0, step;
  wire [15:0] y0, y1; wire [63:0] z0, z1; wire t0, t1;
  before one (.clk(clk), .rst(rst), .en(en), .a(a), .b(b), .y(y0), .z(z0), .t(t0));
  after two (.clk(clk), .rst(rst), .en(en), .a(a), .b(b), .y(y1), .z(z1), .t(t1));
  initial begin
    for (step = 0; step < 2000; step = step + 1) begin
      a = $random; b = $random; en = $random; rst = step < 3;
      #5 clk = 1; #5 clk = 0;
      if ({y0, z0, t0} === {y1, z1, t1} && ^{y0, z0, t0} !== 1'bx) same = same + 1;
    end
    $display("same %0d", same);
    $finish;
  end
endmodule
"""
