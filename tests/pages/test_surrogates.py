"""The Surrogates page on databases of one's own, and the fitting behind it."""

from __future__ import annotations

import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.platforms import get_platform
from accel_core.surrogates.report import TABLES, build_report, data_of, write_report
from accel_core.surrogates.roi import in_roi
from accel_core.surrogates.splits import UNSEEN_ARCHITECTURE, UNSEEN_BACKEND
from pages.components import model_fit, session
from pages.components.model_figures import confusion_matrix, held_out_picture
from pages.components.model_fit import FitRequest, fit_job, run_job, steps_of
from tests.pages.made_up_results import made_up_results

PAGE = "pages/surrogates.py"
FAST = {"models-names": ["gp"], "models-effort": "Quick"}


@pytest.fixture(autouse=True)
def two_folds(monkeypatch):
    monkeypatch.setattr(model_fit, "N_FOLDS", 2)
    monkeypatch.setattr(model_fit, "CURVE_SHARES", (0.5, 1.0))


@pytest.fixture(scope="module")
def shipped_tables():
    platform = get_platform("axiline")
    data = data_of(made_up_results(), platform, platform.default_workload)
    return build_report(data, ["gp"], n_folds=2, budget_s=0.01)


def job_of(results, **request):
    platform = get_platform("axiline")
    wanted = FitRequest(platform.default_workload.name, request.pop("only", None), ("gp",), budget_s=0.01, **request)
    return fit_job(wanted, results[results["status"] == "ok"], platform, "benchmark", revision=1)


def headlines(app):
    return {metric.label: metric.value for metric in app.metric}


def test_empty_store_leads_to_runs(empty_store, open_page):
    app = open_page(PAGE)
    assert app.subheader[0].value == "Too few results to learn from"
    assert not app.tabs
    app.button(key="empty-models-button").click().run()
    assert not app.exception


def test_too_few_ok_results_are_too_few(empty_store, open_page):
    empty_store.add(made_up_results(n_troubles=12))
    app = open_page(PAGE)
    assert app.subheader[0].value == "Too few results to learn from"
    assert "36 designs" in app.markdown[0].value


def test_fitting_a_small_store_shows_its_errors(small_store, open_page):
    app = open_page(PAGE, **FAST)
    assert app.subheader[0].value == "Fit models on these results"
    app.button(key="models-fit").click().run()
    assert not app.exception, app.exception[0].message
    shown = headlines(app)
    assert list(shown) == ["Effective clock", "Power", "Chip area", "Runtime", "Energy"]
    assert all(0 < float(value.removesuffix(" %")) < 60 for value in shown.values())
    assert app.segmented_control(key="models-split").options == ["Unseen backend", "Unseen architecture"]


def test_store_with_failures_learns_from_what_is_ok(empty_store, open_page):
    empty_store.add(made_up_results(n_architectures=10, n_troubles=12))
    app = open_page(PAGE, **FAST)
    assert any("48 designs" in caption.value for caption in app.caption)
    app.button(key="models-fit").click().run()
    assert not app.exception, app.exception[0].message
    assert headlines(app)


def test_shipped_report_shows_at_once_and_every_tab_draws(empty_store, open_page, shipped_tables):
    write_report(shipped_tables, session.data_path() / "results" / "models")
    for tab in ("Parity", "Errors", "Learning curve", "Samplers", "Importances", "Calibration", "Region of interest"):
        app = open_page(PAGE, **{"models-tab": tab})
        assert len(headlines(app)) >= 5, tab
        assert app.get("plotly_chart") or app.info, tab
    assert headlines(app)["Accuracy"].endswith(" %")


def test_report_of_another_platform_is_not_shown(empty_store, open_page, shipped_tables):
    importances = shipped_tables["importances"]
    other = {**shipped_tables, "importances": importances[importances["feature"] != "units"]}
    write_report(other, session.data_path() / "results" / "models")
    assert open_page(PAGE).subheader[0].value == "Too few results to learn from"


def test_broken_report_is_named_and_own_results_still_serve(small_store, open_page):
    folder = session.data_path() / "results" / "models"
    folder.mkdir(parents=True)
    (folder / "errors.parquet").write_bytes(b"not a table")
    app = open_page(PAGE)
    assert "errors.parquet" in app.warning[0].value
    assert app.button(key="models-fit")


def test_job_gives_every_table_once_a_design(small_store, open_page):
    results = made_up_results()
    job = job_of(results, tolerance=0.2)
    tables = run_job(job, "axiline")
    assert set(tables) == set(TABLES) - {"samplers", "roi_errors"}
    for _, rows in tables["predictions"].groupby(["split", "metric"]):
        assert sorted(rows["row"]) == sorted(results["design_id"])
    by_id = results.set_index("design_id")
    rows = tables["predictions"]
    known = by_id.loc[rows["row"]]
    assert (in_roi(known["f_target_hz"], known["f_effective_hz"], 0.2) == rows["in_roi"]).all()
    power = rows[rows["metric"] == "power_w"]
    assert power["actual"].tolist() == by_id.loc[power["row"], "power_w"].tolist()


def test_steps_that_were_done_are_not_done_again(empty_store, monkeypatch):
    job = job_of(made_up_results())
    run_job(job, "axiline")
    monkeypatch.setattr(model_fit, "validate", lambda *args, **named: pytest.fail("fitted again"))
    run_job(job, "axiline")
    changed = job_of(made_up_results(), tolerance=0.1)
    assert run_job(changed, "axiline")["roi"]["actual"].sum() < run_job(job, "axiline")["roi"]["actual"].sum()


def test_samplers_are_judged_by_the_largest_campaign_on_designs_of_its_kind(empty_store):
    parts = [
        made_up_results(n, 6, seed=seed).assign(campaign=name, sampler=sampler, benchmark=benchmark)
        for n, seed, name, sampler, benchmark in (
            (8, 1, "a", "lhs", "svm"),
            (6, 2, "b", "sobol", "svm"),
            (5, 3, "c", "halton", "svm"),
            (5, 4, "d", "random", "linear"),
        )
    ]
    job = job_of(pd.concat(parts, ignore_index=True))
    step = next(step for step in steps_of(job) if step.title == "Samplers")
    assert set(step.run()["samplers"]["sampler"]) == {"sobol", "halton"}


def test_one_backend_point_an_architecture_leaves_unseen_architectures():
    job = job_of(made_up_results(48, 1))
    assert {split.name for split in job.splits} == {UNSEEN_ARCHITECTURE}
    assert "one backend point" in job.problems[0] or "backend points" in job.problems[0]


def test_category_filter_keeps_its_designs():
    results = made_up_results(16, 4)
    name = results["benchmark"].value_counts().index[0]
    job = job_of(results, only=name)
    assert set(job.data.X["benchmark"]) == {name}
    with pytest.raises(InvalidInputError, match="designs are ok"):
        job_of(results, only="none such")


def test_pictures_hold_out_rows_or_columns():
    asked = "inset 0 0 0"
    assert held_out_picture(UNSEEN_ARCHITECTURE).count(asked) == 2 * 10 + 1
    assert held_out_picture(UNSEEN_BACKEND).count(asked) == 2 * 6 + 1


def test_confusion_matrix_counts_by_side():
    roi = pd.DataFrame({"actual": [True, True, True, False, False], "predicted": [True, True, False, True, False]})
    text = confusion_matrix(roi).data[0].text
    assert [cell.split("<br>")[0] for row in text for cell in row] == ["2", "1", "1", "1"]
