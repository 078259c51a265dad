from pathlib import Path

import pytest
import torch

from maskwatch.sources.images import read_image
from maskwatch.training.nets.mobilenet_v2 import (
    BLOCKS,
    IMAGENET_MEAN,
    IMAGENET_STD,
    MobileNetV2,
    channels,
)


def test_channels_are_multiples_of_eight_and_never_fall_by_more_than_a_tenth() -> None:
    assert [channels(c * 0.35) for c in (32, 16, 24, 32, 64, 96, 160, 320)] == [16, 8, 8, 16, 24, 32, 56, 112]
    assert channels(24 * 0.75) == 24  # 18 would round down to 16, more than a tenth less


def test_has_the_parameter_names_and_shapes_of_torchvision() -> None:
    state = MobileNetV2().state_dict()
    assert state["features.0.0.weight"].shape == (32, 3, 3, 3)
    assert state["features.1.conv.0.0.weight"].shape == (32, 1, 3, 3)
    assert state["features.2.conv.1.0.weight"].shape == (96, 1, 3, 3)
    assert state["features.17.conv.2.weight"].shape == (320, 960, 1, 1)
    assert state["features.18.0.weight"].shape == (1280, 320, 1, 1)
    assert sum(repeats for _, _, repeats, _ in BLOCKS) == 17


def test_parameter_count_is_that_of_the_paper_without_the_classifier() -> None:
    # 3.50 million with 1000 classes; 1281 parameters a class.
    assert sum(p.numel() for p in MobileNetV2().parameters()) == 3_504_872 - 1281 * 1000


@pytest.mark.parametrize("size", [64, 96])
def test_gives_one_cell_for_32_pixels(size: int) -> None:
    assert MobileNetV2(0.35).eval()(torch.zeros(1, 3, size, size)).shape == (1, 1280, size // 32, size // 32)


def test_tensorflow_padding_pads_right_and_below_only() -> None:
    conv = MobileNetV2(0.35).first
    torch.nn.init.ones_(conv.weight)
    picture = torch.zeros(1, 3, 4, 4)
    picture[0, :, 0, 0] = 1
    assert conv(picture)[0, 0].tolist() == [[3, 0], [0, 0]]
    torch.nn.init.zeros_(conv.weight)
    conv.weight.data[:, :, 0, 0] = 1  # the kernel's upper left corner sees the cell's own upper left pixel
    assert conv(picture)[0, 0].tolist() == [[3, 0], [0, 0]]


def test_symmetric_padding_is_that_of_torchvision() -> None:
    conv = MobileNetV2(0.35, tf=False).first
    assert conv.padding == (1, 1)
    assert conv(torch.zeros(1, 3, 8, 8)).shape[-2:] == (4, 4)


def test_loads_weights_and_passes_over_what_is_not_the_trunk(tmp_path: Path) -> None:
    source = MobileNetV2(0.35)
    torch.save({**source.state_dict(), "classifier.1.weight": torch.zeros(3, 3)}, tmp_path / "weights.pth")
    target = MobileNetV2(0.35)
    target.load_pretrained(tmp_path / "weights.pth")
    last, name = source.state_dict(), "features.18.0.weight"
    assert torch.equal(target.state_dict()[name], last[name])


def test_torchvisions_weights_see_the_colours_that_they_were_trained_with(tmp_path: Path) -> None:
    source, target = MobileNetV2(0.35, tf=False).eval(), MobileNetV2(0.35, tf=False).eval()
    torch.save(source.state_dict(), tmp_path / "weights.pth")
    target.load_pretrained(tmp_path / "weights.pth")
    colour = torch.tensor([0.9, 0.2, 0.6]).view(1, 3, 1, 1)
    mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    first = [
        model.features[0](picture.expand(1, 3, 32, 32))[..., 2:-2, 2:-2]  # away from the padding
        for model, picture in ((source, (colour - mean) / deviation), (target, colour * 2 - 1))
    ]
    assert torch.allclose(first[0], first[1], atol=1e-5)


def test_refuses_weights_of_something_else(tmp_path: Path) -> None:
    torch.save({"features.0.0.weight": torch.zeros(16, 3, 3, 3)}, tmp_path / "weights.pth")
    with pytest.raises(ValueError, match=r"features\.0\.1\.weight is missing"):
        MobileNetV2(0.35).load_pretrained(tmp_path / "weights.pth")


def test_public_weights_recognise_what_they_were_trained_on(shared: Path) -> None:
    """The ImageNet trunk gives like pictures like features: two crops of a picture against another's."""
    import cv2
    import numpy as np

    model = MobileNetV2()
    model.load_pretrained(shared / "weights/mobilenet_v2_imagenet.safetensors")
    model.eval()
    features = []
    for path in sorted((shared / "data/negatives").glob("pet_*"))[:4]:
        image = cv2.resize(read_image(path), (256, 256))[:, :, ::-1]
        for x in (0, 32):
            crop = np.ascontiguousarray(image[x : x + 224, x : x + 224].transpose(2, 0, 1))
            with torch.no_grad():
                features.append(model((torch.from_numpy(crop) / 127.5 - 1)[None]).mean((2, 3))[0])
    similarity = torch.nn.functional.normalize(torch.stack(features), dim=1)
    similarity = similarity @ similarity.T
    for i in range(0, 8, 2):
        others = torch.cat([similarity[i, :i], similarity[i, i + 2 :]])
        assert similarity[i, i + 1] > others.max()
