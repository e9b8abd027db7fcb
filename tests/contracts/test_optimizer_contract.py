"""What every optimizer must keep."""

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidDesignError, InvalidInputError
from accel_core.objectives import Bound, Objective
from accel_core.optimizers import OPTIMIZERS
from accel_core.pareto import hypervolume
from accel_core.space import Constraint, DesignSpace, Parameter

SPACE = DesignSpace(
    "array",
    (
        Parameter("rows", "integer", 1, 24),
        Parameter("cols", "ordinal", values=(2, 4, 8, 16, 32)),
        Parameter("clock_hz", "real", 1e8, 1e9, scale="log"),
        Parameter("dataflow", "categorical", values=("ws", "os", "rs")),
        Parameter("fixed", "integer", 7, 7),
    ),
    (Constraint("at most 256 units", "rows * cols <= 256"),),
)
GOALS = (
    Objective("runtime_s", "min"),
    Objective("chip_area_mm2", "min"),
    Bound("power", "power_w", upper=0.5),
)


def measured(designs: pd.DataFrame) -> pd.DataFrame:
    """A model of an array, in which too many rows cannot be built."""
    units = designs["rows"] * designs["cols"]
    slow = designs["dataflow"].map({"ws": 1.0, "os": 1.3, "rs": 1.1}).astype(float)
    return designs.assign(
        runtime_s=1e6 * slow / (units * designs["clock_hz"]) + 1e-6 * np.ceil(24 / designs["rows"]),
        chip_area_mm2=0.01 * units * (1 + designs["clock_hz"] / 1e9) + 0.05,
        power_w=units * designs["clock_hz"] * 1e-11,
        status=np.where(designs["rows"] > 22, "infeasible", "ok"),
    )


def advance(search, batches=4, batch=8):
    """Ask and tell; return the results in order."""
    parts = []
    for _ in range(batches):
        parts.append(measured(search.ask(batch)))
        search.tell(parts[-1])
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(params=list(OPTIMIZERS))
def kind(request):
    return OPTIMIZERS[request.param]


def test_designs_are_valid_new_and_different(kind):
    search = kind(SPACE, GOALS, seed=3)
    results = advance(search, batches=6)
    assert len(results) == 48
    SPACE.check(results)
    assert not results.duplicated(list(SPACE.names)).any()
    assert list(search.ask(2).columns) == list(SPACE.names)


def test_types_are_those_of_the_space(kind):
    designs = kind(SPACE, GOALS).ask(5)
    assert designs.dtypes.astype(str).tolist() == SPACE.coerce(designs).dtypes.astype(str).tolist()
    assert designs["rows"].dtype == np.int64
    assert designs.index.tolist() == list(range(5))


def test_asking_twice_without_telling_gives_different_designs(kind):
    search = kind(SPACE, GOALS, seed=1)
    advance(search)
    both = pd.concat([search.ask(6), search.ask(6)])
    assert len(both) == 12
    assert not both.duplicated().any()


def test_same_seed_same_designs(kind):
    first, second = (advance(kind(SPACE, GOALS, seed=5)) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert not first.equals(advance(kind(SPACE, GOALS, seed=6)))


def test_replaying_results_resumes_exactly(kind):
    search = kind(SPACE, GOALS, seed=2)
    results = advance(search, batches=5)
    resumed = kind(SPACE, GOALS, seed=2)
    resumed.tell(results)
    pd.testing.assert_frame_equal(resumed.ask(8), search.ask(8))


def test_order_of_telling_is_all_that_counts_for_a_replay(kind):
    search, parts = kind(SPACE, GOALS, seed=2), []
    for _ in range(4):
        parts.append(measured(search.ask(8)).iloc[::-1])
        search.tell(parts[-1])
    resumed = kind(SPACE, GOALS, seed=2)
    for part in parts:
        resumed.tell(part)
    pd.testing.assert_frame_equal(resumed.ask(8), search.ask(8))


def test_results_never_asked_for_are_learned_and_not_asked_again(kind):
    own = advance(OPTIMIZERS["random"](SPACE, GOALS, seed=9), batches=5)
    search = kind(SPACE, GOALS, seed=9)
    search.tell(own)
    assert len(search.told) == 40
    proposed = search.ask(30)
    assert not pd.concat([own[list(SPACE.names)], proposed]).duplicated().any()


def test_exhausted_space_gives_fewer_and_then_no_designs(kind):
    tiny = DesignSpace(
        "tiny",
        (Parameter("rows", "integer", 1, 6), Parameter("cols", "ordinal", values=(1, 2, 4))),
        (Constraint("even product", "rows * cols % 2 == 0"),),
    )
    goals = [Objective("runtime_s"), Objective("chip_area_mm2")]
    search = kind(tiny, goals)
    seen = []
    for _ in range(4):
        designs = search.ask(6)
        if len(designs):
            search.tell(
                designs.assign(runtime_s=1.0 / designs["rows"], chip_area_mm2=designs["rows"] * 1.0, status="ok")
            )
        seen.append(designs)
    assert [len(designs) for designs in seen] == [6, 6, 3, 0]
    assert len(pd.concat(seen).drop_duplicates()) == tiny.size == 15
    assert list(seen[-1].columns) == ["rows", "cols"]


def test_rows_without_metrics_are_data(kind):
    search = kind(SPACE, GOALS, seed=4)
    for status in ("failed", "timeout", "infeasible"):
        search.tell(search.ask(10).assign(status=status))
    assert len(search.ask(4)) == 4
    results = advance(search, batches=3)
    assert (results["status"] == "ok").any()
    assert search.told["runtime_s"].isna().sum() >= 30


def test_a_bound_that_nothing_meets_does_not_stop_the_search(kind):
    search = kind(SPACE, [*GOALS, Bound("impossible", "power_w", lower=1e6)])
    assert len(advance(search, batches=5)) == 40


def test_a_design_told_again_replaces_its_result(kind):
    search = kind(SPACE, GOALS, seed=4)
    results = advance(search)
    search.tell(results.iloc[[0]].assign(status="failed"))
    assert len(search.told) == len(results)
    assert search.told.iloc[-1]["status"] == "failed"
    assert len(search.ask(3)) == 3


@pytest.mark.parametrize("n", [0, -1, 1.5, True, 10**9])
def test_asking_for_a_senseless_number_is_refused(kind, n):
    with pytest.raises(InvalidInputError, match="allowed: 1 to"):
        kind(SPACE, GOALS).ask(n)


def test_goals_without_objective_are_refused(kind):
    with pytest.raises(InvalidInputError, match="no goal is an objective"):
        kind(SPACE, [Bound("power", "power_w", upper=1.0)])


@pytest.mark.parametrize("column", ["rows", "status", "runtime_s", "power_w"])
def test_telling_without_a_column_is_refused(kind, column):
    search = kind(SPACE, GOALS)
    results = measured(search.ask(4))
    with pytest.raises(InvalidInputError, match=f"'{column}' is missing"):
        search.tell(results.drop(columns=column))
    assert search.told.empty


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("metric", ["runtime_s", "power_w"])
def test_an_ok_row_without_a_number_is_refused(kind, metric, value):
    search = kind(SPACE, GOALS)
    results = measured(search.ask(4)).assign(status="ok")
    results.loc[2, metric] = value
    with pytest.raises(InvalidInputError, match=f"row 3: {metric} is .* with status ok"):
        search.tell(results)
    assert search.told.empty


def test_unknown_status_and_foreign_designs_are_refused(kind):
    search = kind(SPACE, GOALS)
    results = measured(search.ask(3))
    with pytest.raises(InvalidInputError, match="status is 'done'; allowed: ok, infeasible"):
        search.tell(results.assign(status="done"))
    with pytest.raises(InvalidDesignError, match="row 1: rows is 99"):
        search.tell(results.assign(rows=99))
    with pytest.raises(InvalidDesignError, match="at most 256 units"):
        search.tell(results.assign(rows=24, cols=32))


def test_real_only_and_single_objective(kind):
    space = DesignSpace("line", (Parameter("x", "real", -1.0, 1.0), Parameter("y", "real", -1.0, 1.0)))
    search = kind(space, [Objective("loss", "max")], seed=0)
    for _ in range(8):
        designs = search.ask(8)
        search.tell(designs.assign(loss=-(designs["x"] ** 2) - designs["y"] ** 2, status="ok"))
    assert search.told["loss"].max() > -0.1


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "random"])
def test_learning_beats_random_search(name):
    """Ten discrete values a parameter; the front lies in a corner that 96 random designs hardly reach."""
    space = DesignSpace("corner", tuple(Parameter(f"x{i}", "integer", 0, 9) for i in range(6)))
    goals = [Objective("a"), Objective("b"), Bound("limit", "c", upper=5.0)]

    def reached(kind, seed):
        search = kind(space, goals, seed=seed)
        for _ in range(8):
            designs = search.ask(12)
            waste = designs[["x2", "x3", "x4", "x5"]].sum(axis=1) / 9
            near = (designs["x0"] / 9, 1 - designs["x0"] / 9)
            c = designs["x1"].astype(float)
            search.tell(designs.assign(a=near[0] + waste + 0.1, b=near[1] + waste + 0.1, c=c, status="ok"))
        told = search.told[search.told["c"] <= 5]
        return hypervolume(told[["a", "b"]], (5.0, 5.0), ("min", "min"))

    learned = np.mean([reached(OPTIMIZERS[name], seed) for seed in range(2)])
    assert learned > np.mean([reached(OPTIMIZERS["random"], seed) for seed in range(5)])
