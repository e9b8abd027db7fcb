"""Design spaces: counting, numbering, checking, coercing and mapping designs."""

import itertools
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidDesignError, InvalidInputError
from accel_core.space import Constraint, DesignSpace, Parameter, blocks
from tests.space.strategies import TINY_YAML, axiline_like, spaces

TINY = DesignSpace.from_yaml(TINY_YAML)
GRID = (
    Parameter("a", "integer", low=1, high=6),
    Parameter("b", "ordinal", values=(1, 2, 4, 8)),
    Parameter("c", "categorical", values=("p", "q", "r")),
    Parameter("d", "integer", low=-1, high=1),
)
CONDITIONS = ("a * b <= 8", "a % 2 == 0 or c == 'p'", "b > d + 3", "c != 'q'", "a + b + d == 5", "b < 0")


def brute_force(space):
    """Return all valid designs as tuples, one at a time through Python's own arithmetic."""
    values = [list(p.values) or list(range(p.low, p.high + 1)) for p in space.parameters]
    # The conditions are the constants above.
    python = {
        "a * b <= 8": lambda a, b, c, d: a * b <= 8,
        "a % 2 == 0 or c == 'p'": lambda a, b, c, d: a % 2 == 0 or c == "p",
        "b > d + 3": lambda a, b, c, d: b > d + 3,
        "c != 'q'": lambda a, b, c, d: c != "q",
        "a + b + d == 5": lambda a, b, c, d: a + b + d == 5,
        "b < 0": lambda a, b, c, d: b < 0,
    }
    wanted = [python[constraint.expression] for constraint in space.constraints]
    return {design for design in itertools.product(*values) if all(test(*design) for test in wanted)}


@given(st.lists(st.sampled_from(CONDITIONS), max_size=3, unique=True))
def test_counting_and_numbering_agree_with_brute_force(conditions):
    space = DesignSpace("grid", GRID, tuple(Constraint(text, text) for text in conditions))
    expected = brute_force(space)
    designs = space.enumerate()
    assert space.size == len(designs) == len(expected)
    assert set(designs.itertuples(index=False, name=None)) == expected
    assert space.is_valid(designs).all()
    assert space.to_index(designs).tolist() == list(range(len(expected)))
    chunks = list(space.iter_chunks(7))
    assert [len(chunk) for chunk in chunks[:-1]] == [7] * (len(chunks) - 1)
    if chunks:
        pd.testing.assert_frame_equal(pd.concat(chunks, ignore_index=True), designs)


@given(st.lists(st.sampled_from(CONDITIONS[:5]), max_size=3, unique=True), st.integers(0, 2**32))
def test_the_constrained_cube_reaches_all_and_only_valid_designs(conditions, seed):
    space = DesignSpace("grid", GRID, tuple(Constraint(text, text) for text in conditions))
    if not space.size:
        return
    designs = space.from_unit_constrained(np.random.default_rng(seed).random((20 * space.size, 4)))
    pd.testing.assert_frame_equal(space.from_unit_constrained(space.to_unit_constrained(designs)), designs)
    counts = np.bincount(space.to_index(designs), minlength=space.size)
    assert space.is_valid(designs).all()
    # A Poisson count of mean 20 strays beyond 55 with a chance below 1e-10.
    assert counts.max() < 55


@given(spaces(), st.integers(0, 2**32))
def test_unit_cube_and_back(space, seed):
    designs = space.from_unit(np.random.default_rng(seed).random((20, len(space.parameters))))
    space.check(designs)
    again = space.from_unit(space.to_unit(designs))
    pd.testing.assert_frame_equal(again, designs, rtol=1e-6)


@given(spaces(finite=True), st.integers(0, 2**32))
def test_index_and_back(space, seed):
    indices = np.random.default_rng(seed).integers(space.size, size=20)
    assert space.to_index(space.from_index(indices)).tolist() == indices.tolist()


def test_the_tiny_space_of_the_design_page():
    assert TINY.names == ("rows", "cols", "f_target_hz", "dataflow")
    assert TINY.parameter("f_target_hz") == Parameter("f_target_hz", "real", 2e8, 1.5e9, unit="Hz", scale="log")
    assert TINY.size is None
    fixed = TINY.restrict({"f_target_hz": "1e9"})
    # 168 = 4 * 42 = 8 * 21, and 16 does not divide it; times two dataflows.
    assert fixed.size == 4
    assert set(zip(fixed.enumerate()["rows"], fixed.enumerate()["cols"], strict=True)) == {(4, 42), (8, 21)}


def test_columns_have_their_types():
    assert [str(dtype) for dtype in TINY.from_unit(np.full((2, 4), 0.5)).dtypes] == ["int64", "int64", "float64", "str"]


def test_large_spaces_are_counted_without_being_listed():
    mesh = tuple(Parameter(f"mesh_{i}", "integer", low=1, high=168) for i in range(2))
    rest = tuple(Parameter(f"x{i}", "integer", low=1, high=10**6) for i in range(6))
    space = DesignSpace("large", mesh + rest, (Constraint("mesh", "mesh_0 * mesh_1 == 168"),))
    # 168 = 2^3 * 3 * 7 has 16 divisors.
    assert space.size == 16 * 10**36
    assert space.size_is_exact
    with pytest.raises(InvalidInputError, match="space 'large' cannot be numbered, because it has too many designs"):
        space.from_index([0])


def test_a_size_that_cannot_be_counted_is_an_upper_bound(monkeypatch):
    monkeypatch.setattr(blocks, "MAX_COMBINATIONS", 5)
    space = DesignSpace("grid", GRID, (Constraint("few", "a * b <= 8"), Constraint("letter", "c == 'p'")))
    assert [constraint.name for constraint in space.open_constraints] == ["few"]
    assert not space.size_is_exact
    assert space.size == 6 * 4 * 1 * 3


def test_ten_million_designs_are_numbered_in_seconds():
    space = DesignSpace("ten", tuple(Parameter(f"p{i}", "integer", low=1, high=10) for i in range(7)))
    start = time.perf_counter()
    assert sum(len(chunk) for chunk in space.iter_chunks()) == space.size == 10**7
    assert time.perf_counter() - start < 20


def test_defaults_meet_constraints_and_stay_near():
    assert axiline_like().defaults()["features"].tolist() == [33]
    given_defaults = (
        Parameter("rows", "integer", low=1, high=20, default=12),
        Parameter("cols", "integer", low=1, high=20, default=13),
        Parameter("f_hz", "real", low=1.0, high=2.0, default=1.1),
    )
    assert DesignSpace("s", given_defaults).defaults().iloc[0].tolist() == [12, 13, 1.1]
    space = DesignSpace("s", given_defaults, (Constraint("total", "rows * cols == 168"),))
    nearest = space.defaults()
    assert nearest[["rows", "cols"]].iloc[0].tolist() in ([12, 14], [14, 12])
    assert nearest["f_hz"][0] == 1.1
    empty = DesignSpace("s", given_defaults, (Constraint("none", "rows > 30"),))
    with pytest.raises(InvalidInputError, match="space 's' has no valid design"):
        empty.defaults()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": 5}, "row 2: rows is 5; allowed: 4, 8, 16"),
        ({"cols": 43}, "row 2: cols is 43; allowed: integers 1 to 42"),
        ({"f_target_hz": 1e8}, r"row 2: f_target_hz is 100000000.0; allowed: 200000000.0 to 1500000000.0 Hz"),
        ({"dataflow": "rs"}, "row 2: dataflow is rs; allowed: ws, os"),
        ({"cols": 41}, "row 2: rows 4, cols 41 breaks constraint 'total PEs'; allowed: rows . cols == 168"),
        ({"cols": None}, "row 2: cols is nan; allowed"),
    ],
)
def test_the_first_wrong_row_is_named(change, message):
    good = {"rows": 4, "cols": 42, "f_target_hz": 1e9, "dataflow": "ws"}
    designs = pd.DataFrame([good, good | change, good | change])
    assert TINY.is_valid(designs).tolist() == [True, False, False]
    with pytest.raises(InvalidDesignError, match=message):
        TINY.check(designs)
    TINY.check(designs[:1])


def test_missing_columns_are_named():
    for use in (TINY.check, TINY.is_valid, TINY.coerce, TINY.to_unit):
        with pytest.raises(InvalidDesignError, match=r"the designs have no column 'cols'; allowed: .* rows, cols"):
            use(pd.DataFrame({"rows": [4]}))


@given(spaces(), st.integers(0, 2**32))
@settings(max_examples=50)
def test_a_csv_round_trip_is_undone_by_coerce(space, seed):
    designs = space.from_unit(np.random.default_rng(seed).random((5, len(space.parameters))))
    text = designs.astype(object).map(lambda value: repr(value) if isinstance(value, float) else str(value))
    pd.testing.assert_frame_equal(space.coerce(text.assign(status="ok")), designs)
    pd.testing.assert_frame_equal(space.coerce(designs[designs.columns[::-1]]), designs)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("cols", ["42", "many"], "row 2: cols is many; allowed: integers 1 to 42"),
        ("cols", [42.0, 41.5], "row 2: cols is 41.5; allowed: integers 1 to 42"),
        ("cols", [42.0, None], "row 2: cols is nan; allowed"),
        ("rows", ["4", ""], "row 2: rows is ; allowed: 4, 8, 16"),
        ("f_target_hz", ["1e9", "fast"], "row 2: f_target_hz is fast; allowed: 200000000.0"),
        ("cols", ["42", "1e400"], "row 2: cols is 1e400; allowed"),
        ("dataflow", ["ws", None], "row 2: dataflow is .*; allowed: ws, os"),
    ],
)
def test_text_in_a_number_column_is_told(column, values, message):
    designs = pd.DataFrame({"rows": 4, "cols": 42, "f_target_hz": 1e9, "dataflow": "ws"}, index=[0, 1])
    with pytest.raises(InvalidDesignError, match=message):
        TINY.coerce(designs.assign(**{column: values}))


def test_subspaces_keep_their_own_constraints():
    space = axiline_like()
    limited = DesignSpace(
        "limited",
        space.parameters,
        (Constraint("spread", "cycles <= features"), Constraint("both", "features * f_target_hz < 2e10")),
    )
    architecture, backend = limited.subspace("architecture"), limited.subspace("backend")
    assert architecture.names == ("benchmark", "features", "cycles", "input_bits")
    assert [constraint.name for constraint in architecture.constraints] == ["spread"]
    assert (backend.names, backend.constraints) == (("f_target_hz", "utilization_target"), ())
    with pytest.raises(InvalidInputError, match=r"group 'back' is unknown .*; allowed: architecture, backend"):
        limited.subspace("back")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", GRID), "space name is ''; allowed"),
        (("s", ()), "space 's' has no parameters"),
        (("s", GRID + GRID[:1]), "parameter name 'a' is used twice"),
        (("s", GRID, (Constraint("c", "a > 1"), Constraint("c", "a > 2"))), "constraint name 'c' is used twice"),
        (("s", GRID, (Constraint("c", "a > e"),)), "constraint 'c': name 'e' is unknown"),
        (("s", GRID, (Constraint("c", "a > c"),)), "constraint 'c': 'a > c' compares a number, a text"),
    ],
)
def test_what_is_not_a_space_is_refused(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        DesignSpace(*arguments)


def test_wrong_use_is_told():
    with pytest.raises(InvalidInputError, match=r"parameter 'row' is unknown \(did you mean 'rows'\?\); allowed: rows"):
        TINY.parameter("row")
    with pytest.raises(InvalidInputError, match=r"points have shape \(3,\); allowed: \(n, 4\)"):
        TINY.from_unit([0.1, 0.2, 0.3])
    with pytest.raises(InvalidInputError, match="cannot be numbered, because it has real parameters"):
        TINY.enumerate()
    grid = DesignSpace("grid", GRID)
    with pytest.raises(InvalidInputError, match="space 'grid' has 216 designs; allowed here: at most 100"):
        grid.enumerate(100)
    with pytest.raises(InvalidInputError, match="design numbers are 0 to 216; allowed: 0 to 215"):
        grid.from_index([0, 216])
    assert grid.to_index(pd.DataFrame({"a": [1, 7], "b": 1, "c": "p", "d": 0})).tolist() == [1, -1]


def test_empty_tables_stay_typed():
    designs = TINY.from_unit(np.empty((0, 4)))
    assert TINY.is_valid(designs).shape == (0,)
    assert TINY.to_unit(designs).shape == (0, 4)
    assert [str(dtype) for dtype in TINY.coerce(designs).dtypes] == ["int64", "int64", "float64", "str"]
