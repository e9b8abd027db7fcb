"""``logs --store``: random designs become results like any other, without the best, and none twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from accel_core.cli import logs as command
from accel_core.cli import main
from accel_core.errors import StoreError
from accel_core.evaluators import evaluate
from accel_core.platforms import get_platform
from accel_core.platforms.edgetpu import logs
from accel_core.platforms.edgetpu.architecture import PARAMETERS
from accel_core.platforms.edgetpu.optima import LIMITS_MM2, optimum
from accel_core.store import ResultStore

N = 500
WORDS = ["logs", "edgetpu", "--application", "m6", "-n", str(N), "--seed", "1"]


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "state" / "results.duckdb"
    monkeypatch.setenv("ACCEL_DB", str(path))
    monkeypatch.setattr(logs, "_DRAWN", 300)
    return path


def stored(database: Path) -> pd.DataFrame:
    with ResultStore(database) as store:
        return store.find(platform="edgetpu")


def test_a_stored_log_is_results_as_evaluated_without_the_best_and_none_twice(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "m6.parquet"
    assert main([*WORDS, "--store", "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert f"m6 to {database}: 500 new results; " in said.out
    assert f" of {N} designs stored" in said.err

    rows, written = stored(database), pd.read_parquet(out)
    alike = [*PARAMETERS, "status", "runtime_s"]
    ours, theirs = (table[alike].sort_values(list(PARAMETERS), ignore_index=True) for table in (rows, written))
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)
    again = evaluate("edgetpu", rows[list(PARAMETERS)].astype("int64"), "analytical", workload="m6")
    timeless = again.drop(columns="seconds")
    pd.testing.assert_frame_equal(rows[list(timeless)], timeless, check_dtype=False)

    is_ok = rows["status"] == "ok"
    assert set(rows["status"]) == {"ok", "infeasible"}
    assert ((rows["reason"] == "") == is_ok).all()
    for limit in LIMITS_MM2:
        within = rows.loc[rows["chip_area_mm2"] <= limit, "runtime_s"]
        assert within.min() >= logs.FACTORS["m6"] * optimum(["m6"], limit).runtime_s

    assert main([*WORDS, "--store"]) == 0
    assert ": 0 new results; " in capsys.readouterr().out
    assert len(stored(database)) == N


def test_a_part_that_fails_leaves_those_before_it_whole(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def failing(real: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
        def evaluated(*given: object, **named: object) -> pd.DataFrame:
            results = real(*given, **named)
            sizes.append(len(results))
            if len(sizes) == 2:
                results.loc[len(results) - 1, "status"] = "none of ours"
            return results

        return evaluated

    monkeypatch.setattr(command, "evaluate", failing(evaluate))
    with pytest.raises(StoreError, match=r"log of m6, row .* column 'status'"):
        command._store(get_platform("edgetpu"), "m6", N, 1, store := ResultStore(database))
    store.close()
    assert len(stored(database)) == sizes[0] < sum(sizes)


def test_a_log_without_a_place_or_that_cannot_be_made_is_refused(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, message in [
        (WORDS, "allowed: --out F.parquet, --store, or both"),
        ([*WORDS[:3], "m7", "--store"], "'m7'"),
    ]:
        assert main(words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
    assert not database.exists()
