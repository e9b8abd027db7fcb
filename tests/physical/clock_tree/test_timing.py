"""Propagated clocks worked out by hand: a buffer takes 10 ps and 1 ps for each fF that it drives."""

from dataclasses import replace

import numpy as np
import pytest

from accel_core.errors import ToolFailedError
from accel_core.physical.clock_tree import clock_details
from accel_core.physical.graph import connect
from accel_core.physical.parasitics import extract, to_spef
from accel_core.physical.timing import Constraints, analyze, clocked_pins, critical_path
from tests.physical.conftest import netlist_of

PS = 1e-12
ONE = [("DFF", {"CK": "c0", "D": "q", "Q": "q"}), ("BUF", {"A": "clk", "Z": "c0"})]
TWO = [
    ("DFF", {"CK": "c0", "D": "q1", "Q": "q0"}),
    ("DFF", {"CK": "c1", "D": "q0", "Q": "q1"}),
    ("BUF", {"A": "clk", "Z": "c0"}),
    ("BUF", {"A": "clk", "Z": "c1"}),
]


def graph_at(technology, cells, inputs, outputs, corners=None, propagated=None):
    """The graph of cells at these corners in um; ports are at the origin."""
    netlist = netlist_of(cells, inputs, outputs)
    sizes = [len(cell.pins) for cell in netlist.instances]
    xy = np.repeat(np.array(corners or [(0.0, 0.0)] * len(cells)), sizes, axis=0)
    ports = np.zeros((len(inputs) + len(outputs), 2))
    return connect(netlist, technology, np.concatenate([xy, ports]), propagated)


def run(graph, technology, **constraints):
    return analyze(graph, extract(graph, technology), technology, Constraints(**{"period_s": 1e-9, **constraints}))


def test_one_flip_flop_has_latency_but_no_skew(clocked):
    graph = graph_at(clocked, ONE, ["clk"], [])
    timing = run(graph, clocked)
    # The buffer drives 1 fF; rising data: 100 + 2 * 2 and a setup of 50 + 30 / 10; falling data: 80 + 2 and 60.
    assert timing.clock_latency == pytest.approx([11 * PS])
    assert timing.port_latency_s == pytest.approx(11 * PS)
    assert timing.worst_slack_s == pytest.approx((1000 - 104 - 53) * PS)
    assert timing.required.max() == pytest.approx((1000 + 11 - 53) * PS)
    steps = [(graph.name(terminal), round(arrival / PS)) for terminal, _, arrival in critical_path(graph, timing)]
    assert steps == [("u1/Z", 11), ("u0/CK", 11), ("u0/Q", 115), ("u0/D", 115)]
    # An ideal clock gives its own 10 ps of transition.
    ideal = run(graph_at(clocked, ONE, ["clk"], [], propagated=False), clocked)
    assert ideal.worst_slack_s == pytest.approx((1000 - 104 - 51) * PS)
    assert len(ideal.clock_latency) == 0


def test_skew_helps_one_path_and_hurts_the_other(clocked):
    # Horizontal wires have 0.1 fF a um, vertical ones 0.2: 10 um to u0 and 20 um to u1, and 30 um between both.
    graph = graph_at(clocked, TWO, ["clk"], [], [(10, 0), (0, 20), (0, 0), (0, 0)])
    timing = run(graph, clocked)
    assert sorted(timing.clock_latency) == pytest.approx([(10 + 2) * PS, (10 + 5) * PS])
    # The data nets: 1 fF and 4 fF of wire, 2 fF of pin.
    rising = 100 + 2 * 7
    found = {
        (graph.name(terminal), edge): slack / PS
        for terminal, edge, slack in zip(*timing.endpoints.tolist(), timing.slack.tolist(), strict=True)
    }
    assert found["u1/D", 0] == pytest.approx(1000 + 15 - 12 - rising - 53)
    assert found["u0/D", 0] == pytest.approx(1000 + 12 - 15 - rising - 53)
    assert found["u0/D", 1] == pytest.approx(1000 + 12 - 15 - (80 + 7) - 60)
    details = clock_details(graph, extract(graph, clocked), timing, clocked)
    assert details["skew_s"] == pytest.approx(3 * PS)
    assert details["insertion_delay_s"] == pytest.approx({"min": 12 * PS, "mean": 13.5 * PS, "max": 15 * PS})
    assert (details["sinks"], details["buffers"], details["levels"]) == (2, 2, 1)
    assert details["buffer_area_um2"] == 6.0
    assert details["wirelength_um"] == pytest.approx(30.0)
    assert details["slowest_transition_s"] == pytest.approx(40 * PS)


def test_ports_count_from_the_mean_edge_at_flip_flops(clocked):
    cells = [*TWO, ("INV", {"A": "a", "Z": "y"})]
    cells[0] = ("DFF", {"CK": "c0", "D": "b", "Q": "q0"})
    graph = graph_at(clocked, cells, ["clk", "a", "b"], ["y"], [(10, 0), (0, 20), (0, 0), (0, 0), (0, 0)])
    timing = run(graph, clocked, input_delay_s=100 * PS, output_delay_s=200 * PS)
    found = {
        (graph.name(terminal), edge): slack / PS
        for terminal, edge, slack in zip(*timing.endpoints.tolist(), timing.slack.tolist(), strict=True)
    }
    assert timing.port_latency_s == pytest.approx(13.5 * PS)
    # From port to port latencies cancel out; from port to flip-flop, 1.5 ps are left.
    assert found["y", 0] == pytest.approx(1000 - 200 - 100 - 28)
    assert found["u0/D", 0] == pytest.approx(1000 + 12 - 13.5 - 100 - 53)


def test_wires_take_time(clocked, resistive):
    # 100 um of wire before the buffer: from a port, which is ideal, through 200 ohm to 20 fF / 2 + 3 fF.
    graph = graph_at(resistive, ONE, ["clk"], [], [(0, 100), (0, 100)])
    latency = run(graph, resistive).clock_latency
    assert latency == pytest.approx([(0.2 * (10 + 3) * np.log(2) + 11) * PS])
    spef = to_spef(graph, extract(graph, resistive))
    assert "*D_NET clk 20\n*CONN\n*P clk I\n*I u1:A I\n" in spef
    assert run(graph, clocked).clock_latency == pytest.approx([11 * PS])


def test_two_inversions_are_a_buffer(clocked):
    cells = [ONE[0], ("INV", {"A": "clk", "Z": "n"}), ("INV", {"A": "n", "Z": "c0"})]
    graph = graph_at(clocked, cells, ["clk"], [])
    # Falling n with 2 fF: 10 + 2; rising c0 with 1 fF: 20 + 2.
    assert run(graph, clocked).clock_latency == pytest.approx([34 * PS])
    names = graph.netlist.nets
    assert [names[net] for net in np.flatnonzero(graph.clock_inverted)] == ["n"]


def test_one_inversion_clocks_flip_flops_of_the_falling_edge(clocked):
    cells = [("DFFN", ONE[0][1]), ("INV", {"A": "clk", "Z": "c0"})]
    graph = graph_at(clocked, cells, ["clk"], [])
    assert clocked_pins(graph)[1].tolist() == [1]
    # Falling c0 with 1 fF: 10 + 1, from the rising port. Its setup heeds the 40 ps of a falling edge.
    timing = run(graph, clocked)
    assert timing.clock_latency == pytest.approx([11 * PS])
    assert timing.worst_slack_s == pytest.approx((1000 - 104 - 54) * PS)
    ideal = run(replace(graph, propagated=False), clocked)
    assert ideal.worst_slack_s == pytest.approx((1000 - 104 - 51) * PS)


@pytest.mark.parametrize(
    "cells",
    [
        [ONE[0], ("INV", {"A": "clk", "Z": "c0"})],
        [("DFFN", ONE[0][1]), ONE[1]],
        [ONE[0], ("DFF", {"CK": "clk", "D": "q", "Q": "c0"})],
        [ONE[0], ("BUF", {"A": "a", "Z": "c0"})],
    ],
    ids=["inverted", "falling", "divided", "other port"],
)
def test_other_clocks_are_refused(clocked, cells):
    with pytest.raises(ToolFailedError, match=r"u0/CK is not clocked by the rising edge of port clk; allowed: one"):
        graph_at(clocked, cells, ["clk", "a"], [])


def test_a_clock_that_is_data_too_is_no_part_of_the_network(clocked):
    cells = [*ONE, ("BUF", {"A": "clk", "Z": "y"})]
    graph = graph_at(clocked, cells, ["clk"], ["y"])
    assert not graph.clock_nets[graph.netlist.nets.index("y")]
    assert graph.clock_nets.sum() == 2
    # It falls at half of the period, and the buffer takes 14 ps to the port's 4 fF.
    timing = run(graph, clocked)
    ports = {edge: slack for (end, edge), slack in zip(timing.endpoints.T, timing.slack, strict=True) if end >= 7}
    assert ports == pytest.approx({0: (1000 + 11 - 14) * PS, 1: (1000 + 11 - 500 - 14) * PS})


def test_clock_comes_to_its_port_with_its_own_transition(clocked):
    technology = replace(clocked, clock_transition_s=25 * PS, input_transition_s=15 * PS)
    graph = graph_at(technology, ONE, ["clk", "a"], [])
    timing = run(graph, technology, input_delay_s=100 * PS)
    pins = {graph.name(terminal): terminal for terminal in range(len(graph.net))}
    assert timing.transition[pins["clk"]] == pytest.approx([25 * PS] * 2)
    assert timing.transition[pins["u1/A"]] == pytest.approx([25 * PS] * 2)
    assert timing.transition[pins["a"]] == pytest.approx([15 * PS] * 2)
    assert timing.arrival[pins["clk"]] == pytest.approx([0.0, 500 * PS])
    assert timing.arrival[pins["a"]] == pytest.approx([111 * PS] * 2)
    assert timing.arrival[pins["u0/CK"]] == pytest.approx([11 * PS, 511 * PS])
