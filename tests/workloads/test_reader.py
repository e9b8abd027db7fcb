"""Files of networks: found out by what they hold, and remembered by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.workloads import NETWORKS, Layer, Network
from accel_core.workloads.content import content_of, digest_of, parse_content
from accel_core.workloads.operators import (
    Conv,
    Elementwise,
    Gemm,
    Move,
    Normalization,
    Operator,
    Other,
    Pool,
    Reduction,
)
from accel_core.workloads.reader import is_own, own_workload, parse_network, read_network, restored_workload
from tests.workloads.onnx_models import mobilenet_v2, save

TABLE = "name,C,M,P,Q,R,S,stride\nconv,3,8,9,9,3,3,1\n"
PROBLEM = "problem: {instance: {C: 3, M: 8, P: 9, Q: 9, R: 3, S: 3}}\n"
CONV = Layer("conv", 3, 8, 9, 9, 3, 3)


@pytest.mark.parametrize("name", ["net.csv", "net.CSV", "net", "net.onnx", "net.yaml", "a layer.txt"])
def test_a_file_is_what_it_holds(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(TABLE)
    assert read_network(tmp_path / name).layers == (CONV,)
    (tmp_path / name).write_text(PROBLEM)
    assert read_network(tmp_path / name).macs == CONV.macs
    (tmp_path / name).write_text(content_of(NETWORKS["vgg16"].operators))
    assert read_network(tmp_path / name).layers == NETWORKS["vgg16"].layers
    assert read_network(save(mobilenet_v2(), tmp_path / name)).macs == 300_774_272


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"\x00\x01\x02 nothing",
            r"net.dat is neither text nor a readable ONNX model; allowed: an ONNX model, a layer",
        ),
        (b"caf\xe9,C\n", r"net.dat: byte 3 is not UTF-8 text"),
        (b"", r"net.dat, line 1: the columns are missing"),
        (b"{]", r"net.dat is not readable as JSON"),
        (b"{}", r"net.dat has no list of operators"),
    ],
)
def test_what_is_no_network_gets_one_sentence(content: bytes, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        parse_network(content, "net.dat")


def test_only_models_leave_sizes_free() -> None:
    with pytest.raises(InvalidInputError, match=r"--size batch: net.csv leaves no size free; allowed: an .onnx model"):
        parse_network(TABLE.encode(), "net.csv", {"batch": 1})


sizes = st.integers(1, 60)
names = st.text("ab/0 é", min_size=1, max_size=5)
tensors = st.lists(names, max_size=2).map(tuple)
shapes = st.lists(sizes, max_size=4).map(tuple)
known = {"inputs": tensors, "outputs": tensors}
operators: st.SearchStrategy[Operator] = st.one_of(
    st.builds(Gemm, names, sizes, sizes, sizes, sizes, st.booleans(), **known),
    st.builds(
        lambda groups, padding, **rest: Conv(
            C=3 * groups, M=2 * groups, groups=groups, R=2, S=3, padding=padding, **rest
        ),
        sizes, st.tuples(*[st.integers(0, 3)] * 4), name=names, H=st.integers(9, 30), W=st.integers(9, 30), batch=sizes,
        strides=st.tuples(sizes, sizes), has_weights=st.booleans(), **known,
    ),
    st.builds(Pool, names, sizes, st.just(9), st.just(9), st.just(3), st.just(2), function=st.just("MaxPool"), **known),
    st.builds(Elementwise, names, st.just("Add"), shapes, sizes, **known),
    st.builds(Reduction, names, st.just("ReduceSum"), shapes, st.just((0, 1)), **known),
    st.builds(Normalization, names, st.just("Softmax"), shapes, st.just((1,)), **known),
    st.builds(Move, names, st.just("Transpose"), shapes, **known),
    st.builds(Other, names, st.just("LSTM"), st.one_of(st.none(), sizes), st.just("why"), **known),
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(operators, max_size=5))
def test_content_reads_back_the_same(parts: list[Operator]) -> None:
    parts = [Gemm("first", 1, 2, 3), *parts]
    network = Network(tuple(parts))

    workload = own_workload(network, "a net.csv")

    assert parse_content(content_of(parts), "net").operators == network.operators
    assert restored_workload(workload.name, content_of(workload.operators)).operators == network.operators


def test_a_network_is_called_by_its_file_and_its_content() -> None:
    network = parse_network(TABLE.encode(), "net.csv")
    other = parse_network(TABLE.replace("64", "65").replace(",8,", ",16,").encode(), "net.csv")

    workload = own_workload(network, "/some where/my; net@home.v2.csv")

    assert workload.name == f"my__net_home.v2@{digest_of(network.operators)}"
    assert workload.title == "my__net_home.v2"
    assert digest_of(network.operators) != digest_of(other.operators)
    assert own_workload(network, "=1+2.csv").name.startswith("_1+2@")
    assert own_workload(network, "-1+2.csv").name.startswith("1+2@")


def test_names_of_own_networks_are_told_from_others() -> None:
    assert is_own("net@1a2b3c4d")
    assert is_own("net@1a2b3c4d/conv1")
    assert not any(
        map(is_own, ["net", "vgg16/conv1_1", "net@1a2b", "@1a2b3c4d", "net@1A2B3C4D", "a@b@1a2b3c4d", "n@1a2b3c4d/"])
    )


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"kind": "spell"}, r"net, operators.0 is .*; allowed: a mapping whose kind is one of conv, gemm"),
        ({"kind": "gemm", "name": "a", "rows": "1"}, r"net, operators.0: 'rows' is '1'; allowed: name, inputs"),
        ({"kind": "gemm", "name": "a", "rows": 1, "inner": 1}, r"net, operators.0: columns is missing"),
        ({"kind": "gemm", "name": "a", "rows": 0, "inner": 1, "columns": 1}, r"rows is 0; allowed: integers from 1"),
        ({"kind": "gemm", "name": "a", "evil": 0}, r"net, operators.0: 'evil' is 0; allowed: name"),
        ({"kind": "move", "name": "a", "function": "Flatten", "shape": [1]}, r"net has no convolution or matrix"),
    ],
)  # fmt: skip
def test_content_of_others_is_not_trusted(entry: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        parse_content(json.dumps({"operators": [entry]}), "net")


def test_content_under_another_name_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"workload 'net@00000000': its content has the digest"):
        restored_workload("net@00000000", content_of(NETWORKS["vgg16"].operators))
