"""Slacks at pins against every path of small netlists, one by one."""

from collections.abc import Iterator

import numpy as np
import pytest

from accel_core.physical.graph import Graph
from accel_core.physical.parasitics import extract
from accel_core.physical.slacks import slacks
from accel_core.physical.timing import Constraints, Timing, analyze

Step = tuple[int, int]


def paths_from(graph: Graph, timing: Timing, step: Step, ends: set[Step]) -> Iterator[tuple[list[Step], float]]:
    """All paths from a terminal and edge to end points, with their delay: the slow twin of required times."""
    terminal, edge = step
    if step in ends:
        yield [step], 0.0
    if graph.drives[terminal]:
        for sink in np.flatnonzero(~graph.drives & (graph.net == graph.net[terminal])).tolist():
            wire = timing.arrival[sink, edge] - timing.arrival[terminal, edge]
            for rest, delay in paths_from(graph, timing, (sink, edge), ends):
                yield [step, *rest], wire + delay
        return
    for arc, (start, out, before, after, *_) in enumerate(graph.arcs.T.tolist()):
        if (start, before) == step:
            own = timing.arc_arrival[arc] - timing.arrival[step]
            for rest, delay in paths_from(graph, timing, (out, after), ends):
                yield [step, *rest], own + delay


def enumerated(graph: Graph, timing: Timing) -> np.ndarray:
    """Slack of the worst path through each terminal that begins there with its latest arrival."""
    required: dict[Step, float] = {}
    for terminal, edge, needed in zip(*timing.endpoints.tolist(), timing.required.tolist(), strict=True):
        required[terminal, edge] = min(needed, required.get((terminal, edge), np.inf))
    slack = np.full(timing.arrival.shape, np.inf)
    for terminal, edge in np.argwhere(np.isfinite(timing.arrival)).tolist():
        for path, delay in paths_from(graph, timing, (terminal, edge), set(required)):
            left = required[path[-1]] - delay - timing.arrival[terminal, edge]
            slack[terminal, edge] = min(slack[terminal, edge], left)
    return slack


def test_slacks_are_those_of_the_worst_paths(graph_of, tiny):
    # Two flip-flops and a port, reconvergent inverters, an input port and a dead end.
    cells = [
        ("DFF", {"CK": "clk", "D": "n5", "Q": "n1"}),
        ("DFF", {"CK": "clk", "D": "n3", "Q": "n4"}),
        ("INV", {"A": "n1", "Z": "n2"}),
        ("INV", {"A": "n2", "Z": "n3"}),
        ("INV", {"A": "n3", "Z": "y"}),
        ("INV", {"A": "a", "Z": "n5"}),
        ("INV", {"A": "n4", "Z": "n6"}),
    ]
    graph = graph_of(cells, ["clk", "a"], ["y"])
    timing = analyze(graph, extract(graph, tiny), tiny, Constraints(3e-10, 2e-11, 3e-11))
    found, wanted = slacks(graph, timing), enumerated(graph, timing)
    clock = graph.net == graph.clock
    np.testing.assert_allclose(found[~clock], wanted[~clock], rtol=1e-12, atol=1e-22)
    assert np.isinf(found[np.flatnonzero(graph.net == graph.netlist.nets.index("n6"))]).all()
    assert found[~clock].min() == pytest.approx(timing.worst_slack_s)


def test_slack_on_a_path_by_hand(graph_of, tiny):
    # a -> INV -> INV -> y (port 4 fF). Rising a: 100; falling n: 10 + 1*2 = 12; rising y: 20 + 2*4 = 28.
    graph = graph_of([("INV", {"A": "a", "Z": "n"}), ("INV", {"A": "n", "Z": "y"})], ["clk", "a"], ["y"])
    timing = analyze(graph, extract(graph, tiny), tiny, Constraints(1e-9, 1e-10, 2e-10))
    rising = [graph.name(terminal) for terminal in range(len(graph.net))]
    found = dict(zip(rising, slacks(graph, timing).tolist(), strict=True))
    assert found["u0/A"][0] == pytest.approx((1000 - 200 - 100 - 12 - 28) * 1e-12)
    # Falling a: rising n: 20 + 2*3 = 26, falling y: 10 + 1*4 = 14.
    assert found["u0/A"][1] == pytest.approx((1000 - 200 - 100 - 26 - 14) * 1e-12)
    assert found["u1/A"][1] == found["u0/A"][0]
