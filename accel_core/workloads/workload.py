"""A workload: layers of a network, or a number of training vectors."""

from __future__ import annotations

from dataclasses import dataclass, fields

from accel_core.errors import InvalidInputError

MAX_NAMED = 30
"""Layers that an error lists at most."""


@dataclass(frozen=True)
class Layer:
    """One convolution or matrix layer in the letters that Timeloop uses.

    Attributes:
        name: Its name in the network.
        C: Input channels.
        M: Output channels.
        P: Output height.
        Q: Output width.
        R: Filter height.
        S: Filter width.
        stride: Step of the filter in both directions.
        repeat: How often it is run one after another: one group of a grouped or depthwise convolution, whose C and M
            are those of the group, or one of several equal layers.
    """

    name: str
    C: int
    M: int
    P: int
    Q: int
    R: int
    S: int
    stride: int = 1
    repeat: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "name" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise InvalidInputError(f"layer '{self.name}': {field.name} is {value!r}; allowed: integers from 1")

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the layer, all repetitions together."""
        return self.repeat * self.C * self.M * self.P * self.Q * self.R * self.S

    @property
    def outputs(self) -> int:
        """Values that the layer computes, all repetitions together."""
        return self.repeat * self.M * self.P * self.Q


@dataclass(frozen=True)
class Workload:
    """What a design runs.

    Attributes:
        name: Short name for files and command lines.
        title: Words for a person.
        source: Where its numbers come from.
        layers: Layers run one after another; empty where vectors are streamed.
        n_vectors: Training vectors streamed; 0 where layers are run.
    """

    name: str
    title: str
    source: str
    layers: tuple[Layer, ...] = ()
    n_vectors: int = 0

    def __post_init__(self) -> None:
        if (self.layers and self.n_vectors) or self.n_vectors < 0:
            raise InvalidInputError(
                f"workload '{self.name}': {len(self.layers)} layers and {self.n_vectors} vectors;"
                " allowed: layers, vectors, or neither where only its name matters"
            )

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
