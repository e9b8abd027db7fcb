"""The draggable Pareto front: two metrics as axes, any others as bounds, everything live in the browser.

The browser holds what a person does (bounds, zoom, selection); Python hears of it when a drag ends.  The data a mount
sends stays the same from one release to the next, so Streamlit does not send a million points again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.metrics import Direction, get_metric
from accel_core.objectives import Bound, Goal, Objective
from accel_core.plots import theme
from pages.components.browser import component, nothing

Limits = tuple[float | None, float | None]

# Float64 keeps counts exact to the last bit; above this size float32 halves the memory that each frame reads, and a
# value within 6e-8 (relative) of a bound may fall on either side of it.
EXACT_ROWS = 200_000

_mount = component(Path(__file__).parent, ("scale", "points", "raster", "chart", "bounds", "look", "pointer", "main"))


@dataclass(frozen=True)
class FrontState:
    """What the person has set on a front.

    Attributes:
        bounds: (lower, upper) by metric in stored units; None is no limit.  Metrics without any limit are left out.
        selected_id: Id of the clicked design.
        hidden_fidelities: Fidelities switched off in the legend; they take no part in counts and front.
        n_feasible: Designs that meet all bounds, as the browser counted; None before the first change.
        n_front: Designs on the front, likewise.
    """

    bounds: dict[str, Limits] = field(default_factory=dict)
    selected_id: str | None = None
    hidden_fidelities: tuple[str, ...] = ()
    n_feasible: int | None = None
    n_front: int | None = None

    def goals(self, x: str, y: str, directions: Mapping[str, Direction] | None = None) -> list[Goal]:
        """Return the two axes as objectives and every other limit as a bound."""
        goals: list[Goal] = [
            Objective(name, direction_of(name, directions), *self.bounds.get(name, (None, None)))
            for name in dict.fromkeys((x, y))
        ]
        for name, (lower, upper) in self.bounds.items():
            if name not in (x, y):
                goals.append(Bound(get_metric(name).title, name, lower, upper))
        return goals


def front(
    points: pd.DataFrame,
    x: str,
    y: str,
    hidden: Sequence[str] = (),
    *,
    key: str,
    bounds: Mapping[str, Limits] | None = None,
    directions: Mapping[str, Direction] | None = None,
    selected: str | None = None,
    log: Mapping[str, bool] | None = None,
    height: int = 480,
) -> FrontState:
    """Show the front and return its state; on release only the enclosing fragment runs again.

    What the person did under `key` is remembered over page changes for as long as the session lives.

    Args:
        points: One row a design with `design_id`, `fidelity` and a column for each metric, in stored units.  Rows that
            lack x or y cannot be shown and are left out; a missing hidden metric breaks any limit on it.  Give the
            very same object from run to run while nothing changed (and never write to it): it is packed only once.
        x: Metric on the horizontal axis.
        y: Metric on the vertical axis, another than x.
        hidden: Metrics that get a strip with a bound each.
        key: Name of this front in the session.
        bounds: Limits to start with, in stored units.
        directions: Which direction is better, where the metric itself does not say (then "min").
        selected: Id of the design to start with.
        log: Forces an axis or strip to decades (True) or not (False); by default it is by range.
        height: Height of the chart in CSS pixels, strips and buttons not counted.

    Raises:
        InvalidInputError: If a column is missing, or x and y are the same metric.
    """
    metrics = _metrics_of(points, x, y, hidden)
    packed = _pack(key, points, metrics)
    start = _start(key, FrontState(_clean(bounds or {}), selected))
    spec = {
        "x": x,
        "y": y,
        "hidden": [name for name in metrics if name not in (x, y)],
        "metrics": {name: _describe(name, directions, log, start.state.bounds) for name in metrics},
        "kinds": [_describe_kind(name) for name in packed.kinds],
        "palette": {mode: _palette(mode, packed.kinds) for mode in ("light", "dark")},
        "height": height,
        "initial": {
            "bounds": {name: list(limits) for name, limits in start.state.bounds.items()},
            "selected": start.state.selected_id,
            "hidden_kinds": list(start.state.hidden_fidelities),
        },
        "revision": start.revision,
        "token": packed.token,
    }
    result = _mount(
        key=key,
        data={"spec": spec, "points": packed.table},
        default={"front": None},
        on_front_change=nothing,
    )
    state = _state_of(result.get("front"), start)
    st.session_state[f"{key}:last"] = state
    return state


def set_front(key: str, *, bounds: Mapping[str, Limits], selected: str | None = None) -> None:
    """Move a front's bounds and selection from Python; takes effect at the next run, and can be undone there."""
    start: _Start | None = st.session_state.get(f"{key}:start")
    st.session_state[f"{key}:start"] = _Start(
        FrontState(_clean(bounds), selected), 1 if start is None else start.revision + 1
    )


def direction_of(metric: str, directions: Mapping[str, Direction] | None = None) -> Direction:
    """Return which direction is better: as asked for, else the metric's own, else "min"."""
    return (directions or {}).get(metric) or get_metric(metric).better or "min"


@dataclass(frozen=True)
class _Start:
    """The state a mount begins with; a higher revision makes the browser adopt it."""

    state: FrontState
    revision: int


def _start(key: str, given: FrontState) -> _Start:
    """Return the start of this visit to the page.

    Streamlit forgets a widget when its page is left, so a missing `key` means the browser starts anew; it then
    continues from what was there last.
    """
    name = f"{key}:start"
    if name not in st.session_state:
        st.session_state[name] = _Start(st.session_state.get(f"{key}:last", given), 0)
    elif key not in st.session_state and f"{key}:last" in st.session_state:
        pushed: _Start = st.session_state[name]
        is_newer = st.session_state.get(f"{key}:seen", -1) < pushed.revision
        last = pushed.state if is_newer else st.session_state[f"{key}:last"]
        st.session_state[name] = _Start(last, pushed.revision)
    start: _Start = st.session_state[name]
    st.session_state[f"{key}:seen"] = start.revision
    return start


def _state_of(value: Mapping[str, Any] | None, start: _Start) -> FrontState:
    """Return what the browser reported, or the start while it has reported nothing newer."""
    if not value or int(value.get("revision", -1)) < start.revision:
        return start.state
    return FrontState(
        bounds=_clean(value.get("bounds", {})),
        selected_id=value.get("selected"),
        hidden_fidelities=tuple(value.get("hidden_kinds", ())),
        n_feasible=value.get("n_feasible"),
        n_front=value.get("n_front"),
    )


def _clean(bounds: Mapping[str, Sequence[float | None]]) -> dict[str, Limits]:
    return {name: (lower, upper) for name, (lower, upper) in bounds.items() if lower is not None or upper is not None}


def _metrics_of(points: pd.DataFrame, x: str, y: str, hidden: Sequence[str]) -> list[str]:
    if x == y:
        raise InvalidInputError(f"both axes show '{x}'; choose two different metrics")
    metrics = list(dict.fromkeys((x, y, *hidden)))
    missing = [name for name in ("design_id", "fidelity", *metrics) if name not in points]
    if missing:
        raise InvalidInputError(
            f"the table of designs has no column '{missing[0]}'; it has: {', '.join(map(str, points.columns))}"
        )
    return metrics


def _describe(
    name: str,
    directions: Mapping[str, Direction] | None,
    log: Mapping[str, bool] | None,
    bounds: Mapping[str, Limits],
) -> dict[str, Any]:
    """Describe a metric to the browser; a limit on the unusual side gets a handle too."""
    metric = get_metric(name)
    has_no_direction = metric.better is None and name not in (directions or {})
    better = direction_of(name, directions)
    lower, upper = bounds.get(name, (None, None))
    sides = []
    if better == "max" or has_no_direction or lower is not None:
        sides.append("lower")
    if better == "min" or upper is not None:
        sides.append("upper")
    return {
        "title": metric.title,
        "unit": metric.display_unit,
        "scale": metric.display_scale,
        "better": better,
        "sides": sides,
        "log": (log or {}).get(name),
    }


def _describe_kind(fidelity: str) -> dict[str, Any]:
    style = theme.fidelity_style(fidelity)
    return {"name": style.name, "title": style.title, "shape": style.shape, "hollow": style.is_hollow}


def _palette(mode: str, kinds: Sequence[str]) -> dict[str, Any]:
    return {
        "front": theme.FRONT[mode],
        "bound": theme.BOUND[mode],
        "kept": theme.KEPT[mode],
        "kinds": {name: theme.fidelity_style(name).color(mode == "dark") for name in kinds},
    }


@dataclass(frozen=True)
class _Packed:
    """Points as the browser takes them, and what they were made of."""

    points: pd.DataFrame
    metrics: list[str]
    kinds: list[str]
    table: pa.Table
    token: str


def _pack(key: str, points: pd.DataFrame, metrics: list[str]) -> _Packed:
    """Pack the points, or take the pack of the last run when it is of the same object: a release costs no copy."""
    name = f"{key}:packed"
    last: _Packed | None = st.session_state.get(name)
    if last is not None and last.points is points and last.metrics == metrics:
        return last
    is_finite = np.isfinite(points[metrics[:2]].to_numpy(dtype=np.float64, na_value=np.nan)).all(axis=1)
    columns = points[["design_id", "fidelity", *metrics]]
    shown = columns if is_finite.all() else columns[is_finite]
    known = set(shown["fidelity"].unique())
    kinds = [fidelity for fidelity in theme.FIDELITY_STYLES if fidelity in known]
    table = _table(shown, metrics, kinds)
    packed = _Packed(points, metrics, kinds, table, _digest(table))
    st.session_state[name] = packed
    return packed


def _table(points: pd.DataFrame, metrics: Sequence[str], kinds: Sequence[str]) -> pa.Table:
    """Pack the points; NaN stays NaN (no validity bitmap), so that the browser reads plain typed arrays."""
    dtype = np.float64 if len(points) <= EXACT_ROWS else np.float32
    codes = pd.Categorical(points["fidelity"], categories=list(kinds)).codes.astype(np.uint8)
    columns: dict[str, pa.Array] = {"id": pa.array(points["design_id"]), "kind": pa.array(codes)}
    for name in metrics:
        values = points[name].to_numpy(dtype=np.float64, na_value=np.nan).astype(dtype, copy=False)
        columns[name] = pa.array(values, from_pandas=False)
    if pa.types.is_large_string(columns["id"].type):
        columns["id"] = columns["id"].cast(pa.string())
    return pa.table({name: _one_chunk(column) for name, column in columns.items()})


def _one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _digest(table: pa.Table) -> str:
    """Return a short digest of all values; the browser sorts and indexes only when it changes."""
    digest = blake2b(digest_size=8)
    for column in table.columns:
        for chunk in column.chunks:
            for buffer in chunk.buffers():
                if buffer is not None:
                    digest.update(buffer)
    return digest.hexdigest()
