"""The folder of one run: its files, and how they are read and replaced so that a crash leaves no half of one.

```
RUNS/<name>/campaign.yaml     the definition
            queue.sqlite      designs, who works on them, how they ended
            control.json      what a person wants: run, pause or cancel; and what trouble stopped it
            known.parquet     results that the database had when the run was started or resumed
            parts/            finished results on their way to the database
            workers/          status of each worker
            logs/             output of each worker and of the driver
            artifacts/<design_id>/
```
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from accel_core.campaigns.campaign import Campaign
from accel_core.errors import DISK_FULL, StoreError, is_disk_full
from accel_core.tables import whole_or_not

Wanted = Literal["run", "pause", "cancel"]

FULL = 28
"""Exit code of a process of a run that found no room on the disk, not even to say so; as the system's error number."""

_LITTLE_BYTES = 65536
_FOLDERS = ("parts", "workers", "logs", "artifacts")


@dataclass(frozen=True)
class Control:
    """What a person wants of a run, and the trouble that stopped it, empty if none."""

    wanted: Wanted = "run"
    problem: str = ""


@dataclass(frozen=True)
class RunFolder:
    """Paths and small files of one run."""

    path: Path

    @property
    def name(self) -> str:
        """The campaign's name."""
        return self.path.name

    @property
    def definition(self) -> Path:
        """The campaign's YAML."""
        return self.path / "campaign.yaml"

    def campaign(self) -> Campaign:
        """Return the definition.

        Raises:
            InvalidInputError: If it is not, or no longer, a valid campaign.
        """
        return Campaign.from_yaml(self.definition)

    @property
    def queue(self) -> Path:
        """The database of designs to evaluate."""
        return self.path / "queue.sqlite"

    @property
    def known(self) -> Path:
        """Stored results that need no evaluation."""
        return self.path / "known.parquet"

    @property
    def parts(self) -> Path:
        """Folder of finished results on their way to the store."""
        return self.path / "parts"

    @property
    def artifacts(self) -> Path:
        """Folder of what the tools wrote, one folder a design."""
        return self.path / "artifacts"

    def log(self, who: str) -> Path:
        """The output of a worker (``worker-0``) or of the ``driver``."""
        return self.path / "logs" / f"{who}.log"

    def make(self) -> None:
        """Create the folders."""
        for name in _FOLDERS:
            (self.path / name).mkdir(parents=True, exist_ok=True)

    def control(self) -> Control:
        """Return what is wanted; a missing or broken file means: run."""
        data = read_json(self.path / "control.json")
        wanted = data.get("wanted")
        return Control(wanted if wanted in ("run", "pause", "cancel") else "run", str(data.get("problem", "")))

    def is_open(self) -> bool:
        """Tell whether a person wants it to run."""
        return self.control().wanted == "run"

    def set_control(self, wanted: Wanted, problem: str = "") -> None:
        """Say what is wanted from now on."""
        write_json(self.path / "control.json", {"wanted": wanted, "problem": problem, "at": time.time()})

    def status_file(self, who: str) -> Path:
        """The status of a worker (``worker-0``) or of the ``driver``."""
        return self.path / "workers" / f"{who}.json"

    def statuses(self) -> dict[str, dict[str, Any]]:
        """Return the last status of every worker and of the driver, by name."""
        return {path.stem: read_json(path) for path in sorted((self.path / "workers").glob("*.json"))}


def read_json(path: Path) -> dict[str, Any]:
    """Return the object of a JSON file; an empty one if there is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def write_json(path: Path, data: Mapping[str, Any], *, durable: bool = True) -> None:
    """Replace a small JSON file at once."""
    write_text(path, json.dumps(dict(data)), durable=durable)


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace a small text file at once, and see it on the disk if it must outlive a power cut."""
    with whole_or_not(path) as partial, partial.open("w", encoding="utf-8") as stream:
        stream.write(text)
        if durable:
            stream.flush()
            os.fsync(stream.fileno())


def create_text(path: Path, text: str) -> bool:
    """Write a small text file unless it exists; return whether it is ours. Of two who try at once, one wins."""
    partial = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        write_text(partial, text)
        os.link(partial, path)
    except FileExistsError:
        return False
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return True


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn the system's errors about the files of a run into a StoreError that names the folder."""
    try:
        yield
    except OSError as error:
        if found_no_room(error, path):
            raise disk_full(path) from error
        raise StoreError(f"{path}: cannot be written: {error.strerror or error}") from error


def found_no_room(error: BaseException, path: Path) -> bool:
    """Tell whether a full disk is behind an error; SQLite says only "disk I/O error" where its log cannot grow."""
    if is_disk_full(error):
        return True
    if not isinstance(error, OSError | sqlite3.Error):
        return False
    try:
        return shutil.disk_usage(path).free < _LITTLE_BYTES
    except OSError:
        return False


def disk_full(path: Path) -> StoreError:
    """Return the error for a file below a folder that found no room."""
    return StoreError(f"{path}: {DISK_FULL}; free some space and try again, what is finished is kept")


def tail(path: Path, n_lines: int = 40, max_bytes: int = 65536) -> str:
    """Return the last lines of a log; empty if there is none."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - max_bytes))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-n_lines:])
