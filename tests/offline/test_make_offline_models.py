"""The script of the models that ship for the page Offline."""

from pathlib import Path

import pytest

from scripts import make_offline_models


def test_an_unknown_application_is_refused_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["m4", "m7", "--folder", str(tmp_path / "models"), "--runs", str(tmp_path / "runs")]
    assert make_offline_models.main(words) == 1
    assert "application 'm7' is unknown; allowed: mobilenet_edgetpu, " in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
