"""Arrays and a description in one file: NumPy's npz with a JSON text, no pickle, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from accel_core.errors import InvalidInputError
from accel_core.tables import replaced_when_whole

FORMAT = "accelscope offline model 2"
MAX_BYTES = 500_000_000
_ABOUT = "about"

_DAMAGES = (
    OSError, ValueError, KeyError, AttributeError, TypeError, EOFError, RuntimeError, tokenize.TokenError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What readers of zip archives, NumPy's headers and JSON raise where bytes are wrong."""

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a file holds.

    Attributes:
        about: Numbers, texts and lists of them.
        arrays: Arrays by name.
    """

    about: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]]

    def numbered(self, prefix: str) -> list[npt.NDArray[Any]]:
        """Return the arrays ``prefix0``, ``prefix1``, ... in this order."""
        found: list[npt.NDArray[Any]] = []
        while (name := f"{prefix}{len(found)}") in self.arrays:
            found.append(self.arrays[name])
        return found


def write_checkpoint(path: Path, about: Mapping[str, Any], arrays: Arrays) -> None:
    """Write a ``.npz`` file; a reader sees the old one or the new one, never a part.

    Raises:
        InvalidInputError: If the name ends otherwise, or the file cannot be written.
    """
    _check_suffix(path)
    text = json.dumps({"format": FORMAT, "digest": _digest(about, arrays), **about})
    with replaced_when_whole(path) as partial, partial.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **{_ABOUT: np.frombuffer(text.encode(), dtype=np.uint8)}, **arrays)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what ``write_checkpoint`` wrote.

    Raises:
        InvalidInputError: If the file is missing, too large, damaged, or changed since it was written.
    """
    _check_suffix(path)
    if not path.is_file():
        raise InvalidInputError(f"{path}: no such file")
    try:
        with zipfile.ZipFile(path) as archive:
            if (size := sum(entry.file_size for entry in archive.infolist())) > MAX_BYTES:
                raise InvalidInputError(f"{path}: {size:,} bytes unpacked; at most {MAX_BYTES:,} are allowed")
        with np.load(path, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        about = json.loads(arrays.pop(_ABOUT).tobytes())
        known, digest = about.pop("format"), about.pop("digest")
    except _DAMAGES as error:
        raise InvalidInputError(f"{path}: not a readable offline model: {error or type(error).__name__}") from error
    if known != FORMAT:
        raise InvalidInputError(f"{path}: format is {known!r}; allowed: {FORMAT!r}")
    if digest != _digest(about, arrays):
        raise InvalidInputError(f"{path}: changed since it was written: its digest does not match its content")
    return Checkpoint(about, arrays)


def _digest(about: Mapping[str, Any], arrays: Arrays) -> str:
    found = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def _check_suffix(path: Path) -> None:
    if path.suffix != ".npz":
        raise InvalidInputError(f"{path}: the file's name must end in .npz")
