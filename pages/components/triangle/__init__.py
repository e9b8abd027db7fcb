"""The resource triangle: a point that one drags between processing elements, scratchpads and the global buffer.

The browser moves the point; when it is let go, Python hears the shares, finds the nearest design and sends the
point of that design back, so that what is shown is always something that can be built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.browser import component, nothing

Shares = tuple[float, float, float]

POWER = 0.5
"""Ratios to the reference are drawn by their square roots, so that extreme shares stay off the edges."""

_mount = component(Path(__file__).parent, ("geometry", "main"))


def triangle(
    shares: Sequence[float],
    *,
    key: str,
    corners: Mapping[str, str],
    reach: Sequence[Sequence[float]],
    marks: Mapping[str, Sequence[float]],
    reference: Sequence[float],
    note: str,
    revision: int,
    wanted: Sequence[float] | None,
    can_undo: bool,
    on_undo: Callable[[], None],
) -> None:
    """Show the triangle.

    What was let go stands in the session as ``take_dropped(key)`` once, before the page shows anything.

    Args:
        shares: Of the present design, in the order of the corners; they need not add up to 1.
        key: Name of this triangle in the session.
        corners: Color by name: top, left, right.
        reach: Shares of designs that can be had, drawn as dots.
        marks: Shares of named designs.
        reference: Shares, all positive, that lie in the middle.
        note: Words above, such as the total.
        revision: A higher one makes the browser adopt `shares`.
        wanted: Shares asked for last, shown as a ghost; None shows none.
        can_undo: Whether there is anything to go back to.
        on_undo: Called when the person wants the design before.
    """
    spec: dict[str, Any] = {
        "shares": list(shares),
        "corners": [{"name": name, "color": color} for name, color in corners.items()],
        "reach": [list(point) for point in reach],
        "marks": [{"name": name, "shares": list(point)} for name, point in marks.items()],
        "note": note,
        "power": POWER,
        "reference": list(reference),
        "revision": revision,
        "wanted": None if wanted is None else list(wanted),
        "can_undo": can_undo,
    }
    _mount(key=key, data={"spec": spec}, default={"drop": None}, on_drop_change=nothing, on_undo_change=on_undo)


def take_dropped(key: str) -> Shares | None:
    """Return shares that were let go and not taken yet, adding up to 1; None for what no browser sends."""
    state = st.session_state.get(key) or {}
    drop = state.get("drop") if isinstance(state, Mapping) else None
    taken = f"{key}:taken"
    if not drop or drop.get("at") == st.session_state.get(taken):
        return None
    st.session_state[taken] = drop.get("at")
    try:
        first, second, third = (float(share) for share in drop.get("shares", ()))
    except (TypeError, ValueError):
        return None
    total = first + second + third
    if not 0 < total < 1e9 or min(first, second, third) < 0:
        return None
    return first / total, second / total, third / total
