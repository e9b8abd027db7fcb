"""A real Chromium and Streamlit servers of one's own for the journeys."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accel_core.campaigns import RunFolder
from accel_core.campaigns.owners import is_alive, kill_family

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_LIMIT_S = 40.0

VIEWPORT = {"width": 1440, "height": 900}
LOCAL = ("http://127.0.0.1:", "ws://127.0.0.1:", "blob:", "data:")

Serve = Callable[..., str]


@pytest.fixture(scope="session")
def chromium():
    """The browser of the system; tests are skipped where there is none."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("no chromium on PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Opens `visit(url, patience_ms=..., **context_options) -> page`, each in a context of its own.

    An error of JavaScript, one in the console where `is_console_watched`, a request beyond this machine, and an
    exception that a page shows at the end fail the test.
    """
    pages, troubles = [], []

    def open_page(url, patience_ms=60_000, viewport=VIEWPORT, is_console_watched=False, **options):
        page = chromium.new_context(viewport=viewport, **options).new_page()
        pages.append(page)
        page.set_default_timeout(patience_ms)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(LOCAL) else troubles.append(request.url))
        if is_console_watched:
            page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
        page.goto(url)
        return page

    yield open_page
    for page in pages:
        troubles.extend(page.get_by_test_id("stException").all_inner_texts())
        page.context.close()
    assert troubles == []


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database and a runs folder for `serve`; whatever still runs there is killed at the end."""
    yield {"ACCEL_DB": str(tmp_path / "accelscope.duckdb"), "ACCEL_RUNS": str(tmp_path / "runs")}
    for path in (tmp_path / "runs").glob("*/campaign.yaml"):
        for owner in owners(RunFolder(path.parent)):
            kill_family(owner)


def owners(folder: RunFolder) -> list[str]:
    found = [str(status.get("owner", "")) for status in folder.statuses().values()]
    return [owner for owner in found if is_alive(owner)]


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts `serve(script, **environment) -> url`; each server has its own empty database and runs folder."""
    servers: list[subprocess.Popen[bytes]] = []

    def start(script: Path = ROOT / "app.py", **environment: str) -> str:
        home = tmp_path_factory.mktemp("server")
        port = free_port()
        defaults = {"ACCEL_DB": str(home / "accelscope.duckdb"), "ACCEL_RUNS": str(home / "runs")}
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
        with (home / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [*command, "--server.port", str(port)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **defaults, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        servers.append(server)
        wait_until_healthy(server, port, home / "server.log")
        return f"http://127.0.0.1:{port}"

    yield start
    for server in servers:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(timeout=10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server on port {port} did not start:\n{log.read_text()[-2000:]}")
