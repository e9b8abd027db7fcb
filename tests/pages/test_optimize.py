"""The Optimize page: on any store, a search of a fitted model, bounds that nothing meets, a search of the real flow."""

import time

import numpy as np
import pandas as pd
import pytest

from accel_core.campaigns import Campaign, OptimizerPlan
from accel_core.campaigns.planning import prepare, submit
from accel_core.campaigns.queue import TaskQueue
from accel_core.campaigns.worker import failed_results
from accel_core.objectives import Objective
from accel_core.platforms import get_platform
from accel_core.space import design_ids, sample
from accel_core.store import ResultStore
from accel_core.tables import read_table
from pages.components import optimize_model, verify_runs
from pages.components.optimize_form import FLOW, WHERE
from pages.components.optimize_goals import DEFAULT_QUANTILE
from pages.components.optimize_plan import SearchPlan, reference_point, usable
from tests.pages.made_up_results import made_up_results

PAGE = "pages/optimize.py"
SHOWN = "optimize-shown"
LIMIT_S = 60.0


def of_one_category(n_architectures=10):
    """Enough results of the category that the form proposes to learn from."""
    found = made_up_results(80, 4, seed=3)
    one = found[found["benchmark"] == "svm"]
    architectures = one.groupby(["features", "cycles_per_vector", "input_bits", "internal_bits"]).ngroup()
    return one[architectures < n_architectures].reset_index(drop=True)


def start(app):
    return app.button("optimize-start").click().run()


def texts(elements):
    return [element.value for element in elements]


def test_opens_on_any_store(any_store, open_page):
    app = open_page(PAGE)
    assert not app.error
    assert app.button("optimize-start").label == "Search the model"
    assert not app.button("optimize-start").disabled


def test_proposes_energy_and_area_under_power_and_runtime_bounds(small_store, open_page):
    results = of_one_category()
    small_store.add(results)
    app = open_page(PAGE)
    assert app.multiselect[0].value == ["energy_j", "chip_area_mm2"]
    assert app.multiselect[1].value == ["power_w", "runtime_s"]
    limits = [field for field in app.number_input if field.label == "Power ≤ [mW]"]
    assert limits[0].value > 0
    stored = small_store.store.find(platform="axiline")
    power = stored[stored["benchmark"] == "svm"]["power_w"]
    assert limits[0].value == pytest.approx(1e3 * power.quantile(DEFAULT_QUANTILE), rel=5e-3)


def test_says_that_results_are_too_few_and_offers_the_real_flow(empty_store, open_page):
    app = start(open_page(PAGE))
    assert "at least 8 are needed" in app.error[0].value
    app.button("optimize-take-flow").click().run()
    assert app.session_state[WHERE] == FLOW
    assert app.button("optimize-start").label == "Search the flow"
    assert not app.error


def test_searches_a_model_to_the_end_and_keeps_its_picks(small_store, open_page):
    small_store.add(of_one_category())
    app = open_page(PAGE)
    app.number_input("optimize-model-budget-False").set_value(1500)
    start(app)
    assert not app.exception
    assert not app.error
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["Evaluated"] == "1,500"
    assert any(header.value.startswith("Front: ") for header in app.subheader)
    picks = app.dataframe[0].value
    assert 1 <= len(picks) <= 3
    costs = [float(word.split()[0]) for word in picks["cost"]]
    assert costs[0] == 1.0
    run = app.session_state[optimize_model.run_key("axiline")]
    assert run.is_over
    assert 0.05 <= run.max_uncertainty <= 0.5
    assert any(
        f"within ± {100 * run.max_uncertainty:g} % in every learned metric" in text for text in texts(app.caption)
    )
    best = run.results[run.results["model_uncertainty"] <= run.max_uncertainty]
    for name, column in (("power_w", "Power [mW]"), ("runtime_s", "Runtime [ms]")):
        limit = next(goal.upper for goal in run.plan.goals if goal.metric == name)
        assert (picks[column] <= 1e3 * limit * (1 + 1e-9)).all()
    assert len(best) > 0
    elsewhere = app.session_state["platform"]
    app.session_state["platform"] = "eyeriss"
    app.run()
    assert "1,500" not in {metric.value for metric in app.metric}
    app.session_state["platform"] = elsewhere
    app.switch_page("pages/start.py").run()
    app.switch_page(PAGE).run()
    pd.testing.assert_frame_equal(app.dataframe[0].value, picks)

    assert not any("costs less than every pick" in text for text in texts(app.info))
    other = made_up_results(80, 4, seed=9)
    cheap = (
        other[other["benchmark"] == "svm"]
        .head(1)
        .assign(energy_j=1e-9, chip_area_mm2=1e-6, power_w=1e-6, runtime_s=1e-6)
    )
    small_store.add(cheap)
    app.run()
    assert any(f"{cheap['design_id'].iloc[0][:8]}, costs less than every pick" in text for text in texts(app.info))


def test_names_the_bound_that_no_design_meets_and_the_nearest_value(small_store, open_page):
    small_store.add(of_one_category())
    app = open_page(PAGE)
    app.number_input("optimize-model-budget-False").set_value(1000)
    app.number_input("optimize-uncertainty").set_value(30.0)
    next(field for field in app.number_input if field.label == "Power ≤ [mW]").set_value(1e-4)
    start(app)
    words = next(text for text in texts(app.warning) if text.startswith("No design keeps all bounds"))
    assert "Power ≤ 0.0001 mW (the nearest design has " in words
    nearest = float(words.split("the nearest design has ")[1].split()[0])
    assert 0.01 < nearest < 100


def test_refuses_inverted_bounds_and_a_search_for_nothing(small_store, open_page):
    app = open_page(PAGE)
    next(field for field in app.number_input if field.label == "Power ≥ [mW]").set_value(1000.0).run()
    assert "Bounds, Power: at least 1000 mW is above at most" in app.error[0].value
    assert app.button("optimize-start").disabled
    next(field for field in app.number_input if field.label == "Power ≥ [mW]").set_value(None).run()
    app.multiselect[0].set_value([]).run()
    assert app.error[0].value == "Objectives: none is chosen; choose at least one metric"


def test_searches_the_real_flow_and_finds_it_again(empty_store, open_page):
    app = open_page(PAGE)
    app.segmented_control(WHERE).set_value(FLOW).run()
    app.segmented_control("optimize-fidelity").set_value("analytical").run()
    app.multiselect[0].set_value(["runtime_s", "utilization"])
    app.multiselect[1].set_value([])
    app.run()
    app.selectbox("optimize-flow-optimizer").set_value("random").run()
    app.number_input("optimize-flow-budget-True").set_value(6)
    app.number_input("optimize-flow-batch").set_value(6)
    start(app)
    assert not app.error
    campaigns = empty_store.services[-1].campaigns
    end = time.monotonic() + LIMIT_S
    while not (status := campaigns.status("search-1")).is_over and time.monotonic() < end:
        time.sleep(0.2)
    assert (status.state, status.done) == ("finished", 6)
    fresh = open_page(PAGE)
    numbers = {metric.label: metric.value for metric in fresh.metric}
    assert numbers["Evaluated"] == "6"
    choice = campaigns.folder("search-1").campaign().choice
    assert isinstance(choice, OptimizerPlan)
    assert (choice.name, choice.budget, choice.goals[1].direction) == ("random", 6, "max")


@pytest.mark.parametrize("n_known", [0, 48], ids=["nothing known", "others known"])
def test_a_search_without_a_success_so_far_is_shown(empty_store, open_page, n_known):
    if n_known:
        empty_store.add(made_up_results())
    plan = OptimizerPlan((Objective("energy_j"), Objective("chip_area_mm2", upper=0.1)), "random", budget=4, batch=4)
    campaign = Campaign("search-1", "axiline", plan, "placed", restrictions={"benchmark": "recommender"})
    folder = submit(campaign, empty_store.runs)
    designs = sample(campaign.space, 4).designs
    ids = design_ids(designs, campaign.space.names)
    lost = failed_results(campaign, designs.assign(design_id=ids), "floorplan", "over-full")
    with ResultStore(empty_store.database) as store, TaskQueue(folder.queue) as queue:
        prepare(folder, store)
        queue.put(designs, ids.tolist())
        queue.set_fact("closed", "yes")
        queue.finish(lost, "")
        store.add(lost.assign(status="infeasible"), campaign.name)
    app = open_page(PAGE, **{SHOWN: "search-1", WHERE: FLOW})
    assert not app.error
    assert "No design has been evaluated successfully yet." in texts(app.info)
    assert any("No design keeps all bounds" in text for text in texts(app.warning))


@pytest.fixture
def verified(small_store, open_page, monkeypatch):
    """A verification of two stored designs, predicted 2 % too high and, for one, 10 % too low in power."""
    open_page(PAGE)
    stored = small_store.store.find(platform="axiline").head(2)
    platform = get_platform("axiline")
    metrics = ["f_effective_hz", "power_w", "chip_area_mm2"]
    picks = stored[[*platform.space.names, *metrics]].copy()
    picks[metrics] *= 1.02
    picks.loc[picks.index[1], "power_w"] *= 0.9 / 1.02
    plan = SearchPlan("axiline", platform.default_workload.name, {}, (), (), {}, "", 1, 1, 0)
    name = verify_runs.launch(plan, picks)
    end = time.monotonic() + LIMIT_S
    while not small_store.services[-1].campaigns.status(name).is_over and time.monotonic() < end:
        time.sleep(0.1)
    return name


def test_verification_compares_stored_predictions_with_measured_values(verified, small_store, open_page):
    found = verify_runs.load(verified)
    assert found.n_measured == 2
    errors = found.table.set_index(["metric"])["error_percent"]
    assert errors["f_effective_hz"].to_numpy() == pytest.approx([2.0, 2.0])
    assert errors["power_w"].to_numpy() == pytest.approx([2.0, -10.0])
    app = open_page(PAGE)
    assert not app.exception
    assert "the largest error is **10.0 %** (power of pick 2)" in app.warning[0].value
    assert read_table(small_store.runs / verified / "predicted.parquet")["design_id"].is_unique


def test_a_verification_survives_a_new_session_and_a_broken_one_is_told(verified, small_store, open_page):
    (small_store.runs / verified / "predicted.parquet").write_bytes(b"no table")
    app = open_page(PAGE)
    assert not app.exception
    assert "predicted.parquet: not a readable parquet table" in app.error[0].value


def test_results_with_other_settings_or_workloads_are_not_learned_from(small_store, open_page):
    open_page(PAGE)
    platform = get_platform("axiline")
    stored = small_store.store.find(platform="axiline")
    stored.loc[0, "settings_id"] = "0" * 16
    stored.loc[1, "workload"] = "one-vector"
    kept = usable(stored, platform, "placed", platform.default_workload.name)
    assert len(kept) == len(stored) - 2


def test_reference_point_is_worse_than_every_result_in_every_objective():
    from accel_core.objectives import Objective

    results = made_up_results(4, 3)
    goals = (Objective("energy_j"), Objective("throughput_flops", "max"))
    energy, throughput = reference_point(results, goals)
    assert energy > results["energy_j"].max()
    assert throughput < results["throughput_flops"].min()
    assert np.isfinite([energy, throughput]).all()
    assert reference_point(results.iloc[:0], goals) is None
