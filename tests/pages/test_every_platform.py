"""The general pages ask for what a platform can do: they open for each, empty and with results of its own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from accel_core.evaluators import evaluate, resolve_settings
from accel_core.evaluators.results import Request, result_table
from accel_core.paths import data_path
from accel_core.platforms import PLATFORMS, Platform
from accel_core.platforms.from_files.platform_yaml import load_platform
from accel_core.space import Constraint, sample
from pages.components.platform_words import example_constraint, words_of

GENERAL = [f"pages/{name}.py" for name in ("start", "design_space", "runs", "surrogates", "pareto", "optimize")]
OTHERS = [name for name in PLATFORMS if name != next(iter(PLATFORMS))]


@pytest.mark.parametrize("platform", OTHERS)
@pytest.mark.parametrize("page", GENERAL)
def test_a_page_opens_with_nothing_stored(platform: str, page: str, empty_store, open_page) -> None:
    app = open_page(page, platform=platform)
    assert app.sidebar.selectbox(key="platform").value == platform
    assert app.title


@pytest.mark.parametrize("platform", OTHERS)
def test_pages_show_results_of_their_platform(platform: str, empty_store, open_page) -> None:
    entry = PLATFORMS[platform]
    designs = sample(entry.space, 60, seed=1).designs
    empty_store.add(evaluate(platform, designs, entry.fidelities[0]))
    for page in GENERAL:
        app = open_page(page, platform=platform)
        assert app.sidebar.selectbox(key="platform").value == platform
        assert not app.error, (page, app.error[0].value)
        assert not any(box.value.startswith("No ") for box in app.info), page


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_proposed_constraint_is_one_of_the_platform(platform: str) -> None:
    space = PLATFORMS[platform].space
    text = example_constraint(space)
    added = dataclasses.replace(space, constraints=(*space.constraints, Constraint("proposed", text)))
    assert added.is_valid(added.defaults()).all()


@pytest.mark.parametrize("platform", OTHERS)
def test_no_page_speaks_of_a_clock_or_tools_that_the_platform_has_not(platform: str, empty_store, open_page) -> None:
    entry = PLATFORMS[platform]
    assert not words_of(entry).has_clock
    empty_store.add(evaluate(platform, sample(entry.space, 60, seed=1).designs, entry.fidelities[0]))
    for page in GENERAL:
        app = open_page(page, platform=platform)
        shown = [*app.markdown, *app.caption, *app.subheader, *app.button, *app.expander, *app.metric, *app.toggle]
        words = " ".join(str(getattr(one, part, "") or "") for one in shown for part in ("value", "label", "help"))
        for foreign in ("target clock", "ROI", "Region of interest", "backend point", "real flow", "for real"):
            assert foreign not in words, (page, foreign)


OWN = ("fir", "systolic", "svm_table")


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> dict[str, Platform]:
    """The examples of accelerators from files, known for this test."""
    found = {name: load_platform(data_path() / "examples" / name / "platform.yaml") for name in OWN}
    for name, platform in found.items():
        monkeypatch.setitem(PLATFORMS, name, platform)
    return found


def made_up(platform: Platform, n: int = 60) -> pd.DataFrame:
    """Results of a platform in its reference fidelity, with numbers that its first parameter moves."""
    rng, fidelity = np.random.default_rng(0), platform.reference
    designs = sample(platform.space, n, seed=1).designs
    slope = designs[platform.space.names[0]].to_numpy(dtype=np.float64)
    metrics = {name: (1 + slope / slope.max()) * rng.uniform(1, 2) * 1e-3 for name in platform.metrics}
    for knob in ("f_target_hz", "f_effective_hz"):
        if knob in metrics and "f_target_hz" in designs:
            metrics[knob] = designs["f_target_hz"].to_numpy() * (1 - 0.01 * slope / slope.max())
    outcomes = pd.DataFrame(metrics).assign(status="ok")
    settings = resolve_settings(platform, fidelity, None)
    return result_table(designs, outcomes, Request(platform, platform.default_workload, fidelity, settings))


@pytest.mark.parametrize("name", ["fir", "systolic"])
def test_an_own_platform_opens_with_nothing_stored(name: str, own, empty_store, open_page) -> None:
    for page in GENERAL:
        app = open_page(page, platform=name)
        assert app.sidebar.selectbox(key="platform").value == name, page
        assert not app.error, (page, app.error[0].value)


@pytest.mark.parametrize("name", OWN)
def test_an_own_platform_opens_with_results(name: str, own, empty_store, open_page) -> None:
    if own[name].evaluable:
        empty_store.add(made_up(own[name]))
    for page in GENERAL:
        app = open_page(page, platform=name)
        assert app.sidebar.selectbox(key="platform").value == name, page
        assert not app.error, (page, app.error[0].value)
        assert not any(box.value.startswith("No ") for box in app.info), page


def test_what_was_measured_elsewhere_says_so_and_offers_no_run(own, empty_store, open_page) -> None:
    said = "Nothing can be run: these results were measured elsewhere. Models, fronts and searches work on them."
    for page in ("pages/start.py", "pages/runs.py"):
        app = open_page(page, platform="svm_table")
        assert said in [box.value for box in app.info], page
    assert "Launch" not in [button.label for button in app.button]
    app = open_page("pages/optimize.py", platform="svm_table")
    assert "optimize-where" not in app.session_state


@pytest.mark.parametrize("name", ["svm_table", *(pytest.param(name, marks=pytest.mark.slow) for name in OWN[:2])])
def test_an_own_platform_is_learned_and_searched(name: str, own, empty_store, open_page) -> None:
    if own[name].evaluable:
        empty_store.add(made_up(own[name]))
    app = open_page("pages/surrogates.py", platform=name, timeout_s=240)
    app.button_group(key="models-names").set_value(["gbdt"]).run()
    app.button(key="models-fit").click().run()
    assert not app.exception
    assert not app.error
    assert "models-invite" not in str(app)
    assert app.tabs[0].label == "Parity"

    app = open_page("pages/optimize.py", platform=name, timeout_s=240)
    app.number_input(key="optimize-model-budget-False").set_value(300).run()
    app.button(key="optimize-start").click().run()
    assert not app.exception
    assert not app.error, app.error[0].value
    assert "Picks" in [head.value for head in app.subheader]
    verify = [button for button in app.button if button.label.startswith("Verify")]
    assert bool(verify) == bool(own[name].evaluable)


@pytest.mark.parametrize("platform", OTHERS)
def test_a_button_that_changes_the_page_keeps_the_platform(platform: str, empty_store, open_page) -> None:
    app = open_page("pages/design_space.py", platform=platform)
    next(button for button in app.button if button.label == "Run it →").click().run()
    assert not app.exception, app.exception[0].message
    assert app.title[0].value == "Runs"
    assert app.sidebar.selectbox(key="platform").value == platform
