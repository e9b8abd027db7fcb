"""What the parameters of one Axiline design imply: lanes, ring slots, number formats and word widths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BENCHMARKS = ("linear", "logistic", "svm", "recommender")

INTEGER_BITS = 4
"""Bits of an internal number (weight, prediction, error, learning rate) before its point, sign included: Q4."""

SIGMOID_INDEX_BITS = 7
"""The sigmoid table has 128 entries, one for each 1/16 of the inner product's magnitude below 8."""


@dataclass(frozen=True)
class Architecture:
    """One Axiline design without its backend parameters.

    Numbers are two's complement. A feature is Q1.(input_bits - 1), so it lies in [-1, 1). Everything internal is
    Q4.(internal_bits - 4), in [-8, 8). Results are rounded half up and clipped to these ranges.

    Attributes:
        benchmark: One of ``BENCHMARKS``.
        features: Features of a vector.
        cycles: Chunks that a vector is cut into; one enters a cycle.
        input_bits: Width of a feature.
        internal_bits: Width of a weight.
        units: Models trained side by side on the same features.
    """

    benchmark: str
    features: int
    cycles: int
    input_bits: int
    internal_bits: int
    units: int = 1

    @classmethod
    def of(cls, design: Mapping[str, Any]) -> Architecture:
        """Take the architecture out of a design, which may hold other parameters too."""
        return cls(
            benchmark=str(design["benchmark"]),
            features=int(design["features"]),
            cycles=int(design["cycles_per_vector"]),
            input_bits=int(design["input_bits"]),
            internal_bits=int(design["internal_bits"]),
            units=int(design["units"]),
        )

    @property
    def lanes(self) -> int:
        """Features in a chunk: ceil(features / cycles)."""
        return -(-self.features // self.cycles)

    @property
    def padded_features(self) -> int:
        """Features with the zeros that fill the last chunks."""
        return self.lanes * self.cycles

    @property
    def slots(self) -> int:
        """Slots of the ring, which are also the cycles from one vector to the next."""
        return self.cycles + 2

    @property
    def latency(self) -> int:
        """Cycles from a vector's first chunk to its last written weight."""
        return 2 * self.cycles + 1

    @property
    def input_fraction(self) -> int:
        """Fraction bits of a feature."""
        return self.input_bits - 1

    @property
    def internal_fraction(self) -> int:
        """Fraction bits of an internal number."""
        return self.internal_bits - INTEGER_BITS

    @property
    def sum_bits(self) -> int:
        """Width of the inner product before rounding: no sum of extreme products overflows it.

        A product's magnitude is at most 2^(input_bits + internal_bits - 2), reached by the two most negative factors.
        """
        return self.input_bits + self.internal_bits + self.padded_features.bit_length() - 1

    @property
    def label_bits(self) -> int:
        """Width of one label: a Q4 number, one class bit, or a rating under a bit that says it exists."""
        return {"linear": self.internal_bits, "recommender": self.internal_bits + 1}.get(self.benchmark, 1)

    @property
    def sigmoid_bits(self) -> int:
        """Fraction bits that the sigmoid table keeps; more than 8 would only store its own stair steps."""
        return min(self.internal_fraction, 8)
