"""The compiled, incremental timer against the analysis that does everything at once, and against hand arithmetic."""

from dataclasses import replace

import numpy as np
import pytest

from accel_core.physical.graph import make_graph
from accel_core.physical.parasitics import extract
from accel_core.physical.repair.site import Site
from accel_core.physical.slacks import slacks
from accel_core.physical.timing import Constraints, analyze
from tests.physical.conftest import netlist_of
from tests.physical.repair.designs import timed

PS = 1e-12


def test_resized_inverter_by_hand(sized):
    # a -> INV1 -> INV1 -> y (port 4 fF). First: 10 + 4 * 1 = 14 ps; second: 10 + 4 * 4 = 26 ps.
    netlist = netlist_of([("INV1", {"A": "a", "Z": "n"}), ("INV1", {"A": "n", "Z": "y"})], ["clk", "a"], ["y"])
    timer, _ = timed(netlist, sized, Constraints(100 * PS))
    assert timer.worst_slack_s == pytest.approx(60 * PS)
    # As INV4, the second takes 10 + 1 * 4 = 14 ps, and the first 10 + 4 * 4 = 26 ps with its input of 4 fF.
    timer.resize([1], [timer.families.number["INV4"]])
    assert timer.worst_slack_s == pytest.approx(60 * PS)
    # As INV2: 10 + 2 * 4 = 18 ps and 10 + 4 * 2 = 18 ps.
    timer.resize([1], [timer.families.number["INV2"]])
    assert timer.worst_slack_s == pytest.approx(64 * PS)
    assert timer.slack[netlist_terminal(timer, "u1/A")] == pytest.approx(64 * PS)


def netlist_terminal(timer, name):
    return next(terminal for terminal in range(len(timer.graph.net)) if timer.graph.name(terminal) == name)


def test_timer_is_the_analysis_on_real_wires(busy, nangate):
    netlist, plan, placement = busy
    constraints = Constraints(0.5e-9, 0.1e-9, 0.1e-9, 0.02e-9)
    graph = make_graph(netlist, nangate, plan, placement)
    timing = analyze(graph, extract(graph, nangate), nangate, constraints)
    timer = Site(nangate, plan, constraints).timer(netlist, placement)
    reached = np.isfinite(timing.arrival)
    assert (reached == np.isfinite(timer.state.arrival)).all()
    np.testing.assert_allclose(timer.state.arrival[reached], timing.arrival[reached], rtol=1e-12, atol=1e-24)
    moving = np.isfinite(timer.state.transition)
    np.testing.assert_allclose(timer.state.transition[moving], timing.transition[moving], rtol=1e-12)
    assert timer.worst_slack_s == pytest.approx(timing.worst_slack_s, rel=1e-12)
    assert timer.total_negative_slack_s == pytest.approx(timing.total_negative_slack_s, rel=1e-12)
    at_pins = slacks(graph, timing).min(axis=1)
    signals = graph.net != graph.clock
    np.testing.assert_allclose(timer.slack[signals], at_pins[signals], rtol=1e-9, atol=1e-21)


def test_incremental_is_everything_anew(busy, nangate):
    netlist, plan, placement = busy
    constraints = Constraints(0.5e-9)
    timer = Site(nangate, plan, constraints).timer(netlist, placement)
    rng = np.random.default_rng(7)
    for _ in range(20):
        instances = rng.choice(len(netlist.instances), 3, replace=False)
        sizes = [rng.choice(timer.families.members[timer.state.size[instance]]) for instance in instances.tolist()]
        computed = timer.resize(instances, sizes)
        assert computed <= len(timer.structure.order)
        before = [getattr(timer.state, name).copy() for name in ("arrival", "transition", "required", "elmore")]
        timer.reload()
        for name, values in zip(("arrival", "transition", "required", "elmore"), before, strict=True):
            np.testing.assert_array_equal(values, getattr(timer.state, name))
    # And the analysis of a netlist with these cells, on the same wires, says the same.
    cells = [timer.families.cells[kind].name for kind in timer.state.size.tolist()]
    instances = tuple(cell._replace(cell=kind) for cell, kind in zip(netlist.instances, cells, strict=True))
    graph = make_graph(replace(netlist, instances=instances), nangate, plan, placement)
    timing = analyze(graph, extract(graph, nangate), nangate, constraints)
    assert timer.worst_slack_s == pytest.approx(timing.worst_slack_s, rel=1e-12)


def test_small_change_costs_little(busy, nangate):
    # A register before an output port: only its own output and what drives its data pin are computed anew.
    netlist, plan, placement = busy
    timer = Site(nangate, plan, Constraints(0.5e-9)).timer(netlist, placement)
    assert timer.resize([], []) == 0
    last = max(
        range(len(netlist.instances)), key=lambda index: timer.state.arrival[timer.structure.pins_of[index]].max()
    )
    assert timer.resize([last], [timer.state.size[last]]) < len(timer.structure.order) / 2
