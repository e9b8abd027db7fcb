"""Routing of a synthesized and placed design, on the kits that there are."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from accel_core.physical.export import CHECK, link_libraries, opensta_script, to_sdc
from accel_core.physical.floorplan import make_floorplan
from accel_core.physical.graph import make_graph
from accel_core.physical.parasitics import extract, to_spef
from accel_core.physical.placement import place
from accel_core.physical.routing import Blockage, check_overflow, route, try_route
from accel_core.physical.settings import FlowSettings
from accel_core.physical.synthesis import synthesize
from accel_core.physical.technology import load_technology
from accel_core.physical.timing import analyze
from accel_core.process import Limits
from accel_core.rtl import Rtl
from tests.physical.kits import asap7, ihp, needs_kits

VERILOG = """
module top (input clk, input [7:0] a, input [7:0] b, output reg [19:0] sum);
  reg [7:0] x, y;
  always @(posedge clk) begin x <= a; y <= b; sum <= sum + x * y; end
endmodule
"""
SETTINGS = FlowSettings(8e8, 0.8)


def placed_on(technology, cache):
    netlist = synthesize(Rtl(VERILOG, "top"), technology, SETTINGS.f_target_hz, cache, Limits()).netlist
    floorplan = make_floorplan(netlist, technology, SETTINGS.utilization_target)
    return make_graph(netlist, technology, floorplan, place(netlist, technology, floorplan, 0)), floorplan


@pytest.fixture(scope="module")
def multiplier(nangate, cache):
    return placed_on(nangate, cache)


def test_a_roomy_design_takes_no_detours(nangate, multiplier):
    graph, floorplan = multiplier
    routing = route(graph, nangate, floorplan)
    assert routing.detour_um < 0.02 * routing.wirelength_um
    # Shorter than spanning trees, though not below the theoretical two thirds.
    plain = extract(graph, nangate).wirelength_um
    assert 0.85 * plain < routing.wirelength_um < plain
    assert routing.vias > 2 * len(graph.netlist.instances)
    clock = routing.wiring.nets == graph.clock
    assert not clock.any(), "the clock is ideal"


def test_cells_with_room_around_them_are_placed_apart_and_legally(nangate, cache):
    netlist = synthesize(Rtl(VERILOG, "top"), nangate, SETTINGS.f_target_hz, cache, Limits()).netlist
    floorplan = make_floorplan(netlist, nangate, 0.4)
    used = []
    for room in (None, [2.3] * len(netlist.instances)):
        placement = place(netlist, nangate, floorplan, 0, room)
        pins = np.floor(np.stack([placement.pin_x, placement.pin_y], axis=1) / 2.0)
        used.append(len(np.unique(pins, axis=0)))
    assert used[1] > 1.1 * used[0], "pins are in more squares of 2 um"
    # Cells as wide as they are: none overlaps its neighbor in a row, nor the box.
    ends = placement.x + [round(1000 * nangate.lef.macros[cell.cell].width_um) for cell in netlist.instances]
    order = np.lexsort((placement.x, placement.y))
    same_row = np.diff(placement.y[order]) == 0
    assert (ends[order][:-1] <= placement.x[order][1:])[same_row].all()
    assert ends.max() <= 1000 * floorplan.width_um + 1e-6


def test_routing_twice_gives_the_same(nangate, multiplier):
    graph, floorplan = multiplier
    one, two = (route(graph, nangate, floorplan) for _ in range(2))
    assert (one.corners == two.corners).all()
    assert (one.span == two.span).all()


@pytest.fixture(scope="module")
def walled(nangate, multiplier):
    """The design with a wall of little room through its middle, so that wires take detours, and its timing."""
    graph, floorplan = multiplier
    middle = floorplan.width_um / 2
    wall = Blockage(middle - 1.0, 0.0, middle + 1.0, 0.7 * floorplan.height_um)
    routing = try_route(graph, nangate, floorplan, blockages=[wall])
    parasitics = extract(graph, nangate, routing)
    return routing, parasitics, analyze(graph, parasitics, nangate, SETTINGS.constraints())


def test_detours_lengthen_wires_and_slow_the_design(nangate, multiplier, walled):
    graph, floorplan = multiplier
    routing, parasitics, timing = walled
    free = extract(graph, nangate, route(graph, nangate, floorplan))
    assert routing.detour_um > 0.05 * free.wirelength_um
    assert parasitics.wirelength_um == pytest.approx(free.wirelength_um + routing.detour_um, rel=1e-3)
    assert timing.worst_slack_s < analyze(graph, free, nangate, SETTINGS.constraints()).worst_slack_s


@pytest.mark.tools
@pytest.mark.skipif(shutil.which("sta") is None, reason="OpenSTA (Debian package opensta) is not installed")
def test_opensta_agrees_with_detours(nangate, multiplier, walled, tmp_path):
    graph, _ = multiplier
    _, parasitics, timing = walled
    (tmp_path / "netlist.v").write_text(graph.netlist.to_verilog())
    (tmp_path / "parasitics.spef").write_text(to_spef(graph, parasitics))
    (tmp_path / "constraints.sdc").write_text(to_sdc(graph.netlist, nangate, SETTINGS.constraints()))
    libraries = link_libraries(nangate.liberties, tmp_path)
    (tmp_path / CHECK).write_text(opensta_script(libraries, "top", 0.1))
    done = subprocess.run(
        ["sta", "-exit", CHECK], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    text = done.stdout + done.stderr
    assert not re.search(r"error|warning|not found|not connected|syntax", text, re.IGNORECASE), text
    slack = re.search(r"^worst slack (\S+)$", text, re.MULTILINE)
    assert slack is not None
    assert timing.worst_slack_s == pytest.approx(float(slack[1]) * 1e-9, abs=0.01 / SETTINGS.f_target_hz)


@needs_kits
@pytest.mark.slow
@pytest.mark.parametrize(("kit", "lowest"), [(asap7, "M2"), (ihp, "Metal2")])
def test_other_kits_route(kit, lowest, tmp_path, cache):
    technology = load_technology(kit(tmp_path), cache)
    graph, floorplan = placed_on(technology, cache)
    routing = try_route(graph, technology, floorplan)
    check_overflow(routing)
    assert routing.grid.layers[0] == lowest
    assert (routing.usage.sum(axis=0) == routing.demand).all()
    assert routing.detour_um < 0.05 * routing.wirelength_um
    assert np.isfinite(
        analyze(graph, extract(graph, technology, routing), technology, SETTINGS.constraints()).slack
    ).all()
