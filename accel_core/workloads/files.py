"""Bytes of files from outside, bounded."""

from __future__ import annotations

from pathlib import Path

from accel_core.errors import InvalidInputError


def bounded_content(path: Path, max_bytes: int) -> bytes:
    """Return what a file holds.

    Raises:
        InvalidInputError: If it cannot be read or is larger.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > max_bytes:
        raise InvalidInputError(f"{path.name} has more than {max_bytes:,} bytes; at most that many are allowed")
    return content


def decoded(content: bytes, place: str, what: str) -> str:
    """Return text in UTF-8, with or without a byte order mark.

    Raises:
        InvalidInputError: Naming the first byte that is none, and ``what`` is allowed.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{place}: byte {error.start} is not UTF-8 text; allowed: {what}") from None
