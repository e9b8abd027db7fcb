"""Time and accuracy of the surrogates next to scikit-learn's models as they come, on one made-up accelerator.

The function has the shape of real results (tests/surrogates/made_up.py): power laws, a clock that saturates, 1.5 % of
noise that no model can remove (a mean error of 1.2 %). Both splits are those of the model report; one core.

Run: python benchmarks/surrogates.py [--architectures 48] [--backends 12] [--predict 100000]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "surrogates")]

import lightgbm  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from made_up import ARCHITECTURE, BACKEND, TARGETS, results  # noqa: E402
from sklearn.ensemble import RandomForestRegressor  # noqa: E402
from sklearn.gaussian_process import GaussianProcessRegressor  # noqa: E402
from sklearn.multioutput import MultiOutputRegressor  # noqa: E402
from sklearn.neural_network import MLPRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.surrogates import SURROGATES  # noqa: E402
from accel_core.surrogates.accuracy import ape  # noqa: E402
from accel_core.surrogates.splits import Split, unseen_architecture_splits, unseen_backend_splits  # noqa: E402

Table = pd.DataFrame


class Peer:
    """A library's model with its default settings, standardized numbers in and out."""

    def __init__(self, make: Callable[[], object]) -> None:
        """Remember how to make the model."""
        self.make = make

    def fit(self, X: Table, y: Table, groups: object = None) -> Peer:
        """Fit; texts become 0/1 columns, groups are of no use to it."""
        self.columns, self.targets = pd.get_dummies(X).columns, y.columns
        self.scale = StandardScaler().fit(y)
        self.model = make_pipeline(StandardScaler(), self.make())
        self.model.fit(self._numbers(X), self.scale.transform(y))
        return self

    def predict_mean(self, X: Table) -> Table:
        """Predict."""
        values = self.scale.inverse_transform(self.model.predict(self._numbers(X)))
        return pd.DataFrame(values, index=X.index, columns=self.targets)

    def _numbers(self, X: Table) -> np.ndarray:
        return pd.get_dummies(X).reindex(columns=self.columns, fill_value=0).to_numpy(dtype=float)


PEERS: dict[str, Callable[[], object]] = {
    "LightGBM as it comes": lambda: MultiOutputRegressor(lightgbm.LGBMRegressor(verbosity=-1, n_jobs=1)),
    "sklearn forest as it comes": lambda: RandomForestRegressor(random_state=0),
    "sklearn MLP as it comes": lambda: MLPRegressor(random_state=0, max_iter=1000),
    "sklearn GP as it comes": lambda: GaussianProcessRegressor(alpha=1e-4, normalize_y=True),
}


def main() -> None:
    """Print one line a model."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--architectures", type=int, default=48)
    parser.add_argument("--backends", type=int, default=12)
    parser.add_argument("--predict", type=int, default=100_000, help="designs predicted at once")
    parser.add_argument("--budget", type=float, default=10.0, help="nominal seconds of one fit")
    chosen = parser.parse_args()
    data = results(chosen.architectures, chosen.backends, seed=1)
    X, y = data.drop(columns=TARGETS), data[TARGETS]
    splits = [unseen_backend_splits(X, ARCHITECTURE, BACKEND)[0], unseen_architecture_splits(X, ARCHITECTURE)[0]]
    many = X.sample(chosen.predict, replace=True, random_state=0).reset_index(drop=True)
    print(f"{len(X)} designs, {X.shape[1]} columns, {y.shape[1]} metrics; mean APE over the metrics")
    many_title = f"{chosen.predict} means s"
    print(f"{'model':28}{'fit s':>8}{'backend %':>11}{'architecture %':>16}{many_title:>18}{'with std s':>12}")
    for name, kind in SURROGATES.items():
        measure(name, lambda kind=kind: kind(0, chosen.budget), X, y, splits, many)
    for name, make in PEERS.items():
        measure(name, lambda make=make: Peer(make), X, y, splits, many)


def measure(name: str, make: Callable[[], object], X: Table, y: Table, splits: list[Split], many: Table) -> None:
    """Fit on both splits, predict many designs, print the line."""
    seconds, errors = [], []
    for split in splits:
        started = time.process_time()
        model = make().fit(X.iloc[split.train], y.iloc[split.train], split.groups)
        seconds.append(time.process_time() - started)
        errors.append(ape(model.predict_mean(X.iloc[split.test]), y.iloc[split.test]).mean())
    means = timed(model.predict_mean, many)
    both = f"{timed(model.predict, many):12.2f}" if hasattr(model, "predict") else f"{'-':>12}"
    print(f"{name:28}{np.mean(seconds):8.2f}{errors[0]:11.2f}{errors[1]:16.2f}{means:18.2f}{both}", flush=True)


def timed(call: Callable[[Table], object], table: Table) -> float:
    """Return the processor seconds of one call, which a busy machine does not stretch."""
    started = time.process_time()
    call(table)
    return time.process_time() - started


if __name__ == "__main__":
    main()
