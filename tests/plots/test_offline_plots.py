"""Figures of the page Offline draw what they are given: designs that cannot run on a rail, limits, marks, bars."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from accel_core.plots.offline import (
    MOST_POINTS,
    belief_against_truth,
    ladder,
    log_picture,
    span_of,
    ticks_ms,
    training_curves,
)
from accel_core.plots.offline_why import area_bars, layer_bars, part_colors, slowest


def trace(figure: go.Figure, name: str) -> go.BaseTraceType:
    return next(entry for entry in figure.data if entry.name == name)


@pytest.fixture
def log() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 3 * MOST_POINTS
    is_ok = np.arange(n) % 4 == 0
    runtime = np.where(is_ok, rng.uniform(0.2, 2.0, n), np.nan)
    return pd.DataFrame({"status": np.where(is_ok, "ok", "infeasible"), "runtime_s": runtime,
                         "chip_area_mm2": rng.uniform(10, 1000, n)})  # fmt: skip


@pytest.mark.parametrize("dark", [False, True])
def test_a_log_is_drawn_with_all_that_runs_within_the_limit_and_the_rest_thinned(log: pd.DataFrame, dark: bool) -> None:
    within = log[(log["status"] == "ok") & (log["chip_area_mm2"] <= 50)]
    figure = log_picture(log, 50.0, within["runtime_s"].min(), dark=dark)
    ran, lost = trace(figure, "ran"), trace(figure, "cannot run")
    assert (np.asarray(ran.x) <= 50).sum() == len(within)
    assert len(ran.x) + len(lost.x) < MOST_POINTS + len(within) + 1
    assert len(set(lost.y)) == 1
    assert lost.y[0] > 1.2 * max(ran.y)
    assert set(ran.y) <= set(1e3 * log["runtime_s"])
    star = trace(figure, "best within the limit")
    assert list(star.y) == [1e3 * within["runtime_s"].min()]
    assert list(trace(figure, "limit 50 mm²").x) == [50.0, 50.0]


def test_a_log_without_anything_that_runs_is_drawn(log: pd.DataFrame) -> None:
    lost = log[log["status"] != "ok"]
    assert len(trace(log_picture(lost, 50.0), "cannot run").x) == min(MOST_POINTS, len(lost))


def test_curves_have_a_panel_each_and_a_line_a_model() -> None:
    rows = [{"step": 5.0, "error": 1.0, "held_out_error": 2.0, "kendall": 0.5}]
    figure = training_curves({"naive": rows, "conservative": []}, 10)
    assert [list(entry.y) for entry in figure.data] == [[100.0], [], [200.0], [], [0.5], []]
    assert [entry.text.endswith("[%]") for entry in figure.layout.annotations] == [True, True, False]
    assert figure.layout.xaxis3.range == (0, 10)
    assert training_curves({}, 10).data == ()


def test_before_the_reveal_choices_lie_where_they_are_believed() -> None:
    choices = pd.DataFrame({"predicted_s": [0.1, 0.12], "p_fails": [0.0, 0.1]})
    believed = trace(belief_against_truth(choices, "naive", (50.0, 200.0)), "what it believes")
    assert list(believed.x) == list(believed.y) == [100.0, 120.0]


def test_slow_latencies_are_whole_numbers_on_an_axis() -> None:
    choices = pd.DataFrame({"predicted_s": [1.0], "p_fails": [0.0]})
    ticks = belief_against_truth(choices, "naive", (0.5, 30_000.0)).layout.xaxis.ticktext
    assert {"0.5", "100", "2,000", "20,000"} <= set(ticks)


def test_after_it_they_lie_where_they_are_and_those_that_do_not_run_on_a_rail_with_their_reason() -> None:
    choices = pd.DataFrame({"predicted_s": [0.1, 0.12], "p_fails": [0.0, 0.1]})
    true = pd.DataFrame({"status": ["infeasible", "ok"], "runtime_s": [np.nan, 0.15],
                         "reason": ["layer a: filters take 9 bytes; parameter_memory_b is 4", ""]})  # fmt: skip
    figure = belief_against_truth(choices, "conservative", (50.0, 200.0), true=true,
                                  marks={"best in the log": 0.14, "exact optimum": 0.09})  # fmt: skip
    runs, lost = trace(figure, "runs"), trace(figure, "does not run")
    assert (list(runs.x), list(runs.y)) == ([120.0], [150.0])
    assert list(lost.x) == [100.0]
    assert lost.y[0] > 200.0
    assert "parameter_memory_b is 4" in lost.customdata[0][1]
    assert trace(figure, "exact optimum").y == (90.0, 90.0)
    places = {entry.text: entry.y for entry in figure.layout.annotations}
    assert places["best in the log"] == pytest.approx(np.log10(140.0))


def test_axes_hold_all_latencies() -> None:
    low, high = span_of([0.1, np.nan], np.array([0.3]), [])
    assert low < 100.0
    assert high > 300.0
    for least, most in ((100, 1000), (100, 300), (100, 140), (100, 115)):
        assert 2 <= sum(least <= tick <= most for tick in ticks_ms(least, most)) <= 9


def test_a_ladder_says_what_does_not_run() -> None:
    bars = ladder([("Exact optimum", 0.1, "optimum"), ("Zero-shot design", None, "chosen")]).data[0]
    assert list(bars.x) == [100.0, 0.0]
    assert list(bars.text) == ["100 ms", "does not run"]


def layers(*totals: float) -> pd.DataFrame:
    return pd.DataFrame({"layer": [f"l{i}" for i in range(len(totals))], "compute_s": totals,
                         "bus_s": [0.5 * total for total in totals], "dram_s": [0.7 * total for total in totals],
                         "total_s": totals})  # fmt: skip


def test_the_slowest_layers_of_either_design_are_drawn_in_the_networks_order() -> None:
    designs = {"before": layers(1.0, 5.0, 2.0), "after": layers(4.0, 1.0, 1.0)}
    assert slowest(designs, 2) == [0, 1]
    figure = layer_bars(designs, 10.0)
    compute, memory = figure.data[:2]
    assert list(compute.x) == [10.0, 50.0, 20.0]
    assert list(memory.x) == [7.0, 35.0, 14.0]
    assert list(compute.y) == ["l0", "l1", "l2"]


@pytest.mark.parametrize("figure", [log_picture(pd.DataFrame({"status": ["ok"], "runtime_s": [1.0],
                                                              "chip_area_mm2": [9.0]}), 27.0),
                                    training_curves({}, 10), ladder([("a", 0.1, "other")]),
                                    layer_bars({"a": layers(1.0), "b": layers(2.0)}, 1.0)])  # fmt: skip
def test_few_tools_lie_beside_a_legend(figure: go.Figure) -> None:
    assert {"zoom", "pan", "zoomin", "zoomout"} <= set(figure.layout.modebar.remove)


def test_area_bars_have_every_part_of_every_design() -> None:
    words = {name: name for name in "abcdefgh"}
    figure = area_bars({"one": dict.fromkeys(words, 1.0), "two": dict.fromkeys(words, 2.0)}, words)
    assert [list(entry.x) for entry in figure.data] == [[1.0, 2.0]] * 8
    assert figure.layout.barmode == "stack"
    assert figure.layout.showlegend is False
    assert [entry.marker.color for entry in figure.data] == list(part_colors(words).values())
