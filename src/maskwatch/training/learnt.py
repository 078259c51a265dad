"""The pictures that a run learnt from, and those that were held out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskwatch.data.corrections import correct, read_corrections
from maskwatch.data.dataset import read_dataset
from maskwatch.data.folders import read_negatives
from maskwatch.data.sample import CropSample, Sample
from maskwatch.data.split import held_back
from maskwatch.training.run import Material


@dataclass(frozen=True)
class Learnt:
    """The pictures of a run.

    Attributes:
        train: Learnt from.
        held: Held out, with labels.
        negatives: Pictures without a face, held out.
        partly_labelled: Sources in which many faces have no box.
    """

    train: Sequence[Sample | CropSample]
    held: Sequence[Sample | CropSample]
    negatives: Sequence[Sample] = ()
    partly_labelled: Sequence[str] = ()


def learnt_from(material: Material, partly_labelled: Sequence[str] = ()) -> Learnt:
    """Reads the labels again as the training read them.

    Args:
        material: What the user named.
        partly_labelled: Sources in which many faces have no box.
    """
    samples: dict[str, list[Sample]] = {"train": [], "val": []}
    crops: dict[str, list[CropSample]] = {"train": [], "val": []}
    for path in material.data:
        dataset = read_dataset(path, material.names)
        for split in samples:
            if "train" in dataset.splits:
                part = dataset.part(split)
            elif split == "train":
                part = dataset
            else:
                continue
            samples[split] += part.samples
            crops[split] += part.crops
    if material.corrections is not None:
        entries = read_corrections(material.corrections)
        for split in samples:
            samples[split], crops[split], _ = correct(samples[split], crops[split], entries)
    negatives = [n for path in material.negatives for n in read_negatives(path) if held_back(n.path)]
    return Learnt(
        [*samples["train"], *crops["train"]], [*samples["val"], *crops["val"]], negatives, partly_labelled
    )
