"""Knowledge distillation (Hinton et al., arXiv 1503.02531): a student learns its teacher's answers, too.

They are softer and less contradictory than labels. Every anchor of a detector learns the teacher's
probability, which is worth most where nobody labelled all faces and where something merely looks like one;
a classifier learns the teacher's probabilities for the very crop that it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from maskwatch.errors import ConfigError, DataError, ModelError
from maskwatch.models.download import choose_file, sha256
from maskwatch.models.runtime import Model, open_session
from maskwatch.training.data.auto_labeller import AUTO_LABELLERS
from maskwatch.training.engine import checkpoint
from maskwatch.training.engine.optimisation import normalise
from maskwatch.training.nets.anchors import anchor_metadata
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.nets.ssd import SSD, decode, distance_iou_loss
from maskwatch.types import ModelKind

TEACHERS: Final[dict[ModelKind, dict[str, str]]] = {
    "detector": {"shipped": "face_ssd_large.onnx"},  # which searches still pictures
    "classifier": {"shipped": "mask_mobilenet.onnx"},
}
"""Teachers that have a short name."""

_FACE: Final = 0.5
"""Anchors to which the teacher gives at least this probability of a face pass on its box."""


def find_teacher(kind: ModelKind, name: str | None) -> Path | None:
    """Returns the file of a teacher.

    Args:
        kind: What is to be trained.
        name: One of `TEACHERS`, a file, or None for no teacher.

    Raises:
        ConfigError: No such file, or the name of an auto-labeller.
    """
    if name in AUTO_LABELLERS:
        raise ConfigError(
            f"--teacher is the model to distil from; to find unlabelled faces give --auto-labeller {name}"
        )
    return choose_file(name, TEACHERS[kind], "--teacher")


class TeacherDetector:
    """The detector that is distilled from.

    Args:
        path: An exported detector with the anchors of this version, or a checkpoint.
        threads: Threads that one run of an exported one may use.

    Attributes:
        sha256: Of the file.

    Raises:
        DataError: Not such a file.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._predict = (
            _detector_checkpoint(path) if path.suffix == ".pt" else _exported_detector(path, threads)
        )
        self.sha256 = sha256(path)

    def __call__(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """Returns its answers.

        Args:
            planes: (n, 3, h, w) uint8, RGB.

        Returns:
            Logits (n, a) and offsets (n, a, 4), on the device of the pictures.
        """
        return self._predict(planes)


class TeacherClassifier:
    """The classifier that is distilled from.

    Args:
        path: An exported classifier, or a checkpoint.
        margin: Side of the crops that it will be shown, as a multiple of the box's longer side.
        threads: Threads that one run of an exported one may use.

    Attributes:
        sha256: Of the file.

    Raises:
        DataError: Not such a file, or one for crops of another margin.
    """

    def __init__(self, path: Path, margin: float, threads: int = 1) -> None:
        if path.suffix == ".pt":
            recipe, self._predict = _classifier_checkpoint(path)
            crops = recipe["faces"]
        else:
            model = _open(path, "classifier", threads)
            crops, self._predict = model.metadata, _exported_classifier(model)
        if crops["margin"] != margin:
            raise DataError(
                f"--teacher: {path}: looks at crops of {crops['margin']} times the face, the recipe's are of"
                f" {margin}; set faces.margin={crops['margin']}"
            )
        self._size = int(crops["size"])
        self.sha256 = sha256(path)

    def __call__(self, planes: Tensor) -> Tensor:
        """Returns its answers.

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
        return self._predict(crops)


def soft_targets(labels: Tensor, answers: Tensor, share: float) -> Tensor:
    """Mixes labels with the teacher's answers.

    Args:
        labels: (n, k) 0 or 1.
        answers: (n, k) probabilities; NaN leaves the label as it is.
        share: Of the answers, 0 to 1.
    """
    return torch.where(answers.isnan(), labels, (1 - share) * labels + share * answers)


def _exported_detector(path: Path, threads: int) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    model = _open(path, "detector", threads)
    own = anchor_metadata()
    if differ := [key for key in own if own[key] != model.metadata[key]]:
        raise DataError(f"--teacher: {path}: other {', '.join(differ)} than the detector that is trained")

    def predict(planes: Tensor) -> tuple[Tensor, Tensor]:
        # Exported detectors take one picture at a time.
        answers = zip(*(model.run(picture[None]) for picture in _pictures(planes)), strict=True)
        logits, offsets = (torch.from_numpy(np.stack(part)).to(planes.device) for part in answers)
        return logits, offsets

    return predict


def _exported_classifier(model: Model) -> Callable[[Tensor], Tensor]:
    def predict(crops: Tensor) -> Tensor:
        states, face, *more = model.run(_pictures(crops))
        mask = states[:, 0] + states[:, 2]
        turned = more[0] if more else np.full_like(face, np.nan)
        answers = np.stack([face, mask, states[:, 0] / np.maximum(mask, 1e-6), turned], 1)
        return torch.from_numpy(answers.astype(np.float32)).to(crops.device)

    return predict


def _detector_checkpoint(path: Path) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    state = _read(path, "detector")
    model = SSD(state["recipe"]["width"], state["recipe"]["channels"])
    model.load_state_dict(state["average"])
    model.eval()

    @torch.no_grad()
    def predict(planes: Tensor) -> tuple[Tensor, Tensor]:
        logits, offsets = model.to(planes.device)(normalise(planes))
        return logits.float(), offsets.float()

    return predict


def _classifier_checkpoint(path: Path) -> tuple[dict[str, Any], Callable[[Tensor], Tensor]]:
    state = _read(path, "classifier")
    recipe = state["recipe"]
    model = MaskNet(recipe["width"], recipe["dropout"], recipe.get("hidden", 0))
    model.load_state_dict(state["average"])
    model.eval()

    @torch.no_grad()
    def predict(crops: Tensor) -> Tensor:
        probabilities: Tensor = model.to(crops.device)(normalise(crops)).float().sigmoid()
        return probabilities

    return recipe, predict


def _read(path: Path, kind: ModelKind) -> dict[str, Any]:
    state = checkpoint.read(path)
    if state.get("kind") != kind:
        raise DataError(f"--teacher: {path}: not a checkpoint of a {kind}")
    return state


def _open(path: Path, kind: ModelKind, threads: int) -> Model:
    try:
        return open_session(path, kind, threads)
    except ModelError as error:
        raise DataError(f"--teacher: {error}") from error


def _pictures(planes: Tensor) -> NDArray[np.uint8]:
    """(n, 3, h, w) RGB -> (n, h, w, 3) BGR, as exported models take them."""
    return np.ascontiguousarray(planes.cpu().numpy()[:, ::-1].transpose(0, 2, 3, 1))


def distillation_loss(
    logits: Tensor, offsets: Tensor, anchors: Tensor, teacher: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """Returns how far a detector's answers are from its teacher's.

    Each anchor's cross-entropy counts by how far apart both probabilities are (the quality focal loss,
    arXiv 2006.04388, with an exponent of 1): thousands of anchors on which both nearly agree must not
    outweigh the few on which they do not.

    Args:
        logits: (n, a).
        offsets: (n, a, 4).
        anchors: (a, 4): cx, cy, w, h.
        teacher: Logits (n, a) and offsets (n, a, 4) of the teacher.

    Returns:
        Classification and localisation loss, both divided by the number of anchors that are faces for
        the teacher.
    """
    target = teacher[0].sigmoid()
    count = target.sum().clamp(min=len(logits))
    apart = (target - logits.detach().sigmoid()).abs()
    each = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    face = target >= _FACE
    face_anchors = anchors.expand(len(logits), -1, -1)[face]
    boxes = distance_iou_loss(decode(offsets[face], face_anchors), decode(teacher[1][face], face_anchors))
    return (apart * each).sum() / count, (boxes * target[face]).sum() / count
