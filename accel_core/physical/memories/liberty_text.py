"""Timing and power of memories as Liberty.

Liberty charges the mean of the rising and the falling energy to a transition, and a clock makes one of each in a cycle.
So the whole energy of an access stands at the rising edge of the clock, under the condition that it takes place, and
nothing at the falling edge: a cycle with an access costs exactly that energy, an idle one nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accel_core.physical.memories.compiler import (
    CLOCK_F,
    INPUT_F,
    MAX_LOAD_F,
    SETUP_S,
    TRANSITIONS_S,
    Memory,
)
from accel_core.physical.memories.ports import PortPin, access_states, pins_of

_NS, _FF, _NW, _FJ = 1e9, 1e15, 1e9, 1e15

_HEADER = """\
library (memories) {
  technology (cmos);
  delay_model : table_lookup;
  time_unit : "1ns";
  voltage_unit : "1V";
  current_unit : "1uA";
  leakage_power_unit : "1nW";
  pulling_resistance_unit : "1kohm";
  capacitive_load_unit (1, ff);
  nom_process : 1;
  nom_voltage : 1.1;
  nom_temperature : 25;
  operating_conditions (typical) { process : 1; voltage : 1.1; temperature : 25; }
  default_operating_conditions : typical;
  slew_derate_from_library : 1;
  slew_lower_threshold_pct_rise : 20;
  slew_lower_threshold_pct_fall : 20;
  slew_upper_threshold_pct_rise : 80;
  slew_upper_threshold_pct_fall : 80;
  input_threshold_pct_rise : 50;
  input_threshold_pct_fall : 50;
  output_threshold_pct_rise : 50;
  output_threshold_pct_fall : 50;
  lu_table_template (transition) { variable_1 : total_output_net_capacitance; index_1 ("5, 500"); }"""


def to_liberty(memories: Sequence[Memory]) -> str:
    """One library of these memories, at 1.1 V and 25 C, with the thresholds of the published ones (20 and 80 %)."""
    widths = sorted({pin.width for memory in memories for pin in pins_of(memory.size) if pin.width})
    lines = [_HEADER, *(_bus_type(width) for width in widths)]
    for memory in memories:
        lines += _cell(memory)
    return "\n".join([*lines, "}", ""])


def _bus_type(width: int) -> str:
    return (
        f"  type (bus_{width}) {{ base_type : array; data_type : bit; bit_width : {width}; "
        f"bit_from : {width - 1}; bit_to : 0; downto : true; }}"
    )


def _cell(memory: Memory) -> Iterator[str]:
    size = memory.size
    yield f"  cell ({memory.name}) {{"
    yield f"    area : {memory.area_um2:.6g};"
    yield "    interface_timing : true;"
    yield f"    memory () {{ type : ram; address_width : {size.address_bits}; word_width : {size.bits}; }}"
    yield f"    cell_leakage_power : {memory.leakage_w * _NW:.9g};"
    for pin in pins_of(size):
        yield f"    {'bus' if pin.width else 'pin'} ({pin.name}) {{"
        if pin.width:
            yield f"      bus_type : bus_{pin.width};"
        yield f"      direction : {'input' if pin.is_input else 'output'};"
        yield from _inside(memory, pin)
        yield "    }"
    yield "  }"


def _inside(memory: Memory, pin: PortPin) -> Iterator[str]:
    if pin.name == "clk":
        yield f"      capacitance : {CLOCK_F * _FF:g};"
        yield "      clock : true;"
        yield f"      min_period : {memory.cycle_s * _NS:.6g};"
        yield from _energies(memory)
    elif pin.is_input:
        yield f"      capacitance : {INPUT_F * _FF:g};"
        for kind in ("setup_rising", "hold_rising"):
            yield f'      timing () {{ related_pin : "clk"; timing_type : {kind};'
            for edge in ("rise", "fall"):
                yield f'        {edge}_constraint (scalar) {{ values ("{SETUP_S * _NS:g}"); }}'
            yield "      }"
    else:
        yield f"      max_capacitance : {MAX_LOAD_F * _FF:g};"
        yield '      timing () { related_pin : "clk"; timing_type : rising_edge; timing_sense : non_unate;'
        low, high = (transition * _NS for transition in TRANSITIONS_S)
        for edge in ("rise", "fall"):
            yield f'        cell_{edge} (scalar) {{ values ("{memory.access_s * _NS:.6g}"); }}'
            yield f'        {edge}_transition (transition) {{ values ("{low:g}, {high:g}"); }}'
        yield "      }"


def _energies(memory: Memory) -> Iterator[str]:
    for condition, (reads, writes) in access_states(memory.size.ports).items():
        energy = (reads * memory.read_energy_j + writes * memory.write_energy_j) * _FJ
        yield f'      internal_power () {{ when : "{condition}";'
        yield f'        rise_power (scalar) {{ values ("{energy:.9g}"); }}'
        yield '        fall_power (scalar) { values ("0"); }'
        yield "      }"
