"""ResultStore: the one owner of the database file."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import duckdb
import pandas as pd
import pyarrow as pa

from accel_core.errors import StoreError
from accel_core.evaluators import measured_results, model_version
from accel_core.platforms import Platform
from accel_core.space import DesignSpace
from accel_core.store import networks, query
from accel_core.store.conflicts import RETRIED
from accel_core.store.connection import close_database, open_database, reopen, translated
from accel_core.store.imports import Imported, Keep, check_import, completed, divided, read_import
from accel_core.store.known import Known
from accel_core.store.parts import read_part, set_aside
from accel_core.store.rows import KEY, CheckedRows, Kind, check_rows
from accel_core.tables import write_table
from accel_core.workloads import Workload


class ResultStore:
    """All results of one user, in one file with one owner.

    May be used from many threads of the process that owns it; writes wait for each other.
    """

    def __init__(self, path: Path | str) -> None:
        """Open or create the database.

        Raises:
            StoreError: If another process has it open, or it is damaged or not a database of this project and version.
        """
        self.path = Path(path).absolute()
        self._connection = open_database(self.path)
        self._lock = threading.RLock()
        self._opening = threading.Lock()  # readers do not wait for writers
        self._is_lost = False
        self._revision = 0
        try:
            # Replaced after a commit: readers in other threads must not ask for a column too early.
            with translated(self.path):
                self._known = Known.read(self._connection)
        except BaseException:
            self.close()
            raise
        self._pending = self._known

    def __enter__(self) -> ResultStore:
        """Return the store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Write everything to the file and let another owner in."""
        with self._lock:
            close_database(self._connection, self.path)

    @property
    def revision(self) -> int:
        """A number that grows with every change, so that readers know when to look again."""
        return self._revision

    def add(self, results: pd.DataFrame, campaign: str | None = None, place: str = "results") -> int:
        """Store results that are not stored yet, all or none, and return how many rows were new.

        A row whose ``KEY`` is stored already is left out, unless what is stored is a failure or a time-out.

        Args:
            results: One row per evaluated design, as ``accel_core.evaluators.evaluate`` returns it.
            campaign: Campaign that the designs belong to from now on.
            place: What to call the table in errors.

        Raises:
            StoreError: If the table is malformed or cannot be written; nothing is stored then.
        """
        rows = check_rows(results, place)
        with self._writing() as connection:
            return self._insert(connection, rows, campaign, place)

    def ingest(self, part: Path, campaign: str | None = None) -> int:
        """Take in a Parquet part and return how many rows were new; a part taken in before adds nothing.

        Raises:
            StoreError: If the part cannot be read or holds anything but results; it is set aside in ``rejected/``
                beside it then, and the database says so. Also if the database cannot be written; the part stays.
        """
        try:
            frame, digest = read_part(part)
            rows = check_rows(frame, str(part))
            self._known.storable(rows, str(part))
        except StoreError as error:
            if part.exists():
                kept = set_aside(part, str(error))
                self._note_rejected(part, campaign, str(error), kept)
            raise
        with self._writing() as connection:
            if connection.execute("select 1 from ingested_parts where digest = ?", [digest]).fetchone():
                return 0
            n_new = self._insert(connection, rows, campaign, str(part))
            connection.execute(
                "insert into ingested_parts values (?, ?, ?, ?, ?, ?)",
                [digest, part.name, campaign, len(rows.frame), n_new, _now()],
            )
            return n_new

    def import_shipped(self, folder: Path) -> int:
        """Take in every ``*.parquet`` of a folder that was not taken in before; return how many rows were new.

        Raises:
            StoreError: If one of them is malformed; those before it in order of name are stored.
        """
        n_new = 0
        for path in sorted(folder.glob("*.parquet")):
            frame, digest = read_part(path)
            with self._cursor() as cursor:
                is_known = query.has_part(cursor, digest)
            if is_known:
                continue
            rows = check_rows(frame, str(path))
            with self._writing() as connection:
                n_fresh = self._insert(connection, rows, None, str(path))
                connection.execute(
                    "insert into ingested_parts values (?, ?, null, ?, ?, ?)",
                    [digest, path.name, len(frame), n_fresh, _now()],
                )
            n_new += n_fresh
        return n_new

    def take_in_measured(self, platform: Platform) -> int:
        """Take in the results that a platform brings along, once for each content; return how many rows were new.

        Raises:
            InvalidInputError: If its table is wrong.
            StoreError: If the rows cannot be stored.
        """
        assert platform.measured is not None, "only a platform with measured results brings some along"
        # The version that its rows get, not the file as it is now: that may be another, which is read anew later.
        digest = f"{platform.name} {model_version(platform, 'measured')}"
        if query.has_part(self._connection.cursor(), digest):
            return 0
        rows = check_rows(measured_results(platform), platform.measured.title)
        with self._writing() as connection:
            n_new = self._insert(connection, rows, None, platform.measured.title)
            connection.execute(
                "insert into ingested_parts values (?, ?, null, ?, ?, ?)",
                [digest, platform.measured.title, len(rows.frame), n_new, _now()],
            )
        return n_new

    def import_table(self, path: Path, *, keep: Keep | None = None, place: str | None = None) -> Imported:
        """Store the results of a user's ``.csv`` or ``.parquet`` file, all or none.

        Reads what ``export`` writes back to the same rows. A table of one's own needs the columns ``platform`` and the
        platform's parameters; workload, fidelity, status and settings take defaults. Identifiers are computed anew.

        Args:
            path: The file.
            keep: Of results that are stored with other values, which to keep; None refuses the file.
            place: What to call the file in errors; its path if left out.

        Raises:
            InvalidInputError: If the file is missing, too large, broken or of another kind.
            ConflictError: If a result is stored with other values, and ``keep`` is None.
            StoreError: If a cell is wrong; it names row, column and value.
        """
        return self.import_rows(read_import(path), str(path) if place is None else place, keep=keep)

    def import_rows(self, table: pd.DataFrame, place: str, *, keep: Keep | None = None) -> Imported:
        """As ``import_table``, of what `read_import` returns.

        Raises:
            StoreError: As ``import_table``.
        """
        total = Imported()
        tables = check_import(table, place)
        with self._writing() as connection:
            for rows in tables:
                names = [name for name in self._pending.storable(rows, place) if name in self._pending.kinds]
                found = query.stored_like(connection, rows.frame[list(KEY)], names)
                new, done = divided(rows, found, keep, place)
                if keep == "file":
                    kinds = self._pending.columns.get(str(rows.frame["platform"].iloc[0]), {})
                    new = completed(new, query.stored_like(connection, new.frame[list(KEY)], list(kinds)), kinds)
                    query.delete(connection, new.frame[list(KEY)])
                n_added = self._insert(connection, new, None, place)
                assert n_added == done.n_new + done.n_replaced
                total += done
        return total

    def export(
        self,
        path: Path,
        *,
        platform: str | None = None,
        fidelity: str | None = None,
        workload: str | None = None,
        campaign: str | None = None,
        status: str | Sequence[str] | None = None,
        older: bool = False,
    ) -> int:
        """Write the results that ``find`` returns to a ``.csv`` or ``.parquet`` file; return how many.

        Raises:
            InvalidInputError: If the name ends otherwise, or the file cannot be written.
        """
        found = self.find(
            platform=platform, fidelity=fidelity, workload=workload, campaign=campaign, status=status, older=older
        )
        write_table(found, path)
        return len(found)

    def find(
        self,
        *,
        platform: str | None = None,
        fidelity: str | None = None,
        workload: str | None = None,
        campaign: str | None = None,
        status: str | Sequence[str] | None = None,
        settings_id: str | None = None,
        design_id: str | Sequence[str] | None = None,
        seed: int | None = None,
        older: bool = False,
    ) -> pd.DataFrame:
        """Return stored results, oldest first, one row a result and one column a parameter, metric or fact.

        Each argument that is not None must match. Columns are those that the found platforms have. What was made by
        another version of the model than there is now comes only with ``older``; ``model_version`` tells it.
        """
        wanted = {
            "platform": platform, "fidelity": fidelity, "workload": workload, "status": status,
            "settings_id": settings_id, "design_id": design_id, "seed": seed,
        }  # fmt: skip
        known = self._known
        with self._cursor() as cursor:
            return query.find(cursor, known, wanted, campaign, [] if older else known.older)

    def counts(self) -> pd.DataFrame:
        """Return the number of results by platform, workload, fidelity and status, in a column ``n``.

        Results of older versions do not count.
        """
        with self._cursor() as cursor:
            return query.counts(cursor, self._known.older)

    def missing(self, keys: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a table with the columns ``KEY`` whose result is not stored; failures count as missing.

        Order and index are kept.
        """
        with self._cursor() as cursor:
            known = query.known_keys(cursor, keys.loc[:, list(KEY)], RETRIED)
        return keys.loc[~known]

    def check_space(self, space: DesignSpace) -> None:
        """Find out before anything is evaluated whether designs of a space could be stored.

        Raises:
            StoreError: If a parameter is a text where another platform has numbers under that name, or the other way
                round, or differs from one in capitals only.
        """
        kinds: dict[str, Kind] = {entry.name: "real" if entry.is_numeric else "text" for entry in space.parameters}
        self._known.storable(CheckedRows(space.defaults(), kinds), f"the default design of {space.name}")

    def save_campaign(
        self, name: str, *, platform: str, workload: str, fidelity: str, settings_id: str, definition: str
    ) -> None:
        """Remember a campaign; saying the same again changes nothing but its definition."""
        with self._writing() as connection:
            connection.execute(
                "insert into campaigns values (?, ?, ?, ?, ?, ?, ?) on conflict (name) do update set "
                "platform = excluded.platform, workload = excluded.workload, fidelity = excluded.fidelity, "
                "settings_id = excluded.settings_id, definition = excluded.definition",
                [name, platform, workload, fidelity, settings_id, definition, _now()],
            )

    def save_workload(self, workload: Workload) -> None:
        """Remember a network of one's own; saying the same again changes nothing.

        Raises:
            StoreError: If another network has that name, or it cannot be written.
        """
        with self._cursor() as cursor:
            is_known = networks.is_known(cursor, workload, str(self.path))
        if not is_known:
            with self._writing() as connection:
                networks.insert(connection, workload, _now())

    def workload(self, name: str) -> Workload | None:
        """Return a network of one's own by its name, or a layer of one, ``NETWORK/LAYER``; None if it is not known.

        Raises:
            InvalidInputError: If it has no such layer.
        """
        with self._cursor() as cursor:
            return networks.find(cursor, name)

    def workload_names(self) -> list[str]:
        """Return the names of networks of one's own, the newest first."""
        with self._cursor() as cursor:
            return networks.names(cursor)

    def link(self, campaign: str, design_ids: Sequence[str], seed: int | None = None) -> None:
        """Make stored results of designs, of one seed or of all, members of a campaign too."""
        with self._writing() as connection:
            query.link(connection, campaign, design_ids, seed, self._pending.older)

    def campaigns(self) -> pd.DataFrame:
        """Return the campaigns that stored something, newest first."""
        with self._cursor() as cursor:
            return query.table(cursor, "select * from campaigns order by created_at desc, name")

    def rejected(self) -> pd.DataFrame:
        """Return the parts that were set aside: ``name``, ``campaign``, ``reason``, ``kept_as``, ``rejected_at``."""
        with self._cursor() as cursor:
            return query.table(cursor, "select * from rejected_parts order by rejected_at")

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own; opens the database anew where DuckDB gave it up, as it may on a full disk."""
        with translated(self.path):
            with self._opening:
                if self._is_lost:
                    self._connection = reopen(self._connection, self.path)
                    self._is_lost = False
                cursor = self._connection.cursor()
            try:
                yield cursor
            except duckdb.FatalException:
                self._is_lost = True
                raise
            finally:
                cursor.close()

    @contextmanager
    def _writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction; whatever goes wrong inside leaves the database as it was."""
        with self._lock, self._cursor() as connection:
            self._pending = self._known
            try:
                connection.execute("begin")
                yield connection
                connection.execute("commit")
                self._known = self._pending
            except BaseException:
                _roll_back(connection)
                raise
            self._revision += 1

    def _insert(
        self, connection: duckdb.DuckDBPyConnection, rows: CheckedRows, campaign: str | None, place: str
    ) -> int:
        if rows.frame.empty:
            return 0
        names = self._pending.storable(rows, place)
        frame = rows.frame[[name for name in rows.frame.columns if name not in rows.kinds or name in names]]
        self._pending = self._pending.extended(connection, frame, {name: rows.kinds[name] for name in names})
        answers_first = frame["status"].isin(RETRIED).to_numpy().argsort(kind="stable")
        frame = frame.iloc[answers_first].drop_duplicates(list(KEY)).sort_index()
        frame = frame.assign(created_at=frame["created_at"].fillna(_now()))
        with query.registered(connection, "incoming", pa.Table.from_pandas(frame, preserve_index=False)):
            n_new = query.insert(connection, list(frame.columns), RETRIED)
        if campaign is not None:
            query.make_members(connection, campaign, frame)
        return n_new

    def _note_rejected(self, part: Path, campaign: str | None, reason: str, kept: Path) -> None:
        with self._writing() as connection:
            connection.execute(
                "insert into rejected_parts values (?, ?, ?, ?, ?)",
                [part.name, campaign, reason, str(kept), _now()],
            )


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # the error that is on its way up says more; DuckDB has rolled back by itself
        connection.execute("rollback")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
