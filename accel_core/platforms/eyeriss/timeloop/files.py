"""A design and a layer as the files that Timeloop v0.4 takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.platforms.base import Settings
from accel_core.platforms.eyeriss.energy import ENERGIES, energy_table
from accel_core.platforms.eyeriss.timeloop.architecture import flat_architecture, flat_constraints, nested_architecture
from accel_core.platforms.eyeriss.timeloop.documents import document
from accel_core.platforms.eyeriss.timeloop.problem import problem, reference_table, search, variables
from accel_core.workloads import Layer, Workload

INPUT = "parsed-processed-input.yaml"
"""What Timeloop's front end calls the one file that it hands to ``timeloop-mapper``."""


def timeloop_files(
    design: Mapping[str, Any],
    layer: Layer,
    energies: str = "scaled",
    objective: str = "edp",
    victory: int = 100,
) -> dict[str, str]:
    """Return YAML text by file name; Timeloop itself is not needed for it.

    ``arch.yaml``, ``problem.yaml``, ``mapper.yaml``, ``variables.yaml`` and ``ERT.yaml`` are for people and for the
    front end; ``INPUT`` says the same in the one file that ``timeloop-mapper`` reads without the front end.

    Args:
        design: Parameters of the platform by name.
        layer: The layer, run once.
        energies: Name or path of an energy table.
        objective: What the search minimizes: ``edp``, ``delay`` or ``energy``.
        victory: Valid mappings in a row without improvement, after which the search ends.

    Raises:
        InvalidInputError: If there is no such energy table, or it cannot be used.
    """
    table = energy_table(energies)
    prices = table.of(pd.DataFrame([dict(design)]))[0]
    ert = reference_table(design, dict(zip(ENERGIES, prices.tolist(), strict=True)))
    found = search(objective, victory)
    flat = {
        "dumped_by_timeloop_front_end": True,
        "architecture": flat_architecture(design),
        "architecture_constraints": flat_constraints(design),
        "problem": problem(layer),
        **found,
        "ERT": ert,
    }
    words = f"{layer.name} on an Eyeriss-like array, Timeloop v0.4"
    return {
        "arch.yaml": document({"architecture": nested_architecture(design)}, words),
        "problem.yaml": document({"problem": problem(layer)}, words),
        "mapper.yaml": document(found, words),
        "variables.yaml": document({"variables": variables()}, words),
        "ERT.yaml": document({"ERT": ert}, f"{words}; pJ, table '{Path(table.name).name}'"),
        INPUT: document(flat, f"{words}: all of it as timeloop-mapper reads it"),
    }


def workload_files(design: Mapping[str, Any], workload: Workload, settings: Settings) -> dict[str, str]:
    """Return the files of all layers of a workload by path, a folder for each layer of another shape."""
    return {
        f"{folder}/{name}": text
        for folder, layer in layer_folders(workload.layers).values()
        for name, text in layer_files(design, layer, settings).items()
    }


def layer_files(design: Mapping[str, Any], layer: Layer, settings: Settings) -> dict[str, str]:
    """Return ``timeloop_files`` under the settings ``energy_table objective victory``."""
    table, objective = str(settings["energy_table"]), str(settings["objective"])
    return timeloop_files(design, layer, table, objective, int(settings["victory"]))


def layer_folders(layers: Iterable[Layer]) -> dict[Layer, tuple[str, Layer]]:
    """Return folder name and layer by shape; of layers of one shape the first, and each is run once."""
    folders: dict[Layer, tuple[str, Layer]] = {}
    for number, layer in enumerate(layers, 1):
        folder = f"{number:02d}_{re.sub(r'[^A-Za-z0-9_.-]', '_', layer.name)}"
        folders.setdefault(shape_of(layer), (folder, replace(layer, repeat=1)))
    return folders


def shape_of(layer: Layer) -> Layer:
    """Return what Timeloop sees of a layer: neither its name nor how often it is run."""
    return replace(layer, name="", repeat=1)
