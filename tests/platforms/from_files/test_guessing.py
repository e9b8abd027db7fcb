"""Guesses at columns: headings as people write them get the right roles, names, units and directions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.platforms.from_files.guessing import content_of, guess_columns

MANY = np.linspace(1.001, 2.0, 100)
FEW = np.tile([1, 2], 50)
TEXTS = np.tile(["a", "b"], 50)


@pytest.mark.parametrize(
    ("heading", "values", "wanted"),
    [
        ("Power (mW)", MANY, ("metric", "power_w", "mW", "min")),
        ("Power [W]", MANY, ("metric", "power_w", "W", "min")),
        ("total_power_mw", MANY, ("metric", "power_w", "mW", "min")),
        ("Leakage power (uW)", MANY, ("metric", "power_leakage_w", "uW", "min")),
        ("area_um2", MANY, ("metric", "chip_area_mm2", "um2", "min")),
        ("Cell area (µm²)", MANY, ("metric", "cell_area_mm2", "µm²", "min")),
        ("CPI", MANY, ("metric", "cpi", "", "min")),
        ("IPC", MANY, ("metric", "ipc", "", "max")),
        ("runtime_s", MANY, ("metric", "runtime_s", "s", "min")),
        ("Latency (ms)", MANY, ("metric", "runtime_s", "ms", "min")),
        ("f_target_hz", FEW, ("parameter", "f_target_hz", "Hz", None)),
        ("Target clock (MHz)", MANY, ("parameter", "f_target_hz", "MHz", None)),
        ("Fmax (MHz)", MANY, ("metric", "f_effective_hz", "MHz", "max")),
        ("Throughput (GOPS)", MANY, ("metric", "throughput_flops", "GOPS", "max")),
        ("Energy (nJ)", MANY, ("metric", "energy_j", "nJ", "min")),
        ("Energy per inference (mJ)", MANY, None),
        ("cycles", MANY, ("metric", "cycles", "", "min")),
        ("Cycles per vector", FEW, ("parameter", "cycles_per_vector", "", None)),
        ("area", MANY, ("metric", "area", "", "min")),
        ("rob entries", FEW, ("parameter", "rob_entries", "", None)),
        ("dataflow", TEXTS, ("parameter", "dataflow", "", None)),
        ("Benchmark", TEXTS, ("workload", "", "", None)),
        ("status", np.tile(["ok", "Infeasible"], 50), ("status", "", "", None)),
        ("infeasible", np.tile([0, 1], 50), ("infeasible", "", "", None)),
        ("design_id", MANY, ("ignore", "design_id", "", None)),
        ("Unnamed: 0", MANY, ("ignore", "unnamed_0", "", None)),
        ("flow_time_s", MANY, ("ignore", "flow_time_s", "s", None)),
        ("constant", np.ones(100), ("ignore", "constant", "", None)),
    ],
)
def test_a_heading_is_understood(heading: str, values: np.ndarray, wanted: tuple[object, ...] | None) -> None:
    guess = guess_columns(pd.DataFrame({heading: values}))[0]
    if wanted is not None:
        assert (guess.role, guess.name, guess.unit, guess.better) == wanted


def test_names_differ_and_roles_that_may_stand_once_do() -> None:
    table = pd.DataFrame({"Power (mW)": MANY, "Power (W)": MANY, "Benchmark": TEXTS, "workload": TEXTS, "n": FEW})
    found = guess_columns(table)
    assert [entry.name for entry in found[:2]] == ["power_w", "power_w_2"]
    assert [entry.role for entry in found] == ["metric", "metric", "workload", "ignore", "parameter"]


def test_what_is_unknown_after_a_metric_and_different_in_every_row_is_a_metric() -> None:
    found = guess_columns(pd.DataFrame({"x": MANY, "CPI": MANY, "q": MANY}))
    assert [(entry.role, entry.better) for entry in found] == [("parameter", None), ("metric", "min"), ("metric", None)]


def test_the_content_says_what_was_guessed() -> None:
    table = pd.DataFrame({"n": FEW, "Target clock (MHz)": MANY, "Power (mW)": MANY, "IPC": MANY, "net": TEXTS})
    table = table.rename(columns={"net": "Network"})
    assert content_of("mine", "", guess_columns(table), "results.csv") == {
        "name": "mine",
        "title": "mine",
        "summary": "mine, results that were measured elsewhere.",
        "results": {
            "table": "results.csv", "workload": "Network",
            "columns": {"f_target_hz": {"column": "Target clock (MHz)", "unit": "MHz"}},
        },
        "parameters": ["n", "f_target_hz"],
        "metrics": [
            {"name": "power_w", "column": "Power (mW)", "unit": "mW"},
            {"name": "ipc", "column": "IPC", "better": "max"},
        ],
    }  # fmt: skip


def test_no_parameter_or_metric_is_said() -> None:
    with pytest.raises(InvalidInputError, match="no column is a metric; choose at least one"):
        content_of("mine", "", guess_columns(pd.DataFrame({"n": FEW})), "results.csv")
    with pytest.raises(InvalidInputError, match="the table has 0 rows"):
        guess_columns(pd.DataFrame({"n": []}))


def test_a_slip_among_numbers_is_named_and_a_choice_with_numbers_is_none() -> None:
    power: list[object] = [float(n) for n in range(60)]
    power[41] = "12,5 mW?"
    with pytest.raises(InvalidInputError) as caught:
        guess_columns(pd.DataFrame({"x": range(60), "power_w": power}))
    assert str(caught.value) == (
        "row 42, column 'power_w': '12,5 mW?' is not a number, as the other 59 cells are; allowed: a number, or empty"
    )
    cache = ["off", *(str(2**n) for n in range(5))] * 10
    assert guess_columns(pd.DataFrame({"cache": cache}))[0].role == "parameter"
