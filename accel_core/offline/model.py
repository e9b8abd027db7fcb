"""The network: embedded parameters that attend to each other, and heads that read the design's latency from them.

As in PRIME (Kumar et al., ICLR 2022; google-research, ``prime/``): the value of each parameter is embedded by a dense
layer of its own and marked with a sinusoidal position; attention layers mix the parameters; all are laid flat,
multiplied by what a dense layer makes of the application's context, and read by parallel perceptrons. Their outputs are
averaged with weights that a softmax gives (soft voting).

Two things are ours. One more perceptron tells whether the design runs at all: a smooth latency alone would have to
climb a cliff wherever memory runs out, and be wrong beside it. And an embedding starts as a line through the ascending
values of its parameter, with noise, where PRIME's starts at random: neighbors mean nearly the same before any step.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

from accel_core.offline.settings import OfflineSettings

LEAK = 0.1
_NORM_FLOOR = 1e-5
_LINE = 0.9
"""Share of an embedding that starts as a line (assumed)."""


class Found(NamedTuple):
    """What the network says of designs, one number each.

    Attributes:
        z: Latency if the design runs, as a standardized logarithm (``losses.py``); lower is faster.
        fails: Logit of the probability that it does not run.
    """

    z: Array
    fails: Array


class Dense(eqx.Module):
    """Weights of shape (inputs, outputs) and a bias."""

    weight: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        """Apply to the last axis."""
        return x @ self.weight + self.bias


class AttentionLayer(eqx.Module):
    """Self-attention and two dense layers, each added to its input and normalized after."""

    mix: Dense
    out: Dense
    inner: Dense
    outer: Dense
    norms: Array
    heads: int = eqx.field(static=True)

    def __call__(self, x: Array) -> Array:
        """Map (batch, parameters, width) to the same shape."""
        batch, parameters, width = x.shape
        shape = (batch, parameters, self.heads, width // self.heads)
        query, key, value = (part.reshape(shape) for part in jnp.split(self.mix(x), 3, axis=-1))
        scores = jnp.einsum("bqhc,bkhc->bhqk", query, key) / np.sqrt(width / self.heads)
        mixed = jnp.einsum("bhqk,bkhc->bqhc", jax.nn.softmax(scores), value).reshape(x.shape)
        x = _normalized(x + self.out(mixed), self.norms[0])
        return _normalized(x + self.outer(jax.nn.relu(self.inner(x))), self.norms[1])


class Trunk(eqx.Module):
    """Embedded parameters that attend to each other.

    Attributes:
        embedding: Shape (parameters, most values, width): row (i, v) embeds value v of parameter i. A one-hot vector
            through a dense layer is the same.
        shift: The bias of these dense layers, shape (parameters, width).
        layers: The attention layers.
    """

    embedding: Array
    shift: Array
    layers: tuple[AttentionLayer, ...]

    def __call__(self, tokens: Array) -> Array:
        """Return all parameters laid flat, shape (designs, parameters * width), from (designs, parameters, width)."""
        x = tokens + self.shift + _positions(*self.shift.shape)
        for layer in self.layers:
            x = layer(x)
        return x.reshape(len(x), -1)


class AnyNetwork(Protocol):
    """A network of either kind: one number of latency and one of failure for each design."""

    @property
    def most_values(self) -> int:
        """How many values the parameter with the most has."""

    def __call__(self, indices: Array, context: Array) -> Found:
        """Return what it says of each design.

        Args:
            indices: Which of its values each parameter has, shape (designs, parameters), int32.
            context: What is given of each design's application, shape (designs, context numbers).
        """

    def of_mixtures(self, mixtures: Array, context: Array) -> Found:
        """Return the same for weights of the values, shape (designs, parameters, most values)."""


class Network(eqx.Module):
    """Latency and failure of designs.

    Attributes:
        trunk: Embedded parameters that attend to each other.
        context: Shape (context numbers, parameters * width), without bias; None for a model of one application.
        votes: Hidden and last layers of the perceptrons, side by side in the first axis of each array.
        gate: Gives each perceptron its weight.
        wall: Hidden and last layer of the perceptron that tells what does not run; none in a model that learns
            nothing from infeasible designs, to which all designs run.
    """

    trunk: Trunk
    context: Array | None
    votes: tuple[Dense, ...]
    gate: Dense
    wall: tuple[Dense, ...]

    @property
    def most_values(self) -> int:
        """How many values the parameter with the most has."""
        return int(self.trunk.embedding.shape[1])

    def __call__(self, indices: Array, context: Array) -> Found:
        """Return what it says of each design.

        Args:
            indices: Which of its values each parameter has, shape (designs, parameters), int32.
            context: Context of each design's application, shape (designs, context numbers).
        """
        return self._from_tokens(self.trunk.embedding[jnp.arange(indices.shape[1]), indices], context)

    def of_mixtures(self, mixtures: Array, context: Array) -> Found:
        """Return the same for weights of the values, shape (designs, parameters, most values)."""
        return self._from_tokens(jnp.einsum("bpv,pvd->bpd", mixtures, self.trunk.embedding), context)

    def fails_on(self, indices: Array, contexts: Array) -> Array:
        """Return the logit of failure of each design on each of several applications, shape (applications, designs).

        Args:
            indices: As above.
            contexts: Shape (applications, context numbers).
        """
        flat = self.trunk(self.trunk.embedding[jnp.arange(indices.shape[1]), indices])
        if self.context is None:
            return self._fails(flat)[None]
        return self._fails(flat * (contexts @ self.context)[:, None])

    def _fails(self, flat: Array) -> Array:
        if not self.wall:
            return jnp.full(flat.shape[:-1], -jnp.inf)
        inner, last = self.wall
        return last(jax.nn.leaky_relu(inner(flat), LEAK))[..., 0]

    def _from_tokens(self, tokens: Array, context: Array) -> Found:
        flat = self.trunk(tokens)
        if self.context is not None:
            flat = flat * (context @ self.context)
        hidden = jnp.einsum("bi,mio->mbo", flat, self.votes[0].weight) + self.votes[0].bias[:, None]
        for layer in self.votes[1:]:
            hidden = jax.nn.leaky_relu(hidden, LEAK) @ layer.weight + layer.bias[:, None]
        weights = jax.nn.softmax(self.gate(flat))
        return Found((weights * hidden[..., 0].T).sum(axis=1), self._fails(flat))


def make_network(counts: npt.NDArray[np.int64], n_context: int | None, settings: OfflineSettings, seed: int) -> Network:
    """Return an untrained network.

    Args:
        counts: How many values each parameter has.
        n_context: How many numbers a context has; None for a model of one application.
        settings: The sizes.
        seed: Of the random weights.
    """
    rng = np.random.default_rng([seed, 2])
    width, n = settings.embedding, len(counts)
    flat = n * width
    sides = [flat, *[settings.width] * settings.depth, 1]
    votes = [dense(rng, inputs, outputs, (settings.votes,)) for inputs, outputs in pairwise(sides)]
    trunk = make_trunk(rng, counts, settings)
    context = None
    if n_context is not None:
        # The mean application (the constant 1) starts as if there were no context.
        weights = np.zeros((n_context, flat))
        weights[0] = 1.0
        context = array_of(weights)
    return Network(
        trunk=trunk,
        context=context,
        votes=tuple(votes),
        gate=dense(rng, flat, settings.votes),
        wall=(dense(rng, flat, settings.width), dense(rng, settings.width, 1)) if settings.beta else (),
    )


def make_trunk(rng: np.random.Generator, counts: npt.NDArray[np.int64], settings: OfflineSettings) -> Trunk:
    """Return an untrained trunk for parameters with so many values."""
    return Trunk(
        embedding=array_of(_first_embedding(rng, counts, settings.embedding)),
        shift=jnp.zeros((len(counts), settings.embedding)),
        layers=tuple(_attention_layer(rng, settings) for _ in range(settings.layers)),
    )


def _first_embedding(rng: np.random.Generator, counts: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.float64]:
    """Return a line through the values of each parameter, of spread 1, with noise."""
    place = np.arange(counts.max()) - (counts[:, None] - 1) / 2
    spread = np.sqrt(np.maximum(counts**2 - 1, 1) / 12)
    line = (place / spread[:, None])[..., None] * rng.normal(0.0, 1.0, (len(counts), 1, width))
    found: npt.NDArray[np.float64] = _LINE * line + (1 - _LINE) * rng.normal(0.0, 1.0, line.shape)
    return found


def _attention_layer(rng: np.random.Generator, settings: OfflineSettings) -> AttentionLayer:
    width, inner = settings.embedding, settings.feed_forward
    norms = np.zeros((2, 2, width))
    norms[:, 0] = 1.0
    return AttentionLayer(
        mix=dense(rng, width, 3 * width),
        out=dense(rng, width, width),
        inner=dense(rng, width, inner),
        outer=dense(rng, inner, width),
        norms=array_of(norms),
        heads=settings.heads,
    )


def dense(rng: np.random.Generator, inputs: int, outputs: int, sides: tuple[int, ...] = ()) -> Dense:
    """Return random weights and no bias, as many times as ``sides`` say."""
    weight = rng.normal(0.0, 1 / np.sqrt(inputs), (*sides, inputs, outputs))
    return Dense(array_of(weight), jnp.zeros((*sides, outputs)))


def array_of(values: npt.NDArray[np.float64]) -> Array:
    """Return numbers as networks have them."""
    return jnp.asarray(values, dtype=jnp.float32)


def _normalized(x: Array, gain_and_shift: Array) -> Array:
    centered = x - x.mean(axis=-1, keepdims=True)
    spread = jnp.sqrt((centered**2).mean(axis=-1, keepdims=True) + _NORM_FLOOR)
    return centered / spread * gain_and_shift[0] + gain_and_shift[1]


def _positions(n: int, width: int) -> npt.NDArray[np.float32]:
    """Return sines and cosines of rising wavelength (Vaswani et al., 2017), shape (n, width)."""
    angles = np.arange(n)[:, None] / 10_000 ** (2 * np.arange(width // 2) / width)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
