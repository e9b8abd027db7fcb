"""The page Offline in a real browser: learn from a log, reveal, reload, hide an application, and see why."""

import re
import time

import pytest

from tests.journeys.steps import PATIENCE_MS, fill, go

pytestmark = pytest.mark.browser

TO_THE_REVEAL_S = 120.0
"""What a new user may need from opening the page to the reveal."""


@pytest.mark.slow
def test_learn_reveal_zero_shot_and_why(visit, serve, home):
    server = serve(**home)
    began = time.monotonic()
    page = opened(visit, server)
    page.get_by_role("button", name="More").click()
    fill(page, "Training steps", "12")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text(re.compile("steps of each model|compiling both models|Training done")).first.wait_for()
    # A training belongs to the session, not to the page that shows it.
    go(page, "Eyeriss")
    go(page, "Offline")
    reveal(page)
    assert time.monotonic() - began < TO_THE_REVEAL_S
    assert height(page) <= 900

    page.reload()
    page.get_by_role("cell", name=re.compile(r"^\d+ of 50$")).first.wait_for()
    settle(page)
    page.get_by_role("radio", name="1 Learn").click()
    page.get_by_text(re.compile("Training done:.* 12 steps each")).wait_for()
    settle(page)
    assert height(page) <= 900

    page.get_by_role("radio", name="3 Zero-shot").click()
    page.get_by_text("The design it proposes for").wait_for()
    page.get_by_role("button", name="Reveal the truth").click()
    page.get_by_text(re.compile("The zero-shot design (takes|does not run)")).wait_for()
    page.locator(".js-plotly-plot").nth(1).wait_for()
    settle(page)
    assert height(page) <= 900
    page.get_by_role("button", name="Next: why this design").click()

    page.get_by_text("Compute or memory, layer by layer").wait_for()
    page.get_by_role("columnheader", name="EdgeTPU-like").wait_for()
    page.get_by_text(re.compile("1000 inferences take|does not run")).first.wait_for()
    settle(page)
    assert height(page) <= 900
    assert scrolled_legends(page) == 0


@pytest.mark.slow
def test_the_default_training_reaches_the_reveal_in_two_minutes(visit, serve, home):
    server = serve(**home)
    began = time.monotonic()
    page = opened(visit, server)
    page.get_by_role("button", name="Train", exact=True).click()
    reveal(page)
    assert time.monotonic() - began < TO_THE_REVEAL_S


def opened(visit, server):
    page = visit(f"{server}/offline", patience_ms=PATIENCE_MS, viewport={"width": 1440, "height": 900})
    page.locator(".js-plotly-plot").first.wait_for()
    page.get_by_text("Nothing is learned yet").wait_for()
    assert height(page) <= 900
    return page


def reveal(page):
    page.get_by_role("button", name="Next: who is fooled?").click()
    page.get_by_role("button", name="Reveal the truth").wait_for()
    assert page.get_by_role("cell", name="hidden").count() == 10
    page.get_by_role("button", name="Reveal the truth").click()
    page.get_by_role("cell", name=re.compile(r"^\d+ of 50$")).first.wait_for()
    assert page.get_by_role("cell", name="hidden").count() == 0


def height(page):
    return page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")


def scrolled_legends(page):
    return page.evaluate(
        "[...document.querySelectorAll('.legend .scrollbar')].filter(e => e.getBoundingClientRect().width > 0).length"
    )


def settle(page):
    """Wait until the page is drawn: its height stays the same."""
    before = -1
    while (now := height(page)) != before:
        before = now
        time.sleep(0.5)
