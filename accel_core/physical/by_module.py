"""Synthesis by module: each module that is kept whole is mapped once, for all its instances and all designs with it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from accel_core.physical.assembly import assemble
from accel_core.physical.black_boxes import macros_in
from accel_core.physical.hierarchy import PIECE, KeepRule, Piece, split
from accel_core.physical.pieces import PieceNetlist, piece_netlist
from accel_core.physical.synthesis import (
    ABC_SCRIPT,
    KeptModule,
    Source,
    Synthesis,
    digest,
    map_source,
    period_ps,
    run_yosys,
    store,
    synthesize,
    yosys_version,
)
from accel_core.physical.technology import Technology
from accel_core.process import Limits
from accel_core.rtl import Rtl

_VERSION = 2  # Part of the cache keys: raise it whenever the same Yosys would give another netlist.


def synthesize_by_module(
    rtl: Rtl,
    technology: Technology,
    f_target_hz: float,
    cache: Path | None,
    limits: Limits,
    own_group: bool = True,
    rule: KeepRule | None = None,
) -> Synthesis:
    """As ``synthesize``, but modules that the rule keeps are mapped by themselves, once each.

    Constants at their inputs come from tie cells; what nobody reads of their outputs is left out. A design with blocks
    of the technology, such as memories, is mapped as a whole.

    Raises:
        ToolFailedError: If Yosys reports an error or leaves cells unmapped.
        ToolTimeoutError: If one of its runs runs out of time.
    """
    if macros_in(rtl.verilog, technology):
        return synthesize(rtl, technology, f_target_hz, cache, limits, own_group)
    steps = _Steps(technology, period_ps(f_target_hz), cache, limits, own_group)
    top, pieces = steps.elaborate(rtl, rule or KeepRule())
    netlists = {name: steps.map(piece) for name, piece in pieces.items()}
    netlist = assemble(netlists, top, rtl.top, rtl.clock, technology)
    counts = _instances(netlists, top)
    kept = tuple(
        KeptModule(pieces[name].module, counts[name], len(netlists[name].cells)) for name in pieces if name != top
    )
    return Synthesis(netlist, not steps.logs, steps.cpu_s, "".join(steps.logs), kept)


class _Steps:
    """Runs of Yosys that the cache may save."""

    def __init__(
        self, technology: Technology, period: int, cache: Path | None, limits: Limits, own_group: bool
    ) -> None:
        self.technology = technology
        self.period = period
        self.cache = cache
        self.limits = limits
        self.own_group = own_group
        self.cpu_s = 0.0
        self.logs: list[str] = []

    def elaborate(self, rtl: Rtl, rule: KeepRule) -> tuple[str, dict[str, Piece]]:
        """The pieces of a design, whatever its period and technology."""

        def make() -> Any:
            script = [
                "read_rtlil names.il", "read_verilog design.v", f"hierarchy -check -top {rtl.top}",
                # Later passes order what they make by what else there is in the design.
                "write_rtlil design.il", "proc", "write_json design.json",
            ]  # fmt: skip
            files = {"design.v": rtl.verilog, "names.il": _names(rtl.verilog)}
            found, cpu_s, log = run_yosys(script, files, ("design.json", "design.il"), self.limits, self.own_group)
            self._count(cpu_s, log)
            design = json.loads(found["design.json"])
            top, pieces = split(design, found["design.il"].decode(), rtl.verilog, rule)
            return [top, {name: astuple(piece) for name, piece in pieces.items()}]

        top, pieces = self._cached("pieces", [rtl.verilog, rtl.top, repr(rule)], make)
        return top, {name: Piece(*piece) for name, piece in pieces.items()}

    def map(self, piece: Piece) -> PieceNetlist:
        """The mapped netlist of a piece."""

        def make() -> Any:
            design = self._wired(piece) if piece.is_wiring else self._mapped(piece)
            return piece_netlist(design["modules"][PIECE], piece.children, self.technology).to_plain()

        mapping = [] if piece.is_wiring else [self.technology.digest, self.period, ABC_SCRIPT]
        return PieceNetlist.from_plain(self._cached("module", [piece.text, *mapping], make))

    def _mapped(self, piece: Piece) -> Any:
        source = Source("design.il", piece.text, "")
        design, cpu_s, log = map_source(source, self.technology, self.period, self.cache, self.limits, self.own_group)
        self._count(cpu_s, log)
        return design

    def _wired(self, piece: Piece) -> Any:
        """A piece in which nothing is to be mapped: passes for logic take longer over wires than all else."""
        script = [
            "read_rtlil design.il",
            "hierarchy -check -auto-top",
            "flatten",
            "clean -purge",
            "write_json wired.json",
        ]
        found, cpu_s, log = run_yosys(script, {"design.il": piece.text}, ["wired.json"], self.limits, self.own_group)
        self._count(cpu_s, log)
        return json.loads(found["wired.json"])

    def _count(self, cpu_s: float, log: str) -> None:
        self.cpu_s += cpu_s
        self.logs.append(log)

    def _cached(self, kind: str, parts: list[Any], make: Callable[[], Any]) -> Any:
        """Plain values of the cache, or made and kept there."""
        key = digest(_VERSION, yosys_version(), *parts)
        stored = self.cache / f"{kind}-{key}.json" if self.cache else None
        if stored is not None and stored.is_file():
            return json.loads(stored.read_text())
        made = make()
        if stored is not None:
            store(stored, json.dumps(made, separators=(",", ":")).encode())
        return made


def _names(verilog: str) -> str:
    """A module that nobody uses, with all words of a source in alphabetical order.

    Yosys orders assignments by when it met their names first. This makes the text of a module the same in all designs.
    """
    words = sorted(set(re.findall(r"[A-Za-z_][\w$]*", verilog)))
    return "\n".join([r"module \$names", *(rf"  wire \{word}" for word in words), "end", ""])


def _instances(netlists: Mapping[str, PieceNetlist], top: str) -> Counter[str]:
    """How many instances of each piece the design has."""
    below: dict[str, Counter[str]] = {}

    def count(name: str) -> Counter[str]:
        if name not in below:
            total = Counter[str]()
            for child in netlists[name].children:
                total[child.kind] += 1
                total.update(count(child.kind))
            below[name] = total
        return below[name]

    return count(top)
