"""Logic synthesis: RTL to a netlist of library cells, with Yosys and ABC in a process of their own."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
_STUBS = "macros.v"
_FRONT = "front.il"
_VERSION = 3  # Part of the cache key: raise it whenever the same Yosys would give another netlist.


@dataclass(frozen=True)
class KeptModule:
    """A module that was synthesized once for all its instances.

    Attributes:
        module: Its name in the RTL.
        instances: How many the design has.
        cells: Mapped cells of each, those of kept modules in it aside.
    """

    module: str
    instances: int
    cells: int


@dataclass(frozen=True)
class Synthesis:
    """What synthesis leaves behind.

    Attributes:
        netlist: Mapped and flat.
        cached: Whether it came from the cache.
        cpu_s: CPU time of Yosys and ABC; 0 when cached.
        log: What they printed; empty when cached.
        kept: Modules that were synthesized by themselves.
    """

    netlist: Netlist
    cached: bool
    cpu_s: float
    log: str
    kept: tuple[KeptModule, ...] = ()


@dataclass(frozen=True)
class Source:
    """What Yosys begins with.

    Attributes:
        file: Name of its file: ``.v``, or ``.il`` for Yosys' own RTLIL.
        text: Its text.
        top: Name of the top module, or "" if the text marks it.
        stubs: Verilog of modules that are known from outside only, such as memories.
    """

    file: str
    text: str
    top: str
    stubs: str = ""


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
    key = digest(_VERSION, rtl.verilog, rtl.top, rtl.clock, technology.digest, period, yosys_version(), ABC_SCRIPT)
    stored = cache / f"netlist-{key}.json" if cache else None
    if stored is not None and stored.is_file():
        return Synthesis(Netlist.from_plain(json.loads(stored.read_text())), True, 0.0, "")
    source = Source("design.v", rtl.verilog, rtl.top, to_stubs(macros_in(rtl.verilog, technology)))
    design, cpu_s, log = map_source(source, technology, period, cache, limits, own_group)
    netlist = netlist_from_yosys(design, rtl.top, rtl.clock, rtl.verilog, technology)
    if stored is not None:
        store(stored, json.dumps(netlist.to_plain(), separators=(",", ":")).encode())
    return Synthesis(netlist, False, cpu_s, log)


def digest(*parts: object) -> str:
    """A name for what depends on these values and on nothing else."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def store(path: Path, content: bytes) -> None:
    """Write a file of the cache so that a reader sees all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.tmp")
    part.write_bytes(content)
    os.replace(part, path)


def map_source(
    source: Source, technology: Technology, period: int, cache: Path | None, limits: Limits, own_group: bool
) -> tuple[dict[str, Any], float, str]:
    """Synthesize and flatten a source; what does not depend on the period is kept for the next one.

    Returns:
        The design as Yosys writes it, the CPU time and the output of Yosys and ABC.

    Raises:
        ToolFailedError: If Yosys reports an error.
        ToolTimeoutError: If it runs out of time.
    """
    libraries = {f"cells{index}.lib": text for index, text in enumerate(synthesis_libraries(technology, cache))}
    stubs = [source.stubs] if source.stubs else []
    key = digest(_VERSION, source.text, source.top, *stubs, technology.digest, yosys_version())
    stored = cache / f"front-{key}.il.gz" if cache else None
    if stored is not None and stored.is_file():
        files = {_FRONT: gzip.decompress(stored.read_bytes()).decode()}
        script = [f"read_rtlil {_FRONT}"]
    else:
        files = {source.file: source.text, **({_STUBS: source.stubs} if stubs else {})}
        script = [*front_script(source, list(libraries)), f"write_rtlil {_FRONT}"]
    script += [*back_script(list(libraries), period), "write_json netlist.json"]
    results, cpu_s, log = run_yosys(script, {**files, **libraries}, ("netlist.json", _FRONT), limits, own_group)
    if stored is not None and source.file in files:
        store(stored, gzip.compress(results[_FRONT], 1))
    return json.loads(results["netlist.json"]), cpu_s, log


def front_script(source: Source, libraries: Sequence[str]) -> list[str]:
    """The commands up to flip-flops of the library, which do not depend on the period."""
    read = "read_rtlil" if source.file.endswith(".il") else "read_verilog"
    return [
        *([f"read_verilog -lib {_STUBS}"] if source.stubs else []),
        f"{read} {source.file}",
        f"synth {f'-top {source.top}' if source.top else '-auto-top'} -flatten -booth -noabc",
        # Yosys would build latches out of flip-flops with asynchronous inputs, whose timing nobody checks.
        "select -assert-none t:$_DLATCH*",
        f"dfflibmap {_cells(libraries)}",
    ]


def back_script(libraries: Sequence[str], period: int) -> list[str]:
    """The commands that map the logic for a period in ps."""
    return [f"abc -D {period} {_cells(libraries)} -script {ABC_SCRIPT}", "clean -purge"]


def _cells(libraries: Sequence[str]) -> str:
    return " ".join(f"-liberty {_HERE}/{name}" for name in libraries)


def run_yosys(
    script: Sequence[str], files: Mapping[str, str], results: Sequence[str], limits: Limits, own_group: bool
) -> tuple[dict[str, bytes], float, str]:
    """Run commands of Yosys in a folder that has only these files; it reads no quoted paths.

    Returns:
        Those of the named results that it left, by name; the first must be there. CPU time and output.

    Raises:
        ToolFailedError: If Yosys reports an error.
        ToolTimeoutError: If it runs out of time.
    """
    with tempfile.TemporaryDirectory(prefix="accel-synthesis-") as name:
        folder = Path(name)
        for file, text in {**files, "run.ys": "\n".join([*script, ""])}.items():
            (folder / file).write_text(text)
        command = [sys.executable, "-c", _DRIVER, "run.ys"]
        # ABC takes no blanks in the place of its files either, so that is told from here.
        done = run(command, "synthesis", limits, cwd=folder, env={**os.environ, "TMPDIR": "."}, own_group=own_group)
        if done.timed_out:
            raise ToolTimeoutError("synthesis", f"Yosys did not finish within {limits.seconds:g} s")
        if done.exit_code != 0 or not (folder / results[0]).is_file():
            raise ToolFailedError("synthesis", _reason(done.output, done.exit_code))
        found = {name: (folder / name).read_bytes() for name in results if (folder / name).is_file()}
    return found, done.cpu_s, done.output


def _reason(output: str, exit_code: int) -> str:
    """The first error that Yosys printed, or how it ended."""
    errors = [line.strip() for line in output.splitlines() if "ERROR" in line or "error:" in line.lower()]
    if errors and "DLATCH" in errors[0]:
        return "the RTL infers a latch; allowed: flip-flops"
    if errors:
        return f"Yosys: {errors[0]}"
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "no output")
    return f"Yosys ended with exit code {exit_code}: {last}"
