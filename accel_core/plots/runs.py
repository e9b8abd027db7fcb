"""Figures and tables of a run: designs as they arrived, and what failed at which stage and why."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from accel_core.plots import theme

TROUBLES = ("infeasible", "failed", "timeout")

_NUMBER = re.compile(r"[-+]?\d[\d.,]*(?:e[-+]?\d+)?%?")
_MAX_STEPS = 2000


def arrivals(results: pd.DataFrame, dark: bool = False) -> go.Figure:
    """Draw how many designs had arrived over time, stacked by status.

    Args:
        results: ``status`` and ``created_at``, in any order.
        dark: For a dark page.
    """
    figure = go.Figure()
    rows = results.sort_values("created_at", kind="stable")
    elapsed_s = (rows["created_at"] - rows["created_at"].min()).dt.total_seconds().to_numpy(dtype=np.float64)
    scale, unit = (1.0, "s") if not len(rows) or elapsed_s[-1] < 180 else (60.0, "min")
    steps = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _MAX_STEPS)).astype(np.int64))
    for status, colors in theme.STATUS_COLORS.items():
        is_it = (rows["status"] == status).to_numpy()
        if not is_it.any():
            continue
        color = colors[theme.mode(dark)]
        figure.add_scatter(
            x=elapsed_s[steps] / scale,
            y=np.cumsum(is_it)[steps],
            name=f"{status} ({int(is_it.sum()):,})",
            stackgroup="status",
            line={"color": color, "width": 1.5, "shape": "hv"},
            hovertemplate=f"%{{y}} {status} after %{{x:.3g}} {unit}<extra></extra>",
        )
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title=f"Time since the first result [{unit}]", rangemode="tozero")
    figure.update_yaxes(title="Designs", rangemode="tozero")
    return figure


def failure_groups(results: pd.DataFrame) -> pd.DataFrame:
    """Count what failed, reasons that differ in their numbers only together.

    Args:
        results: ``design_id``, ``status``, ``stage`` and ``reason``.

    Returns:
        ``stage status reason designs example``, the most frequent first: ``reason`` is that of the design ``example``.
    """
    rows = results.loc[results["status"].isin(TROUBLES), ["design_id", "status", "stage", "reason"]].copy()
    rows["stage"] = rows["stage"].replace("", "unknown").fillna("unknown")
    rows["reason"] = rows["reason"].fillna("")
    rows["kind"] = [_NUMBER.sub("#", str(reason)) for reason in rows["reason"]]
    groups = rows.groupby(["stage", "status", "kind"], sort=False, as_index=False)
    counted = groups.agg(reason=("reason", "last"), designs=("design_id", "size"), example=("design_id", "last"))
    counted = counted.sort_values(["designs", "stage"], ascending=[False, True], kind="stable", ignore_index=True)
    return counted[["stage", "status", "reason", "designs", "example"]]


def failures_by_stage(groups: pd.DataFrame, dark: bool = False) -> go.Figure:
    """Draw one bar a stage, stacked by status, the stage that stops most designs on top.

    Args:
        groups: As ``failure_groups`` returns them.
        dark: For a dark page.
    """
    figure = go.Figure()
    groups = groups.assign(stage=groups["stage"].map(theme.as_text))
    order = groups.groupby("stage")["designs"].sum().sort_values(kind="stable").index
    counts = groups.pivot_table(index="stage", columns="status", values="designs", aggfunc="sum", fill_value=0)
    for status in (name for name in TROUBLES if name in counts):
        values = counts[status].reindex(order)
        figure.add_bar(
            x=values,
            y=list(order),
            orientation="h",
            name=status,
            text=[f"{count:,}" if count else "" for count in values],
            textposition="inside",
            insidetextanchor="middle",
            marker={"color": theme.STATUS_COLORS[status][theme.mode(dark)]},
            hovertemplate=f"%{{x}} {status} at %{{y}}<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.35, height=80 + 44 * len(order), showlegend=True)
    figure.update_xaxes(title="Designs", tickformat=",d")
    figure.update_yaxes(ticks="")
    return figure
