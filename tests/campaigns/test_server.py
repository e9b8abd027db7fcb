"""The server with real worker processes: start, pause, cancel, resume, trouble, and two of everything."""

import os
import sys
import threading
from pathlib import Path

import pytest

from accel_core.campaigns import (
    Campaign,
    CampaignServer,
    OptimizerPlan,
    RunFolder,
    SamplerPlan,
    plan_designs,
    read_status,
    run_campaign,
)
from accel_core.campaigns.owners import is_alive, kill_family
from accel_core.campaigns.planning import submit
from accel_core.campaigns.worker import main
from accel_core.errors import InvalidInputError, NameTakenError, StoreError
from accel_core.evaluators import evaluate
from accel_core.objectives import Objective
from accel_core.optimizers.genetic import SAMPLE_SEED
from accel_core.platforms import PLATFORMS, registry
from accel_core.platforms.from_files.platform_yaml import platform_of
from accel_core.space import Constraint, design_ids, sample
from accel_core.space.documents import load_document
from accel_core.store import ResultStore
from tests.campaigns.processes import drawn, kill_9, owners, wait_for

IDLE = {"worker_command": ["/bin/sleep", "0"], "driver_command": ["/bin/sleep", "0"]}


def test_a_campaign_is_paused_and_resumed_and_evaluates_each_design_once(serve, store, evaluations, monkeypatch):
    monkeypatch.setenv("FAKE_SECONDS", "0.05")
    server = serve()
    folder = server.launch(drawn("stop-and-go", 60))
    wait_for(lambda: server.status("stop-and-go").done > 3)
    server.pause("stop-and-go")
    wait_for(lambda: server.status("stop-and-go").is_over)
    paused = server.status("stop-and-go")
    assert (paused.state, paused.workers, paused.running) == ("paused", 0, 0)
    assert 3 < paused.done < 60
    assert evaluations() == paused.done == len(store.find(campaign="stop-and-go"))
    server.resume("stop-and-go")
    wait_for(lambda: server.status("stop-and-go").state == "running" and server.status("stop-and-go").rate_per_s > 0)
    wait_for(lambda: server.status("stop-and-go").is_over)
    assert server.status("stop-and-go").state == "finished"
    assert evaluations() == 60 == len(store.find(campaign="stop-and-go", status="ok"))
    wait_for(lambda: not owners(folder), 10)


def test_a_run_whose_platform_is_gone_is_paused_and_a_finished_one_is_left_alone(serve, monkeypatch, caplog):
    server = serve(**IDLE)
    done = server.launch(drawn("done", 2))
    assert main([str(done.path)]) == 0
    wait_for(lambda: server.status("done").is_over)
    half = server.launch(drawn("half", 2, seed=1))
    caplog.clear()
    others = {name: platform for name, platform in PLATFORMS.items() if name != "axiline"}
    monkeypatch.setattr(registry, "PLATFORMS", others)  # taken out and put back, it would stand last ever after
    wait_for(lambda: half.control().wanted == "pause", 20)
    server.round()
    assert half.control().problem.endswith("platform 'axiline' is unknown; allowed: eyeriss, edgetpu")
    assert (done.control().wanted, done.control().problem) == ("run", "")
    assert not [record for record in caplog.records if record.exc_info]


def test_designs_that_the_database_could_not_hold_are_refused_before_any_is_evaluated(serve, store, monkeypatch, runs):
    text = "name: {}\nparameters: [{{name: shared, kind: categorical, values: {}}}]\nformulas: {{cycles: 2}}\n"
    for name, values in (("one", "[a, b]"), ("two", "[1, 2]")):
        given = text.format(name, values).replace("categorical", "ordinal" if name == "two" else "categorical")
        platform = platform_of(load_document(given)[1], runs)
        monkeypatch.setitem(PLATFORMS, name, platform)
    store.add(evaluate("one", PLATFORMS["one"].space.defaults(), "simulated"))
    with pytest.raises(
        StoreError, match=r"the default design of two, row 1, column 'shared': .* holds text under that"
    ):
        serve(**IDLE).launch(Campaign("second", "two", SamplerPlan("random", designs=2)))
    assert not (runs / "second" / "campaign.yaml").exists()


def test_cancel_kills_the_tools_at_once_and_keeps_what_is_finished(serve, store, monkeypatch, tmp_path):
    monkeypatch.setenv("FAKE_TOOL", "sleep 50")
    server = serve()
    folder = server.launch(drawn("long", 3))
    wait_for(lambda: server.status("long").running == 1 and marked(owners(folder)))
    (worker,) = owners(folder)
    tools = marked([worker])
    server.cancel("long")
    wait_for(lambda: server.status("long").state == "cancelled", 15)
    assert not is_alive(worker)
    wait_for(lambda: not marked([worker]), 5)
    assert tools
    assert store.find().empty
    assert (server.status("long").done, server.status("long").running) == (0, 0)
    monkeypatch.setenv("FAKE_TOOL", "true")
    server.resume("long")
    wait_for(lambda: server.status("long").is_over)
    assert server.status("long").ok == 3


def marked(workers):
    """Return the processes that workers started and that live."""
    pids = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            content = environ.read_bytes()
        except OSError:
            continue
        if any(f"ACCEL_OWNER={owner}".encode() in content for owner in workers):
            pids.append(int(environ.parent.name))
    return pids


def test_the_tools_of_a_killed_worker_die_and_its_design_is_tried_again(serve, monkeypatch):
    monkeypatch.setenv("FAKE_TOOL", "sleep 50")
    server = serve()
    folder = server.launch(drawn("orphans", 1))
    wait_for(lambda: owners(folder) and marked(owners(folder)))
    (worker,) = owners(folder)
    monkeypatch.setenv("FAKE_TOOL", "true")
    kill_9(worker)
    wait_for(lambda: not marked([worker]), 10)
    wait_for(lambda: server.status("orphans").is_over)
    assert server.status("orphans").ok == 1


@pytest.mark.slow
def test_a_design_that_kills_its_worker_fails_and_the_others_do_not(serve, store, monkeypatch):
    campaign = drawn("poison", 8)
    victim = int(plan_designs(campaign)["features"].iloc[2])
    monkeypatch.setenv("FAKE_POISON", str(victim))
    server = serve()
    server.launch(campaign)
    wait_for(lambda: server.status("poison").is_over, 120)
    results = store.find(campaign="poison")
    failed = results.loc[results["status"] == "failed"]
    assert len(results) == 8
    assert set(failed["features"]) == {victim}
    assert set(failed["stage"]) == {"worker"}
    assert set(failed["reason"]) == {"the process that evaluated it was killed 3 times"}


def test_workers_go_on_without_a_server_and_the_next_one_takes_over(serve, store, monkeypatch, evaluations):
    monkeypatch.setenv("FAKE_SECONDS", "0.02")
    server = serve()
    folder = server.launch(drawn("alone", 60))
    wait_for(lambda: server.status("alone").done > 0)
    server.close()
    workers = owners(folder)
    wait_for(lambda: not owners(folder))
    assert workers
    waiting = len(list(folder.parts.glob("*.parquet")))
    assert waiting > 0
    server = serve()
    wait_for(lambda: server.status("alone").is_over)
    assert evaluations() == 60 == len(store.find(campaign="alone"))


def test_stored_designs_cost_nothing_and_belong_to_both_campaigns(serve, store):
    server = serve(**IDLE)
    assert main([str(server.launch(drawn("first", 10)).path)]) == 0
    wait_for(lambda: server.status("first").is_over)
    server.launch(drawn("second", 10))
    second = server.status("second")
    assert (second.state, second.done, second.reused, second.ok) == ("finished", 10, 10, 10)
    assert len(store.find(campaign="first")) == len(store.find(campaign="second")) == len(store.find()) == 10


def test_a_corrupt_part_is_set_aside_and_its_designs_evaluated_again(serve, store):
    first = serve(**IDLE)
    folder = first.launch(drawn("torn", 9))
    first.close()
    assert main([str(folder.path)]) == 0
    part = max(folder.parts.glob("*.parquet"), key=lambda path: path.stat().st_size)
    part.write_bytes(part.read_bytes()[:-100])
    second = serve(**IDLE)
    wait_for(lambda: not part.exists() and not second.status("torn").unsaved, 10)
    assert store.rejected()["name"].tolist() == [part.name]
    assert (folder.parts / "rejected" / part.name).exists()
    n_lost = 9 - len(store.find(campaign="torn"))
    assert n_lost == 9 - second.status("torn").done > 0
    assert main([str(folder.path)]) == 0
    wait_for(lambda: second.status("torn").is_over)
    assert len(store.find(campaign="torn", status="ok")) == 9


def test_results_lost_with_the_database_are_evaluated_again_on_resume(serve, store, runs, tmp_path):
    server = serve(**IDLE)
    folder = server.launch(drawn("lost", 5))
    assert main([str(folder.path)]) == 0
    wait_for(lambda: server.status("lost").is_over)
    server.close()
    with ResultStore(tmp_path / "empty.duckdb") as empty, CampaignServer(empty, runs, **IDLE) as second:
        second.resume("lost")
        assert second.status("lost").done == 0
        assert main([str(folder.path)]) == 0
        wait_for(lambda: second.status("lost").is_over)
        assert len(empty.find(campaign="lost")) == 5


def test_campaigns_share_the_cores_in_the_order_of_their_launch(serve, runs):
    server = serve(max_workers=3, worker_command=["/bin/sh", "-c", "exec sleep 30"])
    for name, workers in (("a", 1), ("b", 0), ("c", 0)):
        server.launch(drawn(name, 40, workers=workers))
    wait_for(lambda: server.status("a").workers == 1 and server.status("b").workers == 2)
    for _ in range(5):
        server.round()
    assert [(status.name, status.workers) for status in server.statuses()] == [("c", 0), ("b", 2), ("a", 1)]
    assert server.status("c").state == "queued"
    server.cancel("b")  # these do not listen, so they are killed
    wait_for(lambda: server.status("c").workers == 2)
    assert (server.status("b").state, server.status("b").workers) == ("cancelled", 0)


def test_workers_that_cannot_start_pause_the_campaign_with_the_reason(serve):
    broken = [sys.executable, "-c", "raise SystemExit('the fan is loose')"]
    server = serve(worker_command=broken)
    server.launch(drawn("broken", 3))
    wait_for(lambda: server.status("broken").is_over, 30)
    status = server.status("broken")
    assert status.state == "paused"
    assert "campaign 'broken': its processes end at once: " in status.problem
    assert "the fan is loose" in status.problem


@pytest.mark.slow
def test_a_killed_search_goes_on_to_the_same_designs(serve, store, runs, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_SECONDS", "0.05")
    plan = OptimizerPlan((Objective("runtime_s"), Objective("utilization", "max")), "nsga2", budget=24, batch=4)
    undisturbed = Campaign("calm", "axiline", plan, "analytical", seed=2)
    server = serve()
    server.launch(undisturbed)
    wait_for(lambda: server.status("calm").is_over, 90)
    calm = store.find(campaign="calm")["design_id"].tolist()
    server.close()
    with ResultStore(tmp_path / "other.duckdb") as other:
        with CampaignServer(other, tmp_path / "other", max_workers=1, interval_s=0.05) as server:
            folder = server.launch(Campaign("hunted", "axiline", plan, "analytical", seed=2))
            try:
                for done in (5, 13):
                    wait_for(lambda done=done: server.status("hunted").done >= done)
                    for owner in owners(folder):
                        kill_9(owner)
                wait_for(lambda: server.status("hunted").is_over, 90)
            finally:
                for owner in owners(folder):
                    kill_family(owner)
        assert set(other.find(campaign="hunted")["design_id"]) == set(calm)
    assert len(calm) == 24


def test_a_search_has_the_results_too_that_another_had_stored(serve, store, evaluations):
    plan = OptimizerPlan((Objective("runtime_s"),), "random", budget=6, batch=3)
    server = serve()
    for name in ("first", "again"):
        server.launch(Campaign(name, "axiline", plan, "analytical", seed=5))
        wait_for(lambda name=name: server.status(name).is_over, 60)
    server.round()
    found = [set(store.find(campaign=name)["design_id"]) for name in ("first", "again")]
    assert evaluations() == 6 == len(found[0])
    assert found[0] == found[1]


def test_a_search_whose_first_batches_have_no_success_goes_on(serve, store):
    plan = OptimizerPlan((Objective("runtime_s"),), "bayesian", budget=12, batch=4)
    server = serve(worker_command=IDLE["worker_command"])
    folder = server.launch(Campaign("thorny", "axiline", plan, "analytical"))
    seen = 0

    def evaluated(campaign, designs, artifacts):
        nonlocal seen
        seen += len(designs)
        results = evaluate(campaign.platform, designs, campaign.fidelity)
        if seen > 8:
            return results
        return results.drop(columns="runtime_s").assign(status="infeasible", stage="floorplan", reason="over-full")

    assert main([str(folder.path)], evaluated) == 0
    wait_for(lambda: server.status("thorny").is_over)
    status = server.status("thorny")
    assert (status.state, status.infeasible, status.ok, status.problem) == ("finished", 8, 4, "")
    assert store.find(campaign="thorny", status="ok")["runtime_s"].notna().all()


def test_a_search_with_a_loss_stores_the_designs_that_set_its_scale_too(serve, store):
    options = {"loss": "runtime_s=1", "sample": 10, "parents": 3}
    plan = OptimizerPlan((Objective("utilization", "max"),), "genetic", budget=6, batch=3, options=options)
    campaign = Campaign("bred", "axiline", plan, "analytical")
    server = serve()
    server.launch(campaign)
    wait_for(lambda: server.status("bred").is_over, 30)
    assert server.status("bred").state == "finished"
    scale = sample(campaign.space, 10, "random", SAMPLE_SEED).designs
    stored = store.find(campaign="bred")
    assert len(stored) == 16
    assert set(design_ids(scale, campaign.space.names)) < set(stored["design_id"])


def test_the_command_line_runs_a_campaign_to_its_end(tmp_path):
    seen = []
    text = drawn("headless", 6).to_yaml()
    paths = {"database": tmp_path / "results.duckdb", "runs": tmp_path / "runs"}
    status = run_campaign(text, seen.append, **paths)
    assert (status.state, status.ok, status.unsaved) == ("finished", 6, 0)
    assert seen[-1] == status
    assert run_campaign(text, seen.append, **paths).state == "finished"
    with ResultStore(paths["database"]) as store:
        assert len(store.find(campaign="headless")) == 6


def test_the_command_line_hands_a_campaign_to_the_server_that_owns_the_database(serve, store, runs):
    serve(**IDLE)
    result = []
    text = drawn("handed", 6).to_yaml()
    follower = threading.Thread(
        target=lambda: result.append(run_campaign(text, lambda _: None, database=store.path, runs=runs))
    )
    follower.start()
    wait_for((runs / "handed" / "campaign.yaml").exists)
    wait_for(lambda: read_status(RunFolder(runs / "handed"), 6).state != "planning")
    assert main([str(runs / "handed")]) == 0
    follower.join(60)
    assert result[0].ok == 6
    assert len(store.find(campaign="handed")) == 6


def test_a_handed_campaign_that_cannot_be_planned_ends_with_the_reason(serve, store, runs):
    serve(**IDLE)
    impossible = drawn("hopeless", 2, constraints=(Constraint("huge", "features > 1000"),))
    errors = []

    def follow():
        try:
            run_campaign(impossible.to_yaml(), lambda _: None, database=store.path, runs=runs)
        except StoreError as error:
            errors.append(str(error))

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    follower.join(20)
    assert not follower.is_alive()
    assert "has 0 valid designs" in errors[0]


def test_a_run_whose_queue_is_broken_stops_alone_and_says_so(runs, store):
    server = CampaignServer(store, runs, **IDLE)  # looks at the runs only when asked to
    folder = server.launch(drawn("spoilt", 3))
    folder.queue.write_bytes(b"no database" * 1000)
    fine = server.launch(drawn("fine", 2))
    server.round()
    assert server.status("spoilt").state == "paused"
    assert "queue.sqlite cannot be used: file is not a database" in server.status("spoilt").problem
    assert main([str(fine.path)]) == 0
    server.round()
    assert (server.status("fine").state, len(store.find(campaign="fine"))) == ("finished", 2)
    with pytest.raises(StoreError, match=r"queue\.sqlite cannot be used"):
        server.resume("spoilt")
    server.close()


def test_without_a_server_a_database_in_use_is_an_error(store, runs):
    with pytest.raises(StoreError, match="is in use by this process"):
        run_campaign(drawn("x", 2).to_yaml(), lambda _: None, database=store.path, runs=runs)
    assert not (runs / "x").exists()


def test_two_servers_on_one_folder_of_runs_are_refused(serve, store, runs):
    first = serve(**IDLE)
    with pytest.raises(StoreError, match=f"is in use by process {os.getpid()}; one server at a time"):
        CampaignServer(store, runs)
    first.close()
    CampaignServer(store, runs).close()


def test_a_name_means_one_definition(serve):
    server = serve(**IDLE)
    server.launch(drawn("mine", 4))
    server.launch(drawn("mine", 4, workers=2))
    with pytest.raises(InvalidInputError, match="campaign 'mine' exists with another definition"):
        server.launch(drawn("mine", 5))
    with pytest.raises(InvalidInputError, match="campaign 'yours' is unknown; there are: mine"):
        server.status("yours")


def test_of_many_who_launch_one_name_at_once_each_gets_a_campaign_of_its_own(serve, store, runs):
    servers = [serve(**IDLE), *(CampaignServer(store, runs / f"other{n}", **IDLE) for n in range(2))]
    for server in servers[1:]:
        server._runs = runs  # as another process that submits to the same folder
    names: list[str] = []

    def launch(number: int) -> None:
        campaign = drawn("crowd-1", 2, seed=number)
        names.append(servers[number % 3].launch_next(campaign, "crowd").name)

    people = [threading.Thread(target=launch, args=(number,)) for number in range(9)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    for server in servers[1:]:
        server.close()
    assert sorted(names) == [f"crowd-{number}" for number in range(1, 10)]
    assert {RunFolder(runs / name).campaign().seed for name in names} == set(range(9))


def test_a_name_that_is_taken_says_whether_it_may_be_joined(serve):
    server = serve(**IDLE)
    server.launch(drawn("mine", 4))
    for campaign, is_alike in ((drawn("mine", 4, workers=2), True), (drawn("mine", 5), False)):
        with pytest.raises(NameTakenError) as caught:
            server.launch(campaign, join=False)
        assert caught.value.is_same is is_alike
    assert server.launch_next(drawn("mine", 4), "mine").name == "mine-1"


def test_a_name_is_free_again_after_a_campaign_that_could_not_begin(serve, store, monkeypatch):
    server = serve(**IDLE)
    with pytest.raises(InvalidInputError, match="valid designs"):
        server.launch(drawn("again", 2, constraints=(Constraint("huge", "features > 1000"),)), join=False)
    with monkeypatch.context() as patched:
        patched.setattr(store, "find", lambda **_: (_ for _ in ()).throw(StoreError("the disk is full")))
        with pytest.raises(StoreError, match="the disk is full"):
            server.launch(drawn("again", 9), join=False)
    assert server.launch(drawn("again", 2, seed=3), join=False).is_open()
    assert server.status("again").total == 2, "the designs of the other were forgotten"


def test_a_folder_that_is_a_file_is_one_sentence(serve, runs):
    server = serve(**IDLE)
    (runs / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"notes\.txt: cannot be written: (Not a directory|File exists)"):
        server.launch(drawn("notes.txt", 2))
    assert (runs / "notes.txt").read_text() == "mine"


def test_a_campaign_that_cannot_be_planned_leaves_nothing(serve, runs, store):
    server = serve(**IDLE)
    row = store.find().to_dict("records") or [{"features": 3}]
    with pytest.raises(InvalidInputError, match="designs: 'benchmark' is missing"):
        server.launch(Campaign("bad", "axiline", tuple(row), "analytical"))
    with pytest.raises(InvalidInputError, match=r"optimizer\.name is 'magic'; allowed: random"):
        server.launch(Campaign("bad", "axiline", OptimizerPlan((Objective("runtime_s"),), "magic"), "analytical"))
    assert server.statuses() == []


def test_a_broken_definition_in_the_folder_stops_that_run_only(serve, runs, store):
    folder = submit(drawn("spoilt", 3), runs)
    folder.definition.write_text("name: [", encoding="utf-8")
    submit(Campaign("fine", "axiline", SamplerPlan("random", designs=2), "analytical"), runs)
    server = serve(**IDLE)
    wait_for(lambda: server.status("fine").state == "queued")
    assert main([str(runs / "fine")]) == 0
    wait_for(lambda: server.status("fine").is_over)
    assert server.status("fine").ok == 2
    assert "not readable as YAML" in server.status("spoilt").problem
