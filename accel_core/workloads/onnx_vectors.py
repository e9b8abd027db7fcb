"""Nodes of an ONNX model that no weights are multiplied in, as operators: pooling, element-wise, reductions, ..."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from accel_core.workloads.onnx_operators import ContradictionError, Shapes, geometry, integer, integers
from accel_core.workloads.operators import Elementwise, Move, Normalization, Operator, Pool, Reduction, Shape

if TYPE_CHECKING:
    from onnx import NodeProto

_POOLS = frozenset({"AveragePool", "LpPool", "MaxPool"})
_GLOBAL_POOLS = frozenset({"GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool"})
_ELEMENTWISE = frozenset({
    "Abs", "Acos", "Acosh", "Add", "And", "Asin", "Asinh", "Atan", "Atanh", "BitShift", "BitwiseAnd", "BitwiseNot",
    "BitwiseOr", "BitwiseXor", "Cast", "CastLike", "Ceil", "Celu", "Clip", "Cos", "Cosh", "DequantizeLinear", "Div",
    "DynamicQuantizeLinear", "Elu", "Equal", "Erf", "Exp", "Floor", "Gelu", "Greater", "GreaterOrEqual",
    "HardSigmoid", "HardSwish", "IsInf", "IsNaN", "LeakyRelu", "Less", "LessOrEqual", "Log", "Max", "Mean", "Min",
    "Mish", "Mod", "Mul", "Neg", "Not", "Or", "PRelu", "Pow", "QuantizeLinear", "Reciprocal", "Relu", "Round", "Selu",
    "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Swish", "Tan", "Tanh",
    "ThresholdedRelu", "Where", "Xor",
})  # fmt: skip
_REDUCTIONS = frozenset({
    "ArgMax", "ArgMin", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
    "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare",
})  # fmt: skip
_NORMALIZATIONS = frozenset({
    "BatchNormalization", "GroupNormalization", "Hardmax", "InstanceNormalization", "LRN", "LayerNormalization",
    "LogSoftmax", "LpNormalization", "MeanVarianceNormalization", "RMSNormalization", "Softmax",
})  # fmt: skip
_MOVES = frozenset({
    "Concat", "DepthToSpace", "Dropout", "Expand", "Flatten", "Gather", "GatherElements", "GatherND", "Identity",
    "Pad", "Reshape", "Resize", "ReverseSequence", "ScatterElements", "ScatterND", "Slice", "SpaceToDepth", "Split",
    "Squeeze", "Tile", "Transpose", "Trilu", "Unsqueeze", "Upsample",
})  # fmt: skip


def vector_operator(name: str, node: NodeProto, shapes: Shapes, opset: int) -> Operator | None:
    """Return a node as an operator that no layer multiplies for; None where it has no such form.

    Raises:
        UnsizedError: If sizes are unknown.
    """
    function, shape = node.op_type, shapes.output(node)
    if function in _POOLS | _GLOBAL_POOLS:
        return _pool(name, node, shapes)
    if function in _ELEMENTWISE:
        return Elementwise(name, function, shape, sum(map(bool, node.input)))
    if function in _REDUCTIONS:
        return Reduction(name, function, shapes.input(node, 0), _reduced(node, shapes))
    if function in _NORMALIZATIONS:
        return Normalization(name, function, shape, _normalized(node, shape, opset))
    return Move(name, function, shape) if function in _MOVES else None


def _pool(name: str, node: NodeProto, shapes: Shapes) -> Operator | None:
    image, output = shapes.input(node, 0, 3), shapes.output(node, 3)
    if node.op_type in _GLOBAL_POOLS:
        height, width = math.prod(image[2:-1]), image[-1]
        return Pool(name, image[1], height, width, height, width, batch=image[0], function=node.op_type)
    window = integers(node, "kernel_shape")
    if len(window) != len(image) - 2 or min(window) < 1:
        raise ContradictionError
    if len(window) > 2:
        return None
    moves = geometry(node, image[2:], window, output[2:])
    (height, width), (r, s) = ((*sizes, 1)[:2] for sizes in (image[2:], window))
    return Pool(
        name, image[1], height, width, r, s, batch=image[0], strides=moves.strides, dilations=moves.dilations,
        padding=moves.padding, function=node.op_type,
    )  # fmt: skip


def _reduced(node: NodeProto, shapes: Shapes) -> Shape:
    rank = len(shapes.input(node, 0))
    if node.op_type in ("ArgMax", "ArgMin"):
        return (integer(node, "axis") % max(rank, 1),)
    values = integers(node, "axes") or shapes.values(node, 1)
    if not values:
        return () if integer(node, "noop_with_empty_axes") else tuple(range(rank))
    return tuple(sorted(int(axis) % max(rank, 1) for axis in values))


def _normalized(node: NodeProto, shape: Shape, opset: int) -> Shape:
    """Return the axes of the statistics."""
    rank = max(len(shape), 1)
    if node.op_type in ("BatchNormalization", "LRN"):
        return () if node.op_type == "BatchNormalization" else (1,)
    if node.op_type in ("InstanceNormalization", "GroupNormalization"):
        return tuple(range(2, rank))
    if node.op_type == "MeanVarianceNormalization":
        return tuple(axis % rank for axis in integers(node, "axes") or (0, 2, 3) if axis < rank)
    is_old_softmax = opset < 13 and node.op_type in ("Softmax", "LogSoftmax", "Hardmax")
    axis = integer(node, "axis", 1 if is_old_softmax else -1) % rank
    is_open = is_old_softmax or node.op_type in ("LayerNormalization", "RMSNormalization")
    return tuple(range(axis, rank)) if is_open else (axis,)
