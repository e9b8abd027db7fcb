"""The app on databases of one's own: empty, small, and with failures.

    def test_something(small_store, open_page):
        app = open_page("pages/pareto.py")     # an AppTest that has run once, without an exception

`any_store` runs a test on all three. A database can be filled further, while pages are open too, by `small_store.add`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from accel_core.store import ResultStore
from pages.components import session
from tests.pages.made_up_results import fill, made_up_results

ROOT = Path(__file__).parents[2]

OpenPage = Callable[..., AppTest]


@dataclass
class Home:
    """Where the app under test lives.

    Attributes:
        database: Its database file.
        runs: Its folder of runs.
        services: What pages opened; at most one.
    """

    database: Path
    runs: Path
    services: list[session.Service]

    def add(self, results: pd.DataFrame) -> None:
        """Store results, through the app if it has the database open."""
        if self.services:
            self.services[-1].store.add(results)
        else:
            fill(self.database, results)

    @property
    def store(self) -> ResultStore:
        """The database that pages have open."""
        return self.services[-1].store


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A new database and folder of runs, with no shipped results."""
    home = Home(tmp_path / "accelscope.duckdb", tmp_path / "runs", [])

    class Recorded(session.Service):
        def __init__(self, database: Path, runs: Path) -> None:
            super().__init__(database, runs)
            home.services.append(self)

    monkeypatch.setenv("ACCEL_DB", str(home.database))
    monkeypatch.setenv("ACCEL_RUNS", str(home.runs))
    monkeypatch.setattr(session, "data_path", lambda: tmp_path / "shipped")
    monkeypatch.setattr(session, "Service", Recorded)
    forget()
    yield home
    for service in home.services:
        service.campaigns.close()
        service.store.close()
    forget()


@pytest.fixture
def small_store(empty_store: Home) -> Home:
    """48 placed designs, 8 architectures by 6 backend points; all are ok."""
    fill(empty_store.database, made_up_results())
    return empty_store


@pytest.fixture
def partly_failed_store(empty_store: Home) -> Home:
    """48 placed designs of which 12 are infeasible, failed or timed out."""
    fill(empty_store.database, made_up_results(n_troubles=12))
    return empty_store


@pytest.fixture(params=["empty_store", "small_store", "partly_failed_store"])
def any_store(request: pytest.FixtureRequest) -> Home:
    """Each of the three in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def open_page() -> OpenPage:
    """Return a function that opens a page of the app: `open_page(path, **session_state)`."""

    def open_(path: str, *, timeout_s: float = 60.0, **state: object) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=timeout_s)
        for key, value in state.items():
            app.session_state[key] = value
        app.run()
        if path != "pages/start.py":
            app.switch_page(path).run()
        assert not app.exception, app.exception[0].message
        return app

    return open_


def forget() -> None:
    """Drop everything that Streamlit caches for the process."""
    st.cache_resource.clear()
    st.cache_data.clear()
