"""``platform.yaml``: an accelerator without a line of Python, from a table, Verilog, a program, or several of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.metrics import declare
from accel_core.platforms.base import FLOW_KNOBS, Implementation, Measured, Platform, owner_of
from accel_core.platforms.combining import NEEDS, Combination, combined
from accel_core.platforms.from_files.formulas import Formulas, read_formulas
from accel_core.platforms.from_files.inference import inferred
from accel_core.platforms.from_files.own_metrics import MetricColumn, check_free, own, read_metrics
from accel_core.platforms.from_files.program import Command, program_of, read_program
from accel_core.platforms.from_files.results_table import ResultsTable, read_results
from accel_core.platforms.from_files.verilog import Source, read_verilog
from accel_core.space import DesignSpace, Parameter
from accel_core.space.documents import check_list, check_mapping, load_document
from accel_core.workloads import Workload

FILE = "platform.yaml"
_KEYS = (
    "name", "title", "summary", "parameters", "constraints", "workloads", "metrics", "results", "verilog", "program",
    "formulas",
)  # fmt: skip

_FLOW_METRICS = (
    "f_target_hz", "f_effective_hz", "worst_slack_s", "power_w", "power_effective_w", "power_internal_w",
    "power_switching_w", "power_leakage_w", "cell_area_mm2", "chip_area_mm2", "wirelength_m", "cells", "flops",
    "cycle_energy_j",
)  # fmt: skip
_COMBINED_METRICS = ("runtime_s", "energy_j", "edp_js", "power_runtime_j", "throughput_flops")


def load_platform(path: Path) -> Platform:
    """Return the platform that a ``platform.yaml`` describes; what it names lies beside it.

    Raises:
        InvalidInputError: Naming the file, the key, its value and what is allowed.
    """
    place, content = load_document(path)
    return platform_of(content, path.absolute().parent, place)


def platform_of(content: object, folder: Path, place: str = FILE) -> Platform:
    """Return the platform that the content of a ``platform.yaml`` describes.

    Args:
        content: Of the document.
        folder: Where the files lie that it names.
        place: What to call it in errors.

    Raises:
        InvalidInputError: As `load_platform`.
    """
    given = check_mapping(content, place, _KEYS, ("name",))
    name = _text(given, "name", place)
    table = read_results(given["results"], folder, place) if given.get("results") else None
    metrics = read_metrics(given.get("metrics") or [], place)
    if table and not metrics:
        raise InvalidInputError(f"{table.place}: no column is a metric; allowed: one or more under metrics")
    space = _space(given, name, table, metrics, place)
    declare(own(metrics), owner_of(name))
    workloads = _workloads(given, table, place)
    source = read_verilog(given["verilog"], folder, space, place) if given.get("verilog") else None
    command = read_program(given["program"], folder, space, metrics, place) if given.get("program") else None
    formulas = read_formulas(given["formulas"], space, place) if given.get("formulas") else None
    if command and formulas:
        raise InvalidInputError(f"{place} has program and formulas; allowed: one of them, for both simulate")
    title = _text(given, "title", place) or name
    return _composed(
        Platform(
            name=name,
            title=title,
            summary=_text(given, "summary", place) or f"{title}, described by {place}.",
            space=space,
            workloads=workloads,
            metrics=_shown(metrics, source, formulas),
            own_metrics=own(metrics),
            simulate=formulas.evaluate if formulas else None,
            implement=Implementation(source.rtl) if source else None,
            program=program_of(command) if command else None,
            measured=_measured(table, space, metrics, workloads) if table else None,
            folder=folder,
        ),
        source,
        command,
        formulas,
    )


def _composed(
    platform: Platform,
    source: Source | None,
    command: Command | None,
    formulas: Formulas | None,
) -> Platform:
    """Add what follows from several parts together, and the versions of each."""
    versions = {}
    if source:
        versions["placed"] = source.digest()
    if command:
        versions["simulated"] = command.digest()
    if formulas:
        spelled = str({name: formula.text for name, formula in formulas.by_metric.items()})
        versions["simulated"] = hashlib.blake2b(spelled.encode(), digest_size=8).hexdigest()
        if source and "cycles" in formulas.by_metric:
            versions["placed"] += versions["simulated"]
            platform = replace(platform, combine=Combination(NEEDS, _combine(formulas)))
    if platform.measured:
        versions["measured"] = platform.measured.digest()
    return replace(platform, versions=versions)


def _combine(formulas: Formulas) -> Any:
    def run(implemented: pd.DataFrame, workload: Workload) -> pd.DataFrame:
        return combined(formulas.simulate(implemented, workload, {}))

    return run


def _text(given: Mapping[str, Any], key: str, place: str) -> str:
    value = given.get(key, "")
    if not (isinstance(value, str) and value.isprintable() and len(value) <= 500):
        raise InvalidInputError(f"{place}, {key} is {value!r:.60}; allowed: one line of text")
    if key == "name" and not (value.isascii() and value.replace("-", "_").isidentifier() and len(value) <= 40):
        raise InvalidInputError(f"{place}, name is '{value:.60}'; allowed: letters, digits, '_' and '-', at most 40")
    return value


def _space(
    given: Mapping[str, Any],
    name: str,
    table: ResultsTable | None,
    metrics: Sequence[MetricColumn],
    place: str,
) -> DesignSpace:
    """Return the space; parameters given by name alone, or not at all, take their values from the table."""
    entries = check_list(given["parameters"], f"{place}, parameters") if given.get("parameters") else None
    if entries is None and table is None:
        raise InvalidInputError(f"{place}: the key 'parameters' is missing; allowed: a list, as in a space's YAML")
    read = table.read() if table is not None and (entries is None or any(isinstance(e, str) for e in entries)) else None
    if entries is None:
        assert table is not None
        assert read is not None
        for metric in metrics:  # a misspelt one would leave the right one to be taken for a parameter
            metric.check(read, table.place)
        taken = {entry.column for entry in metrics} | {table.workload, table.status, table.infeasible, table.reason}
        parameter_of = {column.name: name for name, column in table.columns}
        entries = [parameter_of.get(str(column), str(column)) for column in read if column not in taken]
    written = []
    for entry in entries:
        if isinstance(entry, str):
            written.append(_written(_inferred(entry, table, read, place)))
        else:
            written.append(entry)
    content = {"name": name, "parameters": written, "constraints": given.get("constraints") or []}
    if given.get("verilog"):
        known = {entry.get("name") for entry in written if isinstance(entry, Mapping)}
        written += [knob for knob in _KNOBS if knob["name"] not in known]
    space = DesignSpace.from_mapping(content, place)
    for parameter in space.names:
        check_free(parameter, f"{place}, parameters: a name")
        if parameter in {entry.metric.name for entry in metrics}:
            raise InvalidInputError(f"{place}: '{parameter}' is a parameter and a metric; allowed: one of the two")
    return space


_KNOBS: tuple[Mapping[str, Any], ...] = (
    {"name": FLOW_KNOBS[0], "kind": "real", "low": 2.0e8, "high": 1.5e9, "unit": "Hz", "scale": "log",
     "default": 5.0e8, "group": "backend", "assumed": True, "meaning": "target clock of the implementation flow"},
    {"name": FLOW_KNOBS[1], "kind": "real", "low": 0.4, "high": 0.9, "default": 0.65, "group": "backend",
     "assumed": True, "meaning": "share of the core box that cells should fill"},
)  # fmt: skip
"""The flow's own knobs, for a space that does not say their ranges; these are assumed."""


def _inferred(name: str, table: ResultsTable | None, read: pd.DataFrame | None, place: str) -> Parameter:
    if table is None or read is None:
        raise InvalidInputError(
            f"{place}, parameters: '{name}' has no kind; allowed without one where there are results"
        )
    return inferred(table.values(read, name), name, table.place, table.column_of(name).unit)


def _written(parameter: Parameter) -> Mapping[str, Any]:
    space = DesignSpace("one", (parameter,))
    entry: Mapping[str, Any] = space.to_mapping()["parameters"][0]
    return entry


def _workloads(given: Mapping[str, Any], table: ResultsTable | None, place: str) -> dict[str, Workload]:
    """Return the workloads: those listed, else those of the table, else the only one."""
    found: dict[str, Workload] = {}
    for i, entry in enumerate(check_list(given.get("workloads") or [], f"{place}, workloads")):
        where = f"{place}, workloads.{i}"
        item = {"name": entry} if isinstance(entry, str) else check_mapping(entry, where, ("name", "title"), ("name",))
        name = _text(item, "name", where)
        found[name] = Workload(name, _text(item, "title", where) or name, place)
    if not found and table is not None and table.workload:
        for name in dict.fromkeys(table.workload_names(table.read())):
            found[name] = Workload(name, name, table.title)
    return found or {"default": Workload("default", "The only workload", place)}


def _shown(metrics: Sequence[MetricColumn], source: Source | None, formulas: Formulas | None) -> tuple[str, ...]:
    names = [entry.metric.name for entry in metrics]
    names += list(formulas.by_metric) if formulas else []
    if source:
        names += _FLOW_METRICS
        if formulas and "cycles" in formulas.by_metric:
            names += [name for name in _COMBINED_METRICS if name != "throughput_flops" or "macs" in formulas.by_metric]
    return tuple(dict.fromkeys(names))


def _measured(
    table: ResultsTable, space: DesignSpace, metrics: Sequence[MetricColumn], workloads: Mapping[str, Workload]
) -> Measured:
    default = next(iter(workloads))
    said = repr((default, space.to_yaml(), [(entry.metric.name, entry.column, entry.scale) for entry in metrics]))

    def digest() -> str:
        return hashlib.blake2b(f"{table.digest()} {said}".encode(), digest_size=8).hexdigest()

    return Measured(table.title, lambda: table.results(space, metrics, default), digest)
