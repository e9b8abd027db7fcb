"""The general pages ask for what a platform can do: they open for each, empty and with results of its own."""

from __future__ import annotations

import dataclasses

import pytest

from accel_core.evaluators import evaluate
from accel_core.platforms import PLATFORMS
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
