"""EdgeTPU-class designs from the command line."""

from pathlib import Path

import pytest

from accel_core.cli import main
from accel_core.tables import read_table


def test_many_infeasible_designs_are_counted_and_only_some_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    designs, results = tmp_path / "designs.csv", tmp_path / "results.parquet"
    assert main(["sample", "edgetpu", "-n", "60", "--sampler", "random", "--seed", "1", "--out", str(designs)]) == 0
    words = ["evaluate", "edgetpu", "--designs", str(designs), "--workload", "t_rnn_enc", "--out", str(results)]
    capsys.readouterr()

    assert main([*words, "--set", "inferences=1"]) == 0

    lines = capsys.readouterr().out.splitlines()
    table = read_table(results)
    lost = int((table["status"] == "infeasible").sum())
    assert lost > 20
    assert f"{lost} infeasible" in lines[0]
    assert len(lines) == 1 + 20 + 1
    assert lines[-1] == f"  and {lost - 20:,} more"
    done = table[table["status"] == "ok"]
    assert done["runtime_s"].between(1e-4, 1e-2).all()
    assert (table["settings"] == '{"inferences": 1}').all()
