"""The networks that ship: their sizes against published totals, and their layers as workloads."""

from __future__ import annotations

import pytest

from accel_core.errors import InvalidInputError
from accel_core.workloads import NETWORKS, Layer, Workload, layer_workload, layer_workloads


@pytest.mark.parametrize(
    ("network", "n_layers", "macs", "weights"),
    [
        # Multiply-accumulates and weights (without biases and normalization) as the papers' authors count them.
        ("vgg16", 16, 15.47e9, 138.3e6),
        ("alexnet", 8, 0.724e9, 60.95e6),
        ("resnet18", 21, 1.814e9, 11.68e6),
        ("mobilenet_v2", 53, 0.3008e9, 3.47e6),
    ],
)
def test_totals_are_the_published_ones(network: str, n_layers: int, macs: float, weights: float) -> None:
    layers = NETWORKS[network].layers
    assert len(layers) == n_layers
    assert NETWORKS[network].macs == pytest.approx(macs, rel=5e-3)
    assert sum(x.repeat * x.C * x.M * x.R * x.S for x in layers) == pytest.approx(weights, rel=5e-3)


@pytest.mark.parametrize(
    ("workload", "sizes"),
    [
        ("vgg16/conv1_1", (3, 64, 224, 224, 3, 3, 1)),
        ("vgg16/conv3_2", (256, 256, 56, 56, 3, 3, 1)),
        ("alexnet/conv2", (48, 256, 27, 27, 5, 5, 1)),
        ("resnet18/conv3_1a", (64, 128, 28, 28, 3, 3, 2)),
        ("mobilenet_v2/block2_depthwise", (1, 1, 56, 56, 3, 3, 2, 96)),
    ],
)
def test_a_layer_is_a_workload_of_its_own(workload: str, sizes: tuple[int, ...]) -> None:
    network, name = workload.split("/")
    found = layer_workloads(NETWORKS[network])[workload]
    assert found.layers == (Layer(name, *sizes),)
    assert found.name == workload
    assert found.title.endswith(name)


def test_every_layer_continues_what_the_one_before_it_computed() -> None:
    for before, after in zip(NETWORKS["vgg16"].layers, NETWORKS["vgg16"].layers[1:], strict=False):
        assert after.C in (before.M, before.M * 7 * 7)
    by_name = {layer.name: layer for layer in NETWORKS["mobilenet_v2"].layers}
    for number in range(2, 18):
        expand, depthwise, project = (by_name[f"block{number}_{part}"] for part in ("expand", "depthwise", "project"))
        assert expand.M == depthwise.repeat == project.C
        assert depthwise.P * depthwise.stride == expand.P
        assert project.P == depthwise.P


def test_repetitions_count() -> None:
    layer = Layer("depthwise", 1, 1, 7, 7, 3, 3, 1, repeat=10)
    assert layer.macs == 10 * 7 * 7 * 9
    assert layer.outputs == 10 * 49


def test_a_layer_that_is_not_there_or_stands_twice_is_named() -> None:
    with pytest.raises(InvalidInputError, match=r"layer 'conv9' of workload 'alexnet': allowed: conv1, conv2, conv3"):
        layer_workload(NETWORKS["alexnet"], "conv9")
    with pytest.raises(InvalidInputError, match=r"layer 'x' of workload 'mobilenet_v2': allowed: .* and 23 more"):
        layer_workload(NETWORKS["mobilenet_v2"], "x")
    twin = Layer("a", 1, 1, 1, 1, 1, 1)
    with pytest.raises(InvalidInputError, match="layer 'a' of workload 'mine': stands there 2 times"):
        layer_workload(Workload("mine", "Mine", "a file", layers=(twin, twin)), "a")
