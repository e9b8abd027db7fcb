"""The accelerators that can be explored, by name: those of this project, and a person's own."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from accel_core.errors import InvalidInputError
from accel_core.metrics import withdraw
from accel_core.paths import platforms_path
from accel_core.platforms.axiline import AXILINE
from accel_core.platforms.base import Platform, owner_of
from accel_core.platforms.edgetpu import EDGETPU
from accel_core.platforms.eyeriss import EYERISS
from accel_core.platforms.from_files.platform_yaml import FILE, load_platform

BUILT_IN: dict[str, Platform] = {platform.name: platform for platform in (AXILINE, EYERISS, EDGETPU)}

PLATFORMS: dict[str, Platform] = dict(BUILT_IN)
"""What is known now; `find_own` adds a person's own and drops those that are gone."""

NAMED_FILES = "ACCEL_PLATFORM_FILES"
"""Environment variable with more files, for processes that this one starts."""

MAX_STAMPED = 2000
"""Files of one folder whose change is noticed; a platform's folder has a few."""

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class _Loaded:
    stamp: Stamp
    platform: Platform | None
    problem: str


_loaded: dict[Path, _Loaded] = {}
_looking = threading.RLock()
"""Held while files are looked at: two pages that read a new file at once would take each other's for a twin."""


def get_platform(name: str) -> Platform:
    """Return a platform by name; a person's own are looked for where the name is not known yet.

    Raises:
        InvalidInputError: If there is none of that name, or the file of that name is wrong.
    """
    if name not in PLATFORMS:
        problems = find_own()
        wrong = next((problem for path, problem in problems.items() if path.parent.name == name), None)
        if name not in PLATFORMS:
            raise InvalidInputError(wrong or f"platform '{name}' is unknown; allowed: {', '.join(PLATFORMS)}")
    return PLATFORMS[name]


def find_own() -> dict[Path, str]:
    """Read a person's own platforms where they are new or changed; return by file what is wrong with it.

    They are the folders of ``platforms_path()`` that have a ``platform.yaml``, and the files that `add_file` named.
    """
    with _looking:
        named = [Path(text) for text in os.environ.get(NAMED_FILES, "").split(os.pathsep) if text]
        paths = [*sorted(platforms_path().glob(f"*/{FILE}")), *named]
        for gone in set(_loaded) - set(paths):
            _forget(gone)
        for path in paths:
            _load(path)
        return {path: _loaded[path].problem for path in paths if _loaded[path].problem}


def add_file(path: Path) -> Platform:
    """Make the platform of one file known, here and in the processes that this one starts.

    Raises:
        InvalidInputError: If the file is wrong, or has the name of another platform.
    """
    path = path.absolute()
    if os.pathsep in str(path):
        raise InvalidInputError(f"{path}: its path has a '{os.pathsep}'; allowed: a path without")
    with _looking:
        named = [text for text in os.environ.get(NAMED_FILES, "").split(os.pathsep) if text]
        if str(path) not in named:
            os.environ[NAMED_FILES] = os.pathsep.join([*named, str(path)])
        find_own()
        found = _loaded[path]
    if found.platform is None:
        raise InvalidInputError(found.problem)
    return found.platform


def _load(path: Path) -> None:
    stamp = _stamp(path.parent)
    if path in _loaded and _loaded[path].stamp == stamp:
        return
    before = _loaded[path].platform if path in _loaded else None
    try:
        platform = load_platform(path)  # the one before stays known meanwhile
        if PLATFORMS.get(platform.name, before) is not before:
            raise InvalidInputError(f"{path}: name is '{platform.name}', as of another platform; allowed: another name")
    except (InvalidInputError, OSError) as error:
        _forget(path)
        _loaded[path] = _Loaded(stamp, None, str(error))
        return
    if before is None or before.name != platform.name:
        _forget(path)
    _loaded[path] = _Loaded(stamp, platform, "")
    PLATFORMS[platform.name] = platform


def _forget(path: Path) -> None:
    before = _loaded.pop(path, None)
    if before is not None and before.platform is not None:
        PLATFORMS.pop(before.platform.name, None)
        withdraw(owner_of(before.platform.name))


def _stamp(folder: Path) -> Stamp:
    """Return what tells whether a folder's files changed; of a large folder, the first `MAX_STAMPED`."""
    found = []
    for path in islice(folder.rglob("*"), MAX_STAMPED):
        with suppress(OSError):  # it may just have gone
            if path.is_file():
                found.append((str(path), path.stat().st_mtime_ns, path.stat().st_size))
    return tuple(sorted(found))
