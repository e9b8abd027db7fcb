"""Campaigns to run in tests, and the processes that run them."""

import os
import signal
import time
from collections.abc import Callable

from accel_core.campaigns import Campaign, SamplerPlan
from accel_core.campaigns.folder import RunFolder
from accel_core.campaigns.owners import is_alive, pid_of


def drawn(name: str, n: int, **changes) -> Campaign:
    """Return a campaign of n analytical designs."""
    return Campaign(name, "axiline", SamplerPlan("random", designs=n), "analytical", **changes)


def owners(folder: RunFolder) -> list[str]:
    """Return the other processes that work on a run; a worker in this process does not count."""
    found = [str(status.get("owner", "")) for status in folder.statuses().values()]
    return [owner for owner in found if is_alive(owner) and pid_of(owner) != os.getpid()]


def kill_9(owner: str) -> None:
    """Kill one process as a crash would."""
    os.kill(pid_of(owner), signal.SIGKILL)


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
