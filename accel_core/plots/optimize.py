"""Figures of a search: hypervolume over evaluations, the front as it grew, and picks predicted against measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from accel_core.errors import InvalidInputError
from accel_core.metrics import get_metric, label, to_display
from accel_core.objectives import Goal, Objective, directions_of, is_feasible, minimized, objectives_of
from accel_core.pareto import is_nondominated
from accel_core.plots import theme


def hypervolume_growth(
    traces: Mapping[str, Sequence[pd.DataFrame]],
    reference: str = "",
    *,
    whole: float | None = None,
    dark: bool = False,
) -> go.Figure:
    """Draw one line a search: the median of its runs, and a band from the least to the most.

    Args:
        traces: Runs by the name of their search, each with ``evaluations`` and ``hypervolume``; runs of one search that
            stopped early count up to where they stopped.
        reference: The reference point in words, for the axis title.
        whole: Hypervolume of the true front, if known; the axis then shows shares of it in percent.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark)})
    colors = theme.CATEGORIES_DARK if dark else theme.CATEGORIES_LIGHT
    scale, unit = (100.0 / whole, " %") if whole else (1.0, "")
    for index, (name, runs) in enumerate(traces.items()):
        shown = [run.set_index("evaluations")["hypervolume"] * scale for run in runs if len(run)]
        if not shown:
            continue
        table = pd.concat(shown, axis=1)
        color = colors[index % len(colors)]
        if len(shown) > 1:
            _add_band(figure, table, color, name)
        figure.add_scatter(
            x=table.index,
            y=table.median(axis=1),
            mode="lines",
            name=name,
            legendgroup=name,
            line={"color": color, "width": 2, "shape": "hv"},
            hovertemplate=f"%{{x}} evaluations: %{{y:.4g}}{unit}<extra>{name}</extra>",
        )
    title = "Share of the true hypervolume [%]" if whole else "Hypervolume"
    figure.update_xaxes(title="Evaluations")
    figure.update_yaxes(title=f"{title}<br>up to {reference}" if reference else title, rangemode="tozero")
    return figure


def front_growth(
    results: pd.DataFrame,
    goals: Sequence[Goal],
    x: str,
    y: str,
    *,
    stages: Sequence[int] = (),
    dark: bool = False,
) -> go.Figure:
    """Draw the feasible front of two metrics after several numbers of evaluations, older ones fainter.

    Args:
        results: Rows in order of evaluation, with ``status`` if some failed.
        goals: Bounds decide what is feasible; a metric that is an objective has its direction.
        x: Metric on the horizontal axis.
        y: Metric on the vertical axis.
        stages: Numbers of evaluations; by default a quarter, a half, and all.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark)})
    steps = sorted({min(max(int(n), 1), len(results)) for n in stages or _quarters(len(results))} - {0})
    color = theme.FRONT[theme.mode(dark)]
    feasible = is_feasible(results, goals) if len(results) else np.empty(0, dtype=np.bool_)
    for name, rows, shade in (("keeps all bounds", feasible, theme.KEPT), ("breaks a bound", ~feasible, None)):
        figure.add_scatter(
            x=to_display(x, results.loc[rows, x]),
            y=to_display(y, results.loc[rows, y]),
            mode="markers",
            name=name,
            marker={
                "size": 5,
                "opacity": 0.5 if shade else 0.35,
                "color": shade[theme.mode(dark)] if shade else "#9AA4B2",
                "symbol": "circle" if shade else "x-thin-open",
            },
            hoverinfo="skip",
        )
    for place, count in enumerate(steps):
        line = _front_line(results.iloc[:count], goals, x, y)
        figure.add_scatter(
            x=to_display(x, line[x]),
            y=to_display(y, line[y]),
            mode="lines+markers",
            name=f"after {count}",
            opacity=0.35 + 0.65 * (place + 1) / len(steps),
            line={"color": color, "width": 1 + 2 * (place + 1) / len(steps), "shape": "hv"},
            marker={"size": 5},
        )
    figure.update_xaxes(title=label(x))
    figure.update_yaxes(title=label(y))
    return figure


def verification(predicted: pd.DataFrame, actual: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return predicted against measured metrics of picks, one row a design and metric.

    Args:
        predicted: ``design_id`` and metrics in stored units.
        actual: The same of the implementation; designs in ``predicted`` only, or not ``ok``, have no actual value.
        metrics: What to compare.

    Returns:
        Columns ``design_id``, ``metric``, ``predicted``, ``actual`` (stored units), ``error_percent``
        (``100 * (predicted - actual) / actual``, NaN where there is no actual value).

    Raises:
        InvalidInputError: If a column is missing.
    """
    for place, table in (("predicted", predicted), ("actual", actual)):
        if missing := [name for name in ("design_id", *metrics) if name not in table]:
            raise InvalidInputError(
                f"{place} picks: column '{missing[0]}' is missing; found: {', '.join(map(str, table))}"
            )
    measured = actual[actual["status"] == "ok"] if "status" in actual else actual
    measured = measured.drop_duplicates("design_id", keep="last").set_index("design_id")
    parts = []
    for metric in metrics:
        part = pd.DataFrame({"design_id": predicted["design_id"], "metric": metric, "predicted": predicted[metric]})
        part["actual"] = part["design_id"].map(measured[metric])
        parts.append(part)
    columns = ["design_id", "metric", "predicted", "actual", "error_percent"]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    known = table["actual"].where(table["actual"] != 0)
    table["error_percent"] = 100.0 * (table["predicted"] - known) / known.abs()
    return table[columns]


def verification_errors(table: pd.DataFrame, *, tolerance_percent: float = 7.0, dark: bool = False) -> go.Figure:
    """Show the errors of `verification` as one row of points a metric, with the tolerated range shaded.

    Args:
        table: What `verification` returned.
        tolerance_percent: Half width of the shaded range.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark)})
    figure.add_vrect(x0=-tolerance_percent, x1=tolerance_percent, fillcolor=theme.ROI[theme.mode(dark)], line_width=0)
    figure.add_vline(x=0, line={"width": 1, "color": "#9AA4B2"})
    colors = theme.CATEGORIES_DARK if dark else theme.CATEGORIES_LIGHT
    known = table[table["error_percent"].notna()]
    # Numbered before those without a measurement are left out, so that the numbers are those of the table beside it.
    numbers = {design: index for index, design in enumerate(dict.fromkeys(table["design_id"]))}
    for design, rows in known.groupby("design_id", sort=False):
        index = numbers[design]
        figure.add_scatter(
            x=rows["error_percent"],
            y=[get_metric(metric).title for metric in rows["metric"]],
            mode="markers",
            name=f"pick {index + 1}",
            marker={"size": 11, "color": colors[index % len(colors)], "symbol": theme.fidelity_style("placed").shape},
            customdata=np.column_stack(
                [
                    [_shown(metric, value) for metric, value in zip(rows["metric"], rows[column], strict=True)]
                    for column in ("predicted", "actual")
                ]
            ),
            hovertemplate="%{y}: predicted %{customdata[0]}, measured %{customdata[1]} (%{x:+.1f} %)"
            f"<extra>{design}</extra>",
        )
    reach = max([1.3 * tolerance_percent, *(1.1 * known["error_percent"].abs())])
    figure.update_xaxes(title="Predicted minus measured [% of measured]", range=[-reach, reach])
    figure.update_yaxes(title="", autorange="reversed", type="category")
    return figure


def _add_band(figure: go.Figure, table: pd.DataFrame, color: str, name: str) -> None:
    least, most = table.min(axis=1), table.max(axis=1)
    figure.add_scatter(
        x=[*table.index, *table.index[::-1]],
        y=[*least, *most[::-1]],
        fill="toself",
        fillcolor=_faint(color),
        line={"width": 0, "shape": "hv"},
        mode="lines",
        legendgroup=name,
        showlegend=False,
        hoverinfo="skip",
    )


def _faint(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.16)"


def _quarters(n: int) -> tuple[int, ...]:
    return (n // 4, n // 2, n)


def _front_line(results: pd.DataFrame, goals: Sequence[Goal], x: str, y: str) -> pd.DataFrame:
    """Return the feasible rows that no other dominates in the two shown metrics, from left to right."""
    known = {goal.metric: goal for goal in objectives_of(goals)}
    shown = [known.get(name) or Objective(name, get_metric(name).better or "min") for name in (x, y)]
    feasible = results[is_feasible(results, goals)]
    values: npt.NDArray[np.float64] = minimized(feasible, shown)
    smaller = [Objective(objective.metric) for objective in shown]
    return feasible[is_nondominated(values, directions_of(smaller))].sort_values([x, y])


def _shown(metric: str, value: float) -> str:
    return f"{float(to_display(metric, value)):.4g} {get_metric(metric).display_unit}".strip()
