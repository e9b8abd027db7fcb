"""Operators as layers and layers as operators, for accelerators that run layers; and what does not fit into one."""

from __future__ import annotations

from collections.abc import Iterable

from accel_core.workloads.layer import Layer
from accel_core.workloads.operators import Conv, Gemm, Operator, Other

NO_MACS = "no multiply-accumulates"


def layer_of(operator: Operator) -> Layer | None:
    """Return a convolution or a matrix product as a layer; None for anything else.

    A layer is repeated for every image, group and product. It has one stride: the larger one where two matter, see
    `is_stretched`.
    """
    if isinstance(operator, Conv):
        groups, stride = operator.groups, max(_strides_that_matter(operator))
        return Layer(
            operator.name, operator.C // groups, operator.M // groups, operator.P, operator.Q, operator.R, operator.S,
            stride, operator.batch * groups,
        )  # fmt: skip
    if isinstance(operator, Gemm):
        return Layer(operator.name, operator.inner, operator.columns, operator.rows, 1, 1, 1, repeat=operator.batch)
    return None


def layers_of(operators: Iterable[Operator]) -> tuple[Layer, ...]:
    """Return the layers among operators, in their order."""
    return tuple(layer for layer in map(layer_of, operators) if layer is not None)


def operator_of(layer: Layer) -> Operator:
    """Return a layer as an operator that `layer_of` makes the same layer of.

    Repetitions become groups, which they mostly are. Padding is not known, so that the input has the size that the
    filter reaches.
    """
    if (layer.P, layer.Q, layer.R, layer.S, layer.stride, layer.repeat) == (1,) * 6:
        return Gemm(layer.name, 1, layer.C, layer.M)
    height, width = (layer.P - 1) * layer.stride + layer.R, (layer.Q - 1) * layer.stride + layer.S
    return Conv(
        layer.name, layer.C * layer.repeat, height, width, layer.R, layer.S, M=layer.M * layer.repeat,
        strides=(layer.stride, layer.stride), groups=layer.repeat,
    )  # fmt: skip


def runs_layers(operator: Operator) -> str | None:
    """Return why an operator is no layer, None if it is one; for platforms that run layers alone."""
    if isinstance(operator, Conv | Gemm):
        return None
    return operator.reason if isinstance(operator, Other) else NO_MACS


def is_stretched(operator: Operator) -> bool:
    """Tell whether a convolution has what layers have no words for: dilation, or two strides that both matter."""
    if not isinstance(operator, Conv):
        return False
    sizes = zip(operator.dilations, (operator.R, operator.S), strict=True)
    is_dilated = any(dilation > 1 and size > 1 for dilation, size in sizes)
    return is_dilated or len(set(_strides_that_matter(operator))) > 1


def _strides_that_matter(operator: Conv) -> tuple[int, ...]:
    """Return the strides along which there is more than one output; both where there is one output only."""
    moves = zip(operator.strides, (operator.P, operator.Q), strict=True)
    return tuple(stride for stride, outputs in moves if outputs > 1) or operator.strides
