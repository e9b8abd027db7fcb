"""Trainings of models so small that they take no time, and logs as files, for tests of the page Offline."""

from __future__ import annotations

import io

import pandas as pd

from pages.components.offline_asked import Asked
from pages.components.offline_data import shipped_log
from pages.components.offline_training import Training

SIZES = {"embedding": 4, "heads": 2, "layers": 0, "feed_forward": 4, "votes": 1, "width": 8, "depth": 1, "batch": 32,
         "negatives": 8, "mine_rounds": 1, "reports": 4}  # fmt: skip
PATIENCE_S = 120.0
NAME = "mobilenet_edgetpu"


def tiny_training(alpha: float = 0.1) -> Training:
    return Training(Asked("Shipped log", "", (NAME,), alpha, True, 8), shipped_log().of([NAME]))


def parquet(table: pd.DataFrame, *, index: bool = False) -> bytes:
    stream = io.BytesIO()
    table.to_parquet(stream, index=index)
    return stream.getvalue()
