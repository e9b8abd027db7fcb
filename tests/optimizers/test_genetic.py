"""The genetic algorithm: its loss, its generations, and constraints that mutations keep."""

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.objectives import CostFunction, NormalizedCost, Objective
from accel_core.optimizers.genetic import SAMPLE_SEED, GeneticSearch
from accel_core.space import Constraint, DesignSpace, Parameter, sample

SIDES = (1, 2, 3, 4, 6, 8, 12, 24)
MESH = DesignSpace(
    "mesh",
    (
        Parameter("mesh_x", "ordinal", values=SIDES),
        Parameter("mesh_y", "ordinal", values=SIDES),
        *(Parameter(f"depth_{i}", "ordinal", values=(2, 4, 8, 16, 32, 64)) for i in range(4)),
    ),
    (Constraint("24 units", "mesh_x * mesh_y == 24"),),
)
LOSS = {"cycles": 1.0, "energy_j": 1.0, "utilization": -1.0}
GOALS = [Objective("cycles"), Objective("energy_j")]


def measured(designs):
    """Fast with a wide mesh, frugal with buffers of 8; what needs more than 200 words of buffer fails."""
    depths = designs[[f"depth_{i}" for i in range(4)]]
    cycles = 1e6 * (1 + np.abs(np.log2(designs["mesh_x"] / 12)))
    return designs.assign(
        cycles=cycles,
        energy_j=1e-6 * (1 + np.abs(np.log2(depths / 8)).sum(axis=1)),
        utilization=1e6 / cycles,
        status=np.where(depths.sum(axis=1) > 200, "infeasible", "ok"),
    )


def run(search, batches, batch=7):
    parts = []
    for _ in range(batches):
        parts.append(measured(search.ask(batch)))
        search.tell(parts[-1])
    return pd.concat(parts, ignore_index=True)


def test_the_loss_is_scaled_by_random_designs_of_its_own_that_come_first():
    search = GeneticSearch(MESH, GOALS, seed=5, loss=LOSS, sample=40)
    assert search.n_scaling == 40
    assert search.cost is None
    first = run(search, 6)
    drawn = sample(MESH, 40, "random", SAMPLE_SEED).designs
    pd.testing.assert_frame_equal(first[list(MESH.names)].iloc[:40], drawn)
    assert search.cost == NormalizedCost.from_sample(measured(drawn), LOSS)
    before = search.cost
    run(search, 4)
    assert search.cost == before


def test_the_sample_of_the_loss_has_no_children_and_the_start_of_the_search_has():
    search = GeneticSearch(MESH, GOALS, seed=0, loss=LOSS, sample=40, mutation=0.0)
    told = run(search, 10)  # 40 of the sample, 8 of the start, 22 children of one changed gene
    start, children = told.iloc[40:48][list(MESH.names)], told.iloc[48:][list(MESH.names)]
    free = [name for name in MESH.names if name != "mesh_y"]
    known = [start[free]]
    for _, child in children.iterrows():
        changes = (pd.concat(known)[free] != child[free]).sum(axis=1)
        assert changes.min() <= 2  # one gene, or two where the nearest design was known already
        known.append(child[free].to_frame().T)


def test_the_loss_falls_and_designs_that_fail_are_worst():
    search = GeneticSearch(MESH, GOALS, seed=1, loss=LOSS, sample=40, population=8)
    told = run(search, 30)
    losses = search.cost(told)
    assert np.isinf(losses[told["status"] != "ok"]).all()
    assert losses[48:].min() < losses[:48].min()
    best = told.iloc[int(np.argmin(losses))]
    assert best["mesh_x"] == 12
    late = told.iloc[-70:]
    assert (late["status"] == "ok").mean() > (told.iloc[:48]["status"] == "ok").mean()


def test_a_loss_may_use_metrics_that_are_no_goals():
    search = GeneticSearch(MESH, [Objective("energy_j")], loss="cycles=1", sample=10)
    run(search, 5)
    assert "cycles" in search.told
    with pytest.raises(InvalidInputError, match="metric 'cycles' is missing"):
        search.tell(measured(search.ask(4)).drop(columns="cycles"))


def test_a_population_forgets_all_but_the_elite():
    everything = GeneticSearch(MESH, GOALS, seed=0, cost=CostFunction({"energy_j": 1.0}))
    window = GeneticSearch(MESH, GOALS, seed=0, cost=CostFunction({"energy_j": 1.0}), population=4)
    results = measured(sample(MESH, 60, "random", 3).designs).assign(status="ok")
    results["energy_j"] = np.linspace(1.0, 2.0, 60)  # ever worse: the best came first
    for search in (everything, window):
        search.tell(results)
    # One parent of four is the elite, three are the last ones told, best first.
    assert window._best().tolist() == [0, 57, 58, 59]
    assert everything._best()[:4].tolist() == [0, 1, 2, 3]


def test_a_mutation_of_one_side_of_the_mesh_is_kept_and_the_other_side_follows():
    start = sample(MESH, 30, "random", 0).designs
    search = GeneticSearch(MESH, GOALS, seed=0, parents=1, mutation=1.0)
    search.tell(measured(start).assign(status="ok"))
    children = search.ask(200)
    MESH.check(children)
    # Drawn anew from 8 values, each about 25 times of 200; a repair that undoes changes would leave the parent's.
    counts = children["mesh_x"].value_counts()
    assert set(counts.index) == set(SIDES)
    assert counts.max() < 50


def test_crossover_takes_genes_of_both_parents():
    search = GeneticSearch(MESH, GOALS, seed=0, parents=2, mutation=0.0, crossover=1.0)
    low, high = MESH.from_index([0]), MESH.from_index([MESH.size - 1])
    search.tell(measured(pd.concat([low, high], ignore_index=True)).assign(status="ok"))
    children = search.ask(100)[[f"depth_{i}" for i in range(4)]]
    mixed = (children == 2).any(axis=1) & (children == 64).any(axis=1)
    assert mixed.sum() > 25  # one mutation alone mixes about 13 of 100


def test_replaying_results_resumes_a_search_with_a_loss():
    search = GeneticSearch(MESH, GOALS, seed=2, loss=LOSS, sample=20)
    results = run(search, 8)
    resumed = GeneticSearch(MESH, GOALS, seed=2, loss=LOSS, sample=20)
    resumed.tell(results)
    pd.testing.assert_frame_equal(resumed.ask(7), search.ask(7))


def test_a_loss_without_a_sample_is_scaled_by_what_is_known():
    search = GeneticSearch(MESH, GOALS, loss=LOSS, sample=20)
    search.tell(search.ask(20).assign(status="failed"))
    assert search.cost is None
    known = measured(sample(MESH, 50, "random", 9).designs)
    search.tell(known)
    assert search.cost == NormalizedCost.from_sample(known, LOSS)
    assert len(search.ask(7)) == 7


def test_a_cost_is_minimized():
    cost = CostFunction({"cycles": 1e-6, "energy_j": 1e6})
    search = GeneticSearch(MESH, GOALS, seed=0, cost=cost, crossover=0.5)
    costs = cost(run(search, 14))
    assert np.median(costs[-24:]) < 0.6 * np.median(costs[:8])


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"parents": 0}, "parents is 0; allowed: 1 to"),
        ({"population": -1}, "population is -1; allowed: 0 to"),
        ({"mutation": 1.5}, "mutation is 1.5"),
        ({"crossover": -0.1}, "crossover is -0.1"),
        ({"sample": 1}, "sample is 1; allowed: 2 to"),
        ({"loss": {"cycles": "lots"}}, "the weight of cycles is 'lots'"),
        ({"loss": LOSS, "cost": CostFunction(LOSS)}, "both a cost and a loss are given"),
    ],
)
def test_settings_are_checked(settings, text):
    with pytest.raises(InvalidInputError, match=text):
        GeneticSearch(MESH, GOALS, **settings)
