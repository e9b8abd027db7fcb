"""Runs a network on any number of designs; array sizes are rounded up, because each new one is compiled anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

from accel_core.offline.encoding import Indices
from accel_core.offline.logs import Floats, Singles
from accel_core.offline.losses import slowed
from accel_core.offline.model import AnyNetwork, Network

AT_ONCE = 4096
LEAST = 64


@dataclass(frozen=True, slots=True)
class Predicted:
    """What is predicted of designs, one number each.

    Attributes:
        z: Latency if the design runs (``losses.py``).
        p_fails: Probability that it does not run.
        slowed: What optimizers minimize: z, raised by that probability.
    """

    z: Floats
    p_fails: Floats
    slowed: Floats

    def failing_at_least(self, p_fails: Floats, ceiling: float) -> Predicted:
        """Return the same where designs fail with at least these probabilities."""
        worst = np.maximum(self.p_fails, p_fails)
        return Predicted(self.z, worst, self.z + worst * np.maximum(ceiling - self.z, 0.0))


def predict(network: AnyNetwork, indices: Indices, context: Singles, ceiling: float) -> Predicted:
    """Return what the network says of each design.

    Args:
        network: The network.
        indices: Shape (designs, parameters).
        context: Shape (designs, context numbers).
        ceiling: How slow a design that does not run counts.
    """
    out = np.empty((3, len(indices)))
    for first in range(0, len(indices), AT_ONCE):
        part, rows = _padded(indices[first : first + AT_ONCE]), _padded(context[first : first + AT_ONCE])
        n = min(AT_ONCE, len(indices) - first)
        out[:, first : first + n] = np.asarray(_run(network, part, rows, jnp.float32(ceiling)))[:, :n]
    return Predicted(*out)


def p_fails_anywhere(network: Network, indices: Indices, contexts: Singles) -> Floats:
    """Return the probability that each design fails on the worst for it of several applications.

    Args:
        network: The network.
        indices: Shape (designs, parameters).
        contexts: Shape (applications, context numbers).
    """
    out = np.empty(len(indices))
    for first in range(0, len(indices), AT_ONCE):
        part = indices[first : first + AT_ONCE]
        found = _run_anywhere(network, _padded(part), jnp.asarray(contexts))
        out[first : first + AT_ONCE] = np.asarray(found)[: len(part)]
    return out


@eqx.filter_jit
def _run(network: AnyNetwork, indices: Array, context: Array, ceiling: Array) -> Array:
    found = network(indices, context)
    return jnp.stack([found.z, jax.nn.sigmoid(found.fails), slowed(found, ceiling)])


@eqx.filter_jit
def _run_anywhere(network: Network, indices: Array, contexts: Array) -> Array:
    return jax.nn.sigmoid(network.fails_on(indices, contexts).max(axis=0))


def _padded(part: npt.NDArray[Any]) -> Array:
    size = max(LEAST, 1 << (len(part) - 1).bit_length())
    return jnp.asarray(np.pad(part, ((0, size - len(part)), (0, 0))))
