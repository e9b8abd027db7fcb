"""What a person has at hand on the page Offline; the server keeps it under a name in the address, so reloads do too."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st
from streamlit.runtime import Runtime, exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.components.offline_asked import Asked
from pages.components.offline_training import Training

DESK = "offline-desk"
"""Of the session's desk, in the session and in the address."""

MOST_DESKS, MOST_ROWS = 24, 4_000_000


@dataclass
class Desk:
    """Trainings and what was looked at; of one session, and of those that take over after a reload.

    Attributes:
        name: Nobody else can guess it.
        trainings: The latest last.
        shown: Number of the training that is looked at.
        choices: First choices of a training's models, by its number and the area limit in mm2.
        unseen: Hidden applications and area limits whose truth was looked at.
        form: Values of the page's widgets, by key.
        sessions: Those that it was open in.
    """

    name: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    trainings: list[Training] = field(default_factory=list)
    shown: int | None = None
    choices: dict[tuple[int, float], dict[str, pd.DataFrame]] = field(default_factory=dict)
    unseen: set[tuple[str, float]] = field(default_factory=set)
    form: dict[str, object] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)

    @property
    def is_worth_keeping(self) -> bool:
        """Whether a reload would lose more than a form."""
        return bool(self.trainings or self.unseen)

    def is_attended(self) -> bool:
        """Tell whether a browser still shows one of its sessions; may be asked from any thread."""
        if not exists():
            return True
        runtime: Runtime = get_instance()
        return any(runtime.is_active_session(session) for session in list(self.sessions))


class Desks:
    """The desks that a server keeps: those used last, and no more logged designs than memory has room for."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Desk] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str) -> Desk | None:
        """Return a desk; None if there is none of this name any more."""
        with self._lock:
            return self._kept.get(name)

    def keep(self, desk: Desk) -> None:
        """Keep a desk, and drop those that were not used for longest."""
        with self._lock:
            self._kept[desk.name] = desk
            self._kept.move_to_end(desk.name)
            while len(self._kept) > 1 and (len(self._kept) > MOST_DESKS or self._n_rows() > MOST_ROWS):
                self._kept.popitem(last=False)

    def trained(self, asked: Asked) -> Training | None:
        """Return a training of the same, by anybody, that took all its steps; None if there is none."""
        with self._lock:
            known = [training for desk in self._kept.values() for training in list(desk.trainings)]
        return next((entry for entry in known if entry.asked.key == asked.key and entry.is_whole), None)

    def _n_rows(self) -> int:
        return sum(len(training.rows) for desk in self._kept.values() for training in list(desk.trainings))


@st.cache_resource(show_spinner=False)
def desks() -> Desks:
    """Return the server's desks."""
    return Desks()


def desk() -> Desk:
    """Return the session's desk."""
    found: Desk = st.session_state.setdefault(DESK, Desk())
    return found


def sit_down() -> None:
    """After a reload take the desk that the address names, with the widgets' values; before any widget is shown."""
    known = None if DESK in st.session_state else desks().get(st.query_params.get(DESK, ""))
    if known is not None:
        st.session_state[DESK] = known
        for key, value in known.form.items():
            st.session_state.setdefault(key, value)
    if (run := get_script_run_ctx()) is not None:
        desk().sessions.add(run.session_id)


def keep(widgets: tuple[str, ...]) -> None:
    """Keep the desk with the values of these widgets and name it in the address, if there is something to lose."""
    own = desk()
    if not own.is_worth_keeping:
        return
    own.form.update({key: st.session_state[key] for key in widgets if key in st.session_state})
    desks().keep(own)
    if st.query_params.get(DESK) != own.name:
        st.query_params[DESK] = own.name
