"""A disk without room: it is named, nothing is taken for a failed design, and the run goes on under its name."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from accel_core.campaigns import CampaignServer
from accel_core.campaigns.folder import FULL
from accel_core.campaigns.planning import submit
from accel_core.campaigns.worker import main
from accel_core.errors import StoreError
from accel_core.store import ResultStore
from tests.campaigns.processes import drawn, wait_for

HERE = Path(__file__).parent
IDLE = {"worker_command": ["/bin/sleep", "0"], "driver_command": ["/bin/sleep", "0"]}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB of its own."""
    path = tmp_path / "disk"
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", path], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    yield path
    subprocess.run(["umount", "-l", path], check=False)


def fill(folder: Path) -> Path:
    """Leave no byte of room."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as stream:
        for size in (65536, 4096, 1):
            with suppress(OSError):
                while True:
                    stream.write(bytes(size))
    return filler


def test_a_run_stops_with_the_reason_and_goes_on_under_its_name(store, small_disk, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(HERE.parents[1]))
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "evaluations.log"))
    monkeypatch.setenv("FAKE_SECONDS", "0.05")
    worker = [sys.executable, str(HERE / "fake_worker.py")]
    with CampaignServer(store, small_disk, max_workers=1, worker_command=worker, interval_s=0.05) as server:
        server.launch(drawn("cramped", 60))
        wait_for(lambda: server.status("cramped").done > 3)
        filler = fill(small_disk)
        wait_for(lambda: server.status("cramped").state == "paused" and not server.status("cramped").workers)
        assert "cramped: the disk is full; free some space" in server.status("cramped").problem
        assert set(store.find()["status"]) <= {"ok"}
        fill(small_disk)  # parts were taken in
        with pytest.raises(StoreError, match="the disk is full; free some space"):
            server.launch(drawn("another", 5))
        filler.unlink()
        server.resume("cramped")
        wait_for(lambda: server.status("cramped").is_over)
        assert (server.status("cramped").state, server.status("cramped").problem) == ("finished", "")
        assert len(store.find(campaign="cramped", status="ok")) == 60
        server.launch(drawn("another", 6))  # the name was not lost, nor bound to the other definition


def test_a_database_without_room_keeps_the_parts_and_takes_them_in_later(runs, small_disk):
    with ResultStore(small_disk / "results.duckdb") as store, CampaignServer(store, runs, **IDLE) as server:
        folder = server.launch(drawn("kept", 400))
        filler = fill(small_disk)
        assert main([str(folder.path)]) == 0
        wait_for(lambda: "the disk is full" in server.status("kept").problem)
        assert server.status("kept").unsaved
        filler.unlink()
        wait_for(lambda: server.status("kept").is_over and not server.status("kept").problem)
        assert len(store.find(campaign="kept", status="ok")) == 400


def test_a_design_does_not_fail_for_a_full_disk(runs, store):
    folder = submit(drawn("innocent", 4), runs)
    server = CampaignServer(store, runs, **IDLE)
    server.launch(drawn("innocent", 4))
    server.close()

    def evaluated(campaign, designs, artifacts):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "netlist.v")

    assert main([str(folder.path)], evaluated) == FULL
    control = folder.control()
    assert control.wanted == "pause"
    assert "the disk is full" in control.problem
    assert list(folder.parts.glob("*.parquet")) == []
    server = CampaignServer(store, runs, **IDLE)
    server.resume("innocent")
    assert main([str(folder.path)]) == 0
    server.round()
    assert server.status("innocent").ok == 4
    server.close()
