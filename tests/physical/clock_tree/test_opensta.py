"""Worst slack with a clock tree against Debian's OpenSTA 2.0 on NanGate45, and against our own reading of the files."""

import shutil

import pytest

from accel_core.physical.clock_tree import build_clock_tree, clock_details
from accel_core.physical.export import CHECK, link_libraries, opensta_script, to_sdc
from accel_core.physical.floorplan import make_floorplan
from accel_core.physical.graph import make_graph
from accel_core.physical.parasitics import extract, to_spef
from accel_core.physical.placement import place, refine
from accel_core.physical.sign_off import time_netlist
from accel_core.physical.synthesis import synthesize
from accel_core.physical.timing import Constraints, analyze
from accel_core.process import Limits
from accel_core.rtl import Rtl
from tests.physical.test_opensta import MAC_ARRAY, SHIFT, opensta

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(shutil.which("sta") is None, reason="OpenSTA (Debian package opensta) is not installed"),
]


@pytest.mark.parametrize(
    ("verilog", "period_s", "delay_s"),
    # Input delays decide in one, the skew between neighbors in the other.
    [(MAC_ARRAY, 1.25e-9, 0.7e-9), (SHIFT, 0.4e-9, 0.05e-9)],
    ids=["mac_array", "shift"],
)
def test_slack_agrees(nangate, cache, tmp_path, verilog, period_s, delay_s):
    netlist = synthesize(Rtl(verilog, "top"), nangate, 1.0 / period_s, cache, Limits()).netlist
    plan = make_floorplan(netlist, nangate, 0.7)
    tree = build_clock_tree(netlist, nangate, plan, place(netlist, nangate, plan, 0))
    graph = make_graph(tree.netlist, nangate, plan, refine(tree.netlist, nangate, plan, 0, tree.x, tree.y))
    parasitics = extract(graph, nangate)
    constraints = Constraints(period_s, delay_s, delay_s)
    timing = analyze(graph, parasitics, nangate, constraints)
    files = [tmp_path / name for name in ("netlist.v", "constraints.sdc", "parasitics.spef")]
    files[0].write_text(tree.netlist.to_verilog())
    files[1].write_text(to_sdc(tree.netlist, nangate, constraints, timing.port_latency_s))
    files[2].write_text(to_spef(graph, parasitics))
    libraries = link_libraries(nangate.liberties, tmp_path)
    (tmp_path / CHECK).write_text(opensta_script(libraries, netlist.top, 0.1))
    assert clock_details(graph, parasitics, timing, nangate)["insertion_delay_s"]["min"] > 0.03e-9
    assert timing.worst_slack_s == pytest.approx(opensta(tmp_path), abs=0.005 * period_s)
    assert time_netlist(*files, nangate)["worst_slack_s"] == pytest.approx(timing.worst_slack_s, abs=1e-5 * period_s)
    # The same tree with a clock that is not propagated.
    files[1].write_text(files[1].read_text().replace("set_propagated_clock", "# set_propagated_clock"))
    ideal = time_netlist(*files, nangate)["worst_slack_s"]
    assert abs(ideal - timing.worst_slack_s) > 0.01e-9
    assert ideal == pytest.approx(opensta(tmp_path), abs=0.005 * period_s)
