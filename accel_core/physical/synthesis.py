"""Logic synthesis: RTL to a netlist of library cells, with Yosys and ABC in a process of their own."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from accel_core.errors import ToolFailedError, ToolNotFoundError, ToolTimeoutError
from accel_core.physical.black_boxes import macros_in, to_stubs
from accel_core.physical.netlist import Netlist, netlist_from_yosys
from accel_core.physical.synthesis_library import synthesis_libraries
from accel_core.physical.technology import Technology
from accel_core.physical.versions import installed_version
from accel_core.process import Limits, run
from accel_core.rtl import Rtl

# ABC's own `-D` scripts hardly react to the clock; with these steps mapping, buffering and sizing all see it.
ABC_SCRIPT = "+strash;ifraig;scorr;dc2;dch,-f;map,-B,0.9,{D};topo;buffer,-c,-N,8;upsize,{D};dnsize,{D};stime,-p"
# ABC is run through a shell, with whatever stands in its path; a link has none but a plain name.
_DRIVER = """
import os, sys, pyosys
abc = getattr(sys, "_pyosys_abc", None)
if abc:
    os.symlink(abc, "yosys-abc")
    sys._pyosys_abc = "./yosys-abc"
from pyosys import libyosys as y
y.run_pass("script " + sys.argv[1], y.Design())
"""
# Yosys hands ABC an absolute path without quotes; this one is plain wherever the working folder lies.
_HERE = "/proc/self/cwd"
_VERSION = 3  # Part of the cache key: raise it whenever the same Yosys would give another netlist.


@dataclass(frozen=True)
class Synthesis:
    """What synthesis leaves behind.

    Attributes:
        netlist: Mapped and flat.
        cached: Whether it came from the cache.
        cpu_s: CPU time of Yosys and ABC; 0 when cached.
        log: What they printed; empty when cached.
    """

    netlist: Netlist
    cached: bool
    cpu_s: float
    log: str


def yosys_version() -> str:
    """Version of the installed ``pyosys`` package.

    Raises:
        ToolFailedError: If it is not installed.
    """
    found = installed_version("pyosys")
    if found is None:
        raise ToolNotFoundError("synthesis", "the Python package pyosys is not installed")
    return found


def period_ps(f_target_hz: float) -> int:
    """The target period as ABC gets it: whole picoseconds, so that equal rows share a netlist."""
    return max(1, round(1e12 / f_target_hz))


def synthesize(
    rtl: Rtl,
    technology: Technology,
    f_target_hz: float,
    cache: Path | None,
    limits: Limits,
    own_group: bool = True,
) -> Synthesis:
    """Map a design to the technology's cells for a target clock.

    Args:
        rtl: The design.
        technology: Its cells.
        f_target_hz: Target clock; the netlist depends on its period in whole picoseconds.
        cache: Folder of netlists by what they depend on, or None to always run Yosys.
        limits: Bounds on Yosys.
        own_group: Whether Yosys gets a process group of its own (see ``process.run``).

    Raises:
        ToolFailedError: If Yosys reports an error or leaves cells unmapped.
        ToolTimeoutError: If it runs out of time.
    """
    period = period_ps(f_target_hz)
    parts = [_VERSION, rtl.verilog, rtl.top, rtl.clock, technology.digest, period, yosys_version(), ABC_SCRIPT]
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
    stored = cache / f"netlist-{key}.json" if cache else None
    if stored is not None and stored.is_file():
        return Synthesis(Netlist.from_plain(json.loads(stored.read_text())), True, 0.0, "")
    libraries = synthesis_libraries(technology, cache)
    netlist, cpu_s, log = _run_yosys(rtl, technology, libraries, period, limits, own_group)
    if stored is not None:
        stored.parent.mkdir(parents=True, exist_ok=True)
        part = stored.with_suffix(f".{os.getpid()}.tmp")
        part.write_text(json.dumps(netlist.to_plain(), separators=(",", ":")))
        os.replace(part, stored)
    return Synthesis(netlist, False, cpu_s, log)


def yosys_script(rtl: Rtl, libraries: Sequence[str], period: int, stubs: str = "") -> str:
    """The commands that Yosys runs, on ``design.v`` and these files in its working folder; it reads no quoted paths.

    ``stubs`` is the file of modules that it knows from outside only, "" for none.
    """
    cells = " ".join(f"-liberty {_HERE}/{name}" for name in libraries)
    return "\n".join(
        (
            *([f"read_verilog -lib {stubs}"] if stubs else []),
            "read_verilog design.v",
            f"synth -top {rtl.top} -flatten -booth -noabc",
            # Yosys would build latches out of flip-flops with asynchronous inputs, whose timing nobody checks.
            "select -assert-none t:$_DLATCH*",
            f"dfflibmap {cells}",
            f"abc -D {period} {cells} -script {ABC_SCRIPT}",
            "clean -purge",
            "write_json netlist.json",
            "",
        )
    )


def _run_yosys(
    rtl: Rtl, technology: Technology, libraries: Sequence[str], period: int, limits: Limits, own_group: bool
) -> tuple[Netlist, float, str]:
    macros = macros_in(rtl.verilog, technology)
    with tempfile.TemporaryDirectory(prefix="accel-synthesis-") as name:
        folder = Path(name)
        (folder / "design.v").write_text(rtl.verilog)
        names = [f"cells{index}.lib" for index in range(len(libraries))]
        for library, text in zip(names, libraries, strict=True):
            (folder / library).write_text(text)
        stubs = "macros.v" if macros else ""
        if macros:
            (folder / stubs).write_text(to_stubs(macros))
        (folder / "run.ys").write_text(yosys_script(rtl, names, period, stubs))
        command = [sys.executable, "-c", _DRIVER, "run.ys"]
        # ABC takes no blanks in the place of its files either, so that is told from here.
        done = run(command, "synthesis", limits, cwd=folder, env={**os.environ, "TMPDIR": "."}, own_group=own_group)
        if done.timed_out:
            raise ToolTimeoutError("synthesis", f"Yosys did not finish within {limits.seconds:g} s")
        result = folder / "netlist.json"
        if done.exit_code != 0 or not result.is_file():
            raise ToolFailedError("synthesis", _reason(done.output, done.exit_code))
        design = json.loads(result.read_text())
    netlist = netlist_from_yosys(design, rtl.top, rtl.clock, rtl.verilog, technology)
    return netlist, done.cpu_s, done.output


def _reason(output: str, exit_code: int) -> str:
    """The first error that Yosys printed, or how it ended."""
    errors = [line.strip() for line in output.splitlines() if "ERROR" in line or "error:" in line.lower()]
    if errors and "DLATCH" in errors[0]:
        return "the RTL infers a latch; allowed: flip-flops"
    if errors:
        return f"Yosys: {errors[0]}"
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "no output")
    return f"Yosys ended with exit code {exit_code}: {last}"
