"""The results that ship: that they are all there, that this flow makes them, and that models learn from them."""

from __future__ import annotations

import pandas as pd
import pytest

from accel_core.evaluators import evaluate
from accel_core.paths import data_path
from accel_core.physical import placed_available
from accel_core.platforms import get_platform
from accel_core.surrogates.report import TARGETS, data_of, model_factories
from accel_core.surrogates.validation import validate
from accel_core.tables import read_table

AXILINE = get_platform("axiline")
ARCHITECTURE = [entry.name for entry in AXILINE.space.parameters if entry.group == "architecture"]
BACKEND = [entry.name for entry in AXILINE.space.parameters if entry.group == "backend"]


@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    return read_table(data_path() / "results" / "axiline.parquet")


@pytest.mark.parametrize(("benchmark", "n"), [("svm", 24), ("linear", 8), ("logistic", 8), ("recommender", 8)])
def test_every_benchmark_has_its_architectures_at_twelve_backend_points(
    shipped: pd.DataFrame, benchmark: str, n: int
) -> None:
    rows = shipped[shipped["campaign"] == f"axiline-{benchmark}"]
    assert set(rows["benchmark"]) == {benchmark}
    assert rows.groupby(ARCHITECTURE).ngroups >= n
    assert rows.groupby(BACKEND).ngroups == 12
    assert len(rows) == 12 * rows.groupby(ARCHITECTURE).ngroups


def test_every_row_is_a_design_of_the_space_and_says_how_it_was_made(shipped: pd.DataFrame) -> None:
    AXILINE.space.check(shipped)
    assert not shipped["design_id"].duplicated().any()
    assert shipped["tool_versions"].str.contains("pyosys").all()
    assert shipped["settings"].str.contains('"activity": 0.1').all()
    assert shipped["seed"].notna().all()
    assert shipped["seconds"].median() < 60


def test_designs_that_could_not_be_built_say_where_and_why(shipped: pd.DataFrame) -> None:
    impossible = shipped[shipped["status"] == "infeasible"]
    assert len(impossible) >= 4
    assert set(impossible["stage"]) <= {"floorplan", "placement"}
    assert (impossible["reason"].str.len() > 20).all()
    assert impossible["chip_area_mm2"].isna().all()
    assert (impossible["utilization_target"] > 0.9).all()


def test_system_metrics_follow_from_clock_power_and_cycles(shipped: pd.DataFrame) -> None:
    done = shipped[shipped["status"] == "ok"]
    pd.testing.assert_series_equal(done["runtime_s"], done["cycles"] / done["f_effective_hz"], check_names=False)
    dynamic_w = done["power_internal_w"] + done["power_switching_w"]
    cycle_j = dynamic_w / done["f_target_hz"] + done["power_leakage_w"] / done["f_effective_hz"]
    energy_j = dynamic_w / done["f_target_hz"] * done["cycles"] + done["power_leakage_w"] * done["runtime_s"]
    pd.testing.assert_series_equal(done["cycle_energy_j"], cycle_j, check_names=False)
    pd.testing.assert_series_equal(done["energy_j"], energy_j, check_names=False)
    pd.testing.assert_series_equal(done["power_effective_w"], energy_j / done["runtime_s"], check_names=False)
    pd.testing.assert_series_equal(done["power_runtime_j"], done["power_w"] * done["runtime_s"], check_names=False)
    split = done["power_internal_w"] + done["power_switching_w"] + done["power_leakage_w"]
    pd.testing.assert_series_equal(done["power_w"], split, check_names=False, rtol=1e-9)


@pytest.mark.skipif(placed_available() is not None, reason="the physical flow is not installed")
def test_this_flow_makes_the_same_numbers_again(shipped: pd.DataFrame) -> None:
    some = shipped[shipped["status"] == "ok"].groupby("benchmark").sample(1, random_state=3).reset_index(drop=True)
    again = evaluate("axiline", some, "placed")
    assert again["design_id"].tolist() == some["design_id"].tolist()
    for metric in (*TARGETS, "worst_slack_s", "wirelength_m", "cells"):
        # Iterations that stop a step later move a delay by some 1e-8 of it, which is no other version.
        pd.testing.assert_series_equal(again[metric], some[metric], rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "limit"), [pytest.param("backend", 7.0, marks=pytest.mark.slow), ("architecture", 10.0)]
)
def test_a_model_meets_the_goal_on_what_it_has_not_seen(shipped: pd.DataFrame, kind: str, limit: float) -> None:
    data = data_of(shipped[shipped["campaign"].isin(SOURCES)], AXILINE, AXILINE.default_workload)
    splits = [split for split in data.splits(n_folds=4, seed=0) if kind in split.name]
    models = model_factories(data, ["gp"])
    errors = validate(models, data.X, data.y, splits).errors()
    assert set(errors["metric"]) == set(TARGETS)
    assert (errors["muape"] <= limit).all(), errors[["metric", "muape"]]


SOURCES = ("axiline-svm", "axiline-linear", "axiline-logistic", "axiline-recommender")
