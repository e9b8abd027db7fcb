"""Negatives: designs that the optimizer would pick from the model as it is, for the loss to predict slower.

They are where an optimizer would be fooled: far from the data and predicted fast by chance. ``firefly`` keeps swarms,
one an application, that fly on while the network learns, so a round costs few predictions. ``gradient`` starts from
logged designs in each step and follows the network's gradient through mixtures of values, as the released code does in
place of its authors' optimizer.
"""

from __future__ import annotations

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

from accel_core.offline.encoding import Encoding, Picks
from accel_core.offline.firefly import fly
from accel_core.offline.model import Network
from accel_core.offline.predicting import predict
from accel_core.offline.settings import OfflineSettings

IMMIGRANTS = 0.1
"""Share of fireflies replaced by random designs before each round, lest a swarm dies in one corner (assumed)."""


def first_swarms(encoding: Encoding, n_applications: int, settings: OfflineSettings, seed: int) -> Picks:
    """Return random swarms, shape (applications, fireflies, parameters)."""
    size = -(-settings.negatives // n_applications)
    return encoding.random((n_applications, size), np.random.default_rng([seed, 3]))


def fly_on(
    network: Network,
    swarms: Picks,
    contexts: npt.NDArray[np.float32],
    counts: npt.NDArray[np.int64],
    rounds: int,
    rng: np.random.Generator,
) -> Picks:
    """Return the swarms after some rounds on the network as it is now."""
    values_of = partial(_values, network, contexts=contexts)
    is_new = rng.random(swarms.shape[:2]) < IMMIGRANTS
    newcomers = rng.integers(0, counts, size=swarms.shape, dtype=np.int32)
    picks = np.where(is_new[..., None], newcomers, swarms)
    values = values_of(picks)
    for _ in range(rounds):
        moved = fly(picks, values, counts, rng)
        found = values_of(moved)
        is_better = found <= values
        picks = np.where(is_better[..., None], moved, picks)
        values = np.where(is_better, found, values)
    return picks


def _values(network: Network, picks: Picks, contexts: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    rows = np.repeat(contexts, picks.shape[1], axis=0)
    return predict(network, picks.reshape(-1, picks.shape[-1]), rows).reshape(picks.shape[:2])


@eqx.filter_jit
def climb(network: Network, picks: Array, contexts: Array, counts: Array, settings: OfflineSettings) -> Array:
    """Return mixtures of values that the network predicts faster than these designs.

    Each step has the length ``mine_rate`` whatever the gradient's; weights stay between 0 and 1 and sum to 1 for each
    parameter.
    """
    known = network.embedding.shape[1]
    gradient = jax.grad(lambda mixtures: network.of_mixtures(mixtures, contexts).sum())
    mixtures = jax.nn.one_hot(picks, known)
    allowed = jnp.arange(known) < counts[:, None]
    for _ in range(settings.mine_rounds):
        slope = gradient(mixtures)
        length = jnp.sqrt((slope**2).sum(axis=(1, 2), keepdims=True)) + 1e-12
        mixtures = jnp.clip(mixtures - settings.mine_rate * slope / length, 0.0, 1.0) * allowed
        mixtures = mixtures / jnp.maximum(mixtures.sum(axis=-1, keepdims=True), 1e-6)
    return jax.lax.stop_gradient(mixtures)
