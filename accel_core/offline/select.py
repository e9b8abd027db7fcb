"""How a model is judged and chosen on logged designs alone: Kendall's rank correlation with those held out.

An optimizer needs the order of designs, not their latency to the microsecond.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import kendalltau

from accel_core.offline.contexts import Contexts
from accel_core.offline.logs import Floats, Rows, Split
from accel_core.offline.losses import Scale
from accel_core.offline.model import AnyNetwork
from accel_core.offline.predicting import predict

MOST = 1500
"""Held-out designs of each kind that judge; more would cost more than they tell."""

TOP = 0.25
"""Share of an application's feasible designs that ``kendall_top`` looks at."""


@dataclass(frozen=True, slots=True)
class Judgment:
    """How well a model orders held-out designs; NaN where there are too few.

    Attributes:
        error: Mean squared error on feasible designs, in units of z (``losses.py``).
        kendall: Kendall's tau-b of predicted and logged latency, feasible designs only, the mean over applications.
        kendall_all: The same with infeasible designs too, which tie for the last place.
        kendall_top: The same with the fastest quarter of the feasible designs only, and the infeasible ones.
        right: Share of designs of which the model tells rightly whether they run, both kinds weighing the same.
    """

    error: float
    kendall: float
    kendall_all: float
    kendall_top: float
    right: float


def judge(network: AnyNetwork, held: Split, contexts: Contexts, scale: Scale) -> Judgment:
    """Judge a network by the first ``MOST`` held-out designs of each kind, which are in random order."""
    feasible, infeasible = (
        rows.take(np.arange(min(MOST, len(rows)))) for rows in (held.held_feasible, held.held_infeasible)
    )
    found, lost = (
        predict(network, rows.indices, contexts.table[rows.application], scale.ceiling)
        for rows in (feasible, infeasible)
    )
    application = np.concatenate([feasible.application, infeasible.application])
    latency = np.concatenate([feasible.latency_s, np.full(len(infeasible), np.inf)])
    slow = np.concatenate([found.slowed, lost.slowed])
    is_top = np.isinf(latency) | (latency <= _fast(feasible, len(contexts.table))[application])
    return Judgment(
        float(np.mean((found.z - scale.forward(feasible.latency_s)) ** 2)) if len(feasible) else np.nan,
        _kendall(feasible.application, feasible.latency_s, found.z),
        _kendall(application, latency, slow),
        _kendall(application[is_top], latency[is_top], slow[is_top]),
        (_share(found.p_fails < 0.5) + _share(lost.p_fails >= 0.5)) / 2,
    )


def _fast(feasible: Rows, n_applications: int) -> Floats:
    """Return the latency of the slowest among the fastest designs of each application; NaN where none is feasible."""
    own = [feasible.latency_s[feasible.application == i] for i in range(n_applications)]
    return np.array([np.quantile(latency, TOP) if len(latency) else np.nan for latency in own])


def _share(is_right: npt.NDArray[np.bool_]) -> float:
    return float(is_right.mean()) if len(is_right) else np.nan


def _kendall(application: npt.NDArray[np.int32], latency: Floats, found: Floats) -> float:
    taus = []
    for number in np.unique(application):
        here = application == number
        if len(np.unique(latency[here])) > 1:
            taus.append(float(kendalltau(found[here], latency[here]).statistic))
    return float(np.nanmean(taus)) if taus and not np.all(np.isnan(taus)) else np.nan
