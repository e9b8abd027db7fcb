"""Runs a network on any number of designs; array sizes are rounded up, because each new one is compiled anew."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from accel_core.offline.encoding import Picks
from accel_core.offline.logs import Floats, Singles
from accel_core.offline.losses import slowed
from accel_core.offline.model import Network

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


@eqx.filter_jit
def _run(network: Network, picks: Array, context: Array, others: Array, ceiling: Array) -> Array:
    found = network(picks, context)
    if len(others):
        found = found._replace(fails=jnp.maximum(found.fails, network.fails_on(picks, others).max(axis=0)))
    return jnp.stack([found.z, jax.nn.sigmoid(found.fails), slowed(found, ceiling)])


def predict(
    network: Network, picks: Picks, context: Singles, ceiling: float, others: Singles | None = None
) -> Predicted:
    """Return what the network says of each design.

    Args:
        network: The network.
        picks: Shape (designs, parameters).
        context: Shape (designs, context numbers).
        ceiling: How slow a design that does not run counts.
        others: Contexts, shape (applications, context numbers), of applications on which a design must run as well; it
            fails as likely as on the worst of them.
    """
    out = np.empty((3, len(picks)))
    beside = jnp.asarray(context[:0] if others is None else others)
    for first in range(0, len(picks), AT_ONCE):
        part, rows = picks[first : first + AT_ONCE], context[first : first + AT_ONCE]
        size = max(LEAST, 1 << (len(part) - 1).bit_length())
        padding = ((0, size - len(part)), (0, 0))
        padded = jnp.asarray(np.pad(part, padding)), jnp.asarray(np.pad(rows, padding))
        found = _run(network, *padded, beside, jnp.float32(ceiling))
        out[:, first : first + len(part)] = np.asarray(found)[:, : len(part)]
    return Predicted(*out)
