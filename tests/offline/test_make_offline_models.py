"""The script of the models that ship for the page Offline."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from accel_core.offline import LAYERED, OfflineModel
from accel_core.offline.contexts import LayerContexts, VectorContexts
from accel_core.paths import data_path
from accel_core.platforms.edgetpu.applications import CONTEXT, applications
from accel_core.platforms.edgetpu.rooflines import rooflines
from scripts import make_offline_models

SHIPPED = data_path() / "models" / "offline"


class Trainings(list[dict[str, Any]]):
    """Stands for `train_offline`: notes what it is asked for and returns the shipped model."""

    def __call__(self, rows: Any, parameters: Any, layers: Any, settings: Any, seed: int, **options: Any) -> Any:
        self.append({"seen": set(rows["application"]), "told": set(layers), "settings": settings, **options})
        return OfflineModel.load(SHIPPED / "m4.npz")


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> Trainings:
    found = Trainings()
    monkeypatch.setattr(make_offline_models, "train_offline", found)
    return found


def test_an_unknown_application_is_refused_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["m4", "m7", "--folder", str(tmp_path / "models"), "--runs", str(tmp_path / "runs")]
    assert make_offline_models.main(words) == 1
    assert "application 'm7' is unknown; allowed: mobilenet_edgetpu, " in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_model_of_the_same_layers_settings_and_seed_is_kept(
    tmp_path: Path, trainings: Trainings, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(SHIPPED / "m4.npz", tmp_path)
    words = ["m4", "--folder", str(tmp_path), "--runs", str(tmp_path / "runs")]
    assert make_offline_models.main(words) == 0
    assert capsys.readouterr().out.startswith("m4                 is there\n1 models, 0.1 MB")
    assert not trainings
    assert make_offline_models.main([*words, "--seed", "1"]) == 0
    assert make_offline_models.main([*words, "--steps", "7"]) == 0
    assert [entry["settings"].steps for entry in trainings] == [LAYERED.steps, 7]
    shutil.copy(SHIPPED / "m5.npz", tmp_path / "m4.npz")
    assert make_offline_models.main(words) == 0
    others = set(applications()) - {"m4"}
    assert (trainings[2]["seen"], trainings[2]["told"]) == (others, others)
    assert trainings[2]["rooflines"] == rooflines()


def test_a_model_that_was_told_a_vector_is_not_there(tmp_path: Path, trainings: Trainings) -> None:
    model = OfflineModel.load(SHIPPED / "m4.npz")
    vectors = {
        name: dict(zip(CONTEXT, map(float, applications()[name].context), strict=True)) for name in model.contexts.names
    }
    contexts = VectorContexts.of(vectors, model.contexts.names)
    network = contexts.network(model.encoding, model.scale, model.settings, 0)
    path = tmp_path / "m4.npz"
    replace(model, contexts=contexts, network=network).save(path)
    assert OfflineModel.load(path).is_complete
    assert make_offline_models.main(["m4", "--folder", str(tmp_path), "--runs", str(tmp_path / "runs")]) == 0
    assert len(trainings) == 1
    assert isinstance(OfflineModel.load(path).contexts, LayerContexts)
