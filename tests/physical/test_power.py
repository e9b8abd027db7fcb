"""Power against netlists worked out by hand on small libraries."""

from dataclasses import replace

import numpy as np
import pytest

from accel_core.physical.activity import Activity, global_activity, literals
from accel_core.physical.graph import connect
from accel_core.physical.liberty_reader import parse_library
from accel_core.physical.parasitics import extract
from accel_core.physical.power import GROUPS, estimate_power
from accel_core.physical.timing import Constraints, analyze
from tests.physical.conftest import netlist_of

PERIOD_S = 1e-9
FJ = 1e-15

# Energies in fJ, leakage in nW; every delay is 10 ps.
HEAD = """
library (small) {
  time_unit : "1ns"; voltage_unit : "1V"; leakage_power_unit : "1nW"; capacitive_load_unit (1, ff);
"""
ARC = 'timing () {{ related_pin : "{}"; timing_sense : {}; cell_rise (scalar) {{ values ("0.01"); }} \
rise_transition (scalar) {{ values ("0.01"); }} cell_fall (scalar) {{ values ("0.01"); }} \
fall_transition (scalar) {{ values ("0.01"); }} }}'
CLOCKED = ARC.replace("timing_sense", "timing_type : rising_edge; timing_sense")


def energy(value, related="", when="", extra=""):
    """An ``internal_power`` group that costs ``value`` rising and nothing falling."""
    related = f'related_pin : "{related}";' if related else ""
    when = f'when : "{when}";' if when else ""
    return f'internal_power () {{ {related} {when} {extra} rise_power (scalar) {{ values ("{value}"); }} }}'


def leakage(value, when="", pin=""):
    when = f'when : "{when}";' if when else ""
    return f"leakage_power () {{ value : {value}; {when} {f'related_pg_pin : {pin};' if pin else ''} }}"


def gate(name, function, inputs, inside=""):
    arcs = " ".join(ARC.format(pin, "non_unate") for pin in inputs)
    pins = " ".join(f"pin ({pin}) {{ direction : input; capacitance : 1; }}" for pin in inputs)
    return f'cell ({name}) {{ {pins} pin (Z) {{ direction : output; function : "{function}"; {arcs} {inside} }} %s }}'


FLOP = f"""cell (FF) {{ ff (IQ, IQN) {{ next_state : "D"; clocked_on : "CK"; }} %s
  pin (D) {{ direction : input; capacitance : 1;
    timing () {{ related_pin : "CK"; timing_type : setup_rising; rise_constraint (scalar) {{ values ("0.01"); }}
      fall_constraint (scalar) {{ values ("0.01"); }} }} }}
  pin (CK) {{ direction : input; clock : true; capacitance : 1; %s }}
  pin (Q) {{ direction : output; function : "IQ"; {CLOCKED.format("CK", "non_unate")} }}
  pin (QN) {{ direction : output; function : "IQN"; {CLOCKED.format("CK", "non_unate")} }} }}"""
BUFFERS = gate("INV", "!A", "A") % "" + gate("BUF", "A", "A") % ""


@pytest.fixture
def power_of(tiny):
    """Builds a netlist of made-up cells and returns its power at an activity."""

    def build(cells, instances, inputs, outputs, conditions="true", activity=0.1, density=None):
        technology = replace(tiny, library=parse_library(HEAD + cells + "}"), output_load_f=0.0)
        graph = connect(netlist_of(instances, ["clk", *inputs], outputs), technology)
        wires = extract(graph, technology)
        timing = analyze(graph, wires, technology, Constraints(PERIOD_S))
        if density is None:
            toggles = global_activity(graph, technology, activity, PERIOD_S, conditions)
        else:
            rate, duty = zip(*(density.get(net, (0.0, 0.5)) for net in graph.netlist.nets), strict=True)
            toggles = Activity(np.array(rate) / PERIOD_S, np.array(duty), "made up")
        return estimate_power(graph, wires, timing, technology, toggles, conditions)

    return build


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


def estimate(design, tiny, activity, conditions="true"):
    graph, wires, timing = design
    toggles = global_activity(graph, tiny, activity, PERIOD_S, conditions)
    return estimate_power(graph, wires, timing, tiny, toggles, conditions)


def test_each_part_by_hand(design, tiny):
    power = estimate(design, tiny, 0.1)
    rate = 0.1 / PERIOD_S
    # Switching: 1/2 C V^2 * rate; q loads 3 fF, n1 loads 2 fF; y is constant.
    assert power.switching == pytest.approx([0.5 * 3e-15 * rate, 0.5 * 2e-15 * rate, 0.0])
    # D has (8 + 0) / 2 fJ when !CK & Q (one in four); CK has (1 + 2) / 2 fJ, twice a period. INV: (4 + 2) / 2 fJ.
    assert power.internal == pytest.approx([0.25 * 4 * FJ * rate + 1.5 * FJ * 2 / PERIOD_S, 3 * FJ * rate, 0.0])
    assert power.leakage == pytest.approx([15e-9, 5e-9, 0.0])
    assert power.total_w == pytest.approx(sum(power.switching) + sum(power.internal) + 20e-9)


def test_groups_add_up(design, tiny):
    power = estimate(design, tiny, 0.1)
    assert [GROUPS[group] for group in power.group] == ["sequential", "combinational", "combinational"]
    assert power.parts_w("sequential")["leakage"] == pytest.approx(15e-9)
    for part, watts in power.parts_w().items():
        assert watts == pytest.approx(sum(power.parts_w(group)[part] for group in GROUPS))


def test_switching_grows_with_the_square_of_the_supply(design, tiny):
    doubled = estimate(design, replace(tiny, supply_v=2.0), 0.1)
    assert doubled.switching == pytest.approx(4 * estimate(design, tiny, 0.1).switching)


def test_activity_scales_all_but_clock_and_leakage(design, tiny):
    idle, slow, fast = (estimate(design, tiny, activity) for activity in (0.0, 0.1, 0.4))
    assert idle.switching.sum() == 0.0
    assert idle.internal == pytest.approx([1.5 * FJ * 2 / PERIOD_S, 0.0, 0.0])
    assert fast.switching == pytest.approx(4 * slow.switching)
    assert fast.internal - idle.internal == pytest.approx(4 * (slow.internal - idle.internal))


def test_constants_do_not_toggle_but_in_opensta(design, tiny):
    graph, wires, _ = design
    load = wires.load[list(graph.netlist.nets).index("y")].max()
    assert load > 0
    assert estimate(design, tiny, 0.1, "independent").switching[2] == pytest.approx(0.5 * load * 0.1 / PERIOD_S)


@pytest.mark.parametrize(("conditions", "share"), [("true", 1.0), ("independent", 0.5)])
def test_both_outputs_of_a_flip_flop_are_complements(power_of, conditions, share):
    # The clock pin costs 4 / 2 fJ in each of the four states that exist; as if independent, half of the time.
    states = ("D & Q & !QN", "D & !Q & QN", "!D & Q & !QN", "!D & !Q & QN")
    cells = FLOP % ("", " ".join(energy(4, when=when) for when in states))
    flop = ("FF", {"CK": "clk", "D": "d", "Q": "q"})
    power = power_of(cells, [flop], ["d"], ["q"], conditions)
    assert power.internal == pytest.approx([share * 2 * FJ * 2 / PERIOD_S])


def test_inputs_on_one_net_or_its_complement_change_together(power_of):
    states = {"A & B": 1, "A & !B": 2, "!A & B": 4, "!A & !B": 8}
    cells = BUFFERS + gate("AND", "A & B", "AB") % " ".join(leakage(value, when) for when, value in states.items())
    instances = [
        ("AND", {"A": "a", "B": "b", "Z": "y0"}),
        ("AND", {"A": "a", "B": "a", "Z": "y1"}),
        ("INV", {"A": "a", "Z": "n"}),
        ("BUF", {"A": "n", "Z": "m"}),
        ("AND", {"A": "m", "B": "a", "Z": "y2"}),
    ]
    outputs = ["y0", "y1", "y2"]
    power = power_of(cells, instances, ["a", "b"], outputs)
    assert power.leakage[[0, 1, 4]] == pytest.approx([15e-9 / 4, 9e-9 / 2, 6e-9 / 2])
    power = power_of(cells, instances, ["a", "b"], outputs, "independent")
    assert power.leakage[[0, 1, 4]] == pytest.approx([15e-9 / 4] * 3)
    # High for 3/4 of the time: both as one net, and one against its complement.
    power = power_of(cells, instances, ["a", "b"], outputs, density={"a": (1.0, 0.75), "b": (1.0, 0.5)})
    # a, b: 3/8 A & B, 3/8 A & !B, 1/8 each of the others. m is low while a is high: !A & B three times in four.
    free = (3 * 1 + 3 * 2 + 4 + 8) * 1e-9 / 8
    assert power.leakage[[0, 1, 4]] == pytest.approx([free, (3 * 1 + 8) * 1e-9 / 4, (3 * 4 + 2) * 1e-9 / 4])


def test_outputs_follow_from_inputs(power_of):
    cells = gate("AND", "A & B", "AB") % (leakage(1, "Z") + leakage(2, "!Z"))
    power = power_of(cells, [("AND", {"A": "a", "B": "b", "Z": "y"})], ["a", "b"], ["y"])
    assert power.leakage == pytest.approx([1e-9 / 4 + 2e-9 * 3 / 4])


def test_leakage_is_summed_over_power_pins_and_left_to_unlisted_states(power_of):
    pins = "pg_pin (VDD) { pg_type : primary_power; } pg_pin (VB) { pg_type : primary_power; } "
    pins += "pg_pin (VSS) { pg_type : primary_ground; }"
    rows = [leakage(8, "A", "VDD"), leakage(2, "", "VDD"), leakage(16, "", "VB"), leakage(99, "", "VSS")]
    cells = gate("BUF", "A", "A") % (pins + " ".join(rows))
    instance = [("BUF", {"A": "a", "Z": "y"})]
    assert power_of(cells, instance, ["a"], ["y"]).leakage == pytest.approx([8e-9 / 2 + 2e-9 / 2 + 16e-9])
    # OpenSTA leaves the value without a condition out where there are conditions.
    assert power_of(cells, instance, ["a"], ["y"], "independent").leakage == pytest.approx([8e-9 / 2 + 16e-9])
    cells = gate("BUF", "A", "A") % ("cell_leakage_power : 4; " + leakage(8, "A"))
    for conditions in ("true", "independent"):
        assert power_of(cells, instance, ["a"], ["y"], conditions).leakage == pytest.approx([8e-9 / 2 + 4e-9 / 2])


def test_output_energy_is_shared_by_the_transitions_that_pass(power_of):
    # Z = A | (B & C): a change of A passes 3/4 of the time, one of B half of the time A is low and C high: 1/4.
    inside = energy(10, "A") + energy(20, "B") + energy(40, "C")
    cells = gate("OA", "A | (B & C)", "ABC", inside) % ""
    instance = [("OA", {"A": "a", "B": "b", "C": "c", "Z": "y"})]
    density = {"a": (0.2, 0.5), "b": (0.4, 0.5), "c": (0.0, 0.5), "y": (0.3, 0.5)}
    power = power_of(cells, instance, "abc", ["y"], density=density)
    shares = 0.2 * 0.75, 0.4 * 0.25, 0.0
    mean = sum(e / 2 * share for e, share in zip((10, 20, 40), shares, strict=True)) / sum(shares)
    assert power.internal == pytest.approx([mean * FJ * 0.3 / PERIOD_S])


def test_output_energy_of_a_condition_counts_while_it_holds(power_of):
    # Z = A ^ B: with B low (3/4 of the time) 10 fJ, with B high 30 fJ, rising only.
    inside = energy(10, "A", "!B") + energy(30, "A", "B") + energy(0, "B")
    cells = gate("XOR", "A ^ B", "AB", inside) % ""
    instance = [("XOR", {"A": "a", "B": "b", "Z": "y"})]
    density = {"a": (0.2, 0.5), "b": (0.0, 0.25), "y": (0.2, 0.5)}
    power = power_of(cells, instance, "ab", ["y"], density=density)
    assert power.internal == pytest.approx([(0.75 * 5 + 0.25 * 15) * FJ * 0.2 / PERIOD_S])


def test_each_power_pin_pays_its_own_output_energy(power_of):
    inside = energy(10, "A", extra="related_pg_pin : VDD;") + energy(6, "A", extra="related_pg_pin : VB;")
    cells = gate("BUF", "A", "A", inside) % ""
    power = power_of(cells, [("BUF", {"A": "a", "Z": "y"})], ["a"], ["y"])
    assert power.internal == pytest.approx([(5 + 3) * FJ * 0.1 / PERIOD_S])


def test_energy_without_a_condition_is_for_the_states_that_are_left(power_of):
    cells = FLOP % ("", energy(4, when="D") + energy(2))
    flop = ("FF", {"CK": "clk", "D": "d", "Q": "q"})
    power = power_of(cells, [flop], ["d"], ["q"])
    assert power.internal == pytest.approx([(4 / 4 + 2 / 4) * FJ * 2 / PERIOD_S])
    power = power_of(cells, [flop], ["d"], ["q"], "independent")
    assert power.internal == pytest.approx([(4 / 4 + 2 / 2) * FJ * 2 / PERIOD_S])


def test_a_clear_holds_the_state_low(power_of):
    states = {"!RN & Q": 1, "!RN & !Q": 2, "RN & Q": 4, "RN & !Q": 8}
    cells = FLOP % (" ".join(leakage(value, when) for when, value in states.items()), "")
    cells = cells.replace('"CK"; }', '"CK"; clear : "!RN"; }', 1)
    cells = cells.replace("pin (D)", "pin (RN) { direction : input; } pin (D)")
    flop = ("FF", {"CK": "clk", "D": "d", "Q": "q", "RN": "r"})
    assert power_of(cells, [flop], ["d", "r"], ["q"]).leakage == pytest.approx([(2 * 2 + 4 + 8) * 1e-9 / 4])


def test_open_output_of_a_flip_flop_toggles_like_the_other(power_of):
    cells = (FLOP % ("", "")).replace('function : "IQN";', 'function : "IQN"; ' + energy(10, "CK"))
    flop = ("FF", {"CK": "clk", "D": "d", "Q": "q"})
    power = power_of(cells, [flop], ["d"], ["q"], density={"clk": (2.0, 0.5), "q": (0.3, 0.2)})
    assert power.internal == pytest.approx([5 * FJ * 0.3 / PERIOD_S])


def test_nets_are_followed_through_inverters_and_flip_flops(tiny):
    library = parse_library(HEAD + BUFFERS + FLOP % ("", "") + "}")
    technology = replace(tiny, library=library)
    instances = [
        ("FF", {"CK": "clk", "D": "b", "Q": "q", "QN": "p"}),
        ("INV", {"A": "p", "Z": "a"}),
        ("INV", {"A": "a", "Z": "b"}),
    ]
    graph = connect(netlist_of(instances, ["clk"], []), technology)
    root, flips = literals(graph, technology)
    names = graph.netlist.nets
    found = {name: (names[root[net]], bool(flips[net])) for net, name in enumerate(names)}
    assert found == {"clk": ("clk", False), "q": ("q", False), "p": ("q", True), "a": ("q", False), "b": ("q", True)}
