"""What memories have to hold of layers so that they run: sums of what layers ask for, with learned weights."""

from __future__ import annotations

from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from accel_core.offline.model import array_of
from accel_core.rooflines import Rooflines

STEEP = 6.0
"""Slope of what fits or not, in a ratio's logarithm, before training (assumed)."""

_QUICK = 5.0
"""How much faster these few numbers are learned than the many of perceptrons (assumed)."""


class Memories(eqx.Module):
    """How much each ratio counts, and how sure it is that a design fails where a memory is too small.

    A memory that learns of too few failures to be sure stays unsure: its slope is learned as well.

    Attributes:
        weights: Logarithms of what each ratio counts, over ``_QUICK``; an array for each sum of ``Rooflines.needs``.
        steep: Logarithm of the slope of each memory's logit, over ``_QUICK``, the program's last.
    """

    weights: tuple[Array, ...]
    steep: Array

    @classmethod
    def of(cls, rooflines: Rooflines) -> Memories:
        """Return memories that have to hold just what is asked for, before anything is learned."""
        return cls(
            tuple(array_of(np.zeros(len(names))) for names in rooflines.needs),
            array_of(np.full(len(rooflines.holds) + 1, np.log(STEEP) / _QUICK)),
        )

    def fails(self, rooflines: Rooflines, ratios: Mapping[str, Array], longer: Array, repeats: Array) -> Array:
        """Return the logit of each design's failure, shape (designs,).

        Args:
            rooflines: What the ratios mean.
            ratios: Their logarithms, each of shape (designs, layers).
            longer: Logarithm of how much longer each layer's part of the program is than what is asked for.
            repeats: Logarithm of how often each layer occurs.
        """
        steep = jnp.exp(_QUICK * self.steep)
        asked = [
            jax.nn.logsumexp(jnp.stack([ratios[name] for name in names], axis=-1) + _QUICK * weights, axis=-1)
            for names, weights in zip(rooflines.needs, self.weights, strict=True)
        ]
        is_layer = jnp.minimum(repeats, 0.0)
        logits, first = [], 0
        for i, hold in enumerate(rooflines.holds):
            ways = asked[first : first + len(hold.either)]
            first += len(hold.either)
            least = jnp.stack(ways, axis=-1).min(axis=-1)
            logits.append(jax.nn.logsumexp(steep[i] * least + is_layer, axis=1))
        if rooflines.program:
            logits.append(steep[-1] * jax.nn.logsumexp(asked[-1] + longer + repeats, axis=1))
        return jax.nn.logsumexp(jnp.stack(logits, axis=-1), axis=-1)
