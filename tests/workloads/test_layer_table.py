"""Layer tables: what is read, and one sentence for whatever is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from accel_core.errors import InvalidInputError
from accel_core.workloads import Layer, Workload, layer_table, read_layers

HEADER = "name,C,M,P,Q,R,S,stride\n"
CONV1 = "conv1_1,3,64,224,224,3,3,1\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "net.csv"


def test_layers_are_read_in_their_order(table: Path) -> None:
    table.write_text(HEADER + CONV1 + "fc, 25088, 4096, 1, 1, 1, 1, 1\n\n")

    assert read_layers(table) == (Layer("conv1_1", 3, 64, 224, 224, 3, 3, 1), Layer("fc", 25088, 4096, 1, 1, 1, 1))


def test_a_byte_order_mark_and_windows_line_ends_are_read(table: Path) -> None:
    table.write_bytes(b"\xef\xbb\xbf" + (HEADER + CONV1).replace("\n", "\r\n").encode())

    assert read_layers(table)[0].name == "conv1_1"


def test_a_column_of_repetitions_may_follow(table: Path) -> None:
    table.write_text("name,C,M,P,Q,R,S,stride,repeat\ndepthwise,1,1,56,56,3,3,2,96\n")

    assert read_layers(table) == (Layer("depthwise", 1, 1, 56, 56, 3, 3, 2, repeat=96),)


def test_macs_of_vgg16_conv1_1() -> None:
    # 3 * 64 * 224 * 224 * 3 * 3
    assert Layer("conv1_1", 3, 64, 224, 224, 3, 3, 1).macs == 86_704_128


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "a,3,64,0,224,3,3,1\n", r"net.csv, line 2: P is '0'; allowed: integers 1 to 10,000,000"),
        (HEADER + CONV1 + "a,3,64,1,-2,3,3,1\n", r"net.csv, line 3: Q is '-2'; allowed: integers 1"),
        (HEADER + "a,3,64,1,2.5,3,3,1\n", r"net.csv, line 2: Q is '2.5'"),
        (HEADER + "a,3,many,1,2,3,3,1\n", r"net.csv, line 2: M is 'many'"),
        (HEADER + "a,3,,1,2,3,3,1\n", r"net.csv, line 2: M is ''"),
        (HEADER + "a,3,²,1,2,3,3,1\n", r"net.csv, line 2: M is '²'"),
        (HEADER + "a,3,99999999,1,2,3,3,1\n", r"net.csv, line 2: M is '99999999'"),
        (HEADER + "a,3,64,1,2,3,3\n", r"net.csv, line 2: 7 values; allowed: 8 \(name, C"),
        (HEADER + ",3,64,1,2,3,3,1\n", r"net.csv, line 2: the name has 0 characters; allowed: 1 to 100"),
        (HEADER + "a;b,3,64,1,2,3,3,1\n", r"net.csv, line 2: the name 'a;b' has a ';', which parts layers in results"),
        (HEADER + "a: b,3,64,1,2,3,3,1\n", r"net.csv, line 2: the name 'a: b' has a ': ', which parts layers"),
        (HEADER + 'a"b"",3\n"', r"net.csv, line \d: (not readable as CSV|\d values)"),
        ("name,C,M,P,Q,R,S,stride,repeat\na,3,64,1,2,3,3,1,0\n", r"net.csv, line 2: repeat is '0'; allowed: integers"),
        ("name,C,M,P,Q,R,S,stride,repeat\na,3,64,1,2,3,3,1\n", r"net.csv, line 2: 8 values; allowed: 9 \(name, C"),
        (HEADER, r"net.csv has no layers; allowed: 1 to 10,000"),
        ("", r"net.csv, line 1: the columns are missing; allowed: name, C, M, P, Q, R, S, stride, and perhaps repeat"),
        ("name,C,M,P,Q,R,S\n" + CONV1, r"line 1: the columns are name, C, M, P, Q, R, S; allowed: .*stride"),
        (",".join("column" + i for i in "abcdefghijklmn"), r"columna, .*, columnl, … \(14 in all\); allowed: name"),
        ("x" * 300, r"the columns are x{20}…; allowed: name"),
    ],
)
def test_wrong_tables_get_one_sentence(text: str, message: str, table: Path) -> None:
    table.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInputError, match=message):
        read_layers(table)


def test_a_file_that_is_no_text_is_refused(table: Path) -> None:
    table.write_bytes(b"PAR1\xff\x00")

    with pytest.raises(InvalidInputError, match=r"net.csv: byte 4 is not UTF-8 text"):
        read_layers(table)


def test_a_missing_file_is_named(table: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"net.csv: cannot be read: No such file"):
        read_layers(table)


def test_a_large_file_is_not_read_to_its_end(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_table, "MAX_BYTES", 20)
    table.write_text(HEADER + CONV1)

    with pytest.raises(InvalidInputError, match=r"net.csv has more than 20 bytes"):
        read_layers(table)


def test_too_many_layers_are_refused(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_table, "MAX_LAYERS", 2)
    table.write_text(HEADER + CONV1 * 3)

    with pytest.raises(InvalidInputError, match=r"net.csv has more than 2 layers"):
        read_layers(table)


@pytest.mark.parametrize(("size", "shown"), [(0, "0"), (2.0, r"2\.0"), (True, "True")])
def test_a_layer_refuses_sizes_that_are_not_integers_from_1(size: int, shown: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"layer 'a': M is {shown}; allowed: integers from 1"):
        Layer("a", 3, size, 1, 1, 1, 1)


def test_a_workload_has_layers_or_vectors_and_not_both() -> None:
    layer = Layer("a", 1, 1, 1, 1, 1, 1)
    for layers, n_vectors in (((), 0), ((layer,), 5), ((), -1)):
        with pytest.raises(InvalidInputError, match=r"workload 'w': . layers and -?\d vectors; allowed"):
            Workload("w", "W", "here", layers=layers, n_vectors=n_vectors)
