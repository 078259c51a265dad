"""Imitating another detector: its answers are softer and less contradictory than labels.

Knowledge distillation: Hinton et al., arXiv 1503.02531. Every anchor learns the other one's probability,
which is worth most where nobody labelled all faces and where something merely looks like one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from maskwatch.errors import DataError, ModelError
from maskwatch.models.registry import sha256
from maskwatch.models.runtime import open_session
from maskwatch.training.anchors import described
from maskwatch.training.ssd import decode, distance_iou_loss

IMITATED: Final = {"shipped": "face_ssd_large.onnx"}
"""Detectors that can be imitated by a short name: the one that searches still pictures."""

_FACE: Final = 0.5
"""Anchors that the other detector takes for a face with this probability pass on its box."""


class Mentor:
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
        try:
            self._model = open_session(path, "detector", threads)
        except ModelError as error:
            raise DataError(f"--imitate: {error}") from error
        own, theirs = described(), self._model.metadata
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
        pictures = np.ascontiguousarray(planes.cpu().numpy()[:, ::-1].transpose(0, 2, 3, 1))
        # Exported detectors take one picture at a time.
        answers = zip(*(self._model.run(picture[None]) for picture in pictures), strict=True)
        logits, offsets = (torch.from_numpy(np.stack(part)).to(planes.device) for part in answers)
        return logits, offsets


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
