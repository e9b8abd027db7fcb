"""What is wrong with a database file, in one sentence that says what to do: in use, damaged, no room, no permission."""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path

import duckdb

from accel_core.errors import DISK_FULL, InUseError, StoreError, is_disk_full

# What DuckDB writes when a block, the log beside the file or the file's length is not what was stored.
_DAMAGE = re.compile(
    r"Corrupt|data may be corrupt|does not match stored checksum|while replaying WAL|Could not read enough bytes"
    r"|not a valid DuckDB database"
)
_BROKEN = (duckdb.InternalException, duckdb.FatalException, duckdb.SerializationException)
_BLOCK = re.compile(r"in block at location (\d+)")
_LOCKED = re.compile(r"Could not set lock on file")
_HOLDER = re.compile(r"\(PID (\d+)\)")

# The two database headers of a DuckDB file and where they hold the sizes of a block and of a vector, see
# https://duckdb.org/docs/stable/internals/storage and DatabaseHeader in DuckDB's storage_info.hpp.
_HEADERS = (4096, 8192)
_SIZES = struct.Struct("<QQ")
_SIZES_AT = 40
_BLOCK_SIZES = tuple(2**power for power in range(14, 19))
_VECTOR_SIZE = 2048

# The first entry of a log is its version: field 100, the entry's type, is 98, and field 101 follows, see WriteAheadLog
# in DuckDB's write_ahead_log.cpp. DuckDB takes another beginning for a crash during the first write, and drops the log.
_LOG_BEGINS = b"d\0be\0"
LOG_BROKEN = "the log of its last changes, beside it with the ending .wal, is not as it was written"


def trouble(error: Exception, path: Path) -> StoreError:
    """Return our error for one of DuckDB or of the system about a database file."""
    text = str(error)
    if is_disk_full(error):
        return StoreError(f"{path}: {DISK_FULL}; free some space and try again, nothing was changed")
    if _LOCKED.search(text):
        holder = _HOLDER.search(text)
        return in_use(path, f"process {holder[1]}" if holder else "another process")
    if isinstance(error, _BROKEN) or _DAMAGE.search(text):
        return damaged(path, _what_is_broken(text))
    if "Permission denied" in text or "read-only" in text.lower():
        return StoreError(f"{path}: no permission to write there; the database needs a writable folder")
    return StoreError(f"{path}: {_first_line(error)}")


def damaged(path: Path, what: str) -> StoreError:
    """Return the error for a file that is not as it was written."""
    return StoreError(
        f"{path} is damaged ({what}); rename it and put a copy in its place, or begin without: shipped results come "
        "back by themselves, and 'campaign' with a run's campaign.yaml evaluates the run's again"
    )


def in_use(path: Path, who: str) -> InUseError:
    """Return the error for a file that another owner has."""
    return InUseError(
        f"{path} is in use by {who}; close that dashboard or wait for that command to end (campaign, export, import "
        "and logs go through a dashboard that has the same ACCEL_RUNS)"
    )


def not_ours(path: Path) -> StoreError:
    """Return the error for a file that does not begin as a DuckDB file does.

    Raises:
        OSError: If it cannot be read.
    """
    if _is_duckdb_inside(path):
        return damaged(path, "its beginning was overwritten")
    return foreign(path)


def foreign(path: Path) -> StoreError:
    """Return the error for a file that is none of ours."""
    return StoreError(f"{path} is not a database of AccelScope; name another file with ACCEL_DB")


def is_log_overwritten(log: Path) -> bool:
    """Tell whether a log has another beginning than DuckDB writes; one without any, as a crash leaves it, has not.

    Raises:
        OSError: If it cannot be read.
    """
    if not log.exists():
        return False
    with log.open("rb") as stream:
        beginning = stream.read(len(_LOG_BEGINS))
    return any(beginning) and not _LOG_BEGINS.startswith(beginning)


def _is_duckdb_inside(path: Path) -> bool:
    """Tell whether a file whose beginning is wrong was a DuckDB file, from either of its two later headers."""
    with path.open("rb") as stream:
        for header in _HEADERS:
            stream.seek(header + _SIZES_AT)
            sizes = stream.read(_SIZES.size)
            if len(sizes) == _SIZES.size:
                block, vector = _SIZES.unpack(sizes)
                if block in _BLOCK_SIZES and vector == _VECTOR_SIZE:
                    return True
    return False


def _what_is_broken(text: str) -> str:
    if "WAL" in text:
        return LOG_BROKEN
    if block := _BLOCK.search(text):
        return f"the block at byte {int(block[1]):,} is not as it was written"
    if "Could not read enough bytes" in text:
        return "its end is missing"
    return text.strip().splitlines()[0][:160] if text.strip() else "it cannot be read"


def _first_line(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or os.strerror(error.errno or 0)
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
