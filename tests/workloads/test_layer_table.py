"""Layer tables: what is read, and one sentence for whatever is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.workloads import Layer, Workload, layer_table, read_layers
from accel_core.workloads.layer_table import parse_table
from accel_core.workloads.operators import Conv, Pool

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


CASES = Path(__file__).parents[3] / "shared" / "cases"

OTHERS: Mapping[str, Sequence[str]] = {
    "name": ("name", "Layer", "Layer name", "LAYER_NAME"),
    "C": ("C", "channels", "Ci", "in_channels", "Input Channels"),
    "M": ("M", "K", "filters", "num_filter", "Num Filter", "Co", "out-channels", "OC"),
    "P": ("P", "Ho", "OFMAP Height", "output_height", "OH"),
    "Q": ("Q", "wo", "ofmap width", "output_width"),
    "R": ("R", "Kh", "Filter Height", "kernel_height"),
    "S": ("S", "KW", "filter width", "kernel_width"),
    "stride": ("stride", "Strides", "STRIDE"),
    "repeat": ("repeat", "count"),
}


@given(data=st.data())
def test_columns_of_any_order_case_and_usual_name_are_read(data: st.DataObject) -> None:
    size = st.integers(1, 99)
    layers = data.draw(
        st.lists(st.builds(Layer, st.sampled_from(["a", "b c", "fc-1"]), *[size] * 8), min_size=1, max_size=4)
    )
    columns = data.draw(st.permutations(list(OTHERS)))
    names = [data.draw(st.sampled_from(OTHERS[name])) for name in columns]
    names = [data.draw(st.sampled_from([name, name.upper(), name.lower(), f" {name} "])) for name in names]
    mark, end = data.draw(st.sampled_from([",", ";", "\t", ", "])), data.draw(st.sampled_from(["", ",", " ,"]))
    end = end.replace(",", mark.strip(" "))
    rows = [names, *([str(getattr(layer, name)) for name in columns] for layer in layers)]
    text = "\r\n".join(mark.join(row) + end for row in rows)

    assert parse_table(text, "net.csv").layers == tuple(layers)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("layer,Ci,Co,Ho,Wo,Kh,Kw,s\nc1,3,64,112,110,7,5,2\n", Layer("c1", 3, 64, 112, 110, 7, 5, 2)),
        ("name;H;W;CI;CO;k;s;p\nc2;56;56;64;128;3;2;1\n", Layer("c2", 64, 128, 28, 28, 3, 3, 2)),
        ("name,C,K,H,W,kernel,stride\nc3,3,8,10,12,3,1\n", Layer("c3", 3, 8, 8, 10, 3, 3)),
        ("name,C,M,P,Q,R,S,Stride H,Stride W\nc,3,8,9,9,3,3,2,2\n", Layer("c", 3, 8, 9, 9, 3, 3, 2)),
        ("name,C,M,H,W,R,S,stride,padding,dilation\nc,3,8,9,9,3,3,1,2,2\n", Layer("c", 3, 8, 9, 9, 3, 3)),
        ("name,type,C,M,P,Q,R,S,stride\nd,depthwise,32,32,9,9,3,3,1\n", Layer("d", 1, 1, 9, 9, 3, 3, repeat=32)),
        ("name,C,M,P,Q,R,S,stride,groups,batch\ng,8,6,9,9,3,3,1,2,3\n", Layer("g", 4, 3, 9, 9, 3, 3, repeat=6)),
        (",name,C,M,P,Q,R,S,stride\n0,a,3,8,9,9,3,3,1\n", Layer("a", 3, 8, 9, 9, 3, 3)),
        (",C,M,P,Q,R,S,stride\na,3,8,9,9,3,3,1\n", Layer("a", 3, 8, 9, 9, 3, 3)),
        ("# mine\n\nname,C,M,P,Q,R,S,stride,MACs\na,3,8,9.0,9,3,3,1,17496\n", Layer("a", 3, 8, 9, 9, 3, 3)),
        ("Layer,M,N,K,\nqk,196,1176,64,\n", Layer("qk", 64, 1176, 196, 1, 1, 1)),
        ("k,n,m,LAYER,batch\n64,1176,196,qk,4\n", Layer("qk", 64, 1176, 196, 1, 1, 1, repeat=4)),
    ],
)
def test_forms_that_people_write(text: str, expected: Layer) -> None:
    assert parse_table(text, "net.csv").layers == (expected,)


def test_a_topology_of_scale_sim_has_no_padding_and_may_have_remarks() -> None:
    text = (
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n\n"
        "Conv1, 224, 224, 7, 7, 3, 64, 2,\n\tConv2_dw, 112, 112, 3, 3, 1, 1, 1,#dw\nFC, 1, 1, 1, 1, 512, 1000, 1\n"
    )

    assert parse_table(text, "net.csv").layers == (
        Layer("Conv1", 3, 64, 109, 109, 7, 7, 2),  # (224 - 7) // 2 + 1
        Layer("Conv2_dw", 1, 1, 110, 110, 3, 3),
        Layer("FC", 512, 1000, 1, 1, 1, 1),
    )


def test_sparsity_is_said_not_to_count() -> None:
    network = parse_table("name,C,M,P,Q,R,S,stride,Sparsity\na,3,8,9,9,3,3,1,2:4\n", "net.csv")

    assert network.notes == ("sparsity is not counted",)


def test_pools_and_two_strides_become_operators() -> None:
    text = "name,kind,C,M,H,W,R,S,stride_h,stride_w\np,max pool,8,8,9,9,3,3,2,2\nc,conv,8,4,9,9,3,3,2,1\n"

    network = parse_table(text, "net.csv")

    assert network.operators == (
        Pool("p", 8, 9, 9, 3, 3, strides=(2, 2), function="MaxPool"),
        Conv("c", 8, 9, 9, 3, 3, strides=(2, 1), M=4),
    )
    assert network.report()[1:] == [
        "dilated, or of two strides, the larger of which is taken: 'c'", "without multiply-accumulates: MaxPool 1"
    ]  # fmt: skip


@pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases beside the checkout")
def test_tables_of_public_reports() -> None:
    assert read_layers(CASES / "a_scalesim.csv") == (
        Layer("Conv1", 3, 64, 109, 109, 7, 7, 2), Layer("FC", 512, 1000, 1, 1, 1, 1)
    )  # fmt: skip
    assert read_layers(CASES / "c_names.csv") == (Layer("c1", 3, 64, 112, 112, 7, 7, 2),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HEADER.replace("M,", "M,K,") + "a,3,4,4,5,5,1,1,1\n",
            r"line 1: the columns are .*; two of them say M; allowed",
        ),
        (HEADER.replace("M,", "M,hue,"), r"line 1: the columns are .*; 'hue' is not known; allowed: name, kind, C, M"),
        (
            "name,C,M,H,W,R,S,stride\na,3,64,5,5,7,7,1\n",
            r"net.csv, line 2: operator 'a': its window reaches",
        ),
        ("name,C,M,H,P,Q,R,S,stride\na,3,64,9,9,9,3,3,2\n", r"line 2: P is 9; H = 9, the filter, .* 2 and 2 make 6"),
        ("name,C,M,H,W,P,Q,R,S,stride,pad\na,3,4,9,9,9,9,3,3,1,0\n", r"P is 9; H = 9, the filter, .* 0 and 0 make 7"),
        (HEADER.replace("stride", "stride,MACs") + "a,3,8,9,9,3,3,1,7\n", r"macs is 7; its sizes make 17,496"),
        (HEADER.replace("name", "name,kind") + "a,wavy,3,8,9,9,3,3,1\n", r"kind is 'wavy'; allowed: conv, conv2d"),
        (
            HEADER.replace("name", "name,groups") + "a,2,3,8,9,9,3,3,1\n",
            r"groups is 2; allowed: what divides both C = 3",
        ),
        (HEADER + "a,3,64,1,2,3,3,1,77\n", r"line 2: 9 values; allowed: 8"),
        ("Layer,M,N,K,\nqk,196,0,64,\n", r"line 2: columns is '0'; allowed: integers 1"),
    ],
)
def test_wrong_forms_get_one_sentence(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as error:
        parse_table(text, "net.csv")
    assert "\n" not in str(error.value)


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
        ("", r"net.csv, line 1: the columns are missing; missing: name, C, M, P or H, .*; allowed: name, C, M, P, Q"),
        (
            "name,C,M,P,Q,R,S\n" + CONV1,
            r"line 1: the columns are name, C, M, P, Q, R, S; missing: stride; allowed",
        ),
        (
            ",".join("column" + i for i in "abcdefghijklmn"),
            r"columnl, … \(14 in all\); 'columna' is not known; allowed",
        ),
        ("x" * 300, r"the columns are x{20}…; 'x{20}…' is not known; allowed: name"),
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
    for layers, n_vectors in (((layer,), 5), ((), -1)):
        with pytest.raises(InvalidInputError, match=r"workload 'w': . layers and -?\d vectors; allowed"):
            Workload("w", "W", "here", layers=layers, n_vectors=n_vectors)
