"""Records that are ``tf.train.Example`` messages with one number a field, as columns.

The message (TensorFlow, ``tensorflow/core/example/feature.proto``) is a map of names to lists of floats, integers or
bytes, in the wire format of protocol buffers (protobuf.dev, "Encoding"): the entries of a map come in any order, a list
of numbers packed or one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from accel_core.records.tfrecord import Batch, ByteArray, IntArray, byte

FLOAT, INTEGER = 2, 3
"""Kinds of lists, by their field numbers in the message ``Feature``."""
_KINDS = {0: "nothing", 1: "bytes", FLOAT: "floats", INTEGER: "integers"}
_OK, _MALFORMED, _UNKNOWN, _TWICE, _OTHER_KIND, _OTHER_COUNT, _MISSING = range(7)

# Tags of the wire format: field number << 3 | wire type (0 varint, 2 length-delimited, 5 four bytes).
_FIRST_MESSAGE, _SECOND_MESSAGE, _FIRST_VARINT, _FIRST_FIXED32 = 1 << 3 | 2, 2 << 3 | 2, 1 << 3, 1 << 3 | 5


@dataclass(frozen=True)
class Fields:
    """The fields that every record must have, each with one number.

    Attributes:
        floats: Names of 32-bit floats.
        integers: Names of 64-bit integers.
    """

    floats: tuple[str, ...]
    integers: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, floats first."""
        return self.floats + self.integers


def parse_examples(batch: Batch, fields: Fields) -> tuple[npt.NDArray[np.float32], IntArray, str]:
    """Return the numbers of a batch's records up to the first record that is wrong.

    Returns:
        Floats, shape ``(n, floats)``; integers, shape ``(n, integers)``; and what is wrong with the record that follows
        these ``n``, empty if there is none.
    """
    encoded = [name.encode() for name in fields.names]
    ends = np.cumsum([len(name) for name in encoded], dtype=np.int64)
    kinds = np.array([FLOAT] * len(fields.floats) + [INTEGER] * len(fields.integers), dtype=np.int64)
    values = np.empty((len(batch.starts), len(kinds)), np.int64)
    names = np.frombuffer(b"".join(encoded), np.uint8)
    n, code, first, second = _parse_all(batch.data, batch.starts, batch.ends, names, ends, kinds, values)
    n_floats = len(fields.floats)
    floats = values[:n, :n_floats].astype(np.uint32).view(np.float32)
    problem = _explain(batch.data, fields, code, first, second) if code != _OK else ""
    return floats, values[:n, n_floats:], problem


def _explain(data: ByteArray, fields: Fields, code: int, first: int, second: int) -> str:
    if code == _MALFORMED:
        return "it is no tf.train.Example"
    allowed = ", ".join(fields.names)
    if code == _UNKNOWN:
        name = data[first : min(second, first + 100)].tobytes().decode(errors="replace")
        return f"field {name!r} is unknown; allowed: {allowed}"
    name = fields.names[first]
    one = "float" if first < len(fields.floats) else "integer"
    if code == _OTHER_KIND:
        return f"field '{name}' holds {_KINDS.get(second, 'something else')}; allowed: one {one}"
    if code == _OTHER_COUNT:
        return f"field '{name}' holds {second:,} {one}s; allowed: one"
    if code == _TWICE:
        return f"field '{name}' stands twice; each may stand once"
    return f"field '{name}' is missing; needed: {allowed}"


@njit(cache=True)
def _varint(data: ByteArray, at: int, end: int) -> tuple[int, int]:
    """Return a number and where it ends, -1 if it does not."""
    value, shift = 0, 0
    while at < end and shift < 64:
        part = byte(data, at)
        at += 1
        value |= (part & 127) << shift
        if part < 128:
            return value, at
        shift += 7
    return 0, -1


@njit(cache=True)
def _inside(data: ByteArray, at: int, end: int, tag: int) -> tuple[int, int]:
    """Return where the content after a tag begins and ends; -1, -1 if that tag is not there or the content is cut."""
    if at >= end or data[at] != tag:
        return -1, -1
    length, at = _varint(data, at + 1, end)
    if at < 0 or length < 0 or length > end - at:
        return -1, -1
    return at, at + length


@njit(cache=True)
def _index_of(data: ByteArray, start: int, end: int, names: ByteArray, name_ends: IntArray) -> int:
    """Return which name the bytes are, -1 for none."""
    begin = 0
    for index in range(len(name_ends)):
        stop = name_ends[index]
        if stop - begin == end - start:
            i = end - start - 1  # names differ in their last letters
            while i >= 0 and names[begin + i] == data[start + i]:
                i -= 1
            if i < 0:
                return index
        begin = stop
    return -1


@njit(cache=True)
def _one_float(data: ByteArray, start: int, end: int) -> tuple[int, int]:
    """Return the bits of the last float of a list and how many there are, -1 if it is malformed."""
    value, n = 0, 0
    while start < end:
        stop = start + 5
        at = start + 1
        if data[start] != _FIRST_FIXED32:
            at, stop = _inside(data, start, end, _FIRST_MESSAGE)
        if at < 0 or stop > end or (stop - at) % 4:
            return 0, -1
        n += (stop - at) // 4
        if stop > at:
            value = 0
            for i in range(4):
                value |= byte(data, stop - 4 + i) << 8 * i
        start = stop
    return value, n


@njit(cache=True)
def _one_integer(data: ByteArray, start: int, end: int) -> tuple[int, int]:
    """Return the last integer of a list and how many there are, -1 if it is malformed."""
    value, n = 0, 0
    while start < end:
        at, stop = start + 1, end
        if data[start] == _FIRST_VARINT:
            value, start = _varint(data, at, end)
            n += 1
            if start < 0:
                return 0, -1
            continue
        at, stop = _inside(data, start, end, _FIRST_MESSAGE)
        if at < 0:
            return 0, -1
        while at < stop:
            value, at = _varint(data, at, stop)
            n += 1
            if at < 0:
                return 0, -1
        start = stop
    return value, n


@njit(cache=True)
def _entry(data: ByteArray, start: int, end: int) -> tuple[int, int, int, int]:
    """Return where key and value of a map's entry lie; -1 first if it is malformed."""
    key, key_end, value, value_end = start, start, start, start
    while start < end:
        at, stop = _inside(data, start, end, _FIRST_MESSAGE)
        if at >= 0:
            key, key_end = at, stop
        else:
            at, stop = _inside(data, start, end, _SECOND_MESSAGE)
            value, value_end = at, stop
        if at < 0:
            return -1, -1, -1, -1
        start = stop
    return key, key_end, value, value_end


@njit(cache=True)
def _number(data: ByteArray, start: int, end: int, kind: int) -> tuple[int, int, int]:
    """Return the number in a ``Feature``, a code, and what the code is about."""
    if start == end:
        return 0, _OTHER_KIND, 0
    found = byte(data, start) >> 3
    at, stop = _inside(data, start, end, found << 3 | 2)
    if at < 0 or stop != end or not 1 <= found <= 3:
        return 0, _MALFORMED, 0
    if found != kind:
        return 0, _OTHER_KIND, found
    value, n = _one_float(data, at, stop) if kind == FLOAT else _one_integer(data, at, stop)
    if n < 0:
        return 0, _MALFORMED, 0
    return value, _OK if n == 1 else _OTHER_COUNT, n


@njit(cache=True)
def _parse_entry(
    data: ByteArray, start: int, end: int, names: ByteArray, name_ends: IntArray, kinds: IntArray, row: IntArray,
    is_seen: ByteArray,
) -> tuple[int, int, int]:  # fmt: skip
    """Fill in the number of one entry of the map; return a code and what it is about."""
    key, key_end, value, value_end = _entry(data, start, end)
    if key < 0:
        return _MALFORMED, 0, 0
    index = _index_of(data, key, key_end, names, name_ends)
    if index < 0:
        return _UNKNOWN, key, key_end
    if is_seen[index]:
        return _TWICE, index, 0
    is_seen[index] = 1
    row[index], code, about = _number(data, value, value_end, kinds[index])
    return code, index, about


@njit(cache=True)
def _parse(
    data: ByteArray, start: int, end: int, names: ByteArray, name_ends: IntArray, kinds: IntArray, row: IntArray,
    is_seen: ByteArray,
) -> tuple[int, int, int]:  # fmt: skip
    """Fill in one record's numbers; return a code and what it is about."""
    is_seen[:] = 0
    while start < end:
        at, features_end = _inside(data, start, end, _FIRST_MESSAGE)
        if at < 0:
            return _MALFORMED, 0, 0
        while at < features_end:
            entry, at = _inside(data, at, features_end, _FIRST_MESSAGE)
            if entry < 0:
                return _MALFORMED, 0, 0
            code, first, second = _parse_entry(data, entry, at, names, name_ends, kinds, row, is_seen)
            if code != _OK:
                return code, first, second
        start = features_end
    for index in range(len(kinds)):
        if not is_seen[index]:
            return _MISSING, index, 0
    return _OK, 0, 0


@njit(cache=True)
def _parse_all(
    data: ByteArray, starts: IntArray, ends: IntArray, names: ByteArray, name_ends: IntArray, kinds: IntArray,
    values: IntArray,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Fill in the records' numbers, floats as their bits; return how many are right, and code of the next."""
    is_seen = np.zeros(len(kinds), np.uint8)
    for n in range(len(starts)):
        code, first, second = _parse(data, starts[n], ends[n], names, name_ends, kinds, values[n], is_seen)
        if code != _OK:
            return n, code, first, second
    return len(starts), _OK, 0, 0
