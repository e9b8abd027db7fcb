"""The whole journey in a real browser, from a fresh database to picks that were verified for real."""

from __future__ import annotations

import re

import pytest

from accel_core.campaigns import RunFolder
from accel_core.campaigns.owners import is_alive, kill_family
from accel_core.physical import placed_available

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.skipif(placed_available() is not None, reason="nothing can be placed here"),
]
PATIENCE_MS = 240_000


@pytest.fixture
def home(tmp_path):
    yield {"ACCEL_DB": str(tmp_path / "accelscope.duckdb"), "ACCEL_RUNS": str(tmp_path / "runs")}
    for path in (tmp_path / "runs").glob("*/campaign.yaml"):
        for status in RunFolder(path.parent).statuses().values():
            if is_alive(owner := str(status.get("owner", ""))):
                kill_family(owner)


@pytest.fixture
def page(chromium, serve, home):
    """The start page; an error of JavaScript or a request beyond the server fails the test."""
    url = serve(**home)
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    troubles: list[str] = []
    own = (url, url.replace("http", "ws"), "blob:", "data:")
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(own) else troubles.append(request.url))
    page.goto(url)
    yield page
    assert page.get_by_test_id("stException").count() == 0
    context.close()
    assert troubles == []


def go(page, title):
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    page.get_by_role("heading", name=title, exact=True).wait_for()


def fill(page, label, value):
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")


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
    box = page.locator(".pill-x .grip").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
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
    page.locator(".st-key-card-verify").get_by_text(re.compile(r"All \d picks measured")).wait_for()


def back_to_the_start(page):
    """Go to the first page; on a busy machine a click may fall into the redrawing of a page that still measures."""
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name="Start", exact=True)
    link.click()
    if page.get_by_role("heading", name="Optimize", exact=True).is_visible():
        page.wait_for_timeout(5_000)
        link.click()
    page.get_by_text("Designs placed").wait_for()


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
    back_to_the_start(page)
    assert int(metric(page, "Designs placed").replace(",", "")) >= n_shipped + 2
