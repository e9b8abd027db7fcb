"""Reading Liberty: units, senses, checks, conditions, lookups, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.physical.liberty import FALL, RISE
from accel_core.physical.liberty_files import load_library
from accel_core.physical.liberty_reader import parse_library
from accel_core.physical.tables import TablesBuilder


def test_units_become_si(tiny):
    library = tiny.library
    assert library.time_s == 1e-9
    assert library.capacitance_f == 1e-15
    assert library.cells["INV"].pins["A"].capacitance_f == pytest.approx((3e-15, 2e-15))
    assert library.cells["INV"].leakage_w == pytest.approx(5e-9)


def test_leakage_without_a_plain_value_is_the_mean_of_the_states(tiny):
    assert tiny.library.cells["DFF"].leakage_w == pytest.approx(15e-9)


def test_arcs_follow_sense_and_clock_edge(tiny):
    cells = tiny.library.cells
    assert [arc[:4] for arc in cells["INV"].arcs] == [("A", "Z", RISE, FALL), ("A", "Z", FALL, RISE)]
    assert [arc[:4] + arc[6:] for arc in cells["DFF"].arcs] == [("CK", "Q", RISE, RISE, 1), ("CK", "Q", RISE, FALL, 1)]
    assert [check[:4] for check in cells["DFF"].checks] == [("D", "CK", RISE, RISE), ("D", "CK", RISE, FALL)]
    assert cells["DFF"].is_flop
    assert cells["LATCH"].is_latch


def test_energies_keep_their_conditions(tiny):
    assert [(row[0], row[1], row[4]) for row in tiny.library.cells["DFF"].energies] == [
        ("D", "", "!CK & Q"),
        ("CK", "", ""),
    ]


def test_swapped_axes_are_turned(tiny_folder):
    text = (tiny_folder / "tiny.lib").read_text()
    swapped = text.replace(
        "variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;\n"
        '    index_1 ("0.0, 1.0"); index_2 ("0.0, 100.0");',
        "variable_1 : total_output_net_capacitance; variable_2 : input_net_transition;\n"
        '    index_1 ("0.0, 100.0"); index_2 ("0.0, 1.0");',
    )
    assert swapped != text
    swapped = swapped.replace('"0.020, 0.220", "0.020, 0.220"', '"0.020, 0.020", "0.220, 0.220"')
    library = parse_library(swapped)
    rise = library.cells["INV"].arcs[1][4]
    found = library.tables.lookup(np.array([rise]), np.array([0.0]), np.array([50e-15]))
    assert found == pytest.approx([0.120e-9])


def test_cache_returns_the_same_library(tiny_folder, tiny, tmp_path):
    path = tiny_folder / "tiny.lib"
    first = load_library([path], tmp_path, "a" * 64)
    second = load_library([path], tmp_path, "a" * 64)
    assert first.cells == second.cells == tiny.library.cells
    for key, array in first.tables.arrays().items():
        assert np.array_equal(array, second.tables.arrays()[key])
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("table_lookup", "polynomial"), "delay_model: is polynomial; allowed: table_lookup"),
        (("lu_table_template (delay)", "lu_table_template (other)"), "template 'delay' is not defined"),
        (("cell (BUF) {", "cell (BUF) { }}"), r"line \d+: '}' without '{'|library group is missing"),
        (("area : 2.0;", "area ? 2.0;"), r"Liberty, line 1\d: not understood"),
        (('time_unit : "1ns"', 'time_unit : "soon"'), "unit 'soon' is not understood"),
    ],
)
def test_broken_library_is_refused(tiny_folder, change, message):
    text = (tiny_folder / "tiny.lib").read_text()
    assert change[0] in text
    with pytest.raises(InvalidInputError, match=message):
        parse_library(text.replace(*change))


def test_text_without_a_library():
    with pytest.raises(InvalidInputError, match="library group is missing"):
        parse_library("/* nothing */")


axis = (
    st.lists(st.floats(0.0, 10.0), min_size=2, max_size=5, unique=True)
    .map(sorted)
    .filter(lambda values: min(np.diff(values)) > 0.01)
)
number = st.floats(-5.0, 15.0)


@settings(max_examples=60, deadline=None)
@given(axis, axis, st.lists(st.tuples(number, number), min_size=1, max_size=5), number, number, number)
def test_lookup_reproduces_a_plane_inside_and_outside(rows, columns, places, a, b, c):
    builder = TablesBuilder()
    builder.add([0.0], [0.0], [[7.0]])  # A smaller table beside it must not disturb it.
    number_of_plane = builder.add(rows, columns, [[a + b * x + c * y for y in columns] for x in rows])
    tables = builder.build()
    x, y = np.array(places).T
    found = tables.lookup(np.full(len(places), number_of_plane), x, y)
    assert found == pytest.approx(a + b * x + c * y, abs=1e-6)
    assert tables.lookup(np.array([0]), np.array([3.0]), np.array([4.0])) == pytest.approx([7.0])
