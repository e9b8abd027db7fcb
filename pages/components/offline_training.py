"""Trainings in a thread of the server: the naive model and the conservative one, on the same log."""

from __future__ import annotations

import atexit
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import pandas as pd
import streamlit as st

from accel_core.errors import AccelError, InvalidInputError
from pages.components.offline_asked import Asked, Revealed
from pages.components.offline_data import baseline, context_of, offered, parameter_values, shipped_log, truth_of

if TYPE_CHECKING:
    from accel_core.offline import OfflineModel

NAIVE, CONSERVATIVE = "naive", "conservative"
N_CHOICES = 50
DEFAULT_STEPS = 1000
DEFAULT_ALPHA = 0.001
WARM_UP_AFTER_S, WARM_UP_LIMIT_S = 4.0, 300.0
SIZES: dict[str, Any] = {"votes": 8}
"""Settings of every model beside those that a person chooses. A shipped log is a fifth of those of benchmarks/prime.py:
more votes even out what a model makes of so little."""

END_LIMIT_S = 30.0
TURN_POLL_S = 0.2
LEFT_S = 15.0
"""A reload, or a network that fails for a moment, is over by then."""


_TURN = threading.Lock()
_ENDING = threading.Event()
_THREADS: WeakSet[threading.Thread] = WeakSet()
_NUMBERS = itertools.count(1)
_WAITING: set[object] = set()
_WARMING_UP = threading.Event()

log = logging.getLogger(__name__)


@dataclass
class Training:
    """A training under way or done; lives on a desk, and its thread touches nothing else.

    Attributes:
        asked: What was asked for.
        rows: The log's designs of the applications.
        twin: Finds one of the same that is done already; asked before the start, and again when its turn has come.
        is_attended: Tells whether somebody may still want it.
        number: Tells it from the server's other trainings.
        curves: Rows of the training curves so far, by model.
        models: Those that are done, by name.
        problem: Why it failed; empty if it did not.
        first_after: Steps of a model before its first row; 0 while that is not known.
        revealed: Area limits under which the truth was looked at, with what the first choice turned out to be.
        is_taken_over: Whether an earlier training gave the models.
    """

    asked: Asked
    rows: pd.DataFrame
    twin: Callable[[], Training | None] = lambda: None
    is_attended: Callable[[], bool] = lambda: True
    number: int = field(default_factory=lambda: next(_NUMBERS))
    curves: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    models: dict[str, OfflineModel] = field(default_factory=dict)
    problem: str = ""
    first_after: int = 0
    revealed: dict[float, Revealed] = field(default_factory=dict)
    is_taken_over: bool = False
    _has_turn: bool = False
    _first: tuple[float, int] | None = None
    _is_stopped: threading.Event = field(default_factory=threading.Event)
    _attended_s: float = field(default_factory=time.monotonic)
    _thread: threading.Thread | None = None

    def start(self) -> Training:
        """Begin; it is done at once where its twin is."""
        if self._take_over():
            return self
        self._thread = launch(self._run, f"offline-{self.number}")
        return self

    def stop(self) -> None:
        """End at the next report; the models are kept as they are by then."""
        self._is_stopped.set()

    def wait(self, seconds: float) -> None:
        """Wait for the end, at most so long."""
        if self._thread is not None:
            self._thread.join(seconds)

    @property
    def is_live(self) -> bool:
        """Whether it makes progress by itself."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_waiting(self) -> bool:
        """Whether another training of the server has to end first; there is one at a time.

        The first one of a server, which only compiles, does so for the next one as well.
        """
        return self.is_live and not self._has_turn and not _WARMING_UP.is_set()

    @property
    def is_ready(self) -> bool:
        """Whether both models are there."""
        return len(self.models) == 2

    @property
    def is_whole(self) -> bool:
        """Whether both models took all their steps."""
        return self.is_ready and all(model.is_complete for model in self.models.values())

    @property
    def is_stopped(self) -> bool:
        """Whether it was told to end."""
        return self._is_stopped.is_set() or _ENDING.is_set()

    @property
    def is_left(self) -> bool:
        """Whether nobody attended for so long that it makes room for others."""
        if self.is_attended():
            self._attended_s = time.monotonic()
            return False
        return time.monotonic() - self._attended_s > LEFT_S

    @property
    def n_models(self) -> int:
        """How many models are trained."""
        return 1 if self.asked.is_naive else 2

    @property
    def steps_done(self) -> int:
        """Steps taken, of both models."""
        return sum(int(rows[-1]["step"]) for rows in list(self.curves.values()) if rows)

    @property
    def seconds_left(self) -> float | None:
        """Time left at the pace since the first report, before which there is compilation; None until the next one."""
        done = self.steps_done
        if self._first is None or done <= self._first[1]:
            return None
        began, steps = self._first
        return (time.monotonic() - began) / (done - steps) * (self.n_models * self.asked.steps - done)

    def _take_over(self) -> bool:
        """Take models and curves of a training of the same that is done, if there is one."""
        if (twin := self.twin()) is None:
            return False
        self.curves, self.models, self.is_taken_over = dict(twin.curves), dict(twin.models), True
        return True

    def _run(self) -> None:
        with _waiting():
            while not _TURN.acquire(timeout=TURN_POLL_S):
                if self.is_stopped or self.is_left:
                    return
        try:
            self._has_turn = True
            if not self.is_stopped and not self._take_over():
                self._train_all()
        except Exception as error:
            self._fail(error)
        finally:
            _TURN.release()

    def _train_all(self) -> None:
        wanted = (NAIVE,) if self.asked.is_naive else (NAIVE, CONSERVATIVE)
        threads = [threading.Thread(target=self._train, args=(name,), daemon=True) for name in wanted]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.asked.is_naive and NAIVE in self.models:
            self.models[CONSERVATIVE] = self.models[NAIVE]

    def _train(self, name: str) -> None:
        """Train one model; both at a time, so that they are as far when somebody stops them."""
        try:
            from accel_core.offline import OfflineSettings, train_offline  # noqa: PLC0415

            asked = self.asked
            alpha, beta = (0.0, 0.0) if name == NAIVE else (asked.alpha, OfflineSettings().beta)
            beta = beta if asked.with_infeasible else 0.0
            settings = OfflineSettings(**{**SIZES, "alpha": alpha, "beta": beta, "steps": asked.steps})
            context = {entry: context_of(entry) for entry in asked.names} if len(asked.names) > 1 else None
            self.first_after = max(1, settings.steps // settings.reports)
            self.curves[name] = []
            self.models[name] = train_offline(
                self.rows,
                parameter_values(),
                context,
                settings,
                asked.seed,
                area=offered().area_mm2,
                watcher=self._watcher(name),
            )
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Keep why a thread ended, which nobody else would see, and end the other model's."""
        words = next(iter(str(error).splitlines()), "")
        if not isinstance(error, AccelError):
            log.error("training %d failed", self.number, exc_info=error)
            words = f"{type(error).__name__}: {words}" if words else type(error).__name__
        self.problem = self.problem or words
        self.stop()

    def _watcher(self, name: str) -> Callable[[dict[str, float]], bool]:
        def watch(row: dict[str, float]) -> bool:
            self.curves[name].append(row)
            if self._first is None and len(self.curves) == self.n_models and all(self.curves.values()):
                self._first = (time.monotonic(), self.steps_done)
            return self.is_stopped or (bool(_WAITING) and self.is_left)

        return watch


@contextmanager
def _waiting() -> Iterator[None]:
    """Lets the training whose turn it is know that another one waits."""
    token = object()
    _WAITING.add(token)
    try:
        yield
    finally:
        _WAITING.discard(token)


def choose(model: OfflineModel, names: tuple[str, ...], limit_mm2: float, n: int = N_CHOICES) -> pd.DataFrame:
    """Return a model's first choices under an area limit, without one simulation.

    Raises:
        InvalidInputError: If the optimizer finds fewer designs below the limit.
    """
    if not names:
        raise InvalidInputError("applications: none given; allowed: at least one")
    together = names if len(names) > 1 else ()
    return model.optimize(limit_mm2, n, 0, offered().area_mm2, together)


def load_model(path: Path) -> OfflineModel:
    """Read a trained model.

    Raises:
        InvalidInputError: If the file is missing, damaged or changed.
    """
    from accel_core.offline import OfflineModel  # noqa: PLC0415

    return OfflineModel.load(path)


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Import JAX and compile models and simulator beside the first view, which needs none of them."""
    return launch(_warm_up, "offline-warm-up")


def _warm_up() -> None:
    """Wait until the browser has what the first view needs, then train for one step, if nobody trains yet."""
    if _ENDING.wait(WARM_UP_AFTER_S) or _TURN.locked():
        return
    name = next(iter(offered().applications()))
    truth_of(pd.DataFrame([baseline()]), (name,))
    _WARMING_UP.set()
    try:
        first = Training(Asked("", "", (name,), DEFAULT_ALPHA, True, 1), shipped_log().of([name])).start()
        first.wait(WARM_UP_LIMIT_S)
    finally:
        _WARMING_UP.clear()
    for model in first.models.values():
        choose(model, (name,), 100.0)


def launch(target: Callable[[], None], name: str) -> threading.Thread:
    """Start a thread that `_end` waits for: JAX aborts a process that ends around it."""
    thread = threading.Thread(target=target, name=name, daemon=True)
    _THREADS.add(thread)
    thread.start()
    return thread


@atexit.register
def _end() -> None:
    _ENDING.set()
    for thread in list(_THREADS):
        thread.join(END_LIMIT_S)
