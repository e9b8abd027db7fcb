"""ONNX files: free sizes, weights elsewhere, limits, and files that are no model."""

from __future__ import annotations

import builtins
from pathlib import Path

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.workloads import Layer, network, onnx_import, read_onnx
from accel_core.workloads.network import Network
from tests.workloads.onnx_models import Sizes, mobilenet_v2, model, node, save, weights

IMAGE: Sizes = [1, 8, 20, 30]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.onnx"


def only_layer(network: Network) -> Layer:
    (layer,) = network.layers
    return layer


def free_model(*shape: int | str | None) -> onnx.ModelProto:
    return model([node("Conv", "x w", "y"), node("Relu", "y", "z")], {"x": shape}, {"w": weights(16, 8, 3, 3)})


def test_a_free_batch_is_1_and_other_free_sizes_are_asked_for(path: Path) -> None:
    save(free_model("n", 8, "height", None), path)

    with pytest.raises(
        InvalidInputError, match=r"net.onnx leaves the size height, x\[3\] free; each needs a value, such"
    ):
        read_onnx(path)
    network = read_onnx(path, {"height": 22, "x[3]": 32})

    assert only_layer(network) == Layer("y", 8, 16, 20, 30, 3, 3)
    assert network.notes == ("free size taken as 1: n",)
    assert only_layer(read_onnx(path, {"height": 22, "x[3]": 32, "n": 5})).repeat == 5


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"width": 3}, r"net.onnx has no free size 'width'; allowed: n, height"),
        ({"height": 0}, r"net.onnx: size height is 0; allowed: integers 1 to 10,000,000"),
        ({"height": 10_000_001}, r"size height is 10000001"),
        ({"height": 2}, r"net.onnx .*(no readable ONNX model|no convolution)"),
    ],
)
def test_wrong_sizes_are_refused(sizes: dict[str, int], message: str, path: Path) -> None:
    save(free_model("n", 8, "height", 30), path)

    with pytest.raises(InvalidInputError, match=message):
        read_onnx(path, sizes)


def test_weights_beside_the_file_are_not_looked_for(path: Path) -> None:
    network = model([node("Conv", "x w", "y")], {"x": IMAGE}, {"w": weights(16, 8, 3, 3)})
    (tensor,) = network.graph.initializer
    tensor.ClearField("raw_data")
    tensor.data_location = tensor.EXTERNAL
    tensor.external_data.add(key="location", value="../../../../etc/passwd")
    save(network, path)

    assert only_layer(read_onnx(path)).macs == 8 * 16 * 18 * 28 * 9


def test_weights_are_inputs_too_in_old_files(path: Path) -> None:
    network = model([node("Conv", "x w", "y")], {"x": IMAGE, "w": [16, 8, 3, 3]}, {"w": weights(16, 8, 3, 3)})
    network.ir_version = 3
    save(network, path)

    assert not read_onnx(path).notes


@pytest.mark.parametrize("content", [b"", b"hello, world", b"\xff" * 50, b"name,C,M,P,Q,R,S,stride\na,1,1,1,1,1,1,1\n"])
def test_files_that_are_no_model(content: bytes, path: Path) -> None:
    path.write_bytes(content)

    with pytest.raises(InvalidInputError, match=r"net.onnx is no (readable )?ONNX model: "):
        read_onnx(path)


def test_missing_and_large_files_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInputError, match=r"net.onnx: cannot be read: No such file"):
        read_onnx(path)
    monkeypatch.setattr(onnx_import, "MAX_BYTES", 100)
    save(mobilenet_v2(), path)
    with pytest.raises(InvalidInputError, match=r"net.onnx has more than 100 bytes"):
        read_onnx(path)


def test_a_model_without_layers_says_what_it_has_instead(path: Path) -> None:
    save(model([node("Relu", "x", "r"), node("Wavelet", "r", "y", domain="my.lab")], {"x": IMAGE}), path)

    with pytest.raises(
        InvalidInputError, match=r"no convolution or matrix product of known size; .*'y': an operator that"
    ):
        read_onnx(path)


def test_absurd_sizes_and_too_many_layers_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(model([node("MatMul", "x w", "y")], {"x": [20_000_000, 5]}, {"w": weights(5, 2)}), path)
    with pytest.raises(InvalidInputError, match=r"net.onnx, 'y': P is 20,000,000; allowed: integers 1 to 10,000,000"):
        read_onnx(path)
    monkeypatch.setattr(network, "MAX_LAYERS", 52)
    with pytest.raises(InvalidInputError, match=r"net.onnx has 53 layers; at most 52 are allowed"):
        read_onnx(save(mobilenet_v2(), path))


def test_without_the_package_it_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *arguments: object, **named: object) -> object:
        if name.partition(".")[0] == "onnx":
            raise ImportError(name)
        return real(name, *arguments, **named)  # type: ignore[arg-type]

    save(mobilenet_v2(), path)
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InvalidInputError, match=r"net.onnx: reading it needs the package onnx"):
        read_onnx(path)


@settings(max_examples=150)
@given(data=st.data())
def test_damaged_models_get_one_sentence_or_layers(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    small = model([node("Conv", "x w", "y"), node("Relu", "y", "z")], {"x": ["n", 1, 2, 3]}, {"w": weights(2, 1, 1, 1)})
    raw = bytearray(small.SerializeToString())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "net.onnx"
    path.write_bytes(raw[: data.draw(st.integers(1, len(raw)))])
    said = ["net.onnx"]
    try:
        read_onnx(path)
    except InvalidInputError as error:
        said = str(error).splitlines()
    assert len(said) == 1
    assert "net.onnx" in said[0]
