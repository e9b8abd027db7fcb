"""Global routing of small designs: by hand, and what must hold for any."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from accel_core.errors import InfeasibleError
from accel_core.physical.lef import Layer
from accel_core.physical.parasitics import extract, to_spef
from accel_core.physical.routing import Blockage, RoutingSettings, draw_congestion, route, to_guides, try_route
from accel_core.physical.routing.crowding import crowding, worst_side

from .conftest import PLAIN

OPEN = RoutingSettings(5, 0.0, 0.0, 0.0, "m1")
place = st.tuples(st.floats(0.0, 30.0), st.floats(0.0, 30.0))
some_nets = st.lists(st.lists(place, min_size=2, max_size=6), min_size=1, max_size=30)


def routed(design, settings=OPEN, blockages=()):
    return route(design.graph, design.technology, design.floorplan, settings, blockages)


def tried(design, settings=OPEN, blockages=()):
    return try_route(design.graph, design.technology, design.floorplan, settings, blockages)


def in_order(design, nets):
    """The nets' places in the order of the netlist, which sorts names."""
    return [nets[int(name[1:])] for name in design.graph.netlist.nets]


def cells_on(routing, wire):
    """All grid cells on a wire's path."""
    corners = routing.corners[routing.path_first[wire] : routing.path_first[wire + 1]].tolist()
    cells = set(corners)
    for one, other in pairwise(corners):
        step = 1 if abs(one - other) < routing.grid.columns else routing.grid.columns
        cells |= set(range(min(one, other), max(one, other) + 1, step))
    return cells


def test_a_wire_alone_by_hand(placed):
    # From cell (0, 0) to cell (1, 1): one bend, one edge in each direction, 7 um and 6 um.
    routing = routed(placed([[(1.0, 2.0), (8.0, 8.0)]]))
    assert (routing.wirelength_um, routing.detour_um) == (13.0, 0.0)
    assert routing.net_spans.tolist() == [[7.0, 6.0]]
    assert routing.demand.sum(axis=(1, 2)).tolist() == [1, 1]
    assert routing.fill.max() == pytest.approx(0.2)  # One of five tracks.
    # m0 has the pins, m1 is one via above, m2 two; the bend is one more: 1 + 2 + 1.
    assert routing.vias == 4
    assert routing.overflow_by_round == (0,)


def test_a_wire_inside_a_cell_uses_no_edge_and_the_lowest_layers(placed):
    routing = routed(placed([[(1.0, 1.0), (3.0, 2.0)]]))
    assert (routing.wirelength_um, routing.demand.sum(), routing.vias) == (3.0, 0, 4)
    assert routed(placed([[(1.0, 1.0), (3.0, 1.0)]])).vias == 2
    assert routed(placed([[(1.0, 1.0), (1.0, 1.0)]])).vias == 0


def test_a_detour_around_a_blockage_is_as_long_as_its_cells(placed):
    # A wall across the lower row's border between the first and the second cell: up a cell, over, and down again.
    design = placed([[(2.0, 2.0), (8.0, 2.0)]])
    routing = routed(design, blockages=[Blockage(4.5, 0.0, 5.5, 5.0)])
    assert routing.detour_um == 10.0
    assert routing.net_spans.tolist() == [[6.0, 10.0]]
    assert routing.demand[1, 0].tolist() == [1, 1]
    assert len(routing.overflow_by_round) > 1


def test_wires_that_do_not_fit_are_infeasible_at_their_place(placed):
    # Twelve wires across the middle, where two rows of cells have five tracks each.
    wires = [[(2.0, 1.0 + 0.7 * index), (8.0, 1.0 + 0.7 * index)] for index in range(12)]
    design = placed(wires)
    with pytest.raises(InfeasibleError) as raised:
        routed(design)
    assert raised.value.stage == "routing"
    found = re.fullmatch(
        r"over capacity by 1 of 5 tracks at \(5\.0 um, (2\.5|7\.5) um\) on layer m1, the worst of (\d) such "
        r"places? after \d+ rounds of negotiation; allowed: wires that fit, as at a lower utilization",
        raised.value.reason,
    )
    assert found is not None, raised.value.reason
    assert tried(design).overflow.sum() == 2
    routed(placed(wires[:10]))


def test_pins_that_crowd_cost_capacity(placed):
    wires = [[(2.0, 1.0 + 0.9 * index), (8.0, 1.0 + 0.9 * index)] for index in range(10)]
    routed(placed(wires))
    with pytest.raises(InfeasibleError, match="over capacity"):
        routed(placed(wires), RoutingSettings(5, 0.0, 0.0, 2.0, "m1"))


@settings(max_examples=40, deadline=None)
@given(some_nets)
def test_any_design_is_connected_and_counted(placed, nets):
    design = placed(nets, 30.0, 30.0)
    routing = tried(design, RoutingSettings(5, 0.5, 0.25, 1.0, "m1", rounds=5))
    wiring, grid = routing.wiring, routing.grid
    cells = grid.cells_of(wiring.xy)
    group = list(range(len(wiring.parent)))

    def root(node):
        while group[node] != node:
            node = group[node]
        return node

    recount = 0
    for wire, node in enumerate(wiring.wires.tolist()):
        on_path = cells_on(routing, wire)
        assert {int(cells[node]), int(cells[wiring.parent[node]])} <= on_path
        group[root(node)] = root(int(wiring.parent[node]))
        recount += len(on_path) - 1
    assert recount == routing.demand.sum()
    for index, net in enumerate(in_order(design, nets)):
        rows = range(wiring.first[index], wiring.first[index + 1])
        assert len({root(node) for node in rows}) == 1, "a net hangs together"
        pins = sorted(terminal for terminal in wiring.terminal[rows].tolist() if terminal >= 0)
        assert pins == np.flatnonzero(design.graph.net == wiring.nets[index]).tolist()
        half = np.ptp(np.array(net), axis=0)
        assert (routing.net_spans[index] >= half - 1e-9).all()
    assert (routing.span >= wiring.straight - 1e-9).all()
    assert (routing.usage.sum(axis=0) == routing.demand).all(), "every wire is on one layer"
    assert routing.demand.min() >= 0


@settings(max_examples=20, deadline=None)
@given(some_nets)
def test_extraction_with_routing_has_its_lengths(placed, nets):
    design = placed(nets, 30.0, 30.0)
    routing = tried(design, RoutingSettings(5, 0.5, 0.25, 1.0, "m1", rounds=5))
    parasitics = extract(design.graph, design.technology, routing)
    assert parasitics.wirelength_um == pytest.approx(routing.wirelength_um)
    # 0.1 fF/um along, 0.2 fF/um across, and sinks of 2 fF (falling edge).
    spans = np.zeros((len(design.graph.netlist.nets), 2))
    spans[routing.wiring.nets] = routing.net_spans
    sinks = np.bincount(design.graph.net[~design.graph.drives], minlength=len(spans))
    expected = spans @ np.array([1e-16, 2e-16]) + 2e-15 * sinks
    assert parasitics.load[:, 1] == pytest.approx(expected, rel=1e-9, abs=1e-24)


def test_a_detour_slows_the_net_that_takes_it(placed):
    from dataclasses import replace

    design = placed([[(2.0, 2.0), (8.0, 2.0)]])
    technology = replace(
        design.technology,
        vertical=replace(design.technology.vertical, resistance_ohm_per_um=10.0),
        horizontal=replace(design.technology.horizontal, resistance_ohm_per_um=10.0),
    )
    free, walled = (
        extract(design.graph, technology, routed(design, blockages=blockages))
        for blockages in ([], [Blockage(4.5, 0.0, 5.5, 5.0)])
    )
    # 60 ohm and 0.6 fF before a pin of 2 fF (falling edge); then 160 ohm and 2.6 fF.
    assert free.elmore.max(axis=0)[1] == pytest.approx(60.0 * (0.3e-15 + 2e-15))
    assert walled.elmore.max(axis=0)[1] == pytest.approx(160.0 * (1.3e-15 + 2e-15))


def test_without_routing_nothing_changes(placed):
    nets = [[(1.0, 1.0), (9.0, 2.0), (4.0, 8.0)], [(2.0, 2.0), (8.0, 8.0)]]
    design = placed(nets)
    plain = extract(design.graph, design.technology)
    routing = routed(design)
    # Up to three terminals both ways have the same trees, so all that follows is the same.
    assert to_spef(design.graph, plain).split() == to_spef(design.graph, plain).split()
    assert extract(design.graph, design.technology, routing).load == pytest.approx(plain.load)
    assert plain.wirelength_um == routing.wirelength_um == 15.0 + 12.0


def test_spef_names_every_branching_point(placed):
    # Two crosses far from each other, whose middles are joined.
    crosses = [(x + dx, 15.0 + dy) for x in (5.0, 25.0) for dx, dy in ((-4.0, 0.0), (0.0, 4.0), (0.0, -4.0))]
    design = placed([crosses], 30.0, 30.0)
    text = to_spef(design.graph, extract(design.graph, design.technology, routed(design)))
    assert len(set(re.findall(r"n0:\d+", text))) == 2
    section = text[text.index("*RES") : text.index("*END")]
    assert len(section.splitlines()) - 1 == 7, "a tree of six pins and two such points has seven resistors"


def test_long_wires_run_above_short_ones(placed):
    layers = {**PLAIN, "m3": Layer("horizontal", 0.5, 5.0), "m4": Layer("vertical", 0.5, 5.0)}
    short = [[(4.0, 2.0), (6.0, 2.0)]] * 5
    routing = routed(placed([*short, [(1.0, 2.0), (29.0, 2.0)]], 30.0, 30.0, layers))
    assert routing.grid.layers[routing.piece_layers[-1]] == "m3"
    assert {routing.grid.layers[layer] for layer in routing.piece_layers[:-1]} == {"m1"}


def test_the_picture_shows_the_place_that_is_too_full(placed, tmp_path):
    wires = [[(2.0, 2.0), (8.0, 2.0)]] * 12
    design = placed(wires)
    draw_congestion(tmp_path / "congestion.png", tried(design), design.floorplan)
    image = Image.open(tmp_path / "congestion.png")
    assert image.size == (900, 900)
    assert (213, 94, 0) in {color for _, color in image.convert("RGB").getcolors(1 << 20)}
    draw_congestion(tmp_path / "free.png", routed(placed([])), design.floorplan)
    # Nothing is used: the middle has the first color of the scale.
    assert Image.open(tmp_path / "free.png").convert("RGB").getpixel((450, 420)) == (0, 32, 77)
    assert worst_side(np.arange(8).reshape(2, 2, 2)).tolist() == [[4, 5], [6, 7]]


def test_instances_know_how_crowded_their_place_is(placed):
    # Six wires of five tracks along the lower row, one wire inside the upper right cell.
    design = placed([*[[(2.0, 2.0), (8.0, 2.0)]] * 6, [(7.0, 7.0), (8.0, 7.0)]], 10.0, 10.0)
    routing = tried(design, RoutingSettings(5, 0.0, 0.0, 0.0, "m1", rounds=0))
    assert crowding(design.graph, routing) == pytest.approx([1.2] * 12 + [0.0] * 2)


def test_guides_of_each_net_hang_together(placed):
    rng = np.random.default_rng(4)
    nets = [[tuple(at) for at in rng.uniform(0, 30, (4, 2)).tolist()] for _ in range(12)]
    design = placed(nets, 30.0, 30.0)
    text = to_guides(routed(design), design.graph.netlist, design.technology)
    blocks = re.findall(r"^(n\d+)\n\(\n(.*?)^\)$", text, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in blocks] == list(design.graph.netlist.nets)
    names = list(design.technology.lef.layers)
    for (_, body), net in zip(blocks, in_order(design, nets), strict=True):
        boxes = []
        for line in body.splitlines():
            *edges, layer = line.split()
            boxes.append((*map(int, edges), names.index(layer)))
        for x, y in net:
            assert any(b[4] == 0 and b[0] <= 1000 * x <= b[2] and b[1] <= 1000 * y <= b[3] for b in boxes)
        reached, rest = [boxes[0]], boxes[1:]
        while near := [b for b in rest if any(_touch(a, b) for a in reached)]:
            reached += near
            rest = [b for b in rest if b not in near]
        assert not rest


def _touch(a, b) -> bool:
    return abs(a[4] - b[4]) <= 1 and max(a[0], b[0]) < min(a[2], b[2]) and max(a[1], b[1]) < min(a[3], b[3])


def test_a_design_without_wires_is_routed(placed):
    routing = routed(placed([]))
    assert (routing.wirelength_um, routing.vias, list(routing.trees())) == (0.0, 0, [])
