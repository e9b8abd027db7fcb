"""The version of the physical flow, and those of installed packages, quickly."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

FLOW_VERSION = "2"
"""Version of the flow, part of every placed result's identity: to be raised whenever the same RTL, settings and seed
would come out otherwise, be it for a changed script, algorithm or constant, or for an embedded technology."""


def installed_version(package: str) -> str | None:
    """Version of an installed package, or None.

    It is in the name of the package's ``.dist-info`` folder; ``importlib.metadata`` would read the same, but loads the
    e-mail parser for it, which costs every design 40 ms.
    """
    for folder in sys.path:
        found = sorted(Path(folder).glob(f"{package}-*.dist-info")) if folder else []
        if found:
            return found[0].name.removeprefix(f"{package}-").removesuffix(".dist-info")
    if find_spec(package) is None:
        return None
    from importlib.metadata import version  # noqa: PLC0415 - see above

    return version(package)
