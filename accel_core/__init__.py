"""AccelScope's core: design-space exploration of machine-learning accelerators, without any user interface."""

import hashlib
import os
import re
from pathlib import Path


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
    return Path(__file__).parent / "__pycache__" / f"numba-{digest.hexdigest()}"


os.environ.setdefault("NUMBA_CACHE_DIR", str(_compiled_folder()))
