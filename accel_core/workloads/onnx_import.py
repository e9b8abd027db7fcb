"""ONNX models as workloads: their convolutions and matrix products, and a report of everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from accel_core.errors import InvalidInputError
from accel_core.workloads.layer_table import MAX_LAYERS, MAX_SIZE
from accel_core.workloads.onnx_file import STANDARD_DOMAINS, Model, read_model
from accel_core.workloads.onnx_layers import COUNTED, LAYERS, Shapes, UnsizedError, bodies, is_stretched, node_name
from accel_core.workloads.workload import Layer

if TYPE_CHECKING:
    from onnx import NodeProto

UNSIZED = "its sizes are not known before it runs"
UNKNOWN = "an operator that ONNX does not define"
BODY = "what its body does depends on the input"
NO_LAYER = "neither a convolution nor a matrix product"
NO_MACS = "no multiply-accumulates"


@dataclass(frozen=True)
class Skipped:
    """Nodes of one operator that are no layers.

    Attributes:
        operator: Name of the operator.
        nodes: Their names.
        macs: Their multiply-accumulates; None where they cannot be counted.
        reason: Why they are left out.
    """

    operator: str
    nodes: tuple[str, ...]
    macs: int | None
    reason: str

    def __str__(self) -> str:
        count = "an unknown number of" if self.macs is None else f"{self.macs:,}"
        return f"{self.operator} {_listed(self.nodes)}: {self.reason}; {count} multiply-accumulates"


@dataclass(frozen=True)
class OnnxNetwork:
    """What a model becomes.

    Attributes:
        layers: Its convolutions and matrix products, in the order of its nodes.
        skipped: All other nodes, by operator and reason.
        notes: What was assumed.
    """

    layers: tuple[Layer, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the layers."""
        return sum(layer.macs for layer in self.layers)

    @property
    def skipped_macs(self) -> int:
        """Multiply-accumulates of what is left out, as far as they can be counted."""
        return sum(skipped.macs or 0 for skipped in self.skipped)

    def report(self) -> list[str]:
        """Say in a few lines what was found, what was assumed and what was left out."""
        lines = [f"{len(self.layers)} layers, {self.macs:,} multiply-accumulates", *self.notes]
        lines += [f"left out: {skipped}" for skipped in self.skipped if skipped.macs != 0]
        harmless = [f"{skipped.operator} {len(skipped.nodes)}" for skipped in self.skipped if skipped.macs == 0]
        return [*lines, f"without multiply-accumulates: {', '.join(harmless)}"] if harmless else lines


def read_onnx(path: Path, sizes: Mapping[str, int] | None = None) -> OnnxNetwork:
    """Read a model.

    Args:
        path: An ``.onnx`` file.
        sizes: Values of sizes that the model's inputs leave free, by their names in the model, or ``INPUT[AXIS]`` where
            they have none. A free first size of an input, the batch, is 1 if not given.

    Raises:
        InvalidInputError: If the file is missing, too large or no model, if a free size is not given or a given one
            is not free, if it has no layer, too many, or one that is too large; or without the package ``onnx``.
    """
    model = read_model(path, sizes or {})
    network = _convert(model)
    _check(network, path.name)
    return network


def _convert(model: Model) -> OnnxNetwork:
    shapes = Shapes(model.shapes, model.weights)
    layers: list[Layer] = []
    left_out: dict[tuple[str, str], list[tuple[str, int | None]]] = {}
    products: list[Layer] = []
    stretched: list[str] = []
    taken: set[str] = set()
    for node in model.nodes:
        shapes.add_constants(node)
        name = node_name(node, taken)
        layer = _layer(name, node, shapes)
        if layer is None and shapes.is_computed_once(node):
            continue
        if layer is None:
            reason, macs = _why(node, shapes, model.defined)
            left_out.setdefault((node.op_type, reason), []).append((name, macs))
            continue
        layers.append(layer)
        if not any(shapes.is_constant(node, index) for index in LAYERS[node.op_type].operands):
            products.append(layer)
        if is_stretched(node):
            stretched.append(name)
    skipped = tuple(
        Skipped(operator, tuple(name for name, _ in found), _total(macs for _, macs in found), reason)
        for (operator, reason), found in sorted(left_out.items())
    )
    return OnnxNetwork(tuple(layers), skipped, tuple(_notes(model.assumed, products, stretched)))


def _layer(name: str, node: NodeProto, shapes: Shapes) -> Layer | None:
    if node.domain not in STANDARD_DOMAINS or node.op_type not in LAYERS:
        return None
    try:
        return LAYERS[node.op_type].convert(name, node, shapes)
    except UnsizedError:
        return None


def _why(node: NodeProto, shapes: Shapes, defined: frozenset[str]) -> tuple[str, int | None]:
    """Return why a node is no layer, and its multiply-accumulates."""
    if node.domain not in STANDARD_DOMAINS or node.op_type not in defined:
        return UNKNOWN, None
    if node.op_type in LAYERS:
        return UNSIZED, None
    heavy = [inner for inner in bodies(node) if inner.op_type in (*LAYERS, *COUNTED) or inner.domain]
    if heavy:
        return BODY, None
    if node.op_type not in COUNTED:
        return NO_MACS, 0
    try:
        return NO_LAYER, COUNTED[node.op_type](node, shapes)
    except UnsizedError:
        return NO_LAYER, None


def _notes(assumed: Sequence[str], products: Sequence[Layer], stretched: Sequence[str]) -> Iterable[str]:
    if assumed:
        yield f"free size taken as 1: {', '.join(assumed)}"
    if products:
        macs = sum(layer.macs for layer in products)
        names = _listed([layer.name for layer in products])
        yield f"products of two activations instead of one and weights: {names}; {macs:,} multiply-accumulates"
    if stretched:
        yield f"dilated, or of two strides, the larger of which is taken: {_listed(stretched)}"


def _total(counts: Iterable[int | None]) -> int | None:
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total


def _check(network: OnnxNetwork, place: str) -> None:
    if not network.layers:
        found = "; ".join(str(skipped) for skipped in network.skipped if skipped.macs != 0)
        raise InvalidInputError(
            f"{place} has no convolution or matrix product of known size; at least one is needed"
            + (f" (left out: {found})" if found else "")
        )
    if len(network.layers) > MAX_LAYERS:
        raise InvalidInputError(f"{place} has {len(network.layers):,} layers; at most {MAX_LAYERS:,} are allowed")
    for layer in network.layers:
        for field in fields(layer)[1:]:
            if (size := getattr(layer, field.name)) > MAX_SIZE:
                raise InvalidInputError(
                    f"{place}, '{layer.name}': {field.name} is {size:,}; allowed: integers 1 to {MAX_SIZE:,}"
                )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"'{name}'" for name in names[:3]) + more
