"""Errands: what another process asks of the one that owns the database, left as files in the folder of runs.

```
RUNS/errands/<name>.ask.json     what is asked: kind, who asks, and words; there once it is whole
             <name>.parquet      results to add, or results that were found
             <name>.taken.json   the same file once it is being done, so that nothing is done twice
             <name>.answer.json  a number and an error, one of them empty
             <name>.full         instead of an answer for which the disk had no room
```
Only these kinds are known, and no path or code travels: a table goes in, a table comes out, whoever asked writes it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.campaigns.folder import read_json, told, write_json
from accel_core.campaigns.owners import is_alive
from accel_core.errors import AccelError, InvalidInputError
from accel_core.paths import ERRANDS, data_path
from accel_core.store import KEEP, ResultStore, write_part
from accel_core.store.parts import read_part
from accel_core.tables import MAX_TABLE_BYTES

ASK, TAKEN, ANSWER, FULL, TABLE = ".ask.json", ".taken.json", ".answer.json", ".full", ".parquet"
HANDED_OUT = ("find", "campaigns", "import")
"""Kinds whose answer is a table."""
FILTERS = ("platform", "fidelity", "workload", "campaign", "status")

_POLL_S = 0.1
_OLD_S = 3600.0

log = logging.getLogger(__name__)


class Errands:
    """Does in a thread of its own what others ask of this process' database."""

    def __init__(self, store: ResultStore, runs: Path) -> None:
        """Prepare; ``start`` begins."""
        self._store = store
        self._folder = runs / ERRANDS
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._kinds: Mapping[str, Callable[[str, Mapping[str, Any]], int]] = {
            "add": self._add,
            "import": self._import,
            "find": self._find,
            "campaigns": self._campaigns,
            "shipped": self._shipped,
        }

    def start(self) -> None:
        """Look for errands from now on."""
        self._thread = threading.Thread(target=self._loop, name="errands", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish the errand under way, and take no other."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def round(self) -> None:
        """Do what is asked now, oldest first, and remove what nobody came back for."""
        for path in sorted(self._folder.glob(f"*{ASK}")):
            self._do(path.name.removesuffix(ASK))
        for path in self._folder.glob("*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _OLD_S:
                    path.unlink()

    def _loop(self) -> None:
        while not self._stop.wait(_POLL_S):
            try:
                self.round()
            except Exception:
                log.exception("a look at the errands failed; the next follows")

    def _do(self, name: str) -> None:
        """Do one errand and answer it; one whose asker is gone is dropped."""
        taken = self._folder / f"{name}{TAKEN}"
        try:
            os.replace(self._folder / f"{name}{ASK}", taken)
        except OSError:  # taken back
            return
        asked = read_json(taken)
        if not is_alive(str(asked.get("owner", ""))):
            for path in self._folder.glob(f"{name}.*"):
                path.unlink(missing_ok=True)
            return
        count, problem = 0, ""
        try:
            count = self._kind(asked)(name, asked)
        except AccelError as error:
            problem = str(error)
        except Exception as error:
            log.exception("errand %s failed", name)
            problem = f"the process that owns the database could not do it: {type(error).__name__}"
        try:
            write_json(self._folder / f"{name}{ANSWER}", {"count": count, "error": problem}, durable=False)
        except OSError as error:
            log.warning("errand %s: %s", name, error)
            with suppress(OSError):
                os.replace(taken, self._folder / f"{name}{FULL}")

    def _kind(self, asked: Mapping[str, Any]) -> Callable[[str, Mapping[str, Any]], int]:
        kind = str(asked.get("kind", ""))
        if kind not in self._kinds:
            raise InvalidInputError(f"errand '{kind:.40}' is unknown; allowed: {', '.join(self._kinds)}")
        return self._kinds[kind]

    def _add(self, name: str, asked: Mapping[str, Any]) -> int:
        frame, place = self._handed_in(name, asked)
        return self._store.add(frame, place=place)

    def _import(self, name: str, asked: Mapping[str, Any]) -> int:
        frame, place = self._handed_in(name, asked)
        keep = next((entry for entry in KEEP if entry == asked.get("keep")), None)
        imported = self._store.import_rows(frame, place, keep=keep)
        return self._hand_out(name, pd.DataFrame([asdict(imported)]))

    def _handed_in(self, name: str, asked: Mapping[str, Any]) -> tuple[pd.DataFrame, str]:
        table = self._folder / f"{name}{TABLE}"
        place = str(asked.get("place", "results"))
        if table.stat().st_size > MAX_TABLE_BYTES:
            raise InvalidInputError(
                f"{place}: {table.stat().st_size:,} bytes as Parquet; at most {MAX_TABLE_BYTES:,} are allowed"
            )
        return read_part(table)[0], place

    def _find(self, name: str, asked: Mapping[str, Any]) -> int:
        given = asked.get("filters")
        filters = {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else {}
        if strange := [key for key in filters if key not in FILTERS]:
            raise InvalidInputError(f"filter '{strange[0]:.40}' is unknown; allowed: {', '.join(FILTERS)}")
        platform, fidelity, workload, campaign, status = (filters.get(key) for key in FILTERS)
        found = self._store.find(
            platform=platform,
            fidelity=fidelity,
            workload=workload,
            campaign=campaign,
            status=status,
            older=asked.get("older") is True,
        )
        return self._hand_out(name, found)

    def _campaigns(self, name: str, asked: Mapping[str, Any]) -> int:
        return self._hand_out(name, self._store.campaigns())

    def _shipped(self, name: str, asked: Mapping[str, Any]) -> int:
        return self._store.import_shipped(data_path() / "results")

    def _hand_out(self, name: str, table: pd.DataFrame) -> int:
        with told(self._folder):
            write_part(table, self._folder / f"{name}{TABLE}")
        return len(table)
