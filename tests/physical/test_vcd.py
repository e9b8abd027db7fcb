"""Value change dumps by hand."""

import pytest

from accel_core.errors import InvalidInputError
from accel_core.physical.vcd import read_vcd

DUMP = """$date today $end
$timescale 1s $end
$scope module bench $end
$var reg 1 ! clk $end
$scope module dut $end
$var wire 1 " a $end
$var wire 3 # q [2:0] $end
$var wire 1 $ \\n[7] $end
$var
  wire 1 % other $end
$upscope $end
$upscope $end
$enddefinitions $end
#10
$dumpvars
0"
bx01 #
x$
1%
$end
#12
1"
#14
b101 #
z$
#15
0"
1$
#20
1"
b11 #
0%
#30
"""
NETS = {"a": 0, "q[0]": 1, "q[1]": 2, "q[2]": 3, "n[7]": 4, "unseen": 5}


def test_transitions_and_time_high():
    found = read_vcd(DUMP.splitlines(), NETS)
    # Changes from and to unknown values are none; of q[2] (x, 1, 0) one is left.
    assert found.count.tolist() == [3, 0, 1, 1, 0, 0]
    assert found.high.tolist() == pytest.approx([(3 + 10) / 20, 1.0, 10 / 20, 6 / 20, 15 / 20, 0.0])
    assert found.seen == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (DUMP.replace(" a ", " b ").replace(" q ", " r ").replace("n[7]", "m"), "none of the netlist's nets is in it"),
        (DUMP.partition("#12")[0], "no time passes"),
        ("nothing", "none of the netlist's nets"),
    ],
)
def test_useless_dump(text, message):
    with pytest.raises(InvalidInputError, match=message):
        read_vcd(text.splitlines(), NETS, "x.vcd")
