"""Imitating another model: its answers are softer and less contradictory than labels.

Knowledge distillation: Hinton et al., arXiv 1503.02531. Every anchor of a detector learns the other one's
probability, which is worth most where nobody labelled all faces and where something merely looks like one;
a classifier learns another one's probabilities for the very crop that it sees itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from maskwatch.errors import DataError, ModelError
from maskwatch.models.download import sha256
from maskwatch.models.runtime import Model, open_session
from maskwatch.training.nets.anchors import anchor_metadata
from maskwatch.training.nets.ssd import decode, distance_iou_loss
from maskwatch.types import ModelKind

TEACHERS: Final[dict[ModelKind, dict[str, str]]] = {
    "detector": {"shipped": "face_ssd_large.onnx"},  # which searches still pictures
    "classifier": {"shipped": "mask_mobilenet.onnx"},
}
"""Models that can be imitated by a short name."""

_FACE: Final = 0.5
"""Anchors that the other detector takes for a face with this probability pass on its box."""


class TeacherDetector:
    """The detector that is imitated.

    Args:
        path: An exported detector with the anchors of this version.
        threads: Threads that one run may use.

    Attributes:
        sha256: Of the file.

    Raises:
        DataError: Not such a file.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._model = _open(path, "detector", threads)
        own, theirs = anchor_metadata(), self._model.metadata
        if differ := [key for key in own if own[key] != theirs[key]]:
            raise DataError(f"--imitate: {path}: other {', '.join(differ)} than the detector that is trained")
        self.sha256 = sha256(path)

    def __call__(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """Its answers.

        Args:
            planes: (n, 3, h, w) uint8, RGB.

        Returns:
            Logits (n, a) and offsets (n, a, 4), on the device of the pictures.
        """
        # Exported detectors take one picture at a time.
        answers = zip(*(self._model.run(picture[None]) for picture in _pictures(planes)), strict=True)
        logits, offsets = (torch.from_numpy(np.stack(part)).to(planes.device) for part in answers)
        return logits, offsets


class TeacherClassifier:
    """The classifier that is imitated.

    Args:
        path: An exported classifier.
        margin: Side of the crops that it will be shown, as a multiple of the box's longer side.
        threads: Threads that one run may use.

    Attributes:
        sha256: Of the file.

    Raises:
        DataError: Not such a file, or one that looks at crops of another margin.
    """

    def __init__(self, path: Path, margin: float, threads: int = 1) -> None:
        self._model = _open(path, "classifier", threads)
        words = self._model.metadata
        if words["margin"] != margin:
            raise DataError(
                f"--imitate: {path}: looks at crops of {words['margin']} times the face, the recipe's are of"
                f" {margin}; set faces.margin={words['margin']}"
            )
        self._size = int(words["size"])
        self.sha256 = sha256(path)

    def __call__(self, planes: Tensor) -> Tensor:
        """Its answers.

        Args:
            planes: (n, 3, s, s) uint8, RGB; scaled where it takes crops of another size.

        Returns:
            (n, 4) probabilities, columns as in `mask_net.OUTPUTS`, on the device of the pictures; NaN for a
            question that it does not answer.
        """
        crops = planes
        if planes.shape[-1] != self._size:
            scaled = F.interpolate(planes.float(), (self._size, self._size), mode="bilinear", antialias=True)
            crops = scaled.round().clamp(0, 255).to(torch.uint8)
        states, face, *more = self._model.run(_pictures(crops))
        mask = states[:, 0] + states[:, 2]
        turned = more[0] if more else np.full_like(face, np.nan)
        answers = np.stack([face, mask, states[:, 0] / np.maximum(mask, 1e-6), turned], 1)
        return torch.from_numpy(answers.astype(np.float32)).to(planes.device)


def blended(targets: Tensor, theirs: Tensor, share: float) -> Tensor:
    """What is learnt instead of labels alone.

    Args:
        targets: (n, k) labels, 0 or 1.
        theirs: (n, k) probabilities of the classifier that is imitated; NaN leaves the label as it is.
        share: Of theirs, 0 to 1.
    """
    return torch.where(theirs.isnan(), targets, (1 - share) * targets + share * theirs)


def _open(path: Path, kind: ModelKind, threads: int) -> Model:
    try:
        return open_session(path, kind, threads)
    except ModelError as error:
        raise DataError(f"--imitate: {error}") from error


def _pictures(planes: Tensor) -> NDArray[np.uint8]:
    """(n, 3, h, w) RGB -> (n, h, w, 3) BGR, as exported models take them."""
    return np.ascontiguousarray(planes.cpu().numpy()[:, ::-1].transpose(0, 2, 3, 1))


def distillation_loss(
    logits: Tensor, offsets: Tensor, anchors: Tensor, theirs: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """How far a detector's answers are from those of the one that it imitates.

    Each anchor's cross-entropy counts by how far apart both probabilities are (the quality focal loss,
    arXiv 2006.04388, with an exponent of 1): thousands of anchors on which both nearly agree must not
    outweigh the few on which they do not.

    Args:
        logits: (n, a).
        offsets: (n, a, 4).
        anchors: (a, 4): cx, cy, w, h.
        theirs: Logits (n, a) and offsets (n, a, 4) of the other one.

    Returns:
        Classification and localisation loss, both divided by the number of faces' anchors as the other one
        sees it.
    """
    target = theirs[0].sigmoid()
    count = target.sum().clamp(min=len(logits))
    apart = (target - logits.detach().sigmoid()).abs()
    each = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    face = target >= _FACE
    there = anchors.expand(len(logits), -1, -1)[face]
    boxes = distance_iou_loss(decode(offsets[face], there), decode(theirs[1][face], there))
    return (apart * each).sum() / count, (boxes * target[face]).sum() / count
