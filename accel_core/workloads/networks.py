"""Networks that ship as layer tables, and each of their layers as a workload of its own.

Groups of AlexNet's conv2, conv4 and conv5 are listed as Eyeriss and Timeloop list them: the input channels of one of
the two groups, the output channels of both. So multiply-accumulates, weights and outputs are those of the layer, and
inputs those of one group. Depthwise layers of MobileNetV2 are one channel, run once for each channel. Pooling,
activations and additions are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from accel_core.paths import data_path
from accel_core.workloads.conversion import layer_of
from accel_core.workloads.layer_table import read_layers
from accel_core.workloads.workload import Workload

_SOURCES = {
    "vgg16": ("VGG-16", "Simonyan and Zisserman, ICLR 2015, configuration D"),
    "alexnet": ("AlexNet", "Krizhevsky et al., NIPS 2012; groups as in Chen et al. (Eyeriss), ISCA 2016, table II"),
    "resnet18": ("ResNet-18", "He et al., CVPR 2016, table 1; shortcuts of kind B"),
    "mobilenet_v2": ("MobileNetV2", "Sandler et al., CVPR 2018, table 2, width 1.0 and 224 x 224 inputs"),
}


def _network(name: str) -> Workload:
    title, source = _SOURCES[name]
    return Workload(name, title, source, layers=read_layers(data_path() / "workloads" / f"{name}.csv"))


NETWORKS: Mapping[str, Workload] = {name: _network(name) for name in _SOURCES}
"""Whole networks, one image at a time."""


def layer_workloads(network: Workload) -> dict[str, Workload]:
    """Return each layer of a network as a workload called ``<network>/<layer>``."""
    workloads = (layer_workload(network, layer.name) for layer in network.layers)
    return {workload.name: workload for workload in workloads}


def layer_workload(network: Workload, name: str) -> Workload:
    """Return the layer of that name as a workload called ``<network>/<layer>``.

    Raises:
        InvalidInputError: If the network has none of that name, or several.
    """
    layer = network.layer(name)
    return replace(
        network,
        name=f"{network.name}/{name}",
        title=f"{network.title}, {name}",
        layers=(layer,),
        operators=tuple(operator for operator in network.operators if layer_of(operator) == layer),
    )
