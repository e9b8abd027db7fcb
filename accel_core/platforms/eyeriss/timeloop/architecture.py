"""The Eyeriss-like array of a design as Timeloop v0.4 describes architectures, for its front end and for its mapper.

Hierarchy, words, bandwidths and what each level may do are those of ``eyeriss_like`` of the Timeloop and Accelergy
exercises. People write the nested form (``!Container``, ``!Component``); Timeloop's front end flattens it to a list of
levels with a list of constraints, in which a fan-out becomes a level ``inter_<container>_spatial`` that stores nothing.
``timeloop-mapper`` itself only reads the flat form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accel_core.platforms.eyeriss.architecture import GLB_WORDS_PER_CYCLE, SPAD_WORDS_PER_CYCLE, WORD_BITS
from accel_core.platforms.eyeriss.timeloop.documents import Node

VERSION = 0.4
CYCLE_S = 1e-9
TECHNOLOGY = "32nm"
"""Of the source's design. Only Accelergy looks at it, and only where no energy table is given."""

STORES: Mapping[str, str] = {
    "dram": "DRAM", "glb": "shared_glb", "ifmap": "ifmap_spad", "weights": "weights_spad", "psum": "psum_spad",
}  # fmt: skip
"""What Timeloop calls the levels that store words."""
MAC = "mac"


@dataclass(frozen=True)
class FanOut:
    """A container whose instances lie side by side.

    Attributes:
        container: Its name.
        side: The design's parameter that counts them.
        axis: The side of the mesh they lie along.
        order: Dimensions, innermost first; the first ``split`` of them lie along X and the others along Y.
        fixed: Those that may not be unrolled.
        split: How many of ``order`` lie along X.
    """

    container: str
    side: str
    axis: str
    order: str
    fixed: str
    split: int

    @property
    def level(self) -> str:
        """What the front end calls the level that it makes of this fan-out."""
        return f"inter_{self.container}_spatial"

    def constraint(self) -> dict[str, Any]:
        """Return what may be unrolled here."""
        return {"permutation": list(self.order), "factors": _ones(self.fixed), "split": self.split}


@dataclass(frozen=True)
class Scratchpad:
    """What a scratchpad keeps, its loops innermost first, and the dimensions that it may not loop over."""

    keep: str
    order: str
    fixed: str

    def constraint(self) -> dict[str, Any]:
        """Return what may be looped over here."""
        return {"permutation": list(self.order), "factors": _ones(self.fixed)}


FAN_OUTS: Mapping[str, FanOut] = {
    "columns": FanOut("PE_column", "mesh_x", "meshX", "NCPRSQM", "NCPRS", 7),
    "rows": FanOut("PE", "mesh_y", "meshY", "NPQRSCM", "NPQR", 4),
}
SCRATCHPADS: Mapping[str, Scratchpad] = {
    "ifmap": Scratchpad("Inputs", "NMCPQRS", "NMCPQRS"),
    "weights": Scratchpad("Weights", "NMPQSCR", "NMPQS"),
    "psum": Scratchpad("Outputs", "NCPQRSM", "NCRSPQ"),
}
_TENSORS = ("Weights", "Inputs", "Outputs")
_ALL = "CMRSNPQ"
_BUFFER: Mapping[str, Any] = {
    "has_power_gating": False, "cluster_size": 1, "reduction_supported": True, "multiple_buffering": 1,
    "min_utilization": 0, "allow_overbooking": False,
}  # fmt: skip
"""What the front end writes of every buffer that does not say otherwise."""


def nested_architecture(design: Mapping[str, Any]) -> dict[str, Any]:
    """Return the architecture as the front end reads it.

    A side of 1 has nothing to unroll, and Timeloop takes a spatial constraint there for a mistake: it gets none.
    """
    glb = Node("Component", name=STORES["glb"], **_component("glb", design))
    glb["constraints"] = {"dataspace": {"keep": ["Inputs", "Outputs"], "bypass": ["Weights"]}}
    pads = []
    for level, pad in SCRATCHPADS.items():
        node = Node("Component", name=STORES[level], **_component(level, design))
        node["constraints"] = {"dataspace": {"keep": [pad.keep]}, "temporal": pad.constraint()}
        pads.append(node)
    nodes = [
        Node("Container", name="system"),
        Node("Component", name=STORES["dram"], **_component("dram", design)),
        Node("Container", name="eyeriss", attributes={"technology": TECHNOLOGY}),
        glb,
        *(_container(fan_out, int(design[fan_out.side])) for fan_out in FAN_OUTS.values()),
        Node("Parallel", nodes=pads),
        Node("Component", name=MAC, **_component(MAC, design)),
    ]
    return {"version": VERSION, "nodes": nodes}


def _container(fan_out: FanOut, side: int) -> Node:
    node = Node("Container", name=fan_out.container, spatial={fan_out.axis: side})
    if side > 1:
        node["constraints"] = {"spatial": fan_out.constraint()}
    return node


def flat_architecture(design: Mapping[str, Any]) -> dict[str, Any]:
    """Return the architecture as ``timeloop-mapper`` reads it; a side of 1 has no level of its own."""
    mesh_x, mesh_y = int(design["mesh_x"]), int(design["mesh_y"])
    levels = [_flat(STORES["dram"], _component("dram", design), 1, 1)]
    levels.append(_flat(STORES["glb"], _component("glb", design), 1, 1))
    if mesh_x > 1:
        levels.append(_flat(FAN_OUTS["columns"].level, _passage(), 1, 1))
    if mesh_y > 1:
        levels.append(_flat(FAN_OUTS["rows"].level, _passage(), mesh_x, 1))
    levels += [_flat(STORES[level], _component(level, design), mesh_x, mesh_y) for level in SCRATCHPADS]
    levels.append(_flat(MAC, _component(MAC, design), mesh_x, mesh_y))
    attributes = {"technology": TECHNOLOGY, "global_cycle_seconds": CYCLE_S, "has_power_gating": False}
    top = {"name": "system_top_level", "attributes": attributes, "local": levels}
    return {"version": VERSION, "subtree": [top]}


def instances(design: Mapping[str, Any]) -> dict[str, int]:
    """Return how many instances each level has that takes energy, by Timeloop's name."""
    lanes = int(design["mesh_x"]) * int(design["mesh_y"])
    return {STORES["dram"]: 1, STORES["glb"]: 1, **{STORES[level]: lanes for level in SCRATCHPADS}, MAC: lanes}


def flat_constraints(design: Mapping[str, Any]) -> dict[str, Any]:
    """Return what each level may do, beside the flat architecture."""
    targets: list[dict[str, Any]] = [
        _bypass(STORES["glb"], keep=("Inputs", "Outputs")),
    ]
    for fan_out in FAN_OUTS.values():
        if int(design[fan_out.side]) > 1:
            targets.append(_target(fan_out.level, "spatial", fan_out.constraint()))
            targets.append(_target(fan_out.level, "temporal", {"permutation": list(_ALL), "factors": _ones(_ALL)}))
            targets.append(_bypass(fan_out.level, keep=()))
    for level, pad in SCRATCHPADS.items():
        targets.append(_bypass(STORES[level], keep=(pad.keep,)))
        targets.append(_target(STORES[level], "temporal", pad.constraint()))
    return {"targets": targets}


def _component(level: str, design: Mapping[str, Any]) -> dict[str, Any]:
    """Return class and attributes of a level, as the nested form has them."""
    if level == "dram":
        return {"class": "DRAM", "attributes": {"type": "LPDDR4", "width": 64, "datawidth": 8}}
    if level == MAC:
        return {"class": "intmac", "attributes": {"multiplier_width": 8, "adder_width": 16}}
    attributes: dict[str, Any] = {"depth": int(design[f"{level}_depth"]), "width": int(design[f"{level}_width"])}
    attributes |= {"n_banks": 32} if level == "glb" else {"update_fifo_depth": 2} if level == "psum" else {}
    words = GLB_WORDS_PER_CYCLE if level == "glb" else SPAD_WORDS_PER_CYCLE
    attributes |= {"datawidth": WORD_BITS[level], "read_bandwidth": words, "write_bandwidth": words}
    return {"class": "smartbuffer_SRAM" if level == "glb" else "smartbuffer_RF", "attributes": attributes}


def _passage() -> dict[str, Any]:
    """Return class and attributes of a level that only fans out."""
    return {"class": "dummy_storage", "attributes": {"width": 1, "depth": 1, "datawidth": 1, "technology": -1}}


def _flat(name: str, component: Mapping[str, Any], mesh_x: int, mesh_y: int) -> dict[str, Any]:
    place = {"meshX": mesh_x, "meshY": mesh_y, "technology": TECHNOLOGY, "power_gated_at": name}
    defaults = {"has_power_gating": False} if name == MAC else {"n_banks": 2, **_BUFFER}
    attributes = {**defaults, **place, **component["attributes"]}
    return {"name": f"{name}[1..{mesh_x * mesh_y}]", "class": component["class"], "attributes": attributes}


def _bypass(target: str, keep: tuple[str, ...]) -> dict[str, Any]:
    kept: dict[str, Any] = {"keep": list(keep)} if keep else {}
    return {"type": "bypass", "target": target, **kept, "bypass": [name for name in _TENSORS if name not in keep]}


def _target(target: str, kind: str, constraint: Mapping[str, Any]) -> dict[str, Any]:
    words = {"permutation": "".join(constraint["permutation"]), "factors": ",".join(constraint["factors"])}
    return {"type": kind, "target": target, **constraint, **words}


def _ones(dimensions: str) -> list[str]:
    return [f"{dimension}=1" for dimension in dimensions]
