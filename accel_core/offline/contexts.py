"""What models are told of applications: one vector each, or the table of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.offline.encoding import Encoding
from accel_core.offline.layered import LayeredNetwork, make_layered
from accel_core.offline.logs import Floats, Singles
from accel_core.offline.losses import Scale
from accel_core.offline.model import AnyNetwork, Network, make_network
from accel_core.offline.settings import OfflineSettings
from accel_core.rooflines import COUNT, Rooflines

Application = str | Mapping[str, float] | pd.DataFrame
"""An application that the model learned from, by name; or any other, by its vector or the table of its layers."""

Context = Mapping[str, Mapping[str, float]] | Mapping[str, pd.DataFrame]
"""What describes each application, by its name: the same numbers for all, or tables of layers."""


class Contexts(Protocol):
    """The applications that a model learned from."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the applications."""

    @property
    def table(self) -> Singles:
        """What a network is given of each, one row an application."""

    @property
    def content(self) -> tuple[npt.NDArray[Any], ...]:
        """All numbers that describe them."""

    def network(self, encoding: Encoding, scale: Scale, settings: OfflineSettings, seed: int) -> AnyNetwork:
        """Return an untrained network for them."""

    def row(self, application: Application | None) -> Singles:
        """Return what a network is given of one application.

        Raises:
            InvalidInputError: If the application is unknown, or not described as the model's are.
        """


@dataclass(frozen=True, slots=True)
class VectorContexts:
    """Applications as numbers that a network can be multiplied by.

    A number x counts as log(1 + x), because layers, parameters and operations span decades. It is centered on the
    mean of the training applications and divided by their spread, at least ``_LEAST_SPREAD``, so that a number in which
    few applications hardly differ does not throw an unseen one far off. A constant 1 goes first: through it the mean
    application has a product to itself.

    Attributes:
        fields: What the numbers count; empty without context.
        names: The training applications.
        center: Mean of each number.
        scale: Spread of each number.
        table: Shape (applications, 1 + fields).
    """

    fields: tuple[str, ...]
    names: tuple[str, ...]
    center: Floats
    scale: Floats
    table: Singles

    @classmethod
    def of(cls, context: Mapping[str, Mapping[str, float]] | None, names: tuple[str, ...]) -> VectorContexts:
        """Learn center and scale from the applications of ``names``.

        Raises:
            InvalidInputError: If an application has no context, or its numbers are other ones or negative.
        """
        if context is None:
            return cls((), names, np.zeros(0), np.ones(0), np.ones((max(len(names), 1), 1), dtype=np.float32))
        for name in names:
            if name not in context:
                raise InvalidInputError(f"context: application '{name}' has none; found: {', '.join(context)}")
        fields = tuple(context[names[0]])
        raw = np.array([_logarithms(context[name], fields, name) for name in names])
        center, scale = raw.mean(axis=0), np.maximum(raw.std(axis=0), _LEAST_SPREAD)
        return cls(fields, names, center, scale, _scaled(raw, center, scale))

    @property
    def content(self) -> tuple[npt.NDArray[Any], ...]:
        """All numbers that describe them."""
        return (self.table,)

    def network(self, encoding: Encoding, scale: Scale, settings: OfflineSettings, seed: int) -> Network:
        """Return an untrained network for them; the scale is no matter."""
        return make_network(encoding.counts, self.table.shape[1] if self.fields else None, settings, seed)

    def row(self, application: Application | None) -> Singles:
        """Return the numbers of a training application, or of another one by its context; None if there is only one.

        Raises:
            InvalidInputError: If the name is unknown, or the context not what the model learned with.
        """
        if application is None:
            if len(self.names) > 1:
                raise InvalidInputError(f"application is missing; allowed: {', '.join(self.names)}, or a context")
            return self.table[0, :]
        if isinstance(application, str):
            return self.table[_number_of(application, self.names, "a context" if self.fields else ""), :]
        if not self.fields:
            raise InvalidInputError("application is a context; this model learned without one")
        if isinstance(application, pd.DataFrame):
            raise InvalidInputError("application is a table of layers; this model learned from vectors")
        raw = _logarithms(application, self.fields, "context")[None]
        return _scaled(raw, self.center, self.scale)[0, :]


_LEAST_SPREAD = 0.5


def _scaled(raw: Floats, center: Floats, scale: Floats) -> Singles:
    found: Singles = np.column_stack([np.ones(len(raw)), (raw - center) / scale]).astype(np.float32)
    return found


def _logarithms(numbers: Mapping[str, float], fields: tuple[str, ...], where: str) -> Floats:
    if set(numbers) != set(fields):
        raise InvalidInputError(f"context of '{where}' has {', '.join(numbers)}; needed: {', '.join(fields)}")
    values = np.array([numbers[name] for name in fields], dtype=np.float64)
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        raise InvalidInputError(f"context of '{where}' is {values.tolist()}; allowed: numbers from 0")
    return np.log1p(values)


def _number_of(application: str, names: tuple[str, ...], other: str) -> int:
    if application not in names:
        raise InvalidInputError(
            f"application '{application}' is unknown to the model; allowed: {', '.join(names) or 'none'}"
            + (f", or {other}" if other else "")
        )
    return names.index(application)


@dataclass(frozen=True)
class LayerContexts:
    """Applications as tables of their layers; a network is given their numbers and knows their layers.

    Attributes:
        rooflines: What the tables' fields and their ratios mean.
        names: The training applications.
        tables: The layers of each: the fields of the rooflines and ``layered.COUNT``.
    """

    rooflines: Rooflines
    names: tuple[str, ...]
    tables: tuple[pd.DataFrame, ...]

    @classmethod
    def of(cls, context: Mapping[str, pd.DataFrame], names: tuple[str, ...], rooflines: Rooflines) -> LayerContexts:
        """Take the tables of the applications of ``names``.

        Raises:
            InvalidInputError: If an application has none, or one that is not as said above.
        """
        for name in names:
            if name not in context:
                raise InvalidInputError(f"context: application '{name}' has none; found: {', '.join(context)}")
        return cls(rooflines, names, tuple(merged_layers(context[name], name, rooflines) for name in names))

    @property
    def table(self) -> Singles:
        """The numbers of the applications, shape (applications, 1)."""
        return np.arange(len(self.names), dtype=np.float32)[:, None]

    @property
    def content(self) -> tuple[npt.NDArray[Any], ...]:
        """All numbers that describe them."""
        return tuple(table.to_numpy(dtype=np.float64) for table in self.tables)

    def network(self, encoding: Encoding, scale: Scale, settings: OfflineSettings, seed: int) -> LayeredNetwork:
        """Return an untrained network for them."""
        return make_layered(encoding, self.rooflines, self.tables, (scale.center, scale.scale), settings, seed)

    def row(self, application: Application | None) -> Singles:
        """Return the number of a training application, or the next one for another.

        Raises:
            InvalidInputError: If the name is unknown, or the application described by other than a table of layers.
        """
        if application is None and len(self.names) == 1:
            return self.table[0, :]
        if isinstance(application, str):
            return self.table[_number_of(application, self.names, "a table of layers"), :]
        if not isinstance(application, pd.DataFrame):
            given = "is missing" if application is None else "is a context, not a table of layers"
            raise InvalidInputError(f"application {given}; allowed: {', '.join(self.names)}, or a table of layers")
        return np.array([len(self.names)], dtype=np.float32)


_LARGEST = 1e11
"""Products of three such numbers fit single precision."""


def merged_layers(table: pd.DataFrame, where: str, rooflines: Rooflines) -> pd.DataFrame:
    """Return the columns that a network reads, equal rows as one.

    Args:
        table: Layers of an application.
        where: Its name, for errors.
        rooflines: What the columns mean.

    Raises:
        InvalidInputError: If a column is missing or a number not allowed.
    """
    names = [*rooflines.fields, COUNT]
    if missing := [name for name in names if name not in table]:
        raise InvalidInputError(f"layers of '{where}': column '{missing[0]}' is missing; needed: {', '.join(names)}")
    try:
        numbers = table[names].to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInputError(f"layers of '{where}': a column has other values than numbers") from None
    is_number = (numbers >= 0) & (numbers <= _LARGEST)
    if not len(table) or not is_number.all() or np.any(numbers[:, -1] < 1):
        raise InvalidInputError(
            f"layers of '{where}': allowed are numbers from 0 to {_LARGEST:g}, and layers that occur once or more"
        )
    # A design fails by its worst layer, however often that occurs; so equal rows are one.
    merged: pd.DataFrame = table[names].groupby(list(rooflines.fields), sort=False).sum().reset_index()
    return merged
