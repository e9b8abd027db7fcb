import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.optimizers.ranking import best_first, constrained_ranks, crowding


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([0.0, 0.0, 0.5, 2.0, np.inf])),
        min_size=1,
        max_size=15,
    )
)
def test_ranks_follow_constrained_domination(rows):
    table = np.array(rows, dtype=float)
    values, violation = table[:, :2], table[:, 2]
    ranks = constrained_ranks(values, violation)
    for i in range(len(rows)):
        for j in range(len(rows)):
            if violation[i] == violation[j] == 0:
                if (values[i] <= values[j]).all() and (values[i] < values[j]).any():
                    assert ranks[i] < ranks[j]
            elif violation[i] < violation[j]:
                assert ranks[i] < ranks[j]
            elif violation[i] == violation[j]:
                assert ranks[i] == ranks[j]


def test_crowding_prefers_the_ends_and_the_lonely():
    values = np.array([[0.0, 10.0], [1.0, 9.0], [2.0, 8.0], [7.0, 2.0], [10.0, 0.0]])
    distance = crowding(values, np.zeros(5, dtype=np.int64))
    assert np.isinf(distance[[0, 4]]).all()
    # Deb 2002: sum over objectives of the gap between both neighbors, over the range.
    assert distance[1:4].tolist() == [0.2 + 0.2, 0.6 + 0.7, 0.8 + 0.8]


def test_best_first_orders_by_rank_then_loneliness_and_puts_failures_last():
    values = np.array([[2.0, 2.0], [0.0, 1.0], [np.nan, np.nan], [1.0, 0.0], [0.4, 0.6]])
    violation = np.array([0.0, 0.0, np.inf, 0.0, 0.0])
    order, ranks, _ = best_first(values, violation)
    assert order.tolist() == [1, 3, 4, 0, 2]
    assert ranks.tolist() == [1, 0, 2, 0, 0]
