"""The Pareto page on an empty, a small and a partly failed store."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PIL import Image

from accel_core.campaigns import Campaign
from accel_core.objectives import Bound, Objective
from accel_core.sensitivities import Sensitivity
from pages.components.bound_sensitivities import sentence
from pages.components.design_panel import campaign_name
from tests.pages.made_up_results import made_up_results

PAGE = "pages/pareto.py"
ALL = ["linear", "logistic", "svm", "recommender"]
AXES = [Objective("chip_area_mm2"), Objective("energy_j")]


@pytest.fixture
def open_pareto(open_page):
    """Return a function that opens the page with every benchmark on screen."""
    return lambda **state: open_page(PAGE, **{"pareto-category": ALL, **state})


def report(app, bounds=None, selected=None, **more):
    """Let the page hear what the browser says when a drag ends or a point is clicked."""
    revision = app.session_state["pareto-front:start"].revision
    state = {"bounds": bounds or {}, "selected": selected, "hidden_kinds": [], "revision": revision, **more}
    app.session_state["pareto-front"] = {"front": state}
    app.run()
    assert not app.exception, app.exception[0].message


def texts(app):
    """Everything the page says, as one text."""
    kinds = ("markdown", "caption", "warning", "error", "info", "subheader")
    said = [element.value for kind in kinds for element in getattr(app, kind)]
    return "\n".join([*said, *(element.proto.body for element in app.get("html"))])


def run_until(app, text, limit_s=120.0):
    """Run the page again and again, as its own polling does in a browser."""
    end = time.monotonic() + limit_s
    app.run()
    while text not in texts(app) and time.monotonic() < end:
        assert not app.exception, app.exception[0].message
        time.sleep(0.2)
        app.run()
    assert not app.exception, app.exception[0].message
    assert text in texts(app)


def button(app, start):
    return next(entry for entry in app.button if entry.label.startswith(start))


def ok_rows(n_troubles=0):
    results = made_up_results(n_troubles=n_troubles)
    return results[results["status"] == "ok"]


def front_of(rows, x="chip_area_mm2", y="energy_j"):
    values = rows[[x, y]].to_numpy()
    beaten = [((values <= row).all(axis=1) & (values < row).any(axis=1)).any() for row in values]
    return rows[~np.array(beaten)]


def test_an_empty_store_leads_to_runs_and_design_space(empty_store, open_page):
    app = open_page(PAGE)
    assert "No designs to compare yet" in texts(app)
    assert not app.get("bidi_component")
    assert [link.proto.page for link in app.get("page_link")] == ["design_space"]
    button(app, "Go to Runs").click().run()
    assert app.title[0].value == "Runs"


def test_a_store_with_failures_only_says_so(empty_store, open_page):
    empty_store.add(made_up_results(1, 6, n_troubles=6))
    app = open_page(PAGE)
    assert "None of the 6 designs tried so far succeeded" in texts(app)


@pytest.mark.parametrize(("store", "n_troubles"), [("small_store", 0), ("partly_failed_store", 12)])
def test_counts_are_of_designs_that_are_ok(store, n_troubles, open_pareto, request):
    request.getfixturevalue(store)
    app = open_pareto()
    rows = ok_rows(n_troubles)
    assert len(app.get("bidi_component")) == 1
    assert f"**{len(rows)}** of {len(rows)} meet all bounds · front: **{len(front_of(rows))} placed**" in texts(app)


def test_designs_that_share_a_point_are_one_on_the_front_as_in_the_browser(small_store, open_pareto):
    front = front_of(ok_rows())
    twin = front.head(1).assign(design_id="f" * 16)
    small_store.add(twin)
    app = open_pareto()
    assert f"front: **{len(front)} placed**, shared by {len(front) + 1} designs" in texts(app)


def test_a_bound_gets_counted_and_priced(small_store, open_pareto):
    app = open_pareto()
    rows = ok_rows()
    limit, rise = a_limit_that_costs(rows, "runtime_s", "energy_j")
    report(app, {"runtime_s": [None, limit]})
    kept = rows[rows["runtime_s"] <= limit]
    assert f"**{len(kept)}** of {len(rows)} meet all bounds · front: **{len(front_of(kept))} placed**" in texts(app)
    assert "Runtime ≤ " in texts(app)
    assert "10 % less runtime costs " in texts(app)
    assert f"{100 * rise:.2g} % energy" in texts(app)


def a_limit_that_costs(rows, bounded, objective):
    """Return an upper limit whose tightening by 10 % worsens the objective, and by how much (a share)."""
    for limit in rows[bounded].sort_values(ascending=False):
        before, after = (rows.loc[rows[bounded] <= part * limit, objective].min() for part in (1.0, 0.9))
        if after > 1.01 * before:
            return float(limit), after / before - 1
    raise AssertionError(f"no limit on {bounded} costs {objective}")


def test_a_bound_that_no_design_meets_names_the_nearest_value_and_relaxes(small_store, open_pareto):
    app = open_pareto()
    rows = ok_rows()
    report(app, {"power_w": [None, 1e-4], "runtime_s": [None, 1.0]})
    nearest = float(rows["power_w"].min())
    assert "No design meets all bounds. Tightest: Power ≤ 0.1 mW (nearest: " in texts(app)
    assert f"nearest: {nearest * 1e3:.4g} mW" in texts(app)
    button(app, "Relax power to").click().run()
    assert app.session_state["pareto-front:last"].bounds == {"power_w": (None, nearest), "runtime_s": (None, 1.0)}
    assert f"**1** of {len(rows)} meet all bounds" in texts(app)


def test_a_selected_design_shows_parameters_metrics_and_where_its_files_are_not(small_store, open_pareto):
    app = open_pareto()
    row = ok_rows().iloc[5]
    report(app, selected=row["design_id"])
    said = texts(app)
    for part in ("placed", row["design_id"][:8], row["benchmark"], f"{row['power_w'] * 1e3:,.4g} mW",
                 f"{row['f_target_hz'] * 1e-6:,.1f} MHz", "not on this machine"):  # fmt: skip
        assert part in said


def test_a_design_that_was_routed_shows_where_wires_crowd(small_store, open_pareto):
    app = open_pareto()
    design_id = ok_rows().iloc[5]["design_id"]
    folder = small_store.runs / "mine" / "artifacts" / design_id
    folder.mkdir(parents=True)
    for name, counted in (("layout.png", 1), ("congestion.png", 2)):
        Image.new("RGB", (4, 4)).save(folder / name)
        report(app, selected=design_id)
        assert len(app.get("image")) == counted


def test_setting_one_axis_to_the_other_swaps_them_and_lifts_bounds_out_of_sight(small_store, open_pareto):
    app = open_pareto()
    report(app, {"energy_j": [None, 1e-4], "power_w": [None, 0.01]})
    app.selectbox(key="pareto-x").set_value("energy_j").run()
    assert app.selectbox(key="pareto-y").value == "chip_area_mm2"
    app.multiselect(key="pareto-hidden").set_value(["runtime_s"]).run()
    assert not app.exception
    assert app.session_state["pareto-front:last"].bounds == {"energy_j": (None, 1e-4)}


def test_categories_filter_and_none_means_all(small_store, open_page):
    app = open_page(PAGE)
    rows = ok_rows()
    n_svm = int((rows["benchmark"] == "svm").sum())
    assert f"of {n_svm} meet" in texts(app)
    app.session_state["pareto-category"] = []
    app.run()
    assert f"of {len(rows)} meet" in texts(app)


def test_the_cheapest_design_follows_the_weights_and_can_be_selected(small_store, open_pareto):
    app = open_pareto()
    rows = ok_rows()
    app.number_input(key="pareto-weight-energy_j").set_value(0.0)
    app.number_input(key="pareto-weight-chip_area_mm2").set_value(2.0).run()
    cheapest = rows.loc[rows["chip_area_mm2"].idxmin()]
    assert f"`{cheapest['design_id'][:8]}` at **{2 * cheapest['chip_area_mm2']:,.4g}**" in texts(app)
    button(app, "Select it").click().run()
    assert app.session_state["pareto-front:last"].selected_id == cheapest["design_id"]
    assert button(app, "Select it").disabled


def test_new_results_appear(small_store, open_pareto):
    app = open_pareto()
    small_store.add(made_up_results(2, 3, seed=9))
    app.run()
    assert f"of {len(ok_rows()) + 6} meet" in texts(app)


def test_predictions_join_with_uncertainty_and_run_for_real(small_store, open_pareto, monkeypatch):
    launched: list[Campaign] = []
    app = open_pareto()
    monkeypatch.setattr(small_store.services[-1].campaigns, "launch", launched.append)
    app.session_state["pareto-n"] = 5000
    app.toggle(key="pareto-predict").set_value(True)
    run_until(app, "predicted from")
    assert not app.warning, app.warning[0].value
    points = app.session_state["pareto-front:packed"].points
    predicted = points[points["fidelity"] == "predicted"]
    assert points["design_id"].is_unique
    assert len(predicted) > 1000
    assert np.isfinite(predicted[["energy_j", "chip_area_mm2", "runtime_s", "power_w"]]).all(axis=None)

    design = predicted.iloc[3]
    report(app, selected=design["design_id"])
    assert "± " in texts(app)
    button(app, "Run it for real").click().run()
    (campaign,) = launched
    assert campaign.name == campaign_name(design["design_id"])
    assert campaign.choice[0]["f_target_hz"] == design["f_target_hz"]
    assert campaign.to_yaml()

    result = made_up_results(1, 1).assign(design_id=design["design_id"], power_w=1.1 * design["power_w"])
    for name in ("benchmark", "features", "cycles_per_vector", "input_bits", "internal_bits", "f_target_hz"):
        result[name] = design[name]
    small_store.add(result)
    app.run()
    assert "+10.0 % vs predicted" in texts(app)


def test_predictions_from_too_few_designs_say_so(empty_store, open_pareto):
    empty_store.add(made_up_results(2, 2))
    app = open_pareto()
    app.toggle(key="pareto-predict").set_value(True)
    run_until(app, "No predictions: ")
    assert len(app.get("bidi_component")) == 1


def test_the_same_points_object_comes_back_while_nothing_changed(small_store, open_pareto):
    app = open_pareto()
    first = app.session_state["pareto-front:packed"].points
    report(app, {"power_w": [None, 0.01]})
    assert app.session_state["pareto-front:packed"].points is first


@pytest.mark.parametrize(
    ("changes", "n_left", "text"),
    [
        ({"chip_area_mm2": 0.0, "energy_j": 0.07}, 5, "10 % less power costs 7 % energy."),
        ({"chip_area_mm2": 0.0, "energy_j": 0.0}, 5,
         "10 % less power costs nothing."),
        ({"chip_area_mm2": None, "energy_j": None}, 0, "10 % less power leaves no design."),
    ],
)  # fmt: skip
def test_prices_are_told_in_a_sentence(changes, n_left, text):
    sensitivity = Sensitivity("power_w", "upper", 0.01, 0.009, n_left, changes)
    assert sentence(sensitivity, [*AXES, Bound("Power", "power_w", upper=0.01)]) == text


def test_a_price_in_a_maximized_metric_counts_what_is_lost():
    sensitivity = Sensitivity("runtime_s", "upper", 1.0, 0.9, 3, {"f_effective_hz": -0.12})
    assert (
        sentence(sensitivity, [Objective("f_effective_hz", "max")]) == "10 % less runtime costs 12 % effective clock."
    )
