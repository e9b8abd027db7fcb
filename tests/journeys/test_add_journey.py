"""A table, Verilog and a program of one's own in a real browser: from the upload to a front, a model and its errors."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from accel_core.paths import data_path
from accel_core.physical import placed_available
from tests.boom import boom_table

from .steps import PATIENCE_MS, fill, go

pytestmark = pytest.mark.browser
TABLE = data_path() / "examples" / "svm_table" / "results.csv"


@pytest.fixture
def page(visit, serve, home, tmp_path: Path):
    return visit(serve(**home, ACCEL_PLATFORMS=str(tmp_path / "platforms")), 90_000)


def chosen_platform(page, title: str) -> None:
    """Wait for the side bar to show a platform."""
    page.locator(f'[data-testid="stSidebar"] input[value="{title}"]').wait_for()


def fit_models(page) -> None:
    """Fit gradient-boosted trees on the page Surrogates and wait for the table of errors."""
    go(page, "Surrogates")
    page.get_by_role("button", name="Gaussian process").click()
    page.wait_for_timeout(1500)  # as a person would; pressed at once, the model that was dropped is fitted too
    page.get_by_role("button", name="Fit models").click()
    page.get_by_text("Fitting models").wait_for(state="detached")
    page.get_by_role("tab", name="Errors").click(timeout=PATIENCE_MS)
    page.locator(".katex").first.wait_for()


def add_and_learn(page, path: Path, title: str) -> float:
    """Add a table, look at its front, fit a model and see its errors; return the seconds that this took."""
    go(page, "Add an accelerator")
    started = time.monotonic()
    page.locator('input[type="file"]').set_input_files(str(path))
    page.get_by_text("What it becomes").wait_for()
    page.locator(".js-plotly-plot .scatterlayer .points path").first.wait_for()
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("heading", name="AccelScope", exact=True).wait_for()
    chosen_platform(page, title)
    page.get_by_text("Nothing can be run").wait_for()
    go(page, "Pareto")
    page.get_by_text("meet all bounds").first.wait_for()
    fit_models(page)
    return time.monotonic() - started


def test_a_table_becomes_a_platform_within_a_minute_of_clicks(page) -> None:
    print(f"{add_and_learn(page, TABLE, 'results'):.0f} s")
    go(page, "Optimize")
    page.get_by_role("button", name="Search the model").click()
    page.get_by_text("nothing can be run here to verify them").wait_for()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_boom_cores_do_so_too(page, tmp_path: Path) -> None:
    boom_table(tmp_path).to_csv(tmp_path / "boom.csv", index=False)
    print(f"{add_and_learn(page, tmp_path / 'boom.csv', 'boom'):.0f} s")


def test_the_program_is_run_and_its_campaign_fills_the_front(page) -> None:
    go(page, "Add an accelerator")
    page.get_by_role("button", name="systolic", exact=True).click()
    chosen_platform(page, "Systolic array")
    go(page, "Runs")
    fill(page, "Number of designs", "6")
    page.get_by_role("button", name="Launch", exact=True).click()
    page.get_by_test_id("stProgress").filter(has_text="6 of 6").wait_for()
    go(page, "Pareto")
    page.get_by_text("meet all bounds").first.wait_for()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(placed_available() is not None, reason="nothing can be placed here")
def test_the_filter_is_implemented_for_real(page) -> None:
    go(page, "Add an accelerator")
    page.get_by_role("button", name="fir", exact=True).click()
    chosen_platform(page, "FIR filter")
    go(page, "Runs")
    fill(page, "Architectures", "2")
    fill(page, "Backend points", "1")
    page.get_by_role("button", name="Launch", exact=True).click()
    page.get_by_test_id("stProgress").filter(has_text="2 of 2").wait_for(timeout=PATIENCE_MS)
    go(page, "Pareto")
    page.get_by_text("placed").first.wait_for()
