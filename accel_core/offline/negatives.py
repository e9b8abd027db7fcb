"""Negatives: designs that the optimizer would pick from the model as it is, for the loss to predict slower.

They are where an optimizer would be fooled: far from the data and predicted fast by chance. ``firefly`` keeps swarms
that fly on while the network learns, so a round costs few predictions; where the area of designs is known, each swarm
keeps to a limit of its own, so that a model is cautious wherever the optimizer may be sent, not for the largest chips
alone. ``gradient`` starts from logged designs in each step and follows the network's gradient through mixtures of
values, as the released code does in place of its authors' optimizer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

from accel_core.offline.encoding import Encoding, Indices
from accel_core.offline.firefly import advance
from accel_core.offline.logs import Floats, Singles
from accel_core.offline.losses import slowed
from accel_core.offline.model import AnyNetwork
from accel_core.offline.predicting import predict
from accel_core.offline.settings import OfflineSettings

IMMIGRANTS = 0.1
"""Share of fireflies replaced by random designs before each round, lest a swarm dies in one corner (assumed)."""


AREA_SHARES = (0.01, 0.05, 0.3, 1.0)
"""Quantiles of the logged feasible designs' areas that limit swarms in turn (assumed)."""


@dataclass(frozen=True)
class Limits:
    """The area limits that swarms keep.

    Attributes:
        area: Returns the area of indices in mm2, known in closed form.
        mm2: The limits.
    """

    area: Callable[[Indices], Floats]
    mm2: Floats

    @classmethod
    def of(cls, area: Callable[[Indices], Floats], feasible: Indices) -> Limits:
        """Take them from the areas of logged designs."""
        return cls(area, np.quantile(area(feasible), AREA_SHARES))

    def excess(self, indices: Indices) -> Floats:
        """Return how many times its limit each firefly's area is, less one; 0 or less is within it."""
        own = self.mm2[np.arange(len(indices)) % len(self.mm2)]
        return self.area(indices.reshape(-1, indices.shape[-1])).reshape(indices.shape[:2]) / own[:, None] - 1


def first_swarms(encoding: Encoding, n_applications: int, settings: OfflineSettings, seed: int) -> Indices:
    """Return random swarms, shape (swarms, fireflies, parameters); swarm i is of application i % n_applications."""
    n = max(n_applications, len(AREA_SHARES))
    return encoding.random((n, -(-settings.negatives // n)), np.random.default_rng([seed, 3]))


def swarm_contexts(table: Singles, swarms: Indices) -> Singles:
    """Return the context of each firefly's application, shape (swarms * fireflies, context numbers)."""
    of_swarm = np.arange(len(swarms)) % len(table)
    return table[np.repeat(of_swarm, swarms.shape[1])]


def fly_on(
    network: AnyNetwork,
    swarms: Indices,
    contexts: Singles,
    counts: npt.NDArray[np.int64],
    ceiling: float,
    limits: Limits | None,
    rounds: int,
    rng: np.random.Generator,
) -> Indices:
    """Return the swarms after some rounds on the network as it is now.

    Args:
        network: The network.
        swarms: Shape (swarms, fireflies, parameters).
        contexts: Of each firefly.
        counts: How many values each parameter has.
        ceiling: How slow a design that does not run counts.
        limits: Largest areas; None for none.
        rounds: Generations.
        rng: Source of chance.
    """

    def darkness(indices: Indices) -> Floats:
        found = predict(network, indices.reshape(-1, indices.shape[-1]), contexts, ceiling).slowed
        dark = found.reshape(indices.shape[:2])
        if limits is None:
            return dark
        excess = limits.excess(indices)
        return np.where(excess <= 0, dark, _ABOVE_LIMIT * (1 + excess))

    is_new = rng.random(swarms.shape[:2]) < IMMIGRANTS
    newcomers = rng.integers(0, counts, size=swarms.shape, dtype=np.int32)
    indices = np.where(is_new[..., None], newcomers, swarms)
    values = darkness(indices)
    for _ in range(rounds):
        _, _, indices, values = advance(darkness, indices, values, counts, rng)
    return indices


_ABOVE_LIMIT = 1e9


@eqx.filter_jit
def climb(
    network: AnyNetwork, indices: Array, contexts: Array, counts: Array, ceiling: Array, settings: OfflineSettings
) -> Array:
    """Return mixtures of values that the network predicts faster than these designs.

    Each step has the length ``mine_rate`` whatever the gradient's; weights stay between 0 and 1 and sum to 1 for each
    parameter.
    """
    known = network.most_values
    gradient = jax.grad(lambda mixtures: slowed(network.of_mixtures(mixtures, contexts), ceiling).sum())
    mixtures = jax.nn.one_hot(indices, known)
    allowed = jnp.arange(known) < counts[:, None]
    for _ in range(settings.mine_rounds):
        slope = gradient(mixtures)
        length = jnp.sqrt((slope**2).sum(axis=(1, 2), keepdims=True)) + 1e-12
        mixtures = jnp.clip(mixtures - settings.mine_rate * slope / length, 0.0, 1.0) * allowed
        mixtures = mixtures / jnp.maximum(mixtures.sum(axis=-1, keepdims=True), 1e-6)
    return jax.lax.stop_gradient(mixtures)
