"""Operators of an ONNX model as layers: what multiplies and accumulates, what is left out, and how much that is.

Sizes follow the operators' definitions (onnx.ai, "ONNX Operators"). A group of a grouped convolution is a layer that is
repeated. A transposed convolution is the matrix product that it does before it adds up overlapping outputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accel_core.workloads.onnx_file import Shape
from accel_core.workloads.workload import Layer

if TYPE_CHECKING:
    from onnx import NodeProto

_NAME_LENGTH = 100  # as in layer tables


class UnsizedError(Exception):
    """The sizes of a node are unknown, or contradict each other."""


class Shapes:
    """Sizes of the tensors of a model, and which of them are constants."""

    def __init__(self, shapes: Mapping[str, Shape], constants: Iterable[str]) -> None:
        """Take the sizes that are known, and the names of weights."""
        self._shapes = shapes
        self._constants = set(constants)

    def add_constants(self, node: NodeProto) -> None:
        """Note that what is computed from constants alone is constant, as dequantized weights are.

        A graph inside a node may use any tensor around it, so that its results are not taken for constants.
        """
        if not bodies(node) and all(name in self._constants for name in node.input if name):
            self._constants.update(node.output)

    def is_constant(self, node: NodeProto, index: int) -> bool:
        """Tell whether an input does not change from run to run."""
        return node.input[index] in self._constants

    def is_computed_once(self, node: NodeProto) -> bool:
        """Tell whether a node belongs to no run: it has constant outputs, and is none that multiplies."""
        return node.op_type not in COUNTED and all(name in self._constants for name in node.output)

    def input(self, node: NodeProto, index: int, least_rank: int = 0) -> Shape:
        """Return the sizes of an input.

        Raises:
            UnsizedError: If they are unknown, fewer than ``least_rank``, or one is 0.
        """
        return self._of(node.input, index, least_rank)

    def output(self, node: NodeProto, least_rank: int = 0) -> Shape:
        """Return the sizes of the first output; raises as ``input``."""
        return self._of(node.output, 0, least_rank)

    def _of(self, names: Iterable[str], index: int, least_rank: int) -> Shape:
        shape = self._shapes.get(dict(enumerate(names)).get(index, ""))
        if shape is None or len(shape) < least_rank or min(shape, default=1) < 1:
            raise UnsizedError
        return shape


Convert = Callable[[str, "NodeProto", Shapes], Layer]


def integer(node: NodeProto, name: str, default: int = 0) -> int:
    """Return an attribute of a node."""
    return next((int(attribute.i) for attribute in node.attribute if attribute.name == name), default)


def integers(node: NodeProto, name: str) -> Shape:
    """Return an attribute with several values, empty if the node does not have it."""
    return next((tuple(attribute.ints) for attribute in node.attribute if attribute.name == name), ())


def _convolution(weights: int) -> Convert:
    def convert(name: str, node: NodeProto, shapes: Shapes) -> Layer:
        output, kernel = shapes.output(node, 3), shapes.input(node, weights, 3)
        groups = integer(node, "group", 1)
        if len(kernel) != len(output) or groups < 1 or output[1] % groups or output[1] != kernel[0]:
            raise UnsizedError
        filters, (depth, p, q), (t, r, s) = output[1] // groups, _volume(output[2:]), _volume(kernel[2:])
        stride = max(integers(node, "strides")[-2:], default=1)
        if stride < 1:
            raise UnsizedError
        return Layer(name, kernel[1] * t, filters, p, q, r, s, stride, repeat=output[0] * groups * depth)

    return convert


def _transposed(name: str, node: NodeProto, shapes: Shapes) -> Layer:
    image, kernel = shapes.input(node, 0, 3), shapes.input(node, 1, 3)
    groups = integer(node, "group", 1)
    if len(kernel) != len(image) or groups < 1 or image[1] % groups or image[1] != kernel[0]:
        raise UnsizedError
    depth, p, q = _volume(image[2:])
    return Layer(name, image[1] // groups, math.prod(kernel[1:]), p, q, 1, 1, repeat=image[0] * groups * depth)


def _volume(sizes: Shape) -> tuple[int, int, int]:
    """Return depth, height and width of one, two, three or more axes."""
    height, width = sizes[-2:] if len(sizes) > 1 else (sizes[0], 1)
    return math.prod(sizes[:-2]), height, width


def _gemm(name: str, node: NodeProto, shapes: Shapes) -> Layer:
    left, right = shapes.input(node, 0, 2), shapes.input(node, 1, 2)
    rows, inner = left[::-1] if integer(node, "transA") else left
    inner_too, columns = right[::-1] if integer(node, "transB") else right
    if inner != inner_too:
        raise UnsizedError
    return Layer(name, inner, columns, rows, 1, 1, 1)


def _matmul(left_index: int, right_index: int) -> Convert:
    def convert(name: str, node: NodeProto, shapes: Shapes) -> Layer:
        left, right = shapes.input(node, left_index, 1), shapes.input(node, right_index, 1)
        left = (1, *left) if len(left) == 1 else left
        right = (*right, 1) if len(right) == 1 else right
        (*left_batch, rows, inner), (*right_batch, inner_too, columns) = left, right
        if inner != inner_too:
            raise UnsizedError
        if math.prod(right_batch) == 1:
            if shapes.is_constant(node, left_index) and not shapes.is_constant(node, right_index):
                return Layer(name, inner, math.prod(left[:-1]), columns, 1, 1, 1)
            return Layer(name, inner, columns, math.prod(left[:-1]), 1, 1, 1)
        if math.prod(left_batch) == 1 and shapes.is_constant(node, left_index):
            return Layer(name, inner, rows, columns * math.prod(right_batch), 1, 1, 1)
        return Layer(name, inner, columns, rows, 1, 1, 1, repeat=_broadcast(left_batch, right_batch))

    return convert


def _broadcast(left: list[int], right: list[int]) -> int:
    """Return how many products there are when batches of sizes 1 are repeated."""
    n_axes = max(len(left), len(right))
    pairs = zip([1] * (n_axes - len(left)) + left, [1] * (n_axes - len(right)) + right, strict=True)
    return math.prod(max(pair) for pair in pairs)


@dataclass(frozen=True)
class Multiplier:
    """An operator that becomes a layer.

    Attributes:
        convert: Makes the layer of a node; raises UnsizedError where sizes are unknown.
        operands: The inputs that it multiplies.
    """

    convert: Convert
    operands: tuple[int, int]


LAYERS: Mapping[str, Multiplier] = {
    "Conv": Multiplier(_convolution(1), (0, 1)),
    "ConvInteger": Multiplier(_convolution(1), (0, 1)),
    "QLinearConv": Multiplier(_convolution(3), (0, 3)),
    "ConvTranspose": Multiplier(_transposed, (0, 1)),
    "Gemm": Multiplier(_gemm, (0, 1)),
    "MatMul": Multiplier(_matmul(0, 1), (0, 1)),
    "MatMulInteger": Multiplier(_matmul(0, 1), (0, 1)),
    "QLinearMatMul": Multiplier(_matmul(0, 3), (0, 3)),
}


def _recurrent_macs(node: NodeProto, shapes: Shapes) -> int:
    steps_and_batch = shapes.input(node, 0, 3)[:2]
    return math.prod(steps_and_batch) * (math.prod(shapes.input(node, 1, 3)) + math.prod(shapes.input(node, 2, 3)))


def _deformable_macs(node: NodeProto, shapes: Shapes) -> int:
    return math.prod(shapes.output(node, 3)) * math.prod(shapes.input(node, 1, 3)[1:])


def _einsum_macs(node: NodeProto, shapes: Shapes) -> int:
    equation = next(
        (attribute.s.decode(errors="replace") for attribute in node.attribute if attribute.name == "equation"), ""
    )
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    for index, term in enumerate(terms):
        shape = shapes.input(node, index)
        if not term.isalpha() or len(term) != len(shape):
            raise UnsizedError
        sizes |= dict(zip(term, shape, strict=True))
    if len(terms) > 2:
        raise UnsizedError  # it depends on which two are multiplied first
    return math.prod(sizes.values()) if len(terms) == 2 else 0


def _uncountable(node: NodeProto, shapes: Shapes) -> int:
    raise UnsizedError


COUNTED: Mapping[str, Callable[[NodeProto, Shapes], int]] = {
    "LSTM": _recurrent_macs,
    "GRU": _recurrent_macs,
    "RNN": _recurrent_macs,
    "DeformConv": _deformable_macs,
    "Einsum": _einsum_macs,
    "Attention": _uncountable,
    "LinearAttention": _uncountable,
    "DFT": _uncountable,
    "STFT": _uncountable,
}
"""Operators of the standard that multiply and accumulate but are no layers, with how much."""


def bodies(node: NodeProto) -> list[NodeProto]:
    """Return the nodes of the graphs inside a node such as ``If`` or ``Loop``, and of the graphs inside these."""
    graphs = [attribute.g for attribute in node.attribute if attribute.HasField("g")]
    graphs += [graph for attribute in node.attribute for graph in attribute.graphs]
    inside = [inner for graph in graphs for inner in graph.node]
    return inside + [deeper for inner in inside for deeper in bodies(inner)]


def is_stretched(node: NodeProto) -> bool:
    """Tell whether a convolution has what layers have no words for: dilation, or two different strides."""
    is_dilated = max(integers(node, "dilations"), default=1) > 1
    return is_dilated or len(set(integers(node, "strides")[-2:])) > 1


def node_name(node: NodeProto, taken: set[str]) -> str:
    """Return a name that can be printed and is not taken yet, and take it.

    Colons and semicolons, with which results list what they say of each layer, become underscores.
    """
    words = node.name or next(iter(node.output), "") or node.op_type
    letters = ("_" if letter in ":;" or not letter.isprintable() else letter for letter in words)
    name = "".join(letters).strip()[:_NAME_LENGTH] or "layer"
    unique, n = name, 1
    while unique in taken:
        n += 1
        unique = f"{name[: _NAME_LENGTH - len(str(n)) - 1]}_{n}"
    taken.add(unique)
    return unique
