"""Stores and result tables that the tests of the store share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from accel_core.evaluators import evaluate
from accel_core.platforms import get_platform
from accel_core.space import sample
from accel_core.store import ResultStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ResultStore]:
    with ResultStore(tmp_path / "results.duckdb") as opened:
        yield opened


@pytest.fixture
def make_results() -> Callable[..., pd.DataFrame]:
    """Return a maker of result tables: n designs of a seed, evaluated analytically."""

    def make(n: int = 5, seed: int = 0) -> pd.DataFrame:
        designs = sample(get_platform("axiline").space, n, sampler="random", seed=seed).designs
        return evaluate("axiline", designs, "analytical")

    return make
