"""Which modules of a design are synthesized by themselves, and the text that each depends on.

Yosys elaborates the hierarchy first; equal modules have one name from then on. A module is kept whole where that saves
work and costs little: where merging its logic with its neighbors' gains little. All others become part of a parent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from accel_core.physical.netlist import module_of, module_spans

PIECE = "piece"
# Of made-up names. ABC's results come back without the first sign of a name, and then no name of Verilog has this one.
_OWN = "$$n"
# Rough cells of a bit, or of a pair of bits in multipliers, as NanGate45 has them; only thresholds depend on it.
_CELLS_PER_BIT = {"$add": 4.0, "$sub": 4.0, "$alu": 4.0, "$neg": 3.0, "$lt": 3.0, "$le": 3.0, "$gt": 3.0, "$ge": 3.0}
_CELLS_PER_PAIR = {"$mul": 6.0, "$div": 10.0, "$mod": 10.0, "$divfloor": 10.0, "$modfloor": 10.0, "$macc": 6.0}
_SHIFTS = ("$shl", "$shr", "$sshl", "$sshr", "$shift", "$shiftx")


@dataclass(frozen=True)
class KeepRule:
    """When a module is kept whole.

    Measured on NanGate45 at 1 GHz, placed: an array whose elements end in flip-flops lost neither area nor clock. All
    logic from 50 cells on cost a router (dynamic_node of OpenROAD-flow-scripts) 4 % of area, from 300 on 1.6 % and 2 %
    of the clock; its aes won 9 % and 25 %, because ABC does better on one S-box than on twenty at once.

    Attributes:
        instances: At least so many; fewer save less than the starts of another run of Yosys cost.
        cells: At least so many, roughly, where all outputs come from flip-flops, inputs or constants. Then no path
            leaves through logic, and each piece sees the whole period that its paths have in the design.
        logic_cells: At least so many where an output comes from logic.
    """

    instances: int = 4
    cells: float = 50.0
    logic_cells: float = 300.0


@dataclass(frozen=True)
class Piece:
    """A module to be synthesized by itself.

    Attributes:
        module: Its name in the RTL.
        text: RTLIL of all that is synthesized with it, and the ports of the pieces in it; independent of where in a
            design or its source it stands.
        children: Kept modules in it, by the names that the text has for them.
        is_wiring: Whether it has nothing but those, so that nothing is left to map.
    """

    module: str
    text: str
    children: tuple[str, ...]
    is_wiring: bool


def split(design: Mapping[str, Any], rtlil: str, verilog: str, rule: KeepRule) -> tuple[str, dict[str, Piece]]:
    """Divide an elaborated design.

    Args:
        design: As Yosys' JSON.
        rtlil: The same as RTLIL.
        verilog: What it was read from.
        rule: Which modules are kept.

    Returns:
        The top module, and the pieces by module name, the top among them.
    """
    hierarchy = _Hierarchy(design)
    kept = hierarchy.kept(rule)
    texts = _modules(rtlil)
    spans = module_spans(verilog)
    pieces = {}
    for name in [*kept, hierarchy.top]:
        parts = hierarchy.subtree(name, kept)
        children = sorted({child for part in parts for child in hierarchy.uses[part] if child in kept})
        bodies = [_canonical(texts[part], part == name, spans) for part in parts]
        text = "\n".join([*(_stub(texts[child]) for child in children), *bodies, ""])
        module = module_of(_source_of(texts[name]), spans)
        pieces[name] = Piece(module, text, tuple(children), not any(map(hierarchy.has_logic, parts)))
    return hierarchy.top, pieces


class _Hierarchy:
    """Who instantiates whom, how often, and what that is worth."""

    def __init__(self, design: Mapping[str, Any]) -> None:
        modules: dict[str, Any] = design["modules"]
        self.top = next(name for name, module in modules.items() if _is_set(module, "top"))
        # A module without any cell counts as a black box, too.
        self.modules = {n: module for n, module in modules.items() if n == self.top or not _is_set(module, "blackbox")}
        self.uses: dict[str, dict[str, int]] = {}
        for name, module in self.modules.items():
            uses = self.uses[name] = {}
            for cell in module["cells"].values():
                if cell["type"] in self.modules:
                    uses[cell["type"]] = uses.get(cell["type"], 0) + 1
        self.size = cache(self._size)
        self.registered = cache(self._registered)

    def subtree(self, name: str, kept: Mapping[str, int]) -> list[str]:
        """A module and all that becomes part of it, in a fixed order."""
        found = [name]
        for part in found:
            found += [child for child in self.uses[part] if child not in kept and child not in found]
        return found

    def has_logic(self, name: str) -> bool:
        """Whether a module has any cell that is no instance of another."""
        return any(cell["type"] not in self.modules for cell in self.modules[name]["cells"].values())

    def kept(self, rule: KeepRule) -> dict[str, int]:
        """Modules that the rule keeps, and how often each would be synthesized without."""
        kept: dict[str, int] = {}
        copies = dict.fromkeys(self.modules, 0)
        copies[self.top] = 1
        for name in self._parents_first():
            count = copies[name]
            if name != self.top and count >= rule.instances and self._may_be_kept(name, rule):
                kept[name] = count
                count = 1
            for child, uses in self.uses[name].items():
                copies[child] += uses * count
        return kept

    def _may_be_kept(self, name: str, rule: KeepRule) -> bool:
        ports = self.modules[name]["ports"].values()
        outputs = [bit for port in ports if port["direction"] == "output" for bit in port["bits"]]
        least = rule.cells if self.registered(name).issuperset(outputs) else rule.logic_cells
        return self.size(name) >= least and all(port["direction"] != "inout" for port in ports)

    def _parents_first(self) -> list[str]:
        order: list[str] = []
        seen: set[str] = set()

        def visit(name: str) -> None:
            if name not in seen:
                seen.add(name)
                for child in self.uses[name]:
                    visit(child)
                order.append(name)

        visit(self.top)
        return order[::-1]

    def _size(self, name: str) -> float:
        """Roughly the mapped cells of a module and all in it."""
        module = self.modules[name]
        cells, memories = module["cells"].values(), module.get("memories", {}).values()
        bits = float(sum(memory["width"] * memory["size"] for memory in memories))
        return bits + sum(self.size(cell["type"]) if cell["type"] in self.modules else _size_of(cell) for cell in cells)

    def _registered(self, name: str) -> set[Any]:
        """Bits of a module that flip-flops, its inputs or constants drive."""
        module = self.modules[name]
        found: set[Any] = {"0", "1", "x", "z"}
        found.update(bit for port in module["ports"].values() if port["direction"] == "input" for bit in port["bits"])
        for cell in module["cells"].values():
            kind = cell["type"]
            if kind in self.modules:
                inner, ports = self.registered(kind), self.modules[kind]["ports"]
                for pin, bits in cell["connections"].items():
                    if ports[pin]["direction"] == "output":
                        own = zip(ports[pin]["bits"], bits, strict=False)
                        found.update(bit for inside, bit in own if inside in inner)
            elif _is_flop(kind):
                found.update(cell["connections"]["Q"])
        return found


def _is_flop(kind: str) -> bool:
    return kind.startswith("$") and "dff" in kind


def _is_set(module: Mapping[str, Any], attribute: str) -> bool:
    return "1" in module["attributes"].get(attribute, "")


def _size_of(cell: Mapping[str, Any]) -> float:
    """Roughly the mapped cells of one of Yosys' own."""
    kind = cell["type"]
    width = max((len(bits) for bits in cell["connections"].values()), default=0)
    if kind in _CELLS_PER_PAIR:
        pairs = math.prod(len(cell["connections"].get(pin, ".")) for pin in ("A", "B"))
        return _CELLS_PER_PAIR[kind] * pairs
    if kind in _SHIFTS:
        return width * max(1.0, math.log2(max(width, 1)))
    return _CELLS_PER_BIT.get(kind, 1.0) * width


def _modules(rtlil: str) -> dict[str, list[str]]:
    """Lines of every module by its name, its own attributes first."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    name = ""
    for line in rtlil.splitlines():
        if line.startswith("module "):
            name = line.removeprefix("module ").strip().removeprefix("\\")
        if line.startswith(("attribute ", "module ", "  ")) or (name and line):
            lines.append(line)
        if line == "end":
            found[name], lines, name = lines, [], ""
    return found


def _source_of(lines: list[str]) -> str:
    head = next(index for index, line in enumerate(lines) if line.startswith("module "))
    return next((line for line in lines[:head] if line.startswith("attribute \\src ")), "")


def _stub(lines: list[str]) -> str:
    """A module with its ports alone."""
    head = next(line for line in lines if line.startswith("module "))
    ports = [line for line in lines if re.match(r"  wire .*\b(input|output|inout) \d+ ", line)]
    return "\n".join(["attribute \\blackbox 1", head, *ports, "end"])


def _canonical(lines: list[str], is_root: bool, spans: list[tuple[int, str]]) -> str:
    """A module's text without what changes with its place: positions in the source, and numbers in made-up names."""
    return "\n".join(_canonical_lines(lines, is_root, module_of(_source_of(lines), spans)))


def _canonical_lines(lines: list[str], is_root: bool, module: str) -> Iterator[str]:
    names: dict[str, str] = {}

    def renamed(words: Iterable[str]) -> str:
        return " ".join(
            names.setdefault(word, f"{_OWN}{len(names)}") if word.startswith("$") else word for word in words
        )

    for line in lines:
        if line.startswith("module "):
            yield from ("attribute \\top 1", f"module \\{PIECE}") if is_root else (line,)
        elif line.startswith("attribute ") or line.lstrip().startswith("attribute \\src "):
            continue
        elif line.startswith(("  cell ", "  process ")):
            # What becomes of it says in which module it stood.
            yield f'  attribute \\src "{module}"'
            *kind, name = line.split(" ")
            yield " ".join([*kind, renamed([name])])
        elif line.startswith('    parameter \\MEMID "$'):
            memory = line.split('"')[1].replace("\\\\", "\\")
            yield f'    parameter \\MEMID "{renamed([memory])}"'
        elif line.lstrip().startswith(("attribute ", "parameter ")):
            yield line
        else:
            yield renamed(line.split(" "))
