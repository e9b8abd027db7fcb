"""Frames of TFRecord files: checksums, cuts and damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.records import tfrecord
from tests.records import prime_files


def contents(path: Path, chunk_bytes: int = tfrecord.CHUNK_BYTES) -> list[bytes]:
    found = []
    for batch in tfrecord.read_batches(path, chunk_bytes):
        assert batch.first == len(found) + 1
        found += [batch.data[start:end].tobytes() for start, end in zip(batch.starts, batch.ends, strict=True)]
    return found


@given(data=st.binary(max_size=60))
def test_checksums_are_those_of_a_bit_by_bit_computation(data: bytes) -> None:
    result = tfrecord.masked_crc32c(np.frombuffer(b"x" + data, np.uint8), 1, len(data) + 1)

    assert result.to_bytes(4, "little") == prime_files.masked(data)


def test_the_bit_by_bit_computation_gives_the_check_value_of_crc_32c() -> None:
    # "123456789" -> E3069283: the catalog of parametrised CRC algorithms, CRC-32/ISCSI.
    assert prime_files.crc32c(b"123456789") == 0xE3069283


@given(records=st.lists(st.binary(max_size=40), min_size=1, max_size=30))
def test_records_come_back_whatever_the_size_of_the_buffer(
    records: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("frames") / "any.tfrecord"
    path.write_bytes(b"".join(map(prime_files.frame, records)))

    assert contents(path, chunk_bytes=64) == contents(path) == records


def test_more_records_than_a_batch_may_have_are_read_in_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tfrecord, "MAX_BATCH", 3)
    path = tmp_path / "many.tfrecord"
    path.write_bytes(prime_files.frame(b"one") * 10)

    assert [len(batch.starts) for batch in tfrecord.read_batches(path)] == [3, 3, 3, 1]
    assert contents(path) == [b"one"] * 10


def test_a_cut_at_any_byte_is_found_but_between_records(tmp_path: Path) -> None:
    records = [b"first", b"", b"the third"]
    frames = [prime_files.frame(record) for record in records]
    whole, path = b"".join(frames), tmp_path / "cut.tfrecord"
    boundaries = {len(b"".join(frames[:n])): n for n in range(4)}
    for n_bytes in range(1, len(whole)):
        path.write_bytes(whole[:n_bytes])
        if n_bytes in boundaries:
            assert contents(path) == records[: boundaries[n_bytes]]
            continue
        n_whole = max(n for end, n in boundaries.items() if end < n_bytes)
        rest = n_bytes - len(b"".join(frames[:n_whole]))
        with pytest.raises(InvalidInputError, match=rf"record {n_whole + 1}: the file ends within it, after {rest} b"):
            contents(path)


def test_any_flipped_bit_is_found_and_the_record_is_named(tmp_path: Path) -> None:
    good = prime_files.frame(b"a record")
    path = tmp_path / "bad.tfrecord"
    for bit in range(len(good) * 8):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        path.write_bytes(good + bad + good)
        part = "length" if bit < 12 * 8 else "content"
        with pytest.raises(InvalidInputError, match=rf"bad.tfrecord, record 2: the checksum of its {part} is wrong"):
            contents(path)


def test_a_record_of_absurd_length_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "long.tfrecord"
    for length in (65537, 2**63, 2**64 - 1):
        header = length.to_bytes(8, "little")
        path.write_bytes(header + prime_files.masked(header) + b"...")
        with pytest.raises(InvalidInputError, match=rf"record 1: it has {length:,} bytes; at most 65,536 are allowed"):
            contents(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "it has no records"), (b"\x1f\x8b\x08" * 9, "record 1: the checksum of its length is wrong; .*compressed")],
)
def test_files_that_are_none(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "none.tfrecord"
    path.write_bytes(content)

    with pytest.raises(InvalidInputError, match=message):
        contents(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"x.tfrecord: cannot be read: No such file"):
        contents(tmp_path / "x.tfrecord")
    with pytest.raises(InvalidInputError, match="cannot be read: Is a directory"):
        contents(tmp_path)
