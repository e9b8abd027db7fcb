"""Which cells stand in for one another."""

import pytest

from accel_core.physical.repair.families import make_families


def names(families, cell):
    return [families.cells[number].name for number in families.members[families.number[cell]]]


def test_sizes_of_one_function_are_a_family(nangate):
    families = make_families(nangate, ["NAND2_X2", "DFF_X1", "AOI21_X1", "OAI21_X1"])
    assert names(families, "NAND2_X2") == ["NAND2_X1", "NAND2_X2", "NAND2_X4"]
    assert names(families, "DFF_X1") == ["DFF_X1", "DFF_X2"]
    assert names(families, "AOI21_X1") == ["AOI21_X1", "AOI21_X2", "AOI21_X4"]
    assert names(families, "BUF_X1") == [f"BUF_X{size}" for size in (1, 2, 4, 8, 16, 32)]


def test_forbidden_cells_stay_but_stand_in_for_nothing(nangate):
    families = make_families(nangate, ["CLKBUF_X1", "LOGIC0_X1"])
    assert "CLKBUF_X1" in names(families, "CLKBUF_X1")
    assert "CLKBUF_X1" not in names(families, "BUF_X1")
    assert names(families, "LOGIC0_X1") == ["LOGIC0_X1"]


def test_limits_come_from_the_library(sized, nangate):
    cell = sized.library.cells["INV2"]
    assert cell.pins["Z"].max_capacitance_f == pytest.approx(60e-15)
    assert cell.pins["Z"].max_transition_s == pytest.approx(0.2e-9) == cell.pins["A"].max_transition_s
    assert cell.pins["A"].max_capacitance_f is None is cell.pins["Z"].max_fanout
    assert nangate.library.cells["INV_X1"].pins["ZN"].max_capacitance_f == pytest.approx(60.73e-15)
    assert nangate.library.cells["LOGIC0_X1"].dont_use
    assert not nangate.library.cells["INV_X1"].dont_use
