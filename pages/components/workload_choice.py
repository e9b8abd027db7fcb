"""Where a workload is chosen: those of the platform, networks brought before, and an uploader for another one."""

from __future__ import annotations

import streamlit as st

from accel_core.errors import AccelError, InvalidInputError
from accel_core.evaluators import workload_of
from accel_core.platforms import Platform
from accel_core.workloads import SUFFIXES, Workload, is_own, own_workload, parse_network
from pages.components.plain import plain
from pages.components.session import service

MAX_UPLOAD_BYTES = 50_000_000


def choices(platform: Platform) -> list[str]:
    """Return the names of what a platform can run: its own workloads, then networks that were brought, newest first."""
    brought = service().store.workload_names() if platform.runs is not None else []
    return [*platform.workloads, *brought]


def workload_named(platform: Platform, name: str) -> Workload:
    """Return a workload by the name that results call it; one of which only that is known has no layers."""
    if name in platform.workloads:
        return platform.workloads[name]
    return own_network(name) or Workload(name, name, "results that were brought")


def own_network(name: str) -> Workload | None:
    """Return a network that was brought, by its name; None if the name is a platform's, or nothing else is known."""
    return service().store.workload(name) if is_own(name) else None


def title_of(platform: Platform, name: str) -> str:
    """Return a workload's title; of one that was brought its name, which tells it from others of that title."""
    return platform.workloads[name].title if name in platform.workloads else name


def own_network_uploader(platform: Platform, key: str) -> None:
    """Take a network of one's own, which the select box of that key then shows; not where no operators are run."""
    if platform.runs is None:
        return
    st.file_uploader(
        "Your own network", type=list(SUFFIXES), key=f"{key}-file", on_change=_take, args=(platform, key),
        help="An ONNX model, a table of layers, a topology of SCALE-Sim or a problem of Timeloop; at most"
        f" {MAX_UPLOAD_BYTES // 1_000_000} MB.",
    )  # fmt: skip
    st.text_input(
        "Sizes that it leaves free", key=f"{key}-sizes", placeholder="height=224, width=224", on_change=_take,
        args=(platform, key), help="Of an ONNX model whose inputs have sizes without numbers; a free batch is 1.",
    )  # fmt: skip
    if problem := st.session_state.get(f"{key}-problem"):
        st.error(plain(problem))
    for line in st.session_state.get(f"{key}-said", ()):
        st.text(line)


def _take(platform: Platform, key: str) -> None:
    """Read and remember what was uploaded, and choose it."""
    st.session_state.pop(f"{key}-problem", None)
    st.session_state.pop(f"{key}-said", None)
    upload = st.session_state.get(f"{key}-file")
    if upload is None:
        return
    try:
        workload, said = read_upload(platform, upload.name, upload.getvalue(), st.session_state.get(f"{key}-sizes", ""))
        service().store.save_workload(workload)
    except AccelError as error:
        st.session_state[f"{key}-problem"] = str(error)
        return
    st.session_state[f"{key}-said"] = said
    st.session_state[key] = workload.name


def read_upload(platform: Platform, name: str, content: bytes, sizes: str) -> tuple[Workload, list[str]]:
    """Return the network of an uploaded file, and lines about what was found in it and left out.

    Raises:
        InvalidInputError: Naming the file, or the size.
    """
    if len(content) > MAX_UPLOAD_BYTES:
        raise InvalidInputError(f"{name}: {len(content):,} bytes; at most {MAX_UPLOAD_BYTES:,} are allowed")
    network = parse_network(content, name, _sizes(sizes))
    workload = workload_of(platform, own_workload(network, name))
    assert platform.runs is not None, "only who runs operators is offered the uploader"
    return workload, network.report(platform.runs)


def _sizes(text: str) -> dict[str, int]:
    sizes = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = word.rpartition("=")
        if not name or not (value.strip().isascii() and value.strip().isdigit() and len(value) < 12):
            raise InvalidInputError(f"sizes: '{word:.40}'; write NAME=N, N an integer from 1")
        sizes[name.strip()] = int(value)
    return sizes
