"""Train the models that ship for the page Offline: data/models/offline/<application>.npz has never seen that one.

    python scripts/make_offline_models.py [APPLICATION ...] [--steps 1000] [--seed 0] [--folder data/models/offline]

Each learns from the shipped logs (data/logs/edgetpu.parquet) of the other eight applications and from their layers, in
about a minute on one core. A stopped training goes on where it was, from a checkpoint in --runs; a model that is there
with the same layers, settings and seed is kept.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.errors import AccelError, InvalidInputError
from accel_core.offline import LAYERED, OfflineModel, OfflineSettings, train_offline
from accel_core.offline.contexts import LayerContexts
from accel_core.paths import data_path, runs_path
from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.architecture import PARAMETERS, SPACE
from accel_core.platforms.edgetpu.area import area_mm2
from accel_core.platforms.edgetpu.rooflines import layers_of, rooflines
from accel_core.tables import read_table


def main(words: list[str] | None = None) -> int:
    """Train what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("applications", nargs="*", metavar="APPLICATION", help="to leave out; all nine if none given")
    parser.add_argument("--steps", type=int, default=LAYERED.steps)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=data_path() / "models" / "offline")
    parser.add_argument("--runs", type=Path, default=runs_path() / "offline_models", help="folder of checkpoints")
    asked = parser.parse_args(words)
    try:
        if unknown := [name for name in asked.applications if name not in applications()]:
            raise InvalidInputError(f"application '{unknown[0]}' is unknown; allowed: {', '.join(applications())}")
        settings = replace(LAYERED, steps=asked.steps)
        logs = read_table(data_path() / "logs" / "edgetpu.parquet")
        for name in asked.applications or list(applications()):
            make(name, logs, settings, asked.seed, (asked.folder, asked.runs))
    except AccelError as error:
        print(error, file=sys.stderr)
        return 1
    sizes = [path.stat().st_size for path in asked.folder.glob("*.npz")]
    print(f"{len(sizes)} models, {sum(sizes) / 1e6:.1f} MB")
    return 0


def make(
    hidden: str, logs: pd.DataFrame, settings: OfflineSettings, seed: int, folders: tuple[Path, Path]
) -> OfflineModel:
    """Train a model of all applications but one, unless it is there with the same layers, settings and seed.

    Args:
        hidden: The application to leave out.
        logs: Logged designs of all.
        settings: Of the model.
        seed: Of the training.
        folders: Where the model goes, and where its checkpoint.

    Raises:
        InvalidInputError: If a file cannot be written, or the checkpoint is of another training.
    """
    path, partial = (folder / f"{hidden}.npz" for folder in folders)
    layers = {name: layers_of(entry) for name, entry in applications().items() if name != hidden}
    if (known := _known(path, layers)) is not None and (known.settings, known.seed) == (settings, seed):
        print(f"{hidden:18} is there")
        return known
    parameters = {name: [int(value) for value in SPACE.parameter(name).values] for name in PARAMETERS}
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    rows = logs[logs["application"] != hidden]
    model = train_offline(
        rows, parameters, layers, settings, seed, rooflines=rooflines(), area=area_mm2, checkpoint=partial
    )
    model.save(path)
    partial.unlink(missing_ok=True)
    last = model.curves.iloc[-1]
    print(
        f"{hidden:18} {int(last['step']):,} steps in {time.monotonic() - began:.0f} s; rank correlation"
        f" {last['kendall']:.3f} on held-out designs of the others",
        flush=True,
    )
    return model


def _known(path: Path, layers: Mapping[str, pd.DataFrame]) -> OfflineModel | None:
    """Return the complete model that is there and was told these layers; None if there is none, or one of another kind.

    Args:
        path: Its file.
        layers: Of each application that it must have learned from.
    """
    try:
        model = OfflineModel.load(path)
    except AccelError:
        return None
    known = model.contexts
    wanted = LayerContexts.of(layers, tuple(sorted(layers)), rooflines())
    is_same = isinstance(known, LayerContexts) and (known.names, known.rooflines) == (wanted.names, wanted.rooflines)
    if not (is_same and model.is_complete):
        return None
    return model if all(map(np.array_equal, known.content, wanted.content)) else None


if __name__ == "__main__":
    sys.exit(main())
