"""What every result store must do, whatever holds its rows. A new store is enrolled by adding it to ``STORES``."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pandas.testing as pdt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accel_core.evaluators import evaluate
from accel_core.platforms import PLATFORMS, get_platform
from accel_core.space import sample
from accel_core.store import KEY, ResultStore, write_part

STORES: dict[str, Callable[[Path], ResultStore]] = {"duckdb": lambda folder: ResultStore(folder / "results.duckdb")}

TABLE = evaluate("axiline", sample(get_platform("axiline").space, 12, seed=3).designs, "analytical")


@pytest.fixture(params=sorted(STORES))
def opener(request):
    return STORES[request.param]


def same_rows(left: pd.DataFrame, right: pd.DataFrame) -> None:
    names = [name for name in left.columns if name != "created_at"]
    pdt.assert_frame_equal(
        left[names].sort_values("design_id", ignore_index=True),
        right[names].sort_values("design_id", ignore_index=True),
        check_dtype=False,
    )


def test_what_is_added_is_found_with_values_and_kinds_unchanged(opener, tmp_path):
    with opener(tmp_path) as store:
        assert store.add(TABLE) == len(TABLE)
        found = store.find()
    same_rows(found, TABLE)
    assert found["features"].dtype == "int64"
    assert found["f_target_hz"].dtype == "float64"
    assert isinstance(found["benchmark"].iloc[0], str)


def test_what_is_stored_is_there_after_closing(opener, tmp_path):
    with opener(tmp_path) as store:
        store.add(TABLE)
    with opener(tmp_path) as store:
        same_rows(store.find(), TABLE)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.integers(0, 11), max_size=6), max_size=5))
def test_no_order_of_adding_makes_a_key_twice(opener, tmp_path_factory, batches):
    with opener(tmp_path_factory.mktemp("store")) as store:
        n_new = sum(store.add(TABLE.iloc[batch]) for batch in batches)
        found = store.find()
    wanted = {row for batch in batches for row in batch}
    assert n_new == len(wanted)
    assert sorted(found["design_id"]) == sorted(TABLE["design_id"].iloc[list(wanted)])
    assert not found.duplicated(list(KEY)).any()


def test_missing_tells_what_is_not_stored_and_keeps_order(opener, tmp_path):
    with opener(tmp_path) as store:
        store.add(TABLE.iloc[[1, 4, 7]])
        missing = store.missing(TABLE.iloc[::-1])
    assert missing.index.tolist() == [11, 10, 9, 8, 6, 5, 3, 2, 0]


def test_a_failure_is_missing_and_replaced_by_a_result_but_never_replaces_one(opener, tmp_path):
    broken = TABLE.iloc[:2].assign(status=["failed", "timeout"], stage="placement", reason="it broke")
    with opener(tmp_path) as store:
        assert store.add(broken) == 2
        assert store.missing(TABLE.iloc[:2]).index.tolist() == [0, 1]
        assert store.add(TABLE.iloc[:2]) == 2
        assert store.add(broken) == 0
        assert store.find()["status"].tolist() == ["ok", "ok"]


def test_a_design_infeasible_once_stays_so(opener, tmp_path):
    impossible = TABLE.iloc[:1].assign(status="infeasible", stage="floorplan", reason="over-full")
    with opener(tmp_path) as store:
        store.add(impossible)
        assert store.missing(TABLE.iloc[:1]).empty
        assert store.find()["reason"].tolist() == ["over-full"]


def test_another_setting_is_another_result(opener, tmp_path):
    with opener(tmp_path) as store:
        store.add(TABLE)
        assert store.add(TABLE.assign(settings_id="0123456789abcdef")) == len(TABLE)
        assert len(store.find(settings_id="0123456789abcdef")) == len(TABLE)


def test_another_seed_is_another_result(opener, tmp_path):
    other = TABLE.assign(seed=1)
    with opener(tmp_path) as store:
        store.add(TABLE)
        assert len(store.missing(other)) == len(TABLE)
        assert store.add(other) == len(TABLE)
        assert store.missing(other).empty
        assert sorted(store.find()["seed"]) == [0] * len(TABLE) + [1] * len(TABLE)
        same_rows(store.find(seed=1), other)


@pytest.fixture
def corrected(monkeypatch):
    """Make the equations of Axiline those of a second version, whose runtimes are twice those of the first."""
    changed = replace(get_platform("axiline"), versions={"analytical": "2"})
    monkeypatch.setitem(PLATFORMS, "axiline", changed)
    return TABLE.assign(model_version="2", runtime_s=2 * TABLE["runtime_s"])


def test_a_corrected_model_s_results_replace_the_old_which_stay(opener, tmp_path, corrected):
    with opener(tmp_path) as store:
        store.add(TABLE, campaign="first")
        about = {name: TABLE[name][0] for name in ("platform", "workload", "fidelity", "settings_id")}
        store.save_campaign("first", **about, definition="name: first")
        assert store.find().empty
        assert store.counts().empty
        assert len(store.missing(corrected)) == len(TABLE)
        same_rows(store.find(older=True), TABLE)
        same_rows(store.find(campaign="first", older=True), TABLE)

        assert store.add(corrected, campaign="first") == len(TABLE)
        assert store.missing(corrected).empty
        same_rows(store.find(), corrected)
        same_rows(store.find(campaign="first"), corrected)
        assert store.counts()["n"].tolist() == [len(TABLE)]
        assert sorted(store.find(older=True)["model_version"]) == ["1"] * len(TABLE) + ["2"] * len(TABLE)
        assert store.export(tmp_path / "now.csv") == len(TABLE)
        assert store.export(tmp_path / "all.csv", older=True) == 2 * len(TABLE)
        assert store.import_table(tmp_path / "all.csv").n_stored == 2 * len(TABLE)
    with opener(tmp_path) as store:
        same_rows(store.find(), corrected)


def test_results_from_before_versions_were_noted_are_of_the_first(opener, tmp_path):
    with opener(tmp_path) as store:
        store.add(TABLE.drop(columns=["model_version", "seed"]))
        assert store.missing(TABLE).empty
        same_rows(store.find(), TABLE)


def test_a_part_counts_once(opener, tmp_path):
    part = tmp_path / "part.parquet"
    write_part(TABLE, part)
    with opener(tmp_path) as store:
        assert store.ingest(part) == len(TABLE)
        assert store.ingest(part) == 0
        assert len(store.find()) == len(TABLE)


def test_find_filters_by_each_argument(opener, tmp_path):
    with opener(tmp_path) as store:
        store.add(TABLE.iloc[:3].assign(status="infeasible", stage="floorplan", reason="over-full"))
        store.add(TABLE.iloc[3:])
        assert len(store.find(status="ok")) == 9
        assert len(store.find(status=["ok", "infeasible"])) == 12
        assert len(store.find(platform="axiline", fidelity="analytical", workload=TABLE["workload"][0])) == 12
        assert store.find(design_id=TABLE["design_id"][5])["design_id"].tolist() == [TABLE["design_id"][5]]
        for nothing in ({"platform": "tabla"}, {"fidelity": "placed"}, {"workload": "x"}, {"campaign": "x"}):
            assert store.find(**nothing).empty
        counts = store.counts().set_index("status")["n"].to_dict()
    assert counts == {"ok": 9, "infeasible": 3}


def test_a_design_belongs_to_many_campaigns_and_is_stored_once(opener, tmp_path):
    first = TABLE.iloc[0]
    about = {name: first[name] for name in ("platform", "workload", "fidelity", "settings_id")}
    with opener(tmp_path) as store:
        for name in ("a", "b", "other workload"):
            store.save_campaign(name, **about, definition=f"name: {name}")
        store.save_campaign("other workload", **{**about, "workload": "x"}, definition="name: other")
        store.add(TABLE.iloc[:4], campaign="a")
        store.link("b", TABLE["design_id"].iloc[2:4].tolist())
        store.link("other workload", TABLE["design_id"].tolist())
        assert len(store.find()) == 4
        assert len(store.find(campaign="a")) == 4
        assert set(store.find(campaign="b")["design_id"]) == set(TABLE["design_id"].iloc[2:4])
        assert store.find(campaign="other workload").empty
        assert sorted(store.campaigns()["name"]) == ["a", "b", "other workload"]


def test_revision_grows_with_every_change_and_only_then(opener, tmp_path):
    with opener(tmp_path) as store:
        before = store.revision
        store.find()
        assert store.revision == before
        store.add(TABLE)
        assert store.revision > before


def test_an_empty_store_answers(opener, tmp_path):
    with opener(tmp_path) as store:
        assert store.find().empty
        assert {"design_id", "platform", "status", "reason"} <= set(store.find().columns)
        assert store.counts().empty
        assert store.campaigns().empty
        assert store.missing(TABLE).equals(TABLE)
