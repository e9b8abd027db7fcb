"""ONNX models as workloads: sizes of each kind of layer, and what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from accel_core.workloads import Layer, read_onnx
from accel_core.workloads.network import Network
from tests.workloads.onnx_models import Sizes, mobilenet_v2, model, node, save, weights

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
IMAGE: Sizes = [1, 8, 20, 30]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.onnx"


def only_layer(network: Network) -> Layer:
    (layer,) = network.layers
    return layer


@pytest.mark.parametrize(
    ("attributes", "kernel", "expected"),
    [
        ({"pads": [1] * 4}, (16, 8, 3, 3), Layer("y", 8, 16, 20, 30, 3, 3)),
        ({"strides": [2, 2]}, (16, 8, 5, 3), Layer("y", 8, 16, 8, 14, 5, 3, stride=2)),
        ({"group": 2}, (16, 4, 1, 1), Layer("y", 4, 8, 20, 30, 1, 1, repeat=2)),
        ({"group": 8, "auto_pad": "SAME_UPPER"}, (8, 1, 3, 3), Layer("y", 1, 1, 20, 30, 3, 3, repeat=8)),
        ({"group": 8}, (24, 1, 3, 3), Layer("y", 1, 3, 18, 28, 3, 3, repeat=8)),
    ],
)
def test_a_convolution_has_the_sizes_of_one_group(
    attributes: dict[str, object], kernel: tuple[int, ...], expected: Layer, path: Path
) -> None:
    save(model([node("Conv", "x w", "y", **attributes)], {"x": IMAGE}, {"w": weights(*kernel)}), path)

    network = read_onnx(path)

    assert only_layer(network) == expected
    assert network.report() == [f"1 layers, {expected.macs:,} multiply-accumulates"]


@pytest.mark.parametrize(
    ("image", "kernel", "expected"),
    [
        ([1, 8, 50], (16, 8, 3), Layer("y", 8, 16, 48, 1, 3, 1)),
        ([1, 8, 10, 20, 30], (16, 8, 2, 3, 5), Layer("y", 16, 16, 18, 26, 3, 5, repeat=9)),
        ([4, 8, 20, 30], (16, 8, 1, 1), Layer("y", 8, 16, 20, 30, 1, 1, repeat=4)),
    ],
)
def test_lines_volumes_and_batches_keep_their_multiply_accumulates(
    image: Sizes, kernel: tuple[int, ...], expected: Layer, path: Path
) -> None:
    save(model([node("Conv", "x w", "y")], {"x": image}, {"w": weights(*kernel)}), path)

    assert only_layer(read_onnx(path)) == expected


def test_a_transposed_convolution_is_the_product_before_its_sums(path: Path) -> None:
    up = node("ConvTranspose", "x w", "y", strides=[2, 2], group=2)
    save(model([up], {"x": IMAGE}, {"w": weights(8, 3, 2, 2)}), path)

    # Each of 20 x 30 pixels meets 4 channels x 3 outputs x 2 x 2 weights in each of 2 groups.
    assert only_layer(read_onnx(path)) == Layer("y", 4, 12, 20, 30, 1, 1, repeat=2)


@pytest.mark.parametrize(("transposed", "shape"), [(0, (40, 10)), (1, (10, 40))])
def test_a_dense_layer(transposed: int, shape: tuple[int, int], path: Path) -> None:
    gemm = node("Gemm", "x w b", "y", transB=transposed)
    save(model([gemm], {"x": [6, 40]}, {"w": weights(*shape), "b": weights(10)}), path)

    assert only_layer(read_onnx(path)) == Layer("y", 40, 10, 6, 1, 1, 1)


@pytest.mark.parametrize(
    ("inputs", "activation", "constant", "expected"),
    [
        ("x w", [2, 5, 40], (40, 10), Layer("y", 40, 10, 10, 1, 1, 1)),
        ("x w", [40], (40, 10), Layer("y", 40, 10, 1, 1, 1, 1)),
        ("x w", [5, 40], (40,), Layer("y", 40, 1, 5, 1, 1, 1)),
        ("x w", [3, 5, 40], (1, 40, 10), Layer("y", 40, 10, 15, 1, 1, 1)),
        ("x w", [3, 5, 40], (3, 40, 10), Layer("y", 40, 10, 5, 1, 1, 1, repeat=3)),
        ("x w", [5, 40], (3, 40, 10), Layer("y", 40, 10, 5, 1, 1, 1, repeat=3)),
        ("w x", [40, 7], (10, 40), Layer("y", 40, 10, 7, 1, 1, 1)),
        ("w x", [3, 40, 7], (10, 40), Layer("y", 40, 10, 21, 1, 1, 1)),
    ],
)
def test_a_matrix_product_with_weights_on_either_side(
    inputs: str, activation: Sizes, constant: tuple[int, ...], expected: Layer, path: Path
) -> None:
    save(model([node("MatMul", inputs, "y")], {"x": activation}, {"w": weights(*constant)}), path)

    network = read_onnx(path)

    assert only_layer(network) == expected
    assert not network.notes


def test_products_of_two_activations_are_layers_and_are_said(path: Path) -> None:
    nodes = [
        node("Transpose", "k", "kt", perm=[0, 2, 1]),
        node("MatMul", "q kt", "scores"),
        node("Softmax", "scores", "p"),
        node("MatMul", "p v", "mixed"),
    ]
    save(model(nodes, {"q": [4, 10, 16], "k": [4, 12, 16], "v": [4, 12, 32]}), path)

    network = read_onnx(path)

    assert network.layers == (
        Layer("scores", 16, 12, 10, 1, 1, 1, repeat=4),
        Layer("mixed", 12, 32, 10, 1, 1, 1, repeat=4),
    )
    assert network.notes == (
        "products of two activations instead of one and weights: 'scores', 'mixed'; 23,040 multiply-accumulates",
    )


def test_integer_layers_and_dequantized_weights_are_layers(path: Path) -> None:
    byte = np.zeros((), np.uint8)
    constants = {"w8": np.zeros((16, 8, 1, 1), np.uint8), "m8": np.zeros((16, 10), np.uint8), "s": weights(), "z": byte,
                 "w": weights(16, 8, 1, 1)}  # fmt: skip
    nodes = [
        node("QuantizeLinear", "x s z", "q"),
        node("QLinearConv", "q s z w8 s z s z", "a"),
        node("ConvInteger", "q w8 z z", "b"),
        node("QuantizeLinear", "w s z", "wq"),
        node("DequantizeLinear", "wq s z", "wd"),
        node("Conv", "x wd", "c"),
        node("MatMulInteger", "flat m8 z z", "d"),
        node("QLinearMatMul", "flat s z m8 s z s z", "e"),
        node("DequantizeLinear", "e s z", "f"),
    ]
    flat = helper.make_tensor_value_info("flat", onnx.TensorProto.UINT8, [3, 16])
    quantized = model(nodes, {"x": IMAGE}, constants)
    quantized.graph.input.append(flat)
    save(quantized, path)

    network = read_onnx(path)

    assert {layer.name: layer.macs for layer in network.layers} == {
        "a": 8 * 16 * 600, "b": 8 * 16 * 600, "c": 8 * 16 * 600, "d": 3 * 16 * 10, "e": 3 * 16 * 10
    }  # fmt: skip
    assert not network.notes
    assert [skipped.operator for skipped in network.skipped] == ["DequantizeLinear", "QuantizeLinear"]


def test_a_mobilenet_has_the_layers_and_multiply_accumulates_of_its_paper(path: Path) -> None:
    network = read_onnx(save(mobilenet_v2("batch"), path))

    # Sandler et al., CVPR 2018: 300 million multiply-adds; 1 + 17 blocks (one of two layers) + 1 + 1.
    assert network.macs == 300_774_272
    assert len(network.layers) == 53
    assert sum(layer.repeat > 1 for layer in network.layers) == 17
    assert network.report()[1:] == [
        "free size taken as 1: batch",
        "without multiply-accumulates: Add 10, Clip 52, Flatten 1, GlobalAveragePool 1",
    ]


@pytest.mark.parametrize(
    ("name", "n_layers", "macs"),
    [("resnet50", 54, 4.09e9), ("vgg19", 19, 19.63e9), ("densenet121", 121, 2.83e9), ("squeezenet", 26, 0.35e9)],
)
def test_networks_that_come_with_onnx_have_their_published_totals(name: str, n_layers: int, macs: float) -> None:
    # torchvision, table of classification weights, column "GFLOPS", which counts multiply-adds (squeezenet1_1).
    network = read_onnx(LIGHT / f"light_{name}.onnx")

    assert len(network.layers) == n_layers
    assert network.macs == pytest.approx(macs, rel=0.003)
    assert sum(skipped.macs or 0 for skipped in network.skipped) == 0


def test_the_halves_of_alexnet_are_groups() -> None:
    second = read_onnx(LIGHT / "light_bvlc_alexnet.onnx").layers[1]

    # Krizhevsky et al., 2012: 256 filters of 5 x 5 x 48; 26 x 26 instead of 27 x 27 pixels as its pools round.
    assert (second.repeat, second.C, second.M, second.R, second.S, second.P) == (2, 48, 128, 5, 5, 26)


def test_everything_else_is_reported_with_its_multiply_accumulates(path: Path) -> None:
    nodes = [
        node("Relu", "x", "r"),
        node("Reshape", "r to", "seq"),
        node("LSTM", "seq wi wr", "h", hidden_size=16),
        node("Einsum", "r v", "e", equation="bchw,co->bohw"),
        node("Wavelet", "r", "odd", domain="my.lab"),
        node("Conv", "odd w", "after"),
        node("Gather", "x where", "picked", axis=0),
        node("Conv", "x w", "y"),
    ]
    constants = {"to": np.array([10, 3, 160]), "wi": weights(1, 64, 160), "wr": weights(1, 64, 16), "v": weights(8, 5),
                 "w": weights(4, 8, 1, 1), "where": np.array([0])}  # fmt: skip
    save(model(nodes, {"x": IMAGE}, constants), path)

    network = read_onnx(path)

    assert only_layer(network).name == "y"
    counts = {skipped.operator: skipped.macs for skipped in network.skipped}
    assert counts == {
        "LSTM": 10 * 3 * 64 * (160 + 16),
        "Einsum": 8 * 5 * 600,
        "Wavelet": None,
        "Conv": None,
        "Relu": 0,
        "Reshape": 0,
        "Gather": 0,
    }
    assert sum(skipped.macs or 0 for skipped in network.skipped) == 337_920 + 24_000
    assert network.report() == [
        "1 layers, 19,200 multiply-accumulates",
        "left out: Conv 'after': its sizes are not known before it runs; an unknown number of multiply-accumulates",
        "left out: Einsum 'e': neither a convolution nor a matrix product; 24,000 multiply-accumulates",
        "left out: LSTM 'h': neither a convolution nor a matrix product; 337,920 multiply-accumulates",
        "left out: Wavelet 'odd': an operator that ONNX does not define; an unknown number of multiply-accumulates",
        "without multiply-accumulates: Gather 1, Relu 1, Reshape 1",
    ]


@pytest.mark.parametrize(("operator", "is_heavy"), [("Relu", False), ("MatMul", True)])
def test_what_may_run_or_not_is_left_out_with_its_body(operator: str, is_heavy: bool, path: Path) -> None:
    inner = helper.make_node(operator, ["x", "x"] if is_heavy else ["x"], ["o"])
    body = helper.make_graph([inner], "body", [], [helper.make_tensor_value_info("o", onnx.TensorProto.FLOAT, None)])
    either = node("If", "which", "y", then_branch=body, else_branch=body)
    save(
        model([either, node("MatMul", "x w", "z")], {"x": [5, 5]}, {"which": np.array(True), "w": weights(5, 2)}), path
    )

    (skipped,) = read_onnx(path).skipped

    assert (skipped.operator, skipped.macs) == ("If", None if is_heavy else 0)


def test_local_functions_are_looked_into(path: Path) -> None:
    opsets = [helper.make_opsetid("", 17)]
    dense = helper.make_function(
        "my.lab", "Dense", ["a", "b"], ["c"], [helper.make_node("MatMul", ["a", "b"], ["c"])], opsets
    )
    network = model([node("Dense", "x w", "y", domain="my.lab")], {"x": [5, 40]}, {"w": weights(40, 10)})
    network.functions.append(dense)
    save(network, path)

    assert only_layer(read_onnx(path)).macs == 2_000


def test_a_shape_that_is_computed_in_the_graph_is_known(path: Path) -> None:
    nodes = [
        node("Shape", "x", "shape"),
        node("Gather", "shape zero", "batch", axis=0),
        node("Unsqueeze", "batch first", "batches"),
        node("Concat", "batches rest", "to", axis=0),
        node("Reshape", "x to", "flat"),
        node("Gemm", "flat w", "y"),
    ]
    constants = {"zero": np.array(0), "first": np.array([0]), "rest": np.array([-1]), "w": weights(4800, 10)}
    save(model(nodes, {"x": ["n", 8, 20, 30]}, constants), path)

    assert only_layer(read_onnx(path)) == Layer("y", 4800, 10, 1, 1, 1, 1)


def test_dilation_and_uneven_strides_are_said(path: Path) -> None:
    nodes = [node("Conv", "x w", "a", dilations=[2, 2]), node("Conv", "x w", "b", strides=[1, 2])]
    save(model(nodes, {"x": IMAGE}, {"w": weights(16, 8, 3, 3)}), path)

    network = read_onnx(path)

    assert [layer.stride for layer in network.layers] == [1, 2]
    assert network.notes == ("dilated, or of two strides, the larger of which is taken: 'a', 'b'",)


def test_names_are_unique_printable_and_short(path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], [f"y{i}"], name=name)
             for i, name in enumerate(["same", "same", "", "tab\there:0", "long" * 50, "long" * 50])]  # fmt: skip
    save(model(nodes, {"x": [5, 5]}, {"w": weights(5, 5)}), path)

    names = [layer.name for layer in read_onnx(path).layers]

    assert names[:4] == ["same", "same_2", "y2", "tab_here_0"]
    assert [len(name) for name in names[4:]] == [100, 100]
    assert len(set(names)) == 6
