"""Server and workers killed at random moments: nothing acknowledged is lost or there twice, the end is reached."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from accel_core.campaigns import Campaign, CampaignStatus, SamplerPlan, plan_designs, read_status
from accel_core.campaigns.folder import RunFolder
from accel_core.campaigns.planning import submit
from accel_core.evaluators import evaluate
from accel_core.store import ResultStore
from tests.campaigns.processes import kill_9, owners, wait_for

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class Victim:
    """A serving process in its own session, and the means to kill it and its workers."""

    def __init__(self, database: Path, runs: Path, env: dict[str, str]) -> None:
        self._command = [sys.executable, HERE / "fake_server.py", database, runs, HERE / "fake_worker.py"]
        self._env = env
        self.process = self._start()

    def _start(self) -> subprocess.Popen:
        return subprocess.Popen(self._command, env=self._env, stdout=subprocess.DEVNULL, start_new_session=True)

    def kill_and_restart(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def acknowledged(folder: RunFolder) -> set[str]:
    """Return the designs in finished parts; a part may be taken in while we look."""
    ids: set[str] = set()
    for part in folder.parts.glob("*.parquet"):
        try:
            ids.update(pq.read_table(part, columns=["design_id"])["design_id"].to_pylist())
        except (FileNotFoundError, pa.ArrowException):
            continue
    return ids


def wait_for_a_worker(folder: RunFolder, at_work: bool) -> None:
    """Wait until a worker is there, or is evaluating designs, or none will come because the campaign is over."""

    def is_there() -> bool:
        working = [status for status in folder.statuses().values() if status.get("design_ids")]
        return bool(working if at_work else owners(folder)) or read_status(folder, 0).state == "finished"

    wait_for(is_there, 200)  # on a busy machine a process takes long to start


def wait_for_end(folder: RunFolder, total: int, seconds: float) -> CampaignStatus:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = read_status(folder, total)
        if status.is_over:
            return status
        time.sleep(0.2)
    raise AssertionError(f"not at its end after {seconds} s: {status}")


def rampage(tmp_path: Path, n_designs: int, n_kills: int, seed: int) -> None:
    rng = random.Random(seed)
    runs, database, log = tmp_path / "runs", tmp_path / "results.duckdb", tmp_path / "evaluations.log"
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "FAKE_LOG": str(log),
        "FAKE_SECONDS": "0.02",
    }
    campaign = Campaign("hunted", "axiline", SamplerPlan("random", designs=n_designs), "analytical", seed=seed)
    folder = submit(campaign, runs)
    victim = Victim(database, runs, env)
    seen: set[str] = set()
    n_worker_kills = 0
    try:
        for _ in range(n_kills):
            if rng.random() < 0.6:
                wait_for_a_worker(folder, at_work=rng.random() < 0.8)
                time.sleep(rng.uniform(0.0, 1.5))
                seen |= acknowledged(folder)
                alive = owners(folder)
                for owner in rng.sample(alive, rng.randint(min(1, len(alive)), len(alive))):
                    kill_9(owner)
                    n_worker_kills += 1
            else:
                time.sleep(rng.uniform(0.1, 3.0))
                seen |= acknowledged(folder)
                victim.kill_and_restart()
        status = wait_for_end(folder, n_designs, 300)
    finally:
        victim.close()
        for owner in owners(folder):
            kill_9(owner)

    assert n_worker_kills > n_kills / 5, "too few workers lived long enough to be killed"
    assert status.state == "finished"
    assert status.problem == ""
    expected = evaluate("axiline", plan_designs(campaign), "analytical").set_index("design_id")
    with ResultStore(database) as store:
        stored = store.find(campaign="hunted")
        assert store.rejected().empty
    assert stored["design_id"].is_unique
    assert set(stored["design_id"]) == set(expected.index)
    assert seen <= set(stored["design_id"])
    ok = stored.loc[stored["status"] == "ok"].set_index("design_id")
    assert len(ok) >= n_designs - n_worker_kills
    assert ok["runtime_s"].to_dict() == expected.loc[ok.index, "runtime_s"].to_dict()
    n_evaluated = len(log.read_text().splitlines())
    assert n_evaluated <= n_designs + 60 * n_worker_kills, "a kill costs what was under way, not the work of others"


@pytest.mark.timeout(900)
def test_kill_9_of_server_and_workers_loses_nothing(tmp_path):
    rampage(tmp_path, n_designs=500, n_kills=8, seed=7)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(3))
def test_kill_9_of_server_and_workers_loses_nothing_for_long(tmp_path, seed):
    rampage(tmp_path, n_designs=6000, n_kills=80, seed=seed)
