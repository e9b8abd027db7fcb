"""Target clocks follow the speed of the technology; NanGate45's stay as they are."""

import pytest

from accel_core.cli import main
from accel_core.errors import InvalidInputError
from accel_core.evaluators import evaluate, resolve_settings
from accel_core.physical import load_technology
from accel_core.platforms import get_platform
from accel_core.platforms.clocks import USUAL_FO4_S
from accel_core.tables import read_table
from tests.physical.test_kit_check import whole_kit

AXILINE = get_platform("axiline")


@pytest.fixture
def slow_kit(tmp_path, monkeypatch) -> str:
    """A kit whose inverters are ten times as slow as the tiny one's: an FO4 delay of 310 ps."""
    monkeypatch.setenv("ACCEL_RUNS", str(tmp_path / "runs"))
    return str(whole_kit(tmp_path / "kit", ('time_unit : "1ns"', 'time_unit : "10ns"')) / "tiny.yaml")


def clock(space):
    return next(entry for entry in space.parameters if entry.name == "f_target_hz")


def test_nangate_is_the_measure():
    assert AXILINE.space_under({"technology": "nangate45"}) is AXILINE.space
    assert AXILINE.space_under({}) is AXILINE.space
    assert load_technology().inverter_chain.delay_s == pytest.approx(USUAL_FO4_S, rel=1e-4)


def test_a_slow_kit_gets_slow_clocks(slow_kit):
    usual, own = AXILINE.space, AXILINE.space_under({"technology": slow_kit})
    factor = USUAL_FO4_S / 310e-12
    assert (clock(own).low, clock(own).high) == pytest.approx((4e8 * factor, 1e9 * factor), rel=5e-3)
    assert clock(usual).default * factor == pytest.approx(clock(own).default, rel=5e-3)
    assert [e for e in own.parameters if e.name != "f_target_hz"] == [
        e for e in usual.parameters if e.name != "f_target_hz"
    ]
    assert own.constraints == usual.constraints


def test_the_flow_refuses_clocks_of_another_kit(slow_kit):
    designs = AXILINE.space.defaults()
    with pytest.raises(InvalidInputError, match=r"f_target_hz is 600000000.0; allowed: 27600000.0 to 69000000.0 Hz"):
        evaluate("axiline", designs, "placed", settings={"technology": slow_kit})


def test_results_of_a_kit_that_is_not_here_any_more_can_still_be_read(slow_kit, tmp_path):
    settings = resolve_settings(AXILINE, "placed", {"technology": slow_kit})
    (tmp_path / "kit" / "tiny.lib").unlink()
    assert clock(AXILINE.space_under({"technology": settings["technology"]})).low == 1e3
    with pytest.raises(InvalidInputError, match="does not exist"):
        AXILINE.space_under({"technology": slow_kit})


def test_the_command_line_takes_a_technology(slow_kit, tmp_path, capsys):
    out = tmp_path / "designs.csv"
    assert main(["sample", "axiline", "-n", "8", "--technology", slow_kit, "--out", str(out)]) == 0
    assert read_table(out)["f_target_hz"].between(2.7e7, 7e7).all()
    capsys.readouterr()
    assert main(["technology", "check", slow_kit]) == 0
    printed = capsys.readouterr().out
    assert "tiny: tiny, digest" in printed
    assert "flip-flops   DFF" in printed
    assert main(["technology", "check", slow_kit, "--json"]) == 0
    assert '"fo4_s": 3.1' in capsys.readouterr().out
    assert main(["technology", "check", "moon7"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: technology ")
    assert error.count("\n") == 1
    words = ["sample", "eyeriss", "--technology", slow_kit, "--out", str(out)]
    assert main(words) == 2
    words = ["sample", "axiline", "--technology", slow_kit, "--set", "technology=nangate45", "--out", str(out)]
    assert main(words) == 2
    assert "technology is given twice" in capsys.readouterr().err
