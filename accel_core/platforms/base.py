"""What every accelerator platform offers to the rest of AccelScope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.rtl import Rtl
from accel_core.settings import Setting, SettingValue, resolve
from accel_core.space import DesignSpace
from accel_core.workloads import Workload

Settings = Mapping[str, SettingValue]


@dataclass(frozen=True)
class Simulator:
    """Somebody else's program that evaluates one design at a time.

    Attributes:
        title: What it is called.
        missing: Says in one line why it cannot run on this machine, or returns None.
        run: Takes a design, a workload, the settings (``time_limit_s`` among them) and a folder for its files; returns
            metrics, details and ``tool_versions``, or raises an ``EvaluationError``.
        files: Takes a design, a workload and the settings; returns what ``run`` would give to the program, text by
            path within the folder. Works without the program.
    """

    title: str
    missing: Callable[[], str | None]
    run: Callable[[Mapping[str, Any], Workload, Settings, Path], Mapping[str, Any]]
    files: Callable[[Mapping[str, Any], Workload, Settings], Mapping[str, str]]


@dataclass(frozen=True)
class Platform:
    """An accelerator: its space, what it can run, and whatever of RTL and equations it has.

    Others ask for what a platform can do, never for its name: a missing capability is None.

    Attributes:
        name: Short name for command lines and files.
        title: Words for a person.
        summary: What it is, in a sentence or two.
        space: All designs, with every setting at its default.
        workloads: By name; the first is the default.
        metrics: Metrics that its best fidelity gives, in the order in which they are shown.
        rtl: Writes the Verilog of one design (a mapping from parameter to value).
        system_metrics: Adds workload metrics to implemented designs: a table with the parameters, ``f_effective_hz``
            and ``power_w`` goes in, a copy with more columns comes out.
        analytical: Evaluates designs without tools: a copy with more columns comes out, of metrics and details, and
            ``status``, ``stage`` and ``reason`` where a design may fail.
        simulator: A program of somebody else that evaluates designs.
        features: Adds to designs derived columns for models to learn from.
        settings: By fidelity, what changes a result beside the design and beyond what the evaluator itself takes.
        details: Columns of text that its results have beside metrics.
        misfit: Tells which of some designs, counted from 0, is the first that something given in the settings (a
            mapping) does not fit, and why; None if all do. A search takes such designs as infeasible; a person who
            names design and mapping is told before anything is evaluated.
        space_settings: Settings of every fidelity that change the space itself.
        shape: Builds the space under all ``space_settings``; the names of its parameters never change.
    """

    name: str
    title: str
    summary: str
    space: DesignSpace
    workloads: Mapping[str, Workload]
    metrics: tuple[str, ...]
    rtl: Callable[[Mapping[str, Any]], Rtl] | None = None
    system_metrics: Callable[[pd.DataFrame, Workload], pd.DataFrame] | None = None
    analytical: Callable[[pd.DataFrame, Workload, Settings], pd.DataFrame] | None = None
    simulator: Simulator | None = None
    features: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    settings: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    details: tuple[str, ...] = ()
    misfit: Callable[[pd.DataFrame, Workload, Settings], tuple[int, str] | None] | None = None
    space_settings: Mapping[str, Setting] = field(default_factory=dict)
    shape: Callable[[Settings], DesignSpace] | None = None

    @property
    def fidelities(self) -> tuple[str, ...]:
        """Ways in which designs can be evaluated, the one to begin with first."""
        ways = (("placed", self.rtl), ("analytical", self.analytical), ("simulated", self.simulator))
        return tuple(name for name, capability in ways if capability is not None)

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
            InvalidInputError: If a setting of the space has a value that is not allowed.
        """
        given = {name: value for name, value in settings.items() if name in self.space_settings}
        if self.shape is None or not given:
            return self.space
        return self.shape(resolve(self.space_settings, given, f"the space of {self.name}"))
