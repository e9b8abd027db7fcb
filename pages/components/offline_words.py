"""Words of the page Offline: a design in short, bytes, and why one design is faster than another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accel_core.platforms.edgetpu.architecture import constants
from accel_core.platforms.edgetpu.breakdown import Breakdown

PARTS: Mapping[str, str] = {
    "pe_memory": "PE memory", "core_memory": "core memory", "buffers": "buffers", "instruction_memory": "program",
    "lanes": "lanes", "control": "control", "base": "base", "dram": "DRAM interface",
}  # fmt: skip
"""Parts of the area."""


def bytes_words(count: float) -> str:
    """Return a number of bytes with a binary unit, such as ``128 KiB``."""
    for unit, size in (("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:g} {unit}"
    return f"{count:g} B"


def design_words(design: Mapping[str, int]) -> str:
    """Return a design in one line."""
    return (
        f"{design['pes_x']} × {design['pes_y']} PEs of {design['cores']} cores with {design['lanes']} lanes; "
        f"{bytes_words(design['pe_memory_b'])} in a PE, {bytes_words(design['core_memory_b'])} in a core; "
        f"DRAM {design['dram_gbps']} GB/s."
    )


def parameter_words(name: str, value: float) -> str:
    """Return a parameter's value with its unit."""
    if name.endswith("_b"):
        return bytes_words(value)
    return f"{value:g} GB/s" if name == "dram_gbps" else f"{value:g}"


def run_ms(seconds: float) -> float:
    """Return the time of the usual run of inferences, in ms, from that of one inference in s."""
    return 1e3 * float(constants()["inferences"]) * seconds


def explanation(
    before: Breakdown,
    after: Breakdown,
    designs: tuple[Mapping[str, int], Mapping[str, int]],
    areas: tuple[Mapping[str, float], Mapping[str, float]],
) -> list[str]:
    """Say in two or three sentences why a design is faster or slower than another, and what it pays.

    Args:
        before: Time of the one to compare with.
        after: Time of the design.
        designs: Parameters of both, in this order.
        areas: Parts of their areas in mm2.
    """
    if after.reason:
        return [f"This design does not run: {after.reason}."]
    if before.reason:
        return [f"The baseline does not run this network: {before.reason}."]
    return [_whole(before, after), _cause(before, after, designs), _price(areas)]


def _whole(before: Breakdown, after: Breakdown) -> str:
    old, new = run_ms(before.total_s), run_ms(after.total_s)
    ratio = old / new
    speed = f"{ratio:.2f} times faster" if ratio >= 1 else f"{1 / ratio:.2f} times slower"
    return f"1000 inferences take {new:,.1f} ms instead of the baseline's {old:,.1f} ms: {speed}."


def _parts(found: Breakdown) -> dict[str, float]:
    return {
        "memory": run_ms(found.memory_s),
        "compute": run_ms(found.bound_s("compute")),
        "instructions": run_ms(float(found.layers["fixed_s"].sum())),
    }


_NAMES = {"memory": "time in memory-bound layers", "compute": "time in compute-bound layers",
          "instructions": "time for instructions"}  # fmt: skip


def _cause(before: Breakdown, after: Breakdown, designs: tuple[Mapping[str, int], Mapping[str, int]]) -> str:
    """Name the part of the time that changed most in the direction of the whole, and why."""
    old, new = _parts(before), _parts(after)
    sign = 1 if after.total_s <= before.total_s else -1
    part = max(old, key=lambda name: sign * (old[name] - new[name]))
    moved = f"{'falls' if new[part] <= old[part] else 'rises'} from {old[part]:,.1f} to {new[part]:,.1f} ms"
    return f"Most of the difference is the {_NAMES[part]}, which {moved}{_reasons(part, before, after, designs)}."


def _reasons(
    part: str, before: Breakdown, after: Breakdown, designs: tuple[Mapping[str, int], Mapping[str, int]]
) -> str:
    old, new = designs
    reasons: list[str] = []
    if part == "memory":
        if abs(after.resident - before.resident) > 0.005:
            shares = f"{100 * after.resident:.0f} % instead of {100 * before.resident:.0f} %"
            reasons.append(f"{shares} of the parameters stay on the chip")
        if old["dram_gbps"] != new["dram_gbps"]:
            reasons.append(f"DRAM gives {new['dram_gbps']} instead of {old['dram_gbps']} GB/s")
        counts = [found.layers["bound"].isin(["bus", "dram"]).sum() for found in (before, after)]
        if counts[0] != counts[1]:
            reasons.append(f"{counts[1]} instead of {counts[0]} layers wait for memory")
    elif part == "compute":
        lanes = [design["pes_x"] * design["pes_y"] * design["cores"] * design["lanes"] for design in (old, new)]
        if lanes[0] != lanes[1]:
            reasons.append(f"there are {lanes[1]:,} instead of {lanes[0]:,} lanes")
        reasons.append(
            f"{100 * after.utilization:.1f} % instead of {100 * before.utilization:.1f} % of their cycles do work"
        )
    elif part == "instructions":
        reasons.append("the network is cut into other tiles and groups of channels")
    return f": {_listed(reasons)}" if reasons else ""


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _price(areas: tuple[Mapping[str, float], Mapping[str, float]]) -> str:
    """Say how the area changes, and in which parts most."""
    old, new = areas
    grown = max(old, key=lambda name: new[name] - old[name])
    shrunk = max(old, key=lambda name: old[name] - new[name])
    words = f"The chip takes {sum(new.values()):.1f} instead of {sum(old.values()):.1f} mm²"
    moved = [name for name in (grown, shrunk) if abs(new[name] - old[name]) > 0.05]
    parts = [f"{PARTS[name]} {new[name]:.1f} instead of {old[name]:.1f}" for name in dict.fromkeys(moved)]
    return f"{words}: {_listed(parts)}." if parts else f"{words}."
