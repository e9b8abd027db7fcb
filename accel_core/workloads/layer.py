"""A layer: what accelerators that run convolutions alone see of an operator."""

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
