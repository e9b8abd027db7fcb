"""Predicted designs: learned from the evaluated ones on screen, drawn from the chosen space, kept until asked anew."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core.errors import InvalidInputError
from accel_core.platforms import Platform
from accel_core.space import DesignSpace, design_ids, sample
from accel_core.surrogates.predict_designs import FittedModels, learn_platform
from accel_core.workloads import Workload
from pages.components.plain import plain
from pages.components.platform_words import words_of
from pages.components.style import duration
from pages.components.workload_choice import workload_named

SIZES = (5_000, 20_000, 100_000)
SURROGATE = "gp"
MAX_KEPT = 4
POLL_S = 1.0
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
    learned: FittedModels
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


class Jobs:
    """Learns one after the other in a thread of its own, so that the front stays live, and keeps the last few."""

    def __init__(self) -> None:
        """Start idle."""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="predictions")
        self._found: dict[Request, tuple[float, Future[Predicted]]] = {}
        self._lock = threading.Lock()

    def get(self, request: Request, platform: Platform, measured: pd.DataFrame) -> tuple[float, Future[Predicted]]:
        """Return when a request was first made (`time.monotonic`) and what comes of it."""
        with self._lock:
            if request not in self._found:
                for old in list(self._found)[: 1 - MAX_KEPT]:
                    self._found.pop(old)[1].cancel()
                workload = workload_named(platform, request.workload)
                future = self._pool.submit(_predict, request, platform, workload, measured)
                self._found[request] = (time.monotonic(), future)
            return self._found[request]


@st.cache_resource(show_spinner=False)
def _jobs() -> Jobs:
    return Jobs()


def predicted(place: DeltaGenerator, platform: Platform, measured: pd.DataFrame, request: Request) -> Predicted | None:
    """Return predictions as of the last time they were asked for; `place` tells how far they are."""
    last: Request | None = st.session_state.get(_KEY)
    if last is not None and replace(last, revision=request.revision) == request:
        if last.revision != request.revision:
            place.button("Learn anew", on_click=renew, help="Learns from the results that have come in since, too.")
        request = last
    st.session_state[_KEY] = request
    since, future = _jobs().get(request, platform, measured)
    if not future.done():
        with place:
            wait_for(since, future)
        return None
    try:
        return future.result()
    except InvalidInputError as error:
        st.warning(f"No predictions: {plain(error)}")
        return None


@st.fragment(run_every=POLL_S)
def wait_for(since: float, future: Future[Predicted]) -> None:
    """Tell how long it has been learning, and run the page again when it is done."""
    if future.done():
        st.rerun()
    st.markdown(f":small[:gray[Learning … {time.monotonic() - since:.0f} s]]", width="content")


def renew() -> None:
    """Let the next run learn from all results that there are by then."""
    st.session_state.pop(_KEY, None)


def how_made(found: Predicted, platform: Platform) -> str:
    """Return in words what the predictions were made of."""
    words, left_out = words_of(platform), found.n_drawn - len(found.table)
    made = (
        f"{len(found.table):,} predicted from {found.learned.n_rows:,} {words.evaluated} in {duration(found.seconds)}"
    )
    why = "of unsure clock" if words.has_clock else "that hardly run"
    return f"{made}; {left_out:,} {why} left out" if left_out else made


def _predict(request: Request, platform: Platform, workload: Workload, measured: pd.DataFrame) -> Predicted:
    started = time.perf_counter()
    known = measured[measured["fidelity"] == platform.reference]
    learned = learn_platform(known, platform, workload, request.metrics, surrogate=SURROGATE)
    designs = candidates(DesignSpace.from_yaml(request.space_yaml), request.n)
    table = learned.predict(designs).reset_index(drop=True)
    table.insert(0, "design_id", design_ids(table, platform.space.names).to_numpy())
    table = table.assign(platform=platform.name, workload=request.workload, fidelity="predicted", status="ok")
    return Predicted(repr(request), table, learned, len(designs), time.perf_counter() - started)


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
