"""The part of the sidebar about stored corrections: the switch, the folder, and what is in it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from maskwatch.app import visitor
from maskwatch.app.error_line import show_error
from maskwatch.app.pages.wording import escape_markdown, state_in_words
from maskwatch.data.collection import STATES, Collection, CollectionCounts
from maskwatch.errors import MaskwatchError
from maskwatch.settings import Collect

_SWITCH: Final = "keep_corrections"


@dataclass(frozen=True, slots=True)
class CorrectionStorage:
    """Where the corrections of this visitor are stored, and whether they may be.

    Attributes:
        collection: The folder of corrected pictures.
        is_on: Whether the visitor allows storing.
        is_local: Whether the visitor sits at this computer and may see, download and delete what is stored.
    """

    collection: Collection
    is_on: bool
    is_local: bool

    def privacy_notice(self) -> str:
        """Returns what is stored and where, as Markdown."""
        place = escape_markdown(f"in the folder {self.collection.folder}" if self.is_local else "there")
        return (
            "Pictures that you correct, **with the faces of the people in them**, and their file names are"
            f" stored on the computer that runs maskwatch, {place}, until somebody deletes them."
            " Nothing is sent anywhere else. Ask the people first."
        )


def turn_on() -> None:
    """Turns storing on; the callback of a button."""
    st.session_state[_SWITCH] = True


def correction_storage(settings: Collect) -> CorrectionStorage | None:
    """Shows the switch, and to a visitor at this computer what is stored.

    Args:
        settings: The settings for collecting.

    Returns:
        The storage, or None for a visitor from elsewhere unless the settings share it.
    """
    is_local = visitor.is_local()
    if not is_local and not settings.share:
        return None
    collection = Collection(settings.path)
    with st.sidebar:
        st.subheader("Corrections")
        st.session_state.setdefault(_SWITCH, settings.enabled)
        is_on = st.toggle("Keep the pictures that I correct", key=_SWITCH)
        storage = CorrectionStorage(collection, is_on, is_local)
        tally = _tally(collection) if is_local else CollectionCounts()
        st.caption(storage.privacy_notice() if is_on else _off_notice(tally.pictures, collection.folder))
        if is_local:
            _overview(collection, tally)
            _tell_of_old_folder(settings)
    return storage


def _tally(collection: Collection) -> CollectionCounts:
    try:
        return collection.counts()
    except MaskwatchError as error:
        show_error(error)
        return CollectionCounts()


def _off_notice(pictures: int, folder: Path) -> str:
    """Returns what stands below the switch while it is off, as Markdown."""
    if not pictures:
        return "Off: nothing is stored."
    text = f"{pictures} picture{'' if pictures == 1 else 's'} from before in the folder {folder}"
    return f"Off: nothing more is stored. There {'is' if pictures == 1 else 'are'} {escape_markdown(text)}."


def _tell_of_old_folder(settings: Collect) -> None:
    """Says how to move the pictures of versions that stored them in the current folder."""
    old = Path("corrections").resolve()
    if settings.folder is not None or settings.path == old or not (old / "labels.json").is_file():
        return
    if settings.path.exists():
        advice = f'set collect.folder = "{old}" to go on with it'
    else:
        advice = f"move it to {settings.path} to go on with it"
    text = f"An earlier version stored corrections in {old}: {advice}."
    st.info(escape_markdown(text), icon=":material/drive_file_move:")


def _overview(collection: Collection, tally: CollectionCounts) -> None:
    if tally.pictures:
        st.table(_rows(tally), hide_index=True, border="horizontal")
        _download_and_delete(collection, tally.pictures)
    if error := st.session_state.pop("delete_error", None):
        show_error(error)


def _rows(tally: CollectionCounts) -> list[dict[str, str]]:
    """Returns one row for each class: faces labelled by a person, and faces labelled by the model."""
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


def _download_and_delete(collection: Collection, pictures: int) -> None:
    def zip_file() -> bytes:
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
        zip_file,
        "corrections.zip",
        "application/zip",
        on_click="ignore",
        icon=":material/download:",
        key="corrections-download",
    )
    with st.popover("Delete all …", icon=":material/delete:"):
        st.markdown(f"Delete the {pictures} kept picture{'' if pictures == 1 else 's'} for good?")
        st.button("Delete for good", on_click=delete, type="primary", key="corrections-delete")
