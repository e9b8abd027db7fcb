"""Sizes in ONNX models: those that a file stores are not believed, those that it computes are computed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import onnx.reference
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from accel_core.workloads import Layer, Network, read_onnx
from accel_core.workloads.operators import Conv, Elementwise, Normalization, Pool, Reduction
from tests.workloads.onnx_models import mobilenet_v2, model, node, save, weights

CASES = Path(__file__).parents[3] / "shared" / "cases"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.onnx"


def with_stored_sizes(network: onnx.ModelProto) -> onnx.ModelProto:
    return onnx.shape_inference.infer_shapes(network, data_prop=True)


def resize_input(network: onnx.ModelProto, *shape: int) -> onnx.ModelProto:
    """Change the first input, and nothing else, as onnx's own tool does."""
    for dim, size in zip(network.graph.input[0].type.tensor_type.shape.dim, shape, strict=True):
        dim.dim_value = size
    return network


@pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases beside the checkout")
@pytest.mark.parametrize(
    ("name", "macs", "said"),
    [
        (
            "q_resized",
            [3_776_446_464, 3_699_376_128, 512_000],
            "contradict its inputs and are not used: 'c1' is",
        ),
        ("r_lora", [65_536], "products of constants, computed once .* 524,288 multiply-accumulates, not counted"),
        ("s_interp", [442_368, 4_718_592], "^2 layers"),
    ],
)
def test_models_of_public_reports(name: str, macs: list[int], said: str) -> None:
    network = read_onnx(CASES / f"{name}.onnx")

    assert [layer.macs for layer in network.layers] == macs
    assert sum(skipped.macs or 0 for skipped in network.skipped) == 0
    assert re.search(said, "\n".join(network.report()))


@settings(max_examples=10, deadline=None)
@given(batch=st.integers(1, 4), edge=st.integers(33, 150))
def test_a_resized_model_counts_as_one_made_for_that_size(
    batch: int, edge: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("resized")
    stale = read_onnx(save(resize_input(with_stored_sizes(mobilenet_v2()), batch, 3, edge, edge), folder / "a.onnx"))
    fresh = read_onnx(save(resize_input(mobilenet_v2(), batch, 3, edge, edge), folder / "b.onnx"))

    assert stale.operators == fresh.operators
    assert "contradict its inputs" in stale.remarks[0]
    assert not fresh.remarks


def test_stored_sizes_that_agree_are_not_mentioned(path: Path) -> None:
    assert not read_onnx(save(with_stored_sizes(mobilenet_v2()), path)).remarks


def behind_an_unknown_operator(stored: list[int]) -> onnx.ModelProto:
    nodes = [node("Conv", "x w", "a"), node("Wavelet", "a", "odd", domain="my.lab"), node("Conv", "odd w", "b")]
    network = model(nodes, {"x": [1, 4, 20, 20]}, {"w": weights(4, 4, 3, 3)})
    for name, shape in (("a", [1, 4, 18, 18]), ("odd", stored)):
        network.graph.value_info.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))
    return network


def test_stored_sizes_help_where_they_agree_elsewhere(path: Path) -> None:
    network = read_onnx(save(behind_an_unknown_operator([1, 4, 9, 9]), path))

    assert network.layers[1] == Layer("b", 4, 4, 7, 7, 3, 3)
    assert network.remarks == ("sizes as stored in the file, which agrees with its inputs elsewhere: 'odd'",)


def test_stored_sizes_that_disagree_anywhere_are_not_used_at_all(path: Path) -> None:
    network = read_onnx(save(resize_input(behind_an_unknown_operator([1, 4, 9, 9]), 8, 4, 40, 40), path))

    assert [layer.name for layer in network.layers] == ["a"]
    assert {entry.operator for entry in network.skipped} == {"Wavelet", "Conv"}


def test_sizes_behind_an_unknown_operator_are_checked_against_each_other(path: Path) -> None:
    network = behind_an_unknown_operator([1, 4, 9, 9])
    network.graph.value_info.append(helper.make_tensor_value_info("b", onnx.TensorProto.FLOAT, [1, 4, 18, 18]))

    read = read_onnx(save(network, path))

    assert [layer.name for layer in read.layers] == ["a"]
    assert "'b' is stored as 1 x 4 x 18 x 18 where 1 x 4 x 7 x 7 follows" in read.remarks[0]


def test_weights_in_nodes_are_weights(path: Path) -> None:
    constant = node("Constant", "", "w", value=numpy_helper.from_array(weights(64, 32)))
    del constant.input[:]

    read = read_onnx(save(model([constant, node("MatMul", "x w", "y")], {"x": [5, 64]}), path))

    assert [layer.macs for layer in read.layers] == [5 * 64 * 32]
    assert not read.notes
    assert not read.skipped


def test_sizes_stored_inside_a_body_are_not_used(path: Path) -> None:
    inner = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["o"])], "body", [],
        [helper.make_tensor_value_info("o", onnx.TensorProto.FLOAT, [1, 5])],
    )  # fmt: skip
    nodes = [node("If", "which", "y", then_branch=inner, else_branch=inner), node("MatMul", "y w", "z")]
    save(model(nodes, {"x": [64, 5]}, {"which": np.array(True), "w": weights(5, 2)}), path)

    assert read_onnx(path).macs == 64 * 5 * 2


def test_a_reshape_to_a_size_left_from_another_batch_is_a_contradiction(path: Path) -> None:
    nodes = [node("Reshape", "x to", "flat"), node("Gemm", "flat w", "y"), node("Gemm", "x2 w", "z")]
    network = model(nodes, {"x": [8, 4, 4], "x2": [3, 16]}, {"to": np.array([1, 16]), "w": weights(16, 10)})

    read = read_onnx(save(network, path))

    assert [layer.name for layer in read.layers] == ["z"]
    (entry,) = [entry for entry in read.skipped if entry.macs != 0]
    assert (entry.nodes, entry.macs) == (("y",), None)
    assert "contradict" in entry.reason


def test_a_convolution_whose_filters_do_not_fit_its_image_is_a_contradiction(path: Path) -> None:
    nodes = [node("Conv", "x w", "y"), node("Conv", "x v", "z")]
    constants = {"w": weights(4, 8, 1, 1), "v": weights(4, 3, 1, 1)}
    read = read_onnx(save(model(nodes, {"x": [1, 8, 5, 5]}, constants), path))

    assert [layer.name for layer in read.layers] == ["y"]
    assert "contradict" in read.skipped[0].reason


def test_products_of_constants_are_no_work_of_an_inference(path: Path) -> None:
    nodes = [
        node("MatMul", "b a", "ba"),
        node("Add", "w ba", "merged"),
        node("Conv", "image k", "features"),
        node("Einsum", "b a", "ein", equation="ij,jk->ik"),
        node("MatMul", "x merged", "y"),
        node("Conv", "x4 k", "z"),
    ]
    constants = {"b": weights(32, 4), "a": weights(4, 32), "w": weights(32, 32), "k": weights(2, 3, 3, 3),
                 "image": weights(1, 3, 5, 5)}  # fmt: skip
    read = read_onnx(save(model(nodes, {"x": [1, 32], "x4": [1, 3, 5, 5]}, constants), path))

    assert {layer.name: layer.macs for layer in read.layers} == {"y": 1024, "z": 2 * 27 * 9}
    assert read.skipped == ()
    assert read.remarks == (
        "products of constants, computed once and not in every inference: 'ba', 'features', 'ein';"
        f" {4096 + 486 + 4096:,} multiply-accumulates, not counted",
    )


def upsampling(n_times: int, edge: int | str = 8) -> onnx.ModelProto:
    """Twice the size ``n_times`` over, each size computed in floating point, as PyTorch's interpolate does."""
    nodes, last = [], "x"
    for i in range(n_times):
        nodes += [
            node("Shape", last, f"shape{i}"),
            node("Slice", f"shape{i} two four", f"plane{i}"),
            node("Cast", f"plane{i}", f"real{i}", to=onnx.TensorProto.FLOAT),
            node("Mul", f"real{i} factor", f"grown{i}"),
            node("Floor", f"grown{i}", f"floor{i}"),
            node("Cast", f"floor{i}", f"whole{i}", to=onnx.TensorProto.INT64),
            node("Slice", f"shape{i} zero two", f"rest{i}"),
            node("Concat", f"rest{i} whole{i}", f"to{i}", axis=0),
            node("Resize", f"{last}   to{i}", f"up{i}", mode="nearest"),
            node("Conv", f"up{i} w", f"conv{i}", pads=[1] * 4),
        ]
        last = f"conv{i}"
    constants = {"zero": np.array([0]), "two": np.array([2]), "four": np.array([4]),
                 "factor": np.array(2.0, np.float32), "w": weights(4, 4, 3, 3)}  # fmt: skip
    return model(nodes, {"x": [1, 4, edge, edge]}, constants)


def test_sizes_that_the_model_computes_are_computed(path: Path) -> None:
    read = read_onnx(save(upsampling(12, "edge"), path), {"edge": 1})

    assert [layer.P for layer in read.layers] == [2**n for n in range(1, 13)]
    assert [entry.operator for entry in read.skipped] == ["Resize"]


def test_values_of_huge_tensors_are_not_computed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = []
    real = onnx.reference.ReferenceEvaluator

    def recorded(proto: onnx.ModelProto) -> object:
        computed.append(proto.graph.node[0].op_type)
        return real(proto)

    monkeypatch.setattr(onnx.reference, "ReferenceEvaluator", recorded)
    nodes = [
        node("Mul", "big big", "huge"), node("Range", "zero huge one", "all"), node("ReduceSum", "all", "sum"),
        node("Expand", "x sum", "wide"), node("MatMul", "x w", "y"),
    ]  # fmt: skip
    constants = {"big": np.array(3_000_000), "zero": np.array(0), "one": np.array(1), "w": weights(5, 2)}

    assert read_onnx(save(model(nodes, {"x": [5, 5]}, constants), path)).macs == 50
    assert computed == ["Mul"]


def operators(network: Network) -> dict[str, object]:
    return {operator.name: operator for operator in network.operators}


def test_operators_have_their_sizes_and_their_tensors(path: Path) -> None:
    nodes = [
        node("Conv", "x w", "c", strides=[2, 1], dilations=[1, 2], pads=[1, 2, 0, 3], group=2),
        node("Relu", "c", "r"),
        node("MaxPool", "r", "p", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        node("Add", "p p", "a"),
        node("Conv", "a v", "same", strides=[2, 2], auto_pad="SAME_LOWER"),
        node("GlobalAveragePool", "same", "g"),
        node("ReduceMean", "same", "m", axes=[-1, 2], keepdims=0),
        node("Softmax", "m", "s"),
    ]
    constants = {"w": weights(6, 2, 3, 2), "v": weights(6, 6, 2, 2)}
    found = operators(read_onnx(save(model(nodes, {"x": [2, 4, 20, 30]}, constants), path)))

    conv = found["c"]
    assert conv == Conv(
        "c", 4, 20, 30, 3, 2, batch=2, strides=(2, 1), dilations=(1, 2), padding=(1, 2, 0, 3), M=6, groups=2,
        inputs=("x", "w"), outputs=("c",),
    )  # fmt: skip
    # (1 + 20 + 0 - 3) // 2 + 1 rows; 2 + 30 + 3 - 3 + 1 columns
    assert (conv.P, conv.Q) == (10, 33)
    assert conv.macs == 2 * 6 * 10 * 33 * 2 * 3 * 2
    pool = found["p"]
    assert isinstance(pool, Pool)
    assert (pool.P, pool.Q, pool.padding) == (5, 16, (0, 0, 1, 0))
    assert found["a"] == Elementwise("a", "Add", (2, 6, 5, 16), 2, inputs=("p", "p"), outputs=("a",))
    same = found["same"]
    assert isinstance(same, Conv)
    assert (same.P, same.Q, same.padding) == (3, 8, (1, 0, 0, 0))
    whole = found["g"]
    assert isinstance(whole, Pool)
    assert (whole.R, whole.S, whole.P, whole.Q) == (3, 8, 1, 1)
    assert found["m"] == Reduction("m", "ReduceMean", (2, 6, 3, 8), (2, 3), inputs=("same",), outputs=("m",))
    assert found["s"] == Normalization("s", "Softmax", (2, 6), (1,), inputs=("m",), outputs=("s",))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_convolution_has_the_output_that_onnx_infers(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    size = st.tuples(st.integers(6, 30), st.integers(6, 30))
    image, window = data.draw(size), data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    attributes: dict[str, object] = {
        "strides": data.draw(st.lists(st.integers(1, 3), min_size=2, max_size=2)),
        "dilations": data.draw(st.lists(st.integers(1, 2), min_size=2, max_size=2)),
    }
    if padding := data.draw(st.sampled_from(["", "SAME_UPPER", "SAME_LOWER", "VALID"])):
        attributes["auto_pad"] = padding
    else:
        attributes["pads"] = data.draw(st.lists(st.integers(0, 2), min_size=4, max_size=4))
    network = model([node("Conv", "x w", "y", **attributes)], {"x": [1, 2, *image]}, {"w": weights(3, 2, *window)})
    output = with_stored_sizes(network).graph.output[0].type.tensor_type.shape.dim

    (conv,) = read_onnx(save(network, tmp_path_factory.mktemp("conv") / "net.onnx")).operators

    assert isinstance(conv, Conv)
    assert (output[2].dim_value, output[3].dim_value) == (conv.P, conv.Q)
