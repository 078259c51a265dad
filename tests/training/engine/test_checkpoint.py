from pathlib import Path

import pytest
import torch

from maskwatch.errors import DataError
from maskwatch.training.engine import checkpoint


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "a.pt", {"step": 3, "model": {"w": torch.arange(4)}})
    content = checkpoint.read(tmp_path / "a.pt")
    assert content["step"] == 3
    assert content["model"]["w"].tolist() == [0, 1, 2, 3]
    assert list(tmp_path.iterdir()) == [tmp_path / "a.pt"]


def test_a_failed_write_keeps_the_last_good_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.save(tmp_path / "a.pt", {"step": 1})

    def full(content: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(DataError, match=r"No space left.*the last one is kept"):
        checkpoint.save(tmp_path / "a.pt", {"step": 2})
    assert checkpoint.read(tmp_path / "a.pt")["step"] == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "a.pt"]


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 nearly a zip file"])
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(DataError, match="not a readable checkpoint"):
        checkpoint.read(tmp_path / "a.pt")


def test_average_follows_the_weights_slowly_and_copies_counters() -> None:
    model = torch.nn.BatchNorm2d(1)
    average = checkpoint.Average(model, decay=0.9)
    model.weight.data.fill_(11.0)
    assert model.num_batches_tracked is not None
    model.num_batches_tracked.fill_(5)
    for _ in range(100):
        average.update(model)
        if average.steps == 1:
            assert 1 < average.state["weight"].item() < 11
    assert average.state["weight"].item() == pytest.approx(11, abs=0.01)
    assert average.state["num_batches_tracked"].item() == 5


def test_a_blend_is_the_mean_of_all_states(tmp_path: Path) -> None:
    a, b, c, out = (tmp_path / name for name in ("a.pt", "b.pt", "c.pt", "out.pt"))
    for path, value, seen in ((a, 1.0, 5), (b, 3.0, 9), (c, 8.0, 7)):
        state = {"w": torch.full((2,), value), "seen": torch.tensor(seen)}
        checkpoint.save(
            path, {"kind": "detector", "recipe": {"of": path.name}, "average": state, "model": state}
        )
    for paths, mean in (([a, b], 2.0), ([a, b, c], 4.0)):
        content = checkpoint.read(checkpoint.blend(paths, out))
        assert content["average"]["w"].tolist() == pytest.approx([mean, mean])
        assert content["average"]["seen"] == 5
        assert content["recipe"] == {"of": "a.pt"}
        assert "model" not in content  # nothing to go on training from
    weighted = checkpoint.read(checkpoint.blend([a, b, c], out, [7.0, 1.0, 2.0]))
    assert weighted["average"]["w"].tolist() == pytest.approx([2.6, 2.6])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"kind": "classifier", "average": {"w": torch.zeros(2)}}, "not two states of the same network"),
        ({"kind": "detector", "average": {"w": torch.zeros(3)}}, "not two states of the same network"),
        ({"kind": "detector", "average": {"v": torch.zeros(2)}}, "not two states of the same network"),
        ({"w": torch.zeros(2)}, r"b\.pt: not a checkpoint of maskwatch"),
    ],
)
def test_strangers_are_not_blended(tmp_path: Path, other: dict[str, object], message: str) -> None:
    checkpoint.save(tmp_path / "a.pt", {"kind": "detector", "average": {"w": torch.zeros(2)}})
    checkpoint.save(tmp_path / "b.pt", other)
    with pytest.raises(DataError, match=message):
        checkpoint.blend([tmp_path / "a.pt", tmp_path / "b.pt"], tmp_path / "out.pt")
    assert not (tmp_path / "out.pt").exists()
