"""Results of somebody's file into the database: what came in, what was there already, and what is wrong where."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from accel_core.errors import AccelError, ConflictError, InvalidInputError
from accel_core.store import Imported, Keep
from pages.components.plain import plain
from pages.components.session import service

MAX_BYTES = 50_000_000
KINDS = ["csv", "parquet"]

_DONE = "result-upload-done"
_CONFLICT = "result-upload-conflict"
_WORDS: dict[Keep, str] = {"stored": "Keep what is stored", "file": "Take the file's"}


def upload_expander() -> None:
    """Offer to take in a file of results; one that differs from what is stored asks which to keep."""
    with st.expander("Results from a file"):
        st.caption(
            "A table with a row a result, as *Save results* and `export` write it, or one of your own: a column "
            "`platform`, the parameters, and metrics in SI units."
        )
        upload = st.file_uploader("Table", type=KINDS, key="result-upload", label_visibility="collapsed")
        if upload is None:
            st.session_state.pop(_CONFLICT, None)
            return
        keep = None
        if st.session_state.get(_CONFLICT) == upload.file_id:
            keep = st.segmented_control(
                "Where a result is stored with other values", list(_WORDS), format_func=_WORDS.__getitem__,
                key="result-upload-keep",
            )  # fmt: skip
        if st.button("Import", type="primary", key="result-upload-import", width="stretch"):
            _take_in(upload.name, upload.file_id, upload.getvalue(), keep)
        _say(upload.file_id)


def read_upload(name: str, content: bytes, keep: Keep | None = None) -> Imported:
    """Store the results of an uploaded file, all or none.

    Raises:
        ConflictError: If a result is stored with other values, and ``keep`` is None.
        AccelError: If it is too large, or wrong; it names the file, row, column and value.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInputError(f"{name}: {len(content):,} bytes; at most {MAX_BYTES:,} are allowed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{Path(name).suffix}"
        path.write_bytes(content)
        try:
            return service().store.import_table(path, keep=keep, place=name)
        except AccelError as error:
            raise type(error)(str(error).replace(str(path), name)) from error


def _take_in(name: str, file_id: str, content: bytes, keep: Keep | None) -> None:
    """Import, and draw the page anew with what is known then."""
    try:
        with st.spinner("Importing …"):
            imported = read_upload(name, content, keep)
    except ConflictError as error:
        st.session_state[_CONFLICT] = file_id
        st.session_state[_DONE] = (file_id, False, str(error))
    except AccelError as error:
        st.session_state[_DONE] = (file_id, False, str(error))
    else:
        st.session_state.pop(_CONFLICT, None)
        st.session_state[_DONE] = (file_id, True, f"{imported.said_of(name)}.")
    st.rerun()


def _say(file_id: str) -> None:
    of, is_fine, words = st.session_state.get(_DONE, ("", True, ""))
    if of == file_id:
        (st.success if is_fine else st.error)(plain(words))
