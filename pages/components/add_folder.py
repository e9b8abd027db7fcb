"""The person's folder of own accelerators: examples to try, what is there, and removal that can be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from accel_core.errors import AccelError
from accel_core.platforms import PLATFORMS
from accel_core.platforms.from_files import own_folder
from pages.components.session import service
from pages.components.style import card, change_page

PROBLEM, ADDED, REMOVED = "add-problem", "add-added", "add-removed"


def switch_if_added() -> None:
    """Go to the first page of a platform that was just added; the side bar shows it by now."""
    if st.session_state.pop(ADDED, False):
        change_page("pages/start.py")


def added(name: str) -> None:
    """Make a platform the current one, and note that the page is to be left; for callbacks of widgets."""
    st.session_state["platform"] = name
    st.session_state[ADDED] = True


def say_problem() -> None:
    """Say what went wrong with the last click, as text."""
    if problem := st.session_state.pop(PROBLEM, None):
        with card("add-problem"):
            st.text(f"⚠ {problem}")


def example_buttons() -> None:
    """Offer the examples that ship."""
    st.caption("Copies it into your folder, to explore and to change.")
    for name in own_folder.examples():
        st.button(name.replace("_", " "), key=f"add-example-{name}", on_click=_do, args=(_example, name),
                  disabled=name in PLATFORMS, width="stretch")  # fmt: skip


def own_list(problems: Mapping[str, str]) -> None:
    """Show the person's own platforms, each with a way to remove it, and what is wrong with files there."""
    removed = st.session_state.get(REMOVED)
    names = own_folder.own_names()
    if not (names or problems or removed):
        return
    with card("add-own"):
        st.subheader("Your accelerators", anchor=False)
        for name in names:
            words, action = st.columns([3, 2], vertical_alignment="center")
            words.text(PLATFORMS[name].title)
            with action.popover("Remove", width="stretch"):
                st.text(f"Put {name} away? Its results stay stored.")
                st.button(f"Remove {name}", type="primary", key=f"add-remove-{name}", on_click=_do,
                          args=(_remove, name))  # fmt: skip
        if removed in own_folder.removed_names():
            st.button(f"↶ Bring {removed} back", key="add-undo", on_click=_do, args=(_undo, removed))
        for place, problem in problems.items():
            st.text(f"⚠ {place}: {problem}" if place not in problem else f"⚠ {problem}")


def _do(action: Callable[[str], None], name: str) -> None:
    try:
        action(name)
    except AccelError as error:
        st.session_state[PROBLEM] = str(error)


def _example(name: str) -> None:
    platform = own_folder.add_example(name)
    if platform.measured is not None:
        service().store.take_in_measured(platform)
    added(platform.name)


def _remove(name: str) -> None:
    own_folder.remove(name)
    st.session_state[REMOVED] = name
    if st.session_state.get("platform") == name:
        st.session_state["platform"] = next(iter(PLATFORMS))


def _undo(name: str) -> None:
    own_folder.bring_back(name)
    st.session_state.pop(REMOVED, None)
