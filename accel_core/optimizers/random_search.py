"""The yardstick: designs at random."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from accel_core.optimizers.base import Optimizer
from accel_core.optimizers.candidates import draw


class RandomSearch(Optimizer):
    """Independent uniform designs; learns nothing."""

    name: ClassVar[str] = "random"
    title: ClassVar[str] = "Random"

    def _propose(self, n: int, rng: np.random.Generator, chosen: pd.DataFrame) -> pd.DataFrame:
        return draw(self.space, n, rng)
