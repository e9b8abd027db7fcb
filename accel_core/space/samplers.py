"""Sequences of points in the unit cube: what makes one sample more even than another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from accel_core.space.parameters import FloatArray

Batches = Callable[[int, int, np.random.Generator], Iterator[FloatArray]]

_LARGEST_BATCH = 1 << 20


@dataclass(frozen=True)
class Sampler:
    """A way to spread points.

    Attributes:
        title: Words for a person.
        summary: One sentence.
        is_stratified: Whether the first batch's evenness lies in its columns alone, so that it outlasts swaps of
            coordinates between points.
        batches: Called with ``(n_dimensions, n, rng)``; yields points of shape ``(any, n_dimensions)`` without end.
            The first batch has at least ``n``; whoever must drop some of them goes on reading.
    """

    title: str
    summary: str
    is_stratified: bool
    batches: Batches


def _latin_hypercubes(n_dimensions: int, n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    from scipy.stats import qmc  # noqa: PLC0415 - see LAZY in tests/test_imports.py

    for count in _counts(n):
        yield qmc.LatinHypercube(n_dimensions, rng=rng).random(count)


def _sobol(n_dimensions: int, n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    from scipy.stats import qmc  # noqa: PLC0415 - see LAZY in tests/test_imports.py

    engine = qmc.Sobol(n_dimensions, rng=rng)
    # The sequence is balanced at powers of two only, and SciPy warns of any other first length.
    for count in _counts(1 << (n - 1).bit_length()):
        yield engine.random(count)


def _halton(n_dimensions: int, n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    from scipy.stats import qmc  # noqa: PLC0415 - see LAZY in tests/test_imports.py

    engine = qmc.Halton(n_dimensions, rng=rng)
    for count in _counts(n):
        yield engine.random(count)


def _independent(n_dimensions: int, n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    for count in _counts(n):
        yield rng.random((count, n_dimensions))


def _counts(n: int) -> Iterator[int]:
    """Yield batch sizes: n first, then each twice the one before, up to a bound."""
    yield n
    while True:
        yield n
        n = max(n, min(2 * n, _LARGEST_BATCH))


SAMPLERS: Mapping[str, Sampler] = {
    "lhs": Sampler(
        "Latin hypercube",
        "Cuts each parameter's range into n equal strata and puts one design into each (McKay et al. 1979).",
        True,
        _latin_hypercubes,
    ),
    "sobol": Sampler(
        "Sobol", "A scrambled digital sequence, most even when n is a power of two (Sobol 1967).", False, _sobol
    ),
    "halton": Sampler(
        "Halton", "A scrambled sequence of radical inverses, even at any n (Halton 1960).", False, _halton
    ),
    "random": Sampler("Random", "Independent designs: the yardstick for the others.", False, _independent),
}
