"""Two engines on the same pictures: which is better, and is that more than chance?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import ConfigError
from maskwatch.evaluation.changed_mistakes import changes
from maskwatch.evaluation.evaluate import Watch, check_sources, describe, find
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.evaluation.figures import FORMAT, Figures, plain
from maskwatch.evaluation.inference import EvaluatedEngine, Predictions
from maskwatch.evaluation.intervals import Interval, Proportion, bootstrap, mcnemar
from maskwatch.evaluation.match_table import MatchTable, PicturePrediction, join, tabulate
from maskwatch.evaluation.measure import measure
from maskwatch.evaluation.metrics import average_precision, precision_recall
from maskwatch.evaluation.mistakes import Mistake, mistakes, records
from maskwatch.evaluation.report import headline, percent
from maskwatch.types import LABELS

CHANCE: Final = 0.05
"""A difference that chance makes less often than this counts as one."""

_ROUNDS: Final = 500


@dataclass(frozen=True, slots=True)
class Paired:
    """Cases that both decided, each rightly or wrongly.

    Attributes:
        name: What the cases are.
        first: Right ones of the first.
        second: Right ones of the second.
        only_first: Cases that only the first got right.
        only_second: Cases that only the second got right.
        p: McNemar's probability of such a difference by chance.
    """

    name: str
    first: Proportion
    second: Proportion
    only_first: int
    only_second: int
    p: float


@dataclass(frozen=True, slots=True)
class Changed:
    """A picture on which they differ: mistakes of the first and of the second."""

    picture: str
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out.

    Attributes:
        engines: Description of each.
        data: Where the pictures are from.
        figures: The figures of each.
        paired: Decisions case by case.
        precision_difference: Average precision of the second less that of the first; None without
            fully labelled pictures.
        precision_interval: 95 % interval of that over pictures.
        better: Pictures with fewer mistakes by the second, most improved first.
        worse: Pictures with more.
        milliseconds: Median time of a picture, of each.
        problems: What was left out.
        mended: Mistakes of the first that the second does not make, where they were asked for.
        broken: Mistakes of the second that the first does not make, likewise.
    """

    engines: tuple[dict[str, Any], dict[str, Any]]
    data: dict[str, Any]
    figures: tuple[Figures, Figures]
    paired: list[Paired]
    precision_difference: float | None
    precision_interval: Interval | None
    better: list[Changed]
    worse: list[Changed]
    milliseconds: tuple[float, float]
    problems: list[str]
    mended: list[Mistake] | None = None
    broken: list[Mistake] | None = None


def compare(
    first: EvaluatedEngine,
    second: EvaluatedEngine,
    material: EvaluationSet,
    partly_labelled: Collection[str] = (),
    watch: Watch = lambda items, text: items,
    keep_mistakes: bool = False,
) -> Comparison:
    """Shows the same pictures to both.

    Args:
        first: The engine that the other is measured against.
        second: The other.
        material: The pictures.
        partly_labelled: Sources in which some faces have no box; see `evaluate`.
        watch: Shows the progress.
        keep_mistakes: Whether to list the mistakes that only one of them makes.

    Raises:
        ConfigError: A partly labelled source does not occur, or only one of the two tells states.
        DataError: Not one picture can be read.
    """
    check_sources(partly_labelled, material)
    if (first.usual.classifier is None) != (second.usual.classifier is None):
        raise ConfigError("one of the two tells states and the other does not: compare like with like")
    both = find([first, second], material, watch)
    difference, interval = _precision_difference(both, partly_labelled)
    wrong = [mistakes(f, partly_labelled) for f in both]
    better, worse = _changed(*wrong)
    mended, broken = changes(*wrong) if keep_mistakes else (None, None)
    figures = [measure(f.looked, f.negatives, f.portraits, partly_labelled) for f in both]
    return Comparison(
        engines=(describe(first), describe(second)),
        data=material.about,
        figures=(figures[0], figures[1]),
        paired=_paired(both),
        precision_difference=difference,
        precision_interval=interval,
        better=better,
        worse=worse,
        milliseconds=(_milliseconds(both[0]), _milliseconds(both[1])),
        problems=[*material.problems, *both[0].problems],
        mended=mended,
        broken=broken,
    )


def _milliseconds(findings: Predictions) -> float:
    seconds = [item.seconds for item in (*findings.looked, *findings.negatives)]
    return 1000 * float(np.median(seconds + [portrait.seconds for portrait in findings.portraits]))


def _paired(both: Sequence[Predictions]) -> list[Paired]:
    tables = [join([tabulate(item, item.faces) for item in f.looked]) for f in both]
    cases: list[tuple[str, list[NDArray[np.bool_]]]] = [("faces found", [t.true_found >= 0 for t in tables])]
    known = tables[0].true_state != UNKNOWN
    classified = not any(np.isnan(t.found_probabilities).any() for t in tables)
    if classified and known.any():
        right = [_found_and_right(t) for t in tables]
        cases.append(("faces found and labelled right", [r[known] for r in right]))
        cases += [
            (f"the same, truly {label}", [r[tables[0].true_state == state] for r in right])
            for state, label in enumerate(LABELS)
        ]
        seen = known & (tables[0].true_found >= 0) & (tables[1].true_found >= 0)
        cases.append(("labels of faces that both found", [r[seen] for r in right]))
    if both[0].negatives:
        clean = [np.array([len(item.faces) == 0 for item in f.negatives]) for f in both]
        cases.append(("pictures without a face left alone", clean))
    if both[0].portraits and classified:
        wrong = [{m.picture for m in mistakes(Predictions(portraits=f.portraits))} for f in both]
        paths = [str(portrait.sample.path) for portrait in both[0].portraits]
        cases.append(("pictures of one person", [np.array([p not in w for p in paths]) for w in wrong]))
    return [_pair(name, *outcomes) for name, outcomes in cases if len(outcomes[0])]


def _pair(name: str, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Paired:
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    return Paired(
        name,
        Proportion(int(first.sum()), len(first)),
        Proportion(int(second.sum()), len(second)),
        only_first,
        only_second,
        mcnemar(only_first, only_second),
    )


def _found_and_right(table: MatchTable) -> NDArray[np.bool_]:
    """(m,) bool: whether each true face is found and given its true state."""
    right = np.zeros(len(table.true_state), np.bool_)
    found = np.flatnonzero(table.true_found >= 0)
    said = table.found_probabilities[table.true_found[found]]
    right[found] = said.argmax(axis=1) == table.true_state[found] if len(found) else False
    return right


def _precision_difference(
    both: Sequence[Predictions], partly_labelled: Collection[str]
) -> tuple[float | None, Interval | None]:
    def full(looked: Iterable[PicturePrediction]) -> list[MatchTable]:
        return [tabulate(i, i.candidates) for i in looked if i.sample.source not in partly_labelled]

    first, second = (full(f.looked) for f in both)
    if not any(len(table.true_row) for table in first):
        return None, None

    def difference(rows: NDArray[np.intp]) -> float:
        return _precision([second[row] for row in rows]) - _precision([first[row] for row in rows])

    return difference(np.arange(len(first))), bootstrap(difference, len(first), _ROUNDS)


def _precision(tables: Sequence[MatchTable]) -> float:
    table = join(tables)
    if not len(table.true_row):
        return float("nan")
    return average_precision(precision_recall(table.found_score, table.found_outcome, len(table.true_row)))


def _changed(
    of_first: Sequence[Mistake], of_second: Sequence[Mistake]
) -> tuple[list[Changed], list[Changed]]:
    first, second = (Counter(m.picture for m in wrong) for wrong in (of_first, of_second))
    changed = [Changed(p, first[p], second[p]) for p in sorted(first | second) if first[p] != second[p]]
    changed.sort(key=lambda c: -abs(c.first - c.second))
    return [c for c in changed if c.second < c.first], [c for c in changed if c.second > c.first]


def side_by_side(comparison: Comparison) -> list[tuple[str, str, str]]:
    """The figures that matter most: name, value of the first, value of the second."""
    first, second = (dict(headline(figures)) for figures in comparison.figures)
    names = list(dict.fromkeys([*first, *second]))
    return [(name, first.get(name, "-"), second.get(name, "-")) for name in names]


def lines_of(comparison: Comparison) -> list[str]:
    """The outcome in lines of text: the figures of both, and whether they differ by more than chance."""
    lines = [f"A  {comparison.engines[0]['name']}", f"B  {comparison.engines[1]['name']}", ""]
    rows = side_by_side(comparison)
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines += [
        f"{name:<{widths[0]}}  A {first:>{widths[1]}}  B {second:>{widths[2]}}"
        for name, first, second in rows
    ]
    lines.append("")
    width = max((len(pair.name) for pair in comparison.paired), default=0)
    for pair in comparison.paired:
        lines.append(
            f"{pair.name:<{width}}  A {percent(pair.first)}  B {percent(pair.second)}"
            f"  only A {pair.only_first}, only B {pair.only_second}: {verdict(pair)}"
        )
    if line := precision_line(comparison):
        lines.append(line)
    a, b = comparison.milliseconds
    lines.append(f"time a picture: A {a:.1f} ms, B {b:.1f} ms")
    lines.append(
        f"pictures with fewer mistakes in B: {len(comparison.better)}, more: {len(comparison.worse)}"
    )
    for name, changed in (("better", comparison.better), ("worse", comparison.worse)):
        lines += [f"  {name}: {c.picture} ({c.first} -> {c.second} mistakes)" for c in changed[:5]]
    return lines


def precision_line(comparison: Comparison) -> str:
    """How the average precisions differ, in words; empty where there are none."""
    if comparison.precision_difference is None:
        return ""
    text = f"average precision of B less that of A: {comparison.precision_difference:+.3f}"
    if comparison.precision_interval:
        low, high = comparison.precision_interval
        text += f" ({low:+.3f} to {high:+.3f}: {_interval_verdict(low, high)})"
    return text


def to_plain(comparison: Comparison) -> dict[str, Any]:
    """Everything, ready for JSON."""
    wrong = {
        name: None if found is None else records(found)
        for name, found in (("mended", comparison.mended), ("broken", comparison.broken))
    }
    return {"format": FORMAT, **plain(replace(comparison, mended=None, broken=None)), **wrong}


def verdict(pair: Paired) -> str:
    """Whether the difference is more than chance, in words."""
    if pair.p >= CHANCE:
        return f"no clear difference (p = {pair.p:.2f})"
    return f"{'B' if pair.only_second > pair.only_first else 'A'} is better (p = {pair.p:.2g})"


def _interval_verdict(low: float, high: float) -> str:
    return "no clear difference" if low <= 0 <= high else "B is better" if low > 0 else "A is better"
