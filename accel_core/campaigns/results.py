"""Results for a command: from the database itself, or through the server that owns it already."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.campaigns.errands import ANSWER, ASK, FULL, HANDED_OUT, TABLE, TAKEN
from accel_core.campaigns.folder import disk_full, read_json, told, write_json
from accel_core.campaigns.hold import holder_of
from accel_core.campaigns.owners import identity
from accel_core.errors import InUseError, StoreError
from accel_core.paths import ERRANDS, database_path, runs_path
from accel_core.platforms import Platform
from accel_core.store import Imported, Keep, ResultStore, check_import, read_import, write_part
from accel_core.store.parts import read_part
from accel_core.tables import write_table

_POLL_S = 0.05


@contextmanager
def open_results(database: Path | None = None, runs: Path | None = None) -> Iterator[Results]:
    """Open the database; if a server has it that serves the same folder of runs, as the dashboard does, go through it.

    Args:
        database: None takes ``database_path()``.
        runs: None takes ``runs_path()``.

    Raises:
        StoreError: If the database cannot be used, or another process has it that serves other runs.
    """
    database, runs = (database or database_path()).absolute(), runs or runs_path()
    store = own_store(database, runs)
    if store is None:
        yield ServedResults(database, runs)
        return
    with store:
        yield store


def own_store(database: Path, runs: Path) -> ResultStore | None:
    """Open the database; None where a server has it that serves this folder of runs, and so can be asked.

    Raises:
        StoreError: If the database cannot be used, or another process has it that serves other runs.
    """
    try:
        return ResultStore(database)
    except InUseError:
        holder = holder_of(runs)
        if holder is None or holder.database != str(database):
            raise
        return None


class ServedResults:
    """Another process' database, asked by errands."""

    def __init__(self, path: Path, runs: Path) -> None:
        """Remember the database's path and the folder of runs of the server that owns it."""
        self.path = path
        self._runs = runs
        self._folder = runs / ERRANDS

    def add(self, results: pd.DataFrame, campaign: str | None = None, place: str = "results") -> int:
        """Store results that are not stored yet, all or none, and return how many rows were new."""
        assert campaign is None, "campaigns hand in parts"
        return self._ask("add", results, place=place)[0]

    def import_table(self, path: Path, *, keep: Keep | None = None) -> Imported:
        """Store the results of a user's file, all or none."""
        table = read_import(path)
        check_import(table, str(path))  # what cannot come in need not travel
        _, counts = self._ask("import", table, place=str(path), keep=keep)
        return Imported(**{name: int(counts[name][0]) for name in Imported.__dataclass_fields__})

    def import_shipped(self, folder: Path) -> int:
        """Let the server take in the results that ship with it; it knows itself where they are."""
        return self._ask("shipped")[0]

    def take_in_measured(self, platform: Platform) -> int:
        """Nothing to do: the server takes in what platforms bring along by itself."""
        return 0

    def campaigns(self) -> pd.DataFrame:
        """Return the campaigns that stored something, newest first."""
        return self._ask("campaigns")[1]

    def export(
        self,
        path: Path,
        *,
        platform: str | None = None,
        fidelity: str | None = None,
        campaign: str | None = None,
        older: bool = False,
    ) -> int:
        """Write stored results to a file; return how many."""
        given = {"platform": platform, "fidelity": fidelity, "campaign": campaign}
        filters = {name: value for name, value in given.items() if value is not None}
        count, found = self._ask("find", filters=filters, older=older)
        write_table(found, path)
        return count

    def _ask(self, kind: str, table: pd.DataFrame | None = None, **words: Any) -> tuple[int, pd.DataFrame]:
        """Leave an errand, wait for its answer, and return its number and its table."""
        name = f"{time.time_ns()}-{os.getpid()}"
        try:
            with told(self._folder):
                self._folder.mkdir(mode=0o700, exist_ok=True)
                if table is not None:
                    write_part(table, self._file(name, TABLE))
                write_json(self._file(name, ASK), {"kind": kind, "owner": identity(), **words}, durable=False)
            answer = self._wait(name)
            if answer["error"]:
                raise StoreError(str(answer["error"]))
            found = read_part(self._file(name, TABLE))[0] if kind in HANDED_OUT else pd.DataFrame()
            return int(answer["count"]), found
        finally:
            for ending in (ASK, TAKEN, FULL, ANSWER, TABLE):
                with suppress(OSError):
                    self._file(name, ending).unlink(missing_ok=True)

    def _wait(self, name: str) -> dict[str, Any]:
        while True:
            is_served = holder_of(self._runs) is not None  # first, so that a last answer is not missed
            if answer := read_json(self._file(name, ANSWER)):
                return answer
            if self._file(name, FULL).exists():
                raise disk_full(self._folder)
            if not is_served:
                raise StoreError(
                    f"the process that owned {self.path} ended before it answered; try again, nothing is stored twice"
                )
            time.sleep(_POLL_S)

    def _file(self, name: str, ending: str) -> Path:
        return self._folder / f"{name}{ending}"


Results = ResultStore | ServedResults
"""What commands read and write: the methods that both have."""
