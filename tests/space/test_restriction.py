"""Narrowing a space with the command line's words."""

import pytest

from accel_core.errors import InvalidInputError
from accel_core.space import DesignSpace, Parameter
from tests.space.strategies import TINY_YAML

TINY = DesignSpace.from_yaml(TINY_YAML)


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("rows", "8", ("ordinal", (8,), None, None)),
        ("rows", "16,4", ("ordinal", (4, 16), None, None)),
        ("rows", "5..16", ("ordinal", (8, 16), None, None)),
        ("cols", "42", ("ordinal", (42,), None, None)),
        ("cols", 42, ("ordinal", (42,), None, None)),
        ("cols", "21, 42", ("ordinal", (21, 42), None, None)),
        ("cols", [21, 42], ("ordinal", (21, 42), None, None)),
        ("cols", "4..8", ("integer", (), 4, 8)),
        ("cols", "4e0..8.0", ("integer", (), 4, 8)),
        ("cols", "7..7", ("ordinal", (7,), None, None)),
        ("f_target_hz", "1e9", ("ordinal", (1e9,), None, None)),
        ("f_target_hz", "3e8,5e8", ("ordinal", (3e8, 5e8), None, None)),
        ("f_target_hz", " 3e8 .. 5e8 ", ("real", (), 3e8, 5e8)),
        ("dataflow", "os", ("categorical", ("os",), None, None)),
        ("dataflow", "os,ws", ("categorical", ("ws", "os"), None, None)),
    ],
)
def test_values_lists_and_ranges(name, wanted, expected):
    narrowed = TINY.restrict({name: wanted})
    parameter = narrowed.parameter(name)
    assert (parameter.kind, parameter.values, parameter.low, parameter.high) == expected
    assert (parameter.unit, parameter.meaning) == (TINY.parameter(name).unit, TINY.parameter(name).meaning)
    assert narrowed.names == TINY.names
    assert narrowed.constraints == TINY.constraints


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rowz": "4"}, r"parameter 'rowz' is unknown \(did you mean 'rows'\?\)"),
        ({"rows": "7"}, "rows is 7; allowed: 4, 8, 16"),
        ({"rows": "4,7"}, "rows is 7; allowed: 4, 8, 16"),
        ({"rows": "4,4"}, "rows is 4,4; allowed: each value once"),
        ({"rows": "5..7"}, "rows is 5..7, an empty range; allowed: 4, 8, 16"),
        ({"cols": "9..3"}, "cols is 9..3, an inverted range; allowed: LO..HI"),
        ({"cols": "0..3"}, "cols is 0..3; allowed: integers 1 to 42"),
        ({"cols": "1.5..3"}, "cols is 1.5..3; allowed: integers 1 to 42"),
        ({"cols": "2.5"}, "cols is 2.5; allowed: integers 1 to 42"),
        ({"cols": "many"}, "cols is many; allowed: integers 1 to 42"),
        ({"cols": "nan..3"}, "cols is nan..3; allowed: integers 1 to 42"),
        ({"cols": ""}, "cols is ; allowed: integers 1 to 42"),
        ({"cols": "4.."}, r"cols is 4..; allowed: one value, V1,V2 or LO..HI"),
        ({"cols": "1..2..3"}, "cols is 1..2..3; allowed: one value"),
        ({"cols": "1,,2"}, "cols is 1,,2; allowed"),
        ({"f_target_hz": "1e8..1e9"}, "f_target_hz is 1e8..1e9; allowed: 200000000.0 to 1500000000.0 Hz"),
        ({"f_target_hz": "nan"}, "f_target_hz is nan; allowed"),
        ({"dataflow": "rs"}, "dataflow is rs; allowed: ws, os"),
        ({"dataflow": "os..ws"}, "dataflow is os..ws; allowed: ws, os"),
    ],
)
def test_wrong_settings_are_told(settings, message):
    with pytest.raises(InvalidInputError, match=message):
        TINY.restrict(settings)


def test_defaults_outside_are_dropped():
    space = DesignSpace(
        "s",
        (
            Parameter("x", "integer", low=1, high=9, default=5),
            Parameter("y", "ordinal", values=(1, 2, 3), default=2),
        ),
    )
    kept, dropped = space.restrict({"x": "4..6", "y": "2,3"}), space.restrict({"x": "1..3", "y": "1"})
    assert [parameter.default for parameter in kept.parameters] == [5, 2]
    assert [parameter.default for parameter in dropped.parameters] == [None, None]


def test_a_text_ordinal_is_listed_by_its_words():
    space = DesignSpace("s", (Parameter("effort", "ordinal", values=("low", "mid", "high")),))
    assert space.restrict({"effort": "high,low"}).parameter("effort").values == ("low", "high")


def test_restricting_twice_narrows_further():
    once = TINY.restrict({"cols": "10..30", "f_target_hz": "3e8..9e8"})
    assert once.restrict({"cols": "21", "f_target_hz": "4e8"}).size == 2
    with pytest.raises(InvalidInputError, match="cols is 9; allowed: integers 10 to 30"):
        once.restrict({"cols": "9"})
