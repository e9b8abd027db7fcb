"""A design with a clock tree does the same: simulated, every net toggles as often as without it."""

import shutil

import numpy as np
import pytest

from accel_core.physical.clock_tree import build_clock_tree
from accel_core.physical.floorplan import make_floorplan
from accel_core.physical.graph import connect
from accel_core.physical.placement import place
from accel_core.physical.simulation import simulated_activity
from accel_core.physical.synthesis import synthesize
from accel_core.process import Limits
from accel_core.rtl import Rtl, Testbench
from tests.physical.test_simulation import BENCH, COUNTER

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed"),
]


def test_same_toggles_with_and_without_a_tree(nangate, cache, tmp_path):
    netlist = synthesize(Rtl(COUNTER, "top"), nangate, 1e9, cache, Limits()).netlist
    plan = make_floorplan(netlist, nangate, 0.5)
    tree = build_clock_tree(netlist, nangate, plan, place(netlist, nangate, plan, 0))
    bench = Testbench(BENCH, {}, "counting")
    plain, with_tree = (
        simulated_activity(connect(one, nangate), nangate, bench, 1e-9, tmp_path / name, Limits())
        for name, one in (("plain", netlist), ("tree", tree.netlist))
    )
    count = len(netlist.nets)
    assert (with_tree.density[:count] == plain.density).all()
    assert (with_tree.duty[:count] == plain.duty).all()
    assert np.array(with_tree.density[count:]) == pytest.approx(2e9)
    assert len(with_tree.density) > count
