"""Makes models of logged designs: reads the logs, trains, keeps checkpoints and goes on from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import jax
import numpy as np
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.offline.checkpoint import read_checkpoint, write_checkpoint
from accel_core.offline.choosing import Area
from accel_core.offline.contexts import Context, Contexts, LayerContexts, VectorContexts
from accel_core.offline.encoding import Encoding, Indices
from accel_core.offline.logs import Rows, digest, read_logs, split
from accel_core.offline.losses import Scale
from accel_core.offline.negatives import Limits
from accel_core.offline.offline_model import OfflineModel, content_of, model_in, with_leaves
from accel_core.offline.settings import OfflineSettings
from accel_core.offline.train import CURVES, State, Task, Watcher, train
from accel_core.rooflines import Rooflines

N_STARTS = 256
"""Fastest logged designs that a model remembers, for the optimizer to start from."""


def train_offline(
    logs: pd.DataFrame,
    parameters: Mapping[str, Sequence[float]],
    context: Context | None = None,
    settings: OfflineSettings | None = None,
    seed: int = 0,
    *,
    rooflines: Rooflines | None = None,
    area: Area | None = None,
    watcher: Watcher | None = None,
    checkpoint: Path | None = None,
) -> OfflineModel:
    """Train a model on logged designs.

    Args:
        logs: The parameters, ``status`` (``ok`` or ``infeasible``), ``runtime_s``, and ``application`` with a context.
        parameters: The values that each parameter may have, ascending.
        context: Numbers that describe each application, or with rooflines the table of its layers, for a model of
            several; None for a model of one.
        settings: Sizes, loss and training.
        seed: Of all chance; the same seed on the same machine gives the same numbers.
        rooflines: What is known of layers on designs, for a model that looks at applications layer by layer.
        area: Area of designs; with it, negatives are mined under area limits of their own.
        watcher: Called with each row of the curves; it stops training by returning True.
        checkpoint: A ``.npz`` file that is replaced with each row of the curves. If it is there, training goes on from
            it, to the same numbers as if it had never stopped.

    Raises:
        InvalidInputError: If the logs are not as above, or the checkpoint is damaged or of another training.
    """
    settings = settings or OfflineSettings()
    encoding = Encoding.of(parameters)
    rows, names = read_logs(logs, encoding, context is not None)
    contexts = _contexts(context, names, rooflines)
    data = split(rows, settings.held_out, seed)
    limits = None
    if area is not None:
        limits = Limits.of(
            lambda indices: np.asarray(area(encoding.designs_of(indices)), dtype=np.float64), data.feasible.indices
        )
    task = Task(encoding, contexts, data, Scale.of(data.feasible.latency_s), settings, seed, limits)
    print_of_data = digest(rows, contexts.content)
    starts = _fastest(rows)
    state = task.begin()
    if checkpoint is not None and checkpoint.exists():
        state = _resumed(task, state, checkpoint, print_of_data)

    def keep(state: State) -> None:
        if checkpoint is not None:
            about, arrays = content_of(_model(task, state, starts))
            moments = {f"moments{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(state.moments))}
            about |= {"data": print_of_data, "step": state.step}
            write_checkpoint(checkpoint, about, {**arrays, **moments, "swarms": state.swarms})

    state = train(task, state, watcher, keep)
    return _model(task, state, starts)


def _contexts(context: Context | None, names: tuple[str, ...], rooflines: Rooflines | None) -> Contexts:
    kinds = {pd.DataFrame if isinstance(entry, pd.DataFrame) else Mapping for entry in (context or {}).values()}
    if kinds and kinds != {Mapping if rooflines is None else pd.DataFrame}:
        raise InvalidInputError("context: allowed are tables of layers with rooflines, and numbers without")
    if rooflines is None:
        return VectorContexts.of(cast("Mapping[str, Mapping[str, float]] | None", context), names)
    if not names:
        raise InvalidInputError("logs: column 'application' is missing; rooflines need the layers of each application")
    return LayerContexts.of(cast("Mapping[str, pd.DataFrame]", context or {}), names, rooflines)


def _fastest(rows: Rows) -> Indices:
    """Return the fastest logged designs, in turns of the applications."""
    is_ok = np.isfinite(rows.latency_s)
    order = np.argsort(np.where(is_ok, rows.latency_s, np.inf), kind="stable")[: int(is_ok.sum())]
    turn = pd.Series(rows.application[order]).groupby(rows.application[order]).cumcount().to_numpy()
    indices = rows.indices[order[np.argsort(turn, kind="stable")]]
    _, first = np.unique(indices, axis=0, return_index=True)
    return indices[np.sort(first)][:N_STARTS]


def _model(task: Task, state: State, starts: Indices) -> OfflineModel:
    curves = pd.DataFrame(list(state.curves), columns=list(CURVES))
    is_complete = state.step >= task.settings.steps
    return OfflineModel(
        task.encoding, task.contexts, task.scale, task.settings, task.seed, state.network, starts, curves, is_complete
    )


def _resumed(task: Task, state: State, path: Path, print_of_data: str) -> State:
    file = read_checkpoint(path)
    model = model_in(file, path)
    if not {"step", "data"} <= set(file.about) or "swarms" not in file.arrays:
        raise InvalidInputError(f"{path}: a model without what training needs; allowed: a checkpoint of a training")
    for what, is_same in (
        ("logs", file.about["data"] == print_of_data),
        ("parameters", model.encoding == task.encoding),
        ("rooflines", getattr(model.contexts, "rooflines", None) == getattr(task.contexts, "rooflines", None)),
        ("settings", model.settings == task.settings),
        ("seed", model.seed == task.seed),
    ):
        if not is_same:
            raise InvalidInputError(f"{path}: checkpoint of a training with other {what}; delete it to start anew")
    moments = with_leaves(state.moments, file.numbered("moments"), path)
    curves = tuple(dict(zip(CURVES, map(float, row), strict=True)) for row in model.curves.to_numpy())
    return State(model.network, moments, file.arrays["swarms"], int(file.about["step"]), curves)
