"""TFRecord files: the frames around the records of a file, streamed and checked.

A frame is the record's length (8 bytes, little-endian), a checksum of those bytes, the record, and a checksum of it
(TensorFlow, ``tensorflow/core/lib/io/record_writer.h``). Checksums are CRC-32C (Castagnoli; RFC 3720, appendix B.4),
masked. A file that was cut between two records looks like a whole one: the format does not say how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit

from accel_core.errors import InvalidInputError

ByteArray = npt.NDArray[np.uint8]
IntArray = npt.NDArray[np.int64]

MAX_RECORD_BYTES = 1 << 16
"""Longest record that is read; those of a table of numbers have some hundred bytes."""
CHUNK_BYTES = 1 << 24
MAX_BATCH = 1 << 17

_HEADER_BYTES, _FOOTER_BYTES = 12, 4
_OK, _BAD_LENGTH, _BAD_RECORD, _TOO_LONG = range(4)
_POLYNOMIAL = 0x82F63B78  # Castagnoli's, bits reversed


@dataclass(frozen=True)
class Batch:
    """Some records of a file, one after another.

    Attributes:
        data: Bytes that the records lie in; they change when the next batch is asked for.
        starts: Where each record begins.
        ends: Where it ends.
        first: Number of the first record in its file, from 1.
    """

    data: ByteArray
    starts: IntArray
    ends: IntArray
    first: int


def read_batches(path: Path, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Batch]:
    """Yield the records of a file in order, never more than ``chunk_bytes`` of them at once.

    Args:
        path: The file.
        chunk_bytes: Size of the buffer; it must hold the longest record with its frame.

    Raises:
        InvalidInputError: If the file cannot be read, has no records, is cut within one, or a checksum is wrong. It
            names the record; those before it have been yielded.
    """
    buffer = bytearray(chunk_bytes)
    data = np.frombuffer(buffer, np.uint8)
    starts, ends = np.empty(MAX_BATCH, np.int64), np.empty(MAX_BATCH, np.int64)
    n_seen = filled = 0
    try:
        with path.open("rb", buffering=0) as stream:
            while n_read := stream.readinto(memoryview(buffer)[filled:]):
                filled += n_read
                at, n, problem = 0, -1, _OK
                while n != 0 and problem == _OK:
                    n, at, problem = _find_frames(data, at, filled, starts, ends)
                    if n > 0:
                        yield Batch(data, starts[:n], ends[:n], n_seen + 1)
                        n_seen += n
                if problem != _OK:
                    raise InvalidInputError(f"{path}, record {n_seen + 1}: {_explain(problem, data[at : at + 8])}")
                data[: filled - at] = data[at:filled].copy()
                filled -= at
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror or error}") from None
    if filled:
        raise InvalidInputError(f"{path}, record {n_seen + 1}: the file ends within it, after {filled:,} bytes")
    if not n_seen:
        raise InvalidInputError(f"{path}: it has no records; at least one is needed")


def _explain(problem: int, length: ByteArray) -> str:
    if problem == _TOO_LONG:
        n_bytes = int.from_bytes(length.tobytes(), "little")
        return f"it has {n_bytes:,} bytes; at most {MAX_RECORD_BYTES:,} are allowed"
    if problem == _BAD_LENGTH:
        return "the checksum of its length is wrong; allowed: intact TFRecord files, not compressed"
    return "the checksum of its content is wrong; allowed: intact TFRecord files"


def _crc_tables() -> IntArray:
    """Return the tables that take eight bytes at a time (slicing-by-8), shape (8, 256)."""
    tables = np.empty((8, 256), np.int64)
    crc = np.arange(256, dtype=np.int64)
    for _ in range(8):
        crc = np.where(crc & 1, (crc >> 1) ^ _POLYNOMIAL, crc >> 1)
    tables[0] = crc
    for i in range(1, 8):
        crc = tables[0][crc & 255] ^ (crc >> 8)
        tables[i] = crc
    return tables


_TABLES = _crc_tables()


@njit(cache=True)
def byte(data: ByteArray, at: int) -> int:
    """Return a byte as a signed integer, as the compiled code has all others."""
    return int(np.int64(data[at]))


@njit(cache=True)
def _little_endian(data: ByteArray, at: int, n_bytes: int) -> int:
    value = 0
    for i in range(n_bytes):
        value |= byte(data, at + i) << 8 * i
    return value


@njit(cache=True)
def masked_crc32c(data: ByteArray, start: int, end: int) -> int:
    """Return the checksum of ``data[start:end]`` as TFRecord files have it."""
    crc, at = 0xFFFFFFFF, start
    while end - at >= 8:
        crc ^= _little_endian(data, at, 4)
        crc = (
            _TABLES[7, crc & 255]
            ^ _TABLES[6, crc >> 8 & 255]
            ^ _TABLES[5, crc >> 16 & 255]
            ^ _TABLES[4, crc >> 24]
            ^ _TABLES[3, data[at + 4]]
            ^ _TABLES[2, data[at + 5]]
            ^ _TABLES[1, data[at + 6]]
            ^ _TABLES[0, data[at + 7]]
        )
        at += 8
    while at < end:
        crc = _TABLES[0, (crc ^ byte(data, at)) & 255] ^ crc >> 8
        at += 1
    crc ^= 0xFFFFFFFF
    return int(((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@njit(cache=True)
def _find_frames(data: ByteArray, at: int, filled: int, starts: IntArray, ends: IntArray) -> tuple[int, int, int]:
    """Find the whole frames of ``data[at:filled]``, check them, and note where their records lie.

    Returns:
        How many were found, where the next frame begins, and what is wrong with it, if it is whole.
    """
    n = 0
    while n < len(starts) and filled - at >= _HEADER_BYTES:
        if masked_crc32c(data, at, at + 8) != _little_endian(data, at + 8, 4):
            return n, at, _BAD_LENGTH
        length = _little_endian(data, at, 8)
        if not 0 <= length <= MAX_RECORD_BYTES:
            return n, at, _TOO_LONG
        start = at + _HEADER_BYTES
        end = start + length
        if filled < end + _FOOTER_BYTES:
            break
        if masked_crc32c(data, start, end) != _little_endian(data, end, 4):
            return n, at, _BAD_RECORD
        starts[n], ends[n] = start, end
        n += 1
        at = end + _FOOTER_BYTES
    return n, at, _OK
