"""Trains a network on logged designs: seeded, watched, and resumed to the same numbers.

All chance in a step comes from the seed and the step's number, so what a checkpoint keeps, weights, the moments of Adam
and the swarms, is all that a step depends on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from accel_core.offline.contexts import Contexts
from accel_core.offline.encoding import Encoding, Indices
from accel_core.offline.logs import Rows, Split
from accel_core.offline.losses import Batch, Scale, Terms, loss
from accel_core.offline.model import AnyNetwork
from accel_core.offline.negatives import Limits, climb, first_swarms, fly_on, swarm_contexts
from accel_core.offline.select import judge
from accel_core.offline.settings import OfflineSettings

CURVES = ("step", "loss", "error", "negative", "failure", "held_out_error", "kendall", "kendall_all", "kendall_top",
          "right")  # fmt: skip
"""Columns of the training curves; ``select.Judgment`` and ``losses.Terms`` say what they are."""

Progress = dict[str, float]
"""One row of the curves."""

Watcher = Callable[[Progress], bool | None]
"""Called with each new row; training stops where it is if it returns True."""

_WARM_UP = 0.05
_ADAM = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam())


@dataclass(frozen=True)
class State:
    """All that the next step depends on, beside the data."""

    network: AnyNetwork
    moments: optax.OptState
    swarms: Indices
    step: int
    curves: tuple[Progress, ...]


@dataclass(frozen=True)
class Task:
    """What is learned from, and how.

    Attributes:
        encoding: The parameters.
        contexts: The applications.
        data: Logged designs.
        scale: What is predicted.
        settings: Sizes, loss and training.
        seed: Of all chance.
        limits: Area limits that negatives keep; None for none.
    """

    encoding: Encoding
    contexts: Contexts
    data: Split
    scale: Scale
    settings: OfflineSettings
    seed: int
    limits: Limits | None

    def begin(self) -> State:
        """Return the state before the first step."""
        network = self.contexts.network(self.encoding, self.scale, self.settings, self.seed)
        swarms = first_swarms(self.encoding, len(self.contexts.table), self.settings, self.seed)
        return State(network, _ADAM.init(eqx.filter(network, eqx.is_array)), swarms, 0, ())


def train(
    task: Task, state: State, watcher: Watcher | None = None, keep: Callable[[State], None] | None = None
) -> State:
    """Take all steps that remain, or fewer if the watcher stops it; ``keep`` is called with each new row as well."""
    settings = task.settings
    weights = [jnp.float32(value) for value in (settings.alpha, settings.beta, task.scale.ceiling)]
    report_every = max(1, settings.steps // settings.reports)
    negatives = _Negatives(task)
    network, moments, swarms = state.network, state.moments, state.swarms
    for step in range(state.step, settings.steps):
        if settings.alpha and step % settings.mine_every == 0:
            swarms = negatives.mine(network, swarms, step)
        batch = _batch(task, step, negatives.of(network, swarms, step))
        rate = jnp.float32(learning_rate(settings, step))
        network, moments, total, terms = _update(network, moments, batch, rate, *weights)
        done = step + 1
        if done % report_every == 0 or done == settings.steps:
            row = _progress(task, network, done, float(total), terms)
            state = State(network, moments, swarms, done, (*state.curves, row))
            if keep is not None:
                keep(state)
            if watcher is not None and watcher(row):
                return state
    return state


def learning_rate(settings: OfflineSettings, step: int) -> float:
    """Return the rate of a step: up along a line, then down along half a cosine."""
    warm_up = max(1, round(_WARM_UP * settings.steps))
    if step < warm_up:
        return settings.learning_rate * (step + 1) / warm_up
    done = (step - warm_up) / max(1, settings.steps - warm_up)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


@eqx.filter_jit
def _update(
    network: AnyNetwork, moments: optax.OptState, batch: Batch, rate: Array, alpha: Array, beta: Array, ceiling: Array
) -> tuple[AnyNetwork, optax.OptState, Array, Terms]:
    (total, terms), slopes = eqx.filter_value_and_grad(loss, has_aux=True)(network, batch, alpha, beta, ceiling)
    steps, moments = _ADAM.update(slopes, moments)
    scaled = eqx.filter(steps, eqx.is_array)
    network = eqx.apply_updates(network, optax.tree.scale(-rate, scaled))
    return network, moments, total, terms


class _Negatives:
    """Negatives of each step, as indices or mixtures with the number of their application."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def mine(self, network: AnyNetwork, swarms: Indices, step: int) -> Indices:
        settings = self._task.settings
        if settings.miner != "firefly":
            return swarms
        rng = np.random.default_rng([self._task.seed, 5, step])
        task, contexts = self._task, swarm_contexts(self._task.contexts.table, swarms)
        ceiling, counts = task.scale.ceiling, task.encoding.counts
        return fly_on(network, swarms, contexts, counts, ceiling, task.limits, settings.mine_rounds, rng)

    def of(self, network: AnyNetwork, swarms: Indices, step: int) -> tuple[Any, Any]:
        task, settings = self._task, self._task.settings
        table = task.contexts.table
        if not settings.alpha:
            return swarms[:0, 0], table[:0]
        if settings.miner == "firefly":
            return swarms.reshape(-1, swarms.shape[-1]), swarm_contexts(table, swarms)
        rng = np.random.default_rng([task.seed, 6, step])
        rows = _drawn(task.data.feasible, settings.negatives, rng)
        contexts = table[rows.application]
        counts, ceiling = jnp.asarray(task.encoding.counts.astype(np.int32)), jnp.float32(task.scale.ceiling)
        found = climb(network, jnp.asarray(rows.indices), jnp.asarray(contexts), counts, ceiling, settings)
        return found, contexts


def _batch(task: Task, step: int, negatives: tuple[Any, Any]) -> Batch:
    settings, table = task.settings, task.contexts.table
    rng = np.random.default_rng([task.seed, 4, step])
    feasible = _drawn(task.data.feasible, settings.batch, rng)
    n_infeasible = settings.batch if settings.beta and len(task.data.infeasible) else 0
    infeasible = _drawn(task.data.infeasible, n_infeasible, rng)
    z = task.scale.forward(feasible.latency_s).astype(np.float32)
    parts = (
        feasible.indices,
        table[feasible.application],
        z,
        infeasible.indices,
        table[infeasible.application],
        *negatives,
    )
    return Batch(*map(jnp.asarray, parts))


def _drawn(rows: Rows, n: int, rng: np.random.Generator) -> Rows:
    return rows.take(rng.integers(0, len(rows), size=n) if n else np.zeros(0, dtype=np.int64))


def _progress(task: Task, network: AnyNetwork, step: int, total: float, terms: Terms) -> Progress:
    judged = judge(network, task.data, task.contexts, task.scale)
    numbers = [float(term) for term in terms]
    row = (float(step), total, *numbers, *astuple(judged))
    return dict(zip(CURVES, row, strict=True))
