"""Parameters: what they allow, what they refuse to be, and their map from and to the unit interval."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.space import Parameter
from tests.space.strategies import parameters

UNIT = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@given(parameters(), UNIT)
def test_every_unit_point_gives_an_allowed_value(parameter, u):
    assert parameter.contains(parameter.from_unit(u)).all()


@given(parameters(), UNIT)
def test_to_unit_and_back_gives_the_same_value(parameter, u):
    values = parameter.from_unit(u)
    points = parameter.to_unit(values)
    assert ((points >= -1e-12) & (points <= 1 + 1e-12)).all()
    again = parameter.from_unit(points)
    if parameter.kind == "real":
        assert again == pytest.approx(values, rel=1e-9, abs=1e-9 * (parameter.high - parameter.low))
    else:
        assert again.tolist() == values.tolist()


@given(parameters(finite=True))
def test_positions_and_values_are_opposites(parameter):
    positions = np.arange(parameter.size)
    values = parameter.take(positions)
    assert len(set(values.tolist())) == parameter.size
    assert parameter.index_of(values).tolist() == positions.tolist()


@given(parameters())
def test_the_default_is_allowed(parameter):
    assert parameter.contains([parameter.default_value])[0]


def test_bins_are_equally_likely():
    u = (np.arange(700) + 0.5) / 700
    for parameter in (
        Parameter("x", "integer", low=-3, high=3),
        Parameter("x", "ordinal", values=(9, 1, 4, 2, 8, 5, 7)),
    ):
        assert set(np.unique(parameter.from_unit(u), return_counts=True)[1]) == {100}


def test_log_scale_spreads_over_orders_of_magnitude():
    u = (np.arange(3000) + 0.5) / 3000
    real = Parameter("f", "real", low=1.0, high=1000.0, scale="log").from_unit(u)
    assert [(real < 10).sum(), (real < 100).sum()] == [1000, 2000]
    whole = Parameter("n", "integer", low=1, high=999, scale="log").from_unit(u)
    assert [(whole < 10).sum(), (whole < 100).sum()] == [1000, 2000]
    assert whole.dtype == np.int64


def test_columns_have_their_types():
    assert Parameter("x", "integer", low=1, high=2).from_unit([0.1]).dtype == np.int64
    assert Parameter("x", "ordinal", values=(1, 2)).from_unit([0.1]).dtype == np.int64
    assert Parameter("x", "ordinal", values=(1, 2.5)).from_unit([0.1]).dtype == np.float64
    assert Parameter("x", "real", low=1, high=2).from_unit([0.1]).dtype == np.float64
    assert Parameter("x", "categorical", values=("a",)).from_unit([0.1]).tolist() == ["a"]


def test_contains_tells_numbers_texts_truths_and_gaps_apart():
    whole = Parameter("x", "integer", low=1, high=9)
    assert whole.contains([1, 9.0, 0, 10, 2.5, "3", True, None, np.nan, np.inf]).tolist() == [True] * 2 + [False] * 8
    listed = Parameter("x", "ordinal", values=(4, 8))
    assert listed.contains([4, 8.0, 6, "4", None]).tolist() == [True, True, False, False, False]
    text = Parameter("x", "categorical", values=("4", "b"))
    assert text.contains(["4", "b", 4, None, "c"]).tolist() == [True, True, False, False, False]
    assert whole.contains(pd.Series([1, None], dtype="Int64")).tolist() == [True, False]
    assert not whole.contains(pd.Series([True])).any()


def test_numpy_and_list_arguments_become_plain():
    parameter = Parameter("x", "ordinal", values=list(np.array([1, 2])), default=np.int64(2).item())
    assert parameter.values == (1, 2)
    assert {type(value) for value in parameter.values} == {int}
    assert type(Parameter("x", "integer", low=np.int64(1), high=2.0).high) is int


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "integer", "low": 5, "high": 4}, "x has low 5 and high 4; low must be at most high"),
        ({"kind": "real", "low": 5, "high": 5}, "x has low 5.0 and high 5.0; low must be below high"),
        ({"kind": "integer", "low": 5}, "x has high None; allowed: a number"),
        ({"kind": "integer", "low": 1, "high": 2.5}, "x has high 2.5; allowed: an integer"),
        ({"kind": "integer", "low": 1, "high": 10**400}, r"x has high 1000.*; allowed: an integer up to 2\*\*53"),
        ({"kind": "real", "low": 0, "high": float("inf")}, "x has high inf; allowed: a finite number"),
        ({"kind": "real", "low": float("nan"), "high": 1}, "x has low nan; allowed: a finite number"),
        ({"kind": "real", "low": "1", "high": 2}, "x has low '1'; allowed: a number"),
        ({"kind": "real", "low": True, "high": 2}, "x has low True; allowed: a number"),
        ({"kind": "real", "low": 0, "high": 2, "scale": "log"}, "scale log; allowed only where all values are above 0"),
        ({"kind": "categorical", "values": ("a",), "scale": "log"}, "scale log; allowed only"),
        ({"kind": "real", "low": 0, "high": 2, "scale": "cubic"}, "scale 'cubic'; allowed: linear, log"),
        ({"kind": "number"}, "x has kind 'number'; allowed: integer, real, ordinal, categorical"),
        ({"kind": "integer", "low": 1, "high": 2, "values": (1,)}, "is integer and has values; allowed: low and high"),
        ({"kind": "ordinal", "values": (1,), "low": 1}, "is ordinal and has low or high; allowed: values"),
        ({"kind": "ordinal"}, "x has 0 values; allowed: 1 to 10000"),
        ({"kind": "ordinal", "values": "abc"}, "x has values 'abc'; allowed: a list"),
        ({"kind": "ordinal", "values": (1, 2, 1.0)}, "has the value 1.0 more than once"),
        ({"kind": "ordinal", "values": (1, "a")}, "mixes numbers and texts"),
        ({"kind": "ordinal", "values": (1, float("nan"))}, "has the value nan; allowed: finite numbers"),
        ({"kind": "ordinal", "values": (1, True)}, "has the value True; allowed: numbers or texts"),
        ({"kind": "categorical", "values": (1, 2)}, r"is categorical and has the value 1; allowed: texts"),
        ({"kind": "categorical", "values": ("a,b",)}, "has the value 'a,b'; allowed: .* without commas"),
        ({"kind": "ordinal", "values": (4, 8), "default": 6}, "x has default 6; allowed: 4, 8"),
        ({"kind": "integer", "low": 1, "high": 4, "default": [1]}, r"x has default \[1\]; allowed: integers 1 to 4"),
        ({"kind": "integer", "low": 1, "high": 4, "meaning": "a\nb"}, "has meaning .* allowed: one line of text"),
        ({"kind": "integer", "low": 1, "high": 4, "assumed": "yes"}, "has assumed 'yes'; allowed: False, True"),
        ({"name": "2x"}, "parameter name is '2x'; allowed: a letter"),
        ({"name": "lambda"}, "parameter name is 'lambda', which constraints use"),
        ({"name": "min"}, "parameter name is 'min', which constraints use"),
        ({"name": None}, "parameter name is None; allowed: a letter"),
    ],
)
def test_what_is_not_a_parameter_is_refused(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        Parameter(**{"name": "x", "kind": "integer"} | arguments)


def test_a_real_cannot_be_counted():
    real = Parameter("x", "real", low=0, high=1)
    assert real.size is None
    with pytest.raises(InvalidInputError, match="x is a real; its values cannot be counted"):
        real.index_of([0.5])
