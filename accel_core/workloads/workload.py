"""A workload: operators of a network, or a number of training vectors."""

from __future__ import annotations

from dataclasses import dataclass, field

from accel_core.errors import InvalidInputError
from accel_core.workloads.conversion import layers_of, operator_of
from accel_core.workloads.layer import Layer
from accel_core.workloads.operators import Operator

MAX_NAMED = 30
"""Layers that an error lists at most."""


@dataclass(frozen=True)
class Workload:
    """What a design runs.

    Attributes:
        name: Short name for files and command lines.
        title: Words for a person.
        source: Where its numbers come from.
        layers: Layers run one after another; empty where vectors are streamed. Those of the operators where they are
            left out.
        n_vectors: Training vectors streamed; 0 where layers are run.
        operators: All operators of the network, those that are no layers too. Those of the layers where they are left
            out.
        remarks: What was assumed when it was read, and what of its file does not count; no part of what it is.
    """

    name: str
    title: str
    source: str
    layers: tuple[Layer, ...] = ()
    n_vectors: int = 0
    operators: tuple[Operator, ...] = ()
    remarks: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        """Fill in layers or operators, and reject a workload that has both layers and vectors."""
        if self.operators and not self.layers:
            object.__setattr__(self, "layers", layers_of(self.operators))
        if self.layers and not self.operators:
            object.__setattr__(self, "operators", tuple(map(operator_of, self.layers)))
        if (self.layers and self.n_vectors) or self.n_vectors < 0:
            raise InvalidInputError(
                f"workload '{self.name}': {len(self.layers)} layers and {self.n_vectors} vectors;"
                " allowed: layers, vectors, or neither where only its name matters"
            )
        if layers_of(self.operators) != self.layers:
            raise InvalidInputError(f"workload '{self.name}': its layers are not those of its operators")

    def layer(self, name: str) -> Layer:
        """Return the layer of that name.

        Raises:
            InvalidInputError: If there is none of that name, or several.
        """
        found = [layer for layer in self.layers if layer.name == name]
        if len(found) == 1:
            return found[0]
        names = list(dict.fromkeys(layer.name for layer in self.layers))
        more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        why = f"stands there {len(found)} times" if found else f"allowed: {', '.join(names[:MAX_NAMED])}{more}"
        raise InvalidInputError(f"layer '{name:.80}' of workload '{self.name}': {why}")

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all layers; 0 where vectors are streamed."""
        return sum(layer.macs for layer in self.layers)

    @property
    def outputs(self) -> int:
        """Values that all layers compute; 0 where vectors are streamed."""
        return sum(layer.outputs for layer in self.layers)
