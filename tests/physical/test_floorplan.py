"""Floorplans and placements: sizes, edges, legality, and what cannot exist."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.errors import InfeasibleError
from accel_core.physical.export import to_def
from accel_core.physical.floorplan import edge_places, make_floorplan
from accel_core.physical.netlist import Instance, Netlist, Port
from accel_core.physical.placement import place
from accel_core.physical.technology import UNITS_PER_UM


def chain(length: int) -> Netlist:
    """``length`` inverters in a row."""
    nets = ["clk", "a", "y", *(f"n{index}" for index in range(length - 1))]
    path = [1, *range(3, 3 + length - 1), 2]
    ports = tuple(Port(name, name != "y", (name,), (index,)) for index, name in enumerate(("clk", "a", "y")))
    cells = tuple(Instance(f"u{i}", "INV", {"A": path[i], "Z": path[i + 1]}, "", "") for i in range(length))
    return Netlist("top", "clk", ports, tuple(nets), cells)


@settings(max_examples=40, deadline=None)
@given(length=st.integers(8, 400), utilization=st.floats(0.2, 0.95))
def test_core_box_has_the_target_utilization(tiny, length, utilization):
    plan = make_floorplan(chain(length), tiny, utilization)
    # At most one site a row more than asked for.
    least = length * 2.0 / utilization
    assert least - 1e-6 <= plan.area_um2 <= least + plan.rows * plan.row_um * plan.site_um + 1e-6
    assert plan.height_um == plan.rows * 2.0
    assert (plan.width_um / 0.5) % 1 == pytest.approx(0.0)


@given(count=st.integers(1, 60), width=st.floats(1, 50), height=st.floats(1, 50))
def test_ports_are_on_the_edge(count, width, height):
    for x, y in edge_places(count, width, height):
        assert -1e-9 <= x <= width + 1e-9
        assert -1e-9 <= y <= height + 1e-9
        assert min(x, width - x, y, height - y) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("utilization", [1.001, 1.5])
def test_over_full_floorplan_is_infeasible(tiny, utilization):
    with pytest.raises(InfeasibleError, match=f"floorplan: over-full: a target utilization of {utilization}"):
        make_floorplan(chain(20), tiny, utilization)


def test_rows_are_long_enough_for_the_widest_cell(tiny):
    # Square would be 2 rows of 2.5 um, but a flip-flop is 3 um wide.
    flop = Instance("u0", "DFF", {"CK": 0}, "", "")
    netlist = Netlist("top", "clk", (Port("clk", True, ("clk",), (0,)),), ("clk",), (flop,))
    plan = make_floorplan(netlist, tiny, 0.65)
    assert (plan.rows, plan.width_um) == (1, 5.0)


def test_placement_is_legal_and_repeatable(tiny):
    netlist = chain(120)
    plan = make_floorplan(netlist, tiny, 0.8)
    first, second = (place(netlist, tiny, plan, seed=3) for _ in range(2))
    assert (first.x == second.x).all()
    assert (first.y == second.y).all()
    site, row, width = 500, 2000, 1000
    assert (first.x % site == 0).all()
    assert (first.y % row == 0).all()
    assert first.x.min() >= 0
    assert (first.x + width).max() <= plan.width_um * UNITS_PER_UM
    assert (first.y + row).max() <= plan.height_um * UNITS_PER_UM
    for y in np.unique(first.y):
        starts = np.sort(first.x[first.y == y])
        assert (np.diff(starts) >= width).all()
    assert (first.flipped == ((first.y // row) % 2 == 1)).all()


def test_unlegalizable_placement_is_infeasible(tiny):
    # Flip-flops of 3.0 um in rows of 3.5 um or so: one fits a row where the area says that there is room for more.
    names = ["clk", *(f"q{i}" for i in range(30))]
    cells = tuple(Instance(f"u{i}", "DFF", {"CK": 0, "D": 1 + i, "Q": 1 + (i + 1) % 30}, "", "") for i in range(30))
    netlist = Netlist("top", "clk", (Port("clk", True, ("clk",), (0,)),), tuple(names), cells)
    plan = make_floorplan(netlist, tiny, 1.0)
    assert plan.width_um % 3.0 != 0
    with pytest.raises(InfeasibleError, match="placement: no legal placement"):
        place(netlist, tiny, plan, seed=0)


def test_def_lists_every_cell_port_and_net(tiny):
    netlist = chain(12)
    plan = make_floorplan(netlist, tiny, 0.7)
    text = to_def(netlist, plan, place(netlist, tiny, plan, seed=0))
    assert "COMPONENTS 12 ;" in text
    assert text.count(" + PLACED ") == 12 + 3
    assert "- a + NET a + DIRECTION INPUT" in text
    assert "- y ( PIN y ) ( u11 Z ) ;" in text
    assert f"ROW row_{plan.rows - 1} unit 0" in text
