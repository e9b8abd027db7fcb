"""Sizes that bring sinks nearer together."""

import numpy as np
import pytest

from accel_core.physical.clock_tree.balance import balance
from accel_core.physical.clock_tree.buffers import clock_buffers
from accel_core.physical.clock_tree.plan import Bounds, plan_tree
from accel_core.physical.clock_tree.tree import find_sinks
from accel_core.physical.clock_tree.trial import Bench
from tests.physical.clock_tree.conftest import placement_of
from tests.physical.conftest import netlist_of


@pytest.fixture(scope="module")
def uneven(nangate):
    """A bench of 300 flip-flops, dense in one corner and sparse elsewhere, and an unbalanced tree for them."""
    rng = np.random.default_rng(7)
    netlist = netlist_of([("DFF_X1", {"CK": "clk", "D": f"q{at}", "Q": f"q{at}"}) for at in range(300)], ["clk"], [])
    corners = np.round(400.0 * rng.random((300, 2)) ** 3, 3)
    sinks = find_sinks(netlist, nangate, placement_of(netlist, [tuple(corner) for corner in corners.tolist()]))
    bench = Bench(netlist, nangate, sinks, (0.0, 200.0))
    return bench, plan_tree(sinks, clock_buffers(nangate), nangate, (0.0, 200.0), Bounds(24, 4))


def test_balance_makes_the_skew_smaller(uneven, nangate):
    bench, tree = uneven
    before = bench.try_out(tree)
    sized, after = balance(tree, before, bench, nangate, 0.0)
    assert after.skew_s < 0.8 * before.skew_s
    # What is returned belongs together, and only sizes are other than before.
    again = bench.try_out(sized)
    assert (again.latency == after.latency).all()
    for old, new in zip(tree.levels, sized.levels, strict=True):
        assert (old.label == new.label).all()
        assert (old.xy == new.xy).all()


def test_buffers_stay_strong_enough(uneven, nangate):
    bench, tree = uneven
    sized, trial = balance(tree, bench.try_out(tree), bench, nangate, 0.0)
    loads = zip(sized.kinds, tree.kinds, trial.load.tolist(), strict=True)
    assert all(new is old or new.load_f >= 0.9 * load for new, old, load in loads)


def test_a_skew_that_is_small_enough_is_left_alone(uneven, nangate):
    bench, tree = uneven
    trial = bench.try_out(tree)
    assert balance(tree, trial, bench, nangate, trial.skew_s) == (tree, trial)
