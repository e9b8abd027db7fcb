"""What ``export`` writes, ``import`` reads back to the same rows: each platform, all at once, CSV and Parquet."""

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accel_core.evaluators import evaluate
from accel_core.paths import data_path
from accel_core.platforms import PLATFORMS, get_platform
from accel_core.space import sample
from accel_core.store import ResultStore
from accel_core.store.imports import check_import, read_import
from accel_core.store.rows import check_rows
from accel_core.tables import write_table


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """Every shipped result, and of each platform's equations: infeasible and failed ones, other seeds and settings."""
    with ResultStore(tmp_path_factory.mktemp("full") / "results.duckdb") as store:
        assert store.import_shipped(data_path() / "results") > 1500
        for name, n in (("edgetpu", 120), ("axiline", 30), ("eyeriss", 5)):
            designs = sample(get_platform(name).space, n, seed=1).designs
            results = evaluate(name, designs, "analytical", seed=n)
            store.add(results)
            broken = results.iloc[:3].assign(
                seed=7, status="failed", stage="mapping", reason='a "quoted", line\nand more'
            )
            metrics = [metric for metric in PLATFORMS[name].metrics if metric in broken and metric not in designs]
            store.add(broken.assign(**dict.fromkeys(metrics, float("nan"))))
        own = {"energy_table": "/home/me/mine.yaml#0123456789ab"}
        rows = store.find(platform="eyeriss").iloc[:3]
        resolved = {**json.loads(rows["settings"].iloc[0]), **own}
        store.add(rows.assign(settings=json.dumps(resolved, sort_keys=True), settings_id="f" * 16, reason="", seed=3))
        yield store


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    assert set(left) == set(right)
    order = ["created_at", "platform", "design_id", "settings", "seed"]
    columns = [name for name in left if name != "settings_id"]  # one of them is made up above, and worked out anew
    pd.testing.assert_frame_equal(
        left.sort_values(order, ignore_index=True)[columns], right.sort_values(order, ignore_index=True)[columns]
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("platform", [*sorted(PLATFORMS), None])
def test_an_empty_database_reads_it_back(full, tmp_path, platform, suffix):
    path = tmp_path / f"all{suffix}"
    n = full.export(path, platform=platform)
    with ResultStore(tmp_path / "empty.duckdb") as empty:
        assert empty.import_table(path).n_new == n > 0
        for name in [platform] if platform else [None, *PLATFORMS]:
            same(full.find(platform=name), empty.find(platform=name))
        assert empty.import_table(path).n_stored == n
        assert empty.export(tmp_path / f"again{suffix}", platform=platform) == n
    same(read_import(tmp_path / f"again{suffix}"), read_import(path))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_database_it_came_from_has_it_all(full, tmp_path, suffix):
    before = full.find()
    path = tmp_path / f"all{suffix}"
    full.export(path)
    table = read_import(path)
    write_table(table[table["settings_id"] != "f" * 16], path)
    imported = full.import_table(path)
    assert (imported.n_new, imported.n_stored) == (0, len(before) - 3)
    pd.testing.assert_frame_equal(full.find(), before)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_rows_in_any_order_read_back_as_they_were(full, tmp_path_factory, data):
    rows = full.find()
    rows = rows[rows["settings_id"] != "f" * 16].reset_index(drop=True)
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=25, unique=True))
    suffix = data.draw(st.sampled_from([".csv", ".parquet"]))
    path = Path(tmp_path_factory.mktemp("part")) / f"part{suffix}"
    part = rows.iloc[chosen].reset_index(drop=True)
    write_table(part, path)
    for checked in check_import(read_import(path), "part"):
        original = part.iloc[checked.frame.index]
        wanted = check_rows(original[[name for name in original if original[name].notna().any()]], is_numbered=True)
        assert set(wanted.kinds) == set(checked.kinds)
        pd.testing.assert_frame_equal(checked.frame[list(wanted.frame)], wanted.frame, check_dtype=False)


def test_what_another_version_made_keeps_its_identity(tmp_path, make_results):
    table = make_results(3).assign(model_version="0", settings='{"gone": 1}', settings_id="a" * 16, design_id="b" * 16)
    table["seed"] = [0, 1, 2]
    with ResultStore(tmp_path / "first.duckdb") as first:
        first.add(table)
        first.export(tmp_path / "older.csv", older=True)
        with ResultStore(tmp_path / "second.duckdb") as second:
            second.import_table(tmp_path / "older.csv")
            pd.testing.assert_frame_equal(second.find(older=True), first.find(older=True))


@pytest.mark.slow
def test_a_large_file_is_read_by_columns(tmp_path):
    """Two megabytes of rows: the empty cells of one platform and the filled ones of another are still one column."""
    axiline = evaluate("axiline", sample(get_platform("axiline").space, 3000, "random", seed=1).designs, "analytical")
    edgetpu = evaluate("edgetpu", sample(get_platform("edgetpu").space, 6000, "random", seed=1).designs, "analytical")
    with ResultStore(tmp_path / "results.duckdb") as store:
        store.add(edgetpu)
        store.add(axiline)
        store.export(tmp_path / "all.csv")
        with ResultStore(tmp_path / "second.duckdb") as second:
            assert second.import_table(tmp_path / "all.csv").n_new == len(axiline) + len(edgetpu)
            same(store.find(), second.find())
