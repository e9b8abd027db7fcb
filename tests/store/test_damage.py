"""A database that is not as it was written is named as damaged, whenever that is noticed, and is let go of."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from accel_core.errors import StoreError
from accel_core.store import ResultStore, write_part
from accel_core.store.connection import _own_columns

BLOCK = 4096
DAMAGED = "results.duckdb is damaged ("
TO_DO = "rename it and put a copy in its place, or begin without"

CRASH = """
import os, sys
from pathlib import Path
import pandas as pd
from accel_core.store import ResultStore
store = ResultStore(Path(sys.argv[1]))
store.add(pd.read_parquet(sys.argv[2]))
os._exit(1)
"""


@pytest.fixture
def whole(tmp_path, make_results) -> Path:
    """A database with results, a campaign and a part, of several blocks."""
    path = tmp_path / "whole.duckdb"
    part = tmp_path / "part.parquet"
    write_part(make_results(400), part)
    with ResultStore(path) as store:
        store.save_campaign(
            "first", platform="axiline", workload="w", fidelity="analytical", settings_id="s", definition="x" * 3000
        )
        store.ingest(part, "first")
    return path


def use(path: Path) -> list[object]:
    """Do everything that pages and commands do with a database."""
    with ResultStore(path) as store:
        seen: list[object] = [len(store.find()), len(store.find(campaign="first")), store.counts().to_dict()]
        seen += [len(store.campaigns()), len(store.rejected())]
        keys = store.find()
        seen.append(len(store.missing(keys)))
        seen.append(store.add(keys))
        return seen


def held(path: Path) -> list[str]:
    """Return the files of a database that this process has open."""
    links = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            links.append(os.readlink(entry))
        except OSError:
            continue
    return [link for link in links if link.startswith(str(path))]


def test_4_kb_overwritten_anywhere_are_named_as_damage_and_the_file_is_let_go(whole, tmp_path):
    path = tmp_path / "results.duckdb"
    rng = random.Random(0)
    size = whole.stat().st_size
    expected = use(whole)
    offsets = [0, 7, 11, 12, 2000, 4095, 4096, 6000, 8192, 12288, *range(12288, size - BLOCK, 64 * 1024)]
    told = []
    for offset in offsets:
        shutil.copy(whole, path)
        with path.open("r+b") as stream:
            stream.seek(offset)
            stream.write(rng.randbytes(BLOCK))
        try:
            assert use(path) == expected, f"at {offset}"
        except StoreError as error:
            told.append(str(error))
        assert held(path) == []
    assert len(told) > len(offsets) / 3
    assert all(DAMAGED in text and TO_DO in text and "\n" not in text for text in told), told
    shutil.copy(whole, path)
    assert use(path) == expected, "a file that failed to open may be opened once it is whole"


@pytest.mark.parametrize("kept", [50, 4000, 9000, 13000, 12288 + 262144])
def test_a_file_cut_short_is_damaged(whole, kept):
    path = whole.with_name("results.duckdb")
    path.write_bytes(whole.read_bytes()[:kept])
    with pytest.raises(StoreError) as caught:
        use(path)
    assert f"{DAMAGED}its end is missing)" in str(caught.value)


@pytest.mark.parametrize("table", sorted(_own_columns()))
def test_a_missing_table_is_damage_and_is_named(whole, table):
    path = whole.rename(whole.with_name("results.duckdb"))
    with duckdb.connect(str(path)) as other:
        other.execute(f"drop table {table}")
    with pytest.raises(StoreError) as caught:
        ResultStore(path)
    assert DAMAGED in str(caught.value)
    assert f"'{table}'" in str(caught.value)
    assert held(path) == []


def test_a_missing_column_is_damage_and_is_named(whole):
    path = whole.rename(whole.with_name("results.duckdb"))
    with duckdb.connect(str(path)) as other:
        other.execute("alter table results drop column cycles")
    with pytest.raises(StoreError, match=r"damaged \(the column 'cycles' of the table 'results' is missing\)"):
        ResultStore(path)


def test_an_overwritten_log_of_a_crashed_process_is_damage(tmp_path, make_results):
    path, part = tmp_path / "results.duckdb", tmp_path / "part.parquet"
    write_part(make_results(300), part)
    subprocess.run([sys.executable, "-c", CRASH, path, part], check=False)
    log = tmp_path / "results.duckdb.wal"
    content = log.read_bytes()
    assert len(content) > 3 * BLOCK
    for offset in (0, 4, 100, BLOCK):
        log.write_bytes(content[:offset] + random.Random(1).randbytes(BLOCK) + content[offset + BLOCK :])
        with pytest.raises(StoreError) as caught:
            ResultStore(path)
        assert f"{DAMAGED}the log of its last changes" in str(caught.value)
    log.write_bytes(content)
    with ResultStore(path) as store:
        assert len(store.find()) == 300


def test_a_database_that_duckdb_gave_up_on_a_full_disk_goes_on_once_there_is_room(make_results, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=False).returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    try:
        with ResultStore(disk / "results.duckdb") as store:
            store.add(make_results(50))
            store._connection.execute("set checkpoint_threshold = '1KB'")  # DuckDB gives up where it cannot check point
            (disk / "filler").write_bytes(bytes(4 * 2**20 - 2 * 2**18 - (disk / "results.duckdb").stat().st_size))
            given_up = []
            for seed in range(1, 60):
                try:
                    store.add(make_results(50, seed=seed))
                except StoreError as error:
                    given_up.append(error)
                    break
            assert "the disk is full; free some space" in str(given_up[0])
            n_stored = len(store.find())
            (disk / "filler").unlink()
            assert store.add(make_results(50, seed=99)) == 50
            assert len(store.find()) == n_stored + 50
            assert isinstance(given_up[0].__cause__, duckdb.FatalException)
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


@pytest.mark.slow
def test_a_new_database_begins_where_a_damaged_one_was_renamed_and_its_log_left(tmp_path, make_results):
    path, part = tmp_path / "results.duckdb", tmp_path / "part.parquet"
    write_part(make_results(50), part)
    subprocess.run([sys.executable, "-c", CRASH, path, part], check=False)
    path.rename(tmp_path / "old.duckdb")
    with ResultStore(path) as store:
        assert store.find().empty
    assert len(list(tmp_path.glob("results.duckdb.*.wal"))) == 1
