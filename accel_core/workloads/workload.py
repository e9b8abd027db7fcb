"""A workload: layers of a network, or a number of training vectors."""

from __future__ import annotations

from dataclasses import dataclass, fields

from accel_core.errors import InvalidInputError


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
    """

    name: str
    C: int
    M: int
    P: int
    Q: int
    R: int
    S: int
    stride: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "name" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise InvalidInputError(f"layer '{self.name}': {field.name} is {value!r}; allowed: integers from 1")

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the layer."""
        return self.C * self.M * self.P * self.Q * self.R * self.S


@dataclass(frozen=True)
class Workload:
    """What a platform's system metrics are about.

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
        if bool(self.layers) == bool(self.n_vectors) or self.n_vectors < 0:
            raise InvalidInputError(
                f"workload '{self.name}': {len(self.layers)} layers and {self.n_vectors} vectors;"
                " allowed: layers or vectors, and one of the two"
            )
