"""A network as a file tells it: its operators, and what was assumed when it was read."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

from accel_core.errors import InvalidInputError
from accel_core.workloads.conversion import is_stretched, layers_of, runs_layers
from accel_core.workloads.layer import Layer
from accel_core.workloads.left_out import Runs, Skipped, described, left_out, listed
from accel_core.workloads.operators import Conv, Gemm, Operator

MAX_LAYERS = 10_000
MAX_OPERATORS = 100_000
MAX_SIZE = 10_000_000
"""Largest channel count or extent of a layer; more is taken for a slip."""


@dataclass(frozen=True)
class Network:
    """What a file becomes.

    Attributes:
        operators: In the order in which they run.
        remarks: What was assumed, and what of the file does not count.
    """

    operators: tuple[Operator, ...]
    remarks: tuple[str, ...] = ()

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Its convolutions and matrix products."""
        return layers_of(self.operators)

    @cached_property
    def skipped(self) -> tuple[Skipped, ...]:
        """All other operators."""
        return left_out(self.operators, runs_layers)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, and where a layer says less than its operator."""
        return (*self.remarks, *_products(self.operators), *_stretched(self.operators))

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the layers."""
        return sum(layer.macs for layer in self.layers)

    def report(self, runs: Runs = runs_layers) -> list[str]:
        """Say in a few lines what was found, what was assumed and what a platform leaves out of it."""
        found = f"{len(self.layers)} layers, {self.macs:,} multiply-accumulates"
        return [found, *self.notes, *described(left_out(self.operators, runs))]


def check_network(network: Network, place: str) -> Network:
    """Return a network whose layers can be run.

    Raises:
        InvalidInputError: If it has no layer, too many, or one that is too large.
    """
    if not network.layers:
        found = "; ".join(str(skipped) for skipped in network.skipped if skipped.macs != 0)
        raise InvalidInputError(
            f"{place} has no convolution or matrix product of known size; at least one is needed"
            + (f" (left out: {found})" if found else "")
        )
    if len(network.layers) > MAX_LAYERS:
        raise InvalidInputError(f"{place} has {len(network.layers):,} layers; at most {MAX_LAYERS:,} are allowed")
    if len(network.operators) > MAX_OPERATORS:
        raise InvalidInputError(f"{place} has {len(network.operators):,} operators; allowed: at most {MAX_OPERATORS:,}")
    for layer in network.layers:
        for field in fields(layer)[1:]:
            if (size := getattr(layer, field.name)) > MAX_SIZE:
                raise InvalidInputError(
                    f"{place}, '{layer.name}': {field.name} is {size:,}; allowed: integers 1 to {MAX_SIZE:,}"
                )
    return network


def _products(operators: tuple[Operator, ...]) -> list[str]:
    products = [one for one in operators if isinstance(one, Conv | Gemm) and not one.has_weights]
    if not products:
        return []
    names, macs = listed([one.name for one in products]), sum(one.macs for one in products)
    return [f"products of two activations instead of one and weights: {names}; {macs:,} multiply-accumulates"]


def _stretched(operators: tuple[Operator, ...]) -> list[str]:
    names = [one.name for one in operators if is_stretched(one)]
    return [f"dilated, or of two strides, the larger of which is taken: {listed(names)}"] if names else []
