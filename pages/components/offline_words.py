"""Words of the page Offline: a design in short, bytes, and why one design is faster than another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accel_core.platforms.logged import Breakdown
from pages.components.offline_data import offered

PARTS: Mapping[str, str] = {
    "pe_memory": "PE memory", "core_memory": "core memory", "buffers": "buffer memory", "instruction_memory": "program",
    "lanes": "logic of lanes", "control": "control", "base": "base", "dram": "DRAM interface",
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
    return 1e3 * float(offered().inferences) * seconds


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
    """Name the part of the time that changed most in the direction of the whole, and why, and what went against it."""
    old, new = _parts(before), _parts(after)
    sign = 1 if after.total_s <= before.total_s else -1
    gains = {name: sign * (old[name] - new[name]) for name in old}
    part, against = max(gains, key=gains.__getitem__), min(gains, key=gains.__getitem__)
    moved, why = _moved(old[part], new[part]), _reasons(part, before, after, designs)
    if gains[part] <= abs(run_ms(before.total_s) - run_ms(after.total_s)):
        return f"Most of the difference is the {_NAMES[part]}, which {moved}{why}."
    other = f"the {_NAMES[against]} {_moved(old[against], new[against])}"
    return f"The {_NAMES[part]} {moved}{why}. Against that, {other}."


def _moved(old_ms: float, new_ms: float) -> str:
    return f"{'falls' if new_ms <= old_ms else 'rises'} from {old_ms:,.1f} to {new_ms:,.1f} ms"


def _reasons(
    part: str, before: Breakdown, after: Breakdown, designs: tuple[Mapping[str, int], Mapping[str, int]]
) -> str:
    """Return what made a part of the time change as it did; whatever worked against that is left out."""
    if part == "instructions":
        return ": the layers are cut into other tiles and groups of channels"
    found = _memory_reasons(before, after, designs) if part == "memory" else _compute_reasons(before, after, designs)
    old, new = (_parts(times)[part] for times in (before, after))
    reasons = [words for words, gain in found if gain and (gain > 0) == (new < old)]
    return f": {_listed(reasons)}" if reasons else ""


def _memory_reasons(
    before: Breakdown, after: Breakdown, designs: tuple[Mapping[str, int], Mapping[str, int]]
) -> list[tuple[str, float]]:
    """Return what may change the time of memory-bound layers, each with a number above 0 if it shortens it."""
    old, new = designs
    kept = [round(100 * times.resident) for times in (before, after)]
    waiting = [int(times.layers["bound"].isin(["bus", "dram"]).sum()) for times in (before, after)]
    has_buses = any(times.bound_s("bus") > 0.2 * times.memory_s for times in (before, after))
    return [
        (f"{kept[1]} % instead of {kept[0]} % of the parameters stay on the chip", kept[1] - kept[0]),
        (f"DRAM gives {new['dram_gbps']} instead of {old['dram_gbps']} GB/s", new["dram_gbps"] - old["dram_gbps"]),
        (f"{new['pes_y']} instead of {old['pes_y']} buses feed the rows", has_buses * (new["pes_y"] - old["pes_y"])),
        (f"{waiting[1]} instead of {waiting[0]} layers wait for memory", waiting[0] - waiting[1]),
    ]


def _compute_reasons(
    before: Breakdown, after: Breakdown, designs: tuple[Mapping[str, int], Mapping[str, int]]
) -> list[tuple[str, float]]:
    """Return the same for compute-bound layers."""
    lanes = [design["pes_x"] * design["pes_y"] * design["cores"] * design["lanes"] for design in designs]
    used = [round(100 * times.utilization, 1) for times in (before, after)]
    waiting = [int((times.layers["bound"] == "compute").sum()) for times in (before, after)]
    return [
        (f"there are {lanes[1]:,} instead of {lanes[0]:,} lanes", lanes[1] - lanes[0]),
        (f"{used[1]:g} % instead of {used[0]:g} % of the multipliers' cycles do work", used[1] - used[0]),
        (f"{waiting[1]} instead of {waiting[0]} layers wait for multipliers", waiting[0] - waiting[1]),
    ]


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _price(areas: tuple[Mapping[str, float], Mapping[str, float]]) -> str:
    """Say how the area changes, and in which parts most."""
    old, new = areas
    grown = max(old, key=lambda name: new[name] - old[name])
    shrunk = max(old, key=lambda name: old[name] - new[name])
    words = f"The chip takes {sum(new.values()):.1f} instead of {sum(old.values()):.1f} mm²"
    moved = [name for name in (grown, shrunk) if abs(new[name] - old[name]) > 0.05]
    parts = [f"{PARTS[name]} takes {new[name]:.1f} instead of {old[name]:.1f}" for name in dict.fromkeys(moved)]
    return f"{words}: {_listed(parts)}." if parts else f"{words}."
