"""Optimize in a real browser, on the shipped results: searched live, kept when left, one pick verified."""

import re

import pytest

from accel_core.physical import placed_available

from .steps import go

pytestmark = pytest.mark.browser


def test_search_stays_when_the_page_is_left_and_picks_are_verified(visit, serve):
    page = visit(f"{serve()}/optimize")
    page.get_by_role("spinbutton", name="Budget").fill("1500")
    page.get_by_role("spinbutton", name="Budget").press("Enter")
    page.get_by_role("button", name="Search the model").click()
    verify = page.get_by_role("button", name=re.compile("Verify . picks? for real"))
    verify.wait_for()
    page.locator(".js-plotly-plot").nth(1).wait_for()
    go(page, "Start", "AccelScope")
    go(page, "Optimize")
    verify.wait_for()
    if placed_available() is None:
        picks = page.get_by_role("spinbutton", name="Picks")
        picks.fill("1")
        picks.press("Enter")
        page.get_by_role("button", name="Verify 1 pick for real").click()
        page.get_by_text(re.compile("All 1 picks measured|could not be measured")).first.wait_for()
        page.reload()
        page.get_by_text("Predicted against measured").wait_for()
        page.locator(".accel-verify tbody tr").nth(2).wait_for()
