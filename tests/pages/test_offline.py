"""The page Offline: log and training, the reveal, zero-shot, the explanation, and what a wrong input says."""

from __future__ import annotations

import re
import threading

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from accel_core.errors import InvalidInputError
from accel_core.offline import OfflineSettings
from accel_core.offline.checkpoint import read_checkpoint
from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.architecture import PARAMETERS
from accel_core.platforms.edgetpu.breakdown import breakdown
from accel_core.platforms.edgetpu.optima import optimum
from accel_core.platforms.edgetpu.rooflines import rooflines
from accel_core.rooflines import Rooflines
from pages.components import (
    offline_data,
    offline_training,
    offline_unseen,
)
from pages.components.offline_asked import Revealed
from pages.components.offline_data import baseline, distinct, shipped_log, truth, truths, uploaded_log
from pages.components.offline_desk import DESK
from pages.components.offline_reveal import numbers, summary
from pages.components.offline_state import COMPARE, LEARN, STEP, STEPS, UNSEEN, WHY
from pages.components.offline_training import DEFAULT_ALPHA, Training
from pages.components.offline_unseen import verdict
from pages.components.offline_why import parts_of
from pages.components.offline_words import bytes_words, explanation
from tests.pages.conftest import ROOT
from tests.pages.made_up_trainings import NAME, PATIENCE_S, SIZES, parquet, tiny_training

PAGE = "pages/offline.py"
WARM_UP = offline_unseen._warm_up


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every model a tiny one, and compiles none before it is asked for."""
    monkeypatch.setattr(offline_training, "SIZES", SIZES)
    monkeypatch.setattr(offline_training, "_warm_up", lambda: None)
    monkeypatch.setattr(offline_unseen, "_warm_up", lambda: None)


@pytest.fixture
def page(empty_store, open_page):
    return open_page(PAGE, **{STEPS: 8})


def labels(app) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def htmls(app) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def said(app) -> str:
    return "\n".join(element.value for element in app.markdown)


def go(app, step: str) -> None:
    app.session_state[STEP] = step
    app.run(timeout=PATIENCE_S)
    assert not app.exception, app.exception[0].message


def train(app) -> Training:
    app.button(key="offline-train").click().run()
    assert not app.exception, app.exception[0].message
    training = app.session_state[DESK].trainings[-1]
    training.wait(PATIENCE_S)
    app.run()
    assert not app.exception, app.exception[0].message
    return training


def test_the_first_sight_is_the_shipped_log_and_nothing_learned(page) -> None:
    rows = shipped_log().of([NAME])
    ok = rows[rows["status"] == "ok"]
    within = ok[ok["chip_area_mm2"] <= 27]
    shown = labels(page)
    assert shown["Logged designs"] == f"{len(rows):,}" == "20,000"
    assert shown["Cannot run"] == f"{100 * (1 - len(ok) / len(rows)):.0f} %"
    assert shown["Run within 27 mm²"] == f"{len(within):,}"
    assert shown["Best of these"] == f"{1e3 * within['runtime_s'].min():,.1f} ms"
    assert len(page.get("plotly_chart")) == 1
    assert "Nothing is learned yet" in said(page)
    assert page.select_slider(key="offline-alpha").value == DEFAULT_ALPHA == OfflineSettings().alpha


def test_the_limit_moves_what_counts_as_the_logs_best(page) -> None:
    page.session_state["offline-limit"] = "100"
    page.run()
    rows = shipped_log().of([NAME])
    best = rows[(rows["status"] == "ok") & (rows["chip_area_mm2"] <= 100)]["runtime_s"].min()
    assert labels(page)["Best of these"] == f"{1e3 * best:,.1f} ms"


def test_training_shows_both_models_and_the_truth_only_when_asked(page, monkeypatch: pytest.MonkeyPatch) -> None:
    is_warm = threading.Event()
    monkeypatch.setattr(offline_unseen, "_warm_up", is_warm.set)
    offline_unseen.warm_up_unseen.clear()
    training = train(page)
    assert training.problem == ""
    assert set(training.models) == {"naive", "conservative"}
    assert [model.settings.alpha for model in training.models.values()].count(0.0) == 1
    assert len(page.get("plotly_chart")) == 2
    assert "0 simulations" in said(page)
    page.button(key="offline-next").click().run()
    assert page.session_state[STEP] == COMPARE
    assert "0 to choose" in said(page)
    number = re.search(r"\*\*(\d+) to reveal", said(page))
    assert number is not None
    assert 50 <= int(number[1]) <= 100
    assert htmls(page).count(">hidden<") == 10
    assert not is_warm.is_set()
    page.button(key="offline-reveal-button").click().run()
    assert not page.exception
    # What the next step needs is compiled while nobody waits for this one.
    assert is_warm.wait(PATIENCE_S)
    assert ">hidden<" not in htmls(page)
    assert list(training.revealed) == [27.0]
    assert "not revealed" not in summary(training)
    page.button(key="offline-why-next").click().run()
    assert page.session_state[STEP] == WHY
    assert "Your model's first choice" in page.selectbox(key="offline-why-design").options


def test_another_limit_has_choices_of_its_own_and_is_hidden_again(page) -> None:
    train(page)
    go(page, COMPARE)
    page.button(key="offline-reveal-button").click().run()
    page.session_state["offline-limit"] = "100"
    page.run()
    assert "100 mm²" in said(page)
    assert htmls(page).count(">hidden<") == 10


def another_tab(**query: str) -> AppTest:
    """Return the page in a session of its own, as a reload opens it at an address."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60.0)
    app.query_params.update(query)
    app.switch_page(PAGE).run()
    assert not app.exception, app.exception[0].message
    return app


def test_a_reload_keeps_trainings_choices_and_what_was_revealed(page) -> None:
    page.session_state["offline-alpha"] = 0.0
    page.session_state["offline-infeasible"] = False
    page.session_state["offline-limit"] = "100"
    page.run()
    training = train(page)
    go(page, COMPARE)
    page.button(key="offline-reveal-button").click().run()
    again = another_tab(**{**page.query_params, STEP: COMPARE})
    assert again.session_state[STEP] == COMPARE
    assert ">hidden<" not in htmls(again)
    assert "100 mm²" in said(again)
    go(again, LEARN)
    assert (again.select_slider(key="offline-alpha").value, again.toggle(key="offline-infeasible").value) == (
        0.0,
        False,
    )
    assert again.button(key="offline-next")
    assert "Training done" in said(again)
    go(again, WHY)
    assert "Your model's first choice" in again.selectbox(key="offline-why-design").options
    stranger = another_tab()
    assert "Nothing is learned yet" in said(stranger)
    # Pressing Train there asks for the same, which is not trained again and not revealed either.
    for key in ("offline-alpha", "offline-infeasible", STEPS):
        stranger.session_state[key] = page.session_state[key]
    stranger.run()
    stranger.button(key="offline-train").click().run()
    taken = stranger.session_state[DESK].trainings[-1]
    assert taken is not training
    assert taken.models == training.models
    assert not taken.revealed
    assert "an earlier training of the same" in said(stranger)


def test_the_same_is_not_trained_twice_in_a_session(page) -> None:
    first = train(page)
    assert train(page) is first
    assert len(page.session_state[DESK].trainings) == 1


def test_alpha_0_without_infeasible_designs_is_the_naive_model_trained_once(page) -> None:
    page.session_state["offline-alpha"] = 0.0
    page.session_state["offline-infeasible"] = False
    page.run()
    training = train(page)
    assert training.models["naive"] is training.models["conservative"]
    assert training.n_models == 1


def test_earlier_trainings_stay_to_be_compared(page) -> None:
    first = train(page)
    page.session_state["offline-alpha"] = 1.0
    page.run()
    second = train(page)
    go(page, COMPARE)
    box = page.selectbox(key="offline-earlier")
    assert (box.value, len(box.options)) == (second.number, 2)
    box.set_value(first.number).run()
    assert f"alpha {DEFAULT_ALPHA:g}" in said(page)


@pytest.mark.slow
def test_several_applications_are_learned_with_their_contexts(page) -> None:
    page.session_state["offline-applications"] = ["m5", "m6"]
    page.run()
    training = train(page)
    model = training.models["conservative"]
    assert model.contexts.names == ("m5", "m6")
    assert model.contexts.fields
    go(page, COMPARE)
    page.button(key="offline-reveal-button").click().run()
    assert not page.exception
    assert "2 applications" in said(page)


def test_a_log_of_ones_own_is_used_and_a_wrong_one_is_one_sentence(page) -> None:
    own = shipped_log().of(["m6"]).head(3000).astype({"application": str})
    page.file_uploader(key="offline-log").set_value(("mine.parquet", parquet(own), "application/octet-stream")).run()
    assert not page.exception
    assert labels(page)["Logged designs"] == "3,000"
    for wrong, words in (
        (own.drop(columns="status"), "column 'status' is missing"),
        (own.head(0), "no designs"),
    ):
        with pytest.raises(InvalidInputError, match=words):
            uploaded_log("wrong.parquet", parquet(wrong))
    page.file_uploader(key="offline-log").set_value(("wrong.parquet", b"no table", "application/octet-stream")).run()
    assert page.error[0].value.startswith("wrong.parquet: not a readable log")
    page.file_uploader(key="offline-log").set_value(("mine.csv", b"lanes\n4\n", "text/csv")).run()
    assert page.error[0].value.startswith("mine.csv: not a readable log: no Parquet file; ")
    assert labels(page)["Logged designs"] == "20,000"


def test_the_truth_of_several_applications_is_their_mean_and_one_that_cannot_run_decides() -> None:
    designs = pd.DataFrame([baseline(), {**baseline(), "parameter_memory_b": 2048}])
    alone = [truth(designs, (name,)) for name in ("m5", "m6")]
    both = truth(designs, ("m5", "m6"))
    assert both["runtime_s"].iloc[0] == pytest.approx(np.mean([rows["runtime_s"].iloc[0] for rows in alone]))
    assert list(both["status"]) == ["ok", "infeasible"]
    assert "parameter_memory_b is 2,048" in both["reason"].iloc[1]


def test_what_both_models_chose_is_simulated_once_and_told_to_both() -> None:
    rows = pd.DataFrame([{**baseline(), "lanes": lanes} for lanes in (16, 12, 8)])
    choices = {"naive": rows.iloc[[2, 0]], "conservative": rows.iloc[[0, 1]]}
    assert len(distinct(choices)) == 3
    assert len(distinct({"naive": rows, "conservative": rows})) == 3
    found = truths(choices, ("m5",))
    for name, chosen in choices.items():
        alone = truth(chosen, ("m5",)).reset_index(drop=True)
        pd.testing.assert_frame_equal(found[name][list(alone)], alone, check_dtype=False)


def test_an_unknown_optimum_is_not_a_design_that_does_not_run() -> None:
    training = tiny_training()
    for limit, found in ((27.0, (0.3, None)), (29.0, (None, 0.2)), (100.0, (0.3, 0.2))):
        training.revealed[limit] = Revealed(*found)
    assert summary(training).endswith(
        "27 mm²: first choice 300.0 ms, optimum not known, 29 mm²: first choice does not run, "
        "100 mm²: 1.50 × the optimum"
    )
    choices = {"naive": pd.DataFrame({"predicted_s": [0.1], "p_fails": [0.0]})}
    shown = numbers(choices, {"naive": pd.DataFrame({"runtime_s": [0.3]})}, None, None)
    assert shown.loc["Naive"].to_list()[2:4] == ["300.0 ms", "not known"]


def test_zero_shot_is_hidden_until_the_reveal(page) -> None:
    go(page, UNSEEN)
    assert labels(page)["True latency"] == "hidden"
    assert labels(page)["Simulations"] == "0"
    assert len(page.get("plotly_chart")) == 1
    page.button(key="offline-unseen-reveal").click().run()
    assert not page.exception
    assert len(page.get("plotly_chart")) == 2
    assert "The zero-shot design" in said(page)
    assert "from its layers alone: 0 simulations to choose it" in said(page)
    assert labels(page)["Simulations"] == "2 to reveal"
    page.button(key="offline-unseen-next").click().run()
    assert page.session_state[STEP] == WHY
    assert page.selectbox(key="offline-why-design").value.startswith("Zero-shot design for")


def test_the_layers_that_the_model_is_told_are_shown_and_counted(page) -> None:
    go(page, UNSEEN)
    shown = re.findall(r"</i>([^<]*): (\d+)</span>", htmls(page))
    entry = applications()[page.selectbox(key="offline-hidden").value]
    assert dict(shown)["depthwise"] == f"{entry.count('depthwise')}"
    assert sum(int(count) for _, count in shown) == len(entry.rows)
    page.session_state["offline-hidden"] = "t_rnn_enc"
    page.run()
    assert re.findall(r"</i>([^<]*): (\d+)</span>", htmls(page)) == [("fully connected", "18")]


def test_a_warm_up_makes_the_choice_that_is_seen_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(offline_unseen, "_choose", lambda model, hidden, limit: asked.append((hidden, limit)))
    WARM_UP()
    assert asked == [("mobilenet_v3", 27.0)]
    monkeypatch.setattr(offline_unseen, "model_path", lambda hidden: ROOT / "nothing.npz")
    WARM_UP()
    assert len(asked) == 1


def test_a_model_that_has_seen_the_hidden_application_is_refused(page, monkeypatch: pytest.MonkeyPatch) -> None:
    path = offline_unseen.model_path
    monkeypatch.setattr(offline_unseen, "model_path", lambda hidden: path("m4" if hidden != "m4" else "m5"))
    go(page, UNSEEN)
    assert "the model has seen" in page.error[0].value
    monkeypatch.setattr(offline_unseen, "model_path", lambda hidden: path("nothing"))
    page.run()
    assert "make_offline_models.py" in page.error[0].value
    page.session_state[DESK].unseen.add(("mobilenet_v3", 27.0))
    go(page, WHY)
    assert "make_offline_models.py" in page.error[0].value


def test_models_ship_that_have_not_seen_their_application_but_layers_of_all_others_and_are_small() -> None:
    for hidden in applications():
        about = read_checkpoint(offline_unseen.model_path(hidden)).about
        assert set(about["applications"]) == set(applications()) - {hidden}
        assert about["is_complete"]
        assert Rooflines.from_mapping(about["rooflines"]) == rooflines()
    assert sum(offline_unseen.model_path(name).stat().st_size for name in applications()) < 1_500_000


def test_the_verdict_is_one_sentence_for_every_outcome() -> None:
    assert verdict(0.11, 0.1, 0.22, 0.055) == (
        "The zero-shot design takes **110.0 ms**, 10.0 % above the exact optimum; 2.00 × faster than the best design "
        "for the other eight, and 2.00 × slower than the best in its own log, which it never saw."
    )
    assert verdict(0.1, 0.1, None, None) == (
        "The zero-shot design takes **100.0 ms**, the exact optimum of all designs."
    )
    assert "does not run" in verdict(None, 0.1, 0.2, 0.3)


def test_numbers_are_of_the_first_choice() -> None:
    choices = {
        "naive": pd.DataFrame({"predicted_s": [0.1, 0.2], "p_fails": [0.0, 0.0]}),
        "conservative": pd.DataFrame({"predicted_s": [0.2], "p_fails": [0.03]}),
    }
    hidden = numbers(choices, None, None, 0.1)
    assert hidden.loc["Naive"].to_list() == ["100.0 ms", "always", *["hidden"] * 5]
    true = {"naive": pd.DataFrame({"runtime_s": [np.nan, 0.3]}), "conservative": pd.DataFrame({"runtime_s": [0.22]})}
    best = offline_data.Best(0.44, {})
    shown = numbers(choices, true, best, 0.2)
    assert shown.loc["Naive"].to_list() == ["100.0 ms", "always", "does not run", "–", "–", "300.0 ms", "1 of 2"]
    assert shown.loc["Conservative"].to_list() == [
        "200.0 ms",
        "97 %",
        "220.0 ms",
        "10.0 %",
        "2.00 ×",
        "220.0 ms",
        "1 of 1",
    ]


def test_without_a_reveal_the_exact_optimum_is_explained(page) -> None:
    go(page, WHY)
    assert page.selectbox(key="offline-why-design").value == "Exact optimum"
    least = 1e3 * optimum([NAME], 27.0).runtime_s
    assert f"1000 inferences take {least:,.1f} ms" in said(page)
    assert len(page.get("plotly_chart")) == 2
    page.session_state["offline-why-application"] = "unet"
    page.run()
    assert f"{1e3 * optimum(['unet'], 27.0).runtime_s:,.1f} ms" in said(page)


def explained(name: str, after: dict[str, int]) -> str:
    designs = (baseline(), after)
    times = [breakdown(design, applications()[name]) for design in designs]
    return " ".join(explanation(times[0], times[1], designs, (parts_of(designs[0]), parts_of(designs[1]))))


def test_the_explanation_names_what_changed_and_why() -> None:
    slower = explained("t_rnn_enc", {**baseline(), "dram_gbps": 5})
    assert "times slower" in slower
    assert "memory-bound layers, which rises" in slower
    assert "DRAM gives 5 instead of 16 GB/s" in slower
    assert "DRAM interface takes 0.3 instead of 1.0" in slower
    kept = explained("m5", {**baseline(), "core_memory_b": 4 * baseline()["core_memory_b"]})
    assert "core memory takes 33.0 instead of 8.3" in kept
    fewer = explained("m4", {**baseline(), "lanes": 16})
    assert "2,048 instead of 4,096 lanes" in fewer
    assert "memory-bound layers, which falls" in kept
    assert "of the parameters stay on the chip" in kept
    assert "GB/s" not in explained("t_rnn_enc", {**baseline(), "dram_gbps": 10, "core_memory_b": 2097152})
    lost = explained("m5", {**baseline(), "parameter_memory_b": 2048})
    assert lost.startswith("This design does not run: layer ")
    best = explained("unet", optimum(["unet"], 27.0).design)
    assert "Most of the difference is the time in memory-bound layers, which falls" in best
    assert "Against that" not in best
    both = explained("mobilenet_edgetpu", {**baseline(), "dram_gbps": 30, "lanes": 8})
    assert "The time in compute-bound layers rises" in both
    assert "Against that, the time in memory-bound layers falls" in both
    same = explained("m5", baseline())
    assert "1.00 times faster" in same


def test_bytes_have_binary_units() -> None:
    assert [bytes_words(count) for count in (256, 16384, 2**21)] == ["256 B", "16 KiB", "2 MiB"]
    assert set(baseline()) == set(PARAMETERS)


def test_a_missing_package_is_one_sentence(empty_store, open_page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_data, "NEEDED", ("jax", "no_such_package"))
    app = open_page(PAGE)
    assert "'no_such_package', which is not installed" in app.warning[0].value
    assert not app.metric


def test_the_side_bar_offers_the_platform_and_switches_the_other_pages(page) -> None:
    assert "EdgeTPU-class" in page.sidebar.caption[0].value
    page.sidebar.button(key="offline-switch").click().run()
    assert not page.sidebar.button
    page.switch_page("pages/design_space.py").run()
    assert page.sidebar.selectbox(key="platform").value == "edgetpu"
    page.switch_page(PAGE).run()
    assert not page.sidebar.button


def test_steps_are_in_the_order_of_the_journey(page) -> None:
    assert page.button_group(key=STEP).options == [LEARN, COMPARE, UNSEEN, WHY]
    go(page, COMPARE)
    page.button(key="offline-to-learn").click().run()
    assert page.session_state[STEP] == LEARN
