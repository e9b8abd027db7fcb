"""The network: embedded parameters that attend to each other, and heads that vote on the latency of the design.

As in PRIME (Kumar et al., ICLR 2022; google-research, ``prime/``): the value of each parameter is embedded by a dense
layer of its own and marked with a sinusoidal position; attention layers mix the parameters; all are laid flat,
multiplied by what a dense layer makes of the application's context, and read by parallel perceptrons. Their outputs are
averaged with weights that a softmax gives (soft voting).
"""

from __future__ import annotations

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

from accel_core.offline.settings import OfflineSettings

LEAK = 0.1
_NORM_FLOOR = 1e-5


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


class Network(eqx.Module):
    """Latency of designs as a standardized logarithm (``losses.py``); lower is faster.

    Attributes:
        embedding: Shape (parameters, most values, width): row (i, v) embeds value v of parameter i. A one-hot vector
            through a dense layer is the same.
        shift: The bias of these dense layers, shape (parameters, width).
        layers: The attention layers.
        context: Shape (context numbers, parameters * width), without bias; None for a model of one application.
        votes: Hidden and last layers of the perceptrons, side by side in the first axis of each array.
        gate: Gives each perceptron its weight.
    """

    embedding: Array
    shift: Array
    layers: tuple[AttentionLayer, ...]
    context: Array | None
    votes: tuple[Dense, ...]
    gate: Dense

    def __call__(self, picks: Array, context: Array) -> Array:
        """Return one number a design.

        Args:
            picks: Which of its values each parameter has, shape (designs, parameters), int32.
            context: Context of each design's application, shape (designs, context numbers).
        """
        return self._from_tokens(self.embedding[jnp.arange(picks.shape[1]), picks], context)

    def of_mixtures(self, mixtures: Array, context: Array) -> Array:
        """Return the same for weights of the values, shape (designs, parameters, most values)."""
        return self._from_tokens(jnp.einsum("bpv,pvd->bpd", mixtures, self.embedding), context)

    def _from_tokens(self, tokens: Array, context: Array) -> Array:
        x = tokens + self.shift + _positions(*self.shift.shape)
        for layer in self.layers:
            x = layer(x)
        flat = x.reshape(len(x), -1)
        if self.context is not None:
            flat = flat * (context @ self.context)
        hidden = jnp.einsum("bi,mio->mbo", flat, self.votes[0].weight) + self.votes[0].bias[:, None]
        for dense in self.votes[1:]:
            hidden = jax.nn.leaky_relu(hidden, LEAK) @ dense.weight + dense.bias[:, None]
        weights = jax.nn.softmax(self.gate(flat))
        return (weights * hidden[..., 0].T).sum(axis=1)


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
    votes = [_dense(rng, inputs, outputs, (settings.votes,)) for inputs, outputs in pairwise(sides)]
    context = None
    if n_context is not None:
        # The mean application (the constant 1) starts as if there were no context.
        weights = rng.normal(0.0, 0.1, (n_context, flat))
        weights[0] = 1.0
        context = _array(weights)
    return Network(
        embedding=_array(rng.normal(0.0, 1.0, (n, int(counts.max()), width))),
        shift=jnp.zeros((n, width)),
        layers=tuple(_attention_layer(rng, settings) for _ in range(settings.layers)),
        context=context,
        votes=tuple(votes),
        gate=_dense(rng, flat, settings.votes),
    )


def _attention_layer(rng: np.random.Generator, settings: OfflineSettings) -> AttentionLayer:
    width, inner = settings.embedding, settings.feed_forward
    norms = np.zeros((2, 2, width))
    norms[:, 0] = 1.0
    return AttentionLayer(
        mix=_dense(rng, width, 3 * width),
        out=_dense(rng, width, width),
        inner=_dense(rng, width, inner),
        outer=_dense(rng, inner, width),
        norms=_array(norms),
        heads=settings.heads,
    )


def _dense(rng: np.random.Generator, inputs: int, outputs: int, sides: tuple[int, ...] = ()) -> Dense:
    weight = rng.normal(0.0, 1 / np.sqrt(inputs), (*sides, inputs, outputs))
    return Dense(_array(weight), jnp.zeros((*sides, outputs)))


def _array(values: npt.NDArray[np.float64]) -> Array:
    return jnp.asarray(values, dtype=jnp.float32)


def _normalized(x: Array, gain_and_shift: Array) -> Array:
    centered = x - x.mean(axis=-1, keepdims=True)
    spread = jnp.sqrt((centered**2).mean(axis=-1, keepdims=True) + _NORM_FLOOR)
    return centered / spread * gain_and_shift[0] + gain_and_shift[1]


def _positions(n: int, width: int) -> npt.NDArray[np.float32]:
    """Return sines and cosines of rising wavelength (Vaswani et al., 2017), shape (n, width)."""
    angles = np.arange(n)[:, None] / 10_000 ** (2 * np.arange(width // 2) / width)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
