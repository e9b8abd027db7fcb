"""Nodes of an ONNX model as operators, and how much the ones compute that have no form of their own.

Sizes follow the operators' definitions (onnx.ai, "ONNX Operators"). A transposed convolution is the convolution of
1 x 1 that it does before it adds up overlapping outputs; of a convolution over volumes, each slice is an image.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accel_core.workloads.onnx_shapes import Sizes
from accel_core.workloads.operators import Conv, Gemm, Operator, Padding, Pair, Shape

if TYPE_CHECKING:
    from onnx import NodeProto

_NAME_LENGTH = 100  # as in layer tables


class UnsizedError(Exception):
    """The sizes of a node are unknown."""


class ContradictionError(UnsizedError):
    """The sizes of a node contradict each other."""


class Shapes:
    """Sizes of the tensors of a model, and which of them are constants."""

    def __init__(self, sizes: Sizes, constants: Iterable[str]) -> None:
        """Take what is known of sizes, and the names of weights."""
        self._sizes = sizes
        self._constants = {*constants, *sizes.values}

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
        """Tell whether a node belongs to no run: all it makes is constant."""
        return all(name in self._constants for name in node.output)

    def values(self, node: NodeProto, index: int) -> tuple[int | float, ...] | None:
        """Return the values of a small constant input; None if it is none."""
        return self._sizes.values.get(dict(enumerate(node.input)).get(index, ""))

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
        name = dict(enumerate(names)).get(index, "")
        if name in self._sizes.contradicted:
            raise ContradictionError
        shape = self._sizes.shapes.get(name)
        if shape is None or len(shape) < least_rank or min(shape, default=1) < 1:
            raise UnsizedError
        return shape


Convert = Callable[[str, "NodeProto", Shapes], Operator]


def integer(node: NodeProto, name: str, default: int = 0) -> int:
    """Return an attribute of a node."""
    return next((int(attribute.i) for attribute in node.attribute if attribute.name == name), default)


def integers(node: NodeProto, name: str) -> Shape:
    """Return an attribute with several values, empty if the node does not have it."""
    return next((tuple(attribute.ints) for attribute in node.attribute if attribute.name == name), ())


@dataclass(frozen=True)
class Geometry:
    """How a window of two axes moves.

    Attributes:
        strides: Its steps.
        dilations: Distances within it.
        padding: What is added around the image.
    """

    strides: Pair
    dilations: Pair
    padding: Padding


def geometry(node: NodeProto, image: Shape, window: Shape, output: Shape) -> Geometry:
    """Return how a window moves over the last two axes, or the only one, of an image.

    Padding that the node leaves to its automatic rule, or that rounding up makes, is worked out from the output.

    Raises:
        ContradictionError: If the output does not follow from the image.
    """
    strides, dilations = _pair(integers(node, "strides"), window), _pair(integers(node, "dilations"), window)
    pads = integers(node, "pads") or (0,) * (2 * len(window))
    auto = next((attribute.s for attribute in node.attribute if attribute.name == "auto_pad"), b"")
    before, after = [], []
    for axis, (size, reach, result) in enumerate(zip(_plane(image), _plane(window), _plane(output), strict=True)):
        first, last = (_plane(part, 0)[axis] for part in (pads[: len(window)], pads[len(window) :]))
        needed = (result - 1) * strides[axis] + (reach - 1) * dilations[axis] + 1 - size
        if auto in (b"SAME_UPPER", b"SAME_LOWER"):
            first = max(needed, 0) // 2 if auto == b"SAME_UPPER" else max(needed, 0) - max(needed, 0) // 2
        elif auto == b"VALID":
            first = last = 0
        if needed - first > last:
            last = needed - first
        elif auto.startswith(b"SAME"):
            last = 0
        before.append(first)
        after.append(last)
        if (first + size + last - (reach - 1) * dilations[axis] - 1) // strides[axis] + 1 != result:
            raise ContradictionError
    return Geometry(strides, dilations, (before[0], before[1], after[0], after[1]))


def _pair(values: Shape, window: Shape) -> Pair:
    height, width = _plane(values or (1,) * len(window), 1)
    if min(height, width) < 1:
        raise ContradictionError
    return height, width


def _plane(sizes: Shape, along: int = 1) -> Pair:
    """Return the last two of several values; ``along`` is the second of a single one."""
    return (sizes[-2], sizes[-1]) if len(sizes) > 1 else (sizes[0], along)


def _convolution(weights: int) -> Convert:
    def convert(name: str, node: NodeProto, shapes: Shapes) -> Operator:
        image, kernel, output = shapes.input(node, 0, 3), shapes.input(node, weights, 3), shapes.output(node, 3)
        groups = integer(node, "group", 1)
        if not len(kernel) == len(output) == len(image) or groups < 1 or output[0] != image[0]:
            raise ContradictionError
        if output[1] % groups or output[1] != kernel[0] or image[1] != kernel[1] * groups:
            raise ContradictionError
        moves = geometry(node, image[2:], kernel[2:], output[2:])
        (height, width), (r, s) = _plane(image[2:]), _plane(kernel[2:])
        return Conv(
            name, image[1] * math.prod(kernel[2:-2]), height, width, r, s, batch=image[0] * math.prod(output[2:-2]),
            strides=moves.strides, dilations=moves.dilations, padding=moves.padding, M=output[1], groups=groups,
            has_weights=shapes.is_constant(node, 0) or shapes.is_constant(node, weights),
        )  # fmt: skip

    return convert


def _transposed(name: str, node: NodeProto, shapes: Shapes) -> Operator:
    image, kernel = shapes.input(node, 0, 3), shapes.input(node, 1, 3)
    groups = integer(node, "group", 1)
    if len(kernel) != len(image) or groups < 1 or image[1] % groups or image[1] != kernel[0]:
        raise ContradictionError
    height, width = _plane(image[2:])
    return Conv(
        name, image[1], height, width, 1, 1, batch=image[0] * math.prod(image[2:-2]), M=math.prod(kernel[1:]) * groups,
        groups=groups, has_weights=shapes.is_constant(node, 0) or shapes.is_constant(node, 1),
    )  # fmt: skip


def _gemm(name: str, node: NodeProto, shapes: Shapes) -> Operator:
    left, right = shapes.input(node, 0, 2), shapes.input(node, 1, 2)
    rows, inner = left[::-1] if integer(node, "transA") else left
    inner_too, columns = right[::-1] if integer(node, "transB") else right
    if inner != inner_too:
        raise ContradictionError
    has_weights = shapes.is_constant(node, 0) or shapes.is_constant(node, 1)
    return Gemm(name, rows, inner, columns, has_weights=has_weights)


def _matmul(left_index: int, right_index: int) -> Convert:
    def convert(name: str, node: NodeProto, shapes: Shapes) -> Operator:
        left, right = shapes.input(node, left_index, 1), shapes.input(node, right_index, 1)
        left = (1, *left) if len(left) == 1 else left
        right = (*right, 1) if len(right) == 1 else right
        (*left_batch, rows, inner), (*right_batch, inner_too, columns) = left, right
        if inner != inner_too:
            raise ContradictionError
        is_left, is_right = shapes.is_constant(node, left_index), shapes.is_constant(node, right_index)
        batch = 1
        if math.prod(right_batch) == 1:
            rows = math.prod(left[:-1])
            if is_left and not is_right:
                rows, columns = columns, rows
        elif math.prod(left_batch) == 1 and is_left:
            rows, columns = columns * math.prod(right_batch), rows
        else:
            batch = _broadcast(left_batch, right_batch)
        return Gemm(name, rows, inner, columns, batch, is_left or is_right)

    return convert


def _broadcast(left: list[int], right: list[int]) -> int:
    """Return how many products there are when batches of sizes 1 are repeated."""
    n_axes = max(len(left), len(right))
    pairs = list(zip([1] * (n_axes - len(left)) + left, [1] * (n_axes - len(right)) + right, strict=True))
    if any(1 not in pair and pair[0] != pair[1] for pair in pairs):
        raise ContradictionError
    return math.prod(max(pair) for pair in pairs)


PRODUCTS: Mapping[str, Convert] = {
    "Conv": _convolution(1),
    "ConvInteger": _convolution(1),
    "QLinearConv": _convolution(3),
    "ConvTranspose": _transposed,
    "Gemm": _gemm,
    "MatMul": _matmul(0, 1),
    "MatMulInteger": _matmul(0, 1),
    "QLinearMatMul": _matmul(0, 3),
}
"""Operators that become convolutions and matrix products; each raises UnsizedError where sizes are unknown."""


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
