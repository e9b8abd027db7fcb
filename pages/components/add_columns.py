"""The table of a table's columns: what each is taken for, to be corrected."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from accel_core.platforms.from_files.guessing import ROLES, ColumnGuess
from pages.components.add_table import Uploaded

_BETTER = {"min": "less", "max": "more", None: "–"}
_WORSE = {words: better for better, words in _BETTER.items()}
_LOCKED = ["column", "values"]


def edit_columns(given: Uploaded) -> list[ColumnGuess]:
    """Show the guesses as a table, and return them as corrected."""
    shown = pd.DataFrame(
        {
            "column": [entry.column for entry in given.guesses],
            "values": [entry.values for entry in given.guesses],
            "role": [entry.role for entry in given.guesses],
            "name": [entry.name for entry in given.guesses],
            "unit": [entry.unit for entry in given.guesses],
            "better": [_BETTER[entry.better] for entry in given.guesses],
        }
    )
    edited = st.data_editor(
        shown, hide_index=True, width="stretch", height=min(460, 40 + 35 * len(shown)), disabled=_LOCKED,
        key=f"add-columns-{given.digest}",
        column_config={
            "column": st.column_config.TextColumn("Column"),
            "values": st.column_config.TextColumn("Values", width=150),
            "role": st.column_config.SelectboxColumn("Is a", options=list(ROLES), required=True),
            "name": st.column_config.TextColumn("Name", max_chars=64, validate=r"^[A-Za-z][A-Za-z0-9_]*$"),
            "unit": st.column_config.TextColumn("Unit", max_chars=12, help="Of the numbers in the file."),
            "better": st.column_config.SelectboxColumn("Better", options=list(_WORSE), required=True),
        },
    )  # fmt: skip
    st.caption("Double-click a cell to correct it. Common names such as power_w get common units; others keep theirs.")
    return [
        replace(guess, role=row.role, name=row.name or "", unit=row.unit or "", better=_WORSE[row.better])
        for guess, row in zip(given.guesses, edited.itertuples(index=False), strict=True)
    ]
