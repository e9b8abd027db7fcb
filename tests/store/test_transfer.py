"""Results that come from files and go to files: shipped tables, a user's CSV or Parquet, exports."""

import pandas as pd
import pytest

from accel_core import tables
from accel_core.errors import InvalidInputError, StoreError
from accel_core.evaluators import FIRST_VERSION, model_version
from accel_core.paths import data_path
from accel_core.platforms import get_platform
from accel_core.store import ResultStore, write_part


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_an_export_is_imported_again_unchanged(store, make_results, tmp_path, suffix):
    store.add(make_results(20))
    path = tmp_path / f"results{suffix}"
    assert store.export(path) == 20
    with ResultStore(tmp_path / "second.duckdb") as second:
        assert second.import_table(path).n_new == 20
        left, right = store.find().drop(columns="created_at"), second.find().drop(columns="created_at")
    order = list(left.columns)
    pd.testing.assert_frame_equal(
        left.sort_values("design_id", ignore_index=True), right[order].sort_values("design_id", ignore_index=True)
    )


def test_an_export_takes_the_filters_of_find(store, make_results, tmp_path):
    store.add(make_results(4))
    store.add(make_results(3, seed=9).assign(status="failed", stage="x", reason="y"))
    assert store.export(tmp_path / "failed.csv", status="failed") == 3
    assert pd.read_csv(tmp_path / "failed.csv")["reason"].tolist() == ["y"] * 3


def test_a_table_of_parameters_and_metrics_alone_takes_defaults(store, make_results, tmp_path):
    results = make_results(3)
    path = tmp_path / "mine.csv"
    bare = results.drop(columns=[name for name in results if name in (
        "design_id", "workload", "fidelity", "status", "stage", "reason", "seconds", "tool_versions", "settings",
        "settings_id", "model_version", "seed")])  # fmt: skip
    bare.to_csv(path, index=False)
    assert store.import_table(path).n_new == 3
    found = store.find()
    assert set(found["design_id"]) == set(results["design_id"])
    assert set(found["fidelity"]) == {"placed"}
    assert set(found["status"]) == {"ok"}
    assert found["settings"].str.contains("activity").all()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("platform", "axeline", "row 2: .*'axeline'.*allowed: .*axiline"),
        ("features", "many", "features.*many"),
        ("features", 10**9, "features.*1000000000"),
        ("f_target_hz", "fast", "f_target_hz.*fast"),
        ("runtime_s", "soon", "row 2, column 'runtime_s': 'soon' is wrong; it must be a number"),
        ("status", "great", "row 2, column 'status': 'great' is wrong; allowed: ok"),
        ("workload", "chess", "row 2, column 'workload': 'chess' is wrong; allowed: train-500k"),
        ("fidelity", "guessed", "row 2, column 'fidelity': 'guessed' is wrong; allowed: placed, analytical"),
        ("runtime_s", "inf", "row 2, column 'runtime_s': inf is wrong; it must be a finite number"),
        ("seed", 1.5, "row 2, column 'seed': 1.5 is wrong; it must be a whole number"),
        ("seed", "1e30", r"row 2, column 'seed': .* is wrong; it must be a whole number from 0 to 2\*\*53"),
        ("settings", "[]", r"row 2, column 'settings': '\[\]' is wrong; it must be a JSON object"),
        ("settings", "[1]", r"row 2, column 'settings': '\[1\]' is wrong; it must be a JSON object"),
    ],
)
def test_a_wrong_cell_of_a_users_file_is_named(store, make_results, tmp_path, column, value, message):
    results = make_results(3).astype({column: object})
    results.loc[1, column] = value
    path = tmp_path / "mine.csv"
    results.to_csv(path, index=False)
    with pytest.raises(StoreError, match=message) as caught:
        store.import_table(path)
    assert "mine.csv" in str(caught.value)
    assert store.find().empty


@pytest.mark.parametrize(("change", "message"), [
    (lambda table: table.drop(columns="platform"), "column 'platform' is missing"),
    (lambda table: table.drop(columns="cycles_per_vector"), "column 'cycles_per_vector' is missing; axiline needs"),
    (lambda table: table.assign(colour="red"), "column 'colour' is neither a parameter of axiline nor a metric"),
    (lambda table: table.iloc[:0], "it has no rows"),
])  # fmt: skip
def test_a_table_of_another_shape_is_refused(store, make_results, tmp_path, change, message):
    change(make_results(3)).to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(StoreError, match=message):
        store.import_table(tmp_path / "mine.csv")
    assert store.find().empty


def test_a_file_too_large_is_refused_before_it_is_read(store, make_results, tmp_path, monkeypatch):
    make_results(3).to_csv(tmp_path / "mine.csv", index=False)
    monkeypatch.setattr(tables.read_table, "__defaults__", (100,))
    with pytest.raises(InvalidInputError, match="at most 100 are allowed"):
        store.import_table(tmp_path / "mine.csv")


def test_shipped_results_are_taken_in_once(make_results, tmp_path):
    shipped = tmp_path / "results"
    shipped.mkdir()
    write_part(make_results(6), shipped / "a.parquet")
    write_part(make_results(6, seed=1), shipped / "b.parquet")
    for expected in (12, 0):
        with ResultStore(tmp_path / "results.duckdb") as store:
            assert store.import_shipped(shipped) == expected
            assert len(store.find()) == 12
            before = store.revision
            assert store.import_shipped(shipped) == 0
            assert store.revision == before


def test_a_changed_shipped_file_adds_what_is_new(store, make_results, tmp_path):
    both = pd.concat([make_results(4), make_results(4, seed=1)])
    write_part(both.iloc[:4], tmp_path / "a.parquet")
    assert store.import_shipped(tmp_path) == 4
    write_part(both, tmp_path / "a.parquet")
    assert store.import_shipped(tmp_path) == 4


def test_a_broken_shipped_file_is_named_and_stays(store, tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"oops")
    with pytest.raises(StoreError, match=r"a\.parquet: not a readable Parquet file"):
        store.import_shipped(tmp_path)
    assert (tmp_path / "a.parquet").exists()


@pytest.mark.parametrize("path", sorted((data_path() / "results").glob("*.parquet")), ids=lambda path: path.stem)
def test_shipped_results_are_of_the_present_version(path):
    table = pd.read_parquet(path)
    versions = table["model_version"] if "model_version" in table else pd.Series(FIRST_VERSION, table.index)
    for (platform, fidelity), made in versions.groupby([table["platform"], table["fidelity"]]):
        assert set(made) == {model_version(get_platform(platform), fidelity)}, "make the shipped results anew"
