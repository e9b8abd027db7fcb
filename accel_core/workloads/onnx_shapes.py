"""Sizes of the tensors of an ONNX model, worked out from its inputs and its constants alone.

Sizes that a file stores for tensors inside it may be left from before its inputs were changed. They are set aside, and
used only where nothing else is known and all others agree with what follows from the inputs. Sizes that the model
computes from constants and from other sizes, such as the target of a ``Resize``, are computed by onnx's own reference
evaluator, node by node.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from accel_core.workloads.left_out import listed
from accel_core.workloads.operators import Shape

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto, TypeProto, ValueInfoProto

SMALL = 1_000
"""Most values of a tensor that is looked into or computed, such as the target of a Reshape."""

_ROUNDS = 8  # of inference over the whole graph; each but the first begins with what the one before it found
_COMPUTED = frozenset({
    "Abs", "Add", "And", "Cast", "CastLike", "Ceil", "Clip", "Concat", "ConstantOfShape", "CumSum", "Div", "Equal",
    "Expand", "Flatten", "Floor", "Gather", "GatherElements", "GatherND", "Greater", "GreaterOrEqual", "Identity",
    "Less", "LessOrEqual", "Max", "Min", "Mod", "Mul", "Neg", "NonZero", "Not", "OneHot", "Or", "Pad", "Range",
    "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Reshape", "Round", "ScatterElements",
    "ScatterND", "Sign", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Tile", "Transpose", "Trilu", "Unsqueeze",
    "Where",
})  # fmt: skip
"""Operators that models compute sizes with."""


@dataclass(frozen=True)
class Sizes:
    """What is known of the tensors of a model.

    Attributes:
        shapes: Sizes of tensors by name, where they are known.
        values: Values of small tensors that follow from constants and sizes.
        contradicted: Tensors behind a ``Reshape`` to sizes that its input does not have.
        remarks: What was found out about sizes that the file stores.
    """

    shapes: Mapping[str, Shape]
    values: Mapping[str, tuple[int | float, ...]]
    contradicted: frozenset[str]
    remarks: tuple[str, ...]


def find_sizes(onnx: Any, model: ModelProto, weights: frozenset[str]) -> Sizes:
    """Work out the sizes of a model whose inputs have sizes; the sizes that it stores are taken out of it.

    Args:
        onnx: The package.
        model: The model.
        weights: Names of the tensors that come with it.

    Raises:
        Exception: Whatever the onnx package raises on malformed models.
    """
    stored = dict(_take_stored(model.graph))
    known = _Inference(onnx, model, {})
    known.run()
    constants = _constants(model.graph, weights | known.constants)
    compared = [name for name in stored if name in known.shapes and name not in constants]
    if wrong := [name for name in compared if static_shape(stored[name]) != known.shapes[name]]:
        return known.sizes([_contradiction(stored, known.shapes, wrong)])
    foreign = {
        name for node in model.graph.node if not onnx.defs.has(node.op_type, node.domain) for name in node.output
    }
    taken = {name: kind for name, kind in stored.items() if name in foreign}
    if not compared or not taken:
        return known.sizes([])
    helped = _Inference(onnx, model, taken)
    helped.run()
    if wrong := [name for name in stored if helped.shapes.get(name) not in (None, static_shape(stored[name]))]:
        return known.sizes([_contradiction(stored, helped.shapes, wrong)])
    return helped.sizes([f"sizes as stored in the file, which agrees with its inputs elsewhere: {listed([*taken])}"])


def _constants(graph: GraphProto, known: AbstractSet[str]) -> AbstractSet[str]:
    """Return the tensors that are computed from known ones alone."""
    found = set(known)
    for node in graph.node:
        if all(name in found for name in node.input if name):
            found.update(node.output)
    return found


def _contradiction(stored: Mapping[str, TypeProto], shapes: Mapping[str, Shape], wrong: list[str]) -> str:
    first = wrong[0]
    was, follows = (" x ".join(map(str, shape or ())) for shape in (static_shape(stored[first]), shapes.get(first)))
    more = f", and so {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return (
        f"sizes stored in the file contradict its inputs and are not used: '{first}' is stored as {was} where"
        f" {follows} follows{more}"
    )


class _Inference:
    """Alternates onnx's inference over the whole graph with one node by node that also computes values."""

    def __init__(self, onnx: Any, model: ModelProto, given: Mapping[str, TypeProto]) -> None:
        self._onnx = onnx
        self._model = onnx.ModelProto()
        self._model.CopyFrom(model)
        self._nodes = list(model.graph.node)
        self._opsets = {opset.domain: opset.version for opset in model.opset_import}
        self._types: dict[str, TypeProto] = {value.name: value.type for value in model.graph.input}
        self._values: dict[str, TensorProto] = {}
        self.shapes: dict[str, Shape] = {}
        self.constants: set[str] = set()
        for tensor in model.graph.initializer:
            self._learn(tensor.name, onnx.helper.make_tensor_type_proto(tensor.data_type, list(tensor.dims)))
            self._values[tensor.name] = tensor
            self.constants.add(tensor.name)
        for value in model.graph.input:
            self._learn(value.name, value.type)
        for name, kind in given.items():
            self._model.graph.value_info.add(name=name).type.CopyFrom(kind)
            self._learn(name, kind)

    def run(self) -> None:
        """Find out all that can be found out in a few rounds."""
        for _ in range(_ROUNDS):
            n_known = len(self.shapes), len(self._values)
            self._over_the_graph()
            for node in self._nodes:
                self._at(node)
            if (len(self.shapes), len(self._values)) == n_known:
                break
            self._tell_the_graph()

    def sizes(self, remarks: list[str]) -> Sizes:
        """Return what was found out, without what rests on a contradiction."""
        contradicted = frozenset(self._contradicted())
        shapes = {name: shape for name, shape in self.shapes.items() if name not in contradicted}
        to_array = self._onnx.numpy_helper.to_array
        values = {
            name: tuple(to_array(tensor).ravel().tolist())
            for name, tensor in self._values.items()
            if name not in contradicted and tensor.data_type != tensor.STRING
        }
        return Sizes(shapes, values, contradicted, tuple(remarks))

    def _learn(self, name: str, kind: TypeProto) -> None:
        if name:
            self._types[name] = kind
            if (shape := static_shape(kind)) is not None:
                self.shapes[name] = shape

    def _over_the_graph(self) -> None:
        inferred = self._onnx.shape_inference.infer_shapes(self._model, data_prop=True).graph
        for value in [*inferred.value_info, *inferred.output]:
            if value.name not in self.shapes:
                self._learn(value.name, value.type)

    def _tell_the_graph(self) -> None:
        """Put what is known into the graph: sizes of tensors, and values in place of the nodes that compute them."""
        graph = self._model.graph
        del graph.value_info[:]
        made = {name for node in self._nodes for name in node.output}
        for name in made - self._values.keys():
            if name in self.shapes:
                graph.value_info.add(name=name).type.CopyFrom(self._types[name])
        there = {tensor.name for tensor in graph.initializer}
        graph.initializer.extend(self._values[name] for name in made & self._values.keys() - there)
        left = [node for node in graph.node if not all(name in self._values for name in node.output)]
        del graph.node[:]
        graph.node.extend(left)

    def _at(self, node: NodeProto) -> None:
        """Find out what one node makes."""
        names = [name for name in node.input if name]
        is_constant = node.op_type in _COMPUTED and all(name in self._values for name in names)
        if all(name in self.shapes for name in node.output if name) and not self._is_shape(node) and not is_constant:
            return
        if all(name in self._values for name in node.output):
            return
        if node.op_type == "Constant" or self._is_shape(node):
            self._look_up(node)
            return
        for name, kind in self._inferred(node, names).items():
            if name not in self.shapes:
                self._learn(name, kind)
        if is_constant and all(node.op_type == "NonZero" or self._is_small(name) for name in node.output):
            self._compute(node, names)

    def _is_shape(self, node: NodeProto) -> bool:
        return node.op_type in ("Shape", "Size") and not node.domain

    def _is_small(self, name: str) -> bool:
        return not name or math.prod(self.shapes.get(name, (SMALL + 1,))) <= SMALL

    def _inferred(self, node: NodeProto, names: list[str]) -> dict[str, TypeProto]:
        if not all(name in self._types for name in names) or any(
            attribute.HasField("g") for attribute in node.attribute
        ):
            return {}
        version = self._opsets.get(node.domain, 0)
        try:
            schema = self._onnx.defs.get_schema(node.op_type, version, node.domain)
            found: dict[str, TypeProto] = self._onnx.shape_inference.infer_node_outputs(
                schema, node, {name: self._types[name] for name in names},
                {name: self._values[name] for name in names if name in self._values},
                opset_imports=list(self._model.opset_import),
            )  # fmt: skip
        except Exception:  # of many kinds; a node that cannot be inferred has outputs of unknown sizes
            return {}
        return found

    def _look_up(self, node: NodeProto) -> None:
        """Take the value of a constant, or the sizes of a tensor."""
        helper, output = self._onnx.numpy_helper, node.output[0]
        if node.op_type == "Constant":
            tensor = next((attribute.t for attribute in node.attribute if attribute.HasField("t")), None)
            if tensor is not None and math.prod(tensor.dims) <= SMALL and tensor.data_location != tensor.EXTERNAL:
                self._keep(output, helper.to_array(tensor))
            return
        if (shape := self.shapes.get(node.input[0])) is None:
            return
        ends = {attribute.name: attribute.i for attribute in node.attribute}
        part = shape[ends.get("start", 0) : ends.get("end", len(shape))]
        self._keep(output, np.array(part if node.op_type == "Shape" else math.prod(shape), np.int64))

    def _compute(self, node: NodeProto, names: list[str]) -> None:
        """Run one node on known values."""
        helper = self._onnx.helper
        graph = helper.make_graph(
            [node], "one", [helper.make_value_info(name, self._types[name]) for name in dict.fromkeys(names)],
            [helper.make_empty_tensor_value_info(name) for name in node.output if name],
        )  # fmt: skip
        alone = helper.make_model(graph, opset_imports=list(self._model.opset_import))
        feeds = {name: self._onnx.numpy_helper.to_array(self._values[name]) for name in names}
        try:
            with np.errstate(all="ignore"):
                outputs = self._onnx.reference.ReferenceEvaluator(alone).run(None, feeds)
        except Exception:  # of many kinds; what cannot be computed stays unknown
            return
        for name, value in zip((name for name in node.output if name), outputs, strict=True):
            self._keep(name, np.asarray(value))

    def _keep(self, name: str, value: np.ndarray[Any, Any]) -> None:
        tensor = self._onnx.numpy_helper.from_array(value, name)
        self._values[name] = tensor
        self.constants.add(name)
        self._learn(name, self._onnx.helper.make_tensor_type_proto(tensor.data_type, value.shape))

    def _contradicted(self) -> Iterator[str]:
        """Yield tensors behind a Reshape that changes how many values there are."""
        found: set[str] = set()
        for node in self._nodes:
            before, after = (self.shapes.get(dict(enumerate(names)).get(0, "")) for names in (node.input, node.output))
            is_wrong = node.op_type == "Reshape" and before and after and math.prod(before) != math.prod(after)
            if is_wrong or found.intersection(node.input):
                found.update(node.output)
        yield from found


def static_shape(kind: TypeProto) -> Shape | None:
    """Return the sizes of a tensor's type; None where one is not known."""
    tensor = kind.tensor_type
    if not tensor.HasField("shape") or any(not dim.HasField("dim_value") for dim in tensor.shape.dim):
        return None
    return tuple(dim.dim_value for dim in tensor.shape.dim)


def _take_stored(graph: GraphProto) -> Iterator[tuple[str, TypeProto]]:
    """Take all sizes but the inputs' out of a graph and of the graphs inside its nodes; yield the outer ones."""
    for value in [*graph.value_info, *graph.output]:
        shape = static_shape(value.type)
        if shape is not None and min(shape, default=1) > 0:
            kind = type(value.type)()
            kind.CopyFrom(value.type)
            yield value.name, kind
    del graph.value_info[:]
    _forget(graph.output)
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                _forget(inner.input)
                for _ in _take_stored(inner):
                    pass


def _forget(values: Iterable[ValueInfoProto]) -> None:
    for value in values:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")
