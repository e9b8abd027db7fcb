import numpy as np
import pandas as pd
import pytest

from accel_core.optimizers.candidates import draw_unseen, fingerprints, mutate, repaired
from accel_core.space import Constraint, DesignSpace, Parameter

SPACE = DesignSpace(
    "mesh",
    (
        Parameter("x", "integer", 1, 168),
        Parameter("y", "integer", 1, 168),
        Parameter("depth", "ordinal", values=(4, 8, 16, 32)),
        Parameter("flow", "categorical", values=("ws", "os")),
        Parameter("fixed", "integer", 3, 3),
    ),
    (Constraint("168 units", "x * y == 168"),),
)


def test_fingerprints_tell_designs_apart_and_ignore_spelling():
    designs = SPACE.enumerate()
    keys = fingerprints(SPACE, designs)
    assert len(set(keys.tolist())) == len(designs) == 16 * 4 * 2
    spelled = designs[["flow", "y", "fixed", "depth", "x"]].astype({"x": float, "depth": str}).assign(extra=1)
    assert (fingerprints(SPACE, spelled) == keys).all()
    # The same in every process and version, or a resumed search would ask for known designs.
    one = pd.DataFrame({"x": [12], "y": [14], "depth": [8], "flow": ["ws"], "fixed": [3]})
    assert fingerprints(SPACE, one).tolist() == fingerprints(SPACE, one.copy()).tolist()


def test_mutation_changes_something_but_nothing_fixed_and_keeps_to_the_cube():
    rng = np.random.default_rng(0)
    parents = SPACE.to_unit(SPACE.enumerate())
    children = mutate(SPACE, parents, rng, 0.05, local=0.5)
    assert (children != parents).any(axis=1).all()
    assert (children[:, 4] == parents[:, 4]).all()
    assert children.min() >= 0
    assert children.max() < 1


def test_local_mutation_moves_one_step():
    space = DesignSpace("line", (Parameter("x", "integer", 0, 9),))
    start = pd.DataFrame({"x": np.repeat([0, 4, 9], 50)})
    children = space.from_unit(mutate(space, space.to_unit(start), np.random.default_rng(1), 1.0, local=1.0))
    assert set((children["x"] - start["x"]).tolist()) == {-1, 0, 1}
    assert (abs(children["x"] - start["x"])[start["x"] == 4] == 1).all()


def test_repair_keeps_what_is_good_and_replaces_the_rest_by_valid_new_neighbors():
    rng = np.random.default_rng(2)
    good = SPACE.enumerate().iloc[[10, 50]]
    wanted = pd.concat([good, good.iloc[[0]], good.assign(x=1, y=1)], ignore_index=True)
    known = fingerprints(SPACE, good.iloc[[1]])
    found = repaired(SPACE, wanted, known, rng)
    assert len(found) == 5
    assert SPACE.is_valid(found).all()
    assert len(found.drop_duplicates()) == 5
    assert not np.isin(fingerprints(SPACE, found), known).any()
    assert found.iloc[0].tolist() == good.iloc[0].tolist()


def test_last_unseen_designs_are_found():
    everything = SPACE.enumerate()
    known = fingerprints(SPACE, everything.iloc[:-3])
    found = draw_unseen(SPACE, 10, known, np.random.default_rng(0))
    merged = found.merge(everything.iloc[-3:])
    assert len(found) == len(merged) == 3


@pytest.mark.parametrize("n", [1, 700])
def test_draws_are_different_and_valid(n):
    space = DesignSpace(
        "real", (Parameter("a", "real", 0, 1), Parameter("b", "real", 0, 1)), (Constraint("c", "a < b"),)
    )
    found = draw_unseen(space, n, np.empty(0, dtype=np.uint64), np.random.default_rng(0))
    assert len(found) == n
    assert (found["a"] < found["b"]).all()
