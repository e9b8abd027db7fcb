"""What ``timeloop-mapper`` writes and prints, in the layout of Timeloop v4, with numbers that a test chooses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.platforms.eyeriss.mapping import LoopNest, parse_mapping
from accel_core.workloads import Layer

# Made with Timeloop v4 and the eyeriss_like design of the Timeloop and Accelergy exercises, fixed energy table.
REFERENCE: list[dict[str, Any]] = pd.read_csv(Path(__file__).with_name("timeloop_v4_mappings.csv")).to_dict("records")  # type: ignore[assignment]
LAYERS = {
    "vgg16_conv1_1": Layer("vgg16_conv1_1", 3, 64, 224, 224, 3, 3),
    "vgg16_conv3_2": Layer("vgg16_conv3_2", 256, 256, 56, 56, 3, 3),
    "alexnet_conv2": Layer("alexnet_conv2", 48, 256, 27, 27, 5, 5),
    "resnet18_s2": Layer("resnet18_s2", 64, 128, 28, 28, 3, 3, 2),
}
NAMES = {"psum": "psum_spad", "weights": "weights_spad", "ifmap": "ifmap_spad", "glb": "shared_glb", "dram": "DRAM"}
TENSORS = {"psum": "O", "weights": "W", "ifmap": "I", "glb": "IO", "dram": "WIO"}
TITLES = {"W": "Weights", "I": "Inputs", "O": "Outputs"}
NO_MAPPING = "MESSAGE: no valid mappings found within search criteria. Some suggestions:"


def counts(row: Mapping[str, Any], level: str, tensor: str) -> tuple[int, int, int]:
    """Return reads, fills and updates of one instance as a row of the reference has them; Timeloop tells them apart."""
    if level in ("ifmap", "weights"):
        return int(row[f"{level}_reads_pi"]), int(row[f"{level}_fills_pi"]), 0
    if level == "psum":
        return int(row["psum_reads_pi"]), int(row["psum_fills_pi"]), int(row["psum_updates_pi"])
    reads, writes = int(row.get(f"{level}_{tensor}_reads", 0)), int(row.get(f"{level}_{tensor}_writes", 0))
    if level == "dram" or tensor == "I":
        return (reads, 0, writes) if level == "dram" else (reads, writes, 0)
    fills = int(row["dram_O_reads"])
    return reads, fills, writes - fills


def statistics(row: Mapping[str, Any], layer: Layer) -> str:
    """Write the statistics of a row of the reference.

    A level's energy stands with the first of its tensors, less 0.5 pJ of leakage.
    """
    lanes, cycles = int(row["lanes_used"]), int(row["cycles"])
    text = "Buffer and Arithmetic Levels\n----------------------------\n"
    text += "Level 0\n-------\n=== mac ===\n\n    SPECS\n    -----\n"
    text += "    Word bits             : 16\n    Instances             : 168 (14*12)\n"
    text += "    Compute energy        : 0.21 pJ\n\n    STATS\n    -----\n"
    text += f"    Utilized instances      : {lanes}\n    Computes (total)        : {layer.macs}\n"
    text += f"    Cycles                  : {layer.macs // lanes}\n"
    text += (
        f"    Energy (total)          : {row['e_mac_uJ'] * 1e6:.2f} pJ\n    Area (total)            : 32225.76 um^2\n\n"
    )
    for number, (level, name) in enumerate(NAMES.items(), 1):
        text += f"Level {number}\n-------\n=== {name} ===\n\n    SPECS\n    -----\n"
        text += "        Technology                      : SRAM\n        Size                            : 16\n"
        text += "        Shared bandwidth                : -\n        Vector access energy            : 0.25 pJ\n"
        text += "        Leakage energy (total)          : 0.50 pJ\n\n    MAPPING\n    -------\n    Loop nest:\n"
        text += "      for M in [0:8)\n\n    STATS\n    -----\n"
        text += f"    Cycles               : {cycles}\n    Bandwidth throttling : 1.00\n"
        energy = row[f"e_{level}_uJ"] * 1e6 - 0.5
        for tensor in TENSORS[level]:
            instances = lanes if level in ("psum", "weights", "ifmap") else 1
            text += _part(TITLES[tensor], counts(row, level, tensor), instances, energy)
            energy = 0.0
    text += "\nNetworks\n--------\n\nOperational Intensity Stats\n---------------------------\n"
    text += f"    Total elementwise ops                   : {layer.macs}\n\n=== psum_spad ===\n"
    text += "    Total scalar accesses                   : 18063360\n"
    text += "    Op per Byte                             : 0.59\n\n\n"
    text += f"Summary Stats\n-------------\nGFLOPs (@1GHz): 247.33\nUtilization: {row['utilization']:.2f}%\n"
    text += f"Cycles: {cycles}\nEnergy: {row['energy_uJ']:.2f} uJ\nEDP(J*cycle): 5.10e+00\nArea: 0.00 mm^2\n\n"
    return text + f"Computes = {layer.macs}\nfJ/Compute\n    mac                                           = 207.69\n"


def _part(title: str, accesses: tuple[int, int, int], instances: int, energy: float) -> str:
    lines = {
        "Partition size": "28672",
        "Utilized capacity": "8",
        "Utilized instances (max)": f"{instances}",
        "Utilized clusters (max)": f"{instances}",
        "Scalar reads (per-instance)": f"{accesses[0]}",
        "Scalar fills (per-instance)": f"{accesses[1]}",
        "Scalar updates (per-instance)": f"{accesses[2]}",
        "Energy (per-scalar-access)": "0.23 pJ",
        "Energy (per-instance)": f"{energy / instances:.2f} pJ",
        "Energy (total)": f"{energy:.2f} pJ",
        "Temporal Reduction Energy (per-instance)": "0.00 pJ",
        "Temporal Reduction Energy (total)": "0.00 pJ",
        "Address Generation Energy (total)": "0.00 pJ",
        "Read Bandwidth (per-instance)": "0.67 words/cycle",
    }
    return f"    {title}:\n" + "".join(f"        {key:<40} : {value}\n" for key, value in lines.items())


def loop_nest(nest: LoopNest) -> str:
    """Draw a mapping; only the two levels that hold nothing have no tiles."""
    drawn = {
        "dram": "DRAM [ Weights:864 (864) Inputs:151875 (151875) Outputs:401408 (401408) ] ",
        "glb": "shared_glb [ Inputs:9831 (9831) Outputs:6272 (6272) ] ",
        "columns": "inter_PE_column_spatial [ ] ",
        "rows": "inter_PE_spatial [ ] ",
        "ifmap": "ifmap_spad [ Inputs:3 (3) ] ",
        "weights": "weights_spad [ Weights:24 (24) ] ",
        "psum": "psum_spad [ Outputs:8 (8) ] ",
    }
    text, indent = "", ""
    for level, header in drawn.items():
        text += f"{header}\n{'-' * (len(header) - 1)}\n"
        for loop in nest.loops(level):
            axis = {"columns": " (Spatial-X)", "rows": " (Spatial-Y)"}.get(level, "")
            text += f"| {indent}for {loop.dimension} in [0:{loop.factor}){axis}\n"
            indent += "  "
        text += "\n"
    return text + f"| {indent}<< Compute >>\n"


def install_fake(folder: Path, script: str) -> None:
    """Put a ``timeloop-mapper`` of this shell script into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "timeloop-mapper"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def script_of(row: Mapping[str, Any], output: str = "Timeloop\n") -> str:
    """Return a script that prints and writes what Timeloop does for a row of the reference."""
    layer = LAYERS[str(row["layer"])]
    texts = {
        "timeloop-mapper.stats.txt": statistics(row, layer),
        "timeloop-mapper.map.txt": loop_nest(parse_mapping(str(row["compact_map"]))),
    }
    written = "".join(f"cat > {name} <<'END'\n{text}END\n" for name, text in texts.items())
    return f"{written}cat <<'END'\n{output}END\n"
