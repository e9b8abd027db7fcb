"""The general pages ask for what a platform can do: they open for each, empty and with results of its own."""

from __future__ import annotations

import pytest

from accel_core.evaluators import evaluate
from accel_core.platforms import PLATFORMS
from accel_core.space import sample

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
