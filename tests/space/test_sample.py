"""What single samplers promise beyond the contract they share, and crossing of samples."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import qmc

from accel_core.errors import InvalidInputError
from accel_core.space import Constraint, DesignSpace, Parameter, cross, discrepancy, sample
from tests.space.strategies import axiline_like

REALS = DesignSpace(
    "reals",
    (
        Parameter("x", "real", low=-1.0, high=3.0),
        Parameter("y", "real", low=1.0, high=1e6, scale="log"),
        Parameter("z", "real", low=0.0, high=1.0),
    ),
)


@given(st.integers(1, 60), st.integers(0, 2**32))
def test_a_latin_hypercube_hits_each_stratum_once(n, seed):
    strata = np.floor(REALS.to_unit(sample(REALS, n, "lhs", seed).designs) * n + 1e-9)
    for column in strata.T:
        assert sorted(column) == list(range(n))


@pytest.mark.parametrize("seed", range(8))
def test_mending_repeated_designs_keeps_each_column_even(seed):
    # 24 of 48 designs: repetitions are certain, and each value of each column is due equally often.
    space = DesignSpace(
        "small",
        (
            Parameter("a", "ordinal", values=(1, 2, 3, 4)),
            Parameter("b", "ordinal", values=(1, 2, 3)),
            Parameter("c", "categorical", values=("p", "q", "r", "s")),
        ),
    )
    drawn = sample(space, 24, "lhs", seed).designs
    assert not drawn.duplicated().any()
    for parameter in space.parameters:
        assert set(drawn[parameter.name].value_counts()) == {24 // parameter.size}


def test_a_constrained_latin_hypercube_keeps_strata_of_free_reals():
    space = DesignSpace(
        "s", (*REALS.parameters, *axiline_like().parameters[1:3]), (Constraint("c", "cycles * 4 <= features"),)
    )
    strata = np.floor(space.to_unit(sample(space, 40, "lhs").designs)[:, :3] * 40 + 1e-9)
    for column in strata.T:
        assert sorted(column) == list(range(40))


@pytest.mark.parametrize("sampler", ["sobol", "halton", "random"])
def test_sequences_are_taken_in_their_order(sampler):
    few, many = (sample(axiline_like(), n, sampler, seed=4).designs for n in (32, 64))
    pd.testing.assert_frame_equal(few, many.iloc[:32])


@pytest.mark.parametrize("sampler", ["sobol", "halton"])
def test_designs_that_break_a_constraint_are_passed_over(sampler):
    limited = DesignSpace("limited", REALS.parameters, (Constraint("c", "x + z < 2"),))
    free = sample(REALS, 512, sampler, seed=4).designs
    expected = free[free["x"] + free["z"] < 2].reset_index(drop=True)
    drawn = sample(limited, 256, sampler, seed=4).designs
    pd.testing.assert_frame_equal(drawn, expected.iloc[:256])


def test_the_discrepancy_is_scipys_of_the_unit_points():
    drawn = sample(REALS, 50, "sobol")
    expected = qmc.discrepancy(REALS.to_unit(drawn.designs), method="CD")
    assert drawn.discrepancy == pytest.approx(expected)
    assert discrepancy(REALS, drawn.designs) == drawn.discrepancy


def test_designed_samples_are_more_even_than_random_ones():
    mean = {
        s: np.mean([sample(REALS, 64, s, seed).discrepancy for seed in range(10)])
        for s in ("lhs", "sobol", "halton", "random")
    }
    assert max(mean["lhs"], mean["sobol"], mean["halton"]) < mean["random"] / 2


def test_fixed_parameters_do_not_count_as_uneven():
    fixed = REALS.restrict({"x": "1"})
    assert sample(fixed, 64, "sobol").discrepancy < 0.01
    assert sample(REALS.restrict({"x": "1", "y": "10", "z": "0"}), 1).discrepancy == 0.0


def test_constrained_designs_are_spread_over_the_valid_ones():
    mesh = tuple(Parameter(name, "integer", low=1, high=168) for name in ("x", "y"))
    rest = Parameter("f", "real", low=0.0, high=1.0)
    space = DesignSpace("s", (*mesh, rest), (Constraint("c", "x * y == 168"),))
    drawn = sample(space, 160, "lhs").designs
    # 16 divisors, 160 designs: the strata of x put ten designs on each.
    assert drawn["x"].value_counts().tolist() == [10] * 16


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((5, "lsh"), r"sampler 'lsh' is unknown \(did you mean 'lhs'\?\); allowed: lhs, sobol, halton, random"),
        ((0,), "the number of designs is 0; allowed: 1 to 10000000"),
        ((10**9,), "the number of designs is 1000000000; allowed"),
        ((5, "lhs", -1), "the seed is -1; allowed: 0 or more"),
    ],
)
def test_wrong_arguments_are_told(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        sample(REALS, *arguments)


def test_architectures_and_backends_are_crossed():
    space = axiline_like()
    architectures = sample(space.subspace("architecture"), 24, "lhs").designs
    backends = sample(space.subspace("backend"), 12, "lhs").designs
    crossed = cross(architectures, backends)
    assert len(crossed) == 24 * 12
    assert crossed.index.tolist() == list(range(24 * 12))
    assert space.is_valid(crossed).all()
    assert not crossed.duplicated().any()
    pd.testing.assert_frame_equal(crossed[:12][list(backends)], backends)
    assert crossed[:12][list(architectures)].drop_duplicates().equals(architectures[:1])
    with pytest.raises(InvalidInputError, match="both tables have the column 'features'; allowed"):
        cross(architectures, architectures[["features"]])
