"""Logged designs as arrays: which ran how fast, which could not run, on which application."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.offline.encoding import Encoding, Indices

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

LATENCY = "runtime_s"
MIN_FEASIBLE = 16
"""Fewest feasible designs that training and judging make sense with."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some logged designs.

    Attributes:
        indices: Shape (designs, parameters).
        application: Number of each design's application.
        latency_s: Of each; NaN where infeasible.
    """

    indices: Indices
    application: npt.NDArray[np.int32]
    latency_s: Floats

    def __len__(self) -> int:
        return len(self.indices)

    def take(self, index: npt.NDArray[np.int64]) -> Rows:
        """Return the designs of these numbers."""
        return Rows(self.indices[index], self.application[index], self.latency_s[index])


@dataclass(frozen=True, slots=True)
class Split:
    """Logged designs apart: those to learn from and those to judge by."""

    feasible: Rows
    infeasible: Rows
    held_feasible: Rows
    held_infeasible: Rows


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
    rows = Rows(encoding.indices_of(logs, "logs"), application, np.where(is_ok, latency, np.nan))
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


def digest(rows: Rows, contexts: Sequence[npt.NDArray[Any]]) -> str:
    """Return what tells these rows and contexts from any others, for a resumed training to be the same one."""
    found = hashlib.sha256()
    for array in (rows.indices, rows.application, rows.latency_s, *contexts):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()
