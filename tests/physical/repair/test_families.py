"""Which cells stand in for one another."""

import re

import numpy as np
import pytest

from accel_core.physical.repair.families import make_families
from accel_core.physical.repair.strengths import measure_strengths
from accel_core.physical.technology import load_technology
from tests.physical.conftest import YAML
from tests.physical.repair.conftest import sized_lef, sized_liberty


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


def test_a_limit_that_no_load_keeps_is_none(tmp_path):
    # As in a file of picofarads that states one limit in farads.
    text = sized_liberty().replace("max_capacitance : 60", "max_capacitance : 6e-14")
    assert text != sized_liberty()
    (tmp_path / "tiny.lib").write_text(text)
    (tmp_path / "tiny.lef").write_text(sized_lef())
    (tmp_path / "sized.yaml").write_text(YAML.replace("BUF,", "BUF1,"))
    families = make_families(load_technology(tmp_path / "sized.yaml"), ["INV1"])
    limits = families.max_cap[families.number["INV2"]]
    assert np.isinf(limits).all()
    assert np.isfinite(families.max_cap[families.number["INV1"]]).any()


def test_delay_cells_are_no_buffers_for_trees(sized, tmp_path):
    # The same cell with ten times the delay is a buffer by its function alone.
    text = sized_liberty()
    cell = re.search(r"  cell \(BUF2\) \{.*?\n  \}\n", text, re.DOTALL)[0]
    slow = re.sub(r"0\.02, 0\.22", "0.20, 0.40", cell.replace("BUF2", "LATE2"))
    (tmp_path / "tiny.lib").write_text(text.replace(cell, cell + slow))
    (tmp_path / "tiny.lef").write_text(sized_lef().replace("MACRO BUF1", _LATE_MACRO + "MACRO BUF1"))
    (tmp_path / "sized.yaml").write_text(YAML.replace("BUF,", "BUF1,"))
    technology = load_technology(tmp_path / "sized.yaml")
    families = make_families(technology, ["INV1"])
    assert "LATE2" in names(families, "BUF1")
    assert [helper.cell for helper in measure_strengths(families, technology).helpers] == ["BUF1", "BUF2", "BUF4"]


def test_kit_with_one_buffer_and_without_its_delays(tiny):
    families = make_families(tiny, ["INV"])
    strengths = measure_strengths(families, tiny)
    assert [helper.cell for helper in strengths.helpers] == ["BUF"]
    assert 0.0 < strengths.root_f(families.number["INV"]) <= strengths.best_f[0]


def test_best_load_of_a_buffer_by_hand(sized):
    # (20 + 4 g) / ln g is least where g (ln g - 1) = 5: g = 6.14 (the grid is 9 % wide). The same for all sizes.
    strengths = measure_strengths(make_families(sized, ["INV1", "DFF2"]), sized)
    gains = strengths.best_f / strengths.input_f
    assert np.allclose(gains, 6.14, rtol=0.05)
    # A tree is made of BUF4 (20 fF at 1 ps for each fF); the strongest inverter and flip-flop are as strong.
    assert strengths.helpers[strengths.chosen].cell == "BUF4"
    families = make_families(sized, ["INV1", "DFF2"])
    assert strengths.root_f(families.number["INV1"]) == pytest.approx(strengths.best_f[2])


_LATE_MACRO = """MACRO LATE2
  SITE unit ;
  SIZE 1.5 BY 2.0 ;
  PIN A
    PORT
      RECT 0.0 0.5 0.5 1.5 ;
    END
  END A
  PIN Z
    PORT
      RECT 0.0 0.5 0.5 1.5 ;
    END
  END Z
END LATE2
"""
