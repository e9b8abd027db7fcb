"""Parquet parts: how results travel from workers to the owner of the database."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from accel_core.errors import StoreError
from accel_core.tables import whole_or_not

REJECTED = "rejected"


def write_part(results: pd.DataFrame, path: Path) -> None:
    """Write results so that they survive a crash: the file appears whole or not at all, and is on the disk.

    Raises:
        OSError: If the disk is full or the folder cannot be written; nothing is left behind.
    """
    with whole_or_not(path) as partial, partial.open("wb") as stream:
        pq.write_table(pa.Table.from_pandas(results, preserve_index=False), stream)
        stream.flush()
        os.fsync(stream.fileno())
    sync(path.parent)


def read_part(path: Path) -> tuple[pd.DataFrame, str]:
    """Return a part's rows and the digest of its bytes.

    Raises:
        StoreError: If it cannot be read as Parquet.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        frame: pd.DataFrame = pq.read_table(pa.BufferReader(content)).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise StoreError(f"{path}: not a readable Parquet file: {first}") from error
    return frame, hashlib.blake2b(content, digest_size=16).hexdigest()


def set_aside(path: Path, reason: str) -> Path:
    """Move a part that cannot be used into ``rejected/`` beside it, with its reason, and return where it is."""
    folder = path.parent / REJECTED
    folder.mkdir(exist_ok=True)
    kept = folder / path.name
    n_taken = 0
    while kept.exists():
        n_taken += 1
        kept = folder / f"{path.stem}-{n_taken}{path.suffix}"
    os.replace(path, kept)
    with suppress(OSError):  # a full disk; the database notes the reason too
        kept.with_name(f"{kept.name}.reason.txt").write_text(reason + "\n", encoding="utf-8")
    return kept


def sync(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
