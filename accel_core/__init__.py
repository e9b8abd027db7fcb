"""AccelScope's core: design-space exploration of machine-learning accelerators, without any user interface."""

import hashlib
import os
from pathlib import Path


def _compiled_folder() -> Path:
    """Return a folder for compiled kernels that changes with any of their sources.

    Numba's own cache only looks at the file of the function that it compiled, so after a change to a function in
    another file, which that one calls, it would go on with the old code.
    """
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        source = path.read_bytes()
        if b"from numba import" in source:
            digest.update(source)
    return Path(__file__).parent / "__pycache__" / f"numba-{digest.hexdigest()}"


os.environ.setdefault("NUMBA_CACHE_DIR", str(_compiled_folder()))
