"""What every optimizer is: asked for designs, told results, the same designs for the same seed and history."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.errors import InvalidInputError
from accel_core.objectives import Goal, directions_of, minimized, violations
from accel_core.optimizers.candidates import draw_unseen, fingerprints
from accel_core.settings import Setting, SettingValue
from accel_core.space import DesignSpace, sample

FloatArray = npt.NDArray[np.float64]

STATUSES = ("ok", "infeasible", "failed", "timeout")
MAX_ASK = 100_000


class Optimizer(abc.ABC):
    """A search over a design space.

    Random numbers of an `ask` follow from the seed and from how many designs are known by then. A new optimizer that
    is told an earlier one's results, in their order, therefore goes on exactly as the earlier one would have.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    n_start: ClassVar[int] = 0
    """How many designs spread evenly over the space (Latin hypercube) come before any learning."""
    options: ClassVar[Mapping[str, Setting]] = {}
    """What may be set from outside by name; keyword arguments of the same names take them."""

    def __init__(
        self, space: DesignSpace, goals: Sequence[Goal], seed: int = 0, *, metrics: Sequence[str] = ()
    ) -> None:
        """Set up a search that knows nothing yet.

        Args:
            space: Where to search.
            goals: Objectives and bounds.
            seed: Of all randomness.
            metrics: What else it wants to be told.

        Raises:
            InvalidInputError: If no goal is an objective, or the seed is negative.
        """
        if not directions_of(goals):
            raise InvalidInputError(f"optimizer '{self.name}': no goal is an objective; allowed: at least one")
        if seed < 0:
            raise InvalidInputError(f"optimizer '{self.name}': seed is {seed}; allowed: 0 or more")
        self.space = space
        self.goals = tuple(goals)
        self.seed = seed
        self._metrics = tuple(dict.fromkeys([*(goal.metric for goal in goals), *metrics]))
        self._told = pd.DataFrame(columns=list(dict.fromkeys([*space.names, *self._metrics, "status"])))
        self._keys: npt.NDArray[np.uint64] = np.empty(0, dtype=np.uint64)
        self._pending: dict[int, None] = {}
        self._start: pd.DataFrame | None = None

    @classmethod
    def n_scaling_under(cls, options: Mapping[str, SettingValue]) -> int:
        """Return what `n_scaling` will be under options, at most; a small space has fewer."""
        return 0

    @property
    def n_scaling(self) -> int:
        """How many designs come first that only set a scale; a budget counts them apart."""
        return 0

    @property
    def told(self) -> pd.DataFrame:
        """All results so far: parameters, the goals' metrics and status, one row a design, in order of telling."""
        return self._told

    def ask(self, n: int = 1) -> pd.DataFrame:
        """Return up to ``n`` valid designs that were neither asked nor told before.

        Fewer come back, and in the end none, when no such design is left or found.

        Raises:
            InvalidInputError: If ``n`` is not between 1 and `MAX_ASK`.
        """
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or not 1 <= n <= MAX_ASK:
            raise InvalidInputError(f"optimizer '{self.name}': asked for {n} designs; allowed: 1 to {MAX_ASK}")
        rng = np.random.default_rng([self.seed, len(self._told), len(self._pending)])
        designs = self._unseen(self._starting(int(n)))
        if len(designs) < n:
            proposed = self._propose(int(n) - len(designs), rng, designs)
            designs = self._unseen(pd.concat([designs, proposed], ignore_index=True))
        designs = designs.iloc[:n]
        if len(designs) < n:
            known = np.concatenate([self._known(), fingerprints(self.space, designs)])
            fill = draw_unseen(self.space, int(n) - len(designs), known, rng)
            designs = pd.concat([designs, fill], ignore_index=True)
        designs = self.space.coerce(designs).reset_index(drop=True)
        self._pending |= dict.fromkeys(int(key) for key in fingerprints(self.space, designs))
        return designs

    def tell(self, results: pd.DataFrame) -> None:
        """Learn results of designs, asked for or not; a design told again replaces its earlier result.

        A row whose status is not ``ok`` counts as breaking the bounds; whatever metrics it has are not used.

        Args:
            results: Parameters, ``status``, and the metric of each goal and whatever else the search wants; the metrics
                may be missing where no row is ok.

        Raises:
            InvalidInputError: If a column is missing, a status unknown, or a metric of an ok row not finite.
            InvalidDesignError: If a row lies outside the space.
        """
        rows = self._checked(results)
        keys = fingerprints(self.space, rows)
        for key in keys:
            self._pending.pop(int(key), None)
        told = pd.concat([self._told, rows], ignore_index=True) if len(self._told) else rows
        all_keys = np.concatenate([self._keys, keys])
        kept = np.flatnonzero(~pd.Series(all_keys).duplicated(keep="last").to_numpy())
        self._told = told.iloc[kept].reset_index(drop=True)
        self._keys = all_keys[kept]
        self._learn(rows)

    @abc.abstractmethod
    def _propose(self, n: int, rng: np.random.Generator, chosen: pd.DataFrame) -> pd.DataFrame:
        """Return designs for this `ask` besides those ``chosen`` already, best first.

        Any that are invalid or known are dropped, and missing ones drawn at random.
        """

    def _learn(self, rows: pd.DataFrame) -> None:  # noqa: B027
        """Take notice of newly told rows; most optimizers look at `told` when asked instead."""

    def _known(self) -> npt.NDArray[np.uint64]:
        """Return the fingerprints of all designs asked or told."""
        return np.concatenate([self._keys, np.array(list(self._pending), dtype=np.uint64)])

    def _unseen(self, designs: pd.DataFrame) -> pd.DataFrame:
        """Return the valid, new and different ones of some designs."""
        designs = designs[list(self.space.names)]
        designs = designs[self.space.is_valid(designs)]
        keys = fingerprints(self.space, designs)
        is_new = ~np.isin(keys, self._known()) & ~pd.Series(keys).duplicated().to_numpy()
        return designs[is_new].reset_index(drop=True)

    def values(self) -> FloatArray:
        """Return the told objectives, to be minimized, shape ``(n_told, n_objectives)``; NaN where not ok."""
        values = minimized(self._told, self.goals)
        values[(self._told["status"] != "ok").to_numpy()] = np.nan
        return values

    def violation(self) -> FloatArray:
        """Return each told row's total relative excess over its limits; infinite where not ok, 0 if all are kept."""
        total = np.maximum(violations(self._told, self.goals), 0.0).sum(axis=1)
        return np.where((self._told["status"] == "ok").to_numpy(), total, np.inf)

    def _starting(self, n: int) -> pd.DataFrame:
        """Return the next of the evenly spread designs, as long as too few designs are known."""
        done = self._n_begun()
        if done >= self.n_start:
            return pd.DataFrame(columns=list(self.space.names))
        if self._start is None:
            size = self.space.size
            count = self.n_start if size is None else min(self.n_start, size)
            try:
                self._start = sample(self.space, count, "lhs", self.seed).designs
            except InvalidInputError:
                # A space with a handful of valid designs: they are found one by one.
                self._start = pd.DataFrame(columns=list(self.space.names))
        return self._start.iloc[done : min(self.n_start, done + n)]

    def _n_begun(self) -> int:
        """Return how many designs, asked or told, count towards the start."""
        return len(self._told) + len(self._pending)

    def _checked(self, results: pd.DataFrame) -> pd.DataFrame:
        place = f"optimizer '{self.name}', results"
        for column in (*self.space.names, "status"):
            if column not in results:
                raise InvalidInputError(f"{place}: column '{column}' is missing; found: {_columns(results)}")
        status = results["status"].astype("str")
        if not status.isin(STATUSES).all():
            wrong = int(np.argmin(status.isin(STATUSES).to_numpy()))
            raise InvalidInputError(
                f"{place}, row {wrong + 1}: status is '{status.iloc[wrong]}'; allowed: {', '.join(STATUSES)}"
            )
        is_ok = (status == "ok").to_numpy()
        designs = self.space.coerce(results).reset_index(drop=True)
        self.space.check(designs)
        designs["status"] = status.to_numpy()
        for metric in self._metrics:
            if metric not in results and is_ok.any():
                raise InvalidInputError(f"{place}: metric '{metric}' is missing; found: {_columns(results)}")
            numbers = _numbers(results, metric)
            if (wrong_rows := is_ok & ~np.isfinite(numbers)).any():
                row = int(np.argmax(wrong_rows))
                raise InvalidInputError(
                    f"{place}, row {row + 1}: {metric} is {results[metric].iloc[row]} with status ok; "
                    "allowed: a finite number, or another status"
                )
            if metric not in self.space.names:
                designs[metric] = np.where(is_ok, numbers, np.nan)
        return designs[list(self._told.columns)]


def _numbers(results: pd.DataFrame, metric: str) -> FloatArray:
    if metric not in results:
        return np.full(len(results), np.nan)
    return pd.to_numeric(results[metric], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _columns(table: pd.DataFrame) -> str:
    return ", ".join(map(str, table.columns)) or "none"
