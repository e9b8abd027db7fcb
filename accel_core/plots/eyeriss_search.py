"""Figures of a search over Eyeriss-like designs: its population on the front, its loss, and the mapper's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from accel_core.metrics import label, to_display
from accel_core.plots import theme

X, Y = "cycles", "energy_j"
STAR = {"light": "#5B4BDB", "dark": "#9C93FF"}
WIDE = 12.0
"""A range of more than this factor has ticks at 1, 2 and 5 only."""
FIRST_POPULATION = 8
PUBLISHED = {"light": "#6B7280", "dark": "#A3ABB8"}


def population(
    told: pd.DataFrame,
    size: int,
    *,
    exact: pd.DataFrame | None = None,
    marks: Mapping[str, Mapping[str, float]] | None = None,
    best: int | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw the designs evaluated so far, the present population and the exact front, all on logarithmic axes.

    Args:
        told: Results in order, with ``cycles``, ``energy_j`` and ``status``.
        size: Rows at the end that are the present population.
        exact: The exact front of the whole space, sorted by cycles; None where it is not known.
        marks: Named designs to draw as rings, by name, with the same metrics.
        best: Row of `told` with the least loss.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark)})
    mode = theme.mode(dark)
    kept = told[told["status"] == "ok"] if len(told) else told
    if exact is not None and len(exact):
        _add_points(figure, _boundary(exact, kept), "exact front", mode="lines",
                    line={"color": theme.FRONT[mode], "width": 2, "shape": "hv"}, hoverinfo="skip")  # fmt: skip
    is_present = kept.index >= len(told) - size
    _add_points(figure, kept[~is_present], "earlier", marker={"size": 5, "color": theme.KEPT[mode], "opacity": 0.45})
    _add_points(figure, kept[is_present], "population",
                marker={"size": 9, "color": theme.fidelity_style("analytical").color(dark), "symbol": "triangle-up",
                        "line": {"width": 1, "color": "#FFFFFF"}})  # fmt: skip
    for name, metrics in (marks or {}).items():
        _add_mark(figure, name, metrics, PUBLISHED[mode])
    if best is not None:
        _add_points(figure, told.iloc[[best]], "least loss",
                    marker={"size": 14, "color": STAR[mode], "symbol": "star"})  # fmt: skip
    for name, update in ((X, figure.update_xaxes), (Y, figure.update_yaxes)):
        ticks = _ticks(to_display(name, pd.concat([rows[name] for rows in (kept, exact) if rows is not None])))
        update(title=label(name), type="log", tickvals=ticks, ticktext=[_short(value) for value in ticks])
    figure.update_layout(legend={"font": {"size": 11}})
    return figure


def _boundary(front: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return the front with its ends drawn out, up and to the right, as far as the other designs reach."""
    points = front[[X, Y]]
    if others.empty:
        return points
    up = pd.DataFrame({X: [points[X].iloc[0]], Y: [max(others[Y].max(), points[Y].iloc[0])]})
    right = pd.DataFrame({X: [max(others[X].max(), points[X].iloc[-1])], Y: [points[Y].iloc[-1]]})
    return pd.concat([up, points, right], ignore_index=True)


def _ticks(values: npt.NDArray[np.float64]) -> list[float]:
    """Return round numbers for a logarithmic axis, the denser the narrower its range."""
    is_wide = len(values) == 0 or values.max() > WIDE * values.min()
    bases = (1, 2, 5) if is_wide else (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
    return [base * 10.0**power for power in range(12) for base in bases]


def _short(value: float) -> str:
    """Return a round number without its zeros, such as ``500k``."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def _add_points(figure: go.Figure, rows: pd.DataFrame, name: str, mode: str = "markers", **look: object) -> None:
    look.setdefault("hovertemplate", "%{x:,.0f} cycles, %{y:,.4g} µJ<extra>" + name + "</extra>")
    if look.get("hoverinfo") == "skip":
        look.pop("hovertemplate")
    figure.add_scatter(x=to_display(X, rows[X]), y=to_display(Y, rows[Y]), mode=mode, name=name, **look)


def _add_mark(figure: go.Figure, name: str, metrics: Mapping[str, float], color: str) -> None:
    figure.add_scatter(
        x=[float(to_display(X, metrics[X]))], y=[float(to_display(Y, metrics[Y]))], mode="markers+text", text=[name],
        textposition="top right", textfont={"size": 11, "color": color}, showlegend=False, name=name,
        marker={"size": 11, "symbol": "circle-open", "color": color, "line": {"width": 2}},
        hovertemplate="%{x:,.0f} cycles, %{y:,.4g} µJ<extra>" + name + "</extra>",
    )  # fmt: skip


def loss_curve(losses: Sequence[float], optimum: float | None = None, *, dark: bool = False) -> go.Figure:
    """Draw the least loss so far over evaluations, with the exact optimum as a line.

    Args:
        losses: Of each evaluated design in order; infinite where there is none.
        optimum: The least loss of the whole space; None where it is not known.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark)})
    least = np.minimum.accumulate(np.asarray(losses, dtype=np.float64)) if len(losses) else np.empty(0)
    known = np.flatnonzero(np.isfinite(least))
    figure.add_scatter(
        x=known + 1, y=least[known], mode="lines", name="least loss",
        line={"color": STAR[theme.mode(dark)], "shape": "hv"},
        hovertemplate="%{x} evaluations: %{y:.4g}<extra></extra>",
    )  # fmt: skip
    if optimum is not None:
        figure.add_hline(y=optimum, line={"color": theme.FRONT[theme.mode(dark)], "width": 1.5, "dash": "dash"},
                         annotation_text="exact optimum", annotation_position="bottom right",
                         annotation_font_size=11)  # fmt: skip
        figure.add_scatter(
            x=[1], y=[optimum], mode="markers", marker={"opacity": 0}, showlegend=False, hoverinfo="skip"
        )
    figure.update_xaxes(title="Evaluations", rangemode="tozero")
    figure.update_yaxes(title="Loss", range=_loss_range(least[known], optimum))
    figure.update_layout(showlegend=False)
    return figure


def _loss_range(least: np.ndarray[tuple[int, ...], np.dtype[np.float64]], optimum: float | None) -> list[float] | None:
    """Return a range that leaves out the first drop, which would flatten all that follows; None while it is short."""
    if len(least) <= 2 * FIRST_POPULATION:
        return None
    low, high = min(least[-1], np.inf if optimum is None else optimum), least[FIRST_POPULATION]
    spare = 0.08 * max(high - low, 0.1)
    return [low - spare, high + spare]


LESSON_STYLES: Mapping[str, tuple[str, str]] = {
    "published": ("published", "x"),
    "random": ("random-search mapper", "circle-open"),
    "exact": ("exact mapper", "triangle-up"),
}


def lesson(table: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """Show what the mapper alone changes: utilization and energy of the same hardware as several ways found them.

    Args:
        table: Columns ``design``, ``way`` (a key of ``LESSON_STYLES``), ``utilization`` (0 to 1), ``energy_j``.
        dark: For a dark page.
    """
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.04)
    figure.update_layout(template=theme.template(dark))
    mode = theme.mode(dark)
    colors = {"published": PUBLISHED[mode], "random": theme.KEPT[mode], "exact": theme.FRONT[mode]}
    for column, metric in enumerate(("utilization", "energy_j"), start=1):
        for design, rows in table.groupby("design", sort=False):
            shown = to_display(metric, rows[metric])
            figure.add_scatter(
                x=[np.nanmin(shown), np.nanmax(shown)], y=[design, design], mode="lines", showlegend=False,
                line={"color": "#9AA4B2", "width": 2}, hoverinfo="skip", row=1, col=column,
            )  # fmt: skip
        for way, (title, symbol) in LESSON_STYLES.items():
            rows = table[table["way"] == way]
            figure.add_scatter(
                x=to_display(metric, rows[metric]), y=rows["design"], mode="markers", name=title, legendgroup=way,
                showlegend=column == 1, hovertemplate="%{y}: %{x:,.4g}<extra>" + title + "</extra>", row=1, col=column,
                marker={"size": 12, "symbol": symbol, "color": colors[way], "line": {"width": 2, "color": colors[way]}},
            )  # fmt: skip
        figure.update_xaxes(title=label(metric), row=1, col=column, rangemode="tozero")
    figure.update_xaxes(range=[0, 106], row=1, col=1)
    figure.update_yaxes(autorange="reversed", type="category")
    return figure
