"""Netlists of others with a clock tree: timed as their constraints say."""

import pytest

from accel_core.errors import InvalidInputError
from accel_core.physical.sign_off import time_netlist

NETLIST = """
module top (clk, d, q);
  input clk, d; output q;
  wire c0, c1, n;
  BUF b0 (.A(clk), .Z(c0));
  BUF b1 (.A(c0), .Z(c1));
  DFF u0 (.CK(c0), .D(d), .Q(n));
  DFF u1 (.CK(c1), .D(n), .Q(q));
endmodule
"""
SDC = """
create_clock -name core -period 1.0 [get_ports clk]
set_propagated_clock [get_clocks core]
set_input_delay 0.2 -clock core [get_ports d]
set_output_delay 0.5 -clock core [get_ports q]
"""
SPEF = """*SPEF "IEEE 1481-1998"
*DELIMITER :
*C_UNIT 1 FF
*R_UNIT 1 OHM
*D_NET c0 5
*CONN
*I b0:Z O
*I b1:A I
*I u0:CK I
*CAP
1 b0:Z 5
*RES
1 b0:Z b1:A 0
2 b0:Z u0:CK 0
*END
"""
# c0: 5 fF of wire, 3 of b1, 1 of u0; c1: 1 fF of u1.
EARLY, LATE = 10 + 9, 10 + 9 + 10 + 1


@pytest.fixture
def slack(clocked, tmp_path):
    """Gives the worst slack in ps for constraints."""

    def find(sdc):
        for name, text in (("top.v", NETLIST), ("top.sdc", sdc), ("top.spef", SPEF)):
            (tmp_path / name).write_text(text)
        found = time_netlist(*(tmp_path / f"top.{end}" for end in ("v", "sdc", "spef")), clocked)
        return found["worst_slack_s"] * 1e12

    return find


def test_propagated_clock(slack):
    # To q: launched late, 100 ps to an unloaded port; it counts from the edge at the clock's port.
    assert slack(SDC) == pytest.approx(1000 - 500 - LATE - 100)
    # To u0, whose clock is early: falling d at 200 ps and a setup of 60.
    assert slack(SDC.replace("_delay 0.5", "_delay 0")) == pytest.approx(1000 + EARLY - 200 - 60)
    # From u0 to u1: rising n with 2 fF; the buffer gives 30 ps of transition, which a setup of 50 ps heeds.
    alone = "\n".join(SDC.split("\n")[:3])
    assert slack(alone) == pytest.approx(1000 + LATE - EARLY - 104 - 53)
    assert slack(alone.replace("[get_clocks core]", "[all_clocks]")) == slack(alone)
    assert slack(alone.replace("[get_clocks core]", "[get_ports clk]")) == slack(alone)


def test_clock_that_is_not_called_propagated_is_ideal_behind_buffers(slack):
    ideal = SDC.replace("set_propagated_clock", "set_clock_transition 0.01")
    assert slack(ideal) == pytest.approx(1000 - 500 - 100)
    assert slack("\n".join(ideal.split("\n")[:3])) == pytest.approx(1000 - 104 - 51)


def test_ports_may_count_from_a_clock_beyond_them(slack):
    beyond = SDC.replace("-clock core", "-clock io").replace(
        "set_input", "create_clock -name io -period 1.0\nset_clock_latency 0.025 [get_clocks io]\nset_input", 1
    )
    assert slack(beyond) == pytest.approx(1000 + 25 - 500 - LATE - 100)
    assert slack(beyond.replace("_delay 0.5", "_delay 0")) == pytest.approx(1000 + EARLY - 25 - 200 - 60)
    # The latency may be said later, and counts for nothing once the clock is propagated.
    assert slack(beyond + "set_clock_latency 0.035 [get_clocks io]") == pytest.approx(slack(beyond) + 10)
    assert slack(beyond + "set_propagated_clock [get_clocks io]") == pytest.approx(slack(SDC))


def test_latency_of_an_ideal_clock(slack):
    ideal = SDC.replace("set_propagated_clock [", "set_clock_latency 0.3 [")
    # All that counts from the same clock moves alike.
    assert slack(ideal) == pytest.approx(1000 - 500 - 100)
    assert slack(ideal.replace("-clock core [get_ports q]", "-clock io [get_ports q]").replace(
        "set_input", "create_clock -name io -period 1.0\nset_input"
    )) == pytest.approx(1000 - 500 - 100 - 300)  # fmt: skip


def test_driver_of_the_clock_port(slack):
    # BUF drives clk, whose one pin has 3 fF: 3 ps more than unloaded.
    driven = SDC + "set_driving_cell -lib_cell BUF [get_ports clk]"
    assert slack(driven) == pytest.approx(1000 - 500 - LATE - 100 - 3)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("create_clock -name io -period 2.0", r"clock io has a period of 2e-09 s; allowed: that of core, 1e-09 s"),
        ("create_clock -name io -period 1.0 [get_ports d]", r"line 6: a second clock; allowed: one on a port"),
        ("create_clock -period 1.0", r"line 6: the clock is on no port; allowed: one input port"),
        ("set_propagated_clock [get_clocks io]", r"line 6: clock io is not created; allowed: core"),
        ("set_clock_latency -source 0.1 [get_clocks core]", r"line 6: option -source is not supported"),
        ("set_output_delay 0.1 -clock io [get_ports q]", r"line 6: clock io is not created; allowed: core"),
    ],
)
def test_what_is_wrong_is_one_sentence(slack, extra, message):
    with pytest.raises(InvalidInputError, match=message):
        slack(SDC + extra)
