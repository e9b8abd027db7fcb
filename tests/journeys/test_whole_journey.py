"""The whole journey in a real browser, from a fresh database to picks that were verified for real."""

from __future__ import annotations

import re

import pytest

from accel_core.physical import placed_available

from .steps import PATIENCE_MS, center, fill, go

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.skipif(placed_available() is not None, reason="nothing can be placed here"),
]


@pytest.fixture
def page(visit, serve, home):
    return visit(serve(**home), PATIENCE_MS)


def metric(page, label):
    box = page.get_by_test_id("stMetric").filter(has_text=label)
    return box.get_by_test_id("stMetricValue").inner_text()


def narrow_the_space(page):
    go(page, "Design space")
    before = metric(page, "Architectures")
    for name in ("linear", "logistic", "recommender"):
        pill = page.get_by_role("button", name=name, exact=True).first
        pill.click()
    page.wait_for_function(
        "before => ![...document.querySelectorAll('[data-testid=stMetricValue]')].some(e => e.innerText === before)",
        arg=before,
    )
    with page.expect_download() as download:
        page.get_by_role("button", name="Save YAML").click()
    assert "svm" in download.value.path().read_text()


def run_two_designs(page):
    go(page, "Runs")
    page.get_by_text("benchmark = svm").first.wait_for()
    fill(page, "Architectures", "1")
    fill(page, "Backend points", "2")
    page.get_by_text("2 designs").wait_for()
    page.get_by_role("button", name="Launch", exact=True).click()
    page.get_by_test_id("stProgress").filter(has_text="2 of 2").wait_for()
    page.get_by_text("finished", exact=True).wait_for()


def drag_a_bound(page):
    go(page, "Pareto")
    page.wait_for_selector(".front[data-feasible]")
    total = int(page.locator(".front").get_attribute("data-total"))
    x, y = center(page.locator(".pill-x .grip"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 260, y, steps=8)
    page.mouse.up()
    prices = page.locator(".st-key-card-prices")
    prices.get_by_text("Chip area ≤").wait_for()
    assert int(page.locator(".front").get_attribute("data-feasible")) < total


def search_and_verify(page):
    go(page, "Optimize")
    page.get_by_role("button", name="Search the model").click()
    page.get_by_role("button", name=re.compile(r"^Verify \d picks? for real")).click()
    verified = page.locator(".st-key-card-verify")
    # A pick that turns out not to fit is a result, too, and said beside what was measured of the others.
    verified.get_by_text(re.compile(r"All \d picks measured|could not be measured")).first.wait_for()
    verified.get_by_text(re.compile(r"picks measured; the largest error is")).wait_for()


def test_from_a_fresh_database_to_verified_picks(page):
    page.get_by_text("Designs placed").wait_for()
    n_shipped = int(metric(page, "Designs placed").replace(",", ""))
    narrow_the_space(page)
    run_two_designs(page)
    go(page, "Surrogates")
    page.get_by_role("tab", name="Parity").wait_for()
    page.locator(".js-plotly-plot .scatterlayer .points path").first.wait_for()
    drag_a_bound(page)
    search_and_verify(page)
    go(page, "Start", "AccelScope")
    page.get_by_text("Designs placed").wait_for()
    assert int(metric(page, "Designs placed").replace(",", "")) >= n_shipped + 2
