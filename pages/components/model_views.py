"""What models know, as tabs: parity, errors, learning curve, samplers, importances, calibration, region of interest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from accel_core.metrics import get_metric, is_metric
from accel_core.plots.surrogates import (
    ERROR_TITLES,
    calibration,
    importances,
    learning_curve,
    parity,
    roi_band,
    sampler_comparison,
)
from accel_core.surrogates import SURROGATES
from accel_core.surrogates.roi import EFFECTIVE_CLOCK, TARGET_CLOCK, confusion
from pages.components.model_figures import (
    GOALS,
    add_error_bars,
    color_in_order,
    confusion_matrix,
    error_bars,
    log_curve,
    probability_histogram,
)
from pages.components.plain import plain
from pages.components.session import download
from pages.components.style import figure, is_dark, metric_row

FORMULA = r"\mathrm{APE} = 100\cdot\frac{|\,\mathrm{predicted}-\mathrm{actual}\,|}{\mathrm{actual}}\ \%"
_SHORT = {"muape": "muAPE", "p95_ape": "p95 APE", "max_ape": "MAPE (maximum)", "std_ape": "STD APE"}
MUAPE = "muAPE [%]"
_BARS = "rgba(120, 130, 150, 0.45)"


@dataclass(frozen=True)
class View:
    """A report as the page shows it.

    Attributes:
        tables: By the names of `accel_core.surrogates.report.TABLES`.
        studied: Words for the model that data questions were asked of.
        tolerance: Half width of the region of interest, a share of the target clock.
        has_roi: Whether the region of interest is known.
    """

    tables: dict[str, pd.DataFrame]
    studied: str
    tolerance: float
    has_roi: bool

    @property
    def splits(self) -> list[str]:
        """Ways in which designs were held out."""
        return list(dict.fromkeys(self.tables["errors"]["split"]))

    def of(self, name: str, split: str) -> pd.DataFrame | None:
        """Return a table's rows of one way to hold out designs, or None where there are none."""
        table = self.tables.get(name)
        if table is None or table.empty:
            return None
        rows = table[table["split"] == split] if "split" in table else table
        return None if rows.empty else rows


def headline(view: View, split: str) -> None:
    """Show for each metric the smallest muAPE and whose it is."""
    errors = view.of("errors", split)
    best = errors.loc[errors.groupby("metric", sort=False)["muape"].idxmin()]
    goal = GOALS.get(split)
    aim = f"; the goal is at most {goal:g} %" if goal else ""
    st.caption(f"Mean error (muAPE) on designs not seen, by the best model of each metric{aim}.")
    metric_row([(get_metric(row.metric).title, f"{row.muape:.1f} %", None) for row in best.itertuples()])


def tabs(view: View, split: str) -> None:
    """Show the tabs; only the open one is drawn."""
    entries: dict[str, Callable[[View, str], None]] = {
        "Parity": _parity,
        "Errors": _errors,
        "Learning curve": _learning_curve,
        "Samplers": _samplers,
        "Importances": _importances,
        "Calibration": _calibration,
    }
    if view.has_roi:
        entries["Region of interest"] = _roi
    for tab, draw in zip(st.tabs(list(entries), key="models-tab", on_change="rerun"), entries.values(), strict=True):
        if tab.open:
            with tab:
                draw(view, split)


def _parity(view: View, split: str) -> None:
    predictions = view.of("predictions", split)
    metrics, models = list(dict.fromkeys(predictions["metric"])), list(dict.fromkeys(predictions["model"]))
    columns = st.columns([2, 2, 1.2], vertical_alignment="bottom")
    metric = _choose_metric(columns[0], metrics)
    model = columns[1].selectbox("Model", models, _best(view, split, metric, models), key="models-model",
                                 format_func=_title, persist_state="session")  # fmt: skip
    has_bars = columns[2].toggle("Error bars", True, key="models-bars", help="One predicted standard deviation.")
    rows = predictions[(predictions["model"] == model) & (predictions["metric"] == metric)]
    shown = parity(rows, metric, dark=is_dark())
    if has_bars:
        add_error_bars(shown, _BARS)
    found = view.of("errors", split)
    row = found[(found["model"] == model) & (found["metric"] == metric)].iloc[0]
    st.caption(
        f"{row['n_test']:,} designs that the model had not seen · mean error {row['muape']:.2f} % · "
        f"95 % are within {row['p95_ape']:.2f} % · worst {row['max_ape']:.2f} %"
    )
    ring = " Hollow points are outside the region of interest, where clocks are out of reach." if view.has_roi else ""
    figure(shown, key=f"models-parity-{split}-{metric}-{model}", height=430,
           look="points off the diagonal, and whether their error bars reach it: a model may be wrong, "
                f"but it should know when.{ring}")  # fmt: skip


def _errors(view: View, split: str) -> None:
    errors = view.of("errors", split)
    left, right = st.columns([3, 2], vertical_alignment="center")
    column = left.segmented_control("Error", list(_SHORT), default="muape", required=True, key="models-error",
                                    format_func=_SHORT.__getitem__, persist_state="session")  # fmt: skip
    right.latex(FORMULA)
    goal = GOALS.get(split) if column == "muape" else None
    shown = error_bars(errors.assign(model=errors["model"].map(_title)), column, goal=goal, dark=is_dark())
    aim = "bars that stay below the dashed goal on every metric" if goal else "the model with short bars throughout"
    inherited = "; runtime and energy inherit the errors of clock and power." if view.has_roi else "."
    figure(shown, key=f"models-errors-{split}-{column}", height=330, look=aim + inherited)
    table = errors.drop(columns="split").assign(
        model=errors["model"].map(_title), metric=[get_metric(name).title for name in errors["metric"]]
    )
    numbers = {
        name: st.column_config.NumberColumn(_SHORT[name], format="%.2f %%", help=ERROR_TITLES[name]) for name in _SHORT
    }
    counts = {
        "n_train": st.column_config.NumberColumn("Learned from", help="Designs, on average over the folds."),
        "n_test": st.column_config.NumberColumn("Judged on", help="Held-out designs."),
        "model": "Model",
        "metric": "Metric",
    }
    st.dataframe(table, hide_index=True, column_config={**numbers, **counts}, key=f"models-table-{split}")
    download(errors, "model-errors", f"models-errors-{split}")
    _two_stage(view, split)


def _two_stage(view: View, split: str) -> None:
    """Show what regressors that learned from the region of interest only reach inside it."""
    found = view.of("roi_errors", split)
    if found is None or not view.has_roi:
        return
    errors = ", ".join(f"{get_metric(row.metric).title.lower()} {row.muape:.1f} %" for row in found.itertuples())
    st.caption(
        f"Two stages: {view.studied} that learned from the region of interest only has, judged in it, a muAPE of: "
        f"{errors}."
    )


def _learning_curve(view: View, split: str) -> None:
    curve = view.of("learning_curve", split)
    if curve is None:
        _nothing("There is no learning curve yet.")
        return
    shown = learning_curve(curve, dark=is_dark())
    shown.update_yaxes(title=MUAPE)
    log_curve(shown, GOALS.get(split), is_dark())
    figure(shown, key=f"models-curve-{split}", height=430,
           look="where the curves flatten: beyond it more designs hardly help. "
                f"Model: {view.studied}; whiskers span the repeats.")  # fmt: skip


def _samplers(view: View, split: str) -> None:
    table = view.tables.get("samplers")
    if table is None or table.empty:
        _nothing(
            "Samplers can be compared once at least two campaigns with different samplers, and a further and larger "
            "one that judges them, have finished on other architectures."
        )
        return
    shown = sampler_comparison(table, dark=is_dark())
    shown.update_yaxes(title=MUAPE)
    figure(shown, key="models-samplers", height=430,
           look="a sampler whose bars are lower on every metric; overlapping whiskers mean a tie. "
                f"Model: {view.studied}, as many designs of each, judged on other architectures.")  # fmt: skip


def _importances(view: View, split: str) -> None:
    table = view.tables.get("importances")
    if table is None or table.empty:
        _nothing("There are no importances yet.")
        return
    metric = _choose_metric(st.columns([2, 3])[0], list(dict.fromkeys(table["metric"])))
    named = table.assign(feature=[words(str(name)).lower() for name in table["feature"]])
    figure(importances(named, metric, dark=is_dark()), key=f"models-importances-{metric}", height=430,
           look="the few long bars: shuffling that column makes the model much worse, so it carries the metric. "
                f"Columns that say the same share their importance. Model: {view.studied}.")  # fmt: skip


def _calibration(view: View, split: str) -> None:
    covered = view.of("coverage", split)
    if covered is None:
        _nothing("There is no calibration yet.")
        return
    named = covered.assign(model=covered["model"].map(_title))
    shown = calibration(named, dark=is_dark())
    color_in_order(shown, is_dark())
    figure(shown, key=f"models-calibration-{split}", height=430,
           look="curves below the dotted line: those models are too sure; above it they are too humble.")  # fmt: skip
    at90 = covered[covered["level"] == 0.9].groupby("model", sort=False)["median_width"].mean() * 100
    widths = ", ".join(f"{_title(name)} {width:.1f} %" for name, width in at90.items())
    st.caption(f"Width of the 90 % interval, median over designs, in shares of the actual value: {widths}.")


def _roi(view: View, split: str) -> None:
    roi = view.of("roi", split)
    if roi is None:
        _nothing("The region of interest was not classified.")
        return
    share = f"{100 * view.tolerance:g} %"
    st.caption(
        f"A design is in the region of interest (ROI) when its effective clock is within ±{share} of its target clock; "
        f"r = {view.tolerance:g} is assumed. A classifier says so before anything is placed."
    )
    found = confusion(roi["predicted"], roi["actual"])
    always = max(roi["actual"].mean(), 1 - roi["actual"].mean())
    metric_row(
        [
            ("Accuracy", f"{100 * found['accuracy']:.1f} %", "Share of held-out designs put on the right side."),
            ("If always the same", f"{100 * always:.1f} %", "Accuracy of naming the more common side each time."),
            ("Really in the ROI", f"{100 * roi['actual'].mean():.0f} %", f"Of {len(roi):,} held-out designs."),
        ]
    )  # fmt: skip
    left, right = st.columns([2, 3])
    with left:
        figure(confusion_matrix(roi, is_dark()), key=f"models-confusion-{split}", height=360,
               look="small numbers off the diagonal; said to be inside but not there costs a run.")  # fmt: skip
    with right:
        if TARGET_CLOCK in roi and EFFECTIVE_CLOCK in roi:
            figure(roi_band(roi, view.tolerance, dark=is_dark()), key=f"models-band-{split}", height=360,
                   look="crosses: they should lie near the edge of the shaded region.")  # fmt: skip
        else:
            figure(probability_histogram(roi, is_dark()), key=f"models-probability-{split}", height=360,
                   look="two separate heaps at 0 and 100 %: the classifier is then both sure and right.")  # fmt: skip


def _choose_metric(place: st.delta_generator.DeltaGenerator, metrics: list[str]) -> str:
    return place.selectbox("Metric", metrics, key="models-metric", format_func=lambda name: get_metric(name).title,
                           persist_state="session")  # fmt: skip


def _best(view: View, split: str, metric: str, models: list[str]) -> int:
    errors = view.of("errors", split)
    return models.index(errors[errors["metric"] == metric].set_index("model")["muape"].idxmin())


def words(column: str) -> str:
    """Return how a design column is called on screen."""
    return get_metric(column).title if is_metric(column) else column.replace("_", " ")


def _title(model: str) -> str:
    return SURROGATES[model].title if model in SURROGATES else model


def _nothing(text: str) -> None:
    st.info(plain(text))
