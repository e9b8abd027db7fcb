import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.objectives import Bound, Objective
from accel_core.plots.optimize import front_growth, hypervolume_growth, verification, verification_errors

GOALS = [Objective("runtime_s"), Objective("chip_area_mm2"), Bound("power", "power_w", upper=1.0)]


def run(volumes):
    return pd.DataFrame({"evaluations": np.arange(1, len(volumes) + 1), "hypervolume": np.array(volumes, dtype=float)})


def test_growth_shows_median_and_band_of_several_runs():
    figure = hypervolume_growth({"bayesian": [run([1, 2, 3]), run([1, 4, 5]), run([0, 3])]}, "(6 ms, 3 mm²)")
    band, line = figure.data
    assert line.name == "bayesian"
    assert list(line.y) == [1.0, 3.0, 4.0]
    assert list(band.y) == [0.0, 2.0, 3.0, 5.0, 4.0, 1.0]
    assert "up to (6 ms, 3 mm²)" in figure.layout.yaxis.title.text


def test_growth_of_one_run_has_no_band_and_shares_are_percent():
    figure = hypervolume_growth({"random": [run([1, 2])], "none": []}, whole=4.0, dark=True)
    assert [list(trace.y) for trace in figure.data] == [[25.0, 50.0]]
    assert "[%]" in figure.layout.yaxis.title.text


def test_front_grows_over_stages_in_shown_units_without_infeasible_rows():
    results = pd.DataFrame(
        {
            "runtime_s": [3e-3, 2e-3, 1e-3, 1e-4],
            "chip_area_mm2": [1.0, 2.0, 3.0, 0.5],
            "power_w": [0.5, 0.5, 0.5, 5.0],
            "status": "ok",
        }
    )
    figure = front_growth(results, GOALS, "runtime_s", "chip_area_mm2", stages=(1, 3, 99))
    lines = {trace.name: trace for trace in figure.data if trace.name.startswith("after")}
    assert list(lines) == ["after 1", "after 3", "after 4"]
    assert list(lines["after 1"].x) == [3.0]
    assert list(lines["after 4"].x) == [1.0, 2.0, 3.0]
    assert list(lines["after 4"].y) == [3.0, 2.0, 1.0]
    assert figure.layout.xaxis.title.text == "Runtime [ms]"
    broken = next(trace for trace in figure.data if trace.name == "breaks a bound")
    assert list(broken.y) == [0.5]


def test_front_of_no_results_is_an_empty_figure():
    columns = ["runtime_s", "chip_area_mm2", "power_w", "status"]
    figure = front_growth(pd.DataFrame(columns=columns, dtype=float), GOALS, "runtime_s", "chip_area_mm2")
    assert all(len(trace.x) == 0 for trace in figure.data)


PREDICTED = pd.DataFrame({"design_id": ["a", "b", "c"], "power_w": [1.1, 2.0, 3.0], "runtime_s": [1e-3, 2e-3, 3e-3]})
ACTUAL = pd.DataFrame(
    {
        "design_id": ["a", "b"],
        "power_w": [1.0, np.nan],
        "runtime_s": [2e-3, np.nan],
        "status": ["ok", "failed"],
    }
)


def test_verification_pairs_by_design_and_says_nothing_of_what_was_not_measured():
    table = verification(PREDICTED, ACTUAL, ["power_w", "runtime_s"])
    assert len(table) == 6
    found = table.set_index(["design_id", "metric"])["error_percent"]
    assert found["a", "power_w"] == pytest.approx(10.0)
    assert found["a", "runtime_s"] == pytest.approx(-50.0)
    assert found[["b", "c"]].isna().all()


def test_verification_needs_the_columns():
    with pytest.raises(InvalidInputError, match="actual picks: column 'energy_j' is missing"):
        verification(PREDICTED.assign(energy_j=1.0), ACTUAL, ["energy_j"])


def test_errors_show_measured_designs_only_and_reach_the_worst():
    figure = verification_errors(verification(PREDICTED, ACTUAL, ["power_w", "runtime_s"]))
    (points,) = figure.data
    assert list(points.x) == pytest.approx([10.0, -50.0])
    assert list(points.y) == ["Power", "Runtime"]
    assert points.customdata[0].tolist() == ["1100 mW", "1000 mW"]
    assert figure.layout.xaxis.range[1] == pytest.approx(55.0)
    assert not verification_errors(verification(PREDICTED, ACTUAL.iloc[:0], ["power_w"])).data


def test_picks_keep_their_numbers_when_one_could_not_be_measured():
    table = pd.DataFrame(
        {
            "design_id": ["first", "second"],
            "metric": ["power_w", "power_w"],
            "predicted": [1e-3, 2e-3],
            "actual": [np.nan, 2.1e-3],
            "error_percent": [np.nan, -4.8],
        }
    )
    assert [trace.name for trace in verification_errors(table).data] == ["pick 2"]
