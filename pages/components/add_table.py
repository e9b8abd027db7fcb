"""The table that a person uploads to make a platform of, and what it shall be called."""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from accel_core.errors import InvalidInputError
from accel_core.platforms import PLATFORMS
from accel_core.platforms.from_files.guessing import ColumnGuess, guess_columns
from accel_core.tables import read_table
from accel_core.tables.kinds import suffix_of

MAX_BYTES = 50_000_000
MAX_ROWS = 500_000
MAX_COLUMNS = 300


@dataclass(frozen=True, eq=False)
class Uploaded:
    """A table that a person uploaded.

    Attributes:
        name: What the platform shall be called.
        title: Its title; empty takes the name.
        content: The file.
        suffix: Such as ``.csv``.
        digest: Of the file.
        table: What it says.
        guesses: What its columns are taken for.
    """

    name: str
    title: str
    content: bytes
    suffix: str
    digest: str
    table: pd.DataFrame
    guesses: list[ColumnGuess]

    @property
    def file(self) -> str:
        """Name of the table beside the platform's YAML."""
        return f"results{self.suffix}"


def choose_table() -> Uploaded | None:
    """Show the fields; return the table, or None while there is none that can be read."""
    upload = st.file_uploader("Table of results", type=["csv", "tsv", "gz", "parquet"], key="add-upload",
                              help="CSV or Parquet, one row a design, at most 50 MB.")  # fmt: skip
    if upload is None:
        return None
    proposed = unused_name(upload.name.partition(".")[0])
    name = st.text_input("Name", proposed, max_chars=40, key=f"add-name-{upload.name}",
                         help="Letters, digits, _ and -; it names the folder.")  # fmt: skip
    title = st.text_input("Title", "", max_chars=80, key=f"add-title-{upload.name}", placeholder="as the name")
    content = upload.getvalue()
    try:
        suffix = suffix_of(upload.name)
        table, guesses = understood(upload.name, content)
    except InvalidInputError as error:
        st.text(f"⚠ {error}")
        return None
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    return Uploaded(name.strip(), title.strip(), content, suffix, digest, table, guesses)


@st.cache_resource(show_spinner="Reading the table …", max_entries=4)
def understood(name: str, content: bytes) -> tuple[pd.DataFrame, list[ColumnGuess]]:
    """Return an uploaded table and what its columns are taken for.

    Raises:
        InvalidInputError: If it is too large or cannot be read.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInputError(f"{name}: {len(content):,} bytes; at most {MAX_BYTES:,} are allowed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{suffix_of(name)}"
        path.write_bytes(content)
        try:
            table = read_table(path, MAX_BYTES)
            if len(table) > MAX_ROWS or len(table.columns) > MAX_COLUMNS:
                raise InvalidInputError(
                    f"{len(table):,} rows and {len(table.columns)} columns; at most {MAX_ROWS:,} and {MAX_COLUMNS}"
                )
            return table, guess_columns(table)
        except InvalidInputError as error:
            raise InvalidInputError(f"{name}: {str(error).removeprefix(f'{path}: ')}") from None


def unused_name(text: str) -> str:
    """Return a name for a platform made of any text, which no platform has."""
    stem = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()[:36] or "mine"
    stem = stem if stem[0].isalpha() else f"x_{stem}"
    number, name = 2, stem
    while name in PLATFORMS:
        name, number = f"{stem}_{number}", number + 1
    return name
