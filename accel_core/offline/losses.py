"""What training minimizes, and the scale and sign of what the network predicts.

The network predicts **latency**, lower is better, as ``z = (ln latency - center) / scale``, with mean 0 and spread 1
over the feasible training designs. Latencies span two decades and the slowest designs would rule an error in seconds;
a logarithm makes equal relative errors equally large, and the optimum is the same design.

The loss is

    mean (f(x) - z)^2 over feasible x  -  alpha * mean min(f, ceiling) over negatives
                                       -  beta * mean min(f, ceiling) over infeasible designs.

The signs of the last two terms are those of a latency: they *raise* predictions. The released code of PRIME
(google-research, ``prime/``) predicts a score, minus the latency, and has plus signs there. Both terms would grow
without end, so both stop at a ceiling, as the released code clips them (at 4000 and 1000 of its scale). The ceiling
lies ``MARGIN`` above all but the slowest hundredth of the feasible designs: a much higher one would cost feasible
designs beside infeasible ones more than it tells the optimizer.
With alpha = beta = 0 the model is the naive one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from accel_core.offline.logs import Floats
from accel_core.offline.model import Network

MARGIN = 1.0
"""In units of z (assumed)."""

_SLOW = 0.99


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps latencies to what the network predicts and back.

    Attributes:
        center: Mean of ln(latency in s).
        scale: Spread of ln(latency in s).
        ceiling: Prediction above which negatives and infeasible designs are bad enough.
    """

    center: float
    scale: float
    ceiling: float

    @classmethod
    def of(cls, latency_s: Floats) -> Scale:
        """Learn the map from latencies of feasible designs."""
        logarithms = np.log(latency_s)
        center, spread = float(logarithms.mean()), float(logarithms.std())
        spread = spread if spread > 1e-6 else 1.0
        slow = float(np.quantile(logarithms, _SLOW))
        return cls(center, spread, (slow - center) / spread + MARGIN)

    def forward(self, latency_s: Floats) -> Floats:
        """Return z."""
        return (np.log(latency_s) - self.center) / self.scale

    def backward(self, z: Floats) -> Floats:
        """Return latencies in s."""
        return np.exp(np.clip(z * self.scale + self.center, -700.0, 700.0))


class Batch(NamedTuple):
    """Designs of one step; infeasible designs and negatives may be none.

    ``negatives`` are picks (designs, parameters), or mixtures (designs, parameters, most values).
    """

    feasible: Array
    feasible_context: Array
    z: Array
    infeasible: Array
    infeasible_context: Array
    negatives: Array
    negatives_context: Array


class Terms(NamedTuple):
    """The parts of a loss: mean squared error, mean prediction of negatives and of infeasible designs; 0 for none."""

    error: Array
    negative: Array
    infeasible: Array


def loss(network: Network, batch: Batch, alpha: Array, beta: Array, ceiling: Array) -> tuple[Array, Terms]:
    """Return the loss of one step and its parts, the latter without the ceiling."""
    n, n_infeasible = len(batch.feasible), len(batch.infeasible)
    is_mixture = batch.negatives.ndim == 3
    picks = [batch.feasible, batch.infeasible, *([] if is_mixture else [batch.negatives])]
    contexts = [batch.feasible_context, batch.infeasible_context, *([] if is_mixture else [batch.negatives_context])]
    # One pass over all is faster than three.
    found = network(jnp.concatenate(picks), jnp.concatenate(contexts))
    feasible, infeasible, negatives = found[:n], found[n : n + n_infeasible], found[n + n_infeasible :]
    if is_mixture:
        negatives = network.of_mixtures(batch.negatives, batch.negatives_context)
    error = jnp.mean((feasible - batch.z) ** 2)
    total = error - alpha * _mean(jnp.minimum(negatives, ceiling)) - beta * _mean(jnp.minimum(infeasible, ceiling))
    return total, Terms(error, _mean(negatives), _mean(infeasible))


def _mean(values: Array) -> Array:
    return values.mean() if len(values) else jnp.zeros(())
