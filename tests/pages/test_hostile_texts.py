"""Texts of others are text: no title, reason, name or label is Markdown or HTML on any page."""

import ast
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.plots.runs import failure_groups, failures_by_stage
from accel_core.plots.theme import as_text
from accel_core.space.documents import dump_document
from pages.components.plain import code_span, html_text, plain
from tests.pages.made_up_results import made_up_results

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "pages").glob("*.py")), *sorted((ROOT / "pages").rglob("components/**/*.py"))]
HOSTILE = (
    "<img src=x onerror=window.PWNED=1> [click](javascript:window.PWNED=1) **b** :red[x] $x^2$ "
    "![i](http://evil.example/x.png) :material/home: `c` http://evil.example www.evil.example a@evil.example "
    "_e_ ~~s~~ | #h"
)
# What would begin an image, a link, bold letters, code, math, HTML or a directive, unless a backslash stands before it.
LIVE = re.compile(r"(?<!\\)(?:\\\\)*(?:[\[<*`$~|]|:(?=[A-Za-z/]))|https?://|www\.|@\w|:\w+:")
RENDERED = re.compile(r"(?<!\\)!?\[(?:i|click)\]\(|(?<!\\)<img|(?<!\\):red\[x|(?<!\\)\*\*b|http://evil")
LEVELS = {
    "dram": {"read_pj": 512, "write_pj": 512}, "glb": {"read_pj": 18.2, "write_pj": 14.1},
    "ifmap": {"read_pj": 0.2, "write_pj": 0.18}, "weights": {"read_pj": 2.0, "write_pj": 1.9},
    "psum": {"read_pj": 0.25, "write_pj": 0.22}, "mac": {"compute_pj": 0.21},
}  # fmt: skip


def shown(markdown: str) -> str:
    """What a reader sees of escaped Markdown."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace("\u200b", "")


@given(st.text("ab1 .-+=#*_`[]()!<>$~|&{}:/@\\\n\twhtps", max_size=60) | st.just(HOSTILE))
def test_a_text_is_shown_as_it_is_and_nothing_in_it_lives(text: str) -> None:
    markdown = plain(text)
    assert not LIVE.search(markdown)
    assert not re.match(r"\s*(?:[#+=-]|\d+[.)](?:\s|$))", markdown)
    assert "\n" not in markdown
    assert shown(markdown) == " ".join(text.split())


@pytest.mark.parametrize("text", ["mesh_x is 3; allowed: 4, 8", "my-file.csv, row 2: 'a' is wrong", "5 > 3? (yes)"])
def test_plain_sentences_stay_readable(text: str) -> None:
    assert plain(text).replace("\\>", ">") == text


@given(st.text("ab` ", min_size=1, max_size=12).filter(str.strip))
def test_code_ends_where_it_should(text: str) -> None:
    span = code_span(text)
    fence = re.match("`+", span)
    assert fence is not None
    inside = span[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall("`+", inside)
    assert inside.strip() == " ".join(text.split())


def test_html_and_figures_show_tags_as_text() -> None:
    assert html_text("<img src='x'>") == "&lt;img src=&#x27;x&#x27;&gt;"
    assert as_text("<a href='x'>&") == "&lt;a href='x'&gt;&amp;"
    results = pd.DataFrame({"design_id": ["a"], "status": ["failed"], "stage": ["<a href='x'>s</a>"], "reason": ["r"]})
    [bar] = failures_by_stage(failure_groups(results)).data
    assert list(bar.y) == ["&lt;a href='x'&gt;s&lt;/a&gt;"]


def test_errors_reach_the_screen_as_plain_text_only() -> None:
    """A message quotes what is wrong, so whoever wrote that writes the message."""
    for path in PAGES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
                words = ast.unparse(call.args[0])
                is_message = call.func.attr in ("error", "warning", "info", "success", "toast")
                if is_message and re.search(r"\b(error|problem|reason|missing)\b", words):
                    assert "plain(" in words, f"{path.name}:{call.lineno} shows {words} as Markdown"


def said(app) -> list[str]:
    """Everything that a page renders as Markdown or HTML."""
    kinds = ("markdown", "caption", "warning", "error", "info", "success", "subheader", "title")
    texts = [str(element.value) for kind in kinds for element in getattr(app, kind)]
    texts += [entry.label for kind in ("button", "metric", "tabs", "expander") for entry in getattr(app, kind)]
    return [*texts, *(entry.proto.body for entry in app.get("html"))]


def assert_nothing_lives(app) -> None:
    for text in said(app):
        assert not re.search(r"(?<!\\)!?\[(?:i|click)\]\(|(?<!\\)<img|(?<!\\):red\[x|(?<!\\)\*\*b|http://evil", text), (
            text
        )


def test_the_title_of_an_energy_table_is_text(empty_store, open_page) -> None:
    app = open_page("pages/eyeriss.py", timeout_s=280.0)
    document = dump_document({"title": HOSTILE[:290], "source": HOSTILE[:290], "levels": LEVELS})
    upload = app.file_uploader(key="eyeriss-energy-file")
    upload.set_value((f"{HOSTILE[:20]}.yaml", document.encode(), "text/yaml")).run()
    assert not app.exception
    assert any("evil" in caption.value for caption in app.caption)
    assert_nothing_lives(app)
    wrong = document.replace("psum", HOSTILE.split(maxsplit=1)[0] + "x")
    app.file_uploader(key="eyeriss-energy-file").set_value(("![i](x).yaml", wrong.encode(), "text/yaml")).run()
    assert not app.exception
    assert_nothing_lives(app)


@pytest.mark.parametrize("page", ["start", "design_space", "runs", "surrogates", "pareto", "optimize"])
def test_reasons_and_stages_of_failures_are_text(empty_store, open_page, page: str) -> None:
    results = made_up_results(n_troubles=6)
    is_bad = results["status"] != "ok"
    results.loc[is_bad, ["stage", "reason"]] = HOSTILE
    empty_store.add(results)
    assert_nothing_lives(open_page(f"pages/{page}.py"))
