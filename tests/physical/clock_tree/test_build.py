"""Trees for placed designs: complete, legal, balanced, the same again, and without effect on what a design computes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import ToolFailedError
from accel_core.physical.activity import global_activity
from accel_core.physical.clock_tree import build_clock_tree, clock_details
from accel_core.physical.clock_tree.buffers import clock_buffers
from accel_core.physical.clock_tree.plan import Bounds, plan_tree, reach_um
from accel_core.physical.clock_tree.tree import Sinks, find_sinks
from accel_core.physical.export import to_def, to_sdc
from accel_core.physical.graph import connect, make_graph
from accel_core.physical.logic_functions import BUFFER, cells_computing
from accel_core.physical.netlist import Instance
from accel_core.physical.parasitics import extract, to_spef
from accel_core.physical.placement import clock_net, refine
from accel_core.physical.power import GROUPS, estimate_power
from accel_core.physical.timing import Constraints, analyze
from tests.physical.clock_tree.conftest import placement_of, plan_of
from tests.physical.conftest import netlist_of
from tests.physical.legality import placed_cells

SIDE = 20


@pytest.fixture(scope="module")
def grid(nangate):
    """A ring of 400 flip-flops on a grid of 10 um, with its floorplan and placement; u0 also samples the clock."""
    count = SIDE * SIDE
    cells = [("DFF_X1", {"CK": "clk", "D": f"q{(at - 1) % count}", "Q": f"q{at}"}) for at in range(count)]
    cells.append(("DFF_X1", {"CK": "clk", "D": "clk", "Q": "y"}))
    netlist = netlist_of(cells, ["clk"], ["y"])
    row = nangate.site.height_um
    corners = [(10.0 * (at % SIDE), row * round(10.0 * (at // SIDE) / row)) for at in range(count)]
    plan = replace(plan_of(netlist, 210.0), site=nangate.site.name, site_um=nangate.site.width_um, row_um=row)
    plan = replace(plan, width_um=1110 * 0.19, height_um=150 * row, rows=150)
    return netlist, plan, placement_of(netlist, [*corners, (5.0, row)])


@pytest.fixture(scope="module")
def built(grid, nangate):
    """Its tree, and its legal placement."""
    netlist, plan, placement = grid
    tree = build_clock_tree(netlist, nangate, plan, placement)
    return tree, refine(tree.netlist, nangate, plan, 0, tree.x, tree.y)


@pytest.fixture(scope="module")
def timed(grid, built, nangate):
    graph = make_graph(built[0].netlist, nangate, grid[1], built[1])
    parasitics = extract(graph, nangate)
    return graph, parasitics, analyze(graph, parasitics, nangate, Constraints(1e-9))


def test_every_sink_is_reached_once_and_nothing_else_changes(grid, built):
    netlist, tree = grid[0], built[0].netlist
    count = len(netlist.instances)
    added = {cell.pins["Z"]: cell.pins["A"] for cell in tree.instances[count:]}
    assert len(added) == len(tree.instances) - count == built[0].record["buffers"]
    levels = set()

    def root(net):
        steps = 0
        while net in added:
            net, steps = added[net], steps + 1
        levels.add(steps)
        return net

    sinks = [cell.pins["CK"] for cell in tree.instances[:count]]
    assert set(sinks) <= set(added)
    assert set(added) == set(sinks) | {net for net in added.values() if net != clock_net(tree)}
    # With every net of the tree replaced by what it repeats, it is the netlist as it was; all sinks are as deep.
    collapsed = [cell._replace(pins={**cell.pins, "CK": root(cell.pins["CK"])}) for cell in tree.instances[:count]]
    assert tuple(collapsed) == netlist.instances
    assert levels == {built[0].record["levels"]}
    assert tree.ports == netlist.ports
    names = [cell.name for cell in tree.instances]
    assert len(set(names)) == len(names)
    assert len(set(tree.nets)) == len(tree.nets)
    # One buffer is behind the port, beside the pin that takes the clock as data.
    assert sorted(pin for cell in tree.instances for pin, net in cell.pins.items() if net == clock_net(tree)) == [
        "A", "D"
    ]  # fmt: skip


def test_skew_and_edges_are_kept_small(timed, nangate):
    found = clock_details(*timed, nangate)
    assert found["sinks"] == SIDE * SIDE + 1
    assert found["skew_s"] <= 0.1 * found["insertion_delay_s"]["max"]
    assert found["insertion_delay_s"]["max"] < 0.2e-9
    assert found["slowest_transition_s"] < 0.05e-9


def test_record_is_what_timing_says_where_buffers_are_wanted(grid, built, nangate):
    _, plan, placement = grid
    tree, count = built[0], len(grid[0].instances)
    macros = [nangate.lef.macros[cell.cell] for cell in tree.netlist.instances[count:]]
    middles = np.stack([tree.x[count:], tree.y[count:]], axis=1) / 1000.0
    middles += np.array([(macro.width_um, macro.height_um) for macro in macros]) / 2.0
    pins = np.stack([placement.pin_x, placement.pin_y], axis=1)
    graph = connect(tree.netlist, nangate, np.concatenate([pins, np.repeat(middles, 2, axis=0), plan.port_places]))
    parasitics = extract(graph, nangate)
    found = clock_details(graph, parasitics, analyze(graph, parasitics, nangate, Constraints(1e-9)), nangate)
    wanted = tree.record
    for name in ("sinks", "buffers", "levels"):
        assert found[name] == wanted[name]
    for name in ("buffer_area_um2", "skew_s", "wirelength_um", "slowest_transition_s"):
        assert found[name] == pytest.approx(wanted[name], rel=0.02), name
    # The pin that takes the clock as data, which the record knows nothing of, adds to the wire from the port.
    for name in ("min", "max"):
        assert found["insertion_delay_s"][name] == pytest.approx(wanted["insertion_delay_s"][name], rel=0.04)


def test_tree_is_the_same_again(grid, built, nangate):
    again = build_clock_tree(*grid[:1], nangate, *grid[1:])
    assert again.netlist == built[0].netlist
    assert (again.x == built[0].x).all()
    assert again.record == built[0].record


def test_placement_with_a_tree_is_legal(grid, built, timed, nangate):
    text = to_def(built[0].netlist, grid[1], built[1])
    filled = [(y, x + 190 * site) for _, kind, x, y, _ in placed_cells(text) for site in range(nangate.sites_of(kind))]
    assert len(set(filled)) == len(filled)
    assert all(y % 1400 == 0 and x % 190 == 0 and y < 150 * 1400 and x < 1110 * 190 for y, x in filled)
    assert "- clkbuf0 BUF_X" in text
    assert "( clkbuf0 Z )" in text
    spef = to_spef(*timed[:2])
    assert spef.count("*D_NET clknet") == built[0].record["buffers"]
    assert spef.count("*D_NET clk ") == 1
    clock_um = sum(float(group.trees.span[timed[0].clock_nets[group.nets]].sum()) for group in timed[1].groups)
    data = replace(timed[0], propagated=False)
    assert clock_um > 0.0
    assert extract(data, nangate).wirelength_um < timed[1].wirelength_um


def test_clock_has_its_own_group_of_power(grid, timed, nangate):
    graph, parasitics, timing = timed
    activity = global_activity(graph, nangate, 0.1, 1e-9)
    assert activity.density[graph.clock_nets] == pytest.approx(2e9)
    power = estimate_power(graph, parasitics, timing, nangate, activity)
    groups = {group: power.parts_w(group) for group in GROUPS}
    assert sum(sum(parts.values()) for parts in groups.values()) == pytest.approx(power.total_w)
    buffers = [cell.cell.startswith("BUF") for cell in graph.netlist.instances]
    assert (power.group[buffers] == GROUPS.index("clock")).all()
    assert (power.group[~np.array(buffers)] == GROUPS.index("sequential")).all()
    # All nets of the tree but that of the port, which drives its own: C V^2 at 1 GHz.
    driven = np.flatnonzero(graph.clock_nets & (np.arange(len(graph.clock_nets)) != graph.clock))
    assert groups["clock"]["switching"] == pytest.approx(parasitics.load[driven].max(axis=1).sum() * 1.1**2 * 1e9)
    assert groups["clock"]["internal"] > 0.0


def test_constraints_name_the_propagated_clock(grid, timed, nangate):
    text = to_sdc(timed[0].netlist, nangate, Constraints(1e-9, 1e-10, 2e-10), timed[2].port_latency_s)
    assert "set_propagated_clock [get_clocks {clk}]\ncreate_clock -name beyond_ports -period 1\n" in text
    latency = timed[2].clock_latency.mean() * 1e9
    assert f"set_clock_latency {latency:.9g} [get_clocks {{beyond_ports}}]" in text
    assert "set_output_delay 0.2 -clock beyond_ports [get_ports {y}]" in text
    assert "propagated" not in to_sdc(timed[0].netlist, nangate, Constraints(1e-9))


def test_design_without_flip_flops_has_no_tree(nangate):
    netlist = netlist_of([("INV_X1", {"A": "a", "ZN": "y"})], ["clk", "a"], ["y"])
    assert build_clock_tree(netlist, nangate, plan_of(netlist, 20.0), placement_of(netlist, [(0.0, 0.0)])) is None


def test_one_flip_flop_gets_one_buffer(nangate):
    netlist = netlist_of([("DFF_X1", {"CK": "clk", "D": "a", "Q": "y"})], ["clk", "a"], ["y"])
    tree = build_clock_tree(netlist, nangate, plan_of(netlist, 20.0), placement_of(netlist, [(8.0, 8.0)]))
    assert [cell.cell for cell in tree.netlist.instances] == ["DFF_X1", "BUF_X1"]
    assert tree.record["skew_s"] == 0.0


def test_names_that_are_taken_are_left_alone(nangate):
    netlist = netlist_of([("DFF_X1", {"CK": "clk", "D": "clknet0", "Q": "y"})], ["clk", "clknet0"], ["y"])
    netlist = replace(netlist, instances=(netlist.instances[0]._replace(name="clkbuf0"),))
    tree = build_clock_tree(netlist, nangate, plan_of(netlist, 20.0), placement_of(netlist, [(8.0, 8.0)]))
    assert tree.netlist.instances[1] == Instance("clkbuf_0", "BUF_X1", {"A": 0, "Z": 3}, "", "")
    assert tree.netlist.nets[3] == "clknet_0"


def test_buffers_are_usable_ones_that_drive_more_the_larger_they_are(nangate):
    buffers = clock_buffers(nangate)
    assert [buffer.cell for buffer in buffers] == [f"BUF_X{size}" for size in (1, 2, 4, 8, 16, 32)]
    assert all(one.load_f < other.load_f for one, other in pairwise(buffers))
    # None may drive more than its tables are for, which for BUF_X1 are 60.65 fF.
    assert buffers[0].load_f < 60.65e-15
    free = replace(nangate, dont_use=(*nangate.dont_use, "BUF_X8", "BUF_X16", "BUF_X32"))
    assert [buffer.cell for buffer in clock_buffers(free)] == ["BUF_X1", "BUF_X2", "BUF_X4"]


def test_kit_whose_buffers_have_no_delays_is_refused(tiny):
    with pytest.raises(ToolFailedError, match=r"clock_tree: tiny has no buffer that keeps a clock's edges"):
        clock_buffers(tiny)


def test_weak_buffers_are_more(grid, built, nangate):
    weak = replace(nangate, dont_use=(*nangate.dont_use, "BUF_X[2-9]", "BUF_X1?", "BUF_X32"))
    # The cell that separates ports is always known to the flow.
    weak = replace(weak, buffer=replace(weak.buffer, cell="BUF_X1"))
    netlist, plan, placement = grid
    assert [cell.name for cell in cells_computing(weak.usable_cells, BUFFER)] == ["BUF_X1"]
    tree = build_clock_tree(netlist, weak, plan, placement)
    assert tree.record["buffers"] > 2 * built[0].record["buffers"]
    assert tree.record["slowest_transition_s"] < 0.1e-9


def test_reach_is_where_a_wire_takes_half_of_the_slowest_transition(nangate):
    buffer = clock_buffers(nangate)[2]
    length = reach_um(nangate, buffer)
    ohm = length * (nangate.horizontal.resistance_ohm_per_um + nangate.vertical.resistance_ohm_per_um) / 2.0
    farad = length * (nangate.horizontal.capacitance_f_per_um + nangate.vertical.capacitance_f_per_um) / 2.0
    assert ohm * (farad / 2.0 + buffer.input_f) == pytest.approx(1.5 * nangate.inverter_chain.transition_s)
    free = replace(nangate.horizontal, resistance_ohm_per_um=0.0)
    assert reach_um(replace(nangate, horizontal=free, vertical=free), buffer) == np.inf


places = st.tuples(st.integers(0, 300), st.integers(0, 300))


@given(st.lists(places, min_size=1, max_size=90), st.integers(1, 40), st.integers(2, 12))
def test_any_sinks_get_levels_of_multiples_up_to_one_buffer(nangate, rows, leaf, most):
    xy = np.array(rows, dtype=float)
    sinks = Sinks(np.arange(len(xy)), ("CK",) * len(xy), xy, np.full(len(xy), 1e-15))
    levels = plan_tree(sinks, clock_buffers(nangate), nangate, (0.0, 0.0), Bounds(leaf, most)).levels
    sizes = [len(level.size) for level in levels]
    assert sizes[-1] == 1
    assert all(above <= below <= most * above for below, above in pairwise(sizes))
    assert [len(level.label) for level in levels] == [len(xy), *sizes[:-1]]
    for level in levels:
        assert set(level.label.tolist()) == set(range(len(level.size)))
        assert (level.size == level.size[0]).all()
    if len(xy) > 2 * sizes[0]:
        assert np.bincount(levels[0].label).max() <= leaf + 1
        assert all(below % above == 0 for below, above in pairwise(sizes))


def test_long_ways_are_driven_in_steps(grid, nangate):
    netlist, _, placement = grid
    sinks = find_sinks(netlist, nangate, placement)
    buffers = clock_buffers(nangate)
    near, far = (plan_tree(sinks, buffers, nangate, (0.0, y), Bounds(24, 8)) for y in (0.0, 3000.0))
    assert len(far.levels) > len(near.levels)
    # Between the root at the middle and the port no wire is longer than a buffer reaches.
    chain = [level for level in far.levels if len(level.size) == 1]
    ways = np.concatenate([[level.xy[0] for level in chain], [(0.0, 3000.0)]])
    reach = reach_um(nangate, buffers[chain[0].size[0]])
    assert np.abs(np.diff(ways, axis=0)).sum(axis=1).max() <= reach + 1e-9
