"""Servers with fake workers that the tests of campaigns share."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accel_core.campaigns import CampaignServer
from accel_core.campaigns.folder import RunFolder
from accel_core.campaigns.owners import kill_family
from accel_core.store import ResultStore
from tests.campaigns.processes import owners

HERE = Path(__file__).parent


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of runs; workers left in it are killed at the end."""
    monkeypatch.setenv("PYTHONPATH", str(HERE.parents[1]))
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "evaluations.log"))
    yield tmp_path / "runs"
    for path in (tmp_path / "runs").glob("*/campaign.yaml"):
        for owner in owners(RunFolder(path.parent)):
            kill_family(owner)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ResultStore]:
    with ResultStore(tmp_path / "results.duckdb") as opened:
        yield opened


@pytest.fixture
def serve(store: ResultStore, runs: Path) -> Iterator[Callable[..., CampaignServer]]:
    """Return a starter of servers; all are closed at the end, and their workers killed."""
    servers = []

    def start(**options) -> CampaignServer:
        options = {"worker_command": [sys.executable, str(HERE / "fake_worker.py")], "max_workers": 1, **options}
        servers.append(CampaignServer(store, runs, interval_s=0.05, **options))
        return servers[-1].start()

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def evaluations(tmp_path: Path) -> Callable[[], int]:
    """Return a counter of the evaluations that fake workers began."""

    def count() -> int:
        log = tmp_path / "evaluations.log"
        return len(log.read_text().splitlines()) if log.exists() else 0

    return count
