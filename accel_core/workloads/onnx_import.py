"""ONNX models as networks: their operators, and a report of what is no work of an inference or cannot be sized."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from accel_core.workloads.conversion import NO_MACS
from accel_core.workloads.files import bounded_content
from accel_core.workloads.left_out import listed
from accel_core.workloads.network import Network, check_network
from accel_core.workloads.onnx_file import STANDARD_DOMAINS, Model, read_model
from accel_core.workloads.onnx_operators import (
    COUNTED,
    PRODUCTS,
    ContradictionError,
    Shapes,
    UnsizedError,
    bodies,
    node_name,
)
from accel_core.workloads.onnx_vectors import vector_operator
from accel_core.workloads.operators import Operator, Other

if TYPE_CHECKING:
    from onnx import NodeProto

MAX_BYTES = 600_000_000
"""Largest file that is read; VGG-16 has 550 MB."""
UNSIZED = "its sizes are not known before it runs"
CONTRADICTED = "its sizes contradict each other, or rest on sizes in the file that contradict its inputs"
UNKNOWN = "an operator that ONNX does not define"
BODY = "what its body does depends on the input"
NO_LAYER = "neither a convolution nor a matrix product"


def read_onnx(path: Path, sizes: Mapping[str, int] | None = None) -> Network:
    """Read a model.

    Args:
        path: An ``.onnx`` file.
        sizes: Values of sizes that the model's inputs leave free, by their names in the model, or ``INPUT[AXIS]`` where
            they have none. A free first size of an input, the batch, is 1 if not given.

    Raises:
        InvalidInputError: If the file is missing, too large or no model, if a free size is not given or a given one
            is not free, if it has no layer, too many, or one that is too large; or without the package ``onnx``.
    """
    return parse_onnx(bounded_content(path, MAX_BYTES), path.name, sizes)


def parse_onnx(content: bytes, place: str, sizes: Mapping[str, int] | None = None) -> Network:
    """Read a model from its bytes, called ``place`` in errors; as `read_onnx`."""
    return check_network(_network(read_model(content, place, sizes or {})), place)


def _network(model: Model) -> Network:
    shapes = Shapes(model.sizes, model.weights)
    operators: list[Operator] = []
    constants: list[Operator] = []
    taken: set[str] = set()
    for node in model.nodes:
        shapes.add_constants(node)
        operator = _operator(node_name(node, taken), node, shapes, model)
        (constants if shapes.is_computed_once(node) else operators).append(operator)
    return Network(tuple(operators), tuple(_remarks(model, constants)))


def _operator(name: str, node: NodeProto, shapes: Shapes, model: Model) -> Operator:
    """Return a node as an operator, with the tensors that it reads and writes."""
    is_foreign = node.domain not in STANDARD_DOMAINS or node.op_type not in model.defined
    if is_foreign or any(inner.op_type in (*PRODUCTS, *COUNTED) or inner.domain for inner in bodies(node)):
        found: Operator = Other(name, node.op_type, None, UNKNOWN if is_foreign else BODY)
    elif node.op_type in PRODUCTS:
        found = _product(name, node, shapes)
    elif node.op_type in COUNTED:
        found = Other(name, node.op_type, _count(node, shapes), NO_LAYER)
    else:
        found = _vector(name, node, shapes, model.opset)
    return replace(found, inputs=tuple(name for name in node.input if name), outputs=tuple(node.output))


def _product(name: str, node: NodeProto, shapes: Shapes) -> Operator:
    try:
        return PRODUCTS[node.op_type](name, node, shapes)
    except ContradictionError:
        return Other(name, node.op_type, None, CONTRADICTED)
    except UnsizedError:
        return Other(name, node.op_type, None, UNSIZED)


def _count(node: NodeProto, shapes: Shapes) -> int | None:
    try:
        return COUNTED[node.op_type](node, shapes)
    except UnsizedError:
        return None


def _vector(name: str, node: NodeProto, shapes: Shapes, opset: int) -> Operator:
    with suppress(UnsizedError):
        if found := vector_operator(name, node, shapes, opset):
            return found
    return Other(name, node.op_type, 0, NO_MACS)


def _remarks(model: Model, constants: list[Operator]) -> Iterable[str]:
    yield from model.sizes.remarks
    if model.assumed:
        yield f"free size taken as 1: {', '.join(model.assumed)}"
    products = [one for one in constants if one.macs != 0]
    if products:
        known = sum(one.macs or 0 for one in products)
        unknown = "" if all(one.macs is not None for one in products) else ", and some of unknown sizes"
        names = listed([one.name for one in products])
        yield (
            f"products of constants, computed once and not in every inference: {names};"
            f" {known:,} multiply-accumulates{unknown}, not counted"
        )
