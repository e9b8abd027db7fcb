"""What memories draw, by hand: an access costs its energy, an idle cycle nothing, leakage always."""

import numpy as np
import pytest

from accel_core.errors import ToolFailedError
from accel_core.physical.accesses import accesses_by_instance
from accel_core.physical.activity import Activity
from accel_core.physical.graph import connect
from accel_core.physical.memories import access_shares, compile_memory
from accel_core.physical.memories.ports import bits_of, pins_of
from accel_core.physical.parasitics import extract
from accel_core.physical.power import GROUPS, estimate_power
from accel_core.physical.timing import Constraints, analyze
from tests.physical.conftest import netlist_of

PERIOD_S = 2e-9
ONE, TWO = compile_memory(64, 32), compile_memory(32, 16, "1R1W")


def graph_of(memory, technology):
    """A memory alone; all bits of a bus are on one net, which is a port like the enables."""
    pins, inputs, outputs = {}, [], []
    for pin in pins_of(memory.size):
        bits = bits_of(pin)
        names = [pin.name] * len(bits) if pin.is_input else [f"q{bit}" for bit in range(len(bits))]
        pins |= dict(zip(bits, names, strict=True))
        (inputs if pin.is_input else outputs).extend(dict.fromkeys(names))
    return connect(netlist_of([(memory.name, pins)], inputs, outputs), technology)


def internal_w(memory, technology, duties, toggling=(), conditions="true", accesses=None):
    """Internal power, with these duties of inputs; only the clock and ``toggling`` change, ten times a period."""
    graph = graph_of(memory, technology)
    names = list(graph.netlist.nets)
    density = np.array([2.0 if name == "clk" else 10.0 * (name in toggling) for name in names]) / PERIOD_S
    activity = Activity(density, np.array([duties.get(name, 0.5) for name in names]), "test", accesses=accesses or {})
    parasitics = extract(graph, technology)
    timing = analyze(graph, parasitics, technology, Constraints(PERIOD_S))
    power = estimate_power(graph, parasitics, timing, technology, activity, conditions)
    assert power.parts_w("macro") == power.parts_w()
    assert power.group.tolist() == [GROUPS.index("macro")]
    assert power.leakage[0] == pytest.approx(memory.leakage_w)
    return power.internal[0]


@pytest.mark.parametrize("conditions", ["true", "independent"])
@pytest.mark.parametrize(
    ("enable", "write", "energy_j"),
    [
        (0.0, 0.5, 0.0),
        (1.0, 1.0, 795.762e-15),
        (1.0, 0.0, 752.99e-15),
        (0.5, 1.0, 0.5 * 795.762e-15),
        (0.4, 0.25, 0.1 * 795.762e-15 + 0.3 * 752.99e-15),
    ],
)
def test_one_port_costs_what_its_accesses_cost(with_srams, conditions, enable, write, energy_j):
    duties = {"ce_in": enable, "we_in": write}
    drawn = internal_w(ONE, with_srams, duties, ("addr_in", "wd_in", "we_in"), conditions)
    assert drawn == pytest.approx(energy_j / PERIOD_S, rel=1e-6)


@pytest.mark.parametrize(("write", "read"), [(0.0, 0.0), (1.0, 1.0), (0.3, 0.0), (0.25, 0.6)])
def test_two_ports_cost_what_both_cost(with_srams, write, read):
    energy_j = write * TWO.write_energy_j + read * TWO.read_energy_j
    drawn = internal_w(TWO, with_srams, {"we_in": write, "re_in": read}, ("r_addr_in", "wd_in"))
    assert drawn == pytest.approx(energy_j / PERIOD_S, rel=1e-6)


def test_stated_accesses_overrule_the_activity(with_srams):
    netlist = graph_of(ONE, with_srams).netlist
    path = netlist.instances[0].alias
    stated = accesses_by_instance({path: access_shares("1RW", 0.7, 0.1)}, netlist, with_srams)
    energy_j = 0.7 * ONE.read_energy_j + 0.1 * ONE.write_energy_j
    for duties in ({}, {"ce_in": 0.0, "we_in": 0.0}, {"ce_in": 1.0}):
        drawn = internal_w(ONE, with_srams, duties, accesses=stated)
        assert drawn == pytest.approx(energy_j / PERIOD_S, rel=1e-6)
    two = graph_of(TWO, with_srams).netlist
    stated = accesses_by_instance({path: access_shares("1R1W", 0.7, 0.6)}, two, with_srams)
    energy_j = 0.7 * TWO.read_energy_j + 0.6 * TWO.write_energy_j
    assert internal_w(TWO, with_srams, {}, accesses=stated) == pytest.approx(energy_j / PERIOD_S, rel=1e-6)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"core.none": {"ce_in": 1.0}}, "power: accesses: there is no memory core.none; allowed: "),
        ({"": {"en": 1.0}}, "sram_64x32_1rw has no pin en"),
        ({"": {"ce_in": 0.8, "!ce_in": 0.4}}, "allowed: from 0, up to 1 in all"),
        ({"": {"ce_in &": 0.8}}, "Liberty, expression"),
    ],
)
def test_accesses_that_cannot_be_are_told(with_srams, stated, message):
    with pytest.raises(ToolFailedError, match=message):
        accesses_by_instance(stated, graph_of(ONE, with_srams).netlist, with_srams)
