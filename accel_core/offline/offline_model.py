"""Models that learn from logged designs alone, predict, and are optimized without one further simulation.

Nothing here can run a simulator: the room sees tables, and functions of designs known in closed form, as area is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.offline.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from accel_core.offline.choosing import Area, choose
from accel_core.offline.encoding import Encoding, Picks
from accel_core.offline.logs import Context, Contexts, Floats, Rows, digest, read_logs, split
from accel_core.offline.losses import Scale
from accel_core.offline.model import Network, make_network
from accel_core.offline.negatives import Limits
from accel_core.offline.predicting import Predicted, predict
from accel_core.offline.settings import OfflineSettings
from accel_core.offline.train import CURVES, State, Task, Watcher, train

Application = str | Mapping[str, float]
"""An application that the model learned from, by name; or any other, by its context."""

N_STARTS = 256
"""Fastest logged designs that a model remembers, for the optimizer to start from."""


@dataclass(frozen=True)
class OfflineModel:
    """A trained model.

    Attributes:
        encoding: The parameters that it knows.
        contexts: The applications that it learned from.
        scale: What its network predicts.
        settings: Sizes, loss and training.
        seed: Of all chance in training.
        network: The network.
        starts: The fastest logged designs, fastest first.
        curves: How training went; columns ``train.CURVES``.
        is_complete: Whether all steps were taken.
    """

    encoding: Encoding
    contexts: Contexts
    scale: Scale
    settings: OfflineSettings
    seed: int
    network: Network
    starts: Picks
    curves: pd.DataFrame
    is_complete: bool

    def predict(self, designs: pd.DataFrame, application: Application | None = None) -> Floats:
        """Return the predicted latency in seconds of each design, if it runs at all.

        Args:
            designs: The parameters.
            application: Needed if the model learned from several.

        Raises:
            InvalidInputError: If a value is not in the table, or the application unknown.
        """
        return self.scale.backward(self._predict(self.encoding.picks_of(designs), application).z)

    def p_fails(self, designs: pd.DataFrame, application: Application | None = None) -> Floats:
        """Return the probability that each design is infeasible; 0 in a model that learned from feasible ones alone.

        On an application given by its context a design is taken to fail as likely as on any that the model learned
        from, if not likelier: what a context does not tell is not hoped for.

        Args:
            designs: The parameters.
            application: Needed if the model learned from several.

        Raises:
            InvalidInputError: As ``predict``.
        """
        return self._predict(self.encoding.picks_of(designs), application).p_fails

    def optimize(
        self, area_limit_mm2: float, n: int, seed: int, area: Area, applications: Sequence[Application] = ()
    ) -> pd.DataFrame:
        """Return the ``n`` most promising designs, the best first, with what is predicted of them.

        Designs are ordered by their latency, which counts as the slower the likelier they fail (``losses.py``). The
        table has the parameters, ``predicted_s`` and ``p_fails`` (the mean over the applications and the largest),
        and ``chip_area_mm2``.

        Args:
            area_limit_mm2: Largest area.
            n: Designs to return, at most 1000.
            seed: Of the optimizer.
            area: Area of designs.
            applications: One, or several whose mean latency counts; none stands for the only one of the log.

        Raises:
            InvalidInputError: If an argument is not allowed, or fewer designs under the limit were found.
        """
        asked = applications or (None,)

        def slowness(picks: Picks) -> Floats:
            found: Floats = np.mean([self.scale.backward(self._predict(picks, one).slowed) for one in asked], axis=0)
            return found

        picks = choose(self.encoding, slowness, self.starts, area_limit_mm2, n, seed, area)
        designs = self.encoding.designs_of(picks)
        found = [self._predict(picks, one) for one in asked]
        return designs.assign(
            predicted_s=np.mean([self.scale.backward(one.z) for one in found], axis=0),
            p_fails=np.max([one.p_fails for one in found], axis=0),
            chip_area_mm2=area(designs),
        )

    def save(self, path: Path) -> None:
        """Write the model to a ``.npz`` file, without what only training needs.

        Raises:
            InvalidInputError: If the file cannot be written.
        """
        write_checkpoint(path, *_content(self))

    @classmethod
    def load(cls, path: Path) -> OfflineModel:
        """Read what ``save`` or a checkpoint of ``train_offline`` wrote.

        Raises:
            InvalidInputError: If the file is missing, damaged or changed.
        """
        return _model_in(read_checkpoint(path), path)

    def _predict(self, picks: Picks, application: Application | None) -> Predicted:
        context = self.contexts.row(application)
        others = self.contexts.table if isinstance(application, Mapping) else None
        contexts = np.broadcast_to(context, (len(picks), len(context)))
        return predict(self.network, picks, contexts, self.scale.ceiling, others)


def train_offline(
    logs: pd.DataFrame,
    parameters: Mapping[str, Sequence[float]],
    context: Context | None = None,
    settings: OfflineSettings | None = None,
    seed: int = 0,
    *,
    area: Area | None = None,
    watcher: Watcher | None = None,
    checkpoint: Path | None = None,
) -> OfflineModel:
    """Train a model on logged designs.

    Args:
        logs: The parameters, ``status`` (``ok`` or ``infeasible``), ``runtime_s``, and ``application`` with a context.
        parameters: The values that each parameter may have, ascending.
        context: Numbers that describe each application, for a model of several; None for a model of one.
        settings: Sizes, loss and training.
        seed: Of all chance; the same seed on the same machine gives the same numbers.
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
    contexts = Contexts.of(context, names)
    data = split(rows, settings.held_out, seed)
    limits = None
    if area is not None:
        limits = Limits.of(
            lambda picks: np.asarray(area(encoding.designs_of(picks)), dtype=np.float64), data.feasible.picks
        )
    task = Task(encoding, contexts, data, Scale.of(data.feasible.latency_s), settings, seed, limits)
    print_of_data = digest(rows, contexts.table)
    starts = _fastest(rows)
    state = task.begin()
    if checkpoint is not None and checkpoint.exists():
        state = _resumed(task, state, checkpoint, print_of_data)

    def keep(state: State) -> None:
        if checkpoint is not None:
            about, arrays = _content(_model(task, state, starts))
            moments = {f"moments{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(state.moments))}
            about |= {"data": print_of_data, "step": state.step}
            write_checkpoint(checkpoint, about, {**arrays, **moments, "swarms": state.swarms})

    state = train(task, state, watcher, keep)
    return _model(task, state, starts)


def _fastest(rows: Rows) -> Picks:
    """Return the fastest logged designs, in turns of the applications."""
    is_ok = np.isfinite(rows.latency_s)
    order = np.argsort(np.where(is_ok, rows.latency_s, np.inf), kind="stable")[: int(is_ok.sum())]
    turn = pd.Series(rows.application[order]).groupby(rows.application[order]).cumcount().to_numpy()
    picks = rows.picks[order[np.argsort(turn, kind="stable")]]
    _, first = np.unique(picks, axis=0, return_index=True)
    return picks[np.sort(first)][:N_STARTS]


def _model(task: Task, state: State, starts: Picks) -> OfflineModel:
    curves = pd.DataFrame(list(state.curves), columns=list(CURVES))
    is_complete = state.step >= task.settings.steps
    return OfflineModel(
        task.encoding, task.contexts, task.scale, task.settings, task.seed, state.network, starts, curves, is_complete
    )


def _content(model: OfflineModel) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    contexts, scale = model.contexts, model.scale
    about = {
        "parameters": {name: list(v) for name, v in zip(model.encoding.names, model.encoding.values, strict=True)},
        "fields": list(contexts.fields),
        "applications": list(contexts.names),
        "scale": [scale.center, scale.scale, scale.ceiling],
        "settings": model.settings.to_mapping(),
        "seed": model.seed,
        "is_complete": model.is_complete,
    }
    weights: dict[str, npt.NDArray[Any]] = {
        f"weights{i}": np.asarray(leaf) for i, leaf in enumerate(_leaves(model.network))
    }
    arrays: dict[str, npt.NDArray[Any]] = {
        "starts": model.starts,
        "contexts": contexts.table,
        "context_center": contexts.center,
        "context_scale": contexts.scale,
        "curves": model.curves.to_numpy(dtype=np.float64),
    }
    return about, {**weights, **arrays}


def _leaves(tree: Any) -> list[Any]:
    return jax.tree.leaves(eqx.filter(tree, eqx.is_array))


def _model_in(file: Checkpoint, path: Path) -> OfflineModel:
    about, arrays = file.about, file.arrays
    try:
        encoding = Encoding.of(about["parameters"])
        settings = OfflineSettings.from_mapping(about["settings"])
        contexts = Contexts(
            tuple(about["fields"]),
            tuple(about["applications"]),
            arrays["context_center"],
            arrays["context_scale"],
            arrays["contexts"],
        )
        n_context = contexts.table.shape[1] if contexts.fields else None
        network = _with_leaves(make_network(encoding.counts, n_context, settings, 0), file.numbered("weights"), path)
        curves = pd.DataFrame(arrays["curves"], columns=list(CURVES))
        return OfflineModel(
            encoding,
            contexts,
            Scale(*about["scale"]),
            settings,
            int(about["seed"]),
            network,
            arrays["starts"],
            curves,
            bool(about["is_complete"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InvalidInputError(f"{path}: not a readable offline model: {error}") from error


def _with_leaves(tree: Any, leaves: list[npt.NDArray[Any]], path: Path) -> Any:
    own, structure = jax.tree.flatten(eqx.filter(tree, eqx.is_array))
    shapes, found = [leaf.shape for leaf in own], [leaf.shape for leaf in leaves]
    if shapes != found:
        raise InvalidInputError(f"{path}: arrays have shapes {found}; needed for its settings: {shapes}")
    filled = jax.tree.unflatten(structure, [jnp.asarray(leaf) for leaf in leaves])
    return eqx.combine(filled, tree)


def _resumed(task: Task, state: State, path: Path, print_of_data: str) -> State:
    file = read_checkpoint(path)
    model = _model_in(file, path)
    if "step" not in file.about:
        raise InvalidInputError(f"{path}: a model without what training needs; allowed: a checkpoint of a training")
    for what, is_same in (
        ("logs", file.about["data"] == print_of_data),
        ("parameters", model.encoding == task.encoding),
        ("settings", model.settings == task.settings),
        ("seed", model.seed == task.seed),
    ):
        if not is_same:
            raise InvalidInputError(f"{path}: checkpoint of a training with other {what}; delete it to start anew")
    moments = _with_leaves(state.moments, file.numbered("moments"), path)
    curves = tuple(dict(zip(CURVES, map(float, row), strict=True)) for row in model.curves.to_numpy())
    return State(model.network, moments, file.arrays["swarms"], int(file.about["step"]), curves)
