"""What a database holds apart from its rows: which columns each platform has, and which versions made its results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import duckdb
import pandas as pd

from accel_core.evaluators import model_version
from accel_core.platforms import PLATFORMS
from accel_core.store.rows import SQL_TYPES, CheckedRows, Kind, check_kinds, check_names, quoted

Columns = Mapping[str, Mapping[str, Kind]]
"""Platform -> parameter or metric column -> kind, in order of arrival."""

Version = tuple[str, str, str]
"""Platform, fidelity, model version."""


@dataclass(frozen=True)
class Known:
    """A state of the database; never changed, so that readers in other threads may hold it.

    Attributes:
        columns: Parameter and metric columns of each platform.
        versions: What made the stored results.
    """

    columns: Columns
    versions: frozenset[Version]

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> Known:
        """Return what is there."""
        columns: dict[str, dict[str, Kind]] = {}
        rows = connection.execute(
            "select platform, name, kind from result_columns order by platform, position"
        ).fetchall()
        for platform, name, kind in rows:
            columns.setdefault(platform, {})[name] = kind
        versions = connection.execute("select distinct platform, fidelity, model_version from results").fetchall()
        return cls(columns, frozenset((platform, fidelity, version) for platform, fidelity, version in versions))

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column, of whatever platform."""
        return {name: kind for kinds in self.columns.values() for name, kind in kinds.items()}

    @property
    def older(self) -> list[Version]:
        """Versions that make no results any more; of a platform that is not known here none is older."""
        return [
            (platform, fidelity, version)
            for platform, fidelity, version in sorted(self.versions)
            if platform in PLATFORMS and model_version(PLATFORMS[platform], fidelity) != version
        ]

    def storable(self, rows: CheckedRows, place: str) -> list[str]:
        """Return the free columns that can be stored: not those that are empty and of the wrong kind.

        Raises:
            StoreError: If a column holds text where the database holds numbers or the other way round, or its name
                differs from a stored one in capitals only.
        """
        stored = self.kinds
        check_names(rows.kinds, stored, place)
        check_kinds(rows, stored, rows.kinds, place)
        return [
            name
            for name, kind in rows.kinds.items()
            if rows.frame[name].notna().any() or (name in stored and (kind == "text") == (stored[name] == "text"))
        ]

    def extended(self, connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> Known:
        """Give the table the columns that rows have and it lacks, and return what is known then.

        Args:
            connection: In a transaction.
            frame: Rows that will be inserted.
            kinds: Their free columns; an integer may become real.
        """
        known = self
        for name, group in frame.groupby("platform", sort=False):
            filled = {column: kind for column, kind in kinds.items() if group[column].notna().any()}
            known = known._with_columns(connection, str(name), filled)
        made = frame[["platform", "fidelity", "model_version"]].drop_duplicates()
        return replace(known, versions=known.versions | set(made.itertuples(index=False, name=None)))

    def _with_columns(self, connection: duckdb.DuckDBPyConnection, platform: str, kinds: Mapping[str, Kind]) -> Known:
        existing, mine = self.kinds, dict(self.columns.get(platform, {}))
        for name, kind in kinds.items():
            if name not in existing:
                connection.execute(f"alter table results add column {quoted(name)} {SQL_TYPES[kind]}")
            if name not in mine:
                connection.execute("insert into result_columns values (?, ?, ?, ?)", [platform, name, kind, len(mine)])
                mine[name] = kind
            elif mine[name] == "integer" and kind == "real":
                connection.execute(
                    "update result_columns set kind = 'real' where platform = ? and name = ?", [platform, name]
                )
                mine[name] = kind
        return replace(self, columns={**self.columns, platform: mine})
