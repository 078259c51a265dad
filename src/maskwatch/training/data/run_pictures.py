"""The pictures that a run learnt from, and those that were held out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskwatch.data.negatives import is_held_out, read_negatives
from maskwatch.data.sample import PortraitSample, Sample
from maskwatch.training.data.training_set import TrainingSources, read_labels


@dataclass(frozen=True)
class RunPictures:
    """The pictures of a run.

    Attributes:
        train: Learnt from.
        held: Held out, with labels.
        negatives: Pictures without a face, held out.
        partly_labelled: Sources in which many faces have no box.
    """

    train: Sequence[Sample | PortraitSample]
    held: Sequence[Sample | PortraitSample]
    negatives: Sequence[Sample] = ()
    partly_labelled: Sequence[str] = ()


def learnt_from(
    material: TrainingSources, partly_labelled: Sequence[str] = (), hold_out: float = 0.0, seed: int = 0
) -> RunPictures:
    """Reads the labels again as the training read them.

    Args:
        material: What the user named.
        partly_labelled: Sources in which many faces have no box.
        hold_out: Share that was held out where the data has no split "val".
        seed: Of that choice.
    """
    train, held = read_labels(material, hold_out, seed)
    negatives = [n for path in material.negatives for n in read_negatives(path) if is_held_out(n.path)]
    return RunPictures(
        [*train.samples, *train.portraits], [*held.samples, *held.portraits], negatives, partly_labelled
    )
