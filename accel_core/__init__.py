"""AccelScope's core: design-space exploration of machine-learning accelerators, without any user interface."""

import hashlib
import os
import re
import shutil
from pathlib import Path

KEPT_FOLDERS = 3
"""How many folders of compiled kernels stay: of these sources and of the newest others, for going back and forth."""


def _compiled_folder() -> Path:
    """Return a folder for compiled kernels that changes with any of their sources.

    Numba's own cache only looks at the file of the function that it compiled, so after a change to a function in
    another file, which that one calls, it would go on with the old code. The same holds for a constant from another
    file, which is compiled in; so files count from which one with kernels imports.
    """
    top = Path(__file__).parent
    sources = {path: path.read_bytes() for path in top.rglob("*.py")}
    kernels = {path for path, source in sources.items() if b"from numba import" in source}
    imported = {
        top.joinpath(*name.decode().split(".")).with_suffix(".py")
        for path in kernels
        for name in re.findall(rb"^from accel_core\.([\w.]+) import", sources[path], re.MULTILINE)
    }
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(kernels | imported & sources.keys()):
        digest.update(sources[path])
    folder = top / "__pycache__" / f"numba-{digest.hexdigest()}"
    if not folder.exists():
        _drop_old(folder.parent)
    return folder


def _drop_old(place: Path) -> None:
    """Remove the oldest folders of compiled kernels, so that with a new one no more than ``KEPT_FOLDERS`` are there."""
    known = sorted(place.glob("numba-*"), key=lambda path: path.stat().st_mtime)
    for path in known[: -(KEPT_FOLDERS - 1)]:
        shutil.rmtree(path, ignore_errors=True)


os.environ.setdefault("NUMBA_CACHE_DIR", str(_compiled_folder()))
