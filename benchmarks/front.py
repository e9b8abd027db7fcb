"""Drag bounds over the front in a real Chromium and print frame times and the time from release to the side panel.

Run ``python benchmarks/front.py [points ...]``; goals are 60 frames a second at 1e5 points and 30 at 1e6.
Frame times are the intervals between animation frames while the pointer moves; "draw" is the component's own share.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "tests" / "journeys" / "front_page.py"
SIZES = (1_000, 100_000, 1_000_000)
DRAG_S = 3.0
GRIPS = {"axis x": ".pill-x .grip", "axis y": ".pill-y .grip", "hidden": ".track .grip"}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

WATCH = """() => {
  const find = () => document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot.querySelector('.front');
  const panel = () => document.querySelector('[data-testid=stText]').innerText;
  window.watch = {frames: [], draws: [], on: true, told: null};
  let drawn = find().dataset.frames;
  const tick = (time) => {
    watch.frames.push(time);
    const {frames, drawMs} = find().dataset;
    if (frames !== drawn) { drawn = frames; watch.draws.push(Number(drawMs)); }
    if (watch.on) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  addEventListener('pointerup', () => {
    const start = performance.now();
    const before = panel();
    watch.on = false;
    const poll = () => { if (panel() !== before) watch.told = performance.now() - start; else setTimeout(poll, 1); };
    poll();
  }, {once: true, capture: true});
}"""


def main() -> None:
    """Print one line a size and a bound."""
    sizes = [int(float(text)) for text in sys.argv[1:]] or list(SIZES)
    heads = ("frames", "median", "p95", "draw", "p95", "release to panel")
    print(f"{'points':>9}  {'bound':8} " + " ".join(f"{head:>7}" for head in heads))
    with server() as url, sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for size in sizes:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{url}/?n={size}")
            page.wait_for_selector(".front[data-feasible]", timeout=120_000)
            page.wait_for_timeout(1500)
            for name, selector in GRIPS.items():
                print(f"{size:9,}  {name:8} {drag(page, page.locator(selector).first, name == 'axis y')}", flush=True)
            page.close()
        browser.close()


def drag(page: Page, grip: Locator, is_vertical: bool) -> str:
    """Drag to and fro for a while; return the line's figures in milliseconds."""
    box = grip.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate(WATCH)
    page.mouse.move(x, y)
    page.mouse.down()
    end = time.monotonic() + DRAG_S
    step = 0
    while time.monotonic() < end:
        step += 1
        away = 2 * (60 - abs(step % 120 - 60)) + 20
        page.mouse.move(x if is_vertical else x - away, y + away if is_vertical else y)
    page.mouse.up()
    page.wait_for_function("() => watch.told !== null", timeout=30_000)
    seen = page.evaluate("() => watch")
    frames = np.diff(seen["frames"])
    draws = np.array(seen["draws"])
    page.wait_for_timeout(300)
    return (
        f"{len(frames):7} {np.median(frames):7.1f} {np.percentile(frames, 95):7.1f} "
        f"{np.median(draws):7.1f} {np.percentile(draws, 95):7.1f} {seen['told']:13.0f} ms"
    )


@contextmanager
def server() -> Iterator[str]:
    """Serve the page of the browser tests on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(PAGE), "--server.headless", "true"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "--server.port", str(port)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=20)


def wait_for(address: str, limit_s: float = 40.0) -> None:
    """Return once the address answers; raise after the limit."""
    end = time.monotonic() + limit_s
    while True:
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    main()
