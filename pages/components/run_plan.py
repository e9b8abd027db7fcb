"""What a campaign would cost before it is launched: its designs, those that are stored already, and the time."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from accel_core.campaigns import Campaign, OptimizerPlan, plan_designs
from accel_core.platforms import get_platform
from accel_core.space import design_ids
from pages.components.session import asking, results, service
from pages.components.style import duration

MAX_COUNTED = 50_000
"""Larger campaigns are not drawn before they are launched, so what is stored of them is not counted."""

_MIN_LIKE = 8


@dataclass(frozen=True)
class Forecast:
    """What a launch would do.

    Attributes:
        n_designs: Designs of the campaign; the most there can be, if it is too large to draw beforehand or searches.
        n_stored: Those whose result is stored, which cost nothing.
        seconds: Time for the others, NaN if no such result is stored yet.
        cores: Processes that work on it.
    """

    n_designs: int
    n_stored: int
    seconds: float
    cores: int

    @property
    def text(self) -> str:
        """One sentence in Markdown."""
        words = [f"**{self.n_designs:,} design{'s' if self.n_designs != 1 else ''}**"]
        if self.n_stored == self.n_designs:
            return f"{words[0]}, all stored already: it costs nothing."
        if self.n_stored:
            words.append(f"{self.n_stored:,} stored already, which cost nothing")
        cores = f"on {self.cores} core{'s' if self.cores != 1 else ''}"
        if math.isnan(self.seconds):
            words.append(f"{cores}; how long is known once the first are done")
        elif self.seconds < 10:
            words.append("a few seconds")
        else:
            words.append(f"about **{duration(rounded(self.seconds))}** {cores}")
        return ", ".join(words) + "."


def forecast(campaign: Campaign) -> Forecast:
    """Return what a campaign would cost now.

    Raises:
        InvalidInputError: If its space has too few valid designs.
    """
    n_designs, n_stored = campaign.size, 0
    if n_designs <= MAX_COUNTED and not isinstance(campaign.choice, OptimizerPlan):
        drawn = replace(campaign, name="drawn", workers=0).to_yaml()
        ids = _ids(drawn)
        n_designs = len(ids)
        store = service().store
        n_stored = _count_stored(str(store.path), store.revision, drawn)
    n_new = n_designs - n_stored
    cores = max(1, min(campaign.workers or math.inf, os.cpu_count() or 1, n_new))  # type: ignore[type-var]
    return Forecast(n_designs, n_stored, n_new * _seconds_each(campaign) / cores, int(cores))


def rounded(seconds: float) -> float:
    """Return a time to two digits, as it is an estimate."""
    step = 10 ** (math.floor(math.log10(seconds)) - 1)
    return round(seconds / step) * step


def _seconds_each(campaign: Campaign) -> float:
    """Return the mean time of stored designs, of this space if there are some; NaN without any."""
    known = results(get_platform(campaign.platform), campaign.fidelity)
    if known.empty:
        return math.nan
    known = known[known["seconds"] > 0]
    like = known[campaign.space.is_valid(known)]
    return float((like if len(like) >= _MIN_LIKE else known)["seconds"].mean())


@st.cache_data(show_spinner="Drawing the designs …", max_entries=64)
def _ids(definition: str) -> list[str]:
    campaign = Campaign.from_yaml(definition)
    ids: list[str] = design_ids(plan_designs(campaign), campaign.space.names).tolist()
    return ids


@st.cache_data(show_spinner=False, max_entries=64)
def _count_stored(database: str, revision: int, definition: str) -> int:
    """Cache by the database's revision."""
    campaign = Campaign.from_yaml(definition)
    keys = pd.DataFrame({"design_id": _ids(definition)}).assign(
        platform=campaign.platform,
        workload=campaign.workload,
        fidelity=campaign.fidelity,
        settings_id=campaign.settings_id,
        model_version=campaign.model_version,
        seed=campaign.seed,
    )
    with asking() as store:
        return len(keys) - len(store.missing(keys))
