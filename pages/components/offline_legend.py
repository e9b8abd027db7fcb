"""A legend of the page Offline below or above a figure: Plotly's own would scroll in a low one."""

from __future__ import annotations

from collections.abc import Mapping

_CSS = """
<style>
.offline-legend { display: flex; flex-wrap: wrap; gap: 1px 12px; font-size: 0.78rem; padding-top: 5px; }
.offline-legend i { display: inline-block; width: 10px; height: 10px; margin-right: 5px; }
</style>
"""


def legend(colors: Mapping[str, str]) -> str:
    """Return words with their colors side by side, as HTML."""
    parts = "".join(f'<span><i style="background:{color}"></i>{words}</span>' for words, color in colors.items())
    return f'{_CSS}<div class="offline-legend">{parts}</div>'
