"""Who serves a folder of runs: a lock that goes with its process, however that ends, and what the process is."""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path

from accel_core.errors import StoreError
from accel_core.paths import SERVER_LOCK

_TRIES, _WAIT_S = 20, 0.05  # between the lock and the words in it


@dataclass(frozen=True)
class Holder:
    """The process that serves a folder of runs, and the database that it owns."""

    pid: str
    database: str


def take_hold(runs: Path, database: Path) -> int:
    """Lock the folder of runs for this process and return the open lock.

    Raises:
        StoreError: If another process has it, or it cannot be written.
    """
    try:
        runs.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(runs / SERVER_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{runs}: cannot be used as folder of runs: {error.strerror or error}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        pid = _read(descriptor).pid or "unknown"
        os.close(descriptor)
        raise StoreError(f"{runs} is in use by process {pid}; one server at a time is allowed") from error
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n{database}\n".encode())
    except OSError as error:
        os.close(descriptor)
        raise StoreError(f"{runs}: cannot be used as folder of runs: {error.strerror or error}") from error
    return descriptor


def holder_of(runs: Path) -> Holder | None:
    """Return who serves a folder of runs; None if nobody does."""
    try:
        descriptor = os.open(runs / SERVER_LOCK, os.O_RDWR)
    except OSError:
        return None
    try:
        for _ in range(_TRIES):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                found = _read(descriptor)
                if found.database:
                    return found
                time.sleep(_WAIT_S)
            else:
                return None
        return found
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> Holder:
    lines = os.pread(descriptor, 5000, 0).decode(errors="replace").splitlines()
    return Holder(lines[0].strip() if lines else "", lines[1] if len(lines) > 1 else "")
