"""Logged designs as arrays: which ran how fast, which could not run, on which application."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.offline.encoding import Encoding, Picks

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

LATENCY = "runtime_s"
MIN_FEASIBLE = 16
"""Fewest feasible designs that training and judging make sense with."""

Context = Mapping[str, Mapping[str, float]]
"""Numbers that describe each application, by its name; the same for all."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some logged designs.

    Attributes:
        picks: Shape (designs, parameters).
        application: Number of each design's application.
        latency_s: Of each; NaN where infeasible.
    """

    picks: Picks
    application: npt.NDArray[np.int32]
    latency_s: Floats

    def __len__(self) -> int:
        return len(self.picks)

    def take(self, index: npt.NDArray[np.int64]) -> Rows:
        """Return the designs of these numbers."""
        return Rows(self.picks[index], self.application[index], self.latency_s[index])


@dataclass(frozen=True, slots=True)
class Split:
    """Logged designs apart: those to learn from and those to judge by."""

    feasible: Rows
    infeasible: Rows
    held_feasible: Rows
    held_infeasible: Rows


@dataclass(frozen=True, slots=True)
class Contexts:
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
    def of(cls, context: Context | None, names: tuple[str, ...]) -> Contexts:
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

    def row(self, application: str | Mapping[str, float] | None) -> Singles:
        """Return the numbers of a training application, or of another one by its context; None if there is only one.

        Raises:
            InvalidInputError: If the name is unknown, or the context not what the model learned with.
        """
        if application is None:
            if len(self.names) > 1:
                raise InvalidInputError(f"application is missing; allowed: {', '.join(self.names)}, or a context")
            return self.table[0, :]
        if isinstance(application, str):
            if application not in self.names:
                raise InvalidInputError(
                    f"application '{application}' is unknown to the model; allowed: {', '.join(self.names) or 'none'}"
                    + (", or a context" if self.fields else "")
                )
            return self.table[self.names.index(application), :]
        if not self.fields:
            raise InvalidInputError("application is a context; this model learned without one")
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


def read_logs(logs: pd.DataFrame, encoding: Encoding, has_context: bool) -> tuple[Rows, tuple[str, ...]]:
    """Check a table of logged designs and return it as arrays, with the names of its applications.

    Args:
        logs: The parameters, ``status`` (``ok``, or ``infeasible``; rows of another status taught nothing and are
            left out), ``runtime_s`` and, where there are several applications, ``application``.
        encoding: The parameters.
        has_context: Whether applications can be told apart.

    Raises:
        InvalidInputError: If a column is missing, a value not allowed, or there are too few feasible designs.
    """
    for name in ("status", LATENCY, *(("application",) if has_context else ())):
        if name not in logs:
            raise InvalidInputError(f"logs: column '{name}' is missing; found: {', '.join(map(str, logs))}")
    logs = logs[logs["status"].isin(["ok", "infeasible"])]
    labels = logs["application"].astype(str) if "application" in logs else pd.Series("", index=logs.index)
    names = tuple(sorted(labels.unique()))
    if len(names) > 1 and not has_context:
        raise InvalidInputError(f"logs are of {len(names)} applications; without context one is allowed")
    latency = pd.to_numeric(logs[LATENCY], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    is_ok = (logs["status"] == "ok").to_numpy()
    if len(wrong := np.flatnonzero(is_ok & ~(np.isfinite(latency) & (latency > 0)))):
        raise InvalidInputError(
            f"logs, row {wrong[0] + 1}: {LATENCY} is {logs[LATENCY].iloc[wrong[0]]}; allowed: above 0"
        )
    if is_ok.sum() < MIN_FEASIBLE:
        raise InvalidInputError(f"logs have {is_ok.sum()} feasible designs; needed: at least {MIN_FEASIBLE}")
    number = {name: i for i, name in enumerate(names)}
    application = labels.map(number).to_numpy(dtype=np.int32)
    rows = Rows(encoding.picks_of(logs, "logs"), application, np.where(is_ok, latency, np.nan))
    return rows, tuple(name for name in names if name)


def split(rows: Rows, held_out: float, seed: int) -> Split:
    """Hold out a random share of the feasible and of the infeasible designs."""
    rng = np.random.default_rng([seed, 1])
    parts: list[Rows] = []
    is_ok = np.isfinite(rows.latency_s)
    for kind in (is_ok, ~is_ok):
        order = rng.permutation(np.flatnonzero(kind))
        n_held = int(held_out * len(order))
        parts += [rows.take(order[n_held:]), rows.take(order[:n_held])]
    return Split(parts[0], parts[2], parts[1], parts[3])


def digest(rows: Rows, table: Singles) -> str:
    """Return what tells these rows and contexts from any others, for a resumed training to be the same one."""
    found = hashlib.sha256()
    for array in (rows.picks, rows.application, rows.latency_s, table):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()
