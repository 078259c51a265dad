"""Splits a data set into training, validation and test pictures."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.duplicates import connected_components, near_copies, thumbnail
from maskwatch.data.sample import Dataset, LabelledPicture, PortraitSample, Sample
from maskwatch.data.stratified_split import face_counts, split_by_group
from maskwatch.errors import DataError, SourceError
from maskwatch.sources.images import read_image

DEFAULT_SHARES: Final[Mapping[str, float]] = MappingProxyType({"train": 0.8, "val": 0.2})
"""Split -> share of the pictures."""


def split_dataset(
    dataset: Dataset,
    shares: Mapping[str, float] = DEFAULT_SHARES,
    seed: int = 0,
    progress: Callable[[list[LabelledPicture]], Iterable[LabelledPicture]] = list,
) -> Dataset:
    """Assigns every picture to a split: near-copies together, and to each split its share of every class.

    Args:
        dataset: The data set; splits that it already has are replaced.
        shares: Share of each split; they sum to 1.
        seed: Of the draw.
        progress: Iterates over the pictures, and may show the progress.

    Returns:
        The pictures that can be read, with `split` and `group`; the others are listed in `problems`.

    Raises:
        DataError: No picture can be read, or `shares` do not sum to 1; see `split_by_group`.
    """
    items: list[LabelledPicture] = []
    thumbnails: list[NDArray[np.float32]] = []
    problems = list(dataset.problems)
    for item in progress([*dataset.samples, *dataset.portraits]):
        try:
            thumbnails.append(thumbnail(read_image(item.path)))
        except SourceError as error:
            problems.append(str(error))
        else:
            items.append(item)
    if not items:
        raise DataError(f"not one picture can be read; the first: {problems[0] if problems else 'none'}")
    groups = _groups(items, np.stack(thumbnails))
    counts = face_counts(
        [np.array([i.state]) if isinstance(i, PortraitSample) else i.states[~i.ignore] for i in items]
    )
    splits = split_by_group(groups.tolist(), counts, shares, seed)
    assigned = [
        replace(item, split=split, group=item.group or f"g{group}")
        for item, split, group in zip(items, splits, groups, strict=True)
    ]
    return Dataset(
        dataset.form,
        tuple(item for item in assigned if isinstance(item, Sample)),
        tuple(item for item in assigned if isinstance(item, PortraitSample)),
        tuple(problems),
        dataset.notes,
    )


def _groups(items: list[LabelledPicture], thumbnails: NDArray[np.float32]) -> NDArray[np.int64]:
    """Returns the group (n,) of each picture: near-copies and groups of the data set share a number."""
    pairs = near_copies(thumbnails)
    first: dict[Hashable, int] = {}
    for row, item in enumerate(items):
        if item.group and first.setdefault((item.source, item.group), row) != row:
            pairs.append((first[item.source, item.group], row))
    return connected_components(len(items), pairs)
