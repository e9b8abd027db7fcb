"""How a model is judged and chosen on logged designs alone: Kendall's rank correlation with those held out.

An optimizer needs the order of designs, not their latency to the microsecond.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import kendalltau

from accel_core.offline.logs import Contexts, Floats, Rows, Split
from accel_core.offline.losses import Scale
from accel_core.offline.model import Network
from accel_core.offline.predicting import predict

MOST = 1500
"""Held-out designs of each kind that judge; more would cost more than they tell."""


@dataclass(frozen=True, slots=True)
class Judgment:
    """How well a model orders held-out designs; NaN where there are too few.

    Attributes:
        error: Mean squared error on feasible designs, in units of z (``losses.py``).
        kendall: Kendall's tau-b of predicted and logged latency, feasible designs only, the mean over applications.
        kendall_all: The same with infeasible designs too, which tie for the last place.
    """

    error: float
    kendall: float
    kendall_all: float


def judge(network: Network, held: Split, contexts: Contexts, scale: Scale) -> Judgment:
    """Judge a network by the first ``MOST`` held-out designs of each kind, which are in random order."""
    kinds = [rows.take(np.arange(min(MOST, len(rows)))) for rows in (held.held_feasible, held.held_infeasible)]
    feasible, infeasible = ((rows, _predicted(network, rows, contexts)) for rows in kinds)
    rows, found = feasible
    error = float(np.mean((found - scale.forward(rows.latency_s)) ** 2)) if len(rows) else np.nan
    return Judgment(error, _kendall([feasible]), _kendall([feasible, infeasible]))


def _predicted(network: Network, rows: Rows, contexts: Contexts) -> Floats:
    return predict(network, rows.picks, contexts.table[rows.application])


def _kendall(parts: list[tuple[Rows, Floats]]) -> float:
    application = np.concatenate([rows.application for rows, _ in parts])
    latency = np.nan_to_num(np.concatenate([rows.latency_s for rows, _ in parts]), nan=np.inf)
    found = np.concatenate([found for _, found in parts])
    taus = []
    for number in np.unique(application):
        here = application == number
        if len(np.unique(latency[here])) > 1:
            taus.append(float(kendalltau(found[here], latency[here]).statistic))
    return float(np.nanmean(taus)) if taus and not np.all(np.isnan(taus)) else np.nan
