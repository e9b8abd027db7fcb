"""What training minimizes, and the scale and sign of what the network predicts.

The network predicts **latency**, lower is better, as ``z = (ln latency - center) / scale``, with mean 0 and spread 1
over the feasible training designs. Latencies span two decades and the slowest designs would rule an error in seconds;
a logarithm makes equal relative errors equally large, and the optimum is the same design.

A design that may not run counts as slower than its latency: with the probability p that it fails,

    slowed(x) = z(x) + p(x) * max(ceiling - z(x), 0),

the expectation if a failure is as bad as the ceiling. That is what optimizers minimize. The ceiling lies ``MARGIN``
above all but the slowest hundredth of the feasible designs. The loss is

    mean (z(x) - z)^2 over feasible x
        +  beta * (mean -ln(1 - p) over feasible x  +  mean -ln p over infeasible designs)
        -  alpha * mean min(z(x), ceiling) over negatives.

In PRIME all three terms act on one prediction, whose infeasible designs are raised without end up to a clip; here a
head of its own learns them (``model.py``). The sign of the last term is that of a latency: it *raises* predictions. The
released code (google-research, ``prime/``) predicts a score, minus the latency, and has a plus there. The term would
grow without end, so it stops at the ceiling, as the released code clips it (at 4000 of its scale).
With alpha = beta = 0 the model is the naive one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from accel_core.offline.logs import Floats
from accel_core.offline.model import AnyNetwork, Found

MARGIN = 1.0
"""In units of z (assumed)."""

_SLOW = 0.99


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps latencies to what the network predicts and back.

    Attributes:
        center: Mean of ln(latency in s).
        scale: Spread of ln(latency in s).
        ceiling: How slow a design that does not run counts, and a negative at most.
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

    ``negatives`` are indices (designs, parameters), or mixtures (designs, parameters, most values).
    """

    feasible: Array
    feasible_context: Array
    z: Array
    infeasible: Array
    infeasible_context: Array
    negatives: Array
    negatives_context: Array


class Terms(NamedTuple):
    """The parts of a loss, 0 where there is nothing to learn from.

    Attributes:
        error: Mean squared error of feasible designs.
        negative: Mean z of negatives.
        failure: Cross-entropy of what runs and what does not, both kinds weighing the same.
    """

    error: Array
    negative: Array
    failure: Array


def slowed(found: Found, ceiling: Array | float) -> Array:
    """Return z, the higher the likelier a design does not run; the module says how."""
    return found.z + jax.nn.sigmoid(found.fails) * jnp.maximum(ceiling - found.z, 0.0)


def loss(network: AnyNetwork, batch: Batch, alpha: Array, beta: Array, ceiling: Array) -> tuple[Array, Terms]:
    """Return the loss of one step and its parts."""
    n, n_infeasible = len(batch.feasible), len(batch.infeasible)
    is_mixture = batch.negatives.ndim == 3
    indices = [batch.feasible, batch.infeasible, *([] if is_mixture else [batch.negatives])]
    contexts = [batch.feasible_context, batch.infeasible_context, *([] if is_mixture else [batch.negatives_context])]
    # One pass over all is faster than three.
    found = network(jnp.concatenate(indices), jnp.concatenate(contexts))
    negatives = Found(*(part[n + n_infeasible :] for part in found))
    if is_mixture:
        negatives = network.of_mixtures(batch.negatives, batch.negatives_context)
    error = jnp.mean((found.z[:n] - batch.z) ** 2)
    failure = _mean(jax.nn.softplus(found.fails[:n])) + _mean(jax.nn.softplus(-found.fails[n : n + n_infeasible]))
    raised = _mean(jnp.minimum(negatives.z, ceiling))
    return error + beta * failure - alpha * raised, Terms(error, _mean(negatives.z), failure)


def _mean(values: Array) -> Array:
    return values.mean() if len(values) else jnp.zeros(())
