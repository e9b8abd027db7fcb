"""Steps that journeys share.

A journey of one more page takes two things: the fixture `visit`, which opens an address and afterwards fails the test
on any error, and `go`, which changes to a page of the side bar::

    def test_something(visit, serve, home):
        page = visit(serve(**home), patience_ms=120_000)
        go(page, "Offline")
        page.get_by_role("button", name="Train").click()

`home` is a database and a runs folder of the test's own; what still runs there at the end is killed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PATIENCE_MS = 240_000
CLICK_AGAIN_MS = 15_000


def go(page: Page, title: str, heading: str | None = None) -> None:
    """Change to a page by its link in the side bar and wait for its heading, the title unless told.

    A page that reruns itself at the very moment of the click can swallow it (Streamlit 1.67 keeps the page that was
    asked for once per session, and an old page's rerun overwrites it), so one clicks again, as a person would.
    """
    from playwright.sync_api import TimeoutError as NotYet

    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True)
    arrived = page.get_by_role("heading", name=heading or title, exact=True)
    end = time.monotonic() + PATIENCE_MS / 1000
    while True:
        link.click()
        try:
            arrived.wait_for(timeout=CLICK_AGAIN_MS)
            return
        except NotYet:
            if time.monotonic() > end:
                raise


def fill(page: Page, label: str, value: str) -> None:
    """Type a value into a field and leave it with Enter."""
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")


def center(locator: Locator) -> tuple[float, float]:
    """Return the middle of an element, in pixels of the window."""
    box = locator.bounding_box()
    assert box is not None, "the element is not visible"
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
