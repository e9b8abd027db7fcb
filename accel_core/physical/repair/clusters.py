"""Groups of sinks that lie together and load a buffer alike."""

from __future__ import annotations

import numpy as np

from accel_core.physical.graph import Floats, Ints


def bisect(xy: Floats, load: Floats, count: int) -> list[Ints]:
    """Split points into ``count`` groups of about the same load, each in a box of its own.

    The box is cut across its longer side in the ratio of the groups that each half gets, again and again.

    Args:
        xy: Places, shape (n, 2).
        load: Of each point, above 0, shape (n,).
        count: How many groups; no more than n are made.

    Returns:
        Numbers of the points of each group; no group is empty.
    """
    groups: list[Ints] = []
    waiting = [(np.arange(len(xy)), max(1, min(count, len(xy))))]
    while waiting:
        points, parts = waiting.pop()
        if parts == 1:
            groups.append(points)
            continue
        spread = np.ptp(xy[points], axis=0)
        along = xy[points, int(spread[1] > spread[0])]
        points = points[np.argsort(along, kind="stable")]
        total = np.cumsum(load[points])
        first = parts // 2
        cut = int(np.searchsorted(total, total[-1] * first / parts)) + 1
        # Each half keeps at least one point for each of its groups.
        cut = min(max(cut, first), len(points) - (parts - first))
        waiting += [(points[cut:], parts - first), (points[:cut], first)]
    return groups
