"""Who holds a piece of work: processes told apart for certain, and their whole families killed."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from functools import cache
from pathlib import Path

MARK = "ACCEL_OWNER"
"""Environment variable that a worker sets for itself, so that every process it starts carries its identity."""


def identity(pid: int | None = None) -> str:
    """Return ``boot:pid:start`` of a process (this one by default), which no later process can have again.

    Empty if there is no such process.
    """
    pid = os.getpid() if pid is None else pid
    started = _start_ticks(pid)
    return f"{_boot()}:{pid}:{started}" if started else ""


def is_alive(owner: str) -> bool:
    """Tell whether the process of an identity still runs; one that ended but was not waited for does not."""
    parts = owner.split(":")
    return len(parts) == 3 and parts[1].isdigit() and identity(int(parts[1])) == owner


def pid_of(owner: str) -> int:
    """Return the process number of an identity."""
    return int(owner.split(":")[1])


def kill_family(owner: str, *, spare_itself: bool = False) -> None:
    """Kill a worker and every process that it or its tools started, also those that outlived it."""
    wanted = f"{MARK}={owner}".encode()
    spared = pid_of(owner) if spare_itself else -1
    for _ in range(5):  # a tool may start another one while we look
        family = [pid for pid in _pids() if pid not in (spared, os.getpid()) and wanted in _environment(pid)]
        if not spare_itself and is_alive(owner) and pid_of(owner) not in family:
            family.append(pid_of(owner))
        if not family:
            return
        for pid in family:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    except OSError:
        return "unknown"


def _start_ticks(pid: int) -> str:
    """Return when a process started, in clock ticks since boot; empty if it is gone or a zombie.

    Field 22 of ``/proc/PID/stat``, see proc(5); where there is no ``/proc``, only that it exists.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "" if Path("/proc/self").exists() else _exists(pid)
    return "" if fields[0] in "ZX" else fields[19]


def _exists(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "1"


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
