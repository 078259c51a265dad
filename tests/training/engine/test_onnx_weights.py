from pathlib import Path

import numpy as np
import pytest
import torch

from maskwatch.errors import DataError
from maskwatch.models.download import locate
from maskwatch.models.runtime import open_session
from maskwatch.training.engine.onnx_weights import load_exported
from maskwatch.training.engine.optimisation import normalise
from maskwatch.training.nets.mask_net import MaskNet, state_probabilities
from maskwatch.training.nets.ssd import SSD


def pictures(count: int, side: int) -> torch.Tensor:
    """Patches of colour, (n, 3, side, side) uint8 RGB."""
    rough = torch.randint(0, 256, (count, 3, 6, 6), generator=torch.Generator().manual_seed(0)).float()
    return torch.nn.functional.interpolate(rough, size=(side, side), mode="bicubic").clamp(0, 255).byte()


def as_file_takes(planes: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(planes.numpy().transpose(0, 2, 3, 1)[..., ::-1])


def test_the_model_answers_as_the_file_does_also_while_it_trains() -> None:
    file, shown = locate("face_ssd.onnx"), pictures(16, 128)
    model = SSD(0.35, 64)
    load_exported(model, file, [normalise(shown)])
    logits, offsets = open_session(file, "detector").run(as_file_takes(shown[:1]))
    with torch.no_grad():
        model.eval()
        evaluated = model(normalise(shown))
        model.train()
        trained = model(normalise(shown))
    np.testing.assert_allclose(evaluated[0][0].numpy(), logits, atol=1e-3)
    np.testing.assert_allclose(evaluated[1][0].numpy(), offsets, atol=1e-3)
    # Normalised by the batch instead: the batch is what the statistics were taken from.
    assert float((trained[0] - evaluated[0]).abs().mean()) < 0.1 * float(evaluated[0].abs().mean())


def test_filters_are_of_length_one() -> None:
    model = SSD(0.35, 64)
    load_exported(model, locate("face_ssd.onnx"), [normalise(pictures(4, 64))])
    lengths = model.trunk.first.weight.flatten(1).norm(dim=1)
    lengths = lengths[lengths > 1e-6]  # some filters have died and stay so
    assert len(lengths) > 8
    torch.testing.assert_close(lengths, torch.ones_like(lengths))


def test_a_classifier_gives_the_file_s_states() -> None:
    file, shown = locate("mask_mobilenet.onnx"), pictures(4, 112)
    model = MaskNet(1.0)
    load_exported(model, file, [normalise(shown)])
    temperatures = open_session(file, "classifier").metadata["temperatures"]
    with torch.no_grad():
        logits = model.eval()(normalise(shown))
    for column, name in ((1, "mask"), (2, "covered")):  # the file's answers are calibrated
        logits[:, column] = logits[:, column] / temperatures[name]
    probabilities, face, *_ = open_session(file, "classifier").run(as_file_takes(shown))
    np.testing.assert_allclose(state_probabilities(logits).numpy(), probabilities, atol=1e-3)
    np.testing.assert_allclose(logits[:, 0].sigmoid().numpy(), face, atol=1e-3)


def test_another_width_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="width"):
        load_exported(SSD(1.0, 64), locate("face_ssd.onnx"), [])
    (tmp_path / "x.onnx").write_bytes(b"no model")
    with pytest.raises(DataError, match="not a readable"):
        load_exported(SSD(0.35, 64), tmp_path / "x.onnx", [])
