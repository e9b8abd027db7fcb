"""Texts of others as text: nothing that a file, a tool or a person wrote is taken for Markdown or HTML on the screen.

An image in a file's title would otherwise make every viewer's browser ask an outside address for it.
"""

from __future__ import annotations

import html
import re

import pandas as pd

_MARKS = re.compile(r"[\\`*<>\[\]$~|&{}]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=[A-Za-z:/])")
_AT_START = re.compile(r"^(?P<mark>\s*(?:[#+=-]|\d+(?=[.)](?:\s|$))))", re.MULTILINE)
# Streamlit and its Markdown look for these in what is left as text, too; a mark without width parts them.
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=\w)", re.IGNORECASE)
_SHORT_CODE = re.compile(r"(?<=:)(?=[\w/+-]+:)")
_PART = "\u200b"


def plain(text: object) -> str:
    """Return Markdown, of one line, that shows a text as it is: its marks, addresses and short codes mean nothing."""
    words = " ".join(str(text).split())
    words = _SHORT_CODE.sub(_PART, _ADDRESS.sub(_PART, words))
    return _AT_START.sub(_escaped_start, _MARKS.sub(r"\\\g<0>", words))


def code_span(text: object) -> str:
    """Return Markdown that shows a text in letters of one width, whatever backticks it holds."""
    words = " ".join(str(text).split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", words)), default=0))
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def plain_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table for ``st.table``, which takes texts in cells for Markdown."""
    return table.map(lambda cell: plain(cell) if isinstance(cell, str) else cell)


def html_text(text: object) -> str:
    """Return HTML that shows a text as it is, also within an attribute."""
    return html.escape(str(text))


def _escaped_start(found: re.Match[str]) -> str:
    mark = found["mark"]
    return f"{mark}\\" if mark[-1].isdigit() else f"{mark[:-1]}\\{mark[-1]}"
