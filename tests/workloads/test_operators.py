"""Operators: their sizes, what they refuse, and layers made of them and into them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.workloads import NETWORKS, Layer, Workload, left_out
from accel_core.workloads.conversion import is_stretched, layer_of, operator_of, runs_layers
from accel_core.workloads.left_out import described
from accel_core.workloads.operators import Conv, Elementwise, Gemm, Move, Other, Pool

small = st.integers(1, 9)


@given(st.builds(Layer, st.just("a"), small, small, small, small, small, small, small, small))
def test_a_layer_as_an_operator_makes_the_same_layer(layer: Layer) -> None:
    operator = operator_of(layer)

    assert layer_of(operator) == layer
    assert operator.macs == layer.macs
    assert not is_stretched(operator)


def test_a_depthwise_convolution_is_a_layer_of_one_channel_repeated() -> None:
    conv = Conv("dw", 32, 112, 112, 3, 3, padding=(1, 1, 1, 1), M=32, groups=32, batch=2)

    assert conv.is_depthwise
    assert layer_of(conv) == Layer("dw", 1, 1, 112, 112, 3, 3, repeat=64)


def test_a_batch_of_products_is_repeated() -> None:
    assert layer_of(Gemm("heads", 10, 16, 12, batch=4)) == Layer("heads", 16, 12, 10, 1, 1, 1, repeat=4)


def test_only_a_stride_along_which_there_are_outputs_matters() -> None:
    line = Conv("line", 8, 50, 1, 3, 1, M=4, strides=(2, 1))
    plane = Conv("plane", 8, 50, 50, 3, 3, M=4, strides=(2, 1))

    assert layer_of(line) == Layer("line", 8, 4, 24, 1, 3, 1, stride=2)
    assert not is_stretched(line)
    assert is_stretched(plane)
    assert is_stretched(Conv("dilated", 8, 50, 50, 3, 3, M=4, dilations=(1, 2)))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Conv("a", 3, 0, 5, 1, 1, M=4), r"operator 'a': H is 0; allowed: integers from 1"),
        (lambda: Conv("a", 3, 5, 5, 7, 1, M=4), r"its window reaches over 7 x 1 values; allowed: .* 5 x 5"),
        (lambda: Conv("a", 6, 5, 5, 1, 1, M=4, groups=3), r"groups is 3; allowed: what divides both C = 6 and M = 4"),
        (lambda: Conv("a", 3, 5, 5, 1, 1, M=4, padding=(0, 0, 0)), r"padding is \(0, 0, 0\); allowed: integers from 0"),
        (lambda: Conv("a", 3, 5, 5, 1, 1, M=4, strides=(1, 1.5)), r"strides is \(1, 1.5\)"),
        (lambda: Pool("a", 3, 5, 5, 1, 1, function="MaxPool", batch=True), r"batch is True"),
        (lambda: Gemm("a", 3, -1, 5), r"inner is -1"),
        (lambda: Elementwise("a", "Relu", (3, 0)), r"shape is \(3, 0\)"),
    ],
)  # fmt: skip
def test_impossible_sizes_are_refused(build: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        build()  # type: ignore[operator]


def test_a_workload_has_the_layers_of_its_operators_and_the_other_way_round() -> None:
    operators = (Gemm("fc", 1, 8, 4), Elementwise("act", "Relu", (1, 4)))

    assert Workload("a", "a", "", operators=operators).layers == (Layer("fc", 8, 4, 1, 1, 1, 1),)
    assert Workload("a", "a", "", layers=(Layer("fc", 8, 4, 1, 1, 1, 1),)).operators == operators[:1]
    assert NETWORKS["mobilenet_v2"].operators[1].macs == 32 * 112 * 112 * 9
    with pytest.raises(InvalidInputError, match=r"workload 'a': its layers are not those of its operators"):
        Workload("a", "a", "", (Layer("fc", 9, 4, 1, 1, 1, 1),), operators=operators)


def test_what_is_left_out_is_said_with_its_reason_and_its_work() -> None:
    operators = [
        Gemm("fc", 1, 8, 4), *(Elementwise(name, "Relu", (4,)) for name in ("r1", "r2")), Move("t", "Transpose", (4,)),
        Other("l", "LSTM", 70, "no layer"), Other("odd", "Wavelet", None, "unknown"),
    ]  # fmt: skip

    assert described(left_out(operators, runs_layers)) == [
        "left out: LSTM 'l': no layer; 70 multiply-accumulates",
        "left out: Wavelet 'odd': unknown; an unknown number of multiply-accumulates",
        "without multiply-accumulates: Relu 2, Transpose 1",
    ]
    picky = left_out(operators, lambda operator: "too small" if isinstance(operator, Gemm) else None)
    assert described(picky) == ["left out: MatMul 'fc': too small; 32 multiply-accumulates"]
