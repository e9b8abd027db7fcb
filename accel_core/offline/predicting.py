"""Runs a network on any number of designs; array sizes are rounded up, because each new one is compiled anew."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

from accel_core.offline.encoding import Picks
from accel_core.offline.model import Network

AT_ONCE = 4096
LEAST = 64


@eqx.filter_jit
def _run(network: Network, picks: Array, context: Array) -> Array:
    return network(picks, context)


def predict(network: Network, picks: Picks, context: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return what the network says of each design (``losses.py``).

    Args:
        network: The network.
        picks: Shape (designs, parameters).
        context: Shape (designs, context numbers).
    """
    out = np.empty(len(picks))
    for first in range(0, len(picks), AT_ONCE):
        part, rows = picks[first : first + AT_ONCE], context[first : first + AT_ONCE]
        size = max(LEAST, 1 << (len(part) - 1).bit_length())
        padding = ((0, size - len(part)), (0, 0))
        found = _run(network, jnp.asarray(np.pad(part, padding)), jnp.asarray(np.pad(rows, padding)))
        out[first : first + len(part)] = np.asarray(found)[: len(part)]
    return out
