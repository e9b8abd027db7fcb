"""Parameters that constraints tie together."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from accel_core.optimizers.tied import followed, free_genes
from accel_core.space import Constraint, DesignSpace, Parameter

SIDES = (1, 2, 3, 4, 6, 12)
SPACE = DesignSpace(
    "mesh",
    (
        Parameter("x", "ordinal", values=SIDES),
        Parameter("y", "ordinal", values=SIDES),
        Parameter("clock_hz", "real", 1e8, 1e9),
        Parameter("depth", "integer", 1, 8),
        Parameter("width", "integer", 1, 8),
        Parameter("flow", "categorical", values=("ws", "os")),
    ),
    (Constraint("units", "x * y == 12"), Constraint("bits", "depth * width <= 16")),
)


def design(**values):
    return pd.DataFrame([{"x": 3, "y": 4, "clock_hz": 5e8, "depth": 2, "width": 8, "flow": "os"} | values])


def changes(*names):
    return np.array([[name in names for name in SPACE.names]])


def test_a_parameter_that_others_decide_is_no_gene():
    assert dict(zip(SPACE.names, free_genes(SPACE), strict=True)) == {
        "x": True, "y": False, "clock_hz": True, "depth": True, "width": True, "flow": True,
    }  # fmt: skip


def test_the_rest_follows_what_was_changed():
    mended = followed(SPACE, design(x=6), changes("x"))
    assert mended.iloc[0].tolist() == [6, 2, 5e8, 2, 8, "os"]
    mended = followed(SPACE, design(y=12), changes("y"))
    assert mended.iloc[0].tolist()[:2] == [1, 12]
    # The other side of an inequality gives way only as far as it must: 5 * 3 fits 16, 5 * 4 does not.
    mended = followed(SPACE, design(depth=5), changes("depth"))
    assert mended.iloc[0].tolist()[3:5] == [5, 3]
    mended = followed(SPACE, design(depth=5), changes("width"))
    assert mended.iloc[0].tolist()[3:5] == [2, 8]


@given(
    st.lists(
        st.tuples(st.sampled_from(SIDES), st.sampled_from(SIDES), *[st.integers(1, 8)] * 2), min_size=1, max_size=8
    )
)
def test_designs_come_out_valid_and_valid_ones_unchanged(rows):
    wanted = pd.concat([design(x=x, y=y, depth=depth, width=width) for x, y, depth, width in rows], ignore_index=True)
    mended = followed(SPACE, wanted, np.zeros((len(wanted), 6), dtype=bool))
    assert SPACE.is_valid(mended).all()
    valid = SPACE.is_valid(wanted)
    pd.testing.assert_frame_equal(mended[valid], wanted[valid], check_dtype=False)
