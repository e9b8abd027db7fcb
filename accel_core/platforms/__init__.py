"""The accelerators that can be explored, by name."""

from __future__ import annotations

from collections.abc import Mapping

from accel_core.errors import InvalidInputError
from accel_core.platforms.axiline import AXILINE
from accel_core.platforms.base import Platform
from accel_core.platforms.edgetpu import EDGETPU
from accel_core.platforms.eyeriss import EYERISS

PLATFORMS: Mapping[str, Platform] = {platform.name: platform for platform in (AXILINE, EYERISS, EDGETPU)}


def get_platform(name: str) -> Platform:
    """Return a platform by name.

    Raises:
        InvalidInputError: If there is none of that name.
    """
    if name not in PLATFORMS:
        raise InvalidInputError(f"platform '{name}' is unknown; allowed: {', '.join(PLATFORMS)}")
    return PLATFORMS[name]


__all__ = ["PLATFORMS", "Platform", "get_platform"]
