"""ONNX files: the nodes of a model and the sizes of its tensors, free sizes given numbers, weights left out.

Weights kept beside the file are never looked for: shapes are all that matters here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from accel_core.errors import InvalidInputError
from accel_core.workloads.network import MAX_SIZE
from accel_core.workloads.onnx_shapes import SMALL, Sizes, find_sizes

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

STANDARD_DOMAINS = ("", "ai.onnx")
_Given = TypeVar("_Given")


@dataclass(frozen=True)
class Model:
    """What of a model decides how much it computes.

    Attributes:
        nodes: Its nodes in the order in which they run.
        sizes: What is known of its tensors.
        weights: Names of the tensors that come with it.
        opset: Version of the standard's operators.
        assumed: Free sizes that were taken as 1.
        defined: Operators of its nodes that the ONNX standard defines.
    """

    nodes: tuple[NodeProto, ...]
    sizes: Sizes
    weights: frozenset[str]
    opset: int
    assumed: tuple[str, ...]
    defined: frozenset[str]


def read_model(content: bytes, place: str, sizes: Mapping[str, int]) -> Model:
    """Read a model and work out its sizes.

    Args:
        content: The bytes of the file.
        place: What to call it in errors.
        sizes: Values of sizes that its inputs leave free.

    Raises:
        InvalidInputError: As ``read_onnx``.
    """
    onnx = _package(place)
    model: ModelProto = _guarded(onnx.ModelProto.FromString, content, place)
    if not model.graph.node:
        raise InvalidInputError(f"{place} is no ONNX model: it has no nodes")
    if model.functions:
        model = _guarded(onnx.inliner.inline_local_functions, model, place)
    graph = model.graph
    if not all(isinstance(name, str) for name in _names(graph)):
        raise InvalidInputError(f"{place} is no readable ONNX model: a name in it is not UTF-8 text")
    weights = frozenset(tensor.name for tensor in graph.initializer)
    assumed = _fix_sizes(graph, weights, sizes, place)
    weights |= _lift_constants(graph)
    _drop_weights(graph)
    nodes = tuple(graph.node)
    found = _guarded(lambda given: find_sizes(onnx, given, weights), model, place)
    standard = {node.op_type for node in nodes if node.domain in STANDARD_DOMAINS}
    defined = frozenset(operator for operator in standard if onnx.defs.has(operator))
    opset = next((opset.version for opset in model.opset_import if opset.domain in STANDARD_DOMAINS), 1)
    return Model(nodes, found, weights, opset, assumed, defined)


def _package(place: str) -> Any:
    try:
        import onnx  # noqa: PLC0415 - a quarter of a second that only this needs
        import onnx.inliner  # noqa: PLC0415
        import onnx.reference  # noqa: PLC0415
        import onnx.shape_inference  # noqa: PLC0415
    except ImportError:
        raise InvalidInputError(f"{place}: reading it needs the package onnx (pip install onnx)") from None
    return onnx


def _guarded(step: Callable[[_Given], Any], given: _Given, place: str) -> Any:
    """Run a step of the onnx package, whose errors on malformed models are of many kinds."""
    try:
        return step(given)
    except Exception as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InvalidInputError(f"{place} is no readable ONNX model: {first:.200}") from None


def _names(graph: GraphProto) -> Iterator[str]:
    """Yield every name that is used here; protobuf hands over those that are not UTF-8 as bytes."""
    for node in graph.node:
        yield from (node.op_type, node.domain, node.name, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
    for value in [*graph.input, *graph.value_info, *graph.output]:
        yield from (value.name, *(dim.dim_param for dim in value.type.tensor_type.shape.dim))
    yield from (tensor.name for tensor in graph.initializer)


def _fix_sizes(graph: GraphProto, weights: frozenset[str], given: Mapping[str, int], place: str) -> tuple[str, ...]:
    """Put numbers where the model's inputs leave sizes free; return the names of those that were taken as 1."""
    inputs = [value for value in graph.input if value.name not in weights]
    free = [(label, axis) for value in inputs for label, axis in _free(value)]
    labels = list(dict.fromkeys(label for label, _ in free))
    for label, size in given.items():
        if label not in labels:
            raise InvalidInputError(f"{place} has no free size '{label}'; allowed: {', '.join(labels) or 'none'}")
        if not 1 <= size <= MAX_SIZE:
            raise InvalidInputError(f"{place}: size {label} is {size}; allowed: integers 1 to {MAX_SIZE:,}")
    assumed = tuple(dict.fromkeys(label for label, axis in free if axis == 0 and label not in given))
    known = {**given, **dict.fromkeys(assumed, 1)}
    if missing := [label for label in labels if label not in known]:
        raise InvalidInputError(
            f"{place} leaves the size {', '.join(missing)} free; each needs a value, such as {missing[0]}=224"
        )
    for value in inputs:
        for label, axis in _free(value):
            value.type.tensor_type.shape.dim[axis].dim_value = known[label]
    for value in [*graph.value_info, *graph.output]:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in known:
                dim.dim_value = known[dim.dim_param]
    return assumed


def _free(value: ValueInfoProto) -> list[tuple[str, int]]:
    """Return name and axis of each size of a tensor that is no number above 0."""
    dims = value.type.tensor_type.shape.dim
    return [(dim.dim_param or f"{value.name}[{axis}]", axis) for axis, dim in enumerate(dims) if dim.dim_value < 1]


def _lift_constants(graph: GraphProto) -> frozenset[str]:
    """Make weights of nodes that hold large constants; return their names."""
    kept, names = [], []
    for node in graph.node:
        tensor = next((attribute.t for attribute in node.attribute if attribute.HasField("t")), None)
        if node.op_type != "Constant" or tensor is None or _is_small(tensor):
            kept.append(node)
            continue
        graph.initializer.add(name=node.output[0], dims=tensor.dims, data_type=tensor.data_type)
        names.append(node.output[0])
    if names:
        copies = [type(node).FromString(node.SerializeToString()) for node in kept]
        del graph.node[:]
        graph.node.extend(copies)
    return frozenset(names)


def _drop_weights(graph: GraphProto) -> None:
    """Make inputs of large weights and of those kept beside the file, so that only their shapes go on.

    A weight that is an input too, as in old files, has its own sizes, whatever the input says.
    """
    declared = {value.name: value for value in graph.input}
    large = [(index, tensor) for index, tensor in enumerate(graph.initializer) if not _is_small(tensor)]
    for index, tensor in reversed(large):
        value = declared.get(tensor.name) or graph.input.add(name=tensor.name)
        value.type.tensor_type.elem_type = tensor.data_type
        value.type.tensor_type.ClearField("shape")
        value.type.tensor_type.shape.SetInParent()
        for size in tensor.dims:
            value.type.tensor_type.shape.dim.add(dim_value=size)
        del graph.initializer[index]
    small = {tensor.name for tensor in graph.initializer}
    for index in reversed([index for index, value in enumerate(graph.input) if value.name in small]):
        del graph.input[index]


def _is_small(tensor: TensorProto) -> bool:
    return math.prod(tensor.dims) <= SMALL and tensor.data_location != tensor.EXTERNAL
