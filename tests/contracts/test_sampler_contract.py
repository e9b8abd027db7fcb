"""What every sampler keeps, over every kind of space. A new entry of SAMPLERS is enrolled by being there."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.space import SAMPLERS, Constraint, DesignSpace, Parameter, sample
from tests.space.strategies import TINY_YAML, axiline_like, spaces

MESH = (
    Parameter("mesh_x", "integer", low=1, high=168),
    Parameter("mesh_y", "integer", low=1, high=168),
    Parameter("buffer", "ordinal", values=(1, 2, 4, 8)),
    Parameter("flow", "categorical", values=("ws", "os", "rs")),
)
SPACES = {
    "tiny": DesignSpace.from_yaml(TINY_YAML),
    "axiline-like": axiline_like(),
    "equality": DesignSpace("equality", MESH, (Constraint("total", "mesh_x * mesh_y == 168"),)),
    "chained": DesignSpace(
        "chained",
        MESH,
        (Constraint("sum", "mesh_x + mesh_y <= 40"), Constraint("flow", "flow == 'ws' or buffer > mesh_x")),
    ),
    "about reals": DesignSpace(
        "about reals", axiline_like().parameters, (Constraint("rate", "features * f_target_hz <= 1e10"),)
    ),
    "both": DesignSpace(
        "both",
        (*MESH, Parameter("f_hz", "real", low=1e8, high=1e9, scale="log")),
        (Constraint("total", "mesh_x * mesh_y == 168"), Constraint("power", "mesh_x * f_hz < 5e9")),
    ),
}

every_sampler = pytest.mark.parametrize("sampler", SAMPLERS)


@every_sampler
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
@pytest.mark.parametrize("n", [1, 7, 64, 150])
def test_designs_are_valid_different_and_as_many_as_asked(sampler, space, n):
    drawn = sample(space, n, sampler, seed=3)
    space.check(drawn.designs)
    assert len(drawn.designs) == n
    assert not drawn.designs.duplicated().any()
    assert drawn.designs.columns.tolist() == list(space.names)
    assert drawn.designs.index.tolist() == list(range(n))
    assert drawn.designs.dtypes.tolist() == space.defaults().dtypes.tolist()
    assert (drawn.sampler, drawn.seed) == (sampler, 3)
    assert drawn.discrepancy > 0


@every_sampler
@given(space=spaces(), n=st.integers(1, 30), seed=st.integers(0, 2**40))
@settings(max_examples=25)
def test_any_space_is_sampled_or_told_too_small(sampler, space, n, seed):
    if space.size is not None and space.size < n:
        with pytest.raises(
            InvalidInputError, match=f"has {space.size} valid designs, {n} different ones were asked for"
        ):
            sample(space, n, sampler, seed)
        return
    drawn = sample(space, n, sampler, seed).designs
    space.check(drawn)
    assert len(drawn.drop_duplicates()) == n


@every_sampler
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_a_seed_gives_the_same_designs_and_another_seed_others(sampler, space):
    first, again, other = (sample(space, 20, sampler, seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(first.designs, again.designs)
    assert first.discrepancy == again.discrepancy
    assert not first.designs.equals(other.designs)


@every_sampler
def test_a_whole_space_can_be_drawn(sampler):
    space = SPACES["equality"]
    assert space.size == 16 * 4 * 3
    drawn = sample(space, space.size, sampler).designs
    assert sorted(space.to_index(drawn)) == list(range(space.size))
    with pytest.raises(InvalidInputError, match=r"has 192 valid designs, 193 .*loosen 'total'"):
        sample(space, space.size + 1, sampler)


@every_sampler
def test_fixed_parameters_stay_fixed(sampler):
    space = axiline_like().restrict({"benchmark": "svm", "f_target_hz": "1e9", "cycles": "4..8"})
    drawn = sample(space, 32, sampler)
    assert set(drawn.designs["benchmark"]) == {"svm"}
    assert set(drawn.designs["f_target_hz"]) == {1e9}
    assert drawn.designs["cycles"].between(4, 8).all()


@every_sampler
def test_values_are_spread_evenly(sampler):
    drawn = sample(axiline_like(), 256, sampler, seed=1).designs
    shares = drawn["benchmark"].value_counts(normalize=True)
    assert shares.between(0.15, 0.35).all()
    assert drawn["features"].nunique() > 40
    # On the logarithmic scale, half of the clocks lie below the geometric mean.
    assert (drawn["f_target_hz"] < np.sqrt(2e8 * 1.5e9)).mean() == pytest.approx(0.5, abs=0.1)


@every_sampler
def test_a_million_designs_take_seconds(sampler):
    start = time.perf_counter()
    assert len(sample(SPACES["tiny"], 1_000_000, sampler).designs) == 1_000_000
    assert time.perf_counter() - start < 15


@every_sampler
@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        ("mesh_x * mesh_y == 173", "space 's' has 0 valid designs, 4 different ones were asked for; loosen 'c'"),
        ("f_hz > mesh_x * 1e10", r"space 's' showed, in \d+ tries, 0 valid designs, 4 different ones were asked for"),
    ],
)
def test_constraints_that_exclude_all_are_told(sampler, constraint, message):
    space = DesignSpace("s", SPACES["both"].parameters, (Constraint("c", constraint),))
    with pytest.raises(InvalidInputError, match=message):
        sample(space, 4, sampler)


@every_sampler
def test_batches_go_on_and_stay_in_the_cube(sampler):
    batches = SAMPLERS[sampler].batches(3, 10, np.random.default_rng(0))
    points = [next(batches) for _ in range(4)]
    assert len(points[0]) >= 10
    merged = np.concatenate(points)
    assert merged.shape[1] == 3
    assert ((merged >= 0) & (merged < 1)).all()
    assert len(np.unique(merged, axis=0)) == len(merged)
