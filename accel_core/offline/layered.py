"""A network that looks at an application layer by layer: how long each takes, and which of them a design cannot run.

One vector tells little of an application that was never logged, and from a handful of applications little can be
learned about vectors. Their layers are many and of the same kinds, so this network learns about pairs of a design and a
layer, from the outcomes of whole applications alone. The latency of an application is

    start + sum over layers of count * t(layer),
    t = (sum over rooflines r of (t_r u_r exp(c_r)) ^ SHARPNESS) ^ (1 / SHARPNESS) + sum of issues t_i exp(c_i) + o,

a smooth maximum of the layer's rooflines t_r (``accel_core/rooflines.py``), each with a learned correction c_r, never
below 0, then times of instructions, also corrected, and an overhead o. Where a memory decides whether a resource is
used, u_r is the share that spills, as the ratio of what is asked for to what the memory holds has it, shifted for the
pair: a logistic function where all or nothing spills, a smooth max(1 - 1 / ratio, 0) where only the rest does; else it
is 1.

A design fails if a memory cannot hold what it has to: a sum of what layers ask for with learned weights, the least of
several where there are more ways to make do (``memories.py``). So sizes are learned, and not which memory is concerned.

Corrections, shifts, overhead and how much longer a program is come from parallel perceptrons with learned weights. They
see of a pair only its pure ratios and the shape of its layer: by the rules of dimensional analysis what holds for a
small layer on a small design then holds for a large one on a large one. They see no ratio larger or smaller than random
designs have on the logged applications; times and memories go on with the true ones.
A design has no embeddings here and its parameters no attention, and a layer no vector to be multiplied with, so this is
not PRIME's network: it is ours, for applications that no log has. Of ``OfflineSettings`` it has the votes and their
width.
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
from accel_core.offline.loads import loads
from accel_core.offline.memories import STEEP, Memories
from accel_core.offline.model import LEAK, Dense, Found, array_of, dense
from accel_core.offline.settings import OfflineSettings
from accel_core.rooflines import Roofline, Rooflines

SHARPNESS = 8.0
"""How near the smooth maximum comes to the largest of the times (assumed)."""

_LEAST_SPREAD = 0.1


class Given(eqx.Module):
    """What is not learned.

    Attributes:
        values: Each parameter's values, shape (parameters, most values).
        layers: Fields of the layers of each application, shape (applications, layers, fields).
        repeats: Logarithm of how often each layer occurs, ``NEVER`` for none, shape (applications, layers).
        ratios: Center, spread, least and largest of each pure ratio's logarithm, shape (4, ratios).
        units: Logarithm of seconds of each time and issue.
        scale: Center and spread of ln(latency in s), as ``losses.Scale``.
    """

    values: Array
    layers: Array
    repeats: Array
    ratios: Array
    units: Array
    scale: Array


class LayeredNetwork(eqx.Module):
    """Latency and failure of designs on applications whose layers are known.

    The context of a design is the number of its application, as shape (designs, 1).

    Attributes:
        entry: Makes hidden numbers of a pair from its ratios and the shape of its layer.
        votes: Hidden and last layers of parallel heads; what they say is a correction of each time and issue, one of
            each time's spill, overhead, and how much longer the program is.
        gate: Weight of each head, before a softmax.
        spills: Logarithm of the slope of each time's spill, over its ratio; without a meaning where nothing spills.
        start: Logarithm of what an inference takes without any layer, over a typical latency.
        memories: None in a model that learns nothing from infeasible designs, to which all designs run.
        given: What is not learned.
        rooflines: What the ratios mean.
        parameters: Names of the design's parameters.
    """

    entry: Dense
    votes: tuple[Dense, Dense]
    gate: Array
    spills: Array
    start: Array
    memories: Memories | None
    given: Given
    rooflines: Rooflines = eqx.field(static=True)
    parameters: tuple[str, ...] = eqx.field(static=True)

    @property
    def most_values(self) -> int:
        """How many values the parameter with the most has."""
        return int(self.given.values.shape[1])

    def __call__(self, indices: Array, context: Array) -> Found:
        """Return what it says of each design.

        Args:
            indices: Which of its values each parameter has, shape (designs, parameters), int32.
            context: Number of each design's application, shape (designs, 1).
        """
        parameters = jnp.arange(indices.shape[1])
        return self._found(jax.lax.stop_gradient(self.given.values)[parameters, indices], context)

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
        layers, repeats = given.layers[which], given.repeats[which]
        ratios = ratios_of(self.rooflines, self.parameters, values, layers, repeats)
        said = self._say(ratios, layers, given)
        return Found(self._z(said, ratios, repeats, given), self._fails(said, ratios, repeats))

    def _say(self, ratios: dict[str, Array], layers: Array, given: Given) -> _Said:
        """Return what heads say of each pair."""
        pure = jnp.stack([ratios[ratio.name] for ratio in self.rooflines.pure], axis=-1)
        center, spread, least, largest = given.ratios
        shapes = np.array([self.rooflines.fields.index(name) for name in self.rooflines.shapes])
        seen = (jnp.clip(pure, least, largest) - center) / spread
        met = jax.nn.leaky_relu(self.entry(jnp.concatenate([seen, jnp.log1p(layers[..., shapes])], axis=-1)), LEAK)
        inner, last = self.votes
        n, width, hidden = inner.weight.shape
        weights = jax.nn.softmax(self.gate)
        # All heads side by side in one product, and weighted before their outputs are added in another.
        side = met @ inner.weight.transpose(1, 0, 2).reshape(width, n * hidden) + inner.bias.ravel()
        weighted = jax.nn.leaky_relu(side, LEAK) * jnp.repeat(weights, hidden)
        all_said = weighted @ last.weight.reshape(n * hidden, -1) + weights @ last.bias
        n_times, n_issues = len(self.rooflines.times), len(self.rooflines.issues)
        return _Said(*jnp.split(all_said, np.cumsum([n_times, n_issues, n_times, 1]), axis=-1))

    def _z(self, said: _Said, ratios: dict[str, Array], repeats: Array, given: Given) -> Array:
        times, issues = self.rooflines.times, self.rooflines.issues
        taken = []
        for i, line in enumerate(times):
            time = given.units[i] + ratios[line.ratio] + jax.nn.softplus(said.times[..., i] - _NEAR)
            if line.spill:
                time += spilled(line, jnp.exp(self.spills[i]), ratios[line.spill] + said.spills[..., i])
            taken.append(time)
        parts = [
            jax.nn.logsumexp(SHARPNESS * jnp.stack(taken, axis=-1), axis=-1) / SHARPNESS,
            given.scale[0] - _OVERHEAD + said.overhead[..., 0],
        ]
        for i, line in enumerate(issues):
            parts.append(given.units[len(times) + i] + ratios[line.ratio] + jax.nn.softplus(said.issues[..., i]))
        of_layer = jax.nn.logsumexp(jnp.stack(parts, axis=-1), axis=-1)
        total = jnp.logaddexp(jax.nn.logsumexp(of_layer + repeats, axis=1), given.scale[0] + self.start)
        return (total - given.scale[0]) / given.scale[1]

    def _fails(self, said: _Said, ratios: dict[str, Array], repeats: Array) -> Array:
        if self.memories is None:
            return jnp.full(len(repeats), -jnp.inf)
        return self.memories.fails(self.rooflines, ratios, jax.nn.softplus(said.program[..., 0] - _NEAR), repeats)


def spilled(line: Roofline, slope: Array, excess: Array) -> Array:
    """Return the logarithm of the share that does not fit, of the logarithm of what is asked for over what there is."""
    if not line.is_rest:
        return jax.nn.log_sigmoid(slope * excess)
    # A smooth max(1 - there / asked, 0).
    rest = slope * -jnp.expm1(-jnp.maximum(excess, -_DEEP))
    return jnp.log(jax.nn.softplus(jnp.maximum(rest, -_DEEP)) / slope)


_DEEP = 15.0
"""How small exponentials may become that mean nothing any more."""


class _Said(NamedTuple):
    """What heads say of pairs, each of shape (designs, layers, numbers)."""

    times: Array
    issues: Array
    spills: Array
    overhead: Array
    program: Array


def ratios_of(
    rooflines: Rooflines, parameters: Sequence[str], values: Array, layers: Array, repeats: Array
) -> dict[str, Array]:
    """Return the logarithms of all ratios of designs (designs, parameters) with layers (designs, layers, fields)."""
    design = {name: values[:, i, None] for i, name in enumerate(parameters)}
    layer = {name: layers[..., i] for i, name in enumerate(rooflines.fields)}
    return loads(rooflines, design, layer, jnp.exp(repeats))


_NEAR = 2.0
"""What is taken from what heads say of corrections, so that they start small (assumed)."""

_START = 2.0
"""Logarithm of how much shorter than a typical application its start is before training (assumed)."""

_OVERHEAD = 9.0
"""Logarithm of how much shorter than a typical application a layer's overhead is before training (assumed)."""

_SAMPLE = 2048
"""Random designs by which the ratios' spread is found."""


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

    Raises:
        InvalidInputError: If rooflines are over a parameter that designs do not have.
    """
    rooflines.check_parameters(encoding.names)
    rng = np.random.default_rng([seed, 2])
    n_times, width = len(rooflines.times), settings.width
    last = dense(rng, width, 2 * n_times + len(rooflines.issues) + 2, (settings.votes,))
    return LayeredNetwork(
        entry=dense(rng, len(rooflines.pure) + len(rooflines.shapes), width),
        votes=(dense(rng, width, width, (settings.votes,)), Dense(0.3 * last.weight, last.bias)),
        gate=jnp.zeros(settings.votes),
        spills=array_of(np.full(n_times, np.log(STEEP))),
        start=array_of(np.array(-_START)),
        memories=Memories.of(rooflines) if settings.beta else None,
        given=_given(encoding, rooflines, applications, scale),
        rooflines=rooflines,
        parameters=encoding.names,
    )


def _given(
    encoding: Encoding, rooflines: Rooflines, applications: Sequence[pd.DataFrame], scale: tuple[float, float]
) -> Given:
    tables = [padded(table, rooflines) for table in applications]
    layers, repeats = stacked(tables, max(len(table[0]) for table in tables))
    values = np.ones((len(encoding.names), encoding.counts.max()))
    for i, column in enumerate(encoding.values):
        values[i, : len(column)] = column
    return Given(
        values=array_of(values),
        layers=array_of(layers),
        repeats=array_of(repeats),
        ratios=array_of(_range(encoding, rooflines, values, layers, repeats)),
        units=array_of(np.log([line.unit_s for line in (*rooflines.times, *rooflines.issues)])),
        scale=array_of(np.array(scale)),
    )


def _range(
    encoding: Encoding,
    rooflines: Rooflines,
    values: npt.NDArray[np.float64],
    layers: npt.NDArray[np.float64],
    repeats: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return center, spread, least and largest of each pure ratio, of random designs on all layers."""
    indices = encoding.random((_SAMPLE,), np.random.default_rng(0))
    which = np.arange(_SAMPLE) % len(layers)
    designs = array_of(values[np.arange(indices.shape[1]), indices])
    found = ratios_of(rooflines, encoding.names, designs, array_of(layers[which]), array_of(repeats[which]))
    is_real = repeats[which] > NEVER
    pure = np.stack([np.asarray(found[ratio.name])[is_real] for ratio in rooflines.pure]).astype(np.float64)
    return np.stack([pure.mean(axis=1), pure.std(axis=1) + _LEAST_SPREAD, pure.min(axis=1), pure.max(axis=1)])
