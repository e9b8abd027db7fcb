"""Several Liberty files as one library, gzip, the bits of buses, and what is kept of power."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from accel_core.errors import InvalidInputError
from accel_core.physical.liberty import Energy, Leakage, State
from accel_core.physical.liberty_files import load_library
from accel_core.physical.liberty_reader import parse_library

KITS = Path(__file__).resolve().parents[3] / "shared" / "kits"

HEAD = """
library ({name}) {{
  time_unit : "1ps"; voltage_unit : "1V"; leakage_power_unit : "1pW"; capacitive_load_unit (1, pf);
  voltage_map (VDD, 0.8); voltage_map (VARRAY, 1.5); voltage_map (VSS, 0.0);
  slew_lower_threshold_pct_rise : {low}; slew_upper_threshold_pct_rise : {high}; slew_derate_from_library : {derate};
  lu_table_template (delay) {{ variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1 ("0.0, 10.0"); index_2 ("0.0, 1.0"); }}
"""
MACRO = """
  type (word) { base_type : array; bit_from : 1; bit_to : 0; }
  cell (RAM) { memory () { type : ram; }
    pg_pin (VDD) { pg_type : primary_power; voltage_name : "VDD"; }
    pg_pin (VARRAY) { pg_type : primary_power; voltage_name : VARRAY; }
    pg_pin (VSS) { pg_type : primary_ground; voltage_name : VSS; }
    leakage_power () { value : 5; related_pg_pin : VDD; when : "EN"; }
    leakage_power () { value : 7; related_pg_pin : VDD; when : "!EN"; }
    leakage_power () { value : 11; related_pg_pin : VARRAY; }
    leakage_power () { value : 99; related_pg_pin : VSS; }
    pin (CK) { direction : input; clock : true; related_power_pin : VARRAY; }
    pin (EN) { direction : input; }
    bus (A) { bus_type : word; direction : input; capacitance : 2.0;
      pin (A[0]) { capacitance : 3.0; }
      pin (A[1:0]) { internal_power () { when : "EN"; power (scalar) { values ("4"); } } }
      timing () { related_pin : "CK"; timing_type : setup_rising;
        rise_constraint (scalar) { values ("20"); } fall_constraint (scalar) { values ("30"); } } }
    bus (Q) { bus_type : word; direction : output;
      timing () { related_pin : "A"; timing_sense : negative_unate;
        cell_rise (delay) { values ("1, 2", "3, 4"); } rise_transition (delay) { values ("10, 20", "30, 40"); }
        cell_fall (delay) { values ("1, 2", "3, 4"); } fall_transition (delay) { values ("10, 20", "30, 40"); } }
      internal_power () { related_pin : "A CK"; related_pg_pin : VARRAY; rise_power (scalar) { values ("6"); } } }
  }
}
"""


def head(name, low=20, high=80, derate=1.0):
    return HEAD.format(name=name, low=low, high=high, derate=derate)


@pytest.fixture
def ram():
    library = parse_library(head("ram") + MACRO)
    return library, library.cells["RAM"]


def test_bits_of_a_bus_are_pins(ram):
    _, cell = ram
    assert list(cell.pins) == ["CK", "EN", "A[1]", "A[0]", "Q[1]", "Q[0]"]
    assert cell.pins["A[1]"].capacitance_f[0] == pytest.approx(2e-12)
    assert cell.pins["A[0]"].capacitance_f[0] == pytest.approx(3e-12)
    assert cell.is_macro
    # A bus drives a bus of its width bit by bit.
    assert {(arc[0], arc[1]) for arc in cell.arcs} == {("A[1]", "Q[1]"), ("A[0]", "Q[0]")}
    assert {check[0] for check in cell.checks} == {"A[1]", "A[0]"}


def test_tables_of_a_bus_are_kept_once(ram):
    _, cell = ram
    assert len({arc[4] for arc in cell.arcs if arc[0] == "A[0]"} | {arc[4] for arc in cell.arcs}) == 2


def test_power_keeps_conditions_related_pins_and_supplies(ram):
    library, cell = ram
    assert cell.pins["CK"].supply_v == 1.5
    assert cell.pins["EN"].supply_v is None
    assert cell.leakages == [
        Leakage(pytest.approx(5e-12), "EN", "VDD"),
        Leakage(pytest.approx(7e-12), "!EN", "VDD"),
        Leakage(pytest.approx(11e-12), "", "VARRAY"),
    ]
    assert cell.leakage_w == pytest.approx(17e-12)  # 6 is the mean of the states of VDD.
    address, one, two = cell.energies[0], *[row for row in cell.energies if row.pin == "Q[0]"]
    assert address == Energy("A[1]", "", address.rise, address.rise, "EN", "", False)
    assert one == Energy("Q[0]", "A[0]", one.rise, -1, "", "VARRAY", True)
    assert two == Energy("Q[0]", "CK", one.rise, -1, "", "VARRAY", False)
    assert library.tables.lookup(np.array([one.rise]), np.zeros(1), np.zeros(1)) == pytest.approx([6e-12])


def test_states_keep_their_expressions():
    text = """ cell (DFF) { ff ("IQ", "IQN") { next_state : "D & E"; clocked_on : "CK"; clear : "!RN"; } } }"""
    cell = parse_library(head("flops") + text).cells["DFF"]
    assert cell.states == [State("ff", "IQ", "IQN", "D & E", "CK", "!RN")]
    assert cell.has_state


def test_files_become_one_library_in_the_units_of_the_first(tmp_path):
    first = head("first", 10, 90, 1.0) + " cell (A) { area : 1; } cell (B) { area : 2; } }"
    second = head("second", 30, 70, 0.5) + " cell (B) { area : 9; }" + MACRO
    (tmp_path / "first.lib").write_text(first)
    (tmp_path / "second.lib.gz").write_bytes(gzip.compress(second.encode()))
    paths = [tmp_path / "first.lib", tmp_path / "second.lib.gz"]
    library = load_library(paths, tmp_path / "cache", "b" * 64)
    assert load_library(paths, tmp_path / "cache", "b" * 64).cells == library.cells
    assert {name: cell.area_um2 for name, cell in library.cells.items()} == {"A": 1.0, "B": 2.0, "RAM": 0.0}
    assert (library.name, library.slew_low, library.slew_derate) == ("first", 0.1, 1.0)
    # 10 ps at 30 to 70 % and a derate of 0.5 is a full swing of 12.5 ps, and 10 ps of it lie between 10 and 90 %.
    transition = library.cells["RAM"].arcs[0][5]
    found = library.tables.lookup(np.array([transition] * 2), np.array([0.0, 10e-12]), np.zeros(2))
    assert found == pytest.approx([10e-12, 30e-12])


def test_files_that_do_not_fit_are_refused(tmp_path):
    other = head("other").replace("time_unit", "output_threshold_pct_rise : 40; time_unit")
    with pytest.raises(InvalidInputError, match=r"library other, .*: is 40; allowed: 50, as in library first"):
        parse_library(head("first") + "}", other + "}")
    (tmp_path / "not.lib.gz").write_text("plain")
    with pytest.raises(InvalidInputError, match=r"not\.lib\.gz: is not a gzip file"):
        load_library([tmp_path / "not.lib.gz"], None, "")
    with pytest.raises(InvalidInputError, match=r"cell C, bus D: type 'none' is not defined"):
        parse_library(head("first") + "cell (C) { bus (D) { bus_type : none; } } }")


@pytest.mark.skipif(not KITS.is_dir(), reason=f"{KITS} is not here")
@pytest.mark.parametrize(
    ("kit", "cells", "flop", "memory"),
    [("asap7", 202, "DFFHQNx1_ASAP7_75t_R", None), ("ihp-sg13g2", 87, "sg13g2_dfrbpq_1", "A_DOUT[63]")],
)
def test_open_kits_are_read_whole(kit, cells, flop, memory):
    library = load_library(sorted((KITS / kit).glob("*.lib*")), None, "")
    assert len(library.cells) == cells
    assert library.cells[flop].is_flop
    assert all(cell.leakage_w >= 0 for cell in library.cells.values())
    if memory:
        ram = library.cells["RM_IHPSG13_1P_64x64_c2_bm_bist"]
        assert ram.is_macro
        assert ram.pins[memory].direction == "output"
        assert [arc[0] for arc in ram.arcs if arc[1] == memory] == ["A_CLK"] * 2
