"""``optimize``: a first batch without a success is data, a killed search goes on, and no result is lost in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from accel_core.cli import main, optimize
from accel_core.evaluators import evaluate
from accel_core.optimizers import OPTIMIZERS
from accel_core.platforms import find_own
from accel_core.platforms.registry import NAMED_FILES

WORDS = ["--objective", "runtime_s", "--objective", "utilization:max", "--fidelity", "analytical", "--batch", "4"]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_RUNS", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)


def search(out: str, *words: str) -> int:
    return main(["optimize", "axiline", *WORDS, *words, "--out", out])


def timeless(out: str) -> pd.DataFrame:
    table = pd.read_csv(out) if out.endswith("csv") else pd.read_parquet(out)
    return table.drop(columns="seconds")


def failing(first: int, status: str = "infeasible") -> Callable[..., pd.DataFrame]:
    """Return an evaluator whose first results have no success, and so no metric."""
    seen = 0

    def evaluated(*given: object, **named: object) -> pd.DataFrame:
        nonlocal seen
        results = evaluate(*given, **named)  # type: ignore[arg-type]
        seen += len(results)
        if seen > first:
            return results
        lost = [name for name in results if name in ("runtime_s", "utilization", "cycles", "macs", "throughput_flops")]
        return results.drop(columns=lost).assign(status=status, stage="floorplan", reason="over-full")

    return evaluated


def interrupted(after: int) -> Callable[..., pd.DataFrame]:
    """Return an evaluator that a person stops."""
    n_batches = 0

    def evaluated(*given: object, **named: object) -> pd.DataFrame:
        nonlocal n_batches
        n_batches += 1
        if n_batches > after:
            raise KeyboardInterrupt
        return evaluate(*given, **named)  # type: ignore[arg-type]

    return evaluated


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_on_after_a_first_batch_without_a_success(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(optimize, "evaluate", failing(4))
    assert search("x.csv", "--budget", "12", "--optimizer", name) == 0
    said = capsys.readouterr().out
    assert "4/12 evaluated, 0 on the front" in said
    table = pd.read_csv("x.csv")
    assert table["status"].tolist() == ["infeasible"] * 4 + ["ok"] * 8
    assert table.loc[4:, "runtime_s"].notna().all()


def test_a_search_without_any_success_keeps_its_evaluations_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(optimize, "evaluate", failing(99, "failed"))
    words = ["--optimizer", "genetic", "--loss", "runtime_s=1", "--option", "sample=5"]
    assert search("x.csv", "--budget", "8", *words) == 0
    assert "no evaluated design keeps every bound" in capsys.readouterr().out
    assert pd.read_csv("x.csv")["status"].tolist() == ["failed"] * 13


@pytest.mark.parametrize("out", ["x.csv", "x.parquet"])
@pytest.mark.parametrize("name", ["motpe", "bayesian", "genetic"])
def test_a_stopped_search_goes_on_to_the_same_designs(
    name: str, out: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--budget", "22", "--optimizer", name]
    assert search(f"whole-{out}", *words) == 0
    with monkeypatch.context() as patched:
        patched.setattr(optimize, "evaluate", interrupted(3))
        assert search(out, *words) == 130
    assert len(timeless(out)) == 12
    capsys.readouterr()
    assert search(out, *words) == 0
    assert f"{out} is of this search: 12 of 22 are evaluated, it goes on from there" in capsys.readouterr().out
    pd.testing.assert_frame_equal(timeless(out), timeless(f"whole-{out}"))


def test_a_finished_search_is_said_again_and_one_with_a_larger_budget_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search("x.csv", "--budget", "8") == 0
    before = Path("x.csv").read_bytes()
    first = capsys.readouterr().out.splitlines()
    with monkeypatch.context() as patched:
        patched.setattr(optimize, "evaluate", interrupted(0))
        assert search("x.csv", "--budget", "8") == 0
    assert Path("x.csv").read_bytes() == before
    assert capsys.readouterr().out.splitlines()[1:] == first[2:], "the same front"
    assert search("x.csv", "--budget", "10") == 0
    assert Path("x.csv").read_bytes().startswith(before)
    assert len(pd.read_csv("x.csv")) == 10


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seed", "1"], "whose seed is 0 and not 1"),
        (["--workload", "train-10k"], "whose workload is train-500k and not train-10k"),
        (["--set", "features=6..9"], "for its designs from row 1 on are others"),
        (["--optimizer", "random"], "for its designs from row 1 on are others"),
        (["--batch", "3"], "for its designs from row"),
    ],
)
def test_another_search_is_refused_and_replaced_only_by_a_word(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search("x.csv", "--budget", "24") == 0
    before = Path("x.csv").read_bytes()
    capsys.readouterr()
    assert search("x.csv", "--budget", "24", *words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert line.endswith("name another file, or add --overwrite to replace it")
    assert Path("x.csv").read_bytes() == before
    assert search("x.csv", "--budget", "4", *words, "--overwrite") == 0
    assert len(pd.read_csv("x.csv")) in (3, 4)


@pytest.mark.parametrize(
    ("content", "message"),
    [("a,b\n1,2\n", "x.csv exists and has no column 'design_id', so it is no search's"), ("", "it is empty")],
)
def test_a_file_that_is_no_search_is_refused_and_kept(
    content: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("x.csv").write_text(content)
    assert search("x.csv", "--budget", "4") == 2
    assert message in capsys.readouterr().err
    assert Path("x.csv").read_text() == content
    assert search("x.csv", "--budget", "4", "--overwrite") == 0


def test_what_another_version_of_the_model_found_is_another_search(capsys: pytest.CaptureFixture[str]) -> None:
    assert search("x.csv", "--budget", "8") == 0
    table = pd.read_csv("x.csv")
    table.drop(columns="model_version").to_csv("x.csv", index=False)
    assert search("x.csv", "--budget", "8") == 0, "from before versions were noted"
    table.assign(model_version="0").to_csv("x.csv", index=False)
    capsys.readouterr()
    assert search("x.csv", "--budget", "12") == 2
    assert "whose model_version is 0 and not 1; name another file" in capsys.readouterr().err


def test_texts_that_read_as_something_else_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("platform.yaml").write_text(
        "name: texts\nformulas: {cycles: n}\nparameters:\n- {name: n, kind: integer, low: 1, high: 9}\n"
        "- {name: on, kind: categorical, values: ['true', 'false']}\n"
        "- {name: w, kind: categorical, values: ['08', '16']}\n"
        "- {name: none, kind: categorical, values: ['None']}\n"
    )
    monkeypatch.setenv(NAMED_FILES, "")
    words = ["optimize", "--platform-file", "platform.yaml", "--objective", "cycles:min", "--out"]
    assert main([*words, "whole.csv", "--budget", "12"]) == 0
    assert main([*words, "x.csv", "--budget", "8"]) == 0
    assert main([*words, "x.csv", "--budget", "12"]) == 0
    pd.testing.assert_frame_equal(
        *(pd.read_csv(out, dtype=str).drop(columns="seconds") for out in ("x.csv", "whole.csv"))
    )
    monkeypatch.setenv(NAMED_FILES, "")
    find_own()
