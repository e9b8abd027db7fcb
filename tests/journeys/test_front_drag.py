"""The draggable front in a real browser, against brute force in NumPy."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accel_core.metrics import get_metric

from .front_page import made_up_designs
from .steps import center

pytestmark = pytest.mark.browser
ZOOMED = (
    "() => !document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
    ".querySelector('[data-part=zoom]').disabled"
)
PAGE = Path(__file__).parent / "front_page.py"
N = 3000


@pytest.fixture(scope="module")
def url(serve):
    return serve(PAGE)


@pytest.fixture
def open_front(visit, url):
    """Opens the page with a query; errors in the console fail the test, too."""

    def open_page(query="", **options):
        page = visit(f"{url}/?n={N}&{query}", is_console_watched=True, **options)
        page.wait_for_selector(".front[data-feasible]")
        return page

    return open_page


def truth(frame, bounds, x, y):
    """Brute force: ids on the exact front of x and y among the designs that meet every bound, and their number."""
    kept = np.ones(len(frame), dtype=bool)
    for name, (lower, upper) in bounds.items():
        values = frame[name].to_numpy()
        kept &= (values >= (-np.inf if lower is None else lower)) & (values <= (np.inf if upper is None else upper))
    kept &= np.isfinite(frame[[x, y]].to_numpy(dtype=float)).all(axis=1)
    signs = [-1 if get_metric(name).better == "max" else 1 for name in (x, y)]
    values = frame.loc[kept, [x, y]].to_numpy(dtype=float) * signs
    ids = frame.loc[kept, "design_id"].to_numpy()
    beaten = [bool(((values <= row).all(axis=1) & (values < row).any(axis=1)).any()) for row in values]
    return int(kept.sum()), set(ids[~np.array(beaten, dtype=bool)])


def told(page):
    return json.loads(page.get_by_test_id("stText").inner_text())


def wait_for_run(page, runs):
    page.wait_for_function(
        "runs => JSON.parse(document.querySelector('[data-testid=stText]').innerText).runs > runs", arg=runs
    )
    return told(page)


def dataset(page):
    return page.locator(".front").evaluate("node => ({...node.dataset})")


def check(page, frame, x="runtime_s", y="energy_j"):
    """What browser and Python say must be what brute force says for the bounds Python got."""
    state = told(page)
    n_feasible, ids = truth(frame, state["bounds"], x, y)
    data = dataset(page)
    assert (state["n_feasible"], state["n_front"]) == (n_feasible, len(ids))
    assert (int(data["feasible"]), int(data["front"])) == (n_feasible, len(ids))
    assert set(data["frontIds"].split()) == ids
    return state


def drag(page, locator, dx, dy):
    x, y = center(locator)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(x + dx * step / 8, y + dy * step / 8)
    page.wait_for_timeout(60)


@pytest.mark.parametrize(
    ("x", "y", "dx", "dy"),
    [
        ("runtime_s", "energy_j", -300, 200),
        ("f_effective_hz", "chip_area_mm2", 250, 150),
        ("cycles", "power_w", -200, 90),
        ("power_w", "cycles", -200, 60),
    ],
)
def test_mouse_drag_follows_live_and_reports_on_release(open_front, x, y, dx, dy):
    frame = made_up_designs(N)
    page = open_front(f"x={x}&y={y}&hidden=energy_j")
    before, runs = int(dataset(page)["feasible"]), told(page)["runs"]

    drag(page, page.locator(".pill-x .grip"), dx, 0)
    assert int(dataset(page)["feasible"]) < before
    assert told(page)["runs"] == runs
    page.mouse.up()
    state = wait_for_run(page, runs)
    check(page, frame, x, y)
    assert list(state["bounds"]) == [x]

    line_x, _ = center(page.locator(".pill-x"))
    _, line_y = center(page.locator(".overlay"))
    page.mouse.move(line_x, line_y)
    page.mouse.down()
    page.mouse.move(line_x + dx / 10, line_y, steps=3)
    page.mouse.up()
    grabbed = wait_for_run(page, state["runs"])
    assert grabbed["bounds"][x] != state["bounds"][x]
    check(page, frame, x, y)

    drag(page, page.locator(".pill-y .grip"), 0, dy)
    page.mouse.up()
    wait_for_run(page, grabbed["runs"])
    assert set(check(page, frame, x, y)["bounds"]) == {x, y}
    assert get_metric(x).title in page.locator("[data-part=price]").inner_text()


def test_keyboard_moves_a_hidden_bound_and_undo_takes_it_back(open_front):
    page = open_front()
    runs = told(page)["runs"]
    grip = page.locator('.track [data-bound="chip_area_mm2:upper"]')
    grip.focus()
    assert grip.get_attribute("aria-valuetext") == "no limit"
    for key in ("ArrowLeft", "ArrowLeft", "PageDown", "Shift+ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    state = wait_for_run(page, runs)
    limit = check(page, made_up_designs(N))["bounds"]["chip_area_mm2"][1]
    assert float(grip.get_attribute("aria-valuenow")) == pytest.approx(limit)
    assert float(grip.get_attribute("aria-valuemin")) < limit < float(grip.get_attribute("aria-valuemax"))

    page.keyboard.press("Control+z")
    state = wait_for_run(page, state["runs"])
    assert state["bounds"] == {}
    page.keyboard.press("Control+Shift+z")
    assert wait_for_run(page, state["runs"])["bounds"] == {"chip_area_mm2": [None, limit]}


def test_touch_drags_a_bound_and_pinches(open_front):
    page = open_front(has_touch=True)
    runs = told(page)["runs"]
    session = page.context.new_cdp_session(page)
    x, y = center(page.locator('.track [data-bound="power_w:upper"]'))

    def touch(kind, *points):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in points]})

    touch("touchStart", (x, y))
    for step in range(1, 7):
        touch("touchMove", (x - 25 * step, y))
    touch("touchEnd")
    wait_for_run(page, runs)
    assert check(page, made_up_designs(N))["bounds"]["power_w"][1] > 0

    x, y = center(page.locator(".overlay"))
    touch("touchStart", (x - 20, y), (x + 20, y))
    for apart in (30, 50, 80):
        touch("touchMove", (x - apart, y), (x + apart, y))
    touch("touchEnd")
    page.wait_for_function(ZOOMED)
    page.mouse.dblclick(x, y)
    page.wait_for_function(f"() => !({ZOOMED})()")


def test_numeric_field_takes_engineering_units_and_refuses_text(open_front):
    page = open_front()
    runs = told(page)["runs"]
    field = page.locator('input[data-bound="energy_j:upper"]')
    field.fill("lots")
    field.press("Enter")
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("6.25")
    field.press("Enter")
    state = wait_for_run(page, runs)
    assert state["runs"] == runs + 1
    assert state["bounds"] == {"energy_j": [None, pytest.approx(6.25e-6, rel=1e-12)]}
    check(page, made_up_designs(N))


def test_new_rows_keep_bounds_zoom_and_selection(open_front):
    page = open_front()
    runs = told(page)["runs"]
    page.locator(".overlay").focus()
    page.keyboard.press("]")
    page.keyboard.press("]")
    selected = wait_for_run(page, runs)["selected"]
    assert selected in dataset(page)["frontIds"].split()
    drag(page, page.locator('.track [data-bound="power_w:upper"]'), -120, 0)
    page.mouse.up()
    state = wait_for_run(page, told(page)["runs"])
    x, y = center(page.locator(".overlay"))
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    page.wait_for_function(ZOOMED)

    page.get_by_text("more designs").click()
    page.wait_for_function(
        "n => Number(document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
        ".querySelector('.front').dataset.total) > n",
        arg=N,
    )
    after = told(page)
    assert after["bounds"] == state["bounds"]
    assert after["selected"] == selected
    assert page.locator("[data-part=zoom]").is_enabled()
    frame = pd.concat([made_up_designs(N), made_up_designs(500, seed=1)], ignore_index=True)
    assert int(dataset(page)["feasible"]) == truth(frame, after["bounds"], "runtime_s", "energy_j")[0]


def test_legend_click_and_python_move(open_front):
    page = open_front()
    frame = made_up_designs(N)
    runs = told(page)["runs"]
    page.locator('.chip[data-kind="predicted"]').click()
    state = wait_for_run(page, runs)
    assert state["hidden"] == ["predicted"]
    placed = frame[frame["fidelity"] == "placed"]
    assert int(dataset(page)["total"]) == len(placed)
    check(page, placed)

    page.get_by_text("move from Python").click()
    page.wait_for_function("() => document.querySelector('[data-testid=stText]').innerText.includes('0.01')")
    expected = truth(frame, {"power_w": (None, 0.01)}, "runtime_s", "energy_j")
    assert int(dataset(page)["feasible"]) == expected[0]
