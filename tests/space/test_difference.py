from __future__ import annotations

from dataclasses import replace

import pytest

from accel_core.errors import InvalidInputError
from accel_core.space import Constraint, DesignSpace, Parameter
from accel_core.space.difference import difference

BASE = DesignSpace(
    "base",
    (
        Parameter("rows", "ordinal", values=(4, 8, 16)),
        Parameter("cols", "integer", low=1, high=42),
        Parameter("dataflow", "categorical", values=("ws", "os")),
    ),
    (Constraint("few", "rows * cols <= 200"),),
)


def test_what_was_changed_and_nothing_else_comes_back() -> None:
    edited = BASE.restrict({"rows": "4,8", "cols": "2..9"})
    added = Constraint("even", "cols % 2 == 0")
    edited = replace(edited, constraints=(*edited.constraints, added))
    restrictions, constraints = difference(edited, BASE)
    assert restrictions == {"rows": "4,8", "cols": "2..9"}
    assert constraints == (added,)
    assert difference(BASE, BASE) == ({}, ())


def test_a_space_of_another_project_is_named() -> None:
    other = DesignSpace("other", (*BASE.parameters, Parameter("volts", "real", low=0.5, high=1.0)))
    with pytest.raises(InvalidInputError, match=r"'volts' is unknown .*; allowed: rows, cols, dataflow"):
        difference(other, BASE)
    with pytest.raises(InvalidInputError, match="space 'base' has no parameter 'dataflow'"):
        difference(replace(BASE, parameters=BASE.parameters[:2]), BASE)


def test_a_wider_range_than_the_platform_can_build_is_refused() -> None:
    wide = replace(
        BASE, parameters=(BASE.parameters[0], Parameter("cols", "integer", low=1, high=99), BASE.parameters[2])
    )
    with pytest.raises(InvalidInputError, match=r"cols is 1\.\.99; allowed: integers 1 to 42"):
        difference(wide, BASE)
