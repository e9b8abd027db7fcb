"""A fidelity whose program is not installed: one line on each page, and the others stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from accel_core import evaluators
from accel_core.campaigns import Campaign, SamplerPlan
from accel_core.platforms import PLATFORMS, get_platform
from accel_core.platforms.base import Program
from pages.components.optimize_form import FLOW, WHERE

AXILINE = get_platform("axiline")
WHY = "the program pretender is not on PATH"
LINE = f"Fidelity simulated is off: {WHY}."


def never(*_: Any) -> Mapping[str, Any]:
    raise AssertionError("nothing runs")


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives Axiline a simulator that is not installed, and lets everything be placed."""
    program = Program("Pretender", lambda: WHY, never, never)
    monkeypatch.setitem(PLATFORMS, "axiline", replace(AXILINE, program=program))  # type: ignore[arg-type]
    monkeypatch.setattr(evaluators, "placed_available", lambda *_: None)


def captions(app: AppTest) -> list[str]:
    return [caption.value for caption in app.caption]


def test_the_start_page_says_so_quietly(small_store, open_page) -> None:
    app = open_page("pages/start.py")
    assert LINE in captions(app)
    assert not app.warning


def test_a_run_is_offered_what_is_there(empty_store, open_page) -> None:
    app = open_page("pages/runs.py")
    assert captions(app).count(LINE) == 1
    assert app.button_group(key="run-fidelity").options == ["placed", "analytical"]


def test_a_campaign_from_a_file_is_refused_with_the_reason(empty_store, open_page) -> None:
    definition = Campaign("mine", "axiline", SamplerPlan(designs=2), "simulated").to_yaml()
    app = open_page("pages/runs.py")
    app.file_uploader(key="run-yaml").set_value(("mine.yaml", definition.encode(), "application/yaml")).run()
    assert [error.value for error in app.error] == [f"mine.yaml: fidelity is 'simulated', which is off: {WHY}"]
    assert not [button for button in app.button if button.label == "Launch mine"]


def test_a_search_is_offered_what_is_there(small_store, open_page) -> None:
    app = open_page("pages/optimize.py", **{WHERE: FLOW})
    assert LINE in captions(app)
    assert app.button_group(key="optimize-fidelity").options == ["placed", "analytical"]


def test_where_the_first_fidelity_is_off_too_a_warning_names_another(
    empty_store, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluators, "placed_available", lambda *_: "coloquinte is not installed.")
    app = open_page("pages/runs.py")
    assert [warning.value for warning in app.warning] == [
        "Fidelity placed is off: coloquinte is not installed. Fidelity analytical runs."
    ]
    assert LINE in captions(app)
    assert app.button_group(key="run-fidelity").options == ["analytical"]
