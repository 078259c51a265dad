"""Divides a data set that comes undivided."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.check import Item
from maskwatch.data.duplicates import groups_of, near_copies, thumbnail
from maskwatch.data.sample import Dataset, PortraitSample, Sample
from maskwatch.data.stratified_split import face_counts, split_by_group
from maskwatch.errors import DataError, SourceError
from maskwatch.sources.images import read_image

DEFAULT_SHARES: Final[Mapping[str, float]] = MappingProxyType({"train": 0.8, "val": 0.2})


def split_dataset(
    dataset: Dataset,
    shares: Mapping[str, float] = DEFAULT_SHARES,
    seed: int = 0,
    watch: Callable[[list[Item]], Iterable[Item]] = list,
) -> Dataset:
    """Gives every picture a split: near-copies together, every class in its share.

    Args:
        dataset: The data set; splits that it has already are replaced.
        shares: Share of each split; they sum to 1.
        seed: Of the draw.
        watch: Passes the pictures on, and may show how far it is.

    Returns:
        The pictures that can be read, with `split` and `group` filled; the others join `problems`.

    Raises:
        DataError: No picture can be read, or `shares` make no sense; see `split_by_group`.
    """
    items: list[Item] = []
    thumbnails: list[NDArray[np.float32]] = []
    problems = list(dataset.problems)
    for item in watch([*dataset.samples, *dataset.portraits]):
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
    divided = [
        replace(item, split=split, group=item.group or f"g{group}")
        for item, split, group in zip(items, splits, groups, strict=True)
    ]
    return Dataset(
        dataset.form,
        tuple(item for item in divided if isinstance(item, Sample)),
        tuple(item for item in divided if isinstance(item, PortraitSample)),
        tuple(problems),
    )


def _groups(items: list[Item], thumbnails: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n,) numbers: near-copies, and what the data set calls one group, share one."""
    pairs = near_copies(thumbnails)
    first: dict[Hashable, int] = {}
    for row, item in enumerate(items):
        if item.group and first.setdefault((item.source, item.group), row) != row:
            pairs.append((first[item.source, item.group], row))
    return groups_of(len(items), pairs)
