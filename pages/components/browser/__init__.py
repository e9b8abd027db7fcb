"""Components of ours in the browser: files of a folder, put together with what all of them need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent


def component(folder: Path, scripts: Sequence[str]) -> Any:
    """Return what mounts a component: ``NAME.html`` and ``NAME.css`` of a folder called NAME, and scripts in order.

    The element of class ``component`` in the HTML gets theme and looks. The last script exports a function that calls
    ``mount`` of ``mount.js`` with the component's class, which has ``el``, ``update`` and ``dispose``.
    """
    name = folder.name
    # Streamlit takes one module as one string; the files share its scope.
    parts = [_HERE / "mount.js", *(folder / f"{script}.js" for script in scripts)]
    return st.components.v2.component(
        f"accelscope_{name}",
        html=_read(folder / f"{name}.html"),
        css=_read(_HERE / "base.css") + _read(folder / f"{name}.css"),
        js="\n".join(map(_read, parts)),
    )


def nothing() -> None:
    """Do nothing: a component's state needs a callback to have a default."""


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
