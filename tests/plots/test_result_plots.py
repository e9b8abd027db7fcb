from __future__ import annotations

import numpy as np
import pandas as pd

from accel_core.plots import theme
from accel_core.plots.results import tradeoff


def results(energy_j: list[float], fidelity: list[str]) -> pd.DataFrame:
    n = len(energy_j)
    return pd.DataFrame(
        {
            "design_id": [f"d{index}" for index in range(n)],
            "fidelity": fidelity,
            "benchmark": ["svm", "linear"] * (n // 2),
            "chip_area_mm2": np.linspace(0.004, 0.008, n),
            "energy_j": energy_j,
        }
    )


def test_the_front_line_runs_through_the_nondominated_points_in_display_units() -> None:
    figure = tradeoff(results([4e-5, 2e-5, 3e-5, 1e-5], ["placed"] * 4), "chip_area_mm2", "energy_j")
    line = next(trace for trace in figure.data if trace.mode == "lines")
    np.testing.assert_allclose(line.y, [40, 20, 10])
    assert figure.layout.yaxis.title.text == "Energy [µJ]"


def test_designs_that_share_a_point_of_the_front_are_counted_once() -> None:
    rows = results([4e-5, 2e-5, 3e-5, 1e-5], ["placed"] * 4)
    twins = pd.concat([rows, rows.tail(1)], ignore_index=True)
    line = next(trace for trace in tradeoff(twins, "chip_area_mm2", "energy_j").data if trace.mode == "lines")
    assert line.name == "front (3)"


def test_predicted_points_never_look_like_measured_ones() -> None:
    figure = tradeoff(
        results([4e-5, 2e-5, 3e-5, 1e-5], ["placed", "placed", "predicted", "predicted"]),
        "chip_area_mm2",
        "energy_j",
        by="benchmark",
    )
    symbols = {trace.name: trace.marker.symbol for trace in figure.data if trace.mode == "markers"}
    assert symbols["svm (predicted)"] == theme.fidelity_style("predicted").plotly_symbol
    assert symbols["svm (predicted)"] != symbols["svm (placed)"]


def test_wide_ranges_get_decades_with_whole_labels() -> None:
    figure = tradeoff(results([1e-6, 2e-5, 3e-5, 9e-5], ["placed"] * 4), "chip_area_mm2", "energy_j")
    assert figure.layout.yaxis.type == "log"
    assert {"1", "2", "5", "10", "20", "50"} <= set(figure.layout.yaxis.ticktext)
    assert figure.layout.xaxis.type == "linear"


def test_rows_without_a_metric_are_left_out() -> None:
    figure = tradeoff(results([float("nan")] * 2, ["placed"] * 2), "chip_area_mm2", "energy_j")
    assert len(figure.data) == 0


def test_a_kind_keeps_its_color_where_others_are_missing_and_never_takes_the_front_s() -> None:
    both = tradeoff(results([4e-5, 2e-5], ["placed"] * 2), "chip_area_mm2", "energy_j", by="benchmark",
                    kinds=("linear", "logistic", "svm"))  # fmt: skip
    alone = tradeoff(results([4e-5, 2e-5], ["placed"] * 2).head(1), "chip_area_mm2", "energy_j", by="benchmark",
                     kinds=("linear", "logistic", "svm"))  # fmt: skip
    colors = {trace.name: trace.marker.color for trace in both.data if trace.mode == "markers"}
    assert alone.data[0].marker.color == colors["svm"]
    assert theme.FRONT["light"] not in colors.values()
