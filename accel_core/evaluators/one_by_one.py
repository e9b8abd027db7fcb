"""Fidelities whose tools take one design at a time: each design once, in a folder of its own, a few in flight."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

from accel_core.errors import says_disk_full
from accel_core.evaluators.results import Request, result_table
from accel_core.process import kill_running
from accel_core.space import design_ids

Trial = Callable[[Mapping[Any, Any], Path], dict[str, Any]]
"""Takes a design and a folder for its files; returns an outcome as ``result_table`` wants it."""


def evaluate_each(designs: pd.DataFrame, request: Request, trial: Trial) -> pd.DataFrame:
    """Try each design, at most ``request.jobs`` at a time, and return the result table.

    Raises:
        OSError: If a tool found no room on the disk: that is no fault of the design.
    """
    ids = design_ids(designs, request.platform.space.names).tolist()
    # A design that stands in the table twice is tried once: two runs would write the same folder.
    rows = dict(zip(ids, designs.to_dict("records"), strict=True))
    with ExitStack() as stack:
        folder = request.artifacts or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with ThreadPoolExecutor(max_workers=request.jobs) as pool:
            try:
                found = []
                for outcome in pool.map(lambda name: trial(rows[name], folder / name), rows):
                    if outcome["status"] == "failed" and says_disk_full(outcome["reason"]):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
                    found.append(outcome)
                    request.progress(len(found), len(rows))
            except BaseException:  # a person's Ctrl-C too: without this it would wait for the designs under way
                kill_running()
                raise
    outcome_of = dict(zip(rows, found, strict=True))
    return result_table(designs, [outcome_of[name] for name in ids], request)
