"""What a campaign may reuse: results of the same seed, made by the present version of the model, and no others."""

from dataclasses import replace

import pandas as pd
import pytest

from accel_core.campaigns import Campaign, OptimizerPlan, plan_designs
from accel_core.campaigns.planning import prepare, submit
from accel_core.campaigns.worker import main
from accel_core.evaluators import evaluate
from accel_core.objectives import Objective
from accel_core.platforms import PLATFORMS, get_platform
from tests.campaigns.processes import drawn, wait_for

IDLE = {"worker_command": ["/bin/sleep", "0"], "driver_command": ["/bin/sleep", "0"]}


@pytest.fixture
def correct(monkeypatch):
    """Return what makes Axiline's equations those of another version."""

    def correct() -> None:
        changed = replace(get_platform("axiline"), versions={"analytical": "2"})
        monkeypatch.setitem(PLATFORMS, "axiline", changed)

    return correct


def run(server, campaign):
    folder = server.launch(campaign)
    assert main([str(folder.path)]) == 0
    wait_for(lambda: server.status(campaign.name).is_over)
    return server.status(campaign.name)


def test_the_same_designs_with_another_seed_are_other_results(serve, store):
    server = serve(**IDLE)
    first = drawn("first", 5)
    designs = tuple(plan_designs(first).to_dict("records"))
    run(server, first)
    second = Campaign("second", "axiline", designs, "analytical", seed=first.seed + 1)
    assert run(server, second).reused == 0
    third = replace(second, name="third")
    assert run(server, third).reused == 5
    assert sorted(store.find()["seed"]) == [first.seed] * 5 + [second.seed] * 5
    for campaign in (first, second, third):
        assert store.find(campaign=campaign.name)["seed"].tolist() == [campaign.seed] * 5


def test_a_campaign_resumed_under_a_corrected_model_is_evaluated_again(serve, store, correct):
    server = serve(**IDLE)
    folder = server.launch(drawn("long", 6))
    assert main([str(folder.path)]) == 0
    wait_for(lambda: server.status("long").is_over)
    correct()
    server.resume("long")
    assert server.status("long").done == 0
    assert main([str(folder.path)]) == 0
    wait_for(lambda: server.status("long").is_over)
    assert store.find(campaign="long")["model_version"].tolist() == ["2"] * 6
    assert sorted(store.find(campaign="long", older=True)["model_version"]) == ["1"] * 6 + ["2"] * 6


def test_a_search_knows_only_what_it_could_have_evaluated_itself(store, runs, correct):
    designs = plan_designs(drawn("designs", 6))
    plan = OptimizerPlan((Objective("runtime_s", "min"),), budget=6)
    campaign = Campaign("search", "axiline", plan, "analytical", seed=4)
    store.add(evaluate("axiline", designs, "analytical", seed=4))
    correct()
    store.add(evaluate("axiline", designs.iloc[:3], "analytical", seed=4))
    store.add(evaluate("axiline", designs, "analytical", seed=0))
    folder = submit(campaign, runs)
    prepare(folder, store)
    known = pd.read_parquet(folder.known)
    assert known[["model_version", "seed"]].to_numpy().tolist() == [["2", 4]] * 3
