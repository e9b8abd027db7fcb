"""A database of schema version 1 opens as it was: same results, campaigns and ledger, a copy kept, whatever happens.

``data/schema_v1.duckdb.gz`` was written by the last code of that version. It holds 64 shipped results, three campaigns
(``second`` has seed 7 and shares two results of seed 0 with ``first``), three failures, a part that was set aside, and
two results under an energy table in a file of one's own.
"""

import gzip
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from accel_core.campaigns import Campaign
from accel_core.errors import StoreError
from accel_core.store import ResultStore, migration, write_part

SHIPPED = Path(__file__).parents[2] / "data" / "results"
FIXTURE = Path(__file__).with_name("data") / "schema_v1.duckdb.gz"
KILLED = """
import os, signal, sys
from pathlib import Path
from accel_core.store import ResultStore, migration

name, original = sys.argv[2], getattr(migration, sys.argv[2], None) or getattr(os, sys.argv[2])
home = migration if hasattr(migration, name) else os

def killed(*arguments, **options):
    if sys.argv[3] == "after":
        original(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(home, name, killed)
ResultStore(Path(sys.argv[1]))
"""


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "results.duckdb"
    path.write_bytes(gzip.decompress(FIXTURE.read_bytes()))
    return path


def rows_of_version_1(path):
    with duckdb.connect(str(path), read_only=True) as old:
        return old.sql("select * from results order by created_at, design_id, settings_id").df()


def check_rows(store, before):
    after = store.find(older=True).sort_values(["created_at", "design_id", "settings_id"], ignore_index=True)
    order = [name for name in before if name != "settings_id"]
    pd.testing.assert_frame_equal(
        after[order].sort_values(["created_at", "design_id", "settings"], ignore_index=True),
        before[order].sort_values(["created_at", "design_id", "settings"], ignore_index=True),
        check_dtype=False,
    )
    assert set(after["model_version"]) == {"1"}


def test_rows_campaigns_and_ledger_are_as_they_were(database, caplog):
    before = rows_of_version_1(database)
    with caplog.at_level(logging.WARNING), ResultStore(database) as store:
        kept = database.with_name("results.v1.duckdb")
        assert str(kept) in caplog.text
        check_rows(store, before)
        assert {name: len(store.find(campaign=name, older=True)) for name in store.campaigns()["name"]} == {
            "first": 6, "second": 6, "tpu": 10, "own-energies": 2
        }  # fmt: skip
        assert len(store.find(campaign="second", seed=7, older=True)) == 4
        assert len(store.rejected()) == 1
        assert store.find(fidelity="placed").empty, "the model of energy was corrected since"
    pd.testing.assert_frame_equal(rows_of_version_1(kept), before)
    with ResultStore(database) as store:
        check_rows(store, before)
    assert sorted(path.name for path in database.parent.iterdir()) == ["results.duckdb", "results.v1.duckdb"]


def test_shipped_results_are_not_doubled(database, tmp_path):
    with ResultStore(database) as store:
        shipped = store.find(older=True)[lambda table: table["campaign"].notna() | (table["platform"] == "eyeriss")]
        assert len(shipped) == 66
        (tmp_path / "shipped").mkdir()
        write_part(shipped.drop(columns=["created_at", "model_version"]), tmp_path / "shipped" / "old.parquet")
        write_part(shipped.drop(columns="created_at"), tmp_path / "shipped" / "new.parquet")
        assert store.import_shipped(tmp_path / "shipped") == 0


def test_results_of_a_file_are_found_again_by_what_it_says(database):
    with ResultStore(database) as store:
        definition = store.campaigns().set_index("name").loc["own-energies", "definition"]
        campaign = Campaign.from_yaml(definition.replace("/home/me/mine.yaml", "/elsewhere/moved.yaml"))
        assert len(store.find(settings_id=campaign.settings_id, older=True)) == 2
        assert set(store.campaigns()["settings_id"]) >= {campaign.settings_id}


def test_what_was_evaluated_with_one_file_at_two_places_is_one_result(database):
    elsewhere = "replace(settings, '#', '-copy#') as settings, 'failed' as status, timestamp '2020-01-01' as created_at"
    with duckdb.connect(str(database)) as old:
        for table, changes in (("results", elsewhere), ("campaigns", "'moved' as name")):
            old.execute(
                f"insert into {table} by name select * replace ('ffffffffffffffff' as settings_id, {changes}) "
                f"from {table} where settings_id in (select settings_id from campaigns where name = 'own-energies')"
            )
        old.execute(
            "insert into campaign_designs "
            "select 'moved', design_id from campaign_designs where campaign = 'own-energies'"
        )
    with ResultStore(database) as store:
        found = [store.find(campaign=name, older=True) for name in ("own-energies", "moved")]
        assert [table["status"].tolist() for table in found] == [["ok", "ok"], ["ok", "ok"]]


def test_what_a_killed_owner_left_in_the_log_is_moved_too(database):
    writer = (
        "import duckdb, os, signal, sys; c = duckdb.connect(sys.argv[1]);"
        "c.execute('pragma disable_checkpoint_on_shutdown');"
        "c.execute(\"update results set reason = 'late' where fidelity = 'placed'\"); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", writer, database], check=False).returncode == -signal.SIGKILL
    assert database.with_name("results.duckdb.wal").exists()
    for _ in range(2):
        with ResultStore(database) as store:
            assert set(store.find(fidelity="placed", older=True)["reason"]) == {"late"}
    assert sorted(path.name for path in database.parent.iterdir()) == ["results.duckdb", "results.v1.duckdb"]
    assert set(rows_of_version_1(database.with_name("results.v1.duckdb"))["reason"]) >= {"late"}


@pytest.mark.parametrize(
    ("step", "when"),
    [
        *(pytest.param(*moment, marks=pytest.mark.slow) for moment in (("_copy", "before"), ("_copy", "after"))),
        ("_keep", "after"),
        pytest.param("replace", "before", marks=pytest.mark.slow),
        ("replace", "after"),
    ],
)
def test_killed_at_any_moment_it_leaves_the_old_or_the_new(database, step, when):
    before = rows_of_version_1(database)
    done = subprocess.run([sys.executable, "-c", KILLED, database, step, when], check=False)
    assert done.returncode == -signal.SIGKILL
    with ResultStore(database) as store:
        check_rows(store, before)
    pd.testing.assert_frame_equal(rows_of_version_1(database.with_name("results.v1.duckdb")), before)
    left = {path.name for path in database.parent.iterdir()}
    assert left == {"results.duckdb", "results.v1.duckdb"}


def test_a_full_disk_is_one_sentence_and_changes_nothing(database, monkeypatch):
    content = database.read_bytes()

    def full(*_):
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(migration, "_copy", full)
        with pytest.raises(StoreError, match=r"results\.duckdb: the disk is full; free some space"):
            ResultStore(database)
    assert database.read_bytes() == content
    assert [path.name for path in database.parent.iterdir()] == ["results.duckdb"]
    ResultStore(database).close()


def test_an_earlier_copy_is_not_overwritten(database):
    other = database.with_name("results.v1.duckdb")
    other.write_text("mine")
    ResultStore(database).close()
    assert other.read_text() == "mine"
    assert database.with_name("results.v1-2.duckdb").exists()


def test_where_a_file_cannot_have_two_names_it_is_copied(database, monkeypatch):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    before = rows_of_version_1(database)
    monkeypatch.setattr(os, "link", refused)
    with ResultStore(database) as store:
        check_rows(store, before)
    pd.testing.assert_frame_equal(rows_of_version_1(database.with_name("results.v1.duckdb")), before)
