"""What the tables of benchmarks/prime.py are worked out with, and that its online searches count alike."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from accel_core.errors import InvalidInputError
from accel_core.offline import OfflineSettings
from accel_core.platforms.edgetpu.architecture import values
from accel_core.platforms.edgetpu.logs import FACTORS
from accel_core.platforms.edgetpu.optima import optimum
from benchmarks.prime import missing
from benchmarks.prime_offline import Plan, changes_of, choice_unit, grid_of
from benchmarks.prime_online import BudgetSpent, Simulator, areas_mm2, measure, search, within
from benchmarks.prime_report import online_columns
from benchmarks.prime_results import Results
from benchmarks.prime_rows import TABLES, rows_of
from benchmarks.prime_tables import after, aligned, band, fewer, geomean, middle, needed, ratio, share_of_gain
from benchmarks.prime_units import Folder, Unit, complete, time_left_s

INF = math.inf
IMPROVEMENTS = [(3, 5.0), (10, 2.0), (400, 1.0)]


def test_simulations_are_counted_to_the_first_design_that_is_fast_enough() -> None:
    assert [needed(IMPROVEMENTS, target) for target in (6.0, 5.0, 1.5, 1.0, 0.9)] == [3, 3, 400, 400, INF]
    assert [after(IMPROVEMENTS, n) for n in (2, 3, 399, 400, INF)] == [INF, 5.0, 2.0, 1.0, 1.0]
    assert fewer(10, 1000) == pytest.approx(0.99)
    assert fewer(10, INF) == 1.0
    assert fewer(10, 5) == -1.0


def test_a_design_that_does_not_run_gains_nothing() -> None:
    assert ratio(6.0, 2.0) == 3.0
    assert ratio(6.0, INF) == ratio(INF, INF) == 0.0
    assert ratio(INF, 2.0) == INF
    assert share_of_gain(2.0, 4.0) == pytest.approx(0.5)
    assert share_of_gain(0.0, 4.0) == -INF
    assert share_of_gain(0.5, 2.0) == pytest.approx(-1.0)
    assert math.isnan(share_of_gain(1.0, 1.0))


def test_geometric_means_leave_out_nothing() -> None:
    assert geomean([1.0, 4.0]) == pytest.approx(2.0)
    assert all(math.isnan(geomean(values)) for values in ([], [1.0, 0.0], [2.0, INF], [2.0, math.nan]))


def test_medians_are_infinite_if_half_of_the_values_are() -> None:
    assert middle([1.0, 2.0]) == 1.5
    assert middle([1.0, 2.0, INF]) == 2.0
    assert middle([1.0, INF, INF]) == INF
    assert math.isnan(middle([]))


def test_bands_show_what_seeds_differ_by() -> None:
    assert band([2.0, 1.0, 4.0], 1) == "2.0 (1.0-4.0)"
    assert band([1.0, 1.01], 1) == "1.0"
    assert band([1.0, 2.0, INF], 0, "> budget") == "2 (1-> budget)"
    assert band([-1e-16]) == "0.0"
    assert band([]) == band([math.nan]) == "-"


def test_tables_are_aligned() -> None:
    lines = aligned(["a", "b"], [["long", "1"], ["x", "1234"]]).split("\n")
    assert lines == ["| a    |    b |", "|------|-----:|", "| long |    1 |", "| x    | 1234 |"]


def test_every_row_has_an_optimum_and_published_numbers() -> None:
    rows = [row for table in TABLES for row in rows_of(table)]
    assert [len(rows_of(table)) for table in TABLES] == [9, 7, 4]
    for row in rows:
        assert optimum(row.tests, row.limit_mm2).runtime_s > 0
        assert row.published["prime"] > 0 < row.published["evolutionary"]
        assert row.table != "zero" or not set(row.tests) & set(row.names)


def test_published_numbers_fit_together_and_with_those_of_the_logs() -> None:
    def mean(table: str, method: str) -> float:
        return geomean([row.published[method] / row.published["prime"] for row in rows_of(table)])

    # The paper's own means; the remembered rows must give them.
    assert mean("single", "evolutionary") == pytest.approx(1.547, abs=1e-3)
    assert mean("single", "bayesian") == pytest.approx(1.585, abs=1e-3)
    assert mean("single", "logged") == pytest.approx(2.464, abs=1e-3)
    assert mean("multi", "evolutionary") == pytest.approx(1.21, abs=5e-3)
    assert mean("multi", "bayesian") == pytest.approx(1.25, abs=5e-3)
    assert mean("zero", "evolutionary") == pytest.approx(1.245, abs=1e-3)
    for row in rows_of("single"):
        assert row.published["logged"] / row.published["prime"] == pytest.approx(FACTORS[row.names[0]])


def test_a_simulation_counts_once_and_only_within_the_area() -> None:
    simulator = Simulator(["m6"], 27.0, 100)
    inside = within(27.0, 40, np.random.default_rng(0))
    large = np.array([[len(column) - 1 for column in values()]], dtype=np.uint8)
    assert areas_mm2(inside).max() <= 27.0 < areas_mm2(large)[0]
    picks = np.concatenate([inside, inside[:5], large])
    scores = simulator(picks)
    assert simulator.n == len(np.unique(inside, axis=0))
    assert scores[-1] > scores[:-1].max()
    np.testing.assert_array_equal(scores[40:45], scores[:5])
    assert simulator.n_feasible == np.sum(scores[:40] < 1e100)
    assert simulator.improvements[-1][1] == scores.min()
    simulator(picks)
    assert simulator.n == len(np.unique(inside, axis=0))
    with pytest.raises(BudgetSpent):
        simulator(within(27.0, 100, np.random.default_rng(1)))
    assert simulator.n == 100


@pytest.mark.parametrize("method", ["evolutionary", "random"])
def test_searches_spend_their_budget_and_say_what_they_found(method: str) -> None:
    found = search(method, ["m6", "t_rnn_enc"], 29.0, 300, 0)
    assert found["simulations"] == 300
    assert found["runtime_s"] == found["improvements"][-1][1] == measure(found["design"], ["m6", "t_rnn_enc"])
    assert json.loads(json.dumps(found))["improvements"] == [list(pair) for pair in found["improvements"]]
    again = search(method, ["m6", "t_rnn_enc"], 29.0, 300, 0)
    assert again["improvements"] == found["improvements"]


def test_units_are_made_once_and_anew_for_other_code(tmp_path: Path) -> None:
    calls: list[str] = []

    def unit(name: str) -> Unit:
        return Unit("online/toy", name, lambda: calls.append(name) or {"n": len(calls)})

    complete(Folder(tmp_path), [unit("a"), unit("b"), unit("a")])
    complete(Folder(tmp_path), [unit("a"), unit("b")])
    assert calls == ["a", "b"]
    file = tmp_path / "online" / "toy" / "a.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"code": "older"}))
    folder = Folder(tmp_path)
    assert folder.get(unit("a")) == {"n": 1}
    assert folder.outdated == {"online/toy a"}
    assert Folder(tmp_path, is_fresh=True).get(unit("a")) == {"n": 3}
    assert [path.name for path in file.parent.iterdir() if path.suffix != ".json"] == []


def test_nothing_is_saved_over_a_search_that_has_nowhere_to_get_to(monkeypatch: pytest.MonkeyPatch) -> None:
    results = Results(Folder(Path()), Plan(1, OfflineSettings(), OfflineSettings(), OfflineSettings()), 1)
    monkeypatch.setattr(Results, "online", lambda *_: {0: {"improvements": IMPROVEMENTS}})
    row = rows_of("single")[0]
    assert results.needed(row, 2.0) == {0: 10}
    # The model's choices do not run, or there are none.
    assert results.needed(row, INF) == results.needed(row, math.nan) == {}


def test_a_search_that_did_not_get_there_counts_with_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    results = Results(Folder(Path()), Plan(1, OfflineSettings(), OfflineSettings(), OfflineSettings()), 1)
    monkeypatch.setattr(Results, "online", lambda *_: {0: {"improvements": IMPROVEMENTS}})
    chosen = {0.5: 1 - 10 / 10_000, 1.0: 1 - 10 / 400}
    for runtime, saved in chosen.items():
        monkeypatch.setattr(Results, "chosen", lambda *_, runtime=runtime: {0: runtime})
        (column,) = (one for one in online_columns(results, "single") if one.title == "fewer %")
        assert column.values(rows_of("single")[0]) == {0: pytest.approx(saved)}


def test_results_that_are_not_there_are_counted(tmp_path: Path) -> None:
    units = [Unit("online/toy", name, dict) for name in "ab"]
    Folder(tmp_path).get(units[0])
    assert missing(Folder(tmp_path), units) == 1


def test_each_training_is_timed_once(tmp_path: Path) -> None:
    folder, plan = Folder(tmp_path), Plan(100, OfflineSettings(), OfflineSettings(), OfflineSettings())
    shared = [row for row in rows_of("zero") if len(row.names) == 7]
    assert len(shared) == 2
    for row in shared:
        made = {"trained": {"model": "both.npz", "seconds": 60.0}}
        folder.get(replace(choice_unit(folder, row, plan, 0, "layers"), make=lambda made=made: made))
    assert Results(folder, plan, 5).training_s("zero") == [60.0]
    assert Results(folder, plan, 5).training_s("single") == []


def test_time_left_goes_by_kind() -> None:
    assert time_left_s({"a": [1.0, 3.0], "b": [8.0]}, ["a", "b", "c"]) == pytest.approx(2 + 8 + 4)
    assert time_left_s({}, []) == 0.0


def test_settings_are_read_with_their_types() -> None:
    assert changes_of("alpha=0.5,steps=20,miner=gradient") == {"alpha": 0.5, "steps": 20, "miner": "gradient"}
    assert grid_of("alpha=0.1/1,beta=2") == ({"alpha": 0.1, "beta": 2.0}, {"alpha": 1.0, "beta": 2.0})
    assert grid_of("") == ({},)
    with pytest.raises(InvalidInputError, match="setting 'gamma' is unknown; allowed: alpha, beta"):
        changes_of("gamma=1")
    with pytest.raises(InvalidInputError, match="setting steps is 'x'; it must be a number"):
        changes_of("steps=x")
