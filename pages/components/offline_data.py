"""What the page Offline works with: the applications, a log, the simulator's truth, and whether a model can be had."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from accel_core.errors import AccelError
from accel_core.evaluators import evaluate
from accel_core.paths import data_path
from accel_core.platforms import PLATFORMS, get_platform
from accel_core.platforms.logged import LoggedData
from pages.components.offline_log import read_log

PLATFORM = next(name for name, platform in PLATFORMS.items() if platform.logged is not None)
SHIPPED = "Shipped log"
NEEDED = ("jax", "equinox", "optax")


@dataclass(frozen=True)
class Log:
    """Logged designs to learn from.

    Attributes:
        title: Words for a person.
        key: Tells it from other logs.
        table: Columns of ``accel_core.records.SCHEMA``; areas of all designs are filled in.
    """

    title: str
    key: str
    table: pd.DataFrame

    @property
    def names(self) -> list[str]:
        """The applications that it has designs of, in the house's order."""
        found = set(self.table["application"].unique())
        return [name for name in offered().applications() if name in found]

    def of(self, names: Sequence[str]) -> pd.DataFrame:
        """Return the designs of some applications."""
        return self.table[self.table["application"].isin(names)].reset_index(drop=True)


@dataclass(frozen=True)
class Best:
    """The fastest design of a log under an area limit.

    Attributes:
        runtime_s: As logged.
        design: Its parameters.
    """

    runtime_s: float
    design: dict[str, int]


def offered() -> LoggedData:
    """Return what the page's platform offers to learning from logs."""
    logged = get_platform(PLATFORM).logged
    assert logged is not None, "PLATFORM was chosen for having it"
    return logged


def missing() -> str:
    """Return the package that learning needs and this machine lacks; empty if none."""
    return next((name for name in NEEDED if importlib.util.find_spec(name) is None), "")


def offer_platform() -> None:
    """Where the other pages show another platform, say so in the side bar and offer to switch them."""
    chosen = st.session_state.get("platform") or next(iter(PLATFORMS))
    if chosen == PLATFORM:
        return
    here, there = (get_platform(name).title for name in (PLATFORM, chosen))
    with st.sidebar:
        st.caption(f"This page is about {here}; the general pages show {there}.")
        st.button(f"Switch them to {here}", key="offline-switch", on_click=_switch)


def _switch() -> None:
    st.session_state["platform"] = PLATFORM


def title_of(name: str) -> str:
    """Return an application's words; reconstructions say so."""
    return offered().applications()[name].title


def titles_of(names: Sequence[str]) -> str:
    """Return the words of several applications."""
    return title_of(names[0]) if len(names) == 1 else f"{len(names)} applications"


def context_of(name: str) -> dict[str, float]:
    """Return what a contextual model is told of an application."""
    return dict(zip(offered().context, map(float, offered().applications()[name].context), strict=True))


def parameter_values() -> dict[str, list[int]]:
    """Return the values that each of the ten parameters may have."""
    space = get_platform(PLATFORM).space
    return {name: [int(value) for value in space.parameter(name).values] for name in offered().parameters}


def baseline() -> dict[str, int]:
    """Return the design that resembles the EdgeTPU."""
    space = get_platform(PLATFORM).space
    return {name: int(space.parameter(name).default) for name in offered().parameters}


@st.cache_resource(show_spinner="Reading the shipped log …")
def shipped_log() -> Log:
    """Return the log that ships."""
    return _log_of(SHIPPED, (data_path() / "logs" / "edgetpu.parquet").read_bytes())


@st.cache_resource(show_spinner="Reading the log …", max_entries=2)
def uploaded_log(name: str, content: bytes) -> Log:
    """Return a log of the person's own.

    Raises:
        InvalidInputError: If it is not a Parquet table of logged designs, or too large.
    """
    return _log_of(name, content)


def _log_of(name: str, content: bytes) -> Log:
    table = read_log(name, content, list(offered().applications()), parameter_values())
    table["chip_area_mm2"] = offered().area_mm2(table)
    return Log(name, hashlib.sha256(content).hexdigest()[:16], table)


def best_logged(rows: pd.DataFrame, names: Sequence[str], limit_mm2: float) -> Best | None:
    """Return the fastest logged design of at most some area that runs all applications; None if there is none.

    Args:
        rows: Designs of a log, of these applications.
        names: Applications; with several the mean runtime counts.
        limit_mm2: Largest area.
    """
    kept = rows[(rows["status"] == "ok") & (rows["chip_area_mm2"] <= limit_mm2)]
    kept = kept.drop_duplicates([*offered().parameters, "application"])
    groups = kept.groupby(list(offered().parameters), sort=False)["runtime_s"].agg(["mean", "size"])
    groups = groups[groups["size"] >= len(names)]
    if groups.empty:
        return None
    index = groups["mean"].idxmin()
    return Best(float(groups["mean"].min()), dict(zip(offered().parameters, map(int, index), strict=True)))


@st.cache_data(show_spinner="Simulating …", max_entries=64)
def truth(designs: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Return ``truth_of`` these designs, remembered."""
    return truth_of(designs, names)


def truths(choices: Mapping[str, pd.DataFrame], names: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """Return the truth about the choices of several models; what more than one of them chose is simulated once."""
    given = {name: rows[list(offered().parameters)].astype(int) for name, rows in choices.items()}
    found = truth(distinct(choices), names)
    return {name: rows.merge(found, how="left", on=list(offered().parameters)) for name, rows in given.items()}


def distinct(choices: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the designs that at least one model chose, each once; as many simulations reveal them."""
    both = pd.concat([rows[list(offered().parameters)] for rows in choices.values()])
    return both.astype(int).drop_duplicates(ignore_index=True)


def truth_of(designs: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Simulate designs: ``status``, ``reason``, ``runtime_s`` (the mean over the applications) and ``chip_area_mm2``.

    A design that one of the applications cannot run on is infeasible, with that one's reason.
    """
    chosen = designs[list(offered().parameters)].astype(int)
    found = [evaluate(PLATFORM, chosen, "analytical", workload=name) for name in names]
    runtime = np.mean([rows["runtime_s"].to_numpy(dtype=np.float64) for rows in found], axis=0)
    reason = found[0]["reason"].astype(str).to_numpy(dtype=object)
    for name, rows in zip(names, found, strict=True):
        lost = rows["reason"].astype(str).to_numpy(dtype=object)
        prefix = f"{title_of(name)}, " if len(names) > 1 else ""
        reason = np.where(reason == "", np.where(lost == "", "", prefix + lost), reason)
    status = np.where(np.isfinite(runtime), "ok", "infeasible")
    return chosen.assign(status=status, reason=reason, runtime_s=runtime, chip_area_mm2=offered().area_mm2(chosen))


def exact_optimum_s(names: Sequence[str], limit_mm2: float) -> float | None:
    """Return the least runtime of all designs under a limit; None where it is not known."""
    try:
        return offered().optimum(names, limit_mm2).runtime_s
    except AccelError:
        return None
