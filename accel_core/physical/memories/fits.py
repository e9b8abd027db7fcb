"""Memories between the known sizes: curves through the grid, and how far they are from it.

CACTI jumps between organizations of a memory, so nothing smooth is near; interpolation between neighbors is no better.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from accel_core.physical.memories.sizes import KnownSize, grid_sizes, whole_bytes

QUANTITIES = ("area_um2", "access_s", "cycle_s", "read_energy_j", "write_energy_j", "leakage_w")
"""What is fitted, by the names of ``KnownSize``."""


@dataclass(frozen=True)
class FitError:
    """How far a curve is from the sizes that it goes through, as shares of their values."""

    mean: float
    largest: float


@dataclass(frozen=True)
class Fit:
    """A curve over words W and bits B (whole bytes).

    Attributes:
        root: Whether it is a + b sqrt(W B); otherwise it is a W^b B^c.
        coefficients: a, b and c.
        error: Over the grid.
    """

    root: bool
    coefficients: tuple[float, ...]
    error: FitError

    def at(self, words: int, bits: int) -> float:
        """Its value."""
        first, *rest = self.coefficients
        if self.root:
            return float(first + rest[0] * np.sqrt(words * whole_bytes(bits)))
        return float(first * words ** rest[0] * whole_bytes(bits) ** rest[1])


@cache
def fit_of(quantity: str, ports: str) -> Fit:
    """The curve of one of ``QUANTITIES`` with the least squares of relative or, for powers, logarithmic errors."""
    sizes = [size for size in grid_sizes() if size.ports == ports]
    values = np.array([getattr(size, quantity) for size in sizes])
    words, bits = (np.array([getattr(size, name) for size in sizes], dtype=float) for name in ("words", "bits"))
    root = quantity == "access_s"  # Half of it is the length of word and bit lines.
    if root:
        terms = np.stack([np.ones(len(sizes)), np.sqrt(words * bits)], axis=1) / values[:, None]
        coefficients = np.linalg.lstsq(terms, np.ones(len(sizes)))[0]
    else:
        terms = np.stack([np.ones(len(sizes)), np.log(words), np.log(bits)], axis=1)
        coefficients = np.linalg.lstsq(terms, np.log(values))[0]
        coefficients[0] = np.exp(coefficients[0])
    plain = Fit(root, tuple(coefficients.tolist()), FitError(0.0, 0.0))
    misses = [abs(plain.at(size.words, size.bits) / getattr(size, quantity) - 1.0) for size in sizes]
    return Fit(root, plain.coefficients, FitError(sum(misses) / len(misses), max(misses)))


def nearest(words: int, bits: int, ports: str) -> KnownSize:
    """The size of the grid that is nearest in ratios of words and bits."""

    def distance(size: KnownSize) -> float:
        return float(np.hypot(np.log(size.words / words), np.log(size.bits / whole_bytes(bits))))

    return min((size for size in grid_sizes() if size.ports == ports), key=distance)


def is_beyond(words: int, bits: int, ports: str) -> bool:
    """Whether a size has more or fewer words or bits than all of the grid."""
    sizes = [size for size in grid_sizes() if size.ports == ports]
    ranges = (([size.words for size in sizes], words), ([size.bits for size in sizes], whole_bytes(bits)))
    return any(not min(known) <= value <= max(known) for known, value in ranges)
