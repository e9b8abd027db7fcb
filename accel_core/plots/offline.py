"""Figures of learning from logs: the log, the training curves, predictions against the truth, and an unseen network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from accel_core.plots import theme

MOST_POINTS = 2500
MUTED = {"light": "#6B7280", "dark": "#A3ABB8"}
RAIL = 1.25
"""Designs that cannot run stand on a rail so many times above the slowest shown."""

MODELS: Mapping[str, tuple[str, int]] = {"naive": ("Naive", 1), "conservative": ("Conservative", 0)}
"""Words and number of the color of each model."""

FEW_TOOLS = {"remove": ["zoom", "pan", "zoomin", "zoomout"]}
"""One zooms by dragging and goes back by a double click; more buttons would lie on the legend of a narrow figure."""

Floats = npt.NDArray[np.float64]


def model_color(name: str, dark: bool) -> str:
    """Return the color that a model has in every figure."""
    return (theme.CATEGORIES_DARK if dark else theme.CATEGORIES_LIGHT)[MODELS[name][1]]


def ticks_ms(low: float, high: float) -> list[float]:
    """Return round numbers of milliseconds for a logarithmic axis, the denser the narrower its range."""
    bases: Sequence[float] = (1, 2, 5)
    if high <= 6 * low:
        bases = (1, 1.5, 2, 3, 4, 5, 7)
    if high <= 3 * low:
        bases = (1, 1.2, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8)
    if high <= 1.5 * low:
        bases = tuple(np.round(np.arange(1, 10, 0.2 if high > 1.25 * low else 0.1), 1))
    return [base * 10.0**power for power in range(-2, 7) for base in bases]


def log_picture(log: pd.DataFrame, limit_mm2: float, best_s: float | None = None, *, dark: bool = False) -> go.Figure:
    """Draw logged designs by area and latency, those that cannot run on a rail at the top.

    Args:
        log: ``status``, ``runtime_s``, ``chip_area_mm2``; beyond the limit a random part is drawn if it is long.
        limit_mm2: Area limit, drawn as a line.
        best_s: Fastest logged design within it.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark), "modebar": FEW_TOOLS})
    mode = theme.mode(dark)
    shown = _thinned(log, limit_mm2)
    is_ok = (shown["status"] == "ok").to_numpy()
    ran, lost = shown[is_ok], shown[~is_ok]
    slow = float(1e3 * log["runtime_s"].max()) if is_ok.any() else 1e3
    fast = float(1e3 * log["runtime_s"].min()) if is_ok.any() else 1e2
    rail = slow * RAIL
    figure.add_scatter(
        x=lost["chip_area_mm2"], y=np.full(len(lost), rail), mode="markers", name="cannot run", hoverinfo="skip",
        marker={"size": 5, "symbol": "line-ns", "line": {"width": 1, "color": theme.STATUS_COLORS["infeasible"][mode]},
                "opacity": 0.4},
    )  # fmt: skip
    figure.add_scatter(
        x=ran["chip_area_mm2"], y=1e3 * ran["runtime_s"], mode="markers", name="ran",
        marker={"size": 5, "color": theme.KEPT[mode], "opacity": 0.65},
        hovertemplate="%{x:.1f} mm², %{y:,.0f} ms<extra>logged</extra>",
    )  # fmt: skip
    if best_s is not None:
        within = log[(log["status"] == "ok") & (log["runtime_s"] == best_s) & (log["chip_area_mm2"] <= limit_mm2)]
        figure.add_scatter(
            x=within["chip_area_mm2"].head(1), y=[1e3 * best_s], mode="markers", name="best within the limit",
            marker={"size": 14, "symbol": "star", "color": theme.FRONT[mode]},
            hovertemplate="%{x:.1f} mm², %{y:,.1f} ms<extra>best in the log</extra>",
        )  # fmt: skip
    # Plotly misplaces the words of its own lines on logarithmic axes.
    figure.add_scatter(
        x=[limit_mm2, limit_mm2], y=[0.85 * fast, rail * 1.15], mode="lines", name=f"limit {limit_mm2:g} mm²",
        line={"color": theme.BOUND[mode], "width": 2, "dash": "dash"}, hoverinfo="skip",
    )  # fmt: skip
    figure.update_xaxes(title="Area [mm²]", type="log", tickvals=_AREA_TICKS, ticktext=[f"{v:g}" for v in _AREA_TICKS])
    _latency_axis(figure.update_yaxes, 0.85 * fast, rail * 1.15, "Latency [ms]", ticks_ms(fast, slow))
    return figure


def _thinned(log: pd.DataFrame, limit_mm2: float) -> pd.DataFrame:
    """Return what is drawn of a log: most of all the designs that run within the limit."""
    is_near = (log["status"] == "ok") & (log["chip_area_mm2"] <= limit_mm2)
    near, far = log[is_near], log[~is_near]
    kept = [part.sample(min(len(part), MOST_POINTS), random_state=0) for part in (far, near)]
    return pd.concat(kept)


_AREA_TICKS = [base * 10.0**power for power in range(5) for base in (1, 2, 5)]


def _latency_axis(update: object, low: float, high: float, title: str, ticks: Sequence[float]) -> None:
    assert callable(update)
    kept = [tick for tick in ticks if low <= tick <= high]
    update(type="log", range=[np.log10(low), np.log10(high)], title=title, tickvals=kept,
           ticktext=[f"{tick:,.0f}" if tick >= 1000 else f"{tick:g}" for tick in kept])  # fmt: skip


CURVES: Mapping[str, str] = {
    "error": "Error on the log [%]",
    "held_out_error": "Error on held-out designs [%]",
    "kendall": "Kendall rank correlation",
}
"""Columns of the training curves that are drawn, in words.

Errors are mean squares in spreads of ln latency, so 100 % is what guessing the mean of the log errs.
"""
_PERCENT = ("error", "held_out_error")


def training_curves(
    curves: Mapping[str, Sequence[Mapping[str, float]]], steps: int, *, dark: bool = False
) -> go.Figure:
    """Draw how trainings go: three panels, a line a model.

    Args:
        curves: Rows of the curves by model, a key of ``MODELS``.
        steps: How many steps they will take.
        dark: For a dark page.
    """
    figure = make_subplots(rows=1, cols=len(CURVES), subplot_titles=list(CURVES.values()), horizontal_spacing=0.07)
    figure.update_layout(template=theme.template(dark), modebar=FEW_TOOLS)
    for column, name in enumerate(CURVES, start=1):
        for model, rows in curves.items():
            title, factor = MODELS[model][0], 100.0 if name in _PERCENT else 1.0
            figure.add_scatter(
                x=[row["step"] for row in rows], y=[factor * row[name] for row in rows], mode="lines+markers",
                marker={"size": 3}, name=title, legendgroup=model, showlegend=column == 1,
                line={"color": model_color(model, dark), "width": 2},
                hovertemplate=("%{y:.3g} %" if name in _PERCENT else "%{y:.3f}") + f"<extra>{title}</extra>",
                row=1, col=column,
            )  # fmt: skip
        figure.update_xaxes(range=[0, steps], row=1, col=column, title="Steps", nticks=4)
    figure.update_yaxes(rangemode="tozero", nticks=5)
    figure.update_annotations(font_size=12)
    figure.update_layout(margin={"t": 52, "b": 40}, legend={"y": 1.24}, hovermode="x")
    return figure


def belief_against_truth(
    choices: pd.DataFrame,
    model: str,
    span_ms: tuple[float, float],
    *,
    true: pd.DataFrame | None = None,
    marks: Mapping[str, float] | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw a model's first choices, predicted against true latency; before the truth is known, on the diagonal.

    Args:
        choices: ``predicted_s`` and ``p_fails``, best first.
        model: A key of ``MODELS``.
        span_ms: Least and largest latency of both axes.
        true: Of each choice ``status``, ``reason`` and ``runtime_s``; None while nobody looked.
        marks: Latencies in s to draw as lines across, by their words; two at most.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark), "modebar": FEW_TOOLS})
    mode, (low, high) = theme.mode(dark), span_ms
    rail, color = high * RAIL, model_color(model, dark)
    predicted = 1e3 * choices["predicted_s"].to_numpy(dtype=np.float64)
    figure.add_scatter(x=[low, high], y=[low, high], mode="lines", name="as predicted", hoverinfo="skip",
                       showlegend=False, line={"color": "#9AA4B2", "width": 1.2, "dash": "dot"})  # fmt: skip
    for (words, value), line in zip((marks or {}).items(), (MUTED[mode], theme.BOUND[mode]), strict=False):
        _add_mark(figure, words, 1e3 * value, span_ms, line)
    if true is None:
        figure.add_scatter(
            x=predicted, y=predicted, mode="markers", name="what it believes",
            marker={"size": 9, "symbol": "circle-open", "color": color, "line": {"width": 1.6}},
            customdata=100 * (1 - choices["p_fails"].to_numpy(dtype=np.float64)),
            hovertemplate="predicted %{x:,.1f} ms, runs with %{customdata:.0f} %; hidden truth<extra></extra>",
        )  # fmt: skip
    else:
        _add_truth(figure, predicted, true, rail, color, theme.STATUS_COLORS["failed"][mode])
    for update, title in ((figure.update_xaxes, "Predicted latency [ms]"), (figure.update_yaxes, "True latency [ms]")):
        top = high if update == figure.update_xaxes else rail * 1.12
        _latency_axis(update, low, top, title, [tick for tick in ticks_ms(low, high) if tick <= high])
    return figure


def _add_mark(figure: go.Figure, words: str, value_ms: float, span_ms: tuple[float, float], color: str) -> None:
    figure.add_scatter(x=list(span_ms), y=[value_ms, value_ms], mode="lines", name=words, showlegend=False,
                       line={"color": color, "width": 1.4, "dash": "dash"}, hoverinfo="skip")  # fmt: skip
    # On a logarithmic axis words are placed by the logarithm.
    figure.add_annotation(x=1, xref="x domain", xanchor="right", y=np.log10(value_ms), yref="y", yanchor="bottom",
                          text=words, showarrow=False, font={"size": 11, "color": color})  # fmt: skip


def _add_truth(
    figure: go.Figure, predicted: Floats, true: pd.DataFrame, rail: float, color: str, lost_color: str
) -> None:
    is_ok = (true["status"] == "ok").to_numpy()
    ranks = np.arange(1, len(true) + 1)
    figure.add_scatter(
        x=predicted[is_ok], y=1e3 * true["runtime_s"].to_numpy(dtype=np.float64)[is_ok], mode="markers", name="runs",
        customdata=ranks[is_ok], marker={"size": 9, "color": color, "opacity": 0.8},
        hovertemplate="choice %{customdata}: predicted %{x:,.1f} ms, true %{y:,.1f} ms<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=predicted[~is_ok], y=np.full(int((~is_ok).sum()), rail), mode="markers", name="does not run",
        customdata=np.column_stack([ranks, _wrapped(true["reason"])])[~is_ok],
        marker={"size": 9, "symbol": "x-thin", "line": {"width": 2, "color": lost_color}},
        hovertemplate="choice %{customdata[0]}: predicted %{x:,.1f} ms, does not run<br>%{customdata[1]}"
        "<extra></extra>",
    )  # fmt: skip


def _wrapped(reasons: pd.Series) -> list[str]:
    return [str(reason).replace(": ", ":<br>").replace("; ", ";<br>") for reason in reasons]


def span_of(*latencies_s: npt.ArrayLike) -> tuple[float, float]:
    """Return least and largest latency in ms for axes that hold all of these."""
    known = np.concatenate([np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in latencies_s])
    known = 1e3 * known[np.isfinite(known)]
    return float(known.min()) / 1.12, float(known.max()) * 1.12


def ladder(entries: Sequence[tuple[str, float | None, str]], *, dark: bool = False) -> go.Figure:
    """Draw latencies as bars, one below the other.

    Args:
        entries: Words, latency in s or None where it does not run, and a kind: ``optimum``, ``chosen`` or ``other``.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark), "modebar": FEW_TOOLS})
    mode = theme.mode(dark)
    colors = {"optimum": theme.BOUND[mode], "chosen": model_color("conservative", dark), "other": MUTED[mode]}
    values = [0.0 if value is None else 1e3 * value for _, value, _ in entries]
    figure.add_bar(
        y=[words for words, _, _ in entries], x=values, orientation="h", width=0.62,
        marker={"color": [colors[kind] for _, _, kind in entries]}, textposition="outside", cliponaxis=False,
        text=["does not run" if value is None else f"{1e3 * value:,.4g} ms" for _, value, _ in entries],
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title="True latency [ms]", range=[0, 1.2 * max([*values, 1e-3])])
    figure.update_yaxes(autorange="reversed", ticks="")
    return figure
