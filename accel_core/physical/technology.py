"""Technologies: process kits with what their files leave unsaid, checked and ready to implement designs on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.physical.inverter_chain import InverterChain, measure_inverter_chain
from accel_core.physical.lef import Lef, load_lef
from accel_core.physical.liberty import Cell, Library
from accel_core.physical.liberty_files import load_library
from accel_core.physical.liberty_header import LibertyHeader, read_header
from accel_core.physical.logic_functions import BUFFER, HIGH, LOW, cells_computing, inputs_of, outputs_of, truth_table
from accel_core.physical.technology_files import Sources, is_named, path_of, read_sources, split_pin
from accel_core.physical.wires import Wire, wires_from_entries, wires_from_table

UNITS_PER_UM = 1000
"""Places are whole multiples of 1/1000 um, finer than any site or pin grid."""

MACRO_HALO_UM = (2.0, 2.0)
"""Assumed: room for the wires to a block's pins, where a kit does not say how much it wants."""

_SUPPLIES_V = (0.3, 6.0)  # From near threshold to 5 V I/O of 0.18 um processes with a tenth to spare.
_SUPPLY_FACTOR = 2.0
_LOADS = 4  # Inverters on an output port; OpenROAD-flow-scripts takes as much for NanGate45.


@dataclass(frozen=True)
class Helper:
    """A cell that the flow itself inserts: a buffer or a tie cell (which has no input)."""

    cell: str
    output: str
    input: str = ""


@dataclass(frozen=True)
class Site:
    """What cells stand on: its name, its width and the height of a row, in um."""

    name: str
    width_um: float
    height_um: float


@dataclass(frozen=True)
class Technology:
    """A process kit, ready to implement designs on.

    Attributes:
        name: Short name, recorded with every result.
        title: Name for a person.
        source: The YAML file or the platform folder.
        liberties: The Liberty files (NLDM).
        lefs: LEF files, technology first.
        header: What the first Liberty file says of its corner and units.
        node_nm: Process node, None if the kit does not say.
        supply_v: Supply voltage in volts.
        horizontal: Stands for all horizontal wires.
        vertical: Stands for all vertical wires.
        dont_use: Shell patterns of cells that synthesis must not use.
        flip_flops: Shell patterns of the flip-flops that synthesis chooses among; empty for any.
        buffer: Separates ports that would share one net.
        tie_low: Drives constant 0; None connects pins to ground.
        tie_high: Drives constant 1; None connects pins to the supply.
        site: What rows are made of.
        output_load_f: Load on every output port, in farads.
        input_transition_s: Transition time at every input port, between the library's slew thresholds.
        clock_transition_s: Transition time of the ideal clock at every flip-flop.
        inverter_chain: Its smallest inverters in a row, the measure of its speed.
        digest: Changes when a file of it changes.
        library: The parsed Liberty files.
        lef: The parsed LEF files.
        macro_halo_um: How far cells stay from a memory or another block, across and along its rows.
        cells_digest: That of the technology before memories were added, "" if none were.
    """

    name: str
    title: str
    source: Path
    liberties: tuple[Path, ...]
    lefs: tuple[Path, ...]
    header: LibertyHeader
    node_nm: float | None
    supply_v: float
    horizontal: Wire
    vertical: Wire
    dont_use: tuple[str, ...]
    flip_flops: tuple[str, ...]
    buffer: Helper
    tie_low: Helper | None
    tie_high: Helper | None
    site: Site
    output_load_f: float
    input_transition_s: float
    clock_transition_s: float
    inverter_chain: InverterChain
    digest: str
    library: Library = field(repr=False)
    lef: Lef = field(repr=False)
    macro_halo_um: tuple[float, float] = MACRO_HALO_UM
    cells_digest: str = ""

    def is_macro(self, cell: str) -> bool:
        """Whether a cell is a memory or another block, which stands across rows."""
        return self.library.cells[cell].is_macro

    def is_usable(self, cell: str) -> bool:
        """Whether synthesis may use a cell: it is not forbidden, has an outline of whole rows, and all its pins."""
        known, macro = self.library.cells.get(cell), self.lef.macros.get(cell)
        if known is None or macro is None or not set(known.pins) <= set(macro.pins):
            return False
        rows = macro.height_um / self.site.height_um
        return abs(rows - round(rows)) < 1e-6 and not _matches(cell, self.dont_use)

    @cached_property
    def usable_cells(self) -> tuple[Cell, ...]:
        """Cells that synthesis may use, in the library's order."""
        return tuple(cell for name, cell in self.library.cells.items() if self.is_usable(name))

    @cached_property
    def row_rail(self) -> str:
        """The supply at the lower edge of an upright row, as cells of one row have it: ``power``, ``ground`` or ""."""
        macros = self.lef.macros
        rails = Counter(macros[name].rail for name in self.library.cells if name in macros and self.rows_of(name) == 1)
        return rails.most_common(1)[0][0] if rails else ""

    def rows_of(self, cell: str) -> int:
        """How many rows high a cell is."""
        return round(self.lef.macros[cell].height_um / self.site.height_um)

    def sites_of(self, cell: str) -> int:
        """How many sites wide a cell is; a part of one is its own."""
        return math.ceil(self.lef.macros[cell].width_um / self.site.width_um - 1e-6)


def load_technology(path_or_name: str | Path = "nangate45", cache: Path | None = None) -> Technology:
    """Load a technology.

    Args:
        path_or_name: A name under ``data/technologies``, the path of a YAML file of your own (paths in it are relative
            to it), or a platform folder of OpenROAD-flow-scripts.
        cache: Folder for parsed tables, which otherwise are parsed anew (a few seconds) in every process.

    Raises:
        InvalidInputError: If a file, a key or a value is missing or wrong, or a file says something else than when
            ``pinned_technology`` named it.
    """
    text, wanted = split_pin(str(path_or_name))
    path = path_of(text)
    cache = cache.resolve() if cache else None
    digest = read_sources(path, cache).digest
    if wanted and wanted != digest:
        raise InvalidInputError(
            f"technology {path} has changed: its digest is {digest}, asked for is {wanted}; give the file "
            "anew to go on with it as it is"
        )
    return _load(path, cache, digest)


def pinned_technology(path_or_name: str) -> str:
    """Return a name as it is, and a path as its place and a digest of all that it names: ``/place/own.yaml#<digest>``.

    Raises:
        InvalidInputError: As ``load_technology`` does; a text with a digest is returned without a look at the file.
    """
    text, digest = split_pin(path_or_name)
    if digest or is_named(text):
        return path_or_name
    path = path_of(text)
    return f"{path}#{read_sources(path, None).digest}"


@lru_cache(maxsize=4)
def _load(path: Path, cache: Path | None, digest: str) -> Technology:
    """Build a technology; the digest is a reason to build it anew."""
    try:
        return _build(path, read_sources(path, cache), cache)
    except KeyError as error:
        raise InvalidInputError(f"{path.name}: key {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{path.name}: {error}") from error


def _build(path: Path, sources: Sources, cache: Path | None) -> Technology:
    entries, place = sources.entries, sources.place
    library = load_library(sources.liberties, cache, sources.liberty_digest)
    lef = load_lef(sources.lefs, cache, sources.lef_digest)
    header = read_header(sources.liberties[0])
    unit = header.units.resistance_ohm
    wires = (
        wires_from_entries(entries["wires"], lef)
        if "wires" in entries
        else wires_from_table(sources.wires, lef, sources.lowest_layer, unit)
    )
    helpers = {key: _helper(place, key, entries, library, lef) for key in ("buffer", "tie_low", "tie_high")}
    buffer = helpers["buffer"]
    if buffer is None:
        raise InvalidInputError(
            f"{place}: the library has no buffer; allowed: key 'buffer' with cell, input and output"
        )
    dont_use = _patterns(entries, "dont_use")
    placeable = [cell for name, cell in library.cells.items() if name in lef.macros and not _matches(name, dont_use)]
    chain = measure_inverter_chain(library, placeable)
    return Technology(
        name=str(entries["name"]),
        title=str(entries.get("title", entries["name"])),
        source=path,
        liberties=sources.liberties,
        lefs=sources.lefs,
        header=header,
        node_nm=float(entries["node_nm"]) if entries.get("node_nm") else None,
        supply_v=_supply(place, entries, header),
        horizontal=wires[0],
        vertical=wires[1],
        dont_use=dont_use,
        flip_flops=_patterns(entries, "flip_flops"),
        buffer=buffer,
        tie_low=helpers["tie_low"],
        tie_high=helpers["tie_high"],
        site=_site(place, entries, lef),
        output_load_f=_positive(place, entries, "output_load_f", _LOADS * chain.input_f),
        input_transition_s=_positive(place, entries, "input_transition_s", chain.transition_s),
        clock_transition_s=_positive(place, entries, "clock_transition_s", chain.transition_s),
        inverter_chain=chain,
        digest=sources.digest,
        library=library,
        lef=lef,
        macro_halo_um=_halo(place, entries),
    )


def _halo(place: str, entries: Mapping[str, Any]) -> tuple[float, float]:
    value = entries.get("macro_halo_um", MACRO_HALO_UM)
    sides = [float(side) for side in (value if isinstance(value, (list, tuple)) else [value])]
    if len(sides) not in (1, 2) or not all(0.0 <= side < float("inf") for side in sides):
        raise InvalidInputError(f"{place}, macro_halo_um: is {value}; allowed: one or two numbers from 0")
    return sides[0], sides[-1]


def _patterns(entries: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Shell patterns, of which one may stand without a list around it."""
    value = entries.get(key) or ()
    return (value,) if isinstance(value, str) else tuple(str(pattern) for pattern in value)


def _matches(cell: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(cell, pattern) for pattern in patterns)


def _helper(place: str, key: str, entries: Mapping[str, Any], library: Library, lef: Lef) -> Helper | None:
    """The cell that is named, or the smallest that does the same; None if there is none."""
    if entries.get(key):
        helper = Helper(**entries[key])
        if helper.cell not in library.cells or helper.cell not in lef.macros:
            raise InvalidInputError(f"{place}: cell {helper.cell} is not in the Liberty and LEF files")
        for pin in filter(None, (helper.input, helper.output)):
            if pin not in library.cells[helper.cell].pins:
                allowed = ", ".join(library.cells[helper.cell].pins)
                raise InvalidInputError(f"{place}, {key}: cell {helper.cell} has no pin {pin}; allowed: {allowed}")
        return helper
    placeable = [cell for name, cell in library.cells.items() if name in lef.macros]
    if key == "buffer":
        found = next(cells_computing(placeable, BUFFER), None)
        return Helper(found.name, outputs_of(found)[0], inputs_of(found)[0]) if found else None
    table = LOW if key == "tie_low" else HIGH
    for cell in sorted(placeable, key=lambda cell: cell.area_um2):
        for output in outputs_of(cell):
            if not inputs_of(cell) and truth_table(cell, output) == table:
                return Helper(cell.name, output)
    return None


def _supply(place: str, entries: Mapping[str, Any], header: LibertyHeader) -> float:
    """The supply that is stated, or the library's nominal one; tables are right for no other."""
    value = float(entries["supply_v"]) if "supply_v" in entries or header.voltage_v is None else header.voltage_v
    if not value > 0:
        raise InvalidInputError(f"technology, supply_v: is {value:g}; allowed: above 0")
    low, high = _SUPPLIES_V
    why = ""
    if header.voltage_v:
        low, high = max(low, header.voltage_v / _SUPPLY_FACTOR), min(high, header.voltage_v * _SUPPLY_FACTOR)
        why = f", for the library is for {header.voltage_v:g} V"
    if not low <= value <= high:
        raise InvalidInputError(f"{place}, supply_v: is {value:g} V; allowed: {low:.3g} to {high:.3g} V{why}")
    return value


def _site(place: str, entries: Mapping[str, Any], lef: Lef) -> Site:
    name = str(entries.get("site") or "")
    if name and name not in lef.sites:
        raise InvalidInputError(f"{place}, site: '{name}' is not in the LEF files; allowed: {', '.join(lef.sites)}")
    site = Site(name, *lef.sites[name]) if name else Site(*lef.core_site())
    for length in (site.width_um, site.height_um):
        if not length > 0 or abs(length * UNITS_PER_UM - round(length * UNITS_PER_UM)) > 1e-6:
            raise InvalidInputError(
                f"{place}, site {site.name}: is {site.width_um:g} x {site.height_um:g} um; "
                f"allowed: multiples of 1/{UNITS_PER_UM} um"
            )
    return site


def _positive(place: str, entries: Mapping[str, Any], key: str, default: float) -> float:
    value = float(entries.get(key, default))
    if not value > 0:
        raise InvalidInputError(f"{place}, {key}: is {value:g}; allowed: above 0")
    return value
