"""Sequences of points in the unit cube: what makes one sample more even than another.

A sampler is a function ``(n_dimensions, n, rng)`` that yields batches of points, shape ``(any, n_dimensions)``, without
end. The first batches hold the sample of ``n``; whoever must drop some of its points goes on reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from scipy.stats import qmc

from accel_core.space.parameters import FloatArray

Sampler = Callable[[int, int, np.random.Generator], Iterator[FloatArray]]


def latin_hypercube(n_dimensions: int, n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Yield Latin hypercubes: in each coordinate, each of ``n`` equal strata holds exactly one point (McKay 1979)."""
    while True:
        yield qmc.LatinHypercube(n_dimensions, rng=rng).random(n)


def sobol(n_dimensions: int, n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Yield the scrambled Sobol sequence in powers of two, the only lengths at which it is balanced."""
    engine = qmc.Sobol(n_dimensions, rng=rng)
    exponent = max(n - 1, 1).bit_length()
    yield engine.random_base2(exponent)
    while True:
        # As long as all before: the total doubles and stays a power of two.
        yield engine.random_base2(exponent)
        exponent += 1


def halton(n_dimensions: int, n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Yield the scrambled Halton sequence."""
    engine = qmc.Halton(n_dimensions, rng=rng)
    while True:
        yield engine.random(n)


def random(n_dimensions: int, n: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Yield independent uniform points."""
    while True:
        yield rng.random((n, n_dimensions))


SAMPLERS: Mapping[str, Sampler] = {"lhs": latin_hypercube, "sobol": sobol, "halton": halton, "random": random}
