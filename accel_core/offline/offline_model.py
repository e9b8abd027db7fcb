"""Models that learn from logged designs alone, predict, and are optimized without one further simulation.

Nothing here can run a simulator: the room sees tables, and functions of designs known in closed form, as area is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.offline.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from accel_core.offline.choosing import Area, choose
from accel_core.offline.contexts import Application, Contexts, LayerContexts, VectorContexts, merged_layers
from accel_core.offline.encoding import Encoding, Indices
from accel_core.offline.layered import LayeredNetwork
from accel_core.offline.logs import Floats, Singles
from accel_core.offline.losses import Scale
from accel_core.offline.model import AnyNetwork, Network
from accel_core.offline.predicting import Predicted, p_fails_anywhere, predict
from accel_core.offline.settings import OfflineSettings
from accel_core.offline.train import CURVES
from accel_core.rooflines import COUNT, Rooflines


class View(NamedTuple):
    """How a model looks at one application.

    Attributes:
        network: The network, which knows the layers of an application that it did not learn from.
        row: What the network is given of the application.
        is_vague: Whether the model knows numbers of it alone.
    """

    network: AnyNetwork
    row: Singles
    is_vague: bool


class Outlook(NamedTuple):
    """What is expected of designs on one application or several, one number each.

    Attributes:
        slowed_s: Mean latency, the slower the likelier a design fails.
        latency_s: Mean latency if it runs.
        p_fails: Largest probability that it does not run.
    """

    slowed_s: Floats
    latency_s: Floats
    p_fails: Floats


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
    network: AnyNetwork
    starts: Indices
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
        return self.scale.backward(self._predict(self.encoding.indices_of(designs), self.views([application]))[0].z)

    def p_fails(self, designs: pd.DataFrame, application: Application | None = None) -> Floats:
        """Return the probability that each design is infeasible; 0 in a model that learned from feasible ones alone.

        On an application given by numbers alone a design is taken to fail as likely as on any that the model learned
        from, if not likelier: what they do not tell is not hoped for. Layers tell what memory they need.

        Args:
            designs: The parameters.
            application: Needed if the model learned from several.

        Raises:
            InvalidInputError: As ``predict``.
        """
        return self._predict(self.encoding.indices_of(designs), self.views([application]))[0].p_fails

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
        views = self.views(applications)

        def slowness(indices: Indices) -> Floats:
            return self._outlook(indices, views).slowed_s

        indices = choose(self.encoding, slowness, self.starts, area_limit_mm2, n, seed, area)
        designs, expected = self.encoding.designs_of(indices), self._outlook(indices, views)
        return designs.assign(predicted_s=expected.latency_s, p_fails=expected.p_fails, chip_area_mm2=area(designs))

    def save(self, path: Path) -> None:
        """Write the model to a ``.npz`` file, without what only training needs.

        Raises:
            InvalidInputError: If the file cannot be written.
        """
        write_checkpoint(path, *content_of(self))

    @classmethod
    def load(cls, path: Path) -> OfflineModel:
        """Read what ``save`` or a checkpoint of ``train_offline`` wrote.

        Raises:
            InvalidInputError: If the file is missing, damaged or changed.
        """
        return model_in(read_checkpoint(path), path)

    def views(self, applications: Sequence[Application | None]) -> tuple[View, ...]:
        """Return how the model looks at applications; none stands for the only one of the log.

        Raises:
            InvalidInputError: If an application is unknown, or not described as the model's are.
        """
        return tuple(map(self._view, applications or (None,)))

    def _view(self, application: Application | None) -> View:
        row, network = self.contexts.row(application), self.network
        if isinstance(application, pd.DataFrame) and isinstance(self.contexts, LayerContexts):
            assert isinstance(network, LayeredNetwork)
            network = network.with_application(merged_layers(application, "application", self.contexts.rooflines))
        return View(network, row, isinstance(application, Mapping))

    def _outlook(self, indices: Indices, views: Sequence[View]) -> Outlook:
        found = self._predict(indices, views)
        return Outlook(
            np.mean([self.scale.backward(one.slowed) for one in found], axis=0),
            np.mean([self.scale.backward(one.z) for one in found], axis=0),
            np.max([one.p_fails for one in found], axis=0),
        )

    def _predict(self, indices: Indices, views: Sequence[View]) -> list[Predicted]:
        found = [
            predict(view.network, indices, np.broadcast_to(view.row, (len(indices), len(view.row))), self.scale.ceiling)
            for view in views
        ]
        if not isinstance(self.network, Network) or not any(view.is_vague for view in views):
            return found
        worst = p_fails_anywhere(self.network, indices, self.contexts.table)
        return [
            predicted.failing_at_least(worst, self.scale.ceiling) if view.is_vague else predicted
            for view, predicted in zip(views, found, strict=True)
        ]


def content_of(model: OfflineModel) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Return what a file holds of a model."""
    scale = model.scale
    about_contexts, context_arrays = _of_contexts(model.contexts)
    about = {
        "parameters": {name: list(v) for name, v in zip(model.encoding.names, model.encoding.values, strict=True)},
        **about_contexts,
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
        **context_arrays,
        "curves": model.curves.to_numpy(dtype=np.float64),
    }
    return about, {**weights, **arrays}


def _of_contexts(contexts: Contexts) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    about: dict[str, Any] = {"applications": list(contexts.names)}
    if isinstance(contexts, LayerContexts):
        tables: dict[str, npt.NDArray[Any]] = {f"layers{i}": table for i, table in enumerate(contexts.content)}
        return about | {"rooflines": contexts.rooflines.to_mapping()}, tables
    assert isinstance(contexts, VectorContexts)
    arrays: dict[str, npt.NDArray[Any]] = {
        "contexts": contexts.table,
        "context_center": contexts.center,
        "context_scale": contexts.scale,
    }
    return about | {"fields": list(contexts.fields)}, arrays


def _contexts_in(file: Checkpoint) -> Contexts:
    about, arrays = file.about, file.arrays
    names = tuple(about["applications"])
    if "rooflines" not in about:
        table = arrays["contexts"]
        return VectorContexts(tuple(about["fields"]), names, arrays["context_center"], arrays["context_scale"], table)
    rooflines = Rooflines.from_mapping(about["rooflines"])
    columns = [*rooflines.fields, COUNT]
    tables = [pd.DataFrame(numbers, columns=columns) for numbers in file.numbered("layers")]
    return LayerContexts.of(dict(zip(names, tables, strict=True)), names, rooflines)


def _leaves(tree: Any) -> list[Any]:
    return jax.tree.leaves(eqx.filter(tree, eqx.is_array))


def model_in(file: Checkpoint, path: Path) -> OfflineModel:
    """Undo ``content_of``.

    Raises:
        InvalidInputError: If something is missing or of another kind.
    """
    about, arrays = file.about, file.arrays
    try:
        encoding = Encoding.of(about["parameters"])
        settings = OfflineSettings.from_mapping(about["settings"])
        contexts, scale = _contexts_in(file), Scale(*map(float, about["scale"]))
        network = with_leaves(contexts.network(encoding, scale, settings, 0), file.numbered("weights"), path)
        curves = pd.DataFrame(arrays["curves"], columns=list(CURVES))
        starts, seed = arrays["starts"], int(about["seed"])
        if not np.all(np.isfinite([*astuple(scale)])) or scale.scale <= 0:
            raise ValueError(f"scale is {about['scale']}")
        if starts.dtype != np.int32 or starts.ndim != 2 or np.any((starts < 0) | (starts >= encoding.counts)):
            raise ValueError("its first designs have other values than its parameters")
        return OfflineModel(
            encoding, contexts, scale, settings, seed, network, starts, curves, bool(about["is_complete"])
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise InvalidInputError(f"{path}: not a readable offline model: {error}") from error


def with_leaves(tree: Any, leaves: list[npt.NDArray[Any]], path: Path) -> Any:
    """Return a tree whose arrays are these.

    Raises:
        InvalidInputError: If their shapes are other ones, or a number is none.
    """
    own, structure = jax.tree.flatten(eqx.filter(tree, eqx.is_array))
    shapes, found = [leaf.shape for leaf in own], [leaf.shape for leaf in leaves]
    if shapes != found:
        raise InvalidInputError(f"{path}: arrays have shapes {found}; needed for its settings: {shapes}")
    if not all(
        leaf.dtype == known.dtype and np.all(np.isfinite(leaf)) for leaf, known in zip(leaves, own, strict=True)
    ):
        raise InvalidInputError(f"{path}: an array has other values than finite numbers of its kind")
    filled = jax.tree.unflatten(structure, [jnp.asarray(leaf) for leaf in leaves])
    return eqx.combine(filled, tree)
