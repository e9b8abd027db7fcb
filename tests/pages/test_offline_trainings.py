"""Trainings of the page Offline in their threads: how they wait, end and fail, and where the server keeps them."""

from __future__ import annotations

from unittest.mock import Mock

import pandas as pd
import pytest

from accel_core import offline
from pages.components import offline_desk, offline_learn, offline_state, offline_training
from pages.components.offline_asked import Asked
from pages.components.offline_data import shipped_log
from pages.components.offline_desk import Desk, Desks
from pages.components.offline_learn import drawn_rows, newest, under_way
from pages.components.offline_training import Training
from tests.pages.made_up_trainings import NAME, PATIENCE_S, SIZES, tiny_training


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every model a tiny one."""
    monkeypatch.setattr(offline_training, "SIZES", SIZES)


def test_a_server_keeps_the_desks_used_last(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, names = Desks(), [Desk("a"), Desk("b"), Desk("c")]
    monkeypatch.setattr(offline_desk, "MOST_DESKS", 2)
    for entry in (*names[:2], names[0], names[2]):
        kept.keep(entry)
    assert [kept.get(name) is not None for name in "abc"] == [True, False, True]
    names[0].trainings.append(tiny_training())
    monkeypatch.setattr(offline_desk, "MOST_ROWS", 19_999)
    kept.keep(names[0])
    assert [kept.get(name) is not None for name in "abc"] == [True, False, False]


@pytest.mark.parametrize(("alpha", "with_infeasible", "n"), [(0.0, False, 1), (0.1, True, 2)])
def test_a_model_is_optimized_once(monkeypatch: pytest.MonkeyPatch, alpha, with_infeasible, n) -> None:
    asked = []
    monkeypatch.setattr(offline_state, "choose", lambda model, *_: asked.append(model) or model)
    training = Training(Asked("Shipped log", "", (NAME,), alpha, with_infeasible, 8), pd.DataFrame())
    training.models = {"naive": 0, "conservative": n - 1}
    assert offline_state._chosen(training, 27.0) == training.models
    assert asked == list(range(n))


def test_a_stopped_training_ends_soon_and_keeps_what_it_has() -> None:
    training = Training(Asked("Shipped log", "", (NAME,), 0.1, True, 20_000), shipped_log().of([NAME]))
    training.stop()
    training.start().wait(PATIENCE_S)
    assert not training.is_live
    assert not training.models
    training = Training(Asked("Shipped log", "", (NAME,), 0.0, False, 20_000), shipped_log().of([NAME]))
    watch = training._watcher("naive")
    training.curves["naive"] = []
    assert watch({"step": 5.0}) is False
    training.stop()
    assert watch({"step": 10.0}) is True
    assert training.steps_done == 10


def test_a_training_that_fails_says_why() -> None:
    rows = shipped_log().of([NAME])
    training = Training(Asked("Shipped log", "", (NAME,), 0.1, True, 8), rows[rows["status"] != "ok"]).start()
    training.wait(PATIENCE_S)
    assert "0 feasible designs" in training.problem
    assert not training.is_ready


@pytest.mark.parametrize(
    ("error", "words"),
    [(RuntimeError("no room\nfor it"), "RuntimeError: no room"), (MemoryError(), "MemoryError")],
)
def test_a_training_that_breaks_says_so_and_ends_its_twin(monkeypatch, caplog, error, words) -> None:
    def broken(*_, **__):
        raise error

    monkeypatch.setattr(offline, "train_offline", broken)
    training = tiny_training().start()
    training.wait(PATIENCE_S)
    assert training.problem == words
    assert training.is_stopped
    assert not training.models
    assert any(record.exc_info for record in caplog.records)


def test_a_training_that_waits_for_another_says_so_and_stops_at_once() -> None:
    with offline_training._TURN:
        training = tiny_training().start()
        assert training.is_waiting
        assert under_way(training) == "waiting for another session's training to end"
        offline_training._WARMING_UP.set()
        assert under_way(training) == "compiling both models"
        offline_training._WARMING_UP.clear()
        training.stop()
        training.wait(10.0)
        assert not training.is_live
    assert not training.is_waiting
    assert offline_training._TURN.acquire(blocking=False)
    offline_training._TURN.release()


def test_a_training_that_waited_for_the_same_takes_its_models() -> None:
    done = tiny_training()
    done.models = {"naive": object(), "conservative": object()}
    found = []
    with offline_training._TURN:
        training = tiny_training()
        training.twin = lambda: found[0] if found else None
        training.start()
        assert training.is_waiting
        found.append(done)
    training.wait(PATIENCE_S)
    assert training.models == done.models
    assert training.is_taken_over


def test_a_training_that_everybody_left_makes_room_for_one_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_training, "LEFT_S", 0.0)
    left, wanted = tiny_training(), tiny_training()
    left.is_attended = lambda: False
    ends = left._watcher("naive")
    left.curves["naive"] = []
    assert ends({"step": 1.0}) is False
    with offline_training._TURN:
        wanted.start()
        assert wanted.is_waiting
        assert ends({"step": 2.0}) is True
        also_left = tiny_training()
        also_left.is_attended = left.is_attended
        also_left.start().wait(10.0)
        assert not also_left.is_live
        assert wanted.is_waiting
        wanted.stop()
        wanted.wait(10.0)
    assert ends({"step": 3.0}) is False


def test_a_desk_is_attended_while_a_browser_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    active = {"session-1"}
    monkeypatch.setattr(offline_desk, "exists", lambda: True)
    monkeypatch.setattr(offline_desk, "get_instance", lambda: Mock(is_active_session=active.__contains__))
    desk = Desk(sessions={"session-0", "session-1"})
    assert desk.is_attended()
    active.clear()
    assert not desk.is_attended()


def test_curves_are_drawn_anew_only_now_and_then_while_they_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_learn.st, "session_state", {})
    training = tiny_training()
    grown = [{"naive": [{"step": 1.0, "held_out_error": 0.5}] * n} for n in (1, 2, 3)]
    assert drawn_rows(training, grown[1], 0.0) is grown[1]
    monkeypatch.setattr(Training, "is_live", True)
    assert drawn_rows(training, grown[0], 10.0) is grown[0]
    assert drawn_rows(training, grown[1], 10.0 + 0.5 * offline_learn.REDRAW_S) is grown[0]
    assert drawn_rows(training, grown[2], 10.0 + 1.5 * offline_learn.REDRAW_S) is grown[2]
    assert newest({"naive": grown[0]["naive"], "conservative": []}) == (
        "Error on held-out designs: naive 50 % of the variance of ln latency."
    )
