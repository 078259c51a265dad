"""Whether corrected pictures are kept, where, and what is there: a part of the sidebar."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from maskwatch.app import visitor
from maskwatch.app.pages.wording import plain, state_in_words
from maskwatch.data.collection import STATES, Collection, CollectionCounts
from maskwatch.errors import MaskwatchError
from maskwatch.settings import Collect

_SWITCH: Final = "keep_corrections"


@dataclass(frozen=True, slots=True)
class CorrectionStorage:
    """What this visitor may do.

    Attributes:
        collection: Where corrected pictures go.
        is_on: The visitor wants them kept.
        is_here: The visitor sits at this computer, and may see, take and delete what is there.
    """

    collection: Collection
    is_on: bool
    is_here: bool

    def told(self) -> str:
        """What is stored and where, plainly."""
        place = f"in the folder {self.collection.folder}" if self.is_here else "there"
        return (
            "Pictures that you correct, **with the faces of the people in them**, and their file names are"
            f" stored on the computer that runs maskwatch, {plain(place)}, until somebody deletes them."
            " Nothing is sent anywhere else. Ask the people first."
        )


def turn_on() -> None:
    """Turns the switch on; for a button's callback."""
    st.session_state[_SWITCH] = True


def keeping(settings: Collect) -> CorrectionStorage | None:
    """Shows the switch and what was collected.

    Returns:
        None for a visitor who may not have anything stored.
    """
    here = visitor.is_here()
    if not here and not settings.share:
        return None
    collection = Collection(Path(settings.folder).expanduser().resolve())
    with st.sidebar:
        st.subheader("Corrections")
        st.session_state.setdefault(_SWITCH, settings.enabled)
        is_on = st.toggle("Keep the pictures that I correct", key=_SWITCH)
        mine = CorrectionStorage(collection, is_on, here)
        st.caption(mine.told() if is_on else "Off: nothing is stored.")
        if here:
            try:
                _overview(collection)
            except MaskwatchError as error:
                st.error(plain(str(error)), icon=":material/error:")
    return mine


def _overview(collection: Collection) -> None:
    tally = collection.counts()
    if tally.pictures:
        st.table(_rows(tally), hide_index=True, border="horizontal")
        _take_or_delete(collection, tally.pictures)
    if error := st.session_state.pop("delete_error", None):
        st.error(plain(error), icon=":material/error:")


def _rows(tally: CollectionCounts) -> list[dict[str, str]]:
    """One row a state: how many a person labelled, and how many are the model's answers."""
    rows = [
        {
            f"Kept: {tally.pictures} picture{'' if tally.pictures == 1 else 's'}": state_in_words(state),
            "You": str(tally.by_person[state]),
            "Model": str(tally.by_model[state]),
        }
        for state in STATES
    ]
    heading = next(iter(rows[0]))
    return [*rows, {heading: "Not a face", "You": str(tally.not_faces), "Model": ""}]


def _take_or_delete(collection: Collection, pictures: int) -> None:
    def packed() -> bytes:
        file = io.BytesIO()
        collection.export(file)
        return file.getvalue()

    def delete() -> None:
        try:
            collection.clear()
        except MaskwatchError as error:
            st.session_state.delete_error = str(error)

    st.download_button(
        "Download (ZIP)",
        packed,
        "corrections.zip",
        "application/zip",
        on_click="ignore",
        icon=":material/download:",
        key="corrections-download",
    )
    with st.popover("Delete all …", icon=":material/delete:"):
        st.markdown(f"Delete the {pictures} kept picture{'' if pictures == 1 else 's'} for good?")
        st.button("Delete for good", on_click=delete, type="primary", key="corrections-delete")
