"""AutoTuner's spaces: every form of a parameter, and one sentence for whatever is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.cli import main
from accel_core.errors import InvalidInputError
from accel_core.space import DesignSpace, Parameter, sample

DOCUMENT = """
{
\t"_SDC_FILE_PATH": "constraint.sdc",
\t"_FR_FILE_PATH": "",
\t"_SDC_CLK_PERIOD": {"type": "float", "minmax": [100, 400], "step": 0},
\t"CORE_UTILIZATION": {"type": "int", "minmax": [5, 99], "step": 1},
\t"CORE_MARGIN": {"type": "int", "minmax": [2, 2], "step": 0},
\t"CTS_CLUSTER_SIZE": {"type": "int", "minmax": [10, 41], "step": 10},
\t"PLACE_DENSITY_LB_ADDON": {"type": "float", "minmax": [0.0, 0.3], "step": 0.1},
\t"ABC_AREA": {"type": "string", "values": ["speed", "area"]}
}
"""


def test_every_form_of_a_parameter_is_read() -> None:
    space = DesignSpace.from_autotuner(DOCUMENT)

    assert space.parameters == (
        Parameter("SDC_CLK_PERIOD", "real", 100.0, 400.0, group="backend"),
        Parameter("CORE_UTILIZATION", "integer", 5, 99, group="backend"),
        Parameter("CORE_MARGIN", "ordinal", values=(2,), group="backend"),
        Parameter("CTS_CLUSTER_SIZE", "ordinal", values=(10, 20, 30, 40), group="backend"),
        Parameter("PLACE_DENSITY_LB_ADDON", "ordinal", values=(0.0, 0.1, 0.2, 0.3), group="backend"),
        Parameter("ABC_AREA", "categorical", values=("speed", "area"), group="backend"),
    )
    assert len(sample(space, 20).designs) == 20
    assert DesignSpace.from_yaml(space.to_yaml()) == space


def test_it_is_told_by_what_it_holds() -> None:
    text = DOCUMENT.replace("\t", "  ")

    assert DesignSpace.from_yaml(text) == DesignSpace.from_autotuner(DOCUMENT)


@given(low=st.integers(-50, 50), width=st.integers(0, 60), step=st.integers(1, 9))
def test_steps_begin_at_the_low_end_and_never_pass_the_high_one(low: int, width: int, step: int) -> None:
    entry = {"type": "int", "minmax": [low, low + width], "step": step}

    (parameter,) = DesignSpace.from_autotuner(json.dumps({"X": entry})).parameters

    values = parameter.values or tuple(range(int(parameter.low or 0), int(parameter.high or 0) + 1))
    assert values == tuple(range(low, low + width + 1, step))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"type": "real", "minmax": [0, 1]}, r"AutoTuner, X: type is 'real'; allowed: int, float, string"),
        ({"type": "int", "minmax": [0]}, r"AutoTuner, X: minmax is \[0\]; allowed: a list of two numbers"),
        ({"type": "int", "minmax": [0, 2.5], "step": 1}, r"minmax is 2.5; allowed: whole numbers, for its type is int"),
        ({"type": "float", "minmax": [2, 1], "step": 0}, r"minmax is \[2, 1\]; allowed: the smaller number first"),
        ({"type": "int", "minmax": [1, 4], "step": 0}, r"step is 0; allowed: above 0, or 0 for a single value"),
        ({"type": "float", "minmax": [0, 1], "step": 1e-6}, r"makes 1,000,001 values; allowed: at most 10,000"),
        ({"type": "float", "minmax": [0, 1], "step": "x"}, r"step is 'x'; allowed: numbers"),
        ({"type": "float", "minmax": [0, 1], "size": 3}, r"AutoTuner, X: key 'size' is unknown"),
        ({"type": "string", "values": []}, r"AutoTuner, X: "),
        (7, r"AutoTuner, X is 7; allowed: a mapping"),
    ],
)
def test_wrong_parameters_get_one_sentence(entry: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as error:
        DesignSpace.from_autotuner(json.dumps({"X": entry}))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"_SDC_FILE_PATH": "a.sdc"}', r"AutoTuner has no parameter"),
        ("[1]", r"AutoTuner is \[1\]; allowed: an object"),
        ("{", r"AutoTuner: not readable as JSON"),
        ('{"A": {"type": "int", "type": "int"}}', r"not readable as JSON: a key is repeated"),
        ('{"A": {"type": "int", "minmax": [1, 1]}, "_A": {"type": "int", "minmax": [1, 1]}}', r"are both 'A' here"),
        ('{"1A": {"type": "int", "minmax": [1, 1]}}', r"parameter name is '1A'"),
        ("[" * 100_000, r"AutoTuner: not readable as JSON"),
        (" " * 300_000, r"AutoTuner is larger than"),
    ],
)
def test_wrong_documents_get_one_sentence(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        DesignSpace.from_autotuner(text)


def test_the_command_prints_or_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "autotuner.json").write_text(DOCUMENT)

    assert main(["space", str(tmp_path / "autotuner.json")]) == 0
    printed = capsys.readouterr().out
    assert main(["space", str(tmp_path / "autotuner.json"), "--out", str(tmp_path / "s.yaml")]) == 0

    assert DesignSpace.from_yaml(printed) == DesignSpace.from_yaml(tmp_path / "s.yaml")
    assert main(["space", str(tmp_path / "none.json")]) == 2
    assert "none.json: cannot be read: No such file" in capsys.readouterr().err
