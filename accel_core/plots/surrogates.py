"""Figures about learned models: how right they are, how sure, and what they learned from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from accel_core.errors import InvalidInputError
from accel_core.metrics import get_metric, label, to_display
from accel_core.plots.theme import CATEGORIES_DARK, CATEGORIES_LIGHT, ROI, mode, template

ERROR_TITLES = {
    "muape": "muAPE: mean of 100 |predicted - actual| / actual [%]",
    "p95_ape": "95th percentile of APE [%]",
    "max_ape": "Maximum APE (MAPE) [%]",
    "std_ape": "Standard deviation of APE [%]",
}
"""Error columns and what they are called on screen; APE = 100 |predicted - actual| / actual."""


def parity(predictions: pd.DataFrame, metric: str, *, tolerance_percent: float = 10.0, dark: bool = False) -> go.Figure:
    """Plot predicted against actual values of held-out designs; the closer to the diagonal the better.

    Args:
        predictions: Columns ``metric actual predicted std in_roi`` in stored units; optional ``row`` names the design.
        metric: Which metric to show.
        tolerance_percent: Half width of the shaded band around the diagonal.
        dark: For a dark page.
    """
    rows = _rows_of(predictions, "metric", metric)
    actual, predicted = to_display(metric, rows["actual"]), to_display(metric, rows["predicted"])
    figure = go.Figure(layout={"template": template(dark)})
    _add_band(
        figure, _limits(np.concatenate([actual, predicted])), tolerance_percent / 100, f"±{tolerance_percent:g} %", dark
    )
    inside = rows["in_roi"].to_numpy(dtype=bool)
    names = rows["row"].astype(str) if "row" in rows else pd.Series(range(len(rows))).astype(str)
    for chosen, name, color, symbol in _membership(inside, dark):
        figure.add_scatter(
            x=actual[chosen],
            y=predicted[chosen],
            mode="markers",
            name=name,
            marker={"color": color, "symbol": symbol, "size": 7, "opacity": 0.75},
            customdata=np.column_stack([names[chosen], to_display(metric, rows["std"])[chosen].round(4)]),
            hovertemplate="design %{customdata[0]}<br>actual %{x:.4g}<br>"
            "predicted %{y:.4g} ± %{customdata[1]:.2g}<extra></extra>",
        )
    unit = get_metric(metric).display_unit
    suffix = f" [{unit}]" if unit else ""
    title = get_metric(metric).title
    kind = "log" if (actual > 0).all() and actual.max() > 30 * actual.min() and (predicted > 0).all() else "linear"
    figure.update_xaxes(title=f"{title}, actual{suffix}", type=kind, **_decades(kind))
    figure.update_yaxes(title=f"{title}, predicted{suffix}", type=kind, **_decades(kind))
    return figure


def roi_band(designs: pd.DataFrame, tolerance: float, *, dark: bool = False) -> go.Figure:
    """Plot effective against target clock with the region of interest shaded.

    Args:
        designs: Columns ``f_target_hz`` and ``f_effective_hz``; with ``predicted`` (bool), wrongly classified
            designs are marked.
        tolerance: Half width of the region, a share of the target.
        dark: For a dark page.
    """
    target = to_display("f_target_hz", designs["f_target_hz"])
    effective = to_display("f_effective_hz", designs["f_effective_hz"])
    figure = go.Figure(layout={"template": template(dark)})
    _add_band(figure, _limits(target), tolerance, f"ROI, ±{100 * tolerance:g} % of the target", dark)
    inside = ((1 - tolerance) * target <= effective) & (effective <= (1 + tolerance) * target)
    for chosen, name, color, symbol in _membership(inside, dark):
        figure.add_scatter(
            x=target[chosen],
            y=effective[chosen],
            mode="markers",
            name=name,
            marker={"color": color, "symbol": symbol, "size": 7, "opacity": 0.75},
            hovertemplate="target %{x:.4g} MHz<br>effective %{y:.4g} MHz<extra></extra>",
        )
    if "predicted" in designs:
        wrong = designs["predicted"].to_numpy(dtype=bool) != inside
        figure.add_scatter(
            x=target[wrong],
            y=effective[wrong],
            mode="markers",
            name="classified wrongly",
            marker={
                "color": _colors(dark)[1],
                "symbol": "x-thin",
                "size": 10,
                "line": {"width": 2, "color": _colors(dark)[1]},
            },
            hoverinfo="skip",
        )
    figure.update_xaxes(title=label("f_target_hz"))
    figure.update_yaxes(title=label("f_effective_hz"))
    return figure


def learning_curve(curve: pd.DataFrame, *, column: str = "muape", dark: bool = False) -> go.Figure:
    """Show the error over the number of training designs: a line a metric, bars from best to worst repeat.

    Args:
        curve: Columns ``n_train repeat metric`` and the error column.
        column: One of ``ERROR_TITLES``.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": template(dark)})
    for metric in dict.fromkeys(curve["metric"]):
        found = curve[curve["metric"] == metric].groupby("n_train")[column].agg(["mean", "min", "max"])
        title = get_metric(metric).title
        figure.add_scatter(
            x=found.index,
            y=found["mean"],
            mode="lines+markers",
            name=title,
            error_y=_whiskers(found),
            hovertemplate="%{x} designs: %{y:.2f} %<extra>" + title + "</extra>",
        )
    figure.update_xaxes(title="Designs learned from")
    figure.update_yaxes(title=ERROR_TITLES[column], rangemode="tozero")
    return figure


def sampler_comparison(table: pd.DataFrame, *, column: str = "muape", dark: bool = False) -> go.Figure:
    """Show the error by metric for models trained on equally many designs of each sampler.

    Args:
        table: Columns ``sampler n_train repeat metric`` and the error column.
        column: One of ``ERROR_TITLES``.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": template(dark), "barmode": "group"})
    for sampler in dict.fromkeys(table["sampler"]):
        rows = table[table["sampler"] == sampler]
        found = rows.groupby("metric", sort=False)[column].agg(["mean", "min", "max"])
        name = f"{sampler} ({int(rows['n_train'].iloc[0])} designs)"
        figure.add_bar(
            x=[get_metric(metric).title for metric in found.index],
            y=found["mean"],
            name=name,
            error_y=_whiskers(found),
            hovertemplate="%{x}: %{y:.2f} %<extra>" + name + "</extra>",
        )
    figure.update_yaxes(title=ERROR_TITLES[column])
    return figure


def importances(table: pd.DataFrame, metric: str, *, most: int = 12, dark: bool = False) -> go.Figure:
    """Show how much the error of one metric rises when a column is shuffled; long bars matter.

    Args:
        table: Columns ``feature metric importance`` (percentage points of muAPE).
        metric: Which metric to show.
        most: Most bars.
        dark: For a dark page.
    """
    rows = _rows_of(table, "metric", metric).nlargest(most, "importance").iloc[::-1]
    figure = go.Figure(layout={"template": template(dark)})
    figure.add_bar(
        x=rows["importance"],
        y=rows["feature"],
        orientation="h",
        marker={"color": _colors(dark)[0]},
        hovertemplate="%{y}: muAPE + %{x:.2f} points<extra></extra>",
    )
    figure.update_xaxes(title=f"Rise of the muAPE of {get_metric(metric).title.lower()} when shuffled [% points]")
    return figure


def calibration(covered: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """Show claimed against found coverage of intervals; on the diagonal is honest, below it too sure.

    Args:
        covered: Columns ``model level coverage`` (shares), and ``metric`` and ``split``, which are averaged over.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": template(dark)})
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        name="honest",
        line={"dash": "dot", "color": _colors(dark)[7]},
        hoverinfo="skip",
    )
    for model in dict.fromkeys(covered["model"]):
        found = covered[covered["model"] == model].groupby("level")["coverage"].mean() * 100
        figure.add_scatter(
            x=found.index * 100,
            y=found,
            mode="lines+markers",
            name=model,
            hovertemplate="claims %{x:g} %, holds %{y:.1f} %<extra>" + model + "</extra>",
        )
    figure.update_xaxes(title="Interval claims to hold [% of designs]", range=[40, 102])
    figure.update_yaxes(title="Interval holds [% of designs]", range=[30, 102])
    return figure


def _rows_of(table: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    rows = table[table[column] == value]
    if rows.empty:
        raise InvalidInputError(
            f"there is nothing to plot for {column} '{value}'; there is: {', '.join(table[column].unique())}"
        )
    return rows


def _membership(inside: npt.NDArray[np.bool_], dark: bool) -> list[tuple[npt.NDArray[np.bool_], str, str, str]]:
    colors = _colors(dark)
    groups = [(inside, "in the ROI", colors[0], "circle"), (~inside, "outside the ROI", colors[7], "circle-open")]
    return [group for group in groups if group[0].any()]


def _add_band(figure: go.Figure, limits: tuple[float, float], share: float, name: str, dark: bool) -> None:
    """Shade ``y = x (1 ± share)`` and draw the diagonal; many points keep the edges right on logarithmic axes too."""
    x = np.geomspace(*limits, 60) if limits[0] > 0 else np.linspace(*limits, 60)
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([x * (1 + share), (x * (1 - share))[::-1]]),
        fill="toself",
        fillcolor=ROI[mode(dark)],
        line={"width": 0},
        mode="lines",
        name=name,
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=x,
        y=x,
        mode="lines",
        line={"dash": "dot", "width": 1, "color": _colors(dark)[7]},
        showlegend=False,
        hoverinfo="skip",
    )


def _limits(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (0.95 * low, 1.05 * high) if low > 0 else (low, high)


def _decades(kind: str) -> dict[str, int]:
    return {"dtick": 1} if kind == "log" else {}


def _whiskers(found: pd.DataFrame) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": found["max"] - found["mean"],
        "arrayminus": found["mean"] - found["min"],
        "thickness": 1,
    }


def _colors(dark: bool) -> tuple[str, ...]:
    return CATEGORIES_DARK if dark else CATEGORIES_LIGHT
