"""The walk over the whole space: against plain evaluation of a slice, cut anywhere, and stopped and resumed."""

import json
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accel_core.pareto import is_nondominated
from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.architecture import FEASIBLE, values
from accel_core.platforms.edgetpu.area import area_mm2
from accel_core.platforms.edgetpu.enumeration import N_ARRAYS, Census, empty_census, merge, take_censuses
from accel_core.platforms.edgetpu.metrics import designs_of, indices_of
from accel_core.platforms.edgetpu.simulate import simulate
from accel_core.tables import read_table
from scripts import enumerate_edgetpu

SLICE = range(2204, 2206)
LAYERS = [applications()[name].layers for name in ("m5", "t_rnn_dec")]


def take_census(applications, arrays):
    """Of the designs that run every application."""
    return take_censuses(applications, [range(len(applications))], arrays)[0]


@pytest.fixture(scope="module")
def found() -> Census:
    return take_census(LAYERS, SLICE)


@pytest.fixture(scope="module")
def everything() -> pd.DataFrame:
    """All 129,360 designs of the slice, one by one."""
    counts = [len(column) for column in values()]
    per_array = int(np.prod(counts[4:]))
    flat = np.arange(SLICE.start * per_array, SLICE.stop * per_array)
    indices = np.stack(np.unravel_index(flat, counts), axis=1).astype(np.uint8)
    outcomes = [simulate(indices, layers) for layers in LAYERS]
    ok = np.all([outcome.memory == FEASIBLE for outcome in outcomes], axis=0)
    cycles = np.sum([outcome.cycles for outcome in outcomes], axis=0)
    return designs_of(indices).assign(ok=ok, cycles=cycles, area=area_mm2(designs_of(indices)))


def test_counts_are_those_of_every_design_of_the_slice(found: Census, everything: pd.DataFrame) -> None:
    ok = everything[everything["ok"]]
    assert found.designs == len(everything) == 2 * 452_760_000 // N_ARRAYS
    assert found.feasible == len(ok) > 1000
    assert (found.min_cycles, found.max_cycles) == (ok["cycles"].min(), ok["cycles"].max())
    assert found.sum_cycles == ok["cycles"].sum()


def test_the_front_is_the_exact_one(found: Census, everything: pd.DataFrame) -> None:
    ok = everything[everything["ok"]]
    points = ok[["area", "cycles"]].drop_duplicates().to_numpy()
    exact = points[is_nondominated(points, ("min", "min"))]
    np.testing.assert_array_equal(
        np.stack([found.front.area_mm2, found.front.cycles], axis=1), exact[np.argsort(exact[:, 0])]
    )
    np.testing.assert_array_equal(area_mm2(found.front.designs()), found.front.area_mm2)
    again = sum(simulate(found.front.indices, layers).cycles for layers in LAYERS)
    np.testing.assert_array_equal(again, found.front.cycles)


def test_the_best_under_a_limit_is_the_fastest_of_all_that_keep_it(found: Census, everything: pd.DataFrame) -> None:
    ok = everything[everything["ok"]]
    for limit in np.quantile(ok["area"], [0.01, 0.3, 0.9]):
        at = found.front.best_under(limit)
        assert at is not None
        assert found.front.cycles[at] == ok.loc[ok["area"] <= limit, "cycles"].min()
        assert found.front.area_mm2[at] <= limit
    assert found.front.best_under(ok["area"].min() * 0.999) is None


def test_a_walk_cut_in_pieces_finds_the_same(found: Census) -> None:
    pieces = [take_census(LAYERS, range(i, i + 1)) for i in SLICE]
    together = reduce(merge, pieces, empty_census())
    assert json.dumps(together.to_mapping()) == json.dumps(found.to_mapping())
    assert Census.from_mapping(json.loads(json.dumps(found.to_mapping()))).to_mapping() == found.to_mapping()


def test_several_sets_in_one_walk_are_each_what_a_walk_of_its_own_finds(found: Census) -> None:
    alone = [take_census([layers], SLICE) for layers in LAYERS]
    together = take_censuses(LAYERS, [[0], [0, 1], [1]], SLICE)
    expected = [alone[0], found, alone[1]]
    assert [census.to_mapping() for census in together] == [census.to_mapping() for census in expected]


def test_arrays_are_counted_as_the_space_counts_designs() -> None:
    """Sums over blocks cover the space once: the first and last designs are the space's."""
    census = take_census([applications()["t_rnn_enc"].layers], range(N_ARRAYS - 1, N_ARRAYS))
    indices = indices_of(census.front.designs())
    assert (indices[:, :4] == [9, 9, 6, 9]).all()
    assert census.designs * N_ARRAYS == 452_760_000


def run_script(*words: str, tmp_path: Path) -> int:
    return enumerate_edgetpu.main(
        [*words, "--out", str(tmp_path / "out"), "--runs", str(tmp_path / "runs"), "--jobs", "1"]
    )


def test_the_script_resumes_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(enumerate_edgetpu, "BLOCK", 2)
    monkeypatch.setattr(enumerate_edgetpu, "SAVE_SECONDS", 0.0)
    walked: list[range] = []
    real = enumerate_edgetpu.census_of

    def until(stop: int, names: list[str], block: range) -> list[Census]:
        if block.start >= stop:
            raise KeyboardInterrupt
        walked.append(block)
        return real(names, block)

    monkeypatch.setattr(enumerate_edgetpu, "census_of", lambda *a: until(4, *a))
    with pytest.raises(KeyboardInterrupt):
        run_script("t_rnn_enc", "--arrays", "10", tmp_path=tmp_path)
    monkeypatch.setattr(enumerate_edgetpu, "census_of", lambda *a: until(99, *a))
    assert run_script("t_rnn_enc", "--arrays", "10", tmp_path=tmp_path) == 0

    assert walked == [range(i, i + 2) for i in range(0, 10, 2)]
    whole = take_census([applications()["t_rnn_enc"].layers], range(10))
    summary = json.loads((tmp_path / "out" / "t_rnn_enc.json").read_text())
    assert (summary["feasible"], summary["designs"]) == (whole.feasible, 10 * 64680)
    front = read_table(tmp_path / "out" / "t_rnn_enc.parquet")
    np.testing.assert_array_equal(front["chip_area_mm2"], whole.front.area_mm2)
    # Microseconds of an inference are milliseconds of 1000.
    np.testing.assert_allclose(front["runtime_s"], whole.front.cycles / 0.8e9 * 1000)
    assert "100%" in capsys.readouterr().out


def test_names_that_stopped_at_different_places_are_each_walked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enumerate_edgetpu, "BLOCK", 4)
    assert run_script("m6", "--arrays", "4", tmp_path=tmp_path) == 0
    walked: list[tuple[tuple[str, ...], range]] = []
    real = enumerate_edgetpu.census_of
    monkeypatch.setattr(
        enumerate_edgetpu, "census_of", lambda names, block: walked.append((tuple(names), block)) or real(names, block)
    )

    assert run_script("t_rnn_enc", "m6", "m6+t_rnn_enc", "--arrays", "6", tmp_path=tmp_path) == 0

    new = ("t_rnn_enc", "m6+t_rnn_enc")
    assert walked == [(new, range(4)), (new, range(4, 6)), (("m6",), range(4, 6))]
    summary = json.loads((tmp_path / "out" / "m6.json").read_text())
    assert summary["designs"] == 6 * 64680
    assert summary["feasible"] == take_census([applications()["m6"].layers], range(6)).feasible


def test_a_note_of_another_model_is_not_resumed(tmp_path: Path) -> None:
    note = tmp_path / "m6.json"
    enumerate_edgetpu.save_note(note, 3, empty_census())
    assert enumerate_edgetpu.read_note(note)[0] == 3
    note.write_text(note.read_text().replace(enumerate_edgetpu.digest(), "another"))
    assert enumerate_edgetpu.read_note(note)[0] == 0


def test_applications_together_are_the_mean_and_unknown_ones_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_script("m5+t_rnn_dec", "--arrays", "40", tmp_path=tmp_path) == 0
    summary = json.loads((tmp_path / "out" / "m5+t_rnn_dec.json").read_text())
    whole = take_census(LAYERS, range(40))
    assert summary["runtime_s"]["min"] == pytest.approx(whole.min_cycles / 2 / 0.8e9 * 1000)
    assert run_script("m7", tmp_path=tmp_path) == 2
    assert "application 'm7' is unknown; allowed: mobilenet_edgetpu," in capsys.readouterr().err
