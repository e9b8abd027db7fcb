"""The page Eyeriss in a real browser: mesh, mapper, triangle, live search, tables."""

import re

import pytest

from pages.components.eyeriss_designs import prepare

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit, serve):
    prepare()  # so that the server finds the mappers compiled
    return visit(f"{serve()}/eyeriss", viewport={"width": 1280, "height": 720})


def choose(page, name):
    page.get_by_role("radio", name=name, exact=True).click()


def wait_for_metric(page, label, pattern):
    page.get_by_test_id("stMetric").filter(has_text=re.compile(label + ".*" + pattern, re.DOTALL)).first.wait_for()


def triangle(page):
    return page.locator(".triangle")


def wait_for_answer(page, revision):
    page.wait_for_function(
        "revision => document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
        ".querySelector('.triangle').dataset.revision !== revision",
        arg=revision,
    )


def drag_to(page, x, y):
    """Drag the point to a place given as shares of the triangle's width and height; wait for the design found."""
    revision = triangle(page).get_attribute("data-revision")
    page.locator(".triangle [data-part=values]").scroll_into_view_if_needed()
    box = page.locator(".triangle svg").bounding_box()
    dot = page.locator(".triangle .dot").bounding_box()
    page.mouse.move(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
    page.mouse.up()
    wait_for_answer(page, revision)


def test_mesh_mapper_triangle_search_and_tables(page):
    page.locator(".js-plotly-plot .heatmaplayer").first.wait_for()
    wait_for_metric(page, "Utilization", "100.00 %")
    height = page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
    assert height <= 2 * 720, "the page is longer than two screens"

    choose(page, "Random search")
    page.locator(".eyeriss-way:not(.off)", has_text="random search").wait_for()
    choose(page, "Exact")
    page.locator(".eyeriss-way:not(.off)", has_text="exact mapper").wait_for()

    before = triangle(page).get_attribute("data-shares")
    drag_to(page, 0.6, 0.75)
    dragged = triangle(page).get_attribute("data-shares")
    assert dragged != before
    assert float(dragged.split()[2]) > float(before.split()[2])
    page.get_by_test_id("stMetric").filter(has_text="On-chip bits", has_not_text="1,640 k").wait_for()
    revision = triangle(page).get_attribute("data-revision")
    page.locator(".triangle [data-part=handle]").press("ArrowLeft")
    wait_for_answer(page, revision)
    revision = triangle(page).get_attribute("data-revision")
    page.locator(".triangle").get_by_role("button", name="Undo").click()
    wait_for_answer(page, revision)
    assert triangle(page).get_attribute("data-shares") == dragged

    choose(page, "Search")
    generations = page.get_by_role("spinbutton", name="Generations")
    generations.fill("400")
    generations.press("Enter")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text(re.compile(r"left · \d+ designs evaluated")).wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Go on").wait_for()
    page.get_by_role("button", name="Show best").click()
    page.get_by_text("lanes work").wait_for()
    assert page.get_by_role("radio", name="Yours", exact=True).get_attribute("aria-checked") == "true"

    choose(page, "Compare")
    page.get_by_role("cell", name="720.99").wait_for()
    page.get_by_role("columnheader", name="Yours · exact mapper").wait_for()
