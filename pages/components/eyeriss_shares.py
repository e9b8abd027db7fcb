"""Shares of an area that go to processing elements, scratchpads and global buffer, and the design nearest to shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.platforms import get_platform
from accel_core.platforms.eyeriss.area import area_parts_mm2
from pages.components.eyeriss_designs import BASELINE, PLATFORM, Design
from pages.components.triangle import POWER

Floats = npt.NDArray[np.float64]

SPADS = ("ifmap", "weights", "psum")
PE_COUNTS = (8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 72, 84, 96, 112, 128, 144, 168, 192, 224, 256, 288, 336, 384,
             448, 512, 576, 672, 768, 896, 1024)  # fmt: skip
"""Steps of about a seventh between numbers of many divisors; the source's arrays have 168."""
UNUSED_WEIGHT = 0.15
"""How much leaving area unused counts against missing the shares; on squares of both."""
ALIKE = 0.01
"""Scratchpads whose areas differ by less count as equally near."""
N_REACH = 500


def resources(designs: pd.DataFrame) -> Floats:
    """Return the area in mm2 of processing elements (their multipliers and adders), scratchpads and global buffer.

    Returns:
        Shape (n, 3).
    """
    parts = area_parts_mm2(designs)
    spads = parts[[f"area_{level}_mm2" for level in SPADS]].sum(axis=1)
    return np.column_stack([parts["area_mac_mm2"], spads, parts["area_glb_mm2"]]).astype(np.float64)


@cache
def reference_mm2() -> tuple[float, float, float]:
    """Return the resources of the baseline; the same shares lie in the middle of the triangle."""
    first, second, third = resources(pd.DataFrame([BASELINE]))[0]
    return float(first), float(second), float(third)


def placed(shares: npt.ArrayLike) -> Floats:
    """Return where shares lie in the triangle: barycentric weights, shape (..., 3)."""
    raised = (np.asarray(shares, dtype=np.float64) / reference_mm2()) ** POWER
    weights: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return weights


@dataclass(frozen=True)
class Sizes:
    """All sizes a design may choose among, with areas in mm2.

    Attributes:
        spads: Depths and widths of the scratchpads, one row a combination.
        spads_mm2: Area of the three scratchpads of one processing element, one a combination.
        glb: Depth and width of the global buffer, one row a combination.
        glb_mm2: Area, one a combination.
        pe_mm2: Area of one processing element without its scratchpads.
    """

    spads: pd.DataFrame
    spads_mm2: Floats
    glb: pd.DataFrame
    glb_mm2: Floats
    pe_mm2: float


@cache
def sizes() -> Sizes:
    """Return the sizes of the platform's space."""
    space = get_platform(PLATFORM).space
    values = {name: [int(value) for value in space.parameter(name).values] for name in space.names}
    spads = _combinations(values, [f"{level}_{side}" for level in SPADS for side in ("depth", "width")])
    glb = _combinations(values, ["glb_depth", "glb_width"])
    one = {"mesh_x": 1, "mesh_y": 1}
    areas = resources(spads.assign(**{name: BASELINE[name] for name in glb}, **one))
    glb_areas = resources(glb.assign(**{name: BASELINE[name] for name in spads}, **one))
    return Sizes(spads, areas[:, 1], glb, glb_areas[:, 2], float(areas[0, 0]))


def _combinations(values: Mapping[str, list[int]], names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(list(product(*(values[name] for name in names))), columns=list(names))


def nearest(shares: Sequence[float], total_mm2: float, current: Mapping[str, int], pes: int = 0) -> Design | None:
    """Return the design under a total area whose shares come nearest to those wanted.

    Distance counts in the triangle as drawn, and what the design leaves unused of the total counts a little. Where
    several sizes have about the same area, those most like the present design are taken.

    Args:
        shares: Wanted, of processing elements, scratchpads and global buffer.
        total_mm2: Area that may not be exceeded.
        current: The present design.
        pes: Number of processing elements; 0 leaves it free.

    Returns:
        The design, or None where none is that small.
    """
    known = sizes()
    target = placed(np.maximum(np.asarray(shares, dtype=np.float64), 1e-6))
    found: tuple[float, int, float, float] | None = None
    spad_areas, glb_areas = np.unique(known.spads_mm2), np.unique(known.glb_mm2)
    for count in [pes] if pes else PE_COUNTS:
        best = _nearest_of(count, spad_areas, glb_areas, target, total_mm2, known.pe_mm2)
        if best is not None and (found is None or best[0] < found[0]):
            found = best
    if found is None:
        return None
    _, count, spad_mm2, glb_mm2 = found
    mesh = _likest_mesh(count, current)
    spare_mm2 = (total_mm2 - glb_mm2) / count - known.pe_mm2
    is_alike = np.abs(known.spads_mm2 / spad_mm2 - 1) <= ALIKE
    spads = _likest(known.spads[is_alike & (known.spads_mm2 <= spare_mm2 * (1 + 1e-12))], current)
    glb = _likest(known.glb[known.glb_mm2 == glb_mm2], current)
    return {**mesh, **glb, **spads}


def _nearest_of(
    count: int, spad_areas: Floats, glb_areas: Floats, target: Floats, total_mm2: float, pe_mm2: float
) -> tuple[float, int, float, float] | None:
    """Return the least distance at a number of processing elements, with that number and the two areas."""
    areas = np.empty((len(spad_areas), len(glb_areas), 3))
    areas[..., 0] = count * pe_mm2
    areas[..., 1] = count * spad_areas[:, None]
    areas[..., 2] = glb_areas
    used = areas.sum(axis=-1)
    missed = ((placed(areas) - target) ** 2).sum(axis=-1)
    distance = np.where(used <= total_mm2, missed + UNUSED_WEIGHT * (1 - used / total_mm2) ** 2, np.inf)
    i, j = np.unravel_index(int(np.argmin(distance)), distance.shape)
    if not np.isfinite(distance[i, j]):
        return None
    return float(distance[i, j]), count, float(spad_areas[i]), float(glb_areas[j])


def _likest(rows: pd.DataFrame, current: Mapping[str, int]) -> Design:
    """Return the row with the fewest and smallest changes, counted in doublings."""
    present = np.log2(np.array([current[name] for name in rows], dtype=np.float64))
    changes = np.abs(np.log2(rows.to_numpy(dtype=np.float64)) - present)
    best = int(np.lexsort((changes.sum(axis=1), (changes > 0).sum(axis=1)))[0])
    return {name: int(value) for name, value in rows.iloc[best].items()}


def _likest_mesh(count: int, current: Mapping[str, int]) -> Design:
    """Return the mesh of so many elements nearest in shape to the present one."""
    wanted = np.log(current["mesh_x"] / current["mesh_y"])
    columns = [side for side in range(1, count + 1) if count % side == 0]
    best = min(columns, key=lambda side: (abs(np.log(side * side / count) - wanted), side))
    return {"mesh_x": best, "mesh_y": count // best}


def reachable(total_mm2: float, pes: int = 0) -> list[list[float]]:
    """Return shares of some designs that use at least half of a total area, to show where designs are."""
    known = sizes()
    rng = np.random.default_rng(0)
    n = 40 * N_REACH
    count = rng.choice([pes] if pes else PE_COUNTS, n)
    areas = np.column_stack(
        [count * known.pe_mm2, count * rng.choice(np.unique(known.spads_mm2), n), rng.choice(known.glb_mm2, n)]
    )
    used = areas.sum(axis=1)
    kept = areas[(used <= total_mm2) & (used >= 0.5 * total_mm2)][:N_REACH]
    shares = kept / kept.sum(axis=1, keepdims=True) if len(kept) else kept
    return [[round(float(share), 4) for share in row] for row in shares]
