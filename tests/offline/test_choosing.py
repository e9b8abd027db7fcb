"""What the optimizer on a model looks at before swarms fly."""

import numpy as np
import pytest

from accel_core.offline import choosing
from accel_core.offline.encoding import Encoding

ENCODING = Encoding.of({f"p{i}": tuple(range(1, 7)) for i in range(5)})
HIDDEN = np.array([3, 1, 4, 1, 5])


def area(designs):
    return designs.to_numpy(float).sum(axis=1)


def slowness(indices):
    return (indices != HIDDEN).sum(axis=1).astype(float)


def chosen(limit_mm2, seed=0, starts=None):
    starts = np.zeros((0, 5), dtype=np.int32) if starts is None else starts
    return choosing.choose(ENCODING, slowness, starts, limit_mm2, 1, seed, area)[0].tolist()


@pytest.fixture
def no_flight(monkeypatch):
    monkeypatch.setattr(choosing, "GENERATIONS", 0)


@pytest.mark.usefixtures("no_flight")
def test_swarms_start_at_the_best_of_all_designs_of_a_small_space():
    assert chosen(1e4) == HIDDEN.tolist()


@pytest.mark.usefixtures("no_flight")
def test_swarms_start_at_the_best_of_the_largest_designs_that_fit(monkeypatch):
    monkeypatch.setattr(choosing, "SCREENED", 400)
    limit = float(HIDDEN.sum() + 5)
    assert chosen(limit) == HIDDEN.tolist()
    assert chosen(limit + 8) != HIDDEN.tolist()


@pytest.mark.usefixtures("no_flight")
def test_swarms_start_at_the_fastest_logged_designs_too(monkeypatch):
    monkeypatch.setattr(choosing, "SCREENED", 1)
    assert chosen(1e4, starts=HIDDEN[None].astype(np.int32)) == HIDDEN.tolist()


def test_a_space_too_large_to_list_is_drawn_from(monkeypatch):
    monkeypatch.setattr(choosing, "DRAWN", 2000)
    assert chosen(1e4) == HIDDEN.tolist()
