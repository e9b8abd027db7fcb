"""The Runs page: campaigns launched, followed, paused, cancelled and understood."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from accel_core import evaluators
from accel_core.campaigns import Campaign, CampaignServer, RunFolder, SamplerPlan
from accel_core.campaigns.owners import MARK, is_alive, kill_family
from accel_core.campaigns.planning import prepare, submit
from accel_core.campaigns.worker import Worker, evaluate_designs
from accel_core.errors import InvalidInputError
from accel_core.platforms import get_platform
from accel_core.space import Constraint
from accel_core.store import ResultStore
from pages.components.run_form import narrowed, unused_number
from pages.components.run_join import SELECTED
from pages.components.run_list import rate
from pages.components.run_plan import Forecast
from pages.components.run_yaml import read_upload
from pages.components.space_choice import SpaceChoice, _History

PAGE = "pages/runs.py"
FAKE_WORKER = Path(__file__).parents[1] / "campaigns" / "fake_worker.py"
AXILINE = get_platform("axiline")


@pytest.fixture(autouse=True)
def no_worker_is_left(empty_store, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(FAKE_WORKER.parents[2]))
    monkeypatch.setenv("FAKE_LOG", str(empty_store.runs.parent / "evaluations.log"))
    yield
    for path in empty_store.runs.glob("*/campaign.yaml"):
        for status in RunFolder(path.parent).statuses().values():
            if is_alive(owner := str(status.get("owner", ""))):
                kill_family(owner)


@pytest.fixture
def slow_workers(monkeypatch):
    """Evaluations take as long as FAKE_SECONDS says, whoever starts the server."""
    monkeypatch.setitem(CampaignServer.__init__.__kwdefaults__, "worker_command", (sys.executable, str(FAKE_WORKER)))
    monkeypatch.setenv("FAKE_SECONDS", "0.3")


@pytest.fixture
def ran(empty_store, monkeypatch) -> RunFolder:
    """A finished campaign of four designs, of which one failed."""

    def evaluated(campaign, designs, artifacts):
        if 13 in set(designs["features"]):
            raise ZeroDivisionError("a mistake in the evaluator")
        return evaluate_designs(campaign, designs, artifacts)

    monkeypatch.setenv(MARK, "")  # a worker sets it
    row = AXILINE.space.defaults().iloc[0].to_dict()
    designs = tuple({**row, "features": features} for features in (12, 13, 14, 15))
    with ResultStore(empty_store.database) as store:
        folder = submit(Campaign("four", "axiline", designs, "analytical"), empty_store.runs)
        prepare(folder, store)
        assert Worker(folder, evaluated).run() == 0
        for part in folder.parts.glob("*.parquet"):
            store.ingest(part, folder.name)
            part.unlink()
    folder.log("worker").write_text("worker-1 began\n", encoding="utf-8")
    folder.status_file(f"worker-{os.getpid()}").unlink()
    return folder


def wait_for(condition: Callable[[], object], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def button(app: AppTest, label: str):
    return next(entry for entry in app.button if entry.label == label)


def text_of(app: AppTest) -> str:
    return "\n".join(str(entry.value) for kind in (app.markdown, app.caption, app.info) for entry in kind)


def progress(app: AppTest) -> list[str]:
    return [entry.proto.text for entry in app.get("progress")]


def chosen(restrictions: dict[str, str], *expressions: str) -> dict[str, object]:
    choice = SpaceChoice(restrictions, tuple(Constraint(text, text) for text in expressions))
    return {"space-choice": {"axiline": _History([choice])}}


def test_it_opens_on_every_store_ready_to_launch(any_store, open_page):
    app = open_page(PAGE)
    assert app.title[0].value == "Runs"
    assert not app.error
    assert not button(app, "Launch").disabled
    assert app.text_input(key="run-name-0").value == "axiline-1"
    assert "**16 designs**" in text_of(app)
    assert [entry.value for entry in app.subheader] == ["Launch a campaign", "No campaign yet"]


def test_the_time_is_estimated_from_stored_results(small_store, open_page):
    app = open_page(PAGE)
    cores = min(os.cpu_count() or 1, 16)
    seconds = Forecast(16, 0, 16 * 2.0 / cores, cores)
    assert seconds.text in text_of(app)
    assert "about" in seconds.text


def test_a_campaign_launched_from_the_form_runs_to_its_end(empty_store, open_page):
    app = open_page(PAGE)
    app.button_group(key="run-fidelity").set_value("analytical")
    app.number_input(key="run-archs").set_value(3)
    app.number_input(key="run-backends").set_value(2).run()
    assert "**6 designs**" in text_of(app)
    button(app, "Launch").click().run()
    assert not app.exception
    assert app.session_state[SELECTED] == "axiline-1"
    campaigns = empty_store.services[-1].campaigns
    wait_for(lambda: campaigns.status("axiline-1").is_over)

    app.run()
    assert not app.exception
    assert progress(app) == ["6 of 6"]
    table = app.dataframe[0].value
    assert len(table) == 6
    assert "Runtime [ms]" in table.columns
    assert set(table["status"]) == {"ok"}
    assert len(empty_store.store.find(campaign="axiline-1", status="ok")) == 6

    assert app.text_input(key="run-name-1").value == "axiline-2"
    assert app.number_input(key="run-seed-1").value == 1
    app.number_input(key="run-seed-1").set_value(0).run()
    assert "**6 designs**, all stored already: it costs nothing." in text_of(app)


def test_pause_resume_and_cancel(empty_store, slow_workers, open_page):
    app = open_page(PAGE)
    app.button_group(key="run-fidelity").set_value("analytical").run()
    button(app, "Launch").click().run()
    campaigns = empty_store.services[-1].campaigns
    wait_for(lambda: campaigns.status("axiline-1").done)

    app.run()
    assert re.match(r"[1-9]\d? of 16", progress(app)[0])
    button(app, "Pause").click().run()
    wait_for(lambda: campaigns.status("axiline-1").state == "paused")
    done = campaigns.status("axiline-1").done
    assert 0 < done < 16
    app.run()
    button(app, "Resume").click().run()
    wait_for(lambda: campaigns.status("axiline-1").state == "running")

    app.run()
    assert "What is finished is kept." in text_of(app)
    button(app, "Cancel axiline-1").click().run()
    wait_for(lambda: campaigns.status("axiline-1").state == "cancelled")
    app.run()
    assert not app.exception
    assert [entry.label for entry in app.button if "axiline-1" in str(entry.key)] == ["axiline-1", "Resume"]
    assert len(empty_store.store.find(campaign="axiline-1")) == campaigns.status("axiline-1").done >= done


def test_failures_are_told_by_stage_with_the_log_of_a_design(ran, open_page):
    with ResultStore(ran.path.parents[1] / "accelscope.duckdb") as store:
        name = store.find(campaign="four", status="failed")["design_id"].iloc[0]
    (ran.artifacts / name).mkdir()
    (ran.artifacts / name / "flow.log").write_text("synthesis began\nERROR: the adder is missing\n", encoding="utf-8")
    app = open_page(PAGE, **{"run-tab": "Failures"})
    groups = app.dataframe[0].value
    assert groups[["stage", "status", "designs"]].values.tolist() == [["evaluation", "failed", 1]]
    assert groups["reason"][0] == "ZeroDivisionError: a mistake in the evaluator"
    assert app.selectbox(key="run-log-four").value == name
    assert "ERROR: the adder is missing" in [entry.value for entry in app.code][-1]


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("Progress", ""),
        ("Workers", "[worker] worker-1 began"),
        ("Definition", "name: four\nplatform: axiline"),
    ],
)
def test_every_tab_of_a_finished_campaign(ran, open_page, tab, words):
    app = open_page(PAGE, **{"run-tab": tab})
    assert not app.error
    assert any(words in entry.value for entry in app.code)
    assert len(app.get("plotly_chart")) == (tab == "Progress")


def test_a_part_that_was_set_aside_is_named(ran, empty_store, open_page):
    (ran.parts / "7-broken.parquet").write_bytes(b"not Parquet")
    app = open_page(PAGE)
    wait_for(lambda: len(empty_store.store.rejected()))
    app.run()
    assert "7-broken.parquet" in app.warning[0].value
    assert "not a readable Parquet file" in app.warning[0].value
    assert len(empty_store.store.find(campaign="four")) == 4


def test_a_name_taken_by_another_campaign_is_one_sentence_and_changes_nothing(ran, empty_store, open_page):
    app = open_page(PAGE)
    app.text_input(key="run-name-0").set_value("four").run()
    before = empty_store.store.revision
    button(app, "Launch").click().run()
    assert "campaign 'four' exists with another definition" in app.error[0].value
    assert empty_store.store.revision == before
    assert [status.name for status in empty_store.services[-1].campaigns.statuses()] == ["four"]

    app.text_input(key="run-name-0").set_value("../four").run()
    assert "name is '../four'; it must be letters" in app.error[0].value
    assert button(app, "Launch").disabled


def test_a_name_of_the_servers_own_files_is_refused(empty_store, open_page):
    app = open_page(PAGE)
    app.text_input(key="run-name-0").set_value("Cache").run()
    assert "name is 'Cache'; AccelScope keeps server.lock, cache" in app.error[0].value
    assert button(app, "Launch").disabled


@pytest.fixture
def two_people(empty_store, slow_workers, open_page) -> list[AppTest]:
    """Two who have the page open, both with the proposed name."""
    apps = [open_page(PAGE, **{"run-archs": 2, "run-backends": 2}) for _ in range(2)]
    for app in apps:
        app.button_group(key="run-fidelity").set_value("analytical").run()
        assert app.text_input(key="run-name-0").value == "axiline-1"
    return apps


def test_two_people_who_launch_the_proposed_name_get_two_campaigns(two_people, empty_store):
    first, second = two_people
    second.number_input(key="run-seed-0").set_value(7).run()
    for app in two_people:
        button(app, "Launch").click().run()
        assert not app.exception
    assert (first.session_state[SELECTED], second.session_state[SELECTED]) == ("axiline-1", "axiline-2")
    campaigns = empty_store.services[-1].campaigns
    assert [campaigns.folder(f"axiline-{n}").campaign().seed for n in (1, 2)] == [0, 7]
    assert "Somebody took the name `axiline-1` meanwhile: yours is `axiline-2`." in text_of(second)
    assert not [entry for entry in second.button if entry.label.startswith("Join")]
    assert "Somebody took" not in text_of(first)


def test_where_both_ask_for_the_same_joining_is_a_choice(two_people, empty_store):
    for app in two_people:
        button(app, "Launch").click().run()
    second = two_people[1]
    campaigns = empty_store.services[-1].campaigns
    assert {status.name for status in campaigns.statuses()} == {"axiline-1", "axiline-2"}
    button(second, "Join axiline-1 and cancel axiline-2").click().run()
    assert not second.exception
    assert second.session_state[SELECTED] == "axiline-1"
    assert campaigns.status("axiline-2").state in ("cancelling", "cancelled", "finished")
    assert "Somebody took" not in text_of(second)


def test_a_typed_name_with_the_same_definition_is_joined_only_by_a_choice(empty_store, slow_workers, open_page):
    definition = Campaign("mine", "axiline", SamplerPlan(designs=9), "analytical", seed=5).to_yaml()
    apps = [open_page(PAGE) for _ in range(2)]
    for app in apps:
        app.file_uploader(key="run-yaml").set_value(("mine.yaml", definition.encode(), "application/yaml")).run()
        button(app, "Launch mine").click().run()
    campaigns = empty_store.services[-1].campaigns
    assert [status.name for status in campaigns.statuses()] == ["mine"]
    campaigns.pause("mine")
    assert apps[1].warning[0].value == "`mine` exists with this very definition: join it, or choose another name."
    button(apps[1], "Join mine").click().run()
    assert not apps[1].exception
    assert apps[1].session_state[SELECTED] == "mine"
    assert campaigns.folder("mine").is_open()


def test_the_chosen_space_is_said_and_a_space_without_designs_cannot_be_launched(small_store, open_page):
    app = open_page(PAGE, **chosen({"benchmark": "svm"}, "cycles_per_vector * 2 <= features"))
    assert "Narrowed: `benchmark = svm`, 1 more constraint" in text_of(app)
    definition = app.code[0].value
    assert "benchmark: svm" in definition
    assert Campaign.from_yaml(definition).constraints[0].expression == "cycles_per_vector * 2 <= features"

    app = open_page(PAGE, **chosen({}, "features < 5"))
    assert "has 0 valid designs" in app.error[0].value
    assert "loosen" in app.error[0].value
    assert button(app, "Launch").disabled


def test_where_nothing_can_be_placed_analytical_is_offered(empty_store, open_page, monkeypatch):
    monkeypatch.setattr(evaluators, "placed_available", lambda *_: "coloquinte is not installed.")
    app = open_page(PAGE)
    assert app.warning[0].value == "Fidelity placed is off: coloquinte is not installed. Fidelity analytical runs."
    assert app.button_group(key="run-fidelity").options == ["analytical", "simulated"]
    assert Campaign.from_yaml(app.code[0].value).fidelity == "analytical"


def test_an_uploaded_campaign_is_launched_as_it_is(empty_store, open_page):
    definition = Campaign("mine", "axiline", SamplerPlan(designs=2), "analytical", seed=5).to_yaml()
    app = open_page(PAGE)
    app.file_uploader(key="run-yaml").set_value(("mine.yaml", definition.encode(), "application/yaml")).run()
    button(app, "Launch mine").click().run()
    assert not app.exception
    campaigns = empty_store.services[-1].campaigns
    assert campaigns.folder("mine").campaign() == Campaign.from_yaml(definition)
    wait_for(lambda: campaigns.status("mine").is_over)


GOOD = "name: mine\nplatform: axiline\nfidelity: analytical\nsampler: {designs: 2}\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"#" * 5_000_001, r"^x\.yaml: 5,000,001 bytes; at most 5,000,000 are allowed$"),
        (b"\xff\xfe\x00", r"^x\.yaml: not UTF-8 text$"),
        (b"name: [", r"^x\.yaml.*not readable as YAML"),
        (b"- a", r"^x\.yaml: a campaign must be a mapping"),
        (GOOD.replace("axiline", "tpu").encode(), r"^x\.yaml: .*'tpu' is unknown; allowed: axiline"),
        (GOOD.replace("designs: 2", "designs: 0").encode(), r"^x\.yaml: sampler: designs is 0.*; give either"),
        (GOOD.replace("sampler: {designs: 2}", "designs: []").encode(), r"^x\.yaml: designs has 0 entries"),
        (
            GOOD.replace("sampler: {designs: 2}", "optimizer: {budget: 0, goals: [{metric: power_w, direction: min}]}"
            ).encode(),
            r"^x\.yaml: optimizer: batch is 0 and budget 0; allowed: 1 <= batch",
        ),
        ((GOOD + "constraints: [{expression: __import__('os')}]\n").encode(), r"^x\.yaml: constraint '__import__"),
        (b"dependencies: {numpy: 2}\n", r"^x\.yaml: name is missing"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_campaign_is_one_sentence(content, message):
    with pytest.raises(InvalidInputError, match=message):
        read_upload("x.yaml", content)


def test_words():
    assert unused_number("axiline", ["axiline-1", "axiline-3", "other-2"]) == 2
    assert narrowed({}, 0) == ""
    assert narrowed({"features": "5..10"}, 2) == "`features = 5 … 10`, 2 more constraints"
    assert [rate(x) for x in (250.0, 2.5, 0.5, 0.01)] == ["250/s", "2.5/s", "30/min", "36/h"]
    assert Forecast(1, 1, 0.0, 1).text == "**1 design**, all stored already: it costs nothing."
    assert Forecast(16, 4, 123.0, 2).text == (
        "**16 designs**, 4 stored already, which cost nothing, about **2 min** on 2 cores."
    )
    assert "once the first are done" in Forecast(16, 0, float("nan"), 1).text


def test_many_campaigns_are_shown_newest_first_and_all_on_request(empty_store, open_page):
    with ResultStore(empty_store.database) as store:
        for number in range(6):
            campaign = Campaign(f"c{number}", "axiline", SamplerPlan(designs=1), "analytical", seed=number)
            folder = submit(campaign, empty_store.runs)
            folder.set_control("cancel")
            prepare(folder, store)
            time.sleep(0.02)  # folders are told apart by when they were made
    app = open_page(PAGE)
    picks = [entry.label for entry in app.button if str(entry.key).startswith("run-pick-")]
    assert picks == ["c5", "c4", "c3", "c2"]
    app.toggle(key="run-all").set_value(True).run()
    picks = [entry.label for entry in app.button if str(entry.key).startswith("run-pick-")]
    assert picks == ["c5", "c4", "c3", "c2", "c1", "c0"]
    app.button(key="run-pick-c1").click().run()
    assert "c1" in [entry.value for entry in app.subheader]
