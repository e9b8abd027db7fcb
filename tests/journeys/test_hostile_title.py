"""A title with an image of an outside address: the browser shows the text and asks nobody for it."""

import pytest

from accel_core.space.documents import dump_document
from tests.journeys.steps import go
from tests.pages.test_hostile_texts import HOSTILE, LEVELS

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_the_title_of_a_file_makes_no_request(visit, serve, home):
    page = visit(serve(**home), patience_ms=120_000)  # fails the test on any request that leaves this machine
    go(page, "Eyeriss")
    page.get_by_role("button", name="Options").click()
    document = dump_document({"title": HOSTILE[:290], "source": HOSTILE[:290], "levels": LEVELS})
    page.locator("input[type=file]").first.set_input_files(
        {"name": "![i](http:evil.example).yaml", "mimeType": "text/yaml", "buffer": document.encode()}
    )
    caption = page.get_by_text("In use:")
    caption.wait_for()
    assert "![i](http:" in caption.inner_text()
    assert "**b** :red[x] $x^2$" in caption.inner_text()
    assert caption.locator("img, a, strong, code").count() == 0
    assert page.evaluate("window.PWNED") is None
