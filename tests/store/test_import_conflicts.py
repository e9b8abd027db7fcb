"""Nonsense in a file of results is refused by row, column and value; one result with two values is never dropped."""

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import ConflictError, StoreError
from accel_core.evaluators import evaluate
from accel_core.metrics import METRICS, get_metric
from accel_core.paths import data_path
from accel_core.platforms import get_platform
from accel_core.space import sample
from accel_core.store import ResultStore


@pytest.fixture
def shipped():
    return pd.read_parquet(data_path() / "results" / "axiline.parquet").iloc[:5].reset_index(drop=True)


@pytest.fixture(params=[".csv", ".parquet"])
def write(request, tmp_path):
    def written(table):
        path = tmp_path / f"mine{request.param}"
        table.to_csv(path, index=False) if request.param == ".csv" else table.to_parquet(path, index=False)
        return path

    return written


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("power_w", -5.0, "-5.0 is wrong; allowed: at least 0 W"),
        ("chip_area_mm2", -1.0, "-1.0 is wrong; allowed: at least 0 mm²"),
        ("energy_j", -1e-9, "-1e-09 is wrong; allowed: at least 0 J"),
        ("cycles", -3.0, "-3.0 is wrong; allowed: at least 0"),
        ("runtime_s", -1.0, "-1.0 is wrong; allowed: at least 0 s"),
        ("utilization", 1.5, "1.5 is wrong; allowed: 0 to 1"),
        ("worst_slack_s", np.inf, "inf is wrong; it must be a finite number"),
        ("energy_j", -np.inf, "-inf is wrong; it must be a finite number"),
        ("seconds", -1.0, "-1.0 is wrong; allowed: at least 0 s"),
        ("seconds", np.inf, "inf is wrong; allowed: at least 0 s"),
        ("seed", 0.5, "0.5 is wrong; it must be a whole number from 0"),
        ("seed", -1.0, "-1.0 is wrong; it must be a whole number from 0"),
        ("status", "fine", "'fine' is wrong; allowed: ok, infeasible, failed, timeout"),
        ("created_at", "yesterday", "'yesterday' is wrong; it must be a date and time"),
    ],
)
def test_nonsense_is_refused_by_row_column_and_value(store, shipped, write, column, value, words):
    shipped = shipped.assign(created_at="2026-01-31 12:00:00")
    if isinstance(value, float):
        shipped = shipped.astype({column: "float64"})
    shipped.loc[2, column] = value
    path = write(shipped)
    with pytest.raises(StoreError) as caught:
        store.import_table(path)
    assert f"{path}, row 3, column '{column}': {words}" in str(caught.value)
    assert store.find().empty


def test_rows_are_counted_in_the_whole_file(store, shipped, write):
    other = evaluate("edgetpu", sample(get_platform("edgetpu").space, 40, seed=1).designs, "analytical")
    both = pd.concat([shipped, other], ignore_index=True)
    at = int(np.flatnonzero(both["platform"].eq("edgetpu") & both["status"].eq("ok"))[0])
    wrong = both.copy()
    wrong.loc[at, "runtime_s"] = -1.0
    with pytest.raises(StoreError, match=f"row {at + 1}, column 'runtime_s': -1.0 is wrong"):
        store.import_table(write(wrong))
    wrong = both.copy()
    wrong.loc[at, "pes_x"] = 1e6
    with pytest.raises(StoreError, match=f"row {at + 1}: pes_x is 1000000"):
        store.import_table(write(wrong.rename(columns=str)))


def test_a_negative_slack_is_a_result(store, shipped, write):
    assert (shipped["worst_slack_s"] < 0).any()
    assert store.import_table(write(shipped)).n_new == 5


def test_a_result_without_a_value_is_none(store, shipped, write):
    empty = [name for name in shipped if name in METRICS and name != "f_target_hz"]
    shipped.loc[1, empty] = np.nan
    with pytest.raises(StoreError, match="row 2, column 'status': 'ok' is wrong; no metric has a value"):
        store.import_table(write(shipped))


def test_every_metric_says_what_it_may_be():
    assert get_metric("worst_slack_s").allowed == "any finite number"
    assert get_metric("power_w").allowed == "at least 0 W"
    assert [metric.name for metric in METRICS.values() if metric.lower is None] == ["worst_slack_s"]


def test_the_same_design_twice_alike_counts_once(store, shipped, write):
    imported = store.import_table(write(pd.concat([shipped, shipped.iloc[:2]])))
    assert (imported.n_new, len(store.find())) == (5, 5)


def test_the_same_design_twice_with_other_values_names_both_rows(store, shipped, write):
    other = shipped.iloc[[1]].assign(power_w=2 * shipped["power_w"][1])
    path = write(pd.concat([shipped, other], ignore_index=True))
    name, power = shipped["design_id"][1], shipped["power_w"][1]
    with pytest.raises(StoreError) as caught:
        store.import_table(path, keep="file")
    assert str(caught.value) == (
        f"{path}, row 6: design {name} has power_w {2 * power:.10g}, but {power:.10g} in row 2; a result may stand once"
    )
    assert store.find().empty


@pytest.fixture
def doubled(store, shipped):
    """Store results, and return them with power doubled in two rows."""
    store.add(shipped)
    return shipped.assign(power_w=shipped["power_w"] * [1, 2, 1, 2, 1])


def test_a_stored_result_with_other_values_is_reported(store, shipped, write, doubled):
    before = store.find()
    with pytest.raises(ConflictError) as caught:
        store.import_table(write(doubled))
    words = str(caught.value)
    assert f"row 2: design {shipped['design_id'][1]} has power_w {doubled['power_w'][1]:.10g}" in words
    assert f"but is stored with {shipped['power_w'][1]:.10g} (1 more row differs too)" in words
    pd.testing.assert_frame_equal(store.find(), before)


def test_one_says_which_to_keep(store, shipped, write, doubled):
    path = write(doubled)
    imported = store.import_table(path, keep="stored")
    assert (imported.n_new, imported.n_stored, imported.n_kept, imported.n_replaced) == (0, 3, 2, 0)
    assert set(store.find()["power_w"]) == set(shipped["power_w"])
    imported = store.import_table(path, keep="file")
    assert (imported.n_new, imported.n_stored, imported.n_kept, imported.n_replaced) == (0, 3, 0, 2)
    assert set(store.find()["power_w"]) == set(doubled["power_w"])
    assert store.import_table(path).n_stored == 5


def test_a_file_with_one_metric_replaces_that_one_alone(store, shipped, write, doubled):
    less = doubled.drop(columns=["chip_area_mm2", "tool_versions"]).assign(wirelength_m=[None, 3.0, None, None, None])
    assert store.import_table(write(less), keep="file").n_replaced == 2
    by = {"by": "design_id", "ignore_index": True}
    found, wanted = store.find().sort_values(**by), doubled.sort_values(**by)
    for name in ("power_w", "chip_area_mm2"):
        assert found[name].tolist() == wanted[name].tolist()
    lengths = wanted["wirelength_m"].where(wanted["design_id"] != shipped["design_id"][1], 3.0)
    assert found["wirelength_m"].tolist() == lengths.tolist()


def test_a_result_of_another_status_keeps_nothing_of_the_old_one(store, shipped, write):
    store.add(shipped)
    gone = shipped.assign(status="infeasible", stage="placement", reason="over-full")
    gone[["power_w", "chip_area_mm2"]] = None
    store.import_table(write(gone), keep="file")
    found = store.find()
    assert set(found["status"]) == {"infeasible"}
    assert found[[name for name in ("power_w", "chip_area_mm2") if name in found]].isna().all(axis=None)


def test_fifteen_digits_are_the_same_value_and_an_empty_cell_says_nothing(store, shipped, write):
    store.add(shipped)
    rounded = shipped.assign(power_w=shipped["power_w"].map(lambda value: float(f"{value:.15g}")), energy_j=np.nan)
    assert store.import_table(write(rounded)).n_stored == 5


def test_a_value_more_than_is_stored_is_a_difference(store, shipped, write):
    store.add(shipped.drop(columns="wirelength_m"))
    with pytest.raises(ConflictError, match=r"has wirelength_m .*, but is stored with nothing"):
        store.import_table(write(shipped))


def test_an_answer_takes_the_place_of_a_failure_and_no_failure_that_of_an_answer(store, shipped, write):
    metrics = [name for name in shipped if name in METRICS and name != "f_target_hz"]
    failed = shipped.assign(status="failed", stage="x", reason="y", **dict.fromkeys(metrics, np.nan))
    store.add(failed)
    assert store.import_table(write(shipped)).n_new == 5
    assert store.import_table(write(failed)).n_stored == 5
    assert set(store.find()["status"]) == {"ok"}


def test_another_outcome_is_a_difference(store, shipped, write):
    store.add(shipped)
    gone = shipped.iloc[:1].assign(status="infeasible", stage="floorplan", reason="over-full")
    with pytest.raises(ConflictError, match="has status infeasible, but is stored with ok"):
        store.import_table(write(gone))


def test_a_replaced_result_stays_with_its_campaign(tmp_path, shipped):
    with ResultStore(tmp_path / "results.duckdb") as store:
        about = {name: shipped[name][0] for name in ("platform", "workload", "fidelity", "settings_id")}
        store.save_campaign("first", **about, definition="name: first")
        store.add(shipped, campaign="first")
        shipped.assign(power_w=1.0).to_parquet(tmp_path / "mine.parquet")
        store.import_table(tmp_path / "mine.parquet", keep="file")
        assert store.find(campaign="first")["power_w"].tolist() == [1.0] * 5
