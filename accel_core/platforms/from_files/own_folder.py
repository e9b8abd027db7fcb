"""A person's folder of own accelerators: one is added whole or not at all, and what is removed can come back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from accel_core.errors import InvalidInputError
from accel_core.metrics import withdraw
from accel_core.paths import data_path, platforms_path
from accel_core.platforms.base import Platform, owner_of
from accel_core.platforms.from_files.platform_yaml import FILE, load_platform
from accel_core.platforms.registry import PLATFORMS, find_own

_ADDING, _REMOVED = ".adding", ".removed"
"""Folders of folders, so that nobody takes what lies there for a platform."""


def examples() -> list[str]:
    """Return the names of the examples that ship."""
    return sorted(path.parent.name for path in (data_path() / "examples").glob(f"*/{FILE}"))


def add_example(name: str) -> Platform:
    """Copy an example that ships into the person's folder.

    Raises:
        InvalidInputError: If there is something of that name already, or it cannot be written.
    """
    if name not in examples():
        raise InvalidInputError(f"example '{name}' is unknown; allowed: {', '.join(examples())}")
    folder = data_path() / "examples" / name
    return add(name, {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()})


def read_only_table(folder: Path) -> Platform:
    """Return the platform of a folder with somebody's upload: a table of results and nothing that could run.

    Raises:
        InvalidInputError: As `load_platform`, or if anything beside results is described.
    """
    found = load_platform(folder / FILE)
    if found.name not in PLATFORMS:
        withdraw(owner_of(found.name))  # nobody has added it: its metrics may be said otherwise, under another name too
    if found.evaluable:
        raise InvalidInputError(f"{FILE}: it says what to run; allowed in an upload: results only")
    return found


def add(name: str, files: Mapping[str, bytes]) -> Platform:
    """Add a platform as files, ``platform.yaml`` among them; all are there, or nothing is.

    Raises:
        InvalidInputError: If the name is taken, the files describe no platform, or they cannot be written.
    """
    if not (name.isascii() and name.replace("-", "_").isidentifier()):
        raise InvalidInputError(f"name is '{name:.60}'; allowed: letters, digits, '_' and '-'")
    home = platforms_path()
    final, partial = home / name, home / _ADDING / f"{name}-{os.getpid()}"
    find_own()
    if name in PLATFORMS or final.exists():
        raise InvalidInputError(f"name '{name}' is taken; choose another name, or remove that platform first")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for file, content in files.items():
            (partial / file).write_bytes(content)
        found = load_platform(partial / FILE)
        if found.name != name:
            raise InvalidInputError(f"{FILE}: name is '{found.name}'; it must be '{name}'")
        os.rename(partial, final)  # fails where a folder with files has come there meanwhile
    except OSError as error:
        raise InvalidInputError(f"{final}: cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    problems = find_own()
    if name not in PLATFORMS:
        raise InvalidInputError(problems.get(final / FILE, f"{final}: the platform is not found"))
    return PLATFORMS[name]


def own_names() -> list[str]:
    """Return the names of the platforms in the person's folder that can be read."""
    home = platforms_path()
    return [entry.name for entry in PLATFORMS.values() if entry.folder is not None and entry.folder.parent == home]


def remove(name: str) -> None:
    """Put a platform of the person's folder away, where `bring_back` finds it; stored results stay.

    Raises:
        InvalidInputError: If it is not one of them, or cannot be moved.
    """
    if name not in own_names():
        raise InvalidInputError(f"platform '{name}' is not in {platforms_path()}; allowed: {', '.join(own_names())}")
    folder = PLATFORMS[name].folder
    assert folder is not None
    _move(folder, platforms_path() / _REMOVED / name)
    find_own()


def removed_names() -> list[str]:
    """Return the names of the platforms that were removed last."""
    return sorted(path.parent.name for path in (platforms_path() / _REMOVED).glob(f"*/{FILE}"))


def bring_back(name: str) -> None:
    """Undo `remove`.

    Raises:
        InvalidInputError: If its name is taken by now, or it cannot be moved.
    """
    if name in PLATFORMS or (platforms_path() / name).exists():
        raise InvalidInputError(f"name '{name}' is taken; remove that platform first")
    _move(platforms_path() / _REMOVED / name, platforms_path() / name)
    find_own()


def _move(folder: Path, to: Path) -> None:
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(to, ignore_errors=True)
        os.rename(folder, to)
    except OSError as error:
        raise InvalidInputError(f"{folder}: cannot be moved: {error.strerror or error}") from None
