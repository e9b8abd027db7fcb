"""Add an accelerator: a table of results becomes a platform, with every guess shown and correctable."""

from __future__ import annotations

import streamlit as st

from pages.components.add_columns import edit_columns
from pages.components.add_folder import example_buttons, own_list, say_problem, switch_if_added
from pages.components.add_preview import add_button, show_preview
from pages.components.add_table import choose_table
from pages.components.session import current_platform, service
from pages.components.style import card, page

page("Add an accelerator", "A table of results becomes a platform: look at what was understood, correct it, add it.")
current_platform()
switch_if_added()
problems = service().take_in_measured()
left, right = st.columns([1, 2.4], gap="medium")
with left:
    say_problem()
    with card("add-table"):
        st.subheader("Your results", anchor=False)
        table = choose_table()
        add_it = st.container()
    with card("add-example"):
        st.subheader("Try an example", anchor=False)
        example_buttons()
    own_list(problems)
with right:
    if table is None:
        with card("add-how"):
            st.subheader("One row a design", anchor=False)
            st.write(
                "Any table will do: columns with what was varied, columns with what was measured, perhaps the workload "
                "and why a design was infeasible. Headings such as Power (mW), area_um2 or CPI tell units and "
                "directions. Verilog and programs are added as files in a folder: see docs/own-accelerator.md."
            )
    else:
        with card("add-columns"):
            st.subheader("What the columns are", anchor=False)
            guesses = edit_columns(table)
        with card("add-preview"):
            ready = show_preview(table, guesses)
        with add_it:
            add_button(table, ready)
