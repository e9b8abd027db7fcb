"""Figures of result tables: the trade-off between two metrics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from accel_core.metrics import get_metric, label, to_display
from accel_core.objectives import FloatArray
from accel_core.pareto import is_nondominated
from accel_core.plots import theme


def tradeoff(
    results: pd.DataFrame, x: str, y: str, by: str | None = None, dark: bool = False, kinds: Sequence[Any] = ()
) -> go.Figure:
    """Scatter two metrics with the Pareto front of both as a stepped line; the rows must be ``ok``.

    Args:
        results: One row a design with ``design_id``, ``fidelity`` and both metrics, in stored units.
        x: Metric on the horizontal axis.
        y: Metric on the vertical axis.
        by: Column that colors the points; None colors by fidelity.
        dark: For a dark page.
        kinds: All values that ``by`` may have, so that each keeps its color where others are missing.
    """
    figure = go.Figure()
    palette = [color for color in _palette(dark) if color != theme.FRONT[theme.mode(dark)]]
    order = list(kinds) or (sorted(set(results[by])) if by is not None else [])
    shown = results[np.isfinite(results[[x, y]].to_numpy(dtype=np.float64)).all(axis=1)]
    groups = ["fidelity"] if by is None else [by, "fidelity"]
    for names, rows in shown.groupby(groups, sort=True):
        *group, fidelity = names
        style = theme.fidelity_style(str(fidelity))
        marker = {"symbol": style.plotly_symbol, "size": 7, "opacity": 0.75}
        if by is None:
            marker["color"] = style.color(dark)
        else:
            marker["color"] = palette[order.index(group[0]) % len(palette)]
        name = style.title if by is None else str(group[0])
        if by is not None and shown["fidelity"].nunique() > 1:
            name = f"{name} ({style.title})"
        figure.add_scatter(
            x=to_display(x, rows[x]),
            y=to_display(y, rows[y]),
            mode="markers",
            name=name,
            marker=marker,
            customdata=rows["design_id"],
            hovertemplate=f"%{{x:.4g}} {get_metric(x).display_unit}, %{{y:.4g}} {get_metric(y).display_unit}"
            f"<br>%{{customdata}}<extra>{name}</extra>",
        )
    _add_front(figure, shown, x, y, dark)
    figure.update_xaxes(title=label(x), **_axis(to_display(x, shown[x])))
    figure.update_yaxes(title=label(y), **_axis(to_display(y, shown[y])))
    return figure


def _palette(dark: bool) -> tuple[str, ...]:
    return theme.CATEGORIES_DARK if dark else theme.CATEGORIES_LIGHT


def _add_front(figure: go.Figure, shown: pd.DataFrame, x: str, y: str, dark: bool) -> None:
    if shown.empty:
        return
    directions = [get_metric(name).better or "min" for name in (x, y)]
    front = shown[is_nondominated(shown[[x, y]].to_numpy(dtype=np.float64), directions)].sort_values(x)
    figure.add_scatter(
        x=to_display(x, front[x]),
        y=to_display(y, front[y]),
        mode="lines",
        name=f"front ({len(front.drop_duplicates([x, y]))})",
        line={"color": theme.FRONT[theme.mode(dark)], "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )


def _axis(shown: FloatArray) -> dict[str, Any]:
    """Return decades with ticks at 1, 2 and 5 where the values span more than a factor of ten, else an even scale."""
    if shown.size == 0 or shown.min() <= 0 or shown.max() <= 10 * shown.min():
        return {"type": "linear"}
    powers = range(math.floor(math.log10(shown.min())), math.ceil(math.log10(shown.max())) + 1)
    steps = (1, 2, 5) if len(powers) <= 4 else (1,)
    ticks = [step * 10.0**power for power in powers for step in steps]
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
