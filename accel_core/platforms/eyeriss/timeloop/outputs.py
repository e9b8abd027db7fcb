"""What ``timeloop-mapper`` wrote: its statistics as the platform's metrics, its loop nest as a mapping.

The statistics have a block for each level: ``=== name ===``, then SPECS, MAPPING and STATS with ``key : value`` lines,
and within STATS a part for each tensor that the level keeps. Counts are per instance in use, energies in pJ with two
decimals. The summary at the end rounds energy to 10 nJ and utilization to 0.01 %, so both are computed anew.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from accel_core.errors import InvalidInputError
from accel_core.platforms.eyeriss.mapping import Loop, LoopNest, check_factors, parse_mapping
from accel_core.platforms.eyeriss.timeloop.architecture import FAN_OUTS, MAC, STORES
from accel_core.workloads import Layer

STATISTICS = "timeloop-mapper.stats.txt"
LOOPS = "timeloop-mapper.map.txt"

KEPT: Mapping[str, str] = {"dram": "wio", "glb": "io", "ifmap": "i", "weights": "w", "psum": "o"}
"""The tensors that each level keeps."""
_TENSORS: Mapping[str, str] = {"w": "Weights", "i": "Inputs", "o": "Outputs"}
_NOT_WRITTEN = ("dram_w_writes", "dram_i_writes")

_BLOCK = re.compile(r"^=== (?P<name>\S+) ===\s*$", re.MULTILINE)
_PART = re.compile(r"^ {4}(?P<name>[A-Za-z]+):\s*$", re.MULTILINE)
_LEVEL = re.compile(r"(?P<name>\w+) \[.*\]\s*")
_FOR = re.compile(r"\|\s*for (?P<dimension>[A-Z]) in \[0:(?P<factor>\d+)\)(?: \(Spatial-[XY]\))?\s*")
_LEVEL_OF = {name: level for level, name in STORES.items()} | {fan.level: level for level, fan in FAN_OUTS.items()}


class UnreadableError(ValueError):
    """A file of Timeloop lacks something or contradicts itself; the text says what."""


@dataclass(frozen=True)
class _Block:
    """One level: what stands before the parts of its tensors, and these parts by name."""

    name: str
    head: str
    parts: Mapping[str, str]

    def number(self, key: str, tensor: str = "") -> float:
        """Return the number of a line ``key : number``."""
        text = self.head if not tensor else self.parts.get(_TENSORS[tensor], "")
        where = f"level {self.name}" + (f", {_TENSORS[tensor]}" if tensor else "")
        match = re.search(rf"^ *{re.escape(key)} *: *(\S+)", text, re.MULTILINE)
        if match is None:
            raise UnreadableError(f"{where} has no '{key}'")
        return _number(match[1], f"{where}: '{key}'")

    def total(self, key: str, tensor: str) -> float:
        """Return a number of one instance times the instances in use."""
        return self.number(f"{key} (per-instance)", tensor) * self.number("Utilized instances (max)", tensor)

    def sums(self, ending: str) -> float:
        """Return the sum of all energies whose name ends so, in the head and in all parts."""
        text = "\n".join([self.head, *self.parts.values()])
        numbers = re.findall(rf"(?i)energy {re.escape(ending)} *: *(\S+) pJ", text)
        return sum(_number(number, f"level {self.name}: energy {ending}") for number in numbers)


def _number(text: str, where: str) -> float:
    """Return a count or an amount."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise UnreadableError(f"{where} is '{text[:40]}', no amount")
    return value


def read_statistics(text: str, layer: Layer) -> dict[str, float]:
    """Return what Timeloop says of one run of a layer, as the analytical model names it.

    Returns:
        ``lanes``, ``compute_cycles``, ``cycles``, ``energy_<level>_j``, ``energy_j`` and
        ``accesses_<level>_<tensor>_<reads or writes>``, the last in words over all instances.

    Raises:
        UnreadableError: If a level or a number is missing, or the numbers are not those of the layer.
    """
    blocks = _blocks(text)
    mac = blocks[MAC]
    computes, lanes = mac.number("Computes (total)"), mac.number("Utilized instances")
    if computes != layer.macs // layer.repeat:
        raise UnreadableError(f"{computes:.0f} computes; layer '{layer.name}' has {layer.macs // layer.repeat}")
    _, title, summary = text.rpartition("Summary Stats")
    cycles = _Block("summary", summary if title else "", {}).number("Cycles")
    if lanes < 1 or cycles < computes / lanes:
        raise UnreadableError(f"{cycles:.0f} cycles on {lanes:.0f} lanes; {computes:.0f} computes take more")
    found = {"lanes": lanes, "compute_cycles": mac.number("Cycles"), "cycles": cycles}
    energies = {"mac": mac.number("Energy (total)")}
    energies |= {level: _energy(blocks[name], level) for level, name in STORES.items()}
    found |= {f"energy_{level}_j": picojoules * 1e-12 for level, picojoules in energies.items()}
    found["energy_j"] = sum(energies.values()) * 1e-12
    for level, name in STORES.items():
        for tensor in KEPT[level]:
            found |= _accesses(blocks[name], level, tensor)
    return found


def _blocks(text: str) -> dict[str, _Block]:
    """Return the blocks of the levels by name; all that are needed are there."""
    levels = re.split(r"^Networks\s*$|^Operational Intensity Stats\s*$", text, maxsplit=1, flags=re.MULTILINE)[0]
    _, *pieces = _BLOCK.split(levels)
    blocks = {}
    for name, body in zip(pieces[::2], pieces[1::2], strict=True):
        head, *parts = _PART.split(body)
        blocks[name] = _Block(name, head, dict(zip(parts[::2], parts[1::2], strict=True)))
    if missing := [name for name in (*STORES.values(), MAC) if name not in blocks]:
        raise UnreadableError(f"no level '{missing[0]}'")
    return blocks


def _energy(block: _Block, level: str) -> float:
    """Return a level's energy in pJ: accesses of each tensor, and leakage."""
    for tensor in KEPT[level]:
        block.number("Energy (total)", tensor)
    return block.sums("(total)")


def _accesses(block: _Block, level: str, tensor: str) -> dict[str, float]:
    fills, updates = block.total("Scalar fills", tensor), block.total("Scalar updates", tensor)
    counts = {"reads": block.total("Scalar reads", tensor), "writes": fills + updates}
    named = {f"{level}_{tensor}_{action}": words for action, words in counts.items()}
    return {f"accesses_{name}": words for name, words in named.items() if name not in _NOT_WRITTEN}


def read_loops(text: str, layer: Layer) -> LoopNest:
    """Return the mapping that a drawn loop nest shows.

    Raises:
        UnreadableError: If a line is not understood, or the loops are not those of the layer.
    """
    loops: dict[str, list[Loop]] = {}
    level = ""
    for line in text.splitlines():
        if match := _LEVEL.fullmatch(line):
            level = _LEVEL_OF.get(match["name"], "")
            if not level:
                raise UnreadableError(f"'{match['name'][:40]}' is no level of this architecture")
        elif match := _FOR.fullmatch(line):
            loops.setdefault(level, []).append(Loop(match["dimension"], int(match["factor"])))
        elif line.strip(" -\r|") not in ("", "<< Compute >>"):
            raise UnreadableError(f"'{line.strip()[:60]}' is no line of a loop nest")
    if not loops:
        raise UnreadableError("no loops")
    nest = LoopNest(**{name: tuple(found) for name, found in loops.items()})
    try:
        check_factors(parse_mapping(str(nest)), layer)
    except InvalidInputError as error:
        raise UnreadableError(str(error)) from None
    return nest
