"""What has to give way when no design meets all bounds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.objectives import Bound, Objective, is_feasible
from accel_core.relaxations import Relaxation, relaxations

FRAME = pd.DataFrame(
    {
        "energy_j": [1.0, 2.0, 3.0, 4.0],
        "power_w": [8.0, 6.0, 4.0, np.nan],
        "f_effective_hz": [3e8, 5e8, 4e8, 9e8],
    }
)


def test_nothing_gives_way_when_a_design_meets_all():
    assert relaxations(FRAME, [Objective("energy_j", upper=1.5)]) == []
    assert relaxations(FRAME, [Objective("energy_j")]) == []


def test_an_unreachable_upper_limit_names_the_nearest_value():
    goals = [Objective("energy_j"), Bound("power", "power_w", upper=3.0)]
    assert relaxations(FRAME, goals) == [Relaxation("power_w", "upper", 3.0, 4.0)]


def test_a_lower_limit_is_relaxed_downward_and_a_missing_metric_helps_nobody():
    goals = [Objective("energy_j"), Bound("clock", "f_effective_hz", lower=6e8), Bound("power", "power_w", upper=9.0)]
    assert relaxations(FRAME, goals) == [Relaxation("f_effective_hz", "lower", 6e8, 5e8)]


def test_of_two_limits_the_one_that_gives_less_is_named():
    # Row 0 breaks power by 8 / 7.9 - 1; row 1 breaks energy by 2 / 1.5 - 1.
    goals = [Objective("energy_j", upper=1.5), Bound("power", "power_w", upper=7.9)]
    assert relaxations(FRAME, goals) == [Relaxation("power_w", "upper", 7.9, 8.0)]


def test_where_no_single_limit_is_enough_all_broken_ones_of_the_closest_design_are_named_tightest_first():
    # Worst violations: row 0 is 8/2 - 1 = 3, row 1 is 6/2 - 1 = 2, row 2 is 3/0.8 - 1 = 2.75.
    goals = [Objective("energy_j", upper=0.8), Bound("power", "power_w", upper=2.0)]
    assert relaxations(FRAME, goals) == [
        Relaxation("power_w", "upper", 2.0, 6.0),
        Relaxation("energy_j", "upper", 0.8, 2.0),
    ]


def test_failed_designs_and_empty_tables_help_nobody():
    goals = [Objective("energy_j", upper=0.5)]
    assert relaxations(FRAME.assign(status="failed"), goals) == []
    assert relaxations(FRAME.iloc[:0], goals) == []


@given(
    st.lists(st.tuples(*[st.floats(1, 100)] * 3), min_size=1, max_size=20),
    st.tuples(*[st.floats(0.5, 110)] * 3),
)
@pytest.mark.filterwarnings("error")
def test_relaxing_what_is_named_always_lets_a_design_in(rows, limits):
    frame = pd.DataFrame(rows, columns=["energy_j", "power_w", "f_effective_hz"])
    energy, power, clock = limits

    def goals(energy, power, clock):
        return [
            Objective("energy_j", upper=energy),
            Bound("p", "power_w", upper=power),
            Bound("f", "f_effective_hz", lower=clock),
        ]

    found = {entry.metric: entry.nearest for entry in relaxations(frame, goals(*limits))}
    relaxed = goals(found.get("energy_j", energy), found.get("power_w", power), found.get("f_effective_hz", clock))
    assert is_feasible(frame, relaxed).any()
    assert bool(found) != is_feasible(frame, goals(*limits)).any()
