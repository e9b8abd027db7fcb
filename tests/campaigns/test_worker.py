"""One worker in this process: what it hands in, and what it does when something is wrong."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from accel_core.campaigns import worker as worker_module
from accel_core.campaigns.folder import FULL
from accel_core.campaigns.planning import prepare, submit
from accel_core.campaigns.queue import TaskQueue
from accel_core.campaigns.status import read_status
from accel_core.campaigns.worker import evaluate_designs, main
from tests.campaigns.processes import drawn


@pytest.fixture
def folder(store, runs):
    submitted = submit(drawn("one", 12, seed=4), runs)
    prepare(submitted, store)
    return submitted


def parts(folder):
    return pd.concat([pq.read_table(path).to_pandas() for path in folder.parts.glob("*.parquet")])


def test_every_design_is_handed_in_once_with_the_campaigns_seed(folder):
    assert main([str(folder.path)]) == 0
    handed = parts(folder)
    assert len(handed) == 12
    assert handed["design_id"].is_unique
    assert set(handed["seed"]) == {4}
    status = read_status(folder, 12)
    assert (status.state, status.ok, status.unsaved) == ("finished", 12, len(list(folder.parts.iterdir())))


def test_a_mistake_of_the_evaluator_fails_its_design_alone(folder, capsys):
    def picky(campaign, designs, artifacts):
        if (designs["features"] % 2 == 1).any():
            raise ZeroDivisionError("odd")
        return evaluate_designs(campaign, designs, artifacts)

    assert main([str(folder.path)], picky) == 0
    handed = parts(folder)
    odd = handed["features"] % 2 == 1
    assert odd.any()
    assert (handed.loc[odd, ["status", "stage", "reason"]] == ["failed", "evaluation", "ZeroDivisionError: odd"]).all(
        axis=None
    )
    assert set(handed.loc[~odd, "status"]) == {"ok"}
    assert "ZeroDivisionError: odd" in capsys.readouterr().err


def test_a_full_disk_pauses_the_run_and_loses_no_design(folder, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(worker_module, "write_part", full)
        assert main([str(folder.path)]) == FULL
    status = read_status(folder, 12)
    assert folder.control().wanted == "pause"
    assert status.done == 0
    assert "one: the disk is full; free some space" in status.problem
    folder.set_control("run")
    assert main([str(folder.path)]) == 0
    assert read_status(folder, 12).ok == 12


def test_a_poisoned_design_is_failed_with_its_reason(folder):
    with TaskQueue(folder.queue) as queue:
        others = queue.claim("boot:1:0", 12).iloc[1:]
        for _ in range(2):
            queue.finish(others.assign(status="ok"), "elsewhere")
            queue.recover(lambda _: False)
            queue.claim("boot:1:0", 1)
    assert main([str(folder.path)]) == 0
    (failed,) = parts(folder).query("status == 'failed'").to_dict("records")
    assert (failed["stage"], failed["reason"]) == ("worker", "the process that evaluated it was killed 3 times")
    assert json.loads(failed["settings"]) == {}


def test_a_paused_run_is_left_alone(folder):
    folder.set_control("pause")
    assert main([str(folder.path)]) == 0
    assert list(folder.parts.iterdir()) == []
