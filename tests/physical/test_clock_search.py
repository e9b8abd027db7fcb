"""The fastest clock is found by what designs reach, and is met when it is said to be."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import InfeasibleError
from accel_core.physical import FlowSettings, build, flow, implement
from accel_core.physical.clock_search import MOST_TRIES, fastest, met_period
from accel_core.rtl import Rtl


@dataclass(frozen=True)
class Made:
    """All that the search looks at."""

    f_target_hz: float
    period_s: float


def maker(reached: Callable[[float], float]) -> tuple[Callable[[float], Made], list[float]]:
    """A design that reaches the period ``reached(target period)``, and the target periods it was made for."""
    asked: list[float] = []

    def make(f_target_hz: float) -> Made:
        asked.append(1.0 / f_target_hz)
        return Made(f_target_hz, reached(1.0 / f_target_hz))

    return make, asked


def test_a_slow_first_target_is_left_far_behind() -> None:
    make, asked = maker(lambda period: max(0.9 * period, 1e-9))
    assert fastest(make, 1e8).period_s == pytest.approx(1e-9, rel=0.01)  # type: ignore[arg-type]
    assert asked[0] == pytest.approx(1e-8)
    assert len(asked) <= MOST_TRIES


def test_a_target_that_asks_too_much_spoils_nothing() -> None:
    make, _ = maker(lambda period: 1e-9 if period > 0.95e-9 else 3e-9)
    assert fastest(make, 1e9).period_s == 1e-9  # type: ignore[arg-type]


def test_a_faster_design_that_does_not_fit_is_no_trouble_but_a_first_one_is() -> None:
    def reached(period: float) -> float:
        if period < 0.9e-9:
            raise InfeasibleError("placement", "over-full")
        return 1e-9

    make, _ = maker(reached)
    assert fastest(make, 1e9).period_s == 1e-9  # type: ignore[arg-type]
    with pytest.raises(InfeasibleError, match="over-full"):
        fastest(make, 2e9)  # type: ignore[arg-type]


@given(arrival=st.floats(1e-11, 1e-8), share=st.floats(0.0, 0.45), begin=st.floats(0.2, 5.0))
def test_the_period_is_met_and_no_shorter_one_is(arrival: float, share: float, begin: float) -> None:
    def analyzed(period_s: float) -> SimpleNamespace:
        return SimpleNamespace(worst_slack_s=period_s * (1.0 - 2.0 * share) - arrival)

    found = met_period(analyzed, arrival * begin)  # type: ignore[arg-type]
    assert analyzed(found).worst_slack_s >= 0.0
    assert found - arrival / (1.0 - 2.0 * share) < 1e-12


def test_the_picture_of_the_wires_is_of_the_design_that_is_told_of(nangate, cache, tmp_path, monkeypatch) -> None:
    drawn = []
    for module in (build, flow):
        monkeypatch.setattr(module, "draw_congestion", lambda path, routing, floorplan: drawn.append(routing))
    verilog = "module top (input clk, input [5:0] a, output reg [6:0] y); always @(posedge clk) y <= a * 3; endmodule"
    settings = FlowSettings(1e9, 0.7, clock="auto", through="routing")
    implement(Rtl(verilog, "top"), nangate, settings, tmp_path, cache)
    report = json.loads((tmp_path / "report.json").read_text())
    assert drawn[-1].told() == report["routing"]
