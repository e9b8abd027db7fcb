"""Logs: seeded, as often feasible as random designs, never near the best, and those that ship are the script's."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from accel_core.cli import main
from accel_core.errors import InvalidInputError
from accel_core.paths import data_path
from accel_core.platforms.edgetpu import logs
from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.architecture import FEASIBLE, PARAMETERS
from accel_core.platforms.edgetpu.area import area_mm2
from accel_core.platforms.edgetpu.logs import FACTORS, log, write_logs
from accel_core.platforms.edgetpu.metrics import indices_of, latency_s
from accel_core.platforms.edgetpu.optima import LIMITS_MM2, optimum
from accel_core.platforms.edgetpu.simulate import simulate
from accel_core.records import PARAMETERS as RELEASED
from accel_core.records import SCHEMA
from scripts import make_edgetpu_logs

SHIPPED = data_path() / "logs" / "edgetpu.parquet"

every_application = pytest.mark.parametrize("name", applications())


@cache
def shipped() -> pd.DataFrame:
    return pd.read_parquet(SHIPPED)


def written(n: int, seed: int, path: Path, *names: str) -> pd.DataFrame:
    write_logs(names or ("m5",), n, seed, path)
    return pd.read_parquet(path)


@pytest.fixture
def small_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_DRAWN", 300)


@pytest.mark.usefixtures("small_draws")
def test_the_seed_makes_the_log_and_a_longer_one_begins_with_the_shorter(tmp_path: Path) -> None:
    first = written(1000, 3, tmp_path / "a.parquet")
    again = written(1000, 3, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert len(again) == 1000
    assert not first[list(PARAMETERS)].duplicated().any()
    for n in (299, 700):
        pd.testing.assert_frame_equal(written(n, 3, tmp_path / "c.parquet"), first.head(n))
    assert not written(700, 4, tmp_path / "d.parquet").equals(first.head(700))


@pytest.mark.usefixtures("small_draws")
def test_an_applications_log_does_not_depend_on_the_others(tmp_path: Path) -> None:
    both = written(300, 0, tmp_path / "a.parquet", "m6", "m5")
    assert both["application"].tolist() == ["m6"] * 300 + ["m5"] * 300
    alone = written(300, 0, tmp_path / "b.parquet", "m5")
    pd.testing.assert_frame_equal(both.tail(300).reset_index(drop=True), alone)
    assert not both.head(300)[list(PARAMETERS)].equals(alone[list(PARAMETERS)])


def test_columns_are_those_of_an_imported_released_log() -> None:
    (part,) = log("m6", 50, seed=0)
    assert part.schema == SCHEMA
    assert tuple(RELEASED) == PARAMETERS
    table = part.to_pandas()
    is_ok = table["status"] == "ok"
    assert set(table["status"]) == {"ok", "infeasible"}
    for name in ("runtime_s", "chip_area_mm2"):
        assert (table[name].notna() == is_ok).all()


@every_application
def test_shipped_designs_have_the_models_outcomes(name: str) -> None:
    table = shipped()[shipped()["application"] == name]
    outcome = simulate(indices_of(table), applications()[name].layers)
    assert ((outcome.memory == FEASIBLE) == (table["status"] == "ok")).all()
    np.testing.assert_array_equal(1000 * latency_s(outcome), table["runtime_s"])
    ok = table[table["status"] == "ok"]
    np.testing.assert_array_equal(area_mm2(ok), ok["chip_area_mm2"])


@every_application
def test_shipped_designs_are_random_mostly_infeasible_and_as_slow_as_published(name: str) -> None:
    table = shipped()[shipped()["application"] == name]
    assert len(table) == make_edgetpu_logs.N == 20_000
    share = (table["status"] == "ok").mean()
    released = applications()[name].released
    assert 0.08 < share < 0.33
    assert share == pytest.approx(released["feasible"] / (released["feasible"] + released["infeasible"]), abs=0.08)
    for parameter, values in RELEASED.items():
        counts = table[parameter].value_counts()
        assert set(counts.index) == set(values)
    for limit in LIMITS_MM2:
        within = table.loc[table["chip_area_mm2"] <= limit, "runtime_s"]
        assert len(within) > 50
        # Never better than the rule allows, and not far beyond it.
        assert FACTORS[name] <= within.min() / optimum([name], limit).runtime_s < 1.9 * FACTORS[name]


def test_larger_designs_than_every_limit_stay_however_fast() -> None:
    table = shipped()
    for name in ("t_rnn_dec", "m6"):
        ours = table[table["application"] == name]
        large = ours.loc[ours["chip_area_mm2"] > LIMITS_MM2[-1], "runtime_s"]
        assert large.min() < FACTORS[name] * optimum([name], LIMITS_MM2[-1]).runtime_s


def test_factors_are_the_published_distances() -> None:
    """Their geometric mean is 2.46 in the paper."""
    assert list(FACTORS) == list(applications())
    assert np.exp(np.mean(np.log(list(FACTORS.values())))) == pytest.approx(2.464, abs=0.001)


@pytest.mark.parametrize("name", ["mobilenet_edgetpu", "t_rnn_enc"])
def test_the_shipped_file_is_what_the_script_makes(name: str) -> None:
    parts = log(name, make_edgetpu_logs.N, make_edgetpu_logs.SEED)
    table = pa.concat_tables(parts).to_pandas()
    pd.testing.assert_frame_equal(table, shipped()[shipped()["application"] == name].reset_index(drop=True))


@pytest.mark.slow
def test_the_shipped_file_is_the_scripts_bit_for_bit(tmp_path: Path) -> None:
    assert SHIPPED.stat().st_size < 15_000_000
    assert make_edgetpu_logs.main(["--out", str(tmp_path / "logs.parquet")]) == 0
    assert (tmp_path / "logs.parquet").read_bytes() == SHIPPED.read_bytes()


@pytest.mark.parametrize(
    ("names", "n", "seed", "file", "message"),
    [
        (["m7"], 10, 0, "a.parquet", r"'m7' is unknown; allowed: mobilenet_edgetpu, "),
        (["m6"], 0, 0, "a.parquet", r"number of designs is 0; allowed: 1 to 100,000,000"),
        (["m6"], 10, -1, "a.parquet", r"seed is -1; allowed: 0 or more"),
        (["m6"], 10, 0, "a.csv", r"a.csv: the file's name must end in .parquet"),
    ],
)
def test_wrong_requests_are_refused(
    names: list[str], n: int, seed: int, file: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        write_logs(names, n, seed, tmp_path / file)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("small_draws")
def test_the_command_writes_the_same_and_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "logs.parquet"
    words = ["logs", "edgetpu", "--application", "m5", "--application", "m6", "-n", "200", "--seed", "7"]
    assert main([*words, "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["m5", "m6"]
    feasible = (pd.read_parquet(out).query("application == 'm6'")["status"] == "ok").sum()
    assert f"{200 - feasible} infeasible, {feasible} feasible designs; runtime " in lines[1]
    pd.testing.assert_frame_equal(pd.read_parquet(out), written(200, 7, tmp_path / "b.parquet", "m5", "m6"))
    assert main(["logs", "axiline", "--out", str(out)]) == 2
    assert "platform 'axiline' has no logs; allowed: edgetpu" in capsys.readouterr().err
