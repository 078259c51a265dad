"""Shows what was found in a video: its people, the video with a timeline, and the downloads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import streamlit as st

from maskwatch.annotate import STYLES, UNCERTAIN
from maskwatch.app.files.downloads import CSV, JSONL, MP4, download
from maskwatch.app.files.timeline import video_with_timeline
from maskwatch.app.files.video_job import VideoJob
from maskwatch.app.pages.wording import (
    TILES,
    clock,
    counts_in_words,
    escape_markdown,
    exact_duration,
    percent,
)
from maskwatch.labels import LABELS, NAMES
from maskwatch.people.counts import PeopleCounts
from maskwatch.people.summary import PeopleSummary

_NBSP: Final = "\N{NO-BREAK SPACE}"  # a table on a phone would break every cell


def show_video_result(job: VideoJob, key: str) -> None:
    """Shows the result of a video that is done.

    Args:
        job: The job of the video.
        key: Makes the keys of the widgets of different files distinct.
    """
    stem = Path(job.name).stem
    picture, details = st.columns([3, 2], gap="medium")
    with picture:
        video_with_timeline(job.annotated, job.people, MP4, key)
    with details:
        _show_people(job.people)
        for line in places_in_words(job.counts):
            st.markdown(escape_markdown(line))
        st.caption(f"{job.done} frames" + (f", {job.skipped} damaged left out" if job.skipped else ""))
    if job.people.persons:
        with st.expander(f"Table of {_people(len(job.people.persons))}", icon=":material/table_rows:"):
            st.table(people_rows(job.people), hide_index=True, border="horizontal")
    with st.container(horizontal=True):
        download("Video", job.annotated.read_bytes, f"{stem}-maskwatch.mp4", MP4, f"{key}-video")
        download("People (CSV)", job.people_csv.read_bytes, f"{stem}-people.csv", CSV, f"{key}-people")
        download("JSON lines", job.jsonl.read_bytes, f"{stem}.jsonl", JSONL, f"{key}-jsonl")
        download("CSV", job.csv.read_bytes, f"{stem}.csv", CSV, f"{key}-csv")


def _show_people(people: PeopleSummary) -> None:
    """Shows the number of people by state, and the share of those who wear the mask right."""
    st.markdown(f"**{_people(people.counts.total)}** in this video")
    with st.container(horizontal=True):
        for field, words, style in TILES:
            with st.container(width=130, border=True):
                st.metric(f"{style.symbol} {words}", getattr(people.counts, field))
    if (share := sentence_of_share(people)) is not None:
        st.markdown(share)


def sentence_of_share(people: PeopleSummary) -> str | None:
    """Returns how many wear the mask right, with the interval, in words; None where no state is known."""
    wearing = people.counts.share
    if wearing.value is None or wearing.interval is None:
        return None
    low, high = wearing.interval
    return (
        f"{wearing.hits} of {wearing.total} wear the mask right: **{percent(wearing.value)}**"
        f" (95 % interval: {percent(low)} to {percent(high)})"
    )


def places_in_words(counts: PeopleCounts) -> Iterator[str]:
    """Yields a line for each zone and each line that people cross."""
    for name, zone in counts.zones.items():
        yield f"{name}: {_people(zone.so_far.total)}" + (
            f" ({counts_in_words(zone.so_far)})" if zone.so_far.total else ""
        )
    for name, crossings in counts.lines.items():
        yield f"{name}: {crossings.forward} forward, {crossings.backward} backward"


def people_rows(people: PeopleSummary) -> list[dict[str, str]]:
    """Returns a table of the people in words: number, state, from and to, and the time in each state.

    Args:
        people: Everybody of a video.
    """
    has_zones = any(person.zones for person in people.persons)
    rows = []
    for person in people.persons:
        style = UNCERTAIN if person.state is None else STYLES[person.state]
        row = {
            "Person": str(person.track_id),
            "Mask at the end": f"{style.symbol} {style.text}",
            "In view": f"{clock(person.first_seen)} to {clock(person.last_seen)}",
            **{NAMES[state]: _time(person.seconds_in(state)) for state in LABELS},
            UNCERTAIN.text: _time(person.seconds_in(None)),
        }
        row = {key: cell.replace(" ", _NBSP) for key, cell in row.items()}
        if has_zones:
            row["Zones"] = ", ".join(person.zones)
        rows.append(row)
    return rows


def _time(seconds: float) -> str:
    return exact_duration(seconds) if seconds else "\N{EN DASH}"


def _people(number: int) -> str:
    return f"{number} {'person' if number == 1 else 'people'}"
