"""The compiler: known sizes come out exactly, others by curves whose errors are told, files say the same."""

import math

import numpy as np
import pandas as pd
import pytest

from accel_core.cli import main
from accel_core.errors import InvalidInputError
from accel_core.paths import data_path
from accel_core.physical.lef import parse_lef
from accel_core.physical.liberty_reader import parse_library
from accel_core.physical.memories import compile_memory, prepare, to_lef, to_liberty, with_memories
from accel_core.physical.memories.fits import QUANTITIES, fit_of
from accel_core.physical.memories.lef_text import pin_places
from accel_core.rtl import MemorySize, Rtl

PUBLISHED = pd.read_parquet(data_path() / "memories" / "sram45.parquet")
GRID = pd.read_parquet(data_path() / "memories" / "sram45_cacti.parquet")
KNOWN = [compile_memory(row.words, row.bits, row.ports) for row in pd.concat([GRID, PUBLISHED]).itertuples()]


def test_a_published_memory_has_the_numbers_of_its_liberty_and_lef_files():
    """fakeram45_64x32 and fakeram45_2048x39 of OpenROAD-flow-scripts, as their files have them."""
    small, large = compile_memory(64, 32), compile_memory(2048, 39)
    assert (small.width_um, small.height_um, small.access_s, small.cycle_s) == (20.14, 61.6, 207e-12, 164e-12)
    assert (small.write_energy_j, small.leakage_w) == (795.762e-15, 81627.2e-9)
    assert small.area_um2 == pytest.approx(1240.624)
    assert (large.width_um, large.height_um, large.access_s) == (206.91, 219.8, 435e-12)
    assert (large.write_energy_j, large.leakage_w) == (6855.19e-15, 1876600e-9)


@pytest.mark.parametrize("table", [PUBLISHED, GRID], ids=["published", "grid"])
def test_every_known_size_comes_out_exactly(table):
    published = set(zip(PUBLISHED.words, -(-PUBLISHED.bits // 8), PUBLISHED.ports, strict=True))
    checked = 0
    for row in table.itertuples():
        if table is GRID and (row.words, row.bits // 8, row.ports) in published:
            continue  # The published one is used, which was rounded otherwise.
        memory = compile_memory(row.words, row.bits, row.ports)
        checked += 1
        assert memory.source == "table"
        assert not memory.errors
        for name in ("access_s", "cycle_s", "read_energy_j", "write_energy_j", "leakage_w"):
            assert getattr(memory, name) == getattr(row, name)
        if table is PUBLISHED:
            assert (memory.width_um, memory.height_um) == (row.width_um, row.height_um)
        else:
            # Sides are swapped and whole sites and rows.
            assert memory.width_um == pytest.approx(math.ceil(row.height_um / 0.19 - 1e-6) * 0.19)
            assert memory.height_um == pytest.approx(math.ceil(row.width_um / 1.4 - 1e-6) * 1.4)
    assert checked >= 26


def test_words_cost_as_much_as_whole_bytes():
    narrow, wide = compile_memory(128, 4, "1R1W"), compile_memory(128, 8, "1R1W")
    assert (narrow.source, narrow.write_energy_j, narrow.area_um2) == ("table", wide.write_energy_j, wide.area_um2)
    assert len([name for name in pin_places(narrow) if name.startswith("rd_out")]) == 4


def test_curves_are_those_of_the_literature_of_this_table():
    """Coefficients that were found apart from this code, in ns, um2, fJ and mW."""
    one, two = (lambda name: fit_of(name, "1RW").coefficients), (lambda name: fit_of(name, "1R1W").coefficients)
    assert np.array(one("access_s")) * 1e9 == pytest.approx([0.153, 0.000922], rel=0.01)
    assert np.array(two("access_s")) * 1e9 == pytest.approx([0.149, 0.001268], rel=0.01)
    assert one("area_um2") == pytest.approx([0.795, 0.927, 1.054], rel=0.002)
    assert two("leakage_w") == pytest.approx([9.57e-8, 0.885, 0.940], rel=0.002)
    assert one("read_energy_j") == pytest.approx([4.115e-15, 0.572, 0.926], rel=0.002)
    assert two("write_energy_j") == pytest.approx([1.995e-15, 0.583, 1.145], rel=0.002)


@pytest.mark.parametrize("ports", ["1RW", "1R1W"])
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_errors_of_curves_are_what_they_miss(quantity, ports):
    fit = fit_of(quantity, ports)
    misses = []
    for row in GRID[GRID.ports == ports].itertuples():
        if quantity == "access_s":
            value = fit.coefficients[0] + fit.coefficients[1] * math.sqrt(row.words * row.bits)
        else:
            value = fit.coefficients[0] * row.words ** fit.coefficients[1] * row.bits ** fit.coefficients[2]
        misses.append(abs(value - getattr(row, quantity)) / getattr(row, quantity))
    assert fit.error.mean == pytest.approx(sum(misses) / 44)
    assert fit.error.largest == pytest.approx(max(misses))
    between = compile_memory(384, 24, ports)
    assert between.source == "fit"
    assert not between.is_beyond
    assert between.errors[quantity] == fit.error


def test_a_size_between_others_is_between_them():
    low, memory, high = (compile_memory(*size, "1R1W") for size in ((256, 32), (400, 48), (1024, 64)))
    for name in ("area_um2", "read_energy_j", "write_energy_j", "leakage_w", "access_s"):
        assert getattr(low, name) < getattr(memory, name) < getattr(high, name)
    assert compile_memory(16_384, 64).is_beyond
    assert compile_memory(512, 144).is_beyond


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((4, 8), "memory sram_4x8_1rw, words: is 4; allowed: 8 to 32768"),
        ((64, 1024), "memory sram_64x1024_1rw, bits: is 1024; allowed: 1 to 512"),
        ((64, 0), "memory, bits: is 0; allowed: a whole number from 1"),
        ((64, 8, "2RW"), "memory, ports: is '2RW'; allowed: 1RW, 1R1W"),
    ],
)
def test_what_cannot_be_compiled_is_told(size, message):
    with pytest.raises(InvalidInputError, match=message):
        compile_memory(*size)


def test_liberty_says_the_same_of_every_known_size():
    library = parse_library(to_liberty(list({memory.name: memory for memory in KNOWN}.values())))
    values = library.tables.values
    for memory in KNOWN:
        cell = library.cells[memory.name]
        assert cell.is_macro
        assert cell.area_um2 == pytest.approx(memory.area_um2, rel=1e-5)
        assert cell.leakage_w == pytest.approx(memory.leakage_w, rel=1e-6)
        outputs = {f"rd_out[{bit}]" for bit in range(memory.size.bits)}
        assert {(arc[0], arc[1]) for arc in cell.arcs} == {("clk", name) for name in outputs}
        for arc in cell.arcs:
            assert values[arc[4], 0, 0] == pytest.approx(memory.access_s, rel=1e-5)
        inputs = {name for name, pin in cell.pins.items() if pin.direction == "input" and name != "clk"}
        assert {check[0] for check in cell.checks} == inputs
        assert all(values[check[4], 0, 0] == pytest.approx(50e-12) for check in cell.checks)
        at_rise = {row.when: values[row.rise, 0, 0] for row in cell.energies}
        reads, writes = (
            ("ce_in & !we_in", "ce_in & we_in") if memory.size.ports == "1RW" else ("re_in & !we_in", "!re_in & we_in")
        )
        assert at_rise[reads] == pytest.approx(memory.read_energy_j, rel=1e-6)
        assert at_rise[writes] == pytest.approx(memory.write_energy_j, rel=1e-6)
        assert {float(values[row.fall, 0, 0]) for row in cell.energies} == {0.0}


def test_lef_says_the_same_of_every_known_size():
    macros = parse_lef(to_lef(KNOWN)).macros
    for memory in KNOWN:
        macro = macros[memory.name]
        assert (macro.width_um, macro.height_um) == (memory.width_um, memory.height_um)
        places = pin_places(memory)
        assert set(macro.pins) == {*places, "VDD", "VSS"}
        corners = set(places.values())
        assert len(corners) == len(places)
        assert all(x in (0.0, round(memory.width_um - 0.07, 4)) for x, _ in corners)
        assert all(0.0 < y < memory.height_um - 0.07 for _, y in corners)


def test_the_command_prints_figures_and_writes_files(tmp_path, capsys):
    assert main(["memory", "--words", "64", "--bits", "32", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "exactly as in the tables" in text
    assert "0.79576 pJ" in text
    assert {path.name for path in tmp_path.iterdir()} == {f"sram_64x32_1rw.{suffix}" for suffix in ("lef", "lib", "v")}
    assert main(["memory", "--words", "100", "--bits", "20", "--ports", "1R1W"]) == 0
    assert "by curves through the tables" in (text := capsys.readouterr().out)
    assert "+- 10% on average, 34% at most" in text
    assert main(["memory", "--words", "2", "--bits", "20"]) == 2


def test_a_technology_gets_what_it_lacks(nangate, with_srams, tiny, tmp_path):
    assert with_srams.digest != nangate.digest
    assert with_srams.cells_digest == nangate.digest
    other = with_memories(nangate, [compile_memory(64, 64)], tmp_path)
    assert other.digest != with_srams.digest
    assert with_srams.library.cells["INV_X1"] == nangate.library.cells["INV_X1"]
    assert with_memories(nangate, [], tmp_path) is nangate
    rtl = Rtl("", "top", memories=(MemorySize(64, 32), MemorySize(32, 8), MemorySize(32, 8)))
    assert list(prepare(rtl, with_srams, tmp_path).models) == ["sram_32x8_1rw"]
    with pytest.raises(
        InvalidInputError, match="technology tiny: has no memory sram_64x32_1rw; allowed: one of its own"
    ):
        prepare(rtl, tiny, tmp_path)
