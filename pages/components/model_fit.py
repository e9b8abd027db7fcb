"""Fitting models on the person's own results, one short step after another, each kept for as long as it holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.platforms import Platform
from accel_core.surrogates import SURROGATES
from accel_core.surrogates.report import Data, compare_samplers, data_of, model_factories
from accel_core.surrogates.roi import EFFECTIVE_CLOCK, TARGET_CLOCK, TOLERANCE, in_roi
from accel_core.surrogates.splits import Split, unseen_architecture_splits, unseen_backend_splits
from accel_core.surrogates.studies import importances, learning_curve
from accel_core.surrogates.tables import MIN_ROWS
from accel_core.surrogates.tuning import affordable
from accel_core.surrogates.validation import Validation, validate, validate_roi
from pages.components.style import progress
from pages.components.workload_choice import workload_named

Tables = dict[str, pd.DataFrame]

MIN_DESIGNS = 40
"""Fewer results cannot be held out in folds and still be learned from."""

N_FOLDS = 5
PLENTY = 5000
"""Results of which two folds, and one draw of each size, say as much as five and two do of fewer."""
CURVE_SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
MAX_ASKED = 1000
"""Held-out designs that tell what matters: each parameter of each is shuffled in turn."""
_MAX_STEPS = 600


@dataclass(frozen=True)
class FitRequest:
    """What to fit; the same request on the same revision of the database is answered from memory.

    Attributes:
        workload: Results of which workload.
        only: Value of the platform's category to keep, or None for all.
        models: Surrogates by name.
        tolerance: Half width of the region of interest, a share of the target clock.
        learns_roi_only: Whether regressors learn from designs in the region of interest only.
        budget_s: Nominal seconds of one fit.
        seed: Of folds and models.
    """

    workload: str
    only: str | None
    models: tuple[str, ...]
    tolerance: float = TOLERANCE
    learns_roi_only: bool = False
    budget_s: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Step:
    """One piece of work of about a second.

    Attributes:
        key: Tells it apart from all other steps on the same data.
        title: What it does, for the progress line.
        seconds: Nominal cost, to tell the time left.
        run: Does it.
    """

    key: tuple[object, ...]
    title: str
    seconds: float
    run: Callable[[], Tables]


@dataclass(frozen=True)
class FitJob:
    """A request with the results that it is about; later results do not change it.

    Attributes:
        request: What to fit.
        revision: Of the database when the person asked.
        data: What is learned from.
        design_ids: One for each row of ``data``.
        samplers: How each row was drawn; empty texts where nobody knows.
        campaigns: Of which campaign each row is.
        splits: Ways to hold out designs, all folds.
        problems: Why a way is missing, one sentence each.
    """

    request: FitRequest
    revision: int
    data: Data
    design_ids: Sequence[str]
    samplers: Sequence[str]
    campaigns: Sequence[str]
    splits: Sequence[Split]
    problems: Sequence[str]

    @property
    def has_roi(self) -> bool:
        """Whether target and effective clocks are known, which tell what lies in the region of interest."""
        return TARGET_CLOCK in self.data.X and EFFECTIVE_CLOCK in self.data.y

    @property
    def studied(self) -> str:
        """The model that questions about the data are asked of: the Gaussian process where it was chosen."""
        return "gp" if "gp" in self.request.models else self.request.models[0]


def fit_job(request: FitRequest, ok: pd.DataFrame, platform: Platform, category: str | None, revision: int) -> FitJob:
    """Return the job of fitting a platform's ok results.

    Raises:
        InvalidInputError: If too few results are left, or designs can be held out in no way.
    """
    kept = ok[ok["workload"] == request.workload]
    if request.only is not None and category is not None:
        kept = kept[kept[category] == request.only]
    kept = kept.reset_index(drop=True)
    data = data_of(kept, platform, workload_named(platform, request.workload))
    splits, problems = _splits(data, request.seed)
    if not splits:
        raise InvalidInputError(" ".join(problems))
    blank = pd.Series("", index=kept.index)
    samplers, campaigns = (kept.get(name, blank).fillna("").astype(str).tolist() for name in ("sampler", "campaign"))
    return FitJob(request, revision, data, kept["design_id"].tolist(), samplers, campaigns, splits, problems)


def _splits(data: Data, seed: int) -> tuple[list[Split], list[str]]:
    """Return the ways to hold out designs that these data allow, and why others are not possible."""
    splits: list[Split] = []
    problems: list[str] = []
    ways: dict[str, Callable[[], list[Split]]] = {
        "backend points": lambda: unseen_backend_splits(data.X, data.architecture, data.backend, N_FOLDS, seed),
        "architectures": lambda: unseen_architecture_splits(data.X, data.architecture, N_FOLDS, seed, data.kind),
    }
    if not data.backend:
        del ways["backend points"]
    for what, make in ways.items():
        try:
            splits += make()[: 2 if len(data.X) > PLENTY else N_FOLDS]
        except InvalidInputError as error:
            problems.append(f"Unseen {what} cannot be judged: {error}.")
    return splits, problems


def steps_of(job: FitJob) -> list[Step]:
    """Return all steps of a job, those that are seen first first."""
    request, data = job.request, job.data
    X, y = data.X, data.y
    factories = model_factories(data, request.models, request.seed, request.budget_s)
    roi = (request.tolerance,) if request.learns_roi_only else ()
    steps = []
    for name in request.models:
        cost = nominal_seconds(name, len(X), X.shape[1], y.shape[1], request.budget_s)
        for split in job.splits:

            def fit(name: str = name, split: Split = split) -> Tables:
                found = validate({name: factories[name]}, X, y, [split], tolerance=request.tolerance,
                                 train_on_roi=request.learns_roi_only)  # fmt: skip
                return {"predictions": found.predictions, "coverage": found.covered}

            title = f"{SURROGATES[name].title}, {split.name} {split.fold + 1}"
            steps.append(Step(("fit", name, split.name, split.fold, *roi), title, cost, fit))
    if job.has_roi:
        for split in job.splits:

            def classify(split: Split = split) -> Tables:
                return {"roi": validate_roi(X, y, [split], request.tolerance, request.seed)}

            key = ("roi", split.name, split.fold, request.tolerance)
            steps.append(Step(key, f"Region of interest, {split.name}", 0.1, classify))
    return [*steps, *_studies(job)]


def _studies(job: FitJob) -> list[Step]:
    """Return the steps that ask about the data: learning curve, importances, samplers."""
    request, data = job.request, job.data
    make = model_factories(data, [job.studied], request.seed, request.budget_s)[job.studied]
    repeats = 1 if len(data.X) > PLENTY else 2
    cost = nominal_seconds(job.studied, len(data.X), data.X.shape[1], data.y.shape[1], request.budget_s)
    firsts = {split.name: split for split in reversed(job.splits)}
    steps = []
    for split in firsts.values():
        sizes = sorted({max(MIN_ROWS, round(len(split.train) * share)) for share in CURVE_SHARES})
        for size in sizes:

            def curve(split: Split = split, size: int = size) -> Tables:
                found = learning_curve(make, data.X, data.y, split, [size], repeats=repeats, seed=request.seed)
                return {"learning_curve": found.assign(split=split.name)}

            key = ("curve", job.studied, split.name, size)
            steps.append(Step(key, f"Learning from {size} designs, {split.name}", repeats * cost, curve))

    def matter() -> Tables:
        split = job.splits[0]
        model = make().fit(data.X.iloc[split.train], data.y.iloc[split.train])
        asked = split.test[:MAX_ASKED]
        return {"importances": importances(model, data.X.iloc[asked], data.y.iloc[asked])}

    def compare() -> Tables:
        try:
            found = _compared(job)
        except InvalidInputError:
            return {}
        return {"samplers": found}

    steps.append(Step(("importances", job.studied), "What matters", 2 * cost, matter))
    steps.append(Step(("samplers",), "Samplers", 3 * cost, compare))
    return steps


def _compared(job: FitJob) -> pd.DataFrame:
    """Compare samplers, judged by the largest campaign; designs of a kind that it does not have are no help.

    Raises:
        InvalidInputError: If fewer than two samplers are left, or one has too few designs.
    """
    data, campaigns = job.data, pd.Series(job.campaigns)
    is_test = (campaigns == campaigns.value_counts().index[0]).to_numpy()
    kept = np.ones(len(campaigns), dtype=np.bool_)
    if data.kind is not None:
        kinds = data.X[data.kind]
        kept = kinds.isin(kinds[is_test].unique()).to_numpy()
    part = replace(data, X=data.X[kept].reset_index(drop=True), y=data.y[kept].reset_index(drop=True))
    samplers = [name for name, is_kept in zip(job.samplers, kept, strict=True) if is_kept]
    return compare_samplers(part, samplers, is_test[kept], job.request.seed, job.request.budget_s)


def nominal_seconds(name: str, n_rows: int, n_features: int, n_targets: int, budget_s: float) -> float:
    """Return what one fit should take on one core."""
    model = SURROGATES[name](0, budget_s)
    cost = model.candidate_seconds(n_rows, n_features, n_targets)
    return cost * affordable(budget_s, cost, len(model.candidates()))


def run_job(job: FitJob, platform: str) -> Tables:
    """Do the steps that were not done before, telling how far it is, and return the report's tables.

    Clicking elsewhere on the page meanwhile loses nothing: steps that are done stay done.

    Raises:
        InvalidInputError: If a model cannot be fitted.
    """
    request, steps = job.request, steps_of(job)
    common = (platform, job.revision, request.workload, request.only, request.budget_s, request.seed)
    total, done, spent = sum(step.seconds for step in steps), 0.0, 0.0
    shown = st.empty()
    parts = []
    for number, step in enumerate(steps):
        with shown.container():
            progress(number, len(steps), spent * (total - done) / done if spent > 0.5 else total, step.title)
        started = time.perf_counter()
        parts.append(_kept((*common, *step.key), step.run))
        done, spent = done + step.seconds, spent + time.perf_counter() - started
    shown.empty()
    return _assembled(job, parts)


@st.cache_resource(show_spinner=False, max_entries=_MAX_STEPS)
def _kept(key: tuple[object, ...], _run: Callable[[], Tables]) -> Tables:
    """Run a step once."""
    return _run()


def _assembled(job: FitJob, parts: Sequence[Tables]) -> Tables:
    """Join the parts of each table, and say of each row which design it is about."""
    names = dict.fromkeys(name for part in parts for name in part)
    tables = {name: pd.concat([part[name] for part in parts if name in part], ignore_index=True) for name in names}
    ids = np.asarray(job.design_ids, dtype=object)
    rows = tables["predictions"]["row"].to_numpy()
    predictions = tables["predictions"].assign(row=ids[rows])
    if job.has_roi:
        target, effective = job.data.X[TARGET_CLOCK].to_numpy(), job.data.y[EFFECTIVE_CLOCK].to_numpy()
        predictions["in_roi"] = in_roi(target, effective, job.request.tolerance)[rows]
        at = tables["roi"]["row"].to_numpy()
        tables["roi"] = tables["roi"].assign(row=ids[at], **{TARGET_CLOCK: target[at], EFFECTIVE_CLOCK: effective[at]})
    tables["predictions"] = predictions
    tables["errors"] = Validation(predictions, tables["coverage"]).errors(only_roi=job.request.learns_roi_only)
    tables["coverage"] = _pooled(tables["coverage"])
    return tables


def _pooled(coverage: pd.DataFrame) -> pd.DataFrame:
    """Average the folds' coverage, weighted by their size."""
    weighted = coverage.assign(coverage=coverage["coverage"] * coverage["n"],
                               median_width=coverage["median_width"] * coverage["n"])  # fmt: skip
    total = weighted.groupby(["model", "split", "metric", "level"], sort=False).sum().reset_index()
    for name in ("coverage", "median_width"):
        total[name] /= total["n"]
    return total
