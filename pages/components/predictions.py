"""Predicted designs: learned from the placed ones on screen, drawn from the chosen space, kept until asked anew."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.platforms import Platform
from accel_core.space import DesignSpace, design_ids, sample
from accel_core.surrogates.predict_designs import Learned, learn
from pages.components.style import duration

SIZES = (5_000, 20_000, 100_000)
SURROGATE = "gp"
_KEY = "predictions-request"


@dataclass(frozen=True, eq=False)
class Predicted:
    """Designs that no tool has seen.

    Attributes:
        token: Names what they were made of.
        table: Rows like results, with fidelity ``predicted``.
        learned: The models, which also tell how uncertain a prediction is.
        n_drawn: Designs drawn from the space; those outside the region of interest are not in the table.
        seconds: Time it took to learn and predict.
    """

    token: str
    table: pd.DataFrame
    learned: Learned
    n_drawn: int
    seconds: float


@dataclass(frozen=True)
class Request:
    """What was asked for; the revision fixes which results are learned from."""

    database: str
    revision: int
    platform: str
    workload: str
    categories: tuple[str, ...]
    metrics: tuple[str, ...]
    space_yaml: str
    n: int

    @property
    def token(self) -> str:
        """A text that differs whenever the predictions do."""
        return repr(self)


def predicted(platform: Platform, measured: pd.DataFrame, request: Request) -> Predicted | None:
    """Return predictions as of the last time they were asked for, or say in one sentence why there are none."""
    last: Request | None = st.session_state.get(_KEY)
    if last is not None and _same_question(last, request):
        request = last
    st.session_state[_KEY] = request
    try:
        with st.spinner("Learning from the placed designs, then predicting …", show_time=True):
            return _predict(request.token, request, platform, measured)
    except InvalidInputError as error:
        st.warning(f"No predictions: {error}")
        return None


def renew() -> None:
    """Let the next run learn from all results that there are by then."""
    st.session_state.pop(_KEY, None)


def how_made(found: Predicted) -> str:
    """Return in words what the predictions were made of."""
    left_out = found.n_drawn - len(found.table)
    words = f"{len(found.table):,} predicted from {found.learned.n_rows:,} placed in {duration(found.seconds)}"
    return f"{words}; {left_out:,} of unsure clock left out" if left_out else words


def _same_question(last: Request, now: Request) -> bool:
    return {**vars(last), "revision": 0} == {**vars(now), "revision": 0}


@st.cache_resource(show_spinner=False, max_entries=3)
def _predict(token: str, _request: Request, _platform: Platform, _measured: pd.DataFrame) -> Predicted:
    started = time.perf_counter()
    platform, runs = _platform, _platform.workloads[_request.workload]
    compute = platform.system_metrics
    groups = [entry.name for entry in platform.space.parameters if entry.group == "architecture"]
    learned = learn(
        _measured[_measured["fidelity"] == platform.fidelities[0]],
        platform.space.names,
        architecture=groups,
        extra_targets=_request.metrics,
        features=platform.features,
        system_metrics=None if compute is None else lambda designs: compute(designs, runs),
        surrogate=SURROGATE,
    )
    designs = candidates(DesignSpace.from_yaml(_request.space_yaml), _request.n)
    table = learned.predict(designs).reset_index(drop=True)
    table.insert(0, "design_id", design_ids(table, platform.space.names).to_numpy())
    table = table.assign(platform=platform.name, workload=_request.workload, fidelity="predicted", status="ok")
    return Predicted(token, table, learned, len(designs), time.perf_counter() - started)


def candidates(space: DesignSpace, n: int) -> pd.DataFrame:
    """Draw n designs, or all of a space that has fewer."""
    if space.is_finite and space.size is not None:
        n = min(n, space.size)
    return sample(space, n, "sobol").designs


def space_of(space: DesignSpace, category: str | None, chosen: Sequence[str]) -> DesignSpace:
    """Narrow a space to the categories on screen.

    Raises:
        InvalidInputError: If the space has none of them.
    """
    if category is None or not chosen:
        return space
    kept = [str(value) for value in space.parameter(category).values if value in chosen]
    if not kept:
        has = ", ".join(str(value) for value in space.parameter(category).values)
        raise InvalidInputError(f"the design space has no {category} {', '.join(chosen)}; it has: {has}")
    return space.restrict({category: ",".join(kept)})
