"""Commands on a database that a server owns: they go through it, with the same results, errors and files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from accel_core.campaigns import CampaignServer, open_results
from accel_core.campaigns.errands import ANSWER, ASK, Errands
from accel_core.campaigns.owners import identity
from accel_core.campaigns.results import ServedResults
from accel_core.cli import main
from accel_core.errors import InvalidInputError, StoreError
from accel_core.evaluators import evaluate
from accel_core.platforms import get_platform
from accel_core.space import sample
from accel_core.store import ResultStore
from tests.campaigns.processes import wait_for

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
IDLE = {"worker_command": ["/bin/sleep", "0"], "driver_command": ["/bin/sleep", "0"]}


def results_of(n: int, seed: int = 0) -> pd.DataFrame:
    designs = sample(get_platform("axiline").space, n, sampler="random", seed=seed).designs
    return evaluate("axiline", designs, "analytical")


@pytest.fixture
def served(serve, store, runs) -> CampaignServer:
    """A server of this process that owns the database; `open_results` here goes through it as another process does."""
    return serve(**IDLE)


@pytest.fixture
def commands(store, runs, monkeypatch):
    monkeypatch.setenv("ACCEL_DB", str(store.path))
    monkeypatch.setenv("ACCEL_RUNS", str(runs))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_import_and_export_through_a_server_are_as_without_one(
    served, store, commands, tmp_path, capsys, suffix
) -> None:
    given, out = tmp_path / f"mine{suffix}", tmp_path / f"all{suffix}"
    table = results_of(40)
    table.to_csv(given, index=False) if suffix == ".csv" else table.to_parquet(given, index=False)
    assert main(["import", str(given)]) == 0
    assert capsys.readouterr().out.strip() == f"40 new results from {given}"
    assert main(["import", str(given)]) == 0
    assert capsys.readouterr().out.strip() == f"0 new results from {given}; 40 stored already"
    table.assign(runtime_s=1.0).to_parquet(tmp_path / "other.parquet")
    assert main(["import", str(tmp_path / "other.parquet")]) == 2
    assert "is stored with" in capsys.readouterr().err
    assert main(["import", str(tmp_path / "other.parquet"), "--keep", "stored"]) == 0
    assert capsys.readouterr().out.strip().endswith("other.parquet; 40 that differ left as stored")
    assert len(store.find()) == 40
    assert main(["export", "--platform", "axiline", "--fidelity", "analytical", "--out", str(out)]) == 0
    direct = tmp_path / f"direct{suffix}"
    store.export(direct, platform="axiline", fidelity="analytical")
    assert out.read_bytes() == direct.read_bytes()


def test_nothing_is_left_behind(served, store, runs, tmp_path) -> None:
    with open_results(store.path, runs) as results:
        assert isinstance(results, ServedResults)
        assert results.add(results_of(5)) == 5
        assert results.export(tmp_path / "x.csv") == 5
        with pytest.raises(StoreError):
            results.add(results_of(5).assign(status="splendid"))
    assert list((runs / "errands").iterdir()) == []


def test_an_error_comes_back_as_the_same_sentence_and_stores_nothing(
    served, store, runs, commands, tmp_path, capsys
) -> None:
    given = tmp_path / "mine.csv"
    results_of(3).assign(runtime_s=[0.1, "soon", 0.2]).to_csv(given, index=False)
    assert main(["import", str(given)]) == 2
    through = capsys.readouterr().err
    assert "mine.csv, row 2, column 'runtime_s': 'soon' is wrong; it must be a number" in through
    store.add(results_of(3))
    assert main(["export", "--campaign", "none", "--out", str(tmp_path / "x.csv")]) == 2
    assert "--campaign none is unknown; there are: none" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()
    before = len(store.find())
    wrong = r"^here, row 1, column 'benchmark': .* the database holds text"
    with open_results(store.path, runs) as results, pytest.raises(StoreError, match=wrong):
        results.add(results_of(3, seed=1).assign(benchmark=[1, 2, 3]), place="here")
    assert len(store.find()) == before


def test_logs_are_stored_through_a_server(served, store, commands, capsys) -> None:
    words = ["logs", "edgetpu", "--application", "m6", "-n", "60", "--store"]
    assert main(words) == 0
    assert f"m6 to {store.path}: 60 new results; " in capsys.readouterr().out
    assert len(store.find(platform="edgetpu")) == 60


def test_another_process_that_is_killed_while_it_waits_has_no_effect_later(store, runs, tmp_path) -> None:
    folder = runs / "errands"
    folder.mkdir(parents=True)
    code = "from accel_core.campaigns.owners import identity; print(identity())"
    gone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    results_of(3).to_parquet(folder / "1-1.parquet", index=False)
    (folder / f"1-1{ASK}").write_text(json.dumps({"kind": "add", "owner": gone.stdout.strip()}))
    Errands(store, runs).round()
    assert store.find().empty
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"kind": "drop"}, "errand 'drop' is unknown; allowed: add, import, find, campaigns, shipped"),
        ({"kind": "__class__"}, "errand '__class__' is unknown"),
        ({"kind": "find", "filters": {"where": "1=1"}}, "filter 'where' is unknown; allowed: platform"),
        ({"kind": "add", "place": "mine.csv"}, "the process that owns the database could not do it: FileNotFoundError"),
    ],
)
def test_only_what_is_known_is_done(store, runs, asked, message) -> None:
    folder = runs / "errands"
    folder.mkdir(parents=True)
    (folder / f"1-1{ASK}").write_text(json.dumps({**asked, "owner": identity()}))
    Errands(store, runs).round()
    assert message in json.loads((folder / f"1-1{ANSWER}").read_text())["error"]


def test_a_table_too_large_is_refused_before_it_is_read(served, store, runs, monkeypatch) -> None:
    monkeypatch.setattr("accel_core.campaigns.errands.MAX_TABLE_BYTES", 100)
    with open_results(store.path, runs) as results, pytest.raises(StoreError, match="at most 100 are allowed"):
        results.add(results_of(5), place="mine.csv")
    assert store.find().empty


def test_a_server_that_ends_before_it_answers_is_named(served, store, runs, monkeypatch) -> None:
    monkeypatch.setattr(Errands, "round", lambda self: None)
    errors: list[str] = []

    def ask() -> None:
        try:
            ServedResults(store.path, runs).add(results_of(3))
        except StoreError as error:
            errors.append(str(error))

    asker = threading.Thread(target=ask)
    asker.start()
    wait_for(lambda: list((runs / "errands").glob(f"*{ASK}")))
    served.close()
    asker.join(30)
    assert errors == [
        f"the process that owned {store.path} ended before it answered; try again, nothing is stored twice"
    ]
    assert list((runs / "errands").iterdir()) == []


def test_a_database_that_is_not_the_servers_is_never_written_through_it(served, store, runs, tmp_path) -> None:
    other = tmp_path / "other.duckdb"
    wrong = r"other\.duckdb is in use by .*; close that dashboard"
    with ResultStore(other), pytest.raises(StoreError, match=wrong), open_results(other, runs):
        pass


def test_without_a_server_the_message_says_what_to_do(store, runs) -> None:
    wrong = (
        "close that dashboard or wait for that command to end .* go through a dashboard that has the same ACCEL_RUNS"
    )
    with pytest.raises(StoreError, match=wrong), open_results(store.path, runs):
        pass


def test_a_file_that_is_missing_is_said_by_the_one_who_asks(served, store, runs, tmp_path) -> None:
    with open_results(store.path, runs) as results, pytest.raises(InvalidInputError, match="no such file"):
        results.import_table(tmp_path / "none.csv")


@pytest.mark.slow
def test_two_processes_and_a_large_file(runs, tmp_path, monkeypatch, capsys) -> None:
    database, given, out = tmp_path / "results.duckdb", tmp_path / "large.parquet", tmp_path / "back.parquet"
    table = results_of(1000)
    steps = range(100)
    large = pd.concat([table.assign(f_target_hz=table["f_target_hz"] + step) for step in steps])
    large.drop(columns="design_id").to_parquet(given, index=False)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, HERE / "fake_server.py", database, runs, HERE / "fake_worker.py"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"serving\n"
            monkeypatch.setenv("ACCEL_DB", str(database))
            monkeypatch.setenv("ACCEL_RUNS", str(runs))
            since = time.monotonic()
            assert main(["import", str(given)]) == 0
            n_new = int(capsys.readouterr().out.split()[0])
            assert main(["export", "--platform", "axiline", "--fidelity", "analytical", "--out", str(out)]) == 0
            print(f"{n_new:,} rows in and out in {time.monotonic() - since:.1f} s")
        finally:
            server.kill()
    assert n_new > 50_000
    assert len(pd.read_parquet(out)) == n_new
