"""Surrogates: how far a learned model can be trusted, on designs that it has not seen."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.platforms import Platform
from accel_core.surrogates import SURROGATES
from accel_core.surrogates.report import read_report
from accel_core.surrogates.roi import TOLERANCE
from accel_core.surrogates.splits import UNSEEN_ARCHITECTURE, UNSEEN_BACKEND
from accel_core.workloads import is_own
from pages.components import session
from pages.components.model_figures import held_out_picture
from pages.components.model_fit import MIN_DESIGNS, FitJob, FitRequest, fit_job, nominal_seconds, run_job
from pages.components.model_views import View, headline, tabs, words
from pages.components.plain import plain
from pages.components.platform_words import words_of
from pages.components.session import category, comparable, current_platform
from pages.components.style import card, duration, empty_state, page
from pages.components.workload_choice import title_of

SHIPPED_MODELS = "models"
SHIPPED, OWN = "Shipped", "Your database"
JOB = "models-job"
EFFORTS = {"Quick": 0.5, "Normal": 2.0, "Thorough": 8.0}
_EVERYTHING = "all"


@st.cache_resource(show_spinner=False)
def shipped_tables(folder: str, changed: float) -> dict[str, pd.DataFrame]:
    """Read the precomputed report; `changed` is when its folder changed, so that a new one is read anew."""
    return read_report(Path(folder))


def shipped_report(platform: Platform) -> View | None:
    """Return the precomputed report if there is one about this platform's parameters."""
    folder = session.data_path() / session.SHIPPED / SHIPPED_MODELS
    own = folder / platform.name
    folder = own if own.is_dir() else folder
    if not folder.is_dir():
        return None
    try:
        tables = shipped_tables(str(folder), folder.stat().st_mtime)
    except InvalidInputError as error:
        st.warning(f"The shipped report cannot be read. {plain(error)}")
        return None
    needed = {"errors", "predictions", "importances"}
    if not needed <= set(tables) or not set(platform.space.names) <= set(tables["importances"]["feature"]):
        return None
    return View(tables, SURROGATES["gp"].title, TOLERANCE, has_roi="roi" in tables)


def fit_form(platform: Platform, ok: pd.DataFrame, revision: int) -> None:
    """Let the person choose what to fit, and start it."""
    names = st.pills("Models", list(SURROGATES), selection_mode="multi", default=["gp", "gbdt"], key="models-names",
                     format_func=lambda name: SURROGATES[name].title, persist_state="session")  # fmt: skip
    workload = choose_workload(platform, ok)
    kept = ok[ok["workload"] == workload]
    only = choose_category(platform, kept)
    has_clock = words_of(platform).has_clock
    with st.expander("Region of interest, effort" if has_clock else "Effort"):
        tolerance, learns_roi_only = choose_roi() if has_clock else (TOLERANCE, False)
        effort = st.segmented_control("Effort", list(EFFORTS), default="Quick", required=True, key="models-effort",
                                      persist_state="session", help="Settings that a model may try.")  # fmt: skip
    if only is not None:
        kept = kept[kept[category(platform)] == only]
    if not names:
        st.caption("Choose at least one model.")
        return
    request = FitRequest(workload, only, tuple(name for name in SURROGATES if name in names), tolerance,
                         learns_roi_only, EFFORTS[effort])  # fmt: skip
    n_parameters, n_folds = len(platform.space.names), 10
    cost = sum(n_folds * nominal_seconds(name, len(kept), n_parameters, 3, request.budget_s) for name in names)
    st.caption(f"{len(kept):,} designs · about {duration(max(1, round(1.5 * cost)))} on a free core")
    if len(kept) < MIN_DESIGNS:
        st.caption(f"At least {MIN_DESIGNS} designs are needed.")
    st.button("Fit models", type="primary", width="stretch", key="models-fit", disabled=len(kept) < MIN_DESIGNS,
              on_click=start, args=(request, ok, platform, revision))  # fmt: skip


def choose_roi() -> tuple[float, bool]:
    """Choose the region of interest: its half width, a share of the target clock, and whether to learn in it only."""
    percent = st.slider(
        "ROI tolerance r (assumed) [%]", 5, 60, round(100 * TOLERANCE), 5, key="models-tolerance",
        persist_state="session",
        help="A design is in the region of interest when its effective clock is within ±r of its target clock. "
        "The published framework does not tell its r; this one is assumed.",
    )  # fmt: skip
    learns_roi_only = st.toggle(
        "Learn and judge in the ROI only", key="models-roi-only", persist_state="session",
        help="The two-stage scheme: a classifier says what is in the region; regressors learn from these only.",
    )  # fmt: skip
    return percent / 100, learns_roi_only


def choose_workload(platform: Platform, ok: pd.DataFrame) -> str:
    """Return the workload to learn about; asks only when results are of several."""
    known = [name for name in ok["workload"].value_counts().index if name in platform.workloads or is_own(name)]
    if len(known) == 1:
        return known[0]
    return st.selectbox("Workload", known, key="models-workload",
                        format_func=lambda name: title_of(platform, name), persist_state="session")  # fmt: skip


def choose_category(platform: Platform, ok: pd.DataFrame) -> str | None:
    """Return the one value of the platform's category to learn about, or None for all; asks when there are several."""
    name = category(platform)
    if name is None or ok[name].nunique() < 2:
        return None
    counts = ok[name].value_counts()
    chosen = st.selectbox(
        name.replace("_", " ").capitalize(), [_EVERYTHING, *counts.index], key="models-only", persist_state="session",
        format_func=lambda value: f"{value} ({len(ok) if value == _EVERYTHING else counts[value]:,} designs)",
    )  # fmt: skip
    return None if chosen == _EVERYTHING else chosen


def start(request: FitRequest, ok: pd.DataFrame, platform: Platform, revision: int) -> None:
    """Begin to fit, or remember in one sentence why not."""
    try:
        st.session_state[JOB] = fit_job(request, ok, platform, category(platform), revision)
    except InvalidInputError as error:
        st.session_state["models-problem"] = str(error)


def stop() -> None:
    """Give up a fit; its finished steps stay."""
    st.session_state.pop(JOB, None)


def own_report(platform: Platform, ok: pd.DataFrame) -> View | None:
    """Fit what was asked for, and return it; None when nothing was asked yet or it failed."""
    job: FitJob | None = st.session_state.get(JOB)
    # One place for both cards, so that the invitation is gone the moment that work begins.
    holder = st.empty()
    if job is None or not (job.request.workload in platform.workloads or is_own(job.request.workload)):
        with holder.container(), card("models-invite"):
            st.subheader("Fit models on these results", anchor=False)
            st.write("Choose models on the left and press Fit models; every figure is then about designs held out.")
        return None
    with holder.container(), card("models-progress"):
        st.subheader("Fitting models", anchor=False)
        place = st.container()
        st.button("Stop", key="models-stop", on_click=stop, help="Finished steps are kept.")
        try:
            with place:
                tables = run_job(job, platform.name)
        except InvalidInputError as error:
            st.error(plain(error))
            return None
    holder.empty()
    for problem in job.problems:
        st.info(plain(problem))
    if (n_new := len(ok) - len(results_then(platform, ok, job))) > 0:
        st.caption(f"{n_new:,} results are newer than these models; fit again to learn from them.")
    return View(tables, SURROGATES[job.studied].title, job.request.tolerance, job.has_roi)


def results_then(platform: Platform, ok: pd.DataFrame, job: FitJob) -> pd.DataFrame:
    """Return the results that a job knew or left out on purpose."""
    name = category(platform)
    is_other = ok["workload"] != job.request.workload
    if job.request.only is not None and name is not None:
        is_other |= ok[name] != job.request.only
    return ok[is_other | ok["design_id"].isin(job.design_ids)]


def explain(platform: Platform, split: str) -> None:
    """Say in two sentences, with a picture, what the models are asked."""
    backend = [parameter.name for parameter in platform.space.parameters if parameter.group == "backend"]
    settings = " and ".join(words(name).lower() for name in backend)
    if not backend:
        st.caption(
            "The model never saw these designs: it must predict new hardware, and that is what a search relies on."
        )
        return
    st.html(held_out_picture(split))
    if split == UNSEEN_BACKEND:
        st.caption(
            f"A backend point is one setting of {settings}. The model knows every architecture, "
            "but never saw it at these points: it fills gaps between runs that you have."
        )
    elif split == UNSEEN_ARCHITECTURE:
        st.caption(
            "The model never saw these architectures at any backend point: it must predict new hardware. "
            "This is harder, and it is what a search relies on."
        )


page("Surrogates", "See how far learned models can be trusted on designs they have not seen.")
platform = current_platform()
everything, revision = comparable(platform, platform.reference)
ok_results = everything[everything["status"] == "ok"] if len(everything) else everything
ready_made = shipped_report(platform)
has_enough = len(ok_results) >= MIN_DESIGNS
if ready_made is None and not has_enough:
    empty_state(
        "Too few results to learn from",
        f"{len(ok_results):,} designs of {plain(platform.title)} are {platform.reference}; at least {MIN_DESIGNS} are "
        f"needed to learn from some and judge on others.{' Launch a run first.' if platform.evaluable else ''}",
        "Go to Runs",
        "pages/runs.py",
        key="models",
    )
    st.stop()

choices = st.columns([1.1, 2.8], gap="medium")
sources = [SHIPPED] * (ready_made is not None) + [OWN] * has_enough
source = sources[0]
if len(sources) > 1:
    source = choices[0].segmented_control("Results", sources, default=source, required=True, key="models-source",
                                          persist_state="session", width="stretch")  # fmt: skip
left, right = st.columns([1.1, 2.8], gap="medium")
if source == OWN:
    with left, card("models-fit-form"):
        fit_form(platform, ok_results, revision)
with right:
    if problem := st.session_state.pop("models-problem", None):
        st.error(plain(problem))
    view = ready_made if source == SHIPPED else own_report(platform, ok_results)
    if view is not None:
        chosen = choices[1].segmented_control(
            "Designs held out", view.splits, default=view.splits[-1], required=True, key="models-split",
            format_func=str.capitalize, persist_state="session",
        )  # fmt: skip
        headline(view, chosen)
        with card("models-tabs"):
            tabs(view, chosen)
if view is not None:
    with left:
        with card("models-explain"):
            st.markdown(f"**{chosen.capitalize()}**")
            explain(platform, chosen)
        if source == SHIPPED:
            tested = view.tables["predictions"]
            st.caption(
                f"{tested['row'].nunique():,} designs, {tested['model'].nunique()} models, computed before release. "
                f"Choose {OWN.lower()} to fit models yourself."
            )
