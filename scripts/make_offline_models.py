"""Train the models that ship for the page Offline: data/models/offline/<application>.npz has never seen that one.

    python scripts/make_offline_models.py [APPLICATION ...] [--steps 4000] [--seed 0] [--folder data/models/offline]

Each is a contextual model of the shipped logs (data/logs/edgetpu.parquet) of the other eight applications. A stopped
training goes on where it was, from a checkpoint in --runs; a model that is there with the same settings and seed is
kept.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accel_core.errors import AccelError, InvalidInputError
from accel_core.offline import OfflineModel, OfflineSettings, train_offline
from accel_core.paths import data_path, runs_path
from accel_core.platforms.edgetpu.applications import CONTEXT, applications
from accel_core.platforms.edgetpu.architecture import PARAMETERS, SPACE
from accel_core.platforms.edgetpu.area import area_mm2
from accel_core.tables import read_table

STEPS = 4000


def main(words: list[str] | None = None) -> int:
    """Train what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("applications", nargs="*", metavar="APPLICATION", help="to leave out; all nine if none given")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=data_path() / "models" / "offline")
    parser.add_argument("--runs", type=Path, default=runs_path() / "offline_models", help="folder of checkpoints")
    asked = parser.parse_args(words)
    try:
        if unknown := [name for name in asked.applications if name not in applications()]:
            raise InvalidInputError(f"application '{unknown[0]}' is unknown; allowed: {', '.join(applications())}")
        settings = OfflineSettings(steps=asked.steps)
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
    """Train a model of all applications but one, unless it is there with the same settings and seed.

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
    if (known := _known(path)) is not None and known.settings == settings and known.seed == seed and known.is_complete:
        print(f"{hidden:18} is there")
        return known
    context = {name: dict(zip(CONTEXT, map(float, entry.context), strict=True))
               for name, entry in applications().items() if name != hidden}  # fmt: skip
    parameters = {name: [int(value) for value in SPACE.parameter(name).values] for name in PARAMETERS}
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    rows = logs[logs["application"] != hidden]
    model = train_offline(rows, parameters, context, settings, seed, area=area_mm2, checkpoint=partial)
    model.save(path)
    partial.unlink(missing_ok=True)
    last = model.curves.iloc[-1]
    print(
        f"{hidden:18} {int(last['step']):,} steps in {time.monotonic() - began:.0f} s; rank correlation"
        f" {last['kendall']:.3f} on held-out designs of the others",
        flush=True,
    )
    return model


def _known(path: Path) -> OfflineModel | None:
    """Return the model that is there; None if there is none, or one of an earlier kind."""
    try:
        return OfflineModel.load(path)
    except AccelError:
        return None


if __name__ == "__main__":
    sys.exit(main())
