"""What every accelerator platform offers to the rest of AccelScope: parts, of which it may have any subset."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.metrics import Metric, declare, get_metric
from accel_core.platforms.clocks import TECHNOLOGY, with_clock_of
from accel_core.platforms.combining import Combination
from accel_core.platforms.logged import LoggedData
from accel_core.rtl import Rtl, Testbench
from accel_core.settings import Setting, SettingValue, resolve
from accel_core.space import DesignSpace
from accel_core.workloads import Runs, Workload

Settings = Mapping[str, SettingValue]

FLOW_KNOBS = ("f_target_hz", "utilization_target")
"""Parameters of an implementation run: target clock, and share of the core box that cells are to fill."""


@dataclass(frozen=True)
class Implementation:
    """What the physical flow can build; the space then has the flow's own knobs, `FLOW_KNOBS`.

    Attributes:
        rtl: Writes the Verilog of one design (a mapping from parameter to value).
        testbench: Writes a testbench of the design at its real work, from which the flow can simulate how often nets
            toggle; None if there is none.
    """

    rtl: Callable[[Mapping[str, Any]], Rtl]
    testbench: Callable[[Mapping[str, Any]], Testbench] | None = None


@dataclass(frozen=True)
class Program:
    """A program of somebody else that evaluates one design at a time.

    Attributes:
        title: What it is called.
        missing: Says in one line why it cannot run on this machine, or returns None.
        run: Takes a design, a workload, the settings (``time_limit_s`` among them) and a folder for its files; returns
            metrics, details and ``tool_versions``, or raises an ``EvaluationError``.
        files: Takes a design, a workload and the settings; returns what ``run`` would give to the program, text by
            path within the folder. Works without the program. None where it reads no files.
    """

    title: str
    missing: Callable[[], str | None]
    run: Callable[[Mapping[str, Any], Workload, Settings, Path], Mapping[str, Any]]
    files: Callable[[Mapping[str, Any], Workload, Settings], Mapping[str, str]] | None = None


Equations = Callable[[pd.DataFrame, Workload, Settings], pd.DataFrame]
"""Designs, a workload and settings -> a copy with more columns: metrics and details, and ``status``, ``stage`` and
``reason`` where a design may fail."""


@dataclass(frozen=True)
class Measured:
    """Results that somebody else measured.

    Attributes:
        title: Where they come from, in a few words.
        results: Reads them as a result table without ``design_id`` (parameters, ``workload``, ``status``, metrics).
        digest: Of the content that ``results`` reads, so that a changed table is taken in anew.
    """

    title: str
    results: Callable[[], pd.DataFrame]
    digest: Callable[[], str]


def owner_of(name: str) -> str:
    """Return who a platform of a name is to those who ask whose a metric is."""
    return f"platform '{name}'"


@dataclass(frozen=True)
class Platform:
    """An accelerator: its space, what it can run, and its parts.

    Others ask for what a platform can do, never for its name: a missing part is None.

    Attributes:
        name: Short name for command lines and files.
        title: Words for a person.
        summary: What it is, in a sentence or two.
        space: All designs, with every setting at its default.
        workloads: By name; the first is the default.
        metrics: Names of the metrics that its results have, in the order in which they are shown.
        own_metrics: Those of them that are not common (see ``metrics.py``), with unit, direction and meaning.
        implement: What the physical flow can build.
        simulate: Its own simulator: what a workload takes on designs (cycles, traffic, accesses by level), or why not.
        combine: Implementation and simulation -> runtime, energy and power at the clock that is really reached.
        analytical: Equations that evaluate designs without tools.
        program: A program of somebody else that evaluates designs.
        measured: Results that somebody else measured.
        logged: What it offers to learning from logs alone.
        features: Adds to designs derived columns for models to learn from.
        settings: By fidelity, what changes a result beside the design and beyond what the evaluator itself takes.
        details: Columns of text that its results have beside metrics.
        misfit: Tells which of some designs, counted from 0, is the first that something given in the settings (a
            mapping) does not fit, and why; None if all do. A search takes such designs as infeasible; a person who
            names design and mapping is told before anything is evaluated.
        space_settings: Settings of every fidelity that change the space itself.
        shape: Builds the space under all ``space_settings``; the names of its parameters never change.
        versions: By fidelity, a text that changes whenever what makes its results does; "1" where nothing is said. When
            to raise one: see ``accel_core.evaluators.model_version``.
        folder: Where it is described, if by a person's own files.
        runs: Tells of an operator why designs do not run it, None if they do; what is not run is left out of a
            workload, and said. None where no operators are run.
    """

    name: str
    title: str
    summary: str
    space: DesignSpace
    workloads: Mapping[str, Workload]
    metrics: tuple[str, ...]
    own_metrics: tuple[Metric, ...] = ()
    implement: Implementation | None = None
    simulate: Equations | None = None
    combine: Combination | None = None
    analytical: Equations | None = None
    program: Program | None = None
    measured: Measured | None = None
    logged: LoggedData | None = None
    features: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    settings: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    details: tuple[str, ...] = ()
    misfit: Callable[[pd.DataFrame, Workload, Settings], tuple[int, str] | None] | None = None
    space_settings: Mapping[str, Setting] = field(default_factory=dict)
    shape: Callable[[Settings], DesignSpace] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    runs: Runs | None = None

    def __post_init__(self) -> None:
        """Make its own metrics known.

        Raises:
            InvalidInputError: If it has no part that gives results, a knob of the flow is missing, or a metric of
                another meaning has one's name.
        """
        declare(self.own_metrics, owner_of(self.name))
        lacking = [name for name in FLOW_KNOBS if name not in self.space.names]
        if self.implement and lacking:
            raise InvalidInputError(f"platform '{self.name}': its space lacks '{lacking[0]}', which the flow asks for")
        if not self.fidelities:
            raise InvalidInputError(
                f"platform '{self.name}' has nothing that gives results; "
                "allowed: an implementation, a simulator, equations, a program or a table of results"
            )

    @property
    def fidelities(self) -> tuple[str, ...]:
        """Ways in which results can be had; `reference` is the first."""
        ways = (
            ("placed", self.implement),
            ("analytical", self.analytical),
            ("simulated", self.program or self.simulate),
            ("measured", self.measured),
        )
        return tuple(name for name, part in ways if part is not None)

    @property
    def reference(self) -> str:
        """The fidelity that stands for the platform where nobody says which: pages show it, models learn from it."""
        return next(iter(self.fidelities))

    @property
    def evaluable(self) -> tuple[str, ...]:
        """Fidelities in which designs can be evaluated; none where results were measured elsewhere."""
        return tuple(name for name in self.fidelities if name != "measured")

    def preferred(self, wanted: Sequence[str], available: Collection[str], least: int = 2) -> list[str]:
        """Return the wanted metrics that are available; where they are fewer than ``least``, others after them.

        Those that have a better direction come first.
        """
        found = [name for name in wanted if name in available]
        others = [name for name in self.metrics if name in available and name not in found]
        others.sort(key=lambda name: get_metric(name).better is None)
        return [*found, *others[: max(0, least - len(found))]]

    @property
    def default_workload(self) -> Workload:
        """The first workload."""
        return next(iter(self.workloads.values()))

    def workload(self, name: str) -> Workload:
        """Return a workload by name.

        Raises:
            InvalidInputError: If there is none of that name.
        """
        if name not in self.workloads:
            raise InvalidInputError(f"platform '{self.name}' has no workload '{name}'; allowed: {self.workload_words}")
        return self.workloads[name]

    @property
    def workload_words(self) -> str:
        """The names of the workloads; of parts of workloads one as an example, for there are many."""
        parts = [name for name in self.workloads if name.rpartition("/")[0] in self.workloads]
        wholes = ", ".join(name for name in self.workloads if name not in parts)
        return f"{wholes}, and parts such as {parts[0]}" if parts else wholes

    def space_under(self, settings: Mapping[str, Any]) -> DesignSpace:
        """Return the space under settings; those not given are at their defaults, those of no effect on it ignored.

        Raises:
            InvalidInputError: If a setting of the space has a value that is not allowed, or names a wrong technology.
        """
        given = {name: value for name, value in settings.items() if name in self.space_settings}
        space = self.space
        if self.shape is not None and given:
            space = self.shape(resolve(self.space_settings, given, f"the space of {self.name}"))
        if self.implement is not None and TECHNOLOGY in settings:
            space = with_clock_of(space, str(settings[TECHNOLOGY]))
        return space
