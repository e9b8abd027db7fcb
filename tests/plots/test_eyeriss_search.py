"""A search over Eyeriss-like designs as drawn."""

import numpy as np
import pandas as pd
import pytest

from accel_core.plots.eyeriss_search import lesson, loss_curve, population

TOLD = pd.DataFrame(
    {
        "cycles": [9e5, np.nan, 6e5, 5e5],
        "energy_j": [390e-6, np.nan, 263e-6, 375e-6],
        "status": ["ok", "infeasible", "ok", "ok"],
    }
)


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_the_population_is_the_last_of_what_was_told() -> None:
    exact = pd.DataFrame({"cycles": [5e5, 6e5], "energy_j": [370e-6, 260e-6]})
    figure = population(TOLD, 2, exact=exact, marks={"Baseline": {"cycles": 9e5, "energy_j": 390e-6}}, best=2)
    assert list(named(figure, "earlier").x) == [9e5]
    assert list(named(figure, "population").x) == [6e5, 5e5]
    assert named(figure, "population").y == pytest.approx([263, 375])
    assert list(named(figure, "least loss").x) == [6e5]
    # Drawn out to the worst energy and the most cycles that were seen.
    assert named(figure, "exact front").x == pytest.approx([5e5, 5e5, 6e5, 9e5])
    assert named(figure, "exact front").y == pytest.approx([390, 370, 260, 260])
    assert list(named(figure, "Baseline").text) == ["Baseline"]
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert "500k" in figure.layout.xaxis.ticktext


def test_without_an_exact_front_there_is_no_line() -> None:
    assert "exact front" not in [trace.name for trace in population(TOLD, 2).data]


def test_the_loss_never_rises_and_starts_where_something_could_be_mapped() -> None:
    figure = loss_curve([np.inf, 2.0, 3.0, -1.0, np.inf], optimum=-1.5)
    assert list(figure.data[0].x) == [2, 3, 4, 5]
    assert list(figure.data[0].y) == [2.0, 2.0, -1.0, -1.0]
    assert figure.layout.shapes[0].y0 == -1.5


def test_the_range_of_a_long_search_keeps_the_optimum_in_sight() -> None:
    figure = loss_curve([100.0 - k for k in range(40)], optimum=50.0)
    low, high = figure.layout.yaxis.range
    assert low < 50.0 < high < 100.0


def test_the_lesson_shows_every_way_of_mapping_both_designs() -> None:
    table = pd.DataFrame(
        {
            "design": "Baseline",
            "way": ["published", "random", "exact"],
            "utilization": [0.5714, 0.6, 1.0],
            "energy_j": [721e-6, 400e-6, 375e-6],
        }
    )
    figure = lesson(table)
    exact = [trace for trace in figure.data if trace.name == "exact mapper"]
    assert [trace.x[0] for trace in exact] == pytest.approx([100, 375])
    assert [trace.showlegend for trace in exact] == [True, False]
    span = figure.data[0]
    assert list(span.x) == pytest.approx([57.14, 100])
