"""Compares two engines on the same pictures: which is better, and is the difference significant?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import ConfigError
from maskwatch.evaluation.changed_mistakes import changed_mistakes
from maskwatch.evaluation.evaluate import Progress, check_sources, describe, predict_set
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.evaluation.figures import FORMAT, Figures, plain
from maskwatch.evaluation.inference import EvaluatedEngine, Predictions
from maskwatch.evaluation.intervals import bootstrap, mcnemar
from maskwatch.evaluation.match_table import MatchTable, PicturePrediction, concatenate, tabulate
from maskwatch.evaluation.measure import compute_figures
from maskwatch.evaluation.metrics import average_precision, precision_recall
from maskwatch.evaluation.mistakes import Mistake, list_mistakes, records
from maskwatch.proportion import Interval, Proportion
from maskwatch.types import LABELS

_ROUNDS: Final = 500
"""Draws of the bootstrap."""


@dataclass(frozen=True, slots=True)
class PairedOutcomes:
    """Cases that both engines decided, each rightly or wrongly.

    Attributes:
        name: What the cases are.
        first: Those that the first got right.
        second: Those that the second got right.
        only_first: Cases that only the first got right.
        only_second: Cases that only the second got right.
        p: The p-value of McNemar's test.
    """

    name: str
    first: Proportion
    second: Proportion
    only_first: int
    only_second: int
    p: float


@dataclass(frozen=True, slots=True)
class ChangedPicture:
    """A picture on which the engines differ.

    Attributes:
        picture: Path of the file.
        first: Number of mistakes of the first engine.
        second: Number of mistakes of the second.
    """

    picture: str
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison.

    Attributes:
        engines: Description of each.
        data: Where the pictures are from.
        figures: The figures of each.
        paired: Outcomes case by case, by kind of case.
        precision_difference: Average precision of the second less that of the first; None without
            fully labelled pictures.
        precision_interval: 95 % interval of that over pictures.
        better: Pictures with fewer mistakes by the second, most improved first.
        worse: Pictures with more mistakes by the second.
        milliseconds: Median time of a picture, of each.
        problems: Pictures and labels that were left out, one line each.
        only_first_mistakes: Mistakes of the first that the second does not make, if they are to be listed.
        only_second_mistakes: Mistakes of the second that the first does not make, likewise.
    """

    engines: tuple[dict[str, Any], dict[str, Any]]
    data: dict[str, Any]
    figures: tuple[Figures, Figures]
    paired: list[PairedOutcomes]
    precision_difference: float | None
    precision_interval: Interval | None
    better: list[ChangedPicture]
    worse: list[ChangedPicture]
    milliseconds: tuple[float, float]
    problems: list[str]
    only_first_mistakes: list[Mistake] | None = None
    only_second_mistakes: list[Mistake] | None = None


def compare(
    first: EvaluatedEngine,
    second: EvaluatedEngine,
    evaluation_set: EvaluationSet,
    partly_labelled: Collection[str] = (),
    progress: Progress = lambda items, text: items,
    keep_mistakes: bool = False,
) -> Comparison:
    """Runs two engines on the same pictures and compares them.

    Args:
        first: The engine that the other is compared with.
        second: The other.
        evaluation_set: The pictures.
        partly_labelled: Sources in which some faces have no box; see `maskwatch.evaluation.evaluate`.
        progress: Shows the progress.
        keep_mistakes: Whether to list the mistakes that only one of them makes.

    Raises:
        ConfigError: A partly labelled source does not occur, or only one of the two has a classifier.
        DataError: Not one picture can be read.
    """
    check_sources(partly_labelled, evaluation_set)
    if (first.at_operating_point.classifier is None) != (second.at_operating_point.classifier is None):
        raise ConfigError("one of the two tells states and the other does not: compare like with like")
    both = predict_set([first, second], evaluation_set, progress)
    difference, interval = _precision_difference(both, partly_labelled)
    mistakes = [list_mistakes(predictions, partly_labelled) for predictions in both]
    better, worse = _changed_pictures(*mistakes)
    only_first, only_second = changed_mistakes(*mistakes) if keep_mistakes else (None, None)
    figures = [compute_figures(p.pictures, p.negatives, p.portraits, partly_labelled) for p in both]
    return Comparison(
        engines=(describe(first), describe(second)),
        data=evaluation_set.about,
        figures=(figures[0], figures[1]),
        paired=_paired_outcomes(both),
        precision_difference=difference,
        precision_interval=interval,
        better=better,
        worse=worse,
        milliseconds=(_milliseconds(both[0]), _milliseconds(both[1])),
        problems=[*evaluation_set.problems, *both[0].problems],
        only_first_mistakes=only_first,
        only_second_mistakes=only_second,
    )


def _milliseconds(predictions: Predictions) -> float:
    seconds = [picture.seconds for picture in (*predictions.pictures, *predictions.negatives)]
    return 1000 * float(np.median(seconds + [portrait.seconds for portrait in predictions.portraits]))


def _paired_outcomes(both: Sequence[Predictions]) -> list[PairedOutcomes]:
    tables = [concatenate([tabulate(item, item.faces) for item in p.pictures]) for p in both]
    cases: list[tuple[str, list[NDArray[np.bool_]]]] = [
        ("faces found", [table.truth_detection >= 0 for table in tables])
    ]
    known = tables[0].truth_state != UNKNOWN
    classified = not any(np.isnan(table.detection_probabilities).any() for table in tables)
    if classified and known.any():
        right = [_found_and_right(table) for table in tables]
        cases.append(("faces found and labelled right", [r[known] for r in right]))
        cases += [
            (f"the same, truly {label}", [r[tables[0].truth_state == state] for r in right])
            for state, label in enumerate(LABELS)
        ]
        found_by_both = known & (tables[0].truth_detection >= 0) & (tables[1].truth_detection >= 0)
        cases.append(("labels of faces that both found", [r[found_by_both] for r in right]))
    if both[0].negatives:
        clean = [np.array([len(item.faces) == 0 for item in p.negatives]) for p in both]
        cases.append(("pictures without a face left alone", clean))
    if both[0].portraits and classified:
        wrong = [{m.picture for m in list_mistakes(Predictions(portraits=p.portraits))} for p in both]
        paths = [str(portrait.sample.path) for portrait in both[0].portraits]
        cases.append(("pictures of one person", [np.array([path not in w for path in paths]) for w in wrong]))
    return [_paired(name, *outcomes) for name, outcomes in cases if len(outcomes[0])]


def _paired(name: str, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> PairedOutcomes:
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    return PairedOutcomes(
        name,
        Proportion(int(first.sum()), len(first)),
        Proportion(int(second.sum()), len(second)),
        only_first,
        only_second,
        mcnemar(only_first, only_second),
    )


def _found_and_right(table: MatchTable) -> NDArray[np.bool_]:
    """Returns (m,) bool: whether each true face is found and given its true state."""
    right = np.zeros(len(table.truth_state), np.bool_)
    found = np.flatnonzero(table.truth_detection >= 0)
    if len(found):
        predicted = table.detection_probabilities[table.truth_detection[found]].argmax(axis=1)
        right[found] = predicted == table.truth_state[found]
    return right


def _precision_difference(
    both: Sequence[Predictions], partly_labelled: Collection[str]
) -> tuple[float | None, Interval | None]:
    def fully_labelled(pictures: Iterable[PicturePrediction]) -> list[MatchTable]:
        return [tabulate(i, i.candidates) for i in pictures if i.sample.source not in partly_labelled]

    first, second = (fully_labelled(predictions.pictures) for predictions in both)
    if not any(len(table.truth_row) for table in first):
        return None, None

    def difference(rows: NDArray[np.intp]) -> float:
        return _average_precision([second[row] for row in rows]) - _average_precision(
            [first[row] for row in rows]
        )

    return difference(np.arange(len(first))), bootstrap(difference, len(first), _ROUNDS)


def _average_precision(tables: Sequence[MatchTable]) -> float:
    table = concatenate(tables)
    if not len(table.truth_row):
        return float("nan")
    faces = len(table.truth_row)
    return average_precision(precision_recall(table.detection_score, table.detection_outcome, faces))


def _changed_pictures(
    first: Sequence[Mistake], second: Sequence[Mistake]
) -> tuple[list[ChangedPicture], list[ChangedPicture]]:
    """Returns the pictures with fewer and with more mistakes of the second, the most changed first."""
    a, b = (Counter(mistake.picture for mistake in mistakes) for mistakes in (first, second))
    changed = [ChangedPicture(path, a[path], b[path]) for path in sorted(a | b) if a[path] != b[path]]
    changed.sort(key=lambda c: -abs(c.first - c.second))
    return [c for c in changed if c.second < c.first], [c for c in changed if c.second > c.first]


def to_plain(comparison: Comparison) -> dict[str, Any]:
    """Returns a comparison as dictionaries, lists and numbers, ready for JSON."""
    content = plain(replace(comparison, only_first_mistakes=None, only_second_mistakes=None))
    # The form keeps older names for these two lists.
    for key, name in (("mended", "only_first_mistakes"), ("broken", "only_second_mistakes")):
        del content[name]
        mistakes = getattr(comparison, name)
        content[key] = None if mistakes is None else records(mistakes)
    return {"format": FORMAT, **content}
