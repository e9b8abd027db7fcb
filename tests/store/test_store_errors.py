"""Wrong files, wrong cells, a full disk, two owners: one sentence each, and the store as it was."""

import subprocess
import sys
import threading
from contextlib import contextmanager

import duckdb
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError, StoreError
from accel_core.store import ResultStore, query, write_part
from accel_core.store import parts as parts_module
from accel_core.store.connection import SCHEMA_VERSION

HOLD = """
import sys, time
from accel_core.store.connection import open_database
from pathlib import Path
connection = open_database(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def unchanged(store):
    before = store.find()
    yield
    pd.testing.assert_frame_equal(store.find(), before)


def test_a_second_process_is_told_who_owns_the_file(tmp_path):
    path = tmp_path / "results.duckdb"
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(StoreError, match=rf"results\.duckdb is in use by process {holder.pid};"):
                ResultStore(path)
        finally:
            holder.kill()
    ResultStore(path).close()


def test_a_second_owner_in_one_process_is_refused(store):
    with pytest.raises(StoreError, match="is in use by this process"):
        ResultStore(store.path)


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"", bytes(20000)], ids=["csv", "empty", "zeros"])
@pytest.mark.parametrize("name", ["notes.csv", "notes.duckdb"])
def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(StoreError, match=rf"{name} is not a database of AccelScope; name another file with ACCEL_DB"):
        ResultStore(path)
    assert path.read_bytes() == content


def test_a_database_of_another_project_is_refused_and_kept(tmp_path):
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as other:
        other.execute("create table sales (amount double)")
    with pytest.raises(StoreError, match=r"a database of another project \(tables: sales\)"):
        ResultStore(path)
    with duckdb.connect(str(path)) as other:
        assert other.execute("select table_name from duckdb_tables()").fetchall() == [("sales",)]


def test_a_newer_schema_is_refused(tmp_path):
    path = tmp_path / "results.duckdb"
    ResultStore(path).close()
    with duckdb.connect(str(path)) as other:
        other.execute("update about set value = '99' where key = 'schema_version'")
    with pytest.raises(StoreError, match=f"has schema version 99; this AccelScope reads version {SCHEMA_VERSION}"):
        ResultStore(path)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("runtime_s", ["0.1", "fast", "0.3"], r"row 2, column 'runtime_s': 'fast' is wrong; .* a number"),
        ("status", ["ok", "ok", "fine"], "row 3, column 'status': 'fine' is wrong; allowed: ok, infeasible"),
        ("design_id", ["zz", "0" * 16, "1" * 16], "row 1, column 'design_id': 'zz' is wrong; it must be 16"),
        ("workload", ["", "x", "x"], "row 1, column 'workload': '' is wrong; it must not be empty"),
        ("settings", ["{}", "{", "{}"], "row 2, column 'settings': '{' is wrong; it must be a JSON object"),
        ("reason", ["", 3, ""], "row 2, column 'reason': 3 is wrong; it must be text"),
        ("seconds", [1, "slow", 2], "row 2, column 'seconds': 'slow' is wrong; it must be a number"),
        ("features", [1, 2**60, 3], r"row 2, column 'features': 1152921504606846976 .* 2\*\*53"),
        ("benchmark", [1, 2, 3], "row 1, column 'benchmark': 1.0 is wrong; the database holds text"),
        ('x"; drop table results; --', [1, 2, 3], "a name must be letters, digits and _"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_stored(store, make_results, column, values, message):
    store.add(make_results(3))
    wrong = make_results(3, seed=1)
    wrong[column] = pd.Series(values, dtype=object if isinstance(values[0], str) or column == "reason" else None)
    with unchanged(store), pytest.raises(StoreError, match=message):
        store.add(wrong)


def test_a_part_whose_column_differs_in_capitals_only_is_set_aside(store, make_results, tmp_path):
    store.add(make_results(3))
    part = tmp_path / "part.parquet"
    write_part(make_results(3, seed=1).assign(Runtime_S=1.0), part)
    with unchanged(store), pytest.raises(StoreError, match="'Runtime_S' differs from 'runtime_s' in capitals only"):
        store.ingest(part)
    assert not part.exists()


def test_readers_never_see_a_column_before_its_rows(store, make_results):
    store.add(make_results(3))
    problems = []
    over = threading.Event()

    def read():
        while not over.is_set():
            try:
                store.find(platform="axiline")
            except StoreError as error:
                problems.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    for seed in range(1, 13):
        store.add(make_results(50, seed=seed).assign(**{f"energy_level{seed}_j": 1.0}))
    over.set()
    reader.join()
    assert problems == []
    assert "energy_level12_j" in store.find()


def test_an_answer_counts_more_than_a_failure_of_the_same_design_beside_it(store, make_results):
    fine = make_results(3)
    failed = fine.assign(status="failed", stage="x", reason="y")
    assert store.add(pd.concat([failed, fine], ignore_index=True)) == 3
    assert store.find()["status"].tolist() == ["ok"] * 3


def test_a_missing_column_is_named(store, make_results):
    with pytest.raises(StoreError, match="column 'status' is missing; needed: platform"):
        store.add(make_results().drop(columns="status"))


def damaged(path, how, results):
    write_part(results, path)
    content = path.read_bytes()
    path.write_bytes({"torn": content[: len(content) // 2], "empty": b"", "noise": b"\x07" * 500}[how])


@pytest.mark.parametrize("how", ["torn", "empty", "noise"])
def test_a_corrupt_part_is_set_aside_and_named(store, make_results, tmp_path, how):
    part = tmp_path / "parts" / "17.parquet"
    part.parent.mkdir()
    damaged(part, how, make_results())
    content = part.read_bytes()
    with unchanged(store), pytest.raises(StoreError, match=r"17\.parquet: not a readable Parquet file"):
        store.ingest(part, "first")
    kept = part.parent / "rejected" / "17.parquet"
    assert not part.exists()
    assert kept.read_bytes() == content
    assert "not a readable" in kept.with_name("17.parquet.reason.txt").read_text()
    noted = store.rejected().iloc[0]
    assert (noted["name"], noted["campaign"], noted["kept_as"]) == ("17.parquet", "first", str(kept))
    assert "not a readable" in noted["reason"]


def test_a_part_that_holds_something_else_is_set_aside(store, make_results, tmp_path):
    part = tmp_path / "1.parquet"
    write_part(make_results().assign(status="splendid"), part)
    with pytest.raises(StoreError, match=r"1\.parquet, row 1, column 'status': 'splendid'"):
        store.ingest(part)
    assert (tmp_path / "rejected" / "1.parquet").exists()


def test_parts_of_one_name_are_all_kept(store, make_results, tmp_path):
    for _ in range(2):
        damaged(tmp_path / "1.parquet", "torn", make_results())
        with pytest.raises(StoreError, match="not a readable"):
            store.ingest(tmp_path / "1.parquet")
    assert sorted(path.name for path in (tmp_path / "rejected").glob("*.parquet")) == ["1-1.parquet", "1.parquet"]


def test_a_full_disk_changes_nothing_and_keeps_the_part(store, make_results, tmp_path, monkeypatch):
    store.add(make_results(3))
    part = tmp_path / "2.parquet"
    write_part(make_results(4, seed=1).assign(new_metric=1.0), part)

    def full(*_):
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(query, "insert", full)
        with unchanged(store), pytest.raises(StoreError, match="the disk is full; free some space"):
            store.ingest(part)
    assert part.exists()
    assert store.rejected().empty
    assert store.ingest(part) == 4
    assert len(store.find()) == 7
    assert "new_metric" in store.find()


def test_a_full_disk_leaves_no_half_part(make_results, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts_module.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_part(make_results(), tmp_path / "1.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        ResultStore(tmp_path / "file" / "results.duckdb")


def test_the_user_cannot_pass_sql_as_a_value(store, make_results):
    store.add(make_results(3))
    assert store.find(platform="' or 1=1 --").empty
    assert len(store.find()) == 3


def test_export_names_a_wrong_suffix(store, tmp_path):
    with pytest.raises(InvalidInputError, match=r"must end in \.csv, .* or \.parquet"):
        store.export(tmp_path / "results.xlsx")
