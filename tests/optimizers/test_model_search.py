import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.objectives import Bound, Objective
from accel_core.optimizers import front, search_model
from accel_core.pareto import hypervolume
from accel_core.space import Constraint, DesignSpace, Parameter

SPACE = DesignSpace(
    "grid",
    (
        Parameter("x", "integer", 0, 30),
        Parameter("y", "integer", 0, 30),
        Parameter("z", "ordinal", values=(1, 2, 4, 8)),
    ),
    (Constraint("not both large", "x + y <= 50"),),
)
GOALS = [Objective("a"), Objective("b"), Bound("limit", "c", lower=3.0)]


def predict(designs: pd.DataFrame) -> pd.DataFrame:
    x, y, z = (designs[name].to_numpy(dtype=float) for name in ("x", "y", "z"))
    return pd.DataFrame({"a": (x - 20) ** 2 + z, "b": (y - 10) ** 2 + x / z, "c": x - y / 5}, index=designs.index)


def everything():
    designs = SPACE.enumerate()
    return pd.concat([designs, predict(designs)], axis=1)


def test_small_space_is_predicted_whole_and_the_front_is_exact():
    seen = []
    found = search_model(SPACE, GOALS, predict, progress=lambda done, total, best: seen.append((done, total)))
    assert found.is_exhaustive
    assert found.predicted == SPACE.size == seen[-1][0] == seen[-1][1]
    pd.testing.assert_frame_equal(found.front, front(everything(), GOALS).reset_index(drop=True))


def test_large_space_is_searched_within_the_budget_and_nearly_as_well():
    found = search_model(SPACE, GOALS, predict, budget=2000, seed=1)
    assert found.predicted <= 2000
    assert not found.is_exhaustive
    assert SPACE.is_valid(found.front).all()
    reference = (450.0, 450.0)
    true = hypervolume(front(everything(), GOALS)[["a", "b"]], reference, ["min", "min"])
    assert hypervolume(found.front[["a", "b"]], reference, ["min", "min"]) > 0.995 * true


def test_same_seed_same_front():
    first, second = (search_model(SPACE, GOALS, predict, budget=1500, seed=4).front for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize("name", ["random", "nsga2"])
def test_an_optimizer_can_do_the_asking(name):
    counts = []
    found = search_model(
        SPACE, GOALS, predict, budget=45, optimizer=name, progress=lambda done, total, best: counts.append(done)
    )
    assert found.predicted == len(found.results) == 45
    assert counts == [10, 20, 30, 40, 45]
    assert front(found.results, GOALS)[["a", "b"]].to_numpy().tolist() == found.front[["a", "b"]].to_numpy().tolist()


def test_nothing_feasible_gives_an_empty_front():
    goals = [*GOALS, Bound("impossible", "a", upper=-1.0)]
    assert search_model(SPACE, goals, predict).front.empty
    assert search_model(SPACE, goals, predict, budget=1000).front.empty


def test_wrong_arguments_are_refused():
    with pytest.raises(InvalidInputError, match="budget is 0"):
        search_model(SPACE, GOALS, predict, budget=0)
    with pytest.raises(InvalidInputError, match="'best' is unknown; allowed: random"):
        search_model(SPACE, GOALS, predict, optimizer="best")
    with pytest.raises(InvalidInputError, match="no objective"):
        search_model(SPACE, GOALS[2:], predict)
    with pytest.raises(InvalidInputError, match="predicts no 'c'"):
        search_model(SPACE, GOALS, lambda designs: predict(designs)[["a", "b"]])
    with pytest.raises(InvalidInputError, match="predicted 3 rows"):
        search_model(SPACE, GOALS, lambda designs: predict(designs).iloc[:3])


def test_a_bound_on_a_parameter_itself_works():
    found = search_model(SPACE, [Objective("a"), Objective("x", "max")], lambda d: predict(d)[["a"]])
    assert (found.front["x"] >= 20).all()
    assert np.isin(30, found.front["x"])
