"""A campaign of real implementations in a real browser, with the server killed in its middle."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from accel_core.campaigns import RunFolder, read_status
from accel_core.campaigns.hold import holder_of
from accel_core.physical import placed_available

from .steps import fill, go

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(placed_available() is not None, reason="nothing can be placed here"),
]
PATIENCE_MS = 150_000
TINY = "82"  # the seed that draws a support-vector machine of 5 features: a second or two a design


@pytest.fixture
def page(visit, serve, home):
    return visit(serve(**home), PATIENCE_MS)


def open_runs(page):
    go(page, "Runs")
    page.get_by_role("button", name="Launch", exact=True).wait_for()


def wait_for_progress(page, pattern):
    page.get_by_test_id("stProgress").filter(has_text=pattern).wait_for()


def wait_for(condition, seconds=PATIENCE_MS / 1000):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def kill_server(runs: Path) -> None:
    holder = holder_of(runs)
    assert holder is not None
    os.kill(int(holder.pid), signal.SIGKILL)


def test_a_campaign_outlives_its_server_and_everything_is_there_after_a_restart(page, serve, home):
    open_runs(page)
    fill(page, "Architectures", "1")
    fill(page, "Backend points", "4")
    page.get_by_text("Workload, sampler, settings").click()
    fill(page, "Seed", TINY)
    page.get_by_text("4 designs").wait_for()
    fill(page, "Name", "journey")
    page.get_by_role("button", name="Launch", exact=True).click()
    wait_for_progress(page, re.compile(r"[0-4] of 4"))
    wait_for_progress(page, re.compile(r"[1-4] of 4"))  # nobody touches the page: it follows by itself

    runs = Path(home["ACCEL_RUNS"])
    kill_server(runs)
    folder = RunFolder(runs / "journey")
    wait_for(lambda: read_status(folder, 4).done == 4)  # the workers go on without a server

    page.goto(serve(**home))
    open_runs(page)
    wait_for_progress(page, "4 of 4")
    page.get_by_text("finished", exact=True).wait_for()
    page.get_by_text("ok 4", exact=True).wait_for()
    page.get_by_text("Newest layout").wait_for()
    page.wait_for_function("document.querySelector('[data-testid=stImage] img')?.naturalWidth > 100")  # once loaded
    page.locator(".js-plotly-plot").wait_for()
    assert page.get_by_role("button", name="Pause").count() == 0
    page.get_by_role("tab", name="Definition").click()
    page.get_by_text("name: journey").wait_for()
