"""A network that looks at an application layer by layer: how long each takes, and which of them a design cannot run.

One vector tells little of an application that was never logged, and from a handful of applications little can be
learned about vectors. Their layers are many and of the same kinds, so this network learns about pairs of a design and a
layer, from the outcomes of whole applications alone. The latency of an application is

    start + sum over layers of count * t(layer),
    t = (o ^ SHARPNESS + sum over rooflines r of (t_r u_r exp(c_r)) ^ SHARPNESS) ^ (1 / SHARPNESS),

a smooth maximum of the layer's rooflines t_r (``accel_core/rooflines.py``), each with a learned correction c_r, never
below 0, and of overhead o. Where a memory decides whether a resource is used, u_r is the learned share that spills: a
logistic function of the ratio of what is asked for to what the memory holds, shifted for the pair; else it is 1.

A design fails if a learned limit of a memory is passed by a layer or by the sum over all, or if the pair is in trouble
otherwise; the logits of all are joined by the logarithm of the sum of their exponentials.

Corrections, shifts, overhead and trouble come from parallel perceptrons with learned weights. They see of a pair only
its pure ratios, the shape of its layer and what idles in rounds that are not full: by the rules of dimensional analysis
what holds for a small layer on a small design then holds for a large one on a large one. A design has no embeddings
here and its parameters no attention, and a layer no vector to be multiplied with, so this is not PRIME's network: it is
ours, for applications that no log has. Of ``OfflineSettings`` it has the votes and their width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pandas as pd
from jax import Array

from accel_core.offline.encoding import Encoding
from accel_core.offline.layers import NEVER, padded, stacked, wider
from accel_core.offline.model import LEAK, Dense, Found, array_of, dense
from accel_core.offline.settings import OfflineSettings
from accel_core.rooflines import COUNT, Rooflines

SHARPNESS = 4.0
"""How near the smooth maximum comes to the largest of the times (assumed)."""

_LEAST_SPREAD = 0.1
_STEEP = 4.0
"""Slope of what is held or not, in a ratio's logarithm, before training (assumed)."""


class Given(eqx.Module):
    """What is not learned.

    Attributes:
        values: Logarithm of each parameter's values, shape (parameters, most values).
        powers: Of each parameter in the ratios, shape (parameters, ratios).
        layers: Fields of the layers of each application, shape (applications, layers, fields).
        repeats: Logarithm of how often each layer occurs, ``NEVER`` for none, shape (applications, layers).
        ratios: Center and spread of each ratio, shape (2, ratios).
        units: Logarithm of seconds of each roofline.
        scale: Center and spread of ln(latency in s), as ``losses.Scale``.
    """

    values: Array
    powers: Array
    layers: Array
    repeats: Array
    ratios: Array
    units: Array
    scale: Array


class LayeredNetwork(eqx.Module):
    """Latency and failure of designs on applications whose layers are known.

    The context of a design is the number of its application, as shape (designs, 1).

    Attributes:
        entry: Makes hidden numbers of a pair from its ratios, the shape of its layer, and what idles in last rounds.
        votes: Hidden and last layers of parallel heads; what they say is a correction of each roofline, one of
            its spill, overhead, trouble with a layer and its part of each sum.
        gate: Weight of each head, before a softmax.
        spills: Slope of each roofline's spill, a logit of its ratio.
        start: Logarithm of what an inference takes without any layer, over a typical latency.
        limits: Makes of the ratios how far each memory is from holding a layer, or its part of all layers; a logit.
            None in a model that learns nothing from infeasible designs, to which all designs run.
        given: What is not learned.
        rooflines: What the ratios mean.
    """

    entry: tuple[Dense, Dense, Dense]
    votes: tuple[Dense, Dense]
    gate: Array
    spills: Array
    start: Array
    limits: Dense | None
    given: Given
    rooflines: Rooflines = eqx.field(static=True)

    @property
    def most_values(self) -> int:
        """How many values the parameter with the most has."""
        return int(self.given.values.shape[1])

    def __call__(self, picks: Array, context: Array) -> Found:
        """Return what it says of each design.

        Args:
            picks: Which of its values each parameter has, shape (designs, parameters), int32.
            context: Number of each design's application, shape (designs, 1).
        """
        parameters = jnp.arange(picks.shape[1])
        return self._found(jax.lax.stop_gradient(self.given.values)[parameters, picks], context)

    def of_mixtures(self, mixtures: Array, context: Array) -> Found:
        """Return the same for weights of the values, shape (designs, parameters, most values)."""
        values = jax.lax.stop_gradient(self.given.values)
        return self._found(jnp.einsum("bpv,pv->bp", mixtures, values), context)

    def with_application(self, layers: pd.DataFrame) -> LayeredNetwork:
        """Return the network with one application more, which has the next number."""
        tables = [padded(layers, self.rooflines)]
        n = max(self.given.layers.shape[1], tables[0][0].shape[0])
        table, repeats = stacked(tables, n)
        own, own_repeats = wider(np.asarray(self.given.layers), np.asarray(self.given.repeats), n)
        both = array_of(np.concatenate([own, table])), array_of(np.concatenate([own_repeats, repeats]))
        found: LayeredNetwork = eqx.tree_at(lambda net: (net.given.layers, net.given.repeats), self, both)
        return found

    def _found(self, values: Array, context: Array) -> Found:
        given = jax.lax.stop_gradient(self.given)
        which = context[:, 0].astype(jnp.int32)
        pairs = _Pairs(self.rooflines, values @ given.powers, given.layers[..., self._demands()], which, given.ratios)
        said = self._say(pairs, given)
        repeats = given.repeats[which]
        return Found(self._z(said, pairs, repeats, given), self._fails(said, pairs, repeats))

    def _demands(self) -> npt.NDArray[np.int64]:
        return np.array([self.rooflines.fields.index(ratio.demand) for ratio in self.rooflines.ratios])

    def _say(self, pairs: _Pairs, given: Given) -> Array:
        """Return what heads say of each pair, shape (designs, layers, 2 * rooflines + 2 + sums)."""
        of_ratios, of_shapes, of_idle = self.entry
        shapes = np.array([self.rooflines.fields.index(name) for name in self.rooflines.shapes])
        idle = jnp.stack([_idle(pairs.ratio(name)) for name in self.rooflines.wholes], axis=-1)
        entered = pairs.through(of_ratios, of_shapes(given.layers[..., shapes])) + of_idle(idle)
        met = jax.nn.leaky_relu(entered, LEAK)
        inner, last = self.votes
        n, width, hidden = inner.weight.shape
        weights = jax.nn.softmax(self.gate)
        # All heads side by side in one product, and weighted before their outputs are added in another.
        side = met @ inner.weight.transpose(1, 0, 2).reshape(width, n * hidden) + inner.bias.ravel()
        weighted = jax.nn.leaky_relu(side, LEAK) * jnp.repeat(weights, hidden)
        return weighted @ last.weight.reshape(n * hidden, -1) + weights @ last.bias

    def _z(self, said: Array, pairs: _Pairs, repeats: Array, given: Given) -> Array:
        n = len(self.rooflines.times)
        times = [given.scale[0] - _OVERHEAD + said[..., 2 * n]]
        for i, roofline in enumerate(self.rooflines.times):
            time = given.units[i] + pairs.ratio(roofline.ratio) + jax.nn.softplus(said[..., i])
            if roofline.spill:
                time += jax.nn.log_sigmoid(self.spills[i] * pairs.ratio(roofline.spill) + said[..., n + i])
            times.append(time)
        of_layer = jax.nn.logsumexp(SHARPNESS * jnp.stack(times, axis=-1), axis=-1) / SHARPNESS
        total = jnp.logaddexp(jax.nn.logsumexp(of_layer + repeats, axis=1), given.scale[0] + self.start)
        return (total - given.scale[0]) / given.scale[1]

    def _fails(self, said: Array, pairs: _Pairs, repeats: Array) -> Array:
        if self.limits is None:
            return jnp.full(len(said), -jnp.inf)
        n, n_sums = len(self.rooflines.holds), len(self.rooflines.sums)
        limits, parts = pairs.through(self.limits), said.shape[-1] - n_sums
        excess = jnp.concatenate([limits[..., :n], said[..., parts - 1 : parts] - _FAR], axis=-1)
        is_layer = jnp.minimum(repeats, 0.0)[..., None]
        worst = jax.nn.logsumexp(excess + is_layer, axis=(1, 2))
        for i in range(n_sums):
            length = (limits[..., n + i] + said[..., parts + i]) / _STEEP + repeats
            worst = jnp.logaddexp(worst, _STEEP * jax.nn.logsumexp(length, axis=1))
        return worst


def _idle(ratio: Array) -> Array:
    """Return the logarithm of how much longer whole rounds take than a ratio, given as its logarithm."""
    return jnp.log(jnp.maximum(jnp.ceil(jnp.exp(ratio) * (1 - _EXACT)), 1.0)) - ratio


class _Pairs(NamedTuple):
    """Designs and the layers of their applications.

    Attributes:
        rooflines: What the ratios mean.
        supply: Each design's part of each ratio's logarithm, shape (designs, ratios).
        demand: Each layer's part, shape (applications, layers, ratios).
        which: Number of each design's application.
        scale: Center and spread of each ratio, shape (2, ratios).
    """

    rooflines: Rooflines
    supply: Array
    demand: Array
    which: Array
    scale: Array

    def ratio(self, name: str) -> Array:
        """Return the logarithm of a ratio, shape (designs, layers)."""
        number = self.rooflines.number_of(name)
        return self.supply[:, number, None] + self.demand[..., number][self.which]

    def through(self, dense: Dense, more: Array | float = 0.0) -> Array:
        """Return what a dense layer makes of pure ratios, and more of each layer, shape (designs, layers, outputs).

        What depends on the design or on the layer alone is worked out once, not for each pair.
        """
        pure = np.array([self.rooflines.number_of(ratio.name) for ratio in self.rooflines.pure])
        center, spread = self.scale[:, pure]
        of_design = (self.supply[:, pure] - center) / spread @ dense.weight
        of_layer = self.demand[..., pure] / spread @ dense.weight + dense.bias + more
        found: Array = of_design[:, None] + of_layer[self.which]
        return found


_EXACT = 1e-5
"""A ratio that is so little above a whole number is that number; the rest is rounding."""

_FAR = 1.5
"""Logit by which a layer is off trouble before training (assumed)."""

_START = 2.0
"""Logarithm of how much shorter than a typical application its start is before training (assumed)."""

_OVERHEAD = 7.0
"""Logarithm of how much shorter than a typical application a layer's overhead is before training (assumed)."""


def make_layered(
    encoding: Encoding,
    rooflines: Rooflines,
    applications: Sequence[pd.DataFrame],
    scale: tuple[float, float],
    settings: OfflineSettings,
    seed: int,
) -> LayeredNetwork:
    """Return an untrained network.

    Args:
        encoding: The parameters; their values must be above 0.
        rooflines: What is known of layers on designs.
        applications: Layers of each: the fields of the rooflines and ``COUNT``.
        scale: Center and spread of ln(latency in s).
        settings: The sizes.
        seed: Of the random weights.
    """
    rng = np.random.default_rng([seed, 2])
    given = _given(encoding, rooflines, applications, scale)
    n_times, width = len(rooflines.times), settings.width
    said = 2 * n_times + 2 + len(rooflines.sums)
    last = dense(rng, width, said, (settings.votes,))
    return LayeredNetwork(
        entry=(
            dense(rng, len(rooflines.pure), width),
            dense(rng, len(rooflines.shapes), width),
            dense(rng, len(rooflines.wholes), width),
        ),
        votes=(dense(rng, width, width, (settings.votes,)), Dense(0.3 * last.weight, last.bias)),
        gate=jnp.zeros(settings.votes),
        spills=array_of(np.full(n_times, _STEEP)),
        start=array_of(np.array(-_START)),
        limits=_first_limits(rooflines, given, applications) if settings.beta else None,
        given=given,
        rooflines=rooflines,
    )


def _first_limits(rooflines: Rooflines, given: Given, applications: Sequence[pd.DataFrame]) -> Dense:
    """Return limits that each look at their own ratio, and fail at twice its spread above the center."""
    spread = np.asarray(given.ratios[1], dtype=np.float64)
    names = [*rooflines.holds, *rooflines.sums]
    own = [rooflines.number_of(name) for name in names]
    pure = [ratio.name for ratio in rooflines.pure]
    weight = np.zeros((len(pure), len(names)))
    weight[[pure.index(name) for name in names], np.arange(len(names))] = _STEEP * spread[own]
    bias = -2 * _STEEP * spread[own]
    bias[len(rooflines.holds) :] -= _STEEP * np.log(np.mean([table[COUNT].sum() for table in applications]))
    return Dense(array_of(weight), array_of(bias))


def _given(
    encoding: Encoding, rooflines: Rooflines, applications: Sequence[pd.DataFrame], scale: tuple[float, float]
) -> Given:
    tables = [padded(table, rooflines) for table in applications]
    layers, repeats = stacked(tables, max(len(table[0]) for table in tables))
    real = layers[repeats > NEVER]
    values = np.zeros((len(encoding.names), encoding.counts.max()))
    for i, column in enumerate(encoding.values):
        values[i, : len(column)] = np.log(column)
    powers = np.array(
        [[float(name in ratio.times) - (name in ratio.over) for ratio in rooflines.ratios] for name in encoding.names]
    )
    center = np.array([np.log(column).mean() for column in encoding.values])
    spread = np.array([np.log(column).std() for column in encoding.values])
    demands = real[:, [rooflines.fields.index(ratio.demand) for ratio in rooflines.ratios]]
    ratios = (
        center @ powers + demands.mean(axis=0),
        np.sqrt(spread**2 @ powers**2 + demands.var(axis=0) + _LEAST_SPREAD**2),
    )
    return Given(
        values=array_of(values),
        powers=array_of(powers),
        layers=array_of(layers),
        repeats=array_of(repeats),
        ratios=array_of(np.array(ratios)),
        units=array_of(np.log([roofline.unit_s for roofline in rooflines.times])),
        scale=array_of(np.array(scale)),
    )
