from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.plots import surrogates as plots


@pytest.fixture
def predictions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": "gp", "metric": ["power_w"] * 3 + ["runtime_s"], "split": "unseen backend", "row": [7, 8, 9, 7],
            "actual": [0.010, 0.020, 0.900, 1.0], "predicted": [0.011, 0.019, 0.800, 1.1], "std": 0.001,
            "in_roi": [True, True, False, True],
        }
    )  # fmt: skip


@pytest.fixture
def errors() -> pd.DataFrame:
    rows = [(m, k, s, 3.0) for s in ("near", "far") for m in ("gp", "ann") for k in ("power_w", "runtime_s")]
    return pd.DataFrame(rows, columns=["model", "metric", "split", "muape"])


@pytest.mark.parametrize("dark", [False, True])
def test_parity_is_in_display_units_with_roi_apart(predictions: pd.DataFrame, dark: bool):
    figure = plots.parity(predictions, "power_w", dark=dark)
    inside, outside = (next(t for t in figure.data if t.name == name) for name in ("in the ROI", "outside the ROI"))
    np.testing.assert_allclose(inside.x, [10, 20])
    np.testing.assert_allclose(inside.y, [11, 19])
    np.testing.assert_allclose(outside.x, [900])
    assert outside.marker.symbol != inside.marker.symbol
    assert figure.layout.xaxis.title.text == "Power, actual [mW]"
    assert figure.layout.yaxis.title.text == "Power, predicted [mW]"
    assert figure.layout.xaxis.type == "log"


def test_parity_band_is_as_wide_as_it_says(predictions: pd.DataFrame):
    band = next(t for t in plots.parity(predictions, "power_w", tolerance_percent=20).data if t.name == "±20 %")
    half = len(band.x) // 2
    np.testing.assert_allclose(np.array(band.y[:half]) / np.array(band.x[:half]), 1.2)
    np.testing.assert_allclose(np.array(band.y[half:]) / np.array(band.x[half:]), 0.8)


def test_a_metric_without_predictions_is_refused(predictions: pd.DataFrame):
    with pytest.raises(InvalidInputError, match="nothing to plot for metric 'energy_j'; there is: power_w, runtime_s"):
        plots.parity(predictions, "energy_j")


def test_roi_band_marks_wrong_classifications():
    designs = pd.DataFrame({"f_target_hz": [1e9, 1e9], "f_effective_hz": [0.9e9, 0.4e9], "predicted": [True, True]})
    figure = plots.roi_band(designs, 0.3)
    wrong = next(t for t in figure.data if t.name == "classified wrongly")
    np.testing.assert_allclose(wrong.y, [400])
    assert figure.layout.yaxis.title.text == "Effective clock [MHz]"


def test_learning_curve_has_a_line_a_metric_with_its_range():
    curve = pd.DataFrame(
        {"n_train": [10, 10, 20, 20], "repeat": [0, 1, 0, 1], "metric": "power_w", "muape": [8.0, 10.0, 4.0, 5.0]}
    )
    (line,) = plots.learning_curve(curve).data
    assert line.name == "Power"
    assert list(line.x) == [10, 20]
    assert list(line.y) == [9.0, 4.5]
    assert list(line.error_y.array) == [1.0, 0.5]


def test_sampler_comparison_names_the_equal_size():
    table = pd.DataFrame(
        {"sampler": ["lhs", "sobol"], "n_train": 24, "repeat": 0, "metric": "power_w", "muape": [4.0, 5.0]}
    )
    assert [bar.name for bar in plots.sampler_comparison(table).data] == ["lhs (24 designs)", "sobol (24 designs)"]


def test_importances_are_sorted_with_the_largest_on_top():
    table = pd.DataFrame({"feature": ["a", "b", "c"], "metric": "power_w", "importance": [1.0, 3.0, 2.0]})
    (bar,) = plots.importances(table, "power_w", most=2).data
    assert list(bar.y) == ["c", "b"]


def test_calibration_compares_claim_and_finding_in_percent():
    covered = pd.DataFrame({"model": "gp", "metric": ["a", "b"], "split": "s", "level": 0.9, "coverage": [0.8, 0.9]})
    diagonal, line = plots.calibration(covered).data
    assert diagonal.name == "honest"
    np.testing.assert_allclose([line.x[0], line.y[0]], [90, 85])
