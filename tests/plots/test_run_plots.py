"""Figures of a run."""

import pandas as pd
import pytest

from accel_core.plots.runs import arrivals, failure_groups, failures_by_stage

STATUSES = ["ok", "ok", "infeasible", "failed", "failed", "timeout", "infeasible"]


@pytest.fixture
def results():
    return pd.DataFrame(
        {
            "design_id": list("abcdefg"),
            "status": STATUSES,
            "stage": ["", "", "floorplan", "synthesis", "synthesis", "", "floorplan"],
            "reason": ["", "", "97 % full", "exit code 1", "exit code 2", "too slow", "99.5 % full"],
            "created_at": pd.Timestamp("2025-01-01") + pd.to_timedelta([0, 10, 20, 30, 30, 50, 60], unit="s"),
        }
    )  # fmt: skip


@pytest.mark.parametrize("dark", [False, True])
def test_arrivals_add_up_to_all_designs_at_the_end(results, dark):
    figure = arrivals(results.sample(frac=1, random_state=0), dark)
    assert {trace.name: trace.y[-1] for trace in figure.data} == {
        "ok (2)": 2, "infeasible (2)": 2, "failed (2)": 2, "timeout (1)": 1,
    }  # fmt: skip
    for trace in figure.data:
        assert list(trace.y) == sorted(trace.y)
        assert (trace.x[0], trace.x[-1]) == (0.0, 60.0)
    assert figure.layout.xaxis.title.text.endswith("[s]")


def test_arrivals_of_a_long_run_are_in_minutes_and_not_too_many():
    times = pd.Timestamp("2025-01-01") + pd.to_timedelta(range(10_000), unit="s")
    figure = arrivals(pd.DataFrame({"status": "ok", "created_at": times}))
    assert figure.layout.xaxis.title.text.endswith("[min]")
    assert len(figure.data[0].x) <= 2000
    assert figure.data[0].y[-1] == 10_000
    assert figure.data[0].x[-1] == pytest.approx(9999 / 60)


def test_nothing_arrived_draws_an_empty_figure(results):
    assert len(arrivals(results.iloc[:0]).data) == 0


def test_failures_are_grouped_by_stage_status_and_reason_without_its_numbers(results):
    groups = failure_groups(results)
    assert groups.to_dict("records") == [
        {"stage": "floorplan", "status": "infeasible", "reason": "99.5 % full", "designs": 2, "example": "g"},
        {"stage": "synthesis", "status": "failed", "reason": "exit code 2", "designs": 2, "example": "e"},
        {"stage": "unknown", "status": "timeout", "reason": "too slow", "designs": 1, "example": "f"},
    ]  # fmt: skip
    assert failure_groups(results[results["status"] == "ok"]).empty


def test_the_stage_that_stops_most_is_on_top(results):
    results.loc[1, ["status", "stage", "reason"]] = ["timeout", "synthesis", "too slow"]
    figure = failures_by_stage(failure_groups(results))
    assert figure.data[0].y[-1] == "synthesis"
    shown = {trace.name: dict(zip(trace.y, trace.x, strict=True)) for trace in figure.data}
    assert shown["infeasible"]["floorplan"] == 2
    assert shown["failed"]["synthesis"] == 2
    assert shown["timeout"] == {"unknown": 1, "floorplan": 0, "synthesis": 1}
