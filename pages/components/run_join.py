"""A name that somebody took meanwhile: another one, and the choice to join a campaign that is the same."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from accel_core.campaigns import Campaign
from accel_core.campaigns.planning import is_same
from accel_core.errors import AccelError, NameTakenError
from pages.components.plain import plain
from pages.components.session import service

SELECTED = "run-selected"
"""Session key of the campaign that the page shows in full."""

_OFFERS = "run-offers"


@dataclass(frozen=True)
class Offer:
    """What to say of a name that is taken.

    Attributes:
        campaign: The definition that was to be launched, under the name that is taken.
        launched: The name that it was launched under instead; empty if it was not.
        is_same: Whether the campaign that has the name has the same definition, so that it can be joined.
    """

    campaign: Campaign
    launched: str
    is_same: bool


def launch(campaign: Campaign, key: str, *, is_proposed: bool) -> str:
    """Launch a campaign and return its name; empty where its name is taken and a person must choose.

    Args:
        campaign: What to launch.
        key: Of the button; an offer shows below it.
        is_proposed: Whether the name was the page's own, so that another of its kind will do.

    Raises:
        AccelError: If it cannot be launched, or the name is taken by another definition.
    """
    campaigns, offers = service().campaigns, st.session_state.setdefault(_OFFERS, {})
    offers.pop(key, None)
    try:
        if not is_proposed:
            return campaigns.launch(campaign, join=False).name
        name = campaigns.launch_next(campaign, campaign.name.rpartition("-")[0]).name
    except NameTakenError as error:
        if not error.is_same:
            raise
        offers[key] = Offer(campaign, "", is_same=True)
        return ""
    if name != campaign.name:
        offers[key] = Offer(campaign, name, is_same(campaigns.folder(campaign.name).campaign(), campaign))
    return name


def offer(key: str) -> None:
    """Say under which name a campaign runs instead, and offer to join the other one where it is the same."""
    found = st.session_state.get(_OFFERS, {}).get(key)
    if found is None:
        return
    taken = found.campaign.name
    if found.launched:
        st.info(f"Somebody took the name `{taken}` meanwhile: yours is `{found.launched}`.")
    else:
        st.warning(f"`{taken}` exists with this very definition: join it, or choose another name.")
    if not found.is_same:
        return
    words = f"Join {taken}" + (f" and cancel {found.launched}" if found.launched else "")
    if not st.button(
        words, key=f"{key}-join", width="stretch", help="It has the same definition, and goes on if it was stopped."
    ):
        return
    try:
        service().campaigns.launch(found.campaign)
        if found.launched:
            service().campaigns.cancel(found.launched)
    except AccelError as error:
        st.error(plain(error))
        return
    st.session_state[_OFFERS].pop(key)
    st.session_state[SELECTED] = taken
    st.rerun()
