"""The queue of one run: designs are taken once, given back when their worker dies, and given up when they kill it."""

import math

import pandas as pd
import pytest

from accel_core.campaigns.queue import MAX_ATTEMPTS, TaskQueue

DESIGNS = pd.DataFrame({"lanes": range(6), "clock_hz": [0.1 + 1e9 / 3] * 6, "kind": ["svm"] * 6})
IDS = [f"{number:016x}" for number in range(6)]


@pytest.fixture
def queue(tmp_path):
    with TaskQueue(tmp_path / "queue.sqlite") as opened:
        opened.put(DESIGNS, IDS)
        yield opened


def done(ids, status="ok"):
    return pd.DataFrame({"design_id": ids, "status": status, "power_w": 0.1, "area": math.nan})


def test_designs_come_back_exactly_and_in_order(queue):
    claimed = queue.claim("a", 4)
    assert claimed["design_id"].tolist() == IDS[:4]
    pd.testing.assert_frame_equal(claimed[list(DESIGNS)].reset_index(drop=True), DESIGNS.iloc[:4])


def test_no_design_is_taken_twice_even_through_two_connections(queue, tmp_path):
    with TaskQueue(tmp_path / "queue.sqlite") as other:
        taken = [
            *queue.claim("a", 2)["design_id"],
            *other.claim("b", 3)["design_id"],
            *queue.claim("a", 9)["design_id"],
        ]
        assert other.claim("b", 1).empty
    assert sorted(taken) == IDS
    assert queue.owners() == {"a", "b"}


def test_a_dead_workers_designs_are_given_back_and_come_alone(queue):
    queue.claim("dead", 3)
    queue.claim("alive", 1)
    assert queue.recover(lambda owner: owner == "alive") == {"dead"}
    assert queue.claim("c", 5)["design_id"].tolist() == IDS[4:], "those never begun come first"
    assert [queue.claim("c", 5)["design_id"].tolist() for _ in range(3)] == [[IDS[0]], [IDS[1]], [IDS[2]]]


def test_a_design_that_kills_its_worker_is_given_up_and_others_are_not(queue):
    queue.finish(done(IDS[1:]), "p")
    for _ in range(MAX_ATTEMPTS):
        assert queue.take_poisoned("me").empty
        assert queue.claim("dead", 1)["design_id"].tolist() == IDS[:1]
        queue.recover(lambda _: False)
    assert queue.claim("next", 1).empty
    assert queue.take_poisoned("me")["design_id"].tolist() == IDS[:1]


def test_giving_back_on_purpose_is_no_attempt(queue):
    for _ in range(MAX_ATTEMPTS + 2):
        assert len(queue.claim("a", 6)) == 6
        queue.release("a")
    assert queue.waiting() == IDS


def test_progress_is_counted(queue):
    queue.finish(done(IDS[:2]), "p1")
    queue.finish(done(IDS[2:3], "infeasible"), "")
    queue.claim("a", 1)
    tally = queue.tally()
    assert (tally.total, tally.states) == (6, {"done": 3, "waiting": 2, "running": 1})
    assert tally.statuses == {"ok": 2, "infeasible": 1}
    assert tally.reused == 1
    assert tally.rate_per_s > 0
    assert not queue.is_idle()


def test_designs_of_a_lost_part_are_evaluated_again(queue):
    queue.finish(done(IDS[:4]), "lost")
    queue.reopen(queue.of_part("lost"))
    assert queue.waiting() == IDS


def test_putting_again_changes_nothing(queue):
    queue.finish(done(IDS[:1]), "p")
    assert queue.put(DESIGNS, IDS) == []
    assert queue.count() == 6
    assert queue.done() == IDS[:1]


def test_batches_come_when_complete_with_parameters_and_metrics(queue):
    assert queue.put(DESIGNS.iloc[:2].assign(lanes=[7, 8]), ["7" * 16, "8" * 16], batch=1) == ["7" * 16, "8" * 16]
    assert list(queue.batches()) == []
    queue.finish(done(IDS), "p")
    (first,) = queue.batches()
    assert first["lanes"].tolist() == list(range(6))
    assert first["power_w"].tolist() == [0.1] * 6
    assert first["area"].isna().all()
    assert first["clock_hz"].tolist() == DESIGNS["clock_hz"].tolist()


def test_facts_are_kept(queue, tmp_path):
    assert queue.fact("planned") == ""
    queue.set_fact("planned", "yes")
    with TaskQueue(tmp_path / "queue.sqlite") as other:
        assert other.fact("planned") == "yes"
