from pathlib import Path

import pytest

from labelled import Square, write_coco, write_crops, write_negatives
from maskwatch.data.negatives import is_held_out
from maskwatch.errors import DataError
from maskwatch.training.data.training_set import (
    TrainingSet,
    TrainingSources,
    list_unreadable,
    read_training_set,
)


def read(tmp_path: Path, *data: Path, hold_out: float = 0.25, seed: int = 0) -> TrainingSet:
    return read_training_set(
        TrainingSources(data, cache=tmp_path / "cache"), hold_out, seed, say=lambda text: None
    )


def names(paths: list[Path]) -> list[str]:
    return sorted("/".join(path.parts[-2:]) for path in paths)


def test_a_share_of_every_class_is_held_out_by_whole_groups(tmp_path: Path) -> None:
    data = write_crops(tmp_path / "data", [(i % 2, i % 2) for i in range(24)])
    rows = [f"{'with_mask' if i % 2 == 0 else 'without_mask'}/{i}.png,g{i // 2}" for i in range(24)]
    (data / "groups.csv").write_text("\n".join(["file,group", *rows]))
    found = read(tmp_path, data)
    held = sorted(int(c.path.stem) for c in found.held_out.portraits)
    assert len(held) == 6
    assert len({number // 2 for number in held}) == 3  # pairs stay together: both classes alike
    assert len(found.train.portraits) == 18
    assert not set(found.train.paths) & set(found.held_out.paths)
    assert found.held_out.paths == read(tmp_path, data).held_out.paths
    assert found.held_out.paths != read(tmp_path, data, seed=1).held_out.paths


def test_a_split_of_the_data_is_kept_to(tmp_path: Path) -> None:
    for split, count in (("train", 12), ("val", 2), ("test", 3)):
        write_crops(tmp_path / "data" / split, [(i % 2, i % 2) for i in range(count)])
    found = read(tmp_path, tmp_path / "data")
    assert (len(found.train.portraits), len(found.held_out.portraits)) == (12, 2)
    assert {path.parents[1].name for path in found.held_out.paths} == {"val"}


def test_very_little_data_is_all_learnt_from(tmp_path: Path) -> None:
    found = read(tmp_path, write_crops(tmp_path / "data", [(i % 2, i % 2) for i in range(8)]))
    assert (len(found.train.portraits), len(found.held_out.portraits)) == (8, 0)


def test_an_empty_class_folder_is_refused(tmp_path: Path) -> None:
    data = write_crops(tmp_path / "data", [(0, 0), (0, 0)])
    (data / "without_mask").mkdir()
    with pytest.raises(DataError, match="without_mask holds no picture; put some there or remove the folder"):
        read(tmp_path, data)


def test_a_box_file_without_its_pictures_is_refused(tmp_path: Path) -> None:
    file = write_coco(tmp_path / "data", [[Square((1, 1), 0, 0)]])
    (tmp_path / "data" / "0.png").unlink()
    with pytest.raises(DataError, match=r"without a single usable picture.*0\.png"):
        read(tmp_path, file)


def test_unreadable_pictures_are_left_out_and_listed(tmp_path: Path) -> None:
    data = write_crops(tmp_path / "data", [(i % 2, i % 2) for i in range(4)])
    (data / "with_mask" / "0.png").write_bytes(b"no picture")
    found = read(tmp_path, data)
    assert data / "with_mask" / "0.png" not in found.pictures
    assert data / "with_mask" / "2.png" in found.pictures
    said: list[str] = []
    list_unreadable(found.unreadable, said.append)
    assert said[0] == "1 pictures could not be read and were left out:"
    assert "0.png" in said[1]
    list_unreadable([f"{i}.png: broken" for i in range(25)], said.append)
    assert said[-1] == "  and 5 more"


def test_nothing_but_unreadable_pictures_is_refused(tmp_path: Path) -> None:
    data = write_crops(tmp_path / "data", [(0, 0), (1, 1)])
    for path in data.rglob("*.png"):
        path.write_bytes(b"no picture")
    with pytest.raises(DataError, match="not one picture can be read; the first"):
        read(tmp_path, data)


def test_negatives_are_read_but_for_those_held_out(tmp_path: Path) -> None:
    data = write_crops(tmp_path / "data", [(0, 0), (1, 1)])
    negatives = write_negatives(tmp_path / "none", [False] * 12)
    material = TrainingSources([data], [negatives], cache=tmp_path / "cache")
    found = read_training_set(material, 0.1, 0, say=lambda text: None)
    assert 0 < len(found.negatives) < 12
    assert all(sample.path in found.pictures for sample in found.negatives)


def test_splits_corrections_and_negatives_are_read_once_for_training_and_report(tmp_path: Path) -> None:
    portraits = tmp_path / "people"
    write_crops(portraits / "train", [(0, 0), (1, 1), (1, 1)])
    write_crops(portraits / "val", [(0, 0)])
    faces = [Square((1, 1), 0, 0), Square((4, 4), 1, 1), Square((7, 2), 0, 2)]
    street = write_coco(tmp_path / "street", [faces])
    none = write_negatives(tmp_path / "none", [False] * 12)
    shown = next(path for path in sorted(none.iterdir()) if is_held_out(path))
    (tmp_path / "wrong.csv").write_text(
        f"picture,box,state\nstreet/0.png,2,with_mask\nnone/{shown.name},,ignore\n"
    )
    sources = TrainingSources(
        [portraits, street], [none], corrections=tmp_path / "wrong.csv", cache=tmp_path / "cache"
    )
    said: list[str] = []
    found = read_training_set(sources, 0.0, 0, said.append)
    assert "1 labels corrected" in said
    assert len(found.train.items) == 4  # data without splits is learnt from as a whole
    assert [item.path.parent.parent.name for item in found.held_out.items] == ["val"]
    assert found.train.samples[0].states.tolist() == [0, 1, 0]
    assert 0 < len(found.held_out_negatives) < 12
    assert shown not in [negative.path for negative in found.held_out_negatives]  # it shows people
