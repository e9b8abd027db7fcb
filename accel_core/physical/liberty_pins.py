"""Pins of a Liberty cell, with the bits of its buses and bundles as pins of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from accel_core.errors import InvalidInputError
from accel_core.physical.liberty_text import Group

_RANGE = re.compile(r"(?P<name>.+)\[(?P<first>\d+):(?P<last>\d+)\]")


def pin_groups(cell: Group, library: Group) -> list[Group]:
    """Every pin of a cell, in the file's order; what a bus or bundle says holds for each of its bits.

    Raises:
        InvalidInputError: If a bus is of a type that neither the cell nor the library defines.
    """
    pins: list[Group] = []
    for group in cell.all("pin", "bus", "bundle"):
        if group.kind == "pin":
            pins += [_merged(name, [group]) for name in expand(group.name)]
            continue
        inner = [(set(expand(pin.name)), pin) for pin in group.all("pin")]
        for name in _bits(group, cell, library):
            pins.append(_merged(name, [group, *(pin for names, pin in inner if name in names)]))
    return pins


def related_pins(group: Group, pin: str, pins: Mapping[str, object]) -> list[str]:
    """The pins that a ``related_pin`` names: of a bus the bit with the number of ``pin``, or all if there is none."""
    related: list[str] = []
    for name in group.values.get("related_pin", "").replace(",", " ").split():
        if name in pins:
            related += expand(name)
            continue
        bits = [other for other in pins if other.startswith(f"{name}[")]
        same = name + pin[pin.find("[") :]
        related += [same] if "[" in pin and same in bits else bits or expand(name)
    return related


def expand(text: str) -> list[str]:
    """Pin names in a group's parentheses: ``A, B`` and ``D[2:0]`` are several."""
    found = []
    for name in names_in(text):
        match = _RANGE.fullmatch(name)
        found += list(_numbered(match["name"], int(match["first"]), int(match["last"]))) if match else [name]
    return found


def names_in(text: str) -> list[str]:
    """Names between commas, without quotes."""
    return [name.strip().strip('"') for name in text.split(",") if name.strip()]


def _numbered(name: str, first: int, last: int) -> Iterator[str]:
    step = -1 if first > last else 1
    return (f"{name}[{bit}]" for bit in range(first, last + step, step))


def _bits(group: Group, cell: Group, library: Group) -> list[str]:
    if group.kind == "bundle":
        return names_in(group.values.get("members", ""))
    kind = group.values.get("bus_type", "")
    known = [*cell.all("type"), *library.all("type")]
    found = next((each for each in known if each.name == kind), None)
    if found is None:
        raise InvalidInputError(f"Liberty, cell {cell.name}, bus {group.name}: type '{kind}' is not defined")
    return list(_numbered(group.name, int(found.number("bit_from", 0)), int(found.number("bit_to", 0))))


def _merged(name: str, groups: list[Group]) -> Group:
    """One pin of several groups that speak of it; later ones overrule attributes and add groups."""
    merged = Group("pin", name)
    for group in groups:
        merged.values.update(group.values)
        merged.groups += [inner for inner in group.groups if inner.kind != "pin"]
    return merged
