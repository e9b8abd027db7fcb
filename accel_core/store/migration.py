"""A database of an earlier schema becomes one of ours; the file as it was is kept beside it."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa

from accel_core.errors import InvalidInputError
from accel_core.evaluators import FIRST_VERSION, resolve_settings, settings_id
from accel_core.platforms import PLATFORMS
from accel_core.store.parts import sync
from accel_core.store.rows import quoted

log = logging.getLogger(__name__)

_UNCHANGED = ("result_columns", "ingested_parts", "rejected_parts")
_PINNED = re.compile(r"#[0-9a-f]{12,}\b")
_BATCH = 100_000


def migrate(old: duckdb.DuckDBPyConnection, path: Path, create: Callable[[Path], None]) -> Path:
    """Put a database of the present schema, with all that one of version 1 holds, in its place.

    Killed at any moment it leaves the one or the other: the new file is whole before it takes the name.

    Args:
        old: The open database, whose lock keeps others away; it is only read, and holds the kept file afterwards.
        path: Its file.
        create: Makes an empty database of the present schema.

    Returns:
        Where the file as it was is kept.

    Raises:
        duckdb.Error: If a file cannot be read or written; then everything is as before.
        OSError: Likewise.
    """
    old.execute("force checkpoint")  # what a killed owner left in the write-ahead log belongs to the old file
    partial = path.with_name(f".{path.name}.migrating.tmp")
    _remove(partial)
    try:
        create(partial)
        with duckdb.connect(str(partial)) as new:
            _copy(old, new)
        sync(partial)
        kept = _keep(path)
        os.replace(partial, path)
    finally:
        with suppress(OSError):
            _remove(partial)
    sync(path.parent)
    log.warning("%s was brought to the present schema; the file as it was is kept as %s", path, kept)
    return kept


def _copy(old: duckdb.DuckDBPyConnection, new: duckdb.DuckDBPyConnection) -> None:
    for name in _UNCHANGED:
        _insert(new, name, old.sql(f"select * from {name}").to_arrow_table())
    moved = _moved_settings(old)
    for name, kind in _free_columns(old):
        new.execute(f"alter table results add column {quoted(name)} {kind}")
    # A file that was evaluated at two places has one digest now: of two results of one key the first answer stays.
    answers_first = "select * from results order by status in ('failed', 'timeout'), created_at"
    for batch in old.sql(answers_first).to_arrow_reader(_BATCH):
        rows = pa.Table.from_batches([batch])
        versions = pa.repeat(FIRST_VERSION, len(rows))
        results = _with_digests(rows, moved).append_column("model_version", versions)
        _insert(new, "results", results, "on conflict do nothing")
    _insert(new, "campaigns", _with_digests(old.sql("select * from campaigns").to_arrow_table(), moved))
    members = old.sql(
        "select m.campaign, m.design_id, ? as model_version, r.seed from campaign_designs m join campaigns c "
        "on m.campaign = c.name join results r using (platform, design_id, workload, fidelity, settings_id)",
        params=[FIRST_VERSION],
    )
    _insert(new, "campaign_designs", members.to_arrow_table())


def _free_columns(old: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return old.execute(
        "select column_name, data_type from duckdb_columns() where table_name = 'results' "
        "and column_name in (select name from result_columns) order by column_index"
    ).fetchall()


def _moved_settings(old: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], str]:
    """Return new digests of settings that name a file: they used to be of its place too."""
    moved = {}
    found = old.execute("select distinct platform, fidelity, settings_id, settings from results").fetchall()
    for name, fidelity, digest, text in found:
        if name in PLATFORMS and _PINNED.search(text):
            with suppress(InvalidInputError, ValueError):  # settings that are not known any more keep their digest
                resolved = resolve_settings(PLATFORMS[name], fidelity, json.loads(text))
                moved[name, fidelity, digest] = settings_id(PLATFORMS[name], fidelity, resolved)
    return moved


def _with_digests(rows: pa.Table, moved: dict[tuple[str, str, str], str]) -> pa.Table:
    if not moved:
        return rows
    keys = rows.select(["platform", "fidelity", "settings_id"]).to_pylist()
    digests = [moved.get(tuple(key.values()), key["settings_id"]) for key in keys]
    at = rows.schema.get_field_index("settings_id")
    return rows.set_column(at, "settings_id", pa.array(digests, pa.string()))


def _insert(new: duckdb.DuckDBPyConnection, name: str, rows: pa.Table, otherwise: str = "") -> None:
    new.register("incoming", rows)
    new.execute(f"insert into {name} by name select * from incoming {otherwise}")
    new.unregister("incoming")


def _keep(path: Path) -> Path:
    """Give the file a second name that is free; where the file system allows none, a copy has it."""
    number = 1
    while (kept := path.with_name(f"{path.stem}.v1{'' if number == 1 else f'-{number}'}{path.suffix}")).exists():
        if kept.samefile(path):  # of an attempt that was killed
            return kept
        number += 1
    try:
        os.link(path, kept)
    except OSError:
        partial = kept.with_name(f".{kept.name}.tmp")
        shutil.copyfile(path, partial)
        sync(partial)
        os.replace(partial, kept)
    return kept


def _remove(path: Path) -> None:
    for name in (path, path.with_name(f"{path.name}.wal")):
        name.unlink(missing_ok=True)
