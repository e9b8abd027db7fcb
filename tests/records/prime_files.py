"""Files in the format of the released dataset, written without TensorFlow."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

Value = float | int | bytes | list[float] | list[int]

GOOD: Mapping[str, Value] = {
    "param_1": 8.0, "param_2": 6.0, "param_3": 64.0, "param_4": 4.0, "param_5": 2097152.0, "param_6": 32768.0,
    "param_7": 1024.0, "param_8": 16384.0, "param_9": 8192.0, "param_10": 20.0, "runtime": 310.25, "area": 26.5,
    "infeasible": 0,
}  # fmt: skip


def crc32c(data: bytes) -> int:
    """Bit by bit, unlike the code under test."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def frame(record: bytes) -> bytes:
    length = struct.pack("<Q", len(record))
    return length + masked(length) + record + masked(record)


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def feature(value: Value, packed: bool = True) -> bytes:
    """A ``Feature``: floats for a float or a list of them, integers and bytes likewise."""
    values = value if isinstance(value, list) else [value]
    if isinstance(values[0], bytes):
        return field(1, b"".join(field(1, value) for value in values))
    if isinstance(values[0], float):
        words = [struct.pack("<f", value) for value in values]
        return field(2, field(1, b"".join(words)) if packed else b"".join(b"\x0d" + word for word in words))
    words = [varint(value) for value in values]
    return field(3, field(1, b"".join(words)) if packed else b"".join(b"\x08" + word for word in words))


def example(values: Mapping[str, Value], packed: bool = True) -> bytes:
    entries = (field(1, field(1, name.encode()) + field(2, feature(value, packed))) for name, value in values.items())
    return field(1, b"".join(entries))


def write(path: Path, records: Iterable[Mapping[str, Value]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(frame(example(record)) for record in records))
    return path
