"""The offline side of benchmarks/prime.py: logs, models trained on them alone, and what these choose.

Only `log_unit` and the measuring of choices afterwards touch the simulator. Logs come from seeds of their own.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from accel_core.errors import InvalidInputError
from accel_core.offline import OfflineModel, OfflineSettings, train_offline
from accel_core.platforms.edgetpu import rooflines
from accel_core.platforms.edgetpu.applications import CONTEXT, applications
from accel_core.platforms.edgetpu.architecture import PARAMETERS, values
from accel_core.platforms.edgetpu.area import area_mm2
from accel_core.platforms.edgetpu.logs import log
from accel_core.platforms.edgetpu.metrics import indices_of
from benchmarks.prime_online import runtimes_s
from benchmarks.prime_rows import Row
from benchmarks.prime_units import Folder, Unit, digest

LOG_SEEDS = 1000
"""The log of seed s is drawn with seed s and this."""

N_CHOICES = 10

Form = Literal["vector", "naive", "layers"]
"""Which model: PRIME's network, told of several applications by a vector each; the same by plain regression; or one
that is told applications layer by layer."""

OURS: Mapping[str, Form] = {"single": "vector", "multi": "vector", "zero": "layers"}
"""The model that a table is about."""


@dataclass(frozen=True)
class Plan:
    """How models are trained.

    Attributes:
        log_size: Logged designs of each application.
        single: Settings for one application.
        contextual: Settings for several, each described by a vector.
        layered: Settings for several, each described by its layers.
        grid: Changes of the settings, of which the one with the best rank correlation on held-out logs is taken.
    """

    log_size: int
    single: OfflineSettings
    contextual: OfflineSettings
    layered: OfflineSettings
    grid: tuple[Mapping[str, Any], ...] = ({},)

    def candidates(self, row: Row, form: Form) -> tuple[OfflineSettings, ...]:
        """Return the settings to choose among; the naive model is plain regression, without a choice."""
        settings = self.contextual if row.is_contextual else self.single
        if form == "naive":
            return (replace(settings, alpha=0.0, beta=0.0),)
        if form == "layers":
            settings = self.layered
        return tuple(replace(settings, **changes) for changes in self.grid)


def changes_of(text: str) -> dict[str, Any]:
    """Return settings given as ``alpha=0.1,steps=1500``.

    Raises:
        InvalidInputError: If a name is unknown, or a value of another type.
    """
    return {name: _typed(name, value) for name, value in _pairs(text)}


def grid_of(text: str) -> tuple[dict[str, Any], ...]:
    """Return all combinations of settings given as ``alpha=0.1/1,beta=0.1/1``; one without changes for no text.

    Raises:
        InvalidInputError: As `changes_of`.
    """
    lists = [[(name, _typed(name, value)) for value in listed.split("/")] for name, listed in _pairs(text)]
    return tuple(dict(chosen) for chosen in itertools.product(*lists))


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = [part.partition("=")[::2] for part in text.split(",") if part]
    return [(name.strip(), value.strip()) for name, value in pairs]


def _typed(name: str, value: str) -> Any:
    known: dict[str, type] = {name: type(default) for name, default in OfflineSettings().to_mapping().items()}
    if name not in known:
        raise InvalidInputError(f"setting '{name}' is unknown; allowed: {', '.join(known)}")
    try:
        return known[name](value)
    except ValueError:
        raise InvalidInputError(f"setting {name} is '{value}'; it must be a number") from None


def logs_of(names: Sequence[str], size: int, seed: int) -> pd.DataFrame:
    """Return the logs of applications as one table."""
    parts = [part for name in names for part in log(name, size, LOG_SEEDS + seed)]
    logs: pd.DataFrame = pa.concat_tables(parts).to_pandas()
    return logs


def log_unit(row: Row, plan: Plan, seed: int) -> Unit:
    """Return the count of a log, and its best design within the limit."""

    def make() -> dict[str, Any]:
        logs = logs_of(row.names, plan.log_size, seed)
        is_ok = logs["status"] == "ok"
        inside = logs["runtime_s"][is_ok & (logs["chip_area_mm2"] <= row.limit_mm2)]
        best = float(inside.min()) if len(inside) else None
        return {"logged": len(logs), "feasible": int(is_ok.sum()), "within": len(inside), "runtime_s": best}

    return Unit("log/best", f"{'+'.join(row.names)}@{row.limit_mm2:g}-{plan.log_size}-seed{seed}", make)


def training_unit(
    folder: Path, names: Sequence[str], size: int, settings: OfflineSettings, seed: int, by_layers: bool = False
) -> Unit:
    """Return the training of a model, which stays beside its result and goes on if it was interrupted.

    Args:
        folder: Where results are.
        names: Applications to learn from.
        size: Logged designs of each.
        settings: Of the model.
        seed: Of the log, and of the model.
        by_layers: Whether the model is told of applications layer by layer.
    """
    prefix = "layers-" if by_layers else ""
    name = f"{prefix}{'+'.join(names)}-{size}-{_digest(settings.to_mapping())}-seed{seed}"

    def make() -> dict[str, Any]:
        # A checkpoint of another version of the code must not be gone on with.
        path = folder / "models" / f"{name}-{digest('offline')}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        logs = logs_of(names, size, seed)
        context = layers_of(names) if by_layers else contexts_of(names) if len(names) > 1 else None
        parameters = dict(zip(PARAMETERS, (column.tolist() for column in values()), strict=True))
        known = rooflines.rooflines() if by_layers else None
        model = train_offline(
            logs,
            parameters,
            context,
            settings,
            seed,
            rooflines=known,
            area=area_mm2,
            watcher=_show,
            checkpoint=path,
        )
        last = model.curves.iloc[-1]
        return {
            "model": path.name,
            "logged": len(logs),
            "settings": settings.to_mapping(),
            **{key: _plain(last[key]) for key in ("held_out_error", "kendall", "kendall_top")},
            "seconds": time.monotonic() - started,
        }

    return Unit("offline/training", name, make)


def choice_unit(folder: Folder, row: Row, plan: Plan, seed: int, form: Form) -> Unit:
    """Return what the model of a row chooses, without the simulator, and how its choices then do."""
    candidates, by_layers = plan.candidates(row, form), form == "layers"
    names = f"{'+'.join(row.names)}@{row.limit_mm2:g}" + (f"-for-{'+'.join(row.tests)}" if row.table == "zero" else "")
    name = f"{names}-{plan.log_size}-{_digest([settings.to_mapping() for settings in candidates])}-seed{seed}"

    def make() -> dict[str, Any]:
        def train(settings: OfflineSettings) -> dict[str, Any]:
            return folder.get(training_unit(folder.path, row.names, plan.log_size, settings, seed, by_layers))

        best = max(map(train, candidates), key=lambda made: made["kendall_top"] or -math.inf)
        started = time.monotonic()
        model = OfflineModel.load(folder.path / "models" / best["model"])
        asked = applications_of(row, by_layers)
        designs = model.optimize(row.limit_mm2, N_CHOICES, seed, area_mm2, asked)
        seconds = time.monotonic() - started
        runtimes = runtimes_s(indices_of(designs), row.tests).mean(axis=0)
        return {
            "trained": best,
            "designs": designs[list(PARAMETERS)].astype(int).to_dict("records"),
            "predicted_s": designs["predicted_s"].tolist(),
            "runtime_s": [_plain(runtime) for runtime in runtimes],
            "chip_area_mm2": designs["chip_area_mm2"].tolist(),
            "seconds": seconds,
        }

    kind = row.table if form == "vector" else form
    return Unit(f"offline/{kind}", name, make)


def applications_of(row: Row, by_layers: bool) -> tuple[Any, ...]:
    """Return what the model is asked for: nothing if it knows one, names that it learned, or what describes others."""
    if row.table == "zero":
        return tuple((layers_of if by_layers else contexts_of)(row.tests).values())
    return row.tests if row.is_contextual else ()


def contexts_of(names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the context of each application by name."""
    return {name: dict(zip(CONTEXT, applications()[name].context.tolist(), strict=True)) for name in names}


def layers_of(names: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the layers of each application by name."""
    return {name: rooflines.layers_of(applications()[name]) for name in names}


def _plain(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]


def _show(progress: Mapping[str, float]) -> None:
    if not sys.stderr.isatty():
        return
    shown = f"  step {progress['step']:.0f}, Kendall {progress['kendall_top']:.3f}"
    print(shown, end="\r", file=sys.stderr, flush=True)
