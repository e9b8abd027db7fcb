"""Static timing against netlists worked out by hand on the tiny library."""

import numpy as np
import pytest

from accel_core.errors import ToolFailedError
from accel_core.physical.parasitics import extract
from accel_core.physical.timing import Constraints, analyze, critical_path, usual_boundary

PS = 1e-12


def run(graph, tiny, **constraints):
    return analyze(graph, extract(graph, tiny), tiny, Constraints(**{"period_s": 1e-9, **constraints}))


def test_path_between_flip_flops(graph_of, tiny):
    # Q -> INV -> INV -> D. Loads: n1 and n2 are an INV pin (3 fF rising, 2 fF falling), n3 is a D pin (2 fF).
    # Falling Q: 80 + 1*2 = 82; rising n2: 20 + 2*3 = 26; falling n3: 10 + 1*2 = 12; setup of a falling D: 60.
    # Rising Q: 100 + 2*3 = 106; falling n2: 10 + 1*2 = 12; rising n3: 20 + 2*2 = 24; setup of a rising D: 50.
    graph = graph_of(
        [
            ("DFF", {"CK": "clk", "D": "n3", "Q": "n1"}),
            ("INV", {"A": "n1", "Z": "n2"}),
            ("INV", {"A": "n2", "Z": "n3"}),
        ],
        ["clk"],
        [],
    )
    timing = run(graph, tiny)
    assert timing.worst_slack_s == pytest.approx((1000 - 106 - 12 - 24 - 50) * PS)
    assert sorted(timing.slack) == pytest.approx([808 * PS, (1000 - 82 - 26 - 12 - 60) * PS])
    names = [(graph.name(terminal), edge) for terminal, edge, _ in critical_path(graph, timing)]
    assert names == [
        ("clk", 0), ("u0/CK", 0), ("u0/Q", 0), ("u1/A", 0), ("u1/Z", 1), ("u2/A", 1), ("u2/Z", 0), ("u0/D", 0)
    ]  # fmt: skip


def test_ports_delays_and_loads(graph_of, tiny):
    # a -> INV -> y with a port load of 4 fF. Rising y: 20 + 2*4 = 28 after the input delay.
    graph = graph_of([("INV", {"A": "a", "Z": "y"})], ["clk", "a"], ["y"])
    timing = run(graph, tiny, input_delay_s=100 * PS, output_delay_s=200 * PS)
    assert timing.worst_slack_s == pytest.approx((1000 - 200 - 100 - 28) * PS)


def test_missed_target_is_a_negative_slack(graph_of, tiny):
    graph = graph_of([("DFF", {"CK": "clk", "D": "q", "Q": "q"})], ["clk"], [])
    timing = run(graph, tiny, period_s=100 * PS)
    # Rising: 100 + 2*2 + 50; falling: 80 + 2 + 60.
    assert timing.worst_slack_s == pytest.approx(-54 * PS)
    assert timing.total_negative_slack_s == pytest.approx(-54 * PS)


def test_loop_of_logic_is_named(graph_of, tiny):
    graph = graph_of([("INV", {"A": "n1", "Z": "n2"}), ("INV", {"A": "n2", "Z": "n1"})], ["clk"], [])
    with pytest.raises(ToolFailedError, match=r"timing: the logic has a loop through u[01]/Z"):
        run(graph, tiny)


def test_design_without_end_points(graph_of, tiny):
    graph = graph_of([("INV", {"A": "a", "Z": "n1"})], ["clk", "a"], [])
    with pytest.raises(ToolFailedError, match=r"no path of the design ends"):
        run(graph, tiny)


def test_gated_clock_is_refused(graph_of):
    cells = [("INV", {"A": "clk", "Z": "n1"}), ("DFF", {"CK": "n1", "D": "q", "Q": "q"})]
    with pytest.raises(ToolFailedError, match=r"u1/CK is not clocked by the rising edge of port clk"):
        graph_of(cells, ["clk"], [])


def test_net_without_driver_is_refused(graph_of):
    with pytest.raises(ToolFailedError, match=r"net n1 has 0 drivers"):
        graph_of([("INV", {"A": "n1", "Z": "n2"})], ["clk"], [])


def test_each_port_has_its_own_constraints(graph_of, tiny):
    # Three inputs and three outputs behind inverters; ports are terminals in their own order, the clock is the first.
    cells = [("INV", {"A": a, "Z": y}) for a, y in (("a", "x"), ("b", "y"), ("c", "z"))]
    graph = graph_of(cells, ["clk", "a", "b", "c"], ["x", "y", "z"])
    constraints = Constraints(1e-9)
    boundary = usual_boundary(graph, tiny, constraints)
    assert boundary.arrival.shape == (7, 2)
    boundary.arrival[[1, 2, 3]] = np.array([[100, 300], [-np.inf, -np.inf], [250, 50]]) * PS
    boundary.transition[2] = 30 * PS
    boundary.late[[4, 5, 6]] = np.array([[10, 20], [0, 0], [np.nan, 40]]) * PS
    timing = analyze(graph, extract(graph, tiny), tiny, constraints, boundary)
    # A load of 4 fF: 28 ps to a rising output (from a falling input), 14 ps to a falling one.
    found = {
        (graph.name(terminal), edge): slack / PS
        for terminal, edge, slack in zip(*timing.endpoints.tolist(), timing.slack.tolist(), strict=True)
    }
    assert found == {
        ("x", 0): pytest.approx(1000 - 10 - 300 - 28),
        ("x", 1): pytest.approx(1000 - 20 - 100 - 14),
        ("z", 1): pytest.approx(1000 - 40 - 250 - 14),
    }
    # Nothing is said of b's arrival, but what it drives has a transition all the same.
    pins = {graph.name(terminal): terminal for terminal in range(graph.n_pins)}
    assert timing.transition[pins["u1/A"]] == pytest.approx([30 * PS] * 2)
    assert timing.transition[pins["u1/Z"]] == pytest.approx([30 * PS, 40 * PS])
