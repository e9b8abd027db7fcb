"""Small ONNX models, built node by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

Sizes = Sequence[int | str | None]


def weights(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def node(operator: str, inputs: str, output: str, **attributes: object) -> onnx.NodeProto:
    """A node named after its output; inputs are separated by spaces."""
    return helper.make_node(operator, inputs.split(" "), [output], name=output, **attributes)


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sizes],
    constants: Mapping[str, np.ndarray] | None = None,
    opset: int = 17,
) -> onnx.ModelProto:
    """Inputs by name and shape, constants by name and value; the output is that of the last node."""
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(nodes[-1].output[0], onnx.TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in (constants or {}).items()],
    )
    domains = {node.domain for node in nodes} - {""}
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=opsets)


def save(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


class Stack:
    """Inverted residuals one after another, as in the MobileNets."""

    def __init__(self, size: int, batch: int | str = 1) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}
        self.inputs: dict[str, Sizes] = {"x": [batch, 3, size, size]}
        self.channels, self.last = 3, "x"

    def conv(self, channels: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        name = f"conv{len(self.nodes)}"
        self.constants[f"{name}.w"] = weights(channels, self.channels // groups, kernel, kernel)
        self.constants[f"{name}.b"] = weights(channels)
        pads = [kernel // 2] * 4
        self.nodes += [
            node("Conv", f"{self.last} {name}.w {name}.b", name, strides=[stride] * 2, group=groups, pads=pads),
            node("Clip", name, f"{name}.act"),
        ]
        self.channels, self.last = channels, f"{name}.act"

    def block(self, channels: int, stride: int, factor: int) -> None:
        shortcut, channels_in = self.last, self.channels
        if factor > 1:
            self.conv(factor * self.channels)
        self.conv(self.channels, 3, stride, self.channels)
        self.conv(channels)
        if stride == 1 and channels == channels_in:
            name = f"add{len(self.nodes)}"
            self.nodes.append(node("Add", f"{shortcut} {self.last}", name))
            self.last = name

    def classify(self, classes: int) -> None:
        self.constants |= {"fc.w": weights(classes, self.channels), "fc.b": weights(classes)}
        self.nodes += [
            node("GlobalAveragePool", self.last, "pool"),
            node("Flatten", "pool", "flat"),
            node("Gemm", "flat fc.w fc.b", "fc", transB=1),
        ]

    def model(self) -> onnx.ModelProto:
        return model(self.nodes, self.inputs, self.constants)


def mobilenet_v2(batch: int | str = 1) -> onnx.ModelProto:
    """Sandler et al., CVPR 2018, table 2."""
    stack = Stack(224, batch)
    stack.conv(32, 3, 2)
    stack.block(16, 1, 1)
    for channels, times, stride in ((24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)):
        for index in range(times):
            stack.block(channels, stride if index == 0 else 1, 6)
    stack.conv(1280)
    stack.classify(1000)
    return stack.model()
