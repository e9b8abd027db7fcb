"""The Pareto page in a real browser: drag, type, click, read prices, take files away, run a prediction for real."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from accel_core.paths import data_path
from accel_core.physical import placed_available
from tests.pages.made_up_results import fill as fill_database
from tests.pages.made_up_results import made_up_results

from .steps import center, go

pytestmark = pytest.mark.browser
PATIENCE_MS = 120_000
COUNTS = re.compile(r"([\d,]+) of ([\d,]+) meet all bounds · front: (.*)")


@pytest.fixture
def home(home):
    """A database of shipped results, else of made-up ones."""
    if not any((data_path() / "results").glob("*.parquet")):
        fill_database(Path(home["ACCEL_DB"]), made_up_results(12, 6))
    return home


@pytest.fixture
def page(visit, serve, home):
    page = visit(serve(**home), PATIENCE_MS)
    go(page, "Pareto")
    page.wait_for_selector(".front[data-feasible]")
    return page


def browser_counts(page):
    data = page.locator(".front").evaluate("node => ({...node.dataset})")
    return int(data["feasible"]), int(data["total"]), int(data["front"])


def panel(page):
    return page.locator(".st-key-card-prices")


def wait_for_panel(page):
    """Wait until the panel counts what the browser counts, and return those counts."""
    feasible, total, front = browser_counts(page)
    panel(page).get_by_text(re.compile(rf"^{feasible:,} of {total:,} meet all bounds")).wait_for()
    found = COUNTS.search(panel(page).inner_text())
    assert sum(int(number.replace(",", "")) for number in re.findall(r"[\d,]+", found[3])) == front
    return feasible, total, front


def type_bound(page, bound, text):
    field = page.locator(f'input[data-bound="{bound}"]')
    field.fill(text)
    field.press("Enter")


def click_a_point(page):
    """Move over the chart until a point answers, then click it."""
    box = page.locator(".overlay").bounding_box()
    for row in range(2, 38):
        for column in range(4, 38):
            page.mouse.move(box["x"] + box["width"] * column / 40, box["y"] + box["height"] * row / 40)
            if page.locator("[data-part=tip]").is_visible():
                page.mouse.down()
                page.mouse.up()
                return
    pytest.fail("no point under the mouse anywhere")


def test_bounds_are_dragged_and_typed_and_what_they_mean_follows(page, tmp_path):
    before, total, _ = wait_for_panel(page)
    assert before == total > 0

    x, y = center(page.locator(".pill-x .grip"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 240, y, steps=8)
    page.wait_for_function(f"() => Number(document.querySelector('[data-testid=stBidiComponentIsolated]')"
                           f".shadowRoot.querySelector('.front').dataset.feasible) < {before}")  # fmt: skip
    assert "Chip area ≤" not in panel(page).inner_text()
    page.mouse.up()
    panel(page).get_by_text("Chip area ≤").wait_for()
    dragged = wait_for_panel(page)
    assert 0 < dragged[0] < before

    type_bound(page, "runtime_s:upper", "15")
    panel(page).get_by_text("Runtime ≤ 15 ms").wait_for()
    wait_for_panel(page)
    assert re.search(r"10 % less runtime (costs|leaves)", panel(page).inner_text())
    assert re.search(r"10 % less chip area (costs|leaves)", panel(page).inner_text())

    type_bound(page, "power_w:upper", "0.01")
    page.get_by_role("button", name=re.compile("^Relax ")).click()
    panel(page).get_by_text("No design meets all bounds").wait_for(state="detached")
    assert wait_for_panel(page)[0] >= 1

    click_a_point(page)
    design = page.locator(".st-key-card-panel")
    design.get_by_text("Effective clock", exact=True).wait_for()
    assert re.search(r"[\d.]+ MHz", design.inner_text())

    page.get_by_role("tab", name="Export").click()
    page.get_by_text("Meet all bounds", exact=True).click()
    page.wait_for_timeout(1500)  # the choice runs the panel again, and a click meanwhile may meet the old button
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "pareto.csv")
    exported = pd.read_csv(tmp_path / "pareto.csv")
    assert len(exported) == browser_counts(page)[0]
    assert {"design_id", "benchmark", "energy_j", "fidelity"} <= set(exported)
    with page.expect_download() as download:
        page.get_by_role("button", name="Parquet").click()
    download.value.save_as(tmp_path / "pareto.parquet")
    assert pd.read_parquet(tmp_path / "pareto.parquet")["design_id"].tolist() == exported["design_id"].tolist()


@pytest.mark.skipif(placed_available() is not None, reason="nothing can be placed here")
def test_a_predicted_design_is_run_for_real_and_becomes_placed(page):
    page.get_by_text("Add predictions").click()
    page.get_by_text(re.compile(r"predicted from")).wait_for()
    page.locator(".overlay").focus()
    page.keyboard.press("]")
    design = page.locator(".st-key-card-panel")
    design.get_by_text("± holds 90 % of such predictions.").wait_for()
    design.get_by_role("button", name="Run it for real").click()
    design.get_by_text("vs predicted").first.wait_for()
    design.locator("img").wait_for()
    assert "placed" in design.inner_text()
