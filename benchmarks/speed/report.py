"""The report: what was measured, as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from benchmarks.people.report import laid_out
from benchmarks.speed import entries
from benchmarks.speed.competitors.modes import MODES
from benchmarks.speed.meter import Row
from benchmarks.speed.quiet import QUIET
from benchmarks.speed.stages import STAGES
from benchmarks.speed.summary import Figure, Spread, chosen, named, ratio, spread
from benchmarks.speed.targets import TARGETS, Parts, overhead, rows_of

PARTS: Final[Mapping[str, str]] = {
    "files": "Files",
    "live": "Live",
    "start": "Starting",
    "stills": "Pictures",
    "page": "From page to page",
}
"""Name of a part -> its heading."""

_NOTHING: Final = "-"
_DECODERS: Final = (entries.DECODE, entries.DECODE_OPENCV)
_LIVE: Final = (
    ("p50", "p50, ms", 0),
    ("p95", "p95, ms", 0),
    ("p99", "p99, ms", 0),
    ("dropped", "dropped", 3),
)
_USED: Final = (("cores", "cores", 2), ("peak_mb", "memory, MB", 0))


def report(parts: Parts) -> str:
    """Returns the report in Markdown.

    Args:
        parts: Name of a part -> what was measured.
    """
    sections = {"files": _files, "live": _live, "start": _start, "stills": _stills, "page": _page}
    text = ["# How fast it is", *_machines(parts), "## Targets", _targets(parts)]
    for name, heading in PARTS.items():
        if name in parts:
            text += [f"## {heading}", *sections[name](parts)]
            text += [f"{who} was left out: {why}" for who, why in parts[name].get("failed", {}).items()]
    return "\n\n".join(text) + "\n"


def _machines(parts: Parts) -> Iterator[str]:
    """Yields on what each part was measured."""
    cells = [["", "processor", "cores", "system", "python", "commit", "date", "rounds", "disturbed"]]
    for name in PARTS:
        if name not in parts:
            continue
        machine, rows = parts[name].get("machine", {}), rows_of(parts, name)
        keys = ("processor", "processors", "system", "python", "commit", "date")
        disturbed = sum(not row.get("quiet", True) for row in rows)
        cells.append(
            [
                name,
                *(str(machine.get(key, _NOTHING)) for key in keys),
                str(len({row.get("round") for row in rows})),
                f"{disturbed} of {len(rows)}",
            ]
        )
    yield laid_out(cells)
    yield (
        "Medians over the rounds, in brackets the least and the largest. What was disturbed, because others"
        f" took more than {QUIET:.0%} of the machine, was measured again; a star marks what stayed disturbed."
    )
    versions = {
        who: ", ".join(f"{library} {version}" for library, version in known.items())
        for part in parts.values()
        for who, known in part.get("versions", {}).items()
    }
    if versions:
        yield laid_out([["", "versions"], *([who, known] for who, known in versions.items())])
    yield from dict.fromkeys(chain.from_iterable(part.get("remarks", ()) for part in parts.values()))


def _targets(parts: Parts) -> str:
    cells = [["two cores, standard models", "wanted", "measured", "met"]]
    for target in TARGETS:
        value = target.value(parts)
        wanted = f"{'at least' if target.least else 'at most'} {target.limit:g}"
        met = _NOTHING if value is None else "yes" if target.met(value.median) else "no"
        cells.append([target.what, wanted, _text(value, target.digits), met])
    return laid_out(cells)


def _files(parts: Parts) -> Iterator[str]:
    rows = rows_of(parts, "files")
    clips = list(dict.fromkeys(row["clip"] for row in rows))
    made = [clip for clip in clips if chosen(rows, clip=clip)[0]["people"] is not None]
    real = [clip for clip in clips if clip not in made]
    for group in (made, real):
        if not group:
            continue
        title = "made clips" if group is made else "real clips"
        yield f"### Frames a second, {title}"
        yield _by_clip(rows, group, named("fps"), 1)
        yield f"### To the classic loop, {title}"
        yield _ratios(rows, group, (entries.CLASSIC,), 1)
        yield f"### To decoding alone by the faster decoder, {title}"
        yield _ratios(rows, group, _DECODERS, 3)
    yield "### Seconds of a core for a minute of video (what stands for energy)"
    yield _by_clip(rows, made, named("cpu_a_minute"), 1)
    yield "### The same, of the classic loop to theirs"
    yield _saved(rows, made)
    yield "### Most memory of the process, MB"
    yield _by_clip(rows, made, named("peak_mb"), 0)
    yield "### Faces dealt with in a frame, and how many of them it found itself"
    yield (
        "The loops are handed the faces that their detector misses in made clips, so that the classifier has"
        " all the work that there is. Of maskwatch everybody in view counts."
    )
    yield _table([row for row in rows if row["who"] not in _DECODERS], made, _faces)
    yield "### Time of a frame, to that of a frame with one person"
    yield _to_one(rows, made)
    stages = parts["files"].get("stages", ())
    if stages:
        yield "### Where the time goes: processor milliseconds a frame, one thread"
        yield _stages(stages)


def _by_clip(rows: Sequence[Row], clips: Sequence[str], figure: Figure, digits: int) -> str:
    return _table(rows, clips, lambda mine: _text(spread(mine, figure), digits))


def _ratios(rows: Sequence[Row], clips: Sequence[str], to: Sequence[str], digits: int) -> str:
    def cell(mine: Sequence[Row]) -> str:
        others = [row for name in to for row in chosen(rows, who=name, clip=mine[0]["clip"])]
        return _text(ratio(mine, others, named("fps")), digits)

    return _table(rows, clips, cell)


def _saved(rows: Sequence[Row], clips: Sequence[str]) -> str:
    def cell(mine: Sequence[Row]) -> str:
        classic = chosen(rows, who=entries.CLASSIC, clip=mine[0]["clip"])
        return _text(ratio(classic, mine, named("cpu_a_minute")), 1)

    return _table(rows, clips, cell)


def _to_one(rows: Sequence[Row], clips: Sequence[str]) -> str:
    def cell(mine: Sequence[Row]) -> str:
        first = mine[0]
        one = chosen(rows, who=first["who"], clip=first["clip"].split(",")[0] + ", 1 people")
        return _text(ratio(one, mine, named("fps")), 2)

    return _table([row for row in rows if row["who"] in MODES], clips, cell)


def _faces(rows: Sequence[Row]) -> str:
    dealt, found = spread(rows, named("faces")), spread(rows, named("found"))
    if dealt is None or found is None:
        return _NOTHING
    text = f"{dealt.median:.1f}"
    return text if dealt.median == found.median else f"{text} ({found.median:.1f})"


def _table(rows: Sequence[Row], clips: Sequence[str], cell: Callable[[Sequence[Row]], str]) -> str:
    """Returns a table with a row for each competitor and a column for each clip."""
    names = list(dict.fromkeys(row["who"] for row in rows))
    cells = [["", *clips]]
    for name in names:
        found = [chosen(rows, who=name, clip=clip) for clip in clips]
        if any(found):
            cells.append([name, *(cell(mine) if mine else _NOTHING for mine in found)])
    return laid_out(cells)


def _stages(rows: Sequence[Row]) -> str:
    cells = [["", *STAGES, "all", "outside models and codec", "looks a frame"]]
    for name in dict.fromkeys(row["who"] for row in rows):
        for clip in dict.fromkeys(row["clip"] for row in chosen(rows, who=name)):
            mine = chosen(rows, who=name, clip=clip)
            figures: list[Figure] = [lambda row, s=stage: row["ms"][s] for stage in STAGES]  # type: ignore[misc]
            figures += [lambda row: sum(row["ms"].values()), overhead, named("looks")]
            medians = [spread(mine, figure) for figure in figures]
            cells.append(
                [f"{name}, {clip}", *(_NOTHING if m is None else f"{m.median:.2f}" for m in medians)]
            )
    return laid_out(cells)


def _live(parts: Parts) -> Iterator[str]:
    rows = rows_of(parts, "live")
    yield (
        "A camera sends H.264 over HTTP at its own pace. Counted is from the moment a frame is sent to the"
        " moment its result is there, decoding included. Frames that nobody looked at are dropped."
    )
    cells = [["", *(heading for _, heading, _ in (*_LIVE, *_USED)), "people"]]
    for key in dict.fromkeys((row["who"], row["cameras"], row["clip"]) for row in rows):
        mine = chosen(rows, who=key[0], cameras=key[1], clip=key[2])
        cells.append(
            [
                f"{key[0]}: {'' if key[1] == 1 else f'{key[1]} cameras of '}{key[2]}",
                *(_text(spread(mine, named(name)), digits) for name, _, digits in (*_LIVE, *_USED)),
                _text(spread(mine, named("faces")), 1),
            ]
        )
    yield laid_out(cells)


def _start(parts: Parts) -> Iterator[str]:
    rows = rows_of(parts, "start")
    yield "Seconds from the start of a process; its files have been read before."
    yield laid_out(
        [
            ["", "seconds"],
            *(
                [who, _text(spread(chosen(rows, who=who), named("seconds")), 2)]
                for who in dict.fromkeys(row["who"] for row in rows)
            ),
        ]
    )


def _stills(parts: Parts) -> Iterator[str]:
    rows = rows_of(parts, "stills")
    yield "Pictures a second."
    yield _by_clip(rows, list(dict.fromkeys(row["clip"] for row in rows)), named("per_second"), 1)


def _page(parts: Parts) -> Iterator[str]:
    """Yields all figures of the measurements in a browser, by who and what they are of."""
    rows = rows_of(parts, "page")
    names = [
        key
        for key, value in (rows[0] if rows else {}).items()
        if isinstance(value, int | float) and not isinstance(value, bool) and key not in ("round", "others")
    ]
    cells = [["", *names]]
    for key in dict.fromkeys((row.get("who", ""), row.get("clip", "")) for row in rows):
        mine = [row for row in rows if (row.get("who", ""), row.get("clip", "")) == key]
        cells.append([", ".join(filter(None, key)), *(_text(spread(mine, named(n)), 1) for n in names)])
    yield laid_out(cells)


def _text(value: Spread | None, digits: int) -> str:
    return _NOTHING if value is None else value.text(digits)
