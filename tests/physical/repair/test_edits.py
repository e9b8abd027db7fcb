"""Buffers and sizes change nets, never the logic."""

import numpy as np

from accel_core.physical.repair.clusters import bisect
from accel_core.physical.repair.edits import Edits
from accel_core.physical.repair.strip import without_buffers
from accel_core.physical.technology import Helper
from tests.physical.conftest import netlist_of
from tests.physical.repair.designs import logic_of, spread

BUFFER = Helper("BUF1", "Z", "A")


def fan(cells=(), outputs=("y",)):
    """One inverter that drives the port y, two inverters, and what is asked for."""
    return netlist_of(
        [("INV1", {"A": "a", "Z": "y"}), ("INV1", {"A": "y", "Z": "p"}), ("INV1", {"A": "y", "Z": "q"}), *cells],
        ["clk", "a"],
        list(outputs),
    )


def test_buffer_before_two_pins(sized):
    netlist = fan()
    edits = Edits(netlist, spread(netlist, sized)[1])
    net = netlist.nets.index("y")
    before, entry = edits.add_buffer(net, (0, "Z"), [(1, "A"), (2, "A")], [(-1, "y")], BUFFER, (500, 2000))
    after = edits.result()
    assert (before, entry) == (net, (3, "A"))
    assert after.instances[3].pins == {"A": net, "Z": len(netlist.nets)}
    assert [after.instances[index].pins["A"] for index in (1, 2)] == [len(netlist.nets)] * 2
    assert edits.places()[0][3] == 500
    assert logic_of(after, sized) == logic_of(netlist, sized)


def test_port_keeps_its_name_behind_a_buffer(sized):
    netlist = fan()
    edits = Edits(netlist, spread(netlist, sized)[1])
    net = netlist.nets.index("y")
    before, _ = edits.add_buffer(net, (0, "Z"), [(-1, "y"), (1, "A")], [(2, "A")], BUFFER, (0, 0))
    after = edits.result()
    assert before == len(netlist.nets)
    assert after.instances[0].pins["Z"] == before == after.instances[2].pins["A"] == after.instances[3].pins["A"]
    assert after.instances[3].pins["Z"] == net == after.instances[1].pins["A"]
    assert logic_of(after, sized) == logic_of(netlist, sized)
    assert "assign" not in after.to_verilog()


def test_new_names_are_free(sized):
    cells = [("INV1", {"A": "y", "Z": "buf0"}), ("INV1", {"A": "y", "Z": "buf1[2]"})]
    netlist = fan(cells)
    edits = Edits(netlist, spread(netlist, sized)[1])
    edits.add_buffer(netlist.nets.index("y"), (0, "Z"), [(1, "A")], [], BUFFER, (0, 0))
    after = edits.result()
    assert after.nets[-1] == "buf2"
    assert len(set(after.nets)) == len(after.nets)


def test_given_netlist_is_left_alone(sized):
    netlist = fan()
    plain = netlist.to_plain()
    edits = Edits(netlist, spread(netlist, sized)[1])
    edits.add_buffer(netlist.nets.index("y"), (0, "Z"), [(1, "A")], [], BUFFER, (0, 0))
    edits.resize([0], ["INV4"])
    assert edits.result().instances[0].cell == "INV4"
    assert netlist.to_plain() == plain


def test_buffers_go_but_those_of_ports_stay(sized):
    netlist = netlist_of(
        [
            ("BUF1", {"A": "a", "Z": "m"}),
            ("BUF1", {"A": "m", "Z": "n"}),
            ("INV1", {"A": "n", "Z": "x"}),
            ("BUF2", {"A": "x", "Z": "y"}),
        ],
        ["clk", "a"],
        ["x", "y"],
    )
    bare, placement = without_buffers(netlist, spread(netlist, sized, 3.0)[1], sized.library.cells)
    assert [cell.cell for cell in bare.instances] == ["INV1", "BUF2"]
    assert bare.nets == ("clk", "a", "x", "y")
    assert placement.x.tolist() == [6000, 9000]
    assert placement.pin_x.tolist() == [6.0, 6.0, 9.0, 9.0]
    assert logic_of(bare, sized) == logic_of(netlist, sized)


def test_groups_are_alike_and_apart():
    rng = np.random.default_rng(1)
    xy, load = rng.random((200, 2)), rng.uniform(1.0, 2.0, 200)
    groups = bisect(xy, load, 7)
    assert sorted(np.concatenate(groups).tolist()) == list(range(200))
    sums = [load[group].sum() for group in groups]
    assert max(sums) < 1.25 * min(sums)
    boxes = [(xy[group].min(axis=0), xy[group].max(axis=0)) for group in groups]
    for index, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[:index]:
            assert (high < other_low).any() or (other_high < low).any()


def test_no_more_groups_than_points():
    groups = bisect(np.zeros((3, 2)), np.array([5.0, 1.0, 1.0]), 9)
    assert sorted(group.tolist() for group in groups) == [[0], [1], [2]]
