"""Energy tables from files: a short YAML format of our own, and Accelergy's energy reference tables (ERT v0.3, v0.4).

Both of Accelergy's files are read, ``ERT.yaml`` and ``ERT_summary.yaml``.

Our own, in pJ; ``title``, ``source`` and leakage (0 without it) may be left out:

    title: Our 28 nm test chip
    source: measured
    levels:
      dram: {read_pj: 512, write_pj: 512}
      glb: {read_pj: 18.2, write_pj: 14.1, leak_pj_per_cycle: 0.006}
      ifmap: {read_pj: 0.2, write_pj: 0.18}
      weights: {read_pj: 2.0, write_pj: 1.9}
      psum: {read_pj: 0.25, write_pj: 0.22}
      mac: {compute_pj: 0.21}

Of an ERT, tables count whose component is called like a level (``DRAM shared_glb ifmap_spad weights_spad psum_spad
mac``, and the other names below, whatever their capitals and underscores), behind any prefix and before any range;
others, such as spatial levels, are left alone. Names of actions are those that Timeloop looks for, in its order, and of
several entries of one action the most expensive counts, as in Timeloop (topology.cpp, ParseAccelergyERT); a summary
says only the least, the greatest and the mean of them (Accelergy's ERT_generator.py), so there the greatest counts.
Fills and updates both cost what ``write`` says, as they do in the source; where an ``update`` differs, the table's
source says so. Leakage of DRAM must be 0, as the cost model does not count it;
that of the MACs is left out, as in Timeloop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accel_core.errors import InvalidInputError
from accel_core.space.documents import check_list, check_mapping, load_document

_BUFFER = {"read": "read_pj", "write": "write_pj", "leak": "leak_pj_per_cycle"}
ACTIONS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(("dram", "glb", "ifmap", "weights", "psum"), _BUFFER),
    "mac": {"compute": "compute_pj"},
}
"""Actions of each level, and their keys in our own format."""

MOST_PJ = 1e9

# Names in the Eyeriss-like architectures of timeloop-accelergy-exercises and Timeloop's own examples, v0.2 to v0.4.
_COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "dram": ("DRAM", "main_memory"),
    "glb": ("glb", "shared_glb", "global_buffer"),
    "ifmap": ("ifmap", "ifmap_spad", "ifmap_RF", "input_spad", "inputs_spad", "iact_spad"),
    "weights": ("weights", "weights_spad", "weight_spad", "weights_RF", "filter_spad"),
    "psum": ("psum", "psum_spad", "psums_spad", "psum_RF", "output_spad"),
    "mac": ("mac", "MACs", "MACC", "mac_unit"),
}
# Timeloop's topology.hpp, storageOperationMappings and arithmeticOperationMappings.
_ERT_ACTIONS = {
    "read": ("random_read", "read"),
    "write": ("random_fill", "random_write", "fill", "write", "update"),
    "leak": ("leak",),
    "compute": ("mac_random", "mult_random", "mac", "mult", "compute"),
}
_ERT_VERSIONS = ("0.3", "0.4")
_TABLES_KEYS = {"ERT": "tables", "ERT_summary": "table_summary"}
_SUMMARY_ENERGIES = ("energy", "max_energy", "average_energy")

Energies = dict[str, dict[str, float]]


@dataclass(frozen=True)
class EnergyFile:
    """What an energy file says: pJ by level and action."""

    title: str
    source: str
    energies_pj: Energies


def read_energy_file(path: str | Path) -> EnergyFile:
    """Read a table of energies in either format.

    Raises:
        InvalidInputError: If the file cannot be read, is too large or not plain YAML, lacks a level or an action, or
            has an energy that is not a number from 0 to ``MOST_PJ``; naming file, level and action.
    """
    place, content = load_document(Path(path))
    for key in _TABLES_KEYS:
        if isinstance(content, Mapping) and key in content:
            return _from_ert(place, key, content[key])
    return _from_levels(place, content)


def _from_levels(place: str, content: object) -> EnergyFile:
    document = check_mapping(content, place, ("title", "source", "levels"), required=("levels",))
    levels = check_mapping(document["levels"], f"{place}, levels", ACTIONS)
    energies: Energies = {}
    for level, actions in ACTIONS.items():
        if level not in levels:
            raise _missing_level(place, level)
        where = f"{place}, level {level}"
        keys = actions.values()
        given = check_mapping(levels[level], where, keys, [key for key in keys if key != _BUFFER["leak"]])
        energies[level] = {action: _energy(given.get(key, 0.0), f"{where}, {key}") for action, key in actions.items()}
    _check_dram_leak(place, energies)
    title, source = (_words(document.get(key, ""), f"{place}, {key}") for key in ("title", "source"))
    return EnergyFile(title or place, source or f"{place}, given by the user", energies)


def _from_ert(place: str, key: str, content: object) -> EnergyFile:
    listed = _TABLES_KEYS[key]
    ert = check_mapping(content, f"{place}, {key}", ("version", listed), required=(listed,))
    version = str(ert.get("version", _ERT_VERSIONS[-1]))
    if version not in _ERT_VERSIONS:
        raise InvalidInputError(f"{place}, {key}, version is {version:.40}; allowed: {', '.join(_ERT_VERSIONS)}")
    energies: Energies = {}
    notes = []
    for number, table in enumerate(check_list(ert[listed], f"{place}, {key}, {listed}"), 1):
        component, level = _component(table, f"{place}, {key}, table {number}")
        if level is None:
            continue
        if level in energies:
            raise InvalidInputError(f"{place}: level {level} is there twice, again in {component}; allowed: one table")
        found = _most_expensive(table.get("actions"), f"{place}, {component}")
        energies[level] = {action: _pick(found, level, action, f"{place}, {component}") for action in ACTIONS[level]}
        if "update" in found and found["update"] != energies[level].get("write"):
            notes.append(f"{level} updates priced as writes")
    for level in ACTIONS:
        if level not in energies:
            raise _missing_level(place, level)
    _check_dram_leak(place, energies)
    source = "; ".join([f"{place}, Accelergy's {key} v{version}, given by the user", *notes])
    return EnergyFile(place, source, energies)


def _component(table: object, place: str) -> tuple[str, str | None]:
    """Return how messages call a table's component, and its level, if any."""
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        raise InvalidInputError(f"{place} has no name; allowed: a mapping with name and actions")
    name = table["name"]
    # As in "top.inter_DRAM_spatial[1..1].psum_spad[1..168]", whose range has dots, too.
    bare = name.rpartition("[")[0] if name.endswith("]") else name
    return f"{name:.120}", _LEVELS.get(_squeezed(bare.rpartition(".")[2]))


def _squeezed(name: str) -> str:
    """Return a name without what people spell differently: capitals and underscores."""
    return name.lower().replace("_", "")


_LEVELS = {_squeezed(name): level for level, names in _COMPONENTS.items() for name in names}


def _most_expensive(actions: object, place: str) -> dict[str, float]:
    """Return the energy of each action; the highest where one is listed with several sets of arguments."""
    found: dict[str, float] = {}
    for name, energy in _entries(check_list(actions, f"{place}, actions"), place):
        found[name] = max(found.get(name, 0.0), energy)
    return found


def _entries(actions: list[Any], place: str) -> Iterator[tuple[str, float]]:
    for number, entry in enumerate(actions, 1):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            raise InvalidInputError(f"{place}, action {number} has no name; allowed: a mapping with name and energy")
        action = f"{place}, action {entry['name']:.60}"
        key = next((key for key in _SUMMARY_ENERGIES if key in entry), None)
        if key is None:
            raise InvalidInputError(f"{action} has no energy; allowed: a number from 0 to {MOST_PJ:g} (pJ)")
        yield entry["name"], _energy(entry[key], f"{action}, {key}")


def _pick(found: Mapping[str, float], level: str, action: str, place: str) -> float:
    for name in _ERT_ACTIONS[action]:
        if name in found:
            return found[name]
    if action == "leak":
        return 0.0
    names = ", ".join(_ERT_ACTIONS[action])
    raise InvalidInputError(f"{place} (level {level}): the action {action} is missing; allowed: one of {names}")


def _energy(value: object, place: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= MOST_PJ:
        return float(value)
    shown = f"{value!r:.60}" if isinstance(value, (str, int, float)) else "not a number"
    raise InvalidInputError(f"{place} is {shown}; allowed: a number from 0 to {MOST_PJ:g} (pJ)")


def _words(value: object, place: str) -> str:
    if not isinstance(value, str) or len(value) > 300:
        raise InvalidInputError(f"{place} is not a text of at most 300 characters; allowed: such a text")
    return value


def _check_dram_leak(place: str, energies: Energies) -> None:
    leak = energies["dram"]["leak"]
    if leak:
        raise InvalidInputError(
            f"{place}, level dram, leak is {leak:g} pJ; allowed: 0, as DRAM's leakage is not counted"
        )


def _missing_level(place: str, level: str) -> InvalidInputError:
    names = ", ".join(_COMPONENTS[level])
    return InvalidInputError(
        f"{place}: level {level} is missing; allowed: a table named {names}, beside the other levels"
    )
