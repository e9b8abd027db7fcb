"""Clock trees on open kits that are nothing like NanGate45."""

import pytest

from accel_core.physical.clock_tree import build_clock_tree, clock_details
from accel_core.physical.floorplan import make_floorplan
from accel_core.physical.graph import make_graph
from accel_core.physical.parasitics import extract
from accel_core.physical.placement import place, refine
from accel_core.physical.synthesis import synthesize
from accel_core.physical.technology import load_technology
from accel_core.physical.timing import Constraints, analyze
from accel_core.process import Limits
from accel_core.rtl import Rtl
from tests.physical.kits import asap7, ihp, needs_kits
from tests.physical.test_opensta import SHIFT

pytestmark = [needs_kits, pytest.mark.slow]


@pytest.mark.parametrize(("kit", "period_s", "most_s"), [(asap7, 0.3e-9, 0.15e-9), (ihp, 1e-9, 0.4e-9)])
def test_tree_on_another_kit(kit, period_s, most_s, cache, tmp_path):
    technology = load_technology(kit(tmp_path), cache)
    netlist = synthesize(Rtl(SHIFT, "top"), technology, 1.0 / period_s, cache, Limits()).netlist
    plan = make_floorplan(netlist, technology, 0.7)
    tree = build_clock_tree(netlist, technology, plan, place(netlist, technology, plan, 0))
    graph = make_graph(tree.netlist, technology, plan, refine(tree.netlist, technology, plan, 0, tree.x, tree.y))
    parasitics = extract(graph, technology)
    timing = analyze(graph, parasitics, technology, Constraints(period_s))
    found = clock_details(graph, parasitics, timing, technology)
    assert found["sinks"] == 64
    assert found["buffers"] >= 2
    assert found["skew_s"] <= 0.1 * found["insertion_delay_s"]["max"] < 0.1 * most_s
