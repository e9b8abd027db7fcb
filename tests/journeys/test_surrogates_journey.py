"""The Surrogates page in a real browser: the shipped report at once, then models fitted on a part of the results."""

import pytest

pytestmark = pytest.mark.browser
METRICS = ["Effective clock", "Power", "Chip area", "Runtime", "Energy"]


@pytest.fixture
def page(visit, serve):
    return visit(f"{serve()}/surrogates", viewport={"width": 1280, "height": 720})


def labels(page):
    return page.get_by_test_id("stMetricLabel").all_inner_texts()


def test_shipped_report_then_own_fit(page):
    page.get_by_role("tab", name="Parity").wait_for()
    page.locator(".js-plotly-plot .scatterlayer .points path").first.wait_for()
    assert labels(page) == METRICS
    page.get_by_role("tab", name="Errors").click()
    page.locator(".katex").first.wait_for()
    page.get_by_text("goal: at most 10 %").wait_for()
    page.get_by_text("Unseen backend", exact=True).click()
    page.get_by_text("goal: at most 7 %").wait_for()

    page.get_by_text("Your database", exact=True).click()
    page.get_by_role("button", name="Gradient-boosted trees").click()
    page.get_by_role("combobox", name="Benchmark").click()
    page.get_by_role("option", name="linear").click()
    page.get_by_text("96 designs ·").wait_for()
    page.get_by_role("button", name="Fit models").click()
    page.get_by_text("Fitting models").wait_for(state="detached")
    page.get_by_role("tab", name="Region of interest").click()
    page.get_by_text("Accuracy").wait_for()
    assert labels(page) == [*METRICS, "Accuracy", "If always the same", "Really in the ROI"]
    page.locator(".js-plotly-plot .heatmaplayer").first.wait_for()
