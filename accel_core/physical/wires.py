"""Wires of a kit: what stands for each direction, and whether a value can be that of a wire of such a width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.physical.lef import Layer, Lef
from accel_core.physical.set_rc import WireTable

DIRECTIONS = ("horizontal", "vertical")

# Copper of 2 uOhm cm with barrier and scattering, about twice as thick as wide: 4e-8 Ohm m / (w * 2 w). Derived; it is
# within a factor of 5 for all public kits from 0.5 um to 2 nm, so a factor of 20 leaves only mistaken units outside.
_RESISTIVITY_OHM_UM = 4e-2
_RESISTANCE_FACTOR = 20.0
_ANY_RESISTANCE = (1e-3, 2e3)
# Weste and Harris, CMOS VLSI Design: about 0.2 fF/um whatever the process, since shapes only scale.
_CAPACITANCE_F_PER_UM = 2e-16
_CAPACITANCE_FACTOR = 10.0
_KILO = 1e3


@dataclass(frozen=True)
class Wire:
    """The layer that stands for all wires of one direction.

    Attributes:
        layer: Its name in the LEF file; only shown.
        resistance_ohm_per_um: Sheet resistance over width.
        capacitance_f_per_um: To ground, neighbors included.
        note: What was made of a doubtful value, for ``technology check``.
    """

    layer: str
    resistance_ohm_per_um: float
    capacitance_f_per_um: float
    note: str = ""

    def __post_init__(self) -> None:
        """Reject values that no wire has."""
        if self.resistance_ohm_per_um < 0 or self.capacitance_f_per_um < 0:
            raise InvalidInputError(f"technology, wires, {self.layer}: values below 0; allowed: 0 or more")


def wires_from_entries(entries: Mapping[str, Any], lef: Lef) -> tuple[Wire, Wire]:
    """Horizontal and vertical wire as a technology file states them.

    Raises:
        InvalidInputError: If a value is decades away from that of any wire.
    """
    found = []
    for direction in DIRECTIONS:
        entry = entries[direction]
        wire = Wire(str(entry["layer"]), float(entry["resistance_ohm_per_um"]), float(entry["capacitance_f_per_um"]))
        _check(wire, lef.layers.get(wire.layer))
        found.append(wire)
    return found[0], found[1]


def wires_from_table(table: WireTable, lef: Lef, lowest_layer: str, resistance_unit_ohm: float) -> tuple[Wire, Wire]:
    """The lowest layer of each direction that routing may use, or what stands for all signals.

    Args:
        table: Values by layer.
        lef: Tells directions and widths.
        lowest_layer: Where routing begins, "" for anywhere.
        resistance_unit_ohm: What resistances in ``table`` were taken in.

    Raises:
        InvalidInputError: If no layer can stand for a direction, or a value is decades away from that of any wire.
    """
    names = list(lef.layers)
    first = names.index(lowest_layer) if lowest_layer in names else 0
    found = []
    for direction in DIRECTIONS:
        layer = next((n for n in names[first:] if _is_real(table, n) and lef.layers[n].direction == direction), "")
        ohm_farad = table.layers.get(layer) or table.signal or table.layers.get(table.signal_layer)
        if ohm_farad is None:
            raise InvalidInputError(
                f"setRC.tcl: no {direction} layer from '{lowest_layer or names[:1]}' up has a resistance and a "
                f"capacitance; allowed: set_layer_rc for one of {', '.join(names) or 'the layers of the LEF file'}"
            )
        wire = _in_kiloohm(Wire(layer or table.signal_layer or "signal", *ohm_farad), lef, resistance_unit_ohm)
        _check(wire, lef.layers.get(wire.layer))
        found.append(wire)
    return found[0], found[1]


def resistance_range(layer: Layer | None) -> tuple[float, float]:
    """Ohm/um that a wire of a layer's least width can have; of any layer for None."""
    if layer is None:
        return _ANY_RESISTANCE
    expected = _RESISTIVITY_OHM_UM / (2.0 * layer.width_um**2)
    return expected / _RESISTANCE_FACTOR, expected * _RESISTANCE_FACTOR


def capacitance_range() -> tuple[float, float]:
    """F/um that a wire can have."""
    return _CAPACITANCE_F_PER_UM / _CAPACITANCE_FACTOR, _CAPACITANCE_F_PER_UM * _CAPACITANCE_FACTOR


def _is_real(table: WireTable, layer: str) -> bool:
    """Platforms give layers that are only for pins a capacitance of nothing."""
    return layer in table.layers and table.layers[layer][1] >= capacitance_range()[0]


def _in_kiloohm(wire: Wire, lef: Lef, unit_ohm: float) -> Wire:
    """Read a resistance in kOhm, OpenROAD's own unit, where only that makes sense and the library has another."""
    low, high = resistance_range(lef.layers.get(wire.layer))
    ohm = wire.resistance_ohm_per_um
    kilo = ohm / unit_ohm * _KILO
    if unit_ohm == _KILO or low <= ohm <= high or not low <= kilo <= high:
        return wire
    note = (
        f"{wire.layer}: {ohm:.3g} ohm/um in the library's unit of {unit_ohm:g} ohm is no wire; "
        f"taken as {kilo:.3g} ohm/um, in kohm"
    )
    return Wire(wire.layer, kilo, wire.capacitance_f_per_um, note)


def _check(wire: Wire, layer: Layer | None) -> None:
    """Refuse units that were mistaken; a resistance of exactly 0 is an ideal wire."""
    low, high = resistance_range(layer)
    ohm, farad = wire.resistance_ohm_per_um, wire.capacitance_f_per_um
    if ohm and not low <= ohm <= high:
        of_width = f" for a width of {layer.width_um:g} um" if layer else ""
        raise InvalidInputError(
            f"technology, wires, {wire.layer}: resistance is {ohm:.4g} ohm/um; "
            f"allowed: {low:.3g} to {high:.3g}{of_width}"
        )
    low, high = capacitance_range()
    if not low <= farad <= high:
        raise InvalidInputError(
            f"technology, wires, {wire.layer}: capacitance is {farad:.4g} F/um; allowed: {low:.3g} to {high:.3g}"
        )
