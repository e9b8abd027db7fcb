"""Power against a netlist worked out by hand on the tiny library."""

import pytest

from accel_core.physical.graph import energy_weight
from accel_core.physical.parasitics import extract
from accel_core.physical.power import estimate_power
from accel_core.physical.timing import Constraints, analyze

PERIOD_S = 1e-9


@pytest.fixture
def design(graph_of, tiny):
    graph = graph_of(
        [
            ("DFF", {"CK": "clk", "D": "n1", "Q": "q"}),
            ("INV", {"A": "q", "Z": "n1"}),
            ("LOW", {"Z": "y"}),
        ],
        ["clk"],
        ["y"],
    )
    wires = extract(graph, tiny)
    return graph, wires, analyze(graph, wires, tiny, Constraints(PERIOD_S))


def test_each_part_by_hand(design, tiny):
    graph, wires, timing = design
    power = estimate_power(graph, wires, timing, tiny, PERIOD_S, 0.1)
    rate = 0.1 / PERIOD_S
    # Switching: 1/2 C V^2 * rate; q loads 3 fF, n1 loads 2 fF.
    assert power.switching == pytest.approx([0.5 * 3e-15 * rate, 0.5 * 2e-15 * rate, 0.0])
    # Flip-flop: D has 8 fJ when !CK & Q (one in four); CK has 1 + 2 fJ, twice a period. INV: 4 + 2 fJ.
    assert power.internal == pytest.approx([0.25 * 8e-15 * rate + 3e-15 * 2 / PERIOD_S, 6e-15 * rate, 0.0])
    assert power.leakage == pytest.approx([15e-9, 5e-9, 0.0])
    assert power.total_w == pytest.approx(sum(power.switching) + sum(power.internal) + 20e-9)


def test_activity_scales_all_but_clock_and_leakage(design, tiny):
    graph, wires, timing = design
    idle, slow, fast = (estimate_power(graph, wires, timing, tiny, PERIOD_S, a) for a in (0.0, 0.1, 0.4))
    assert idle.switching.sum() == 0.0
    assert idle.internal == pytest.approx([3e-15 * 2 / PERIOD_S, 0.0, 0.0])
    assert fast.switching == pytest.approx(4 * slow.switching)
    assert fast.internal - idle.internal == pytest.approx(4 * (slow.internal - idle.internal))


@pytest.mark.parametrize(
    ("function", "related", "weight"),
    [
        ("!A", "A", 1.0),  # A change of A always comes through.
        ("A & B", "A", 0.5),  # Only while B is high.
        ("(A & B) & C", "C", 0.25),
        ("(A & B) & C", "A", 0.5),  # Not at the outermost operator: OpenSTA takes one half.
        ("A | B", "B", 0.5),
        ("A ^ B", "A", 0.5),
    ],
)
def test_weight_of_unconditional_energy(tiny, function, related, weight):
    cell = tiny.library.cells["INV"]
    pins = dict.fromkeys("ABC", cell.pins["A"]) | {"Z": cell.pins["Z"]}
    changed = type(cell)(cell.name, cell.area_um2, cell.leakage_w, False, False, pins, functions={"Z": function})
    assert energy_weight(changed, ("Z", related, 0, 0, "")) == weight
