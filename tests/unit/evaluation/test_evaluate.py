from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from labelled import Square, write_coco, write_crops, write_negatives
from maskwatch.errors import ConfigError, DataError
from maskwatch.evaluation.evaluate import evaluate
from maskwatch.evaluation.evaluation_set import EvaluationSet, Selection, select
from maskwatch.evaluation.inference import EvaluatedEngine
from maskwatch.evaluation.result import headline, to_json
from maskwatch.proportion import Proportion
from maskwatch.reports.evaluation_page import evaluation_page

PICTURES = [
    [Square((1, 1), 0, 0), Square((4, 4), 1, 1), Square((7, 2), 2, 2)],
    [Square((1, 1), 0, 2), Square((4, 4), None, 1), Square((7, 2), 1, None)],
    [Square((2, 2), 0, 0)],
]


@pytest.fixture
def evaluation_set(tmp_path: Path) -> EvaluationSet:
    street = write_coco(tmp_path / "street", PICTURES, ["street", "street", "web"])
    portraits = write_crops(tmp_path / "people", [(0, 0), (0, 0), (1, 0), (1, None)])
    negatives = write_negatives(tmp_path / "none", [True, False, False, False])
    return select(Selection([street], [negatives], [portraits]))


def test_the_whole_way_from_files_to_figures(engine: EvaluatedEngine, evaluation_set: EvaluationSet) -> None:
    figures = evaluate(engine, evaluation_set, ["web"]).figures
    street = figures.detection["street"]
    assert street.recall == Proportion(4, 5)
    assert street.precision == Proportion(4, 5)
    assert street.false_per_picture == 0.5
    assert figures.detection["web"].precision is None
    assert figures.labels["all"].right == Proportion(4, 5)
    assert figures.labels["all"].confusion == [[2, 0, 0], [0, 1, 0], [1, 0, 1]]
    assert figures.classes["street"].average_precision["without_mask"] == pytest.approx(0.5)
    assert figures.negatives is not None
    assert figures.negatives.false_faces == 1
    assert figures.crops["people"].right == Proportion(2, 4)
    assert figures.crops["people"].confusion[1] == [1, 0, 0, 1]
    assert figures.milliseconds is not None


def test_corrected_labels_are_counted_apart(
    engine: EvaluatedEngine, evaluation_set: EvaluationSet, tmp_path: Path
) -> None:
    listing = tmp_path / "corrections.csv"
    listing.write_text("picture,box,state\n1.png,0,with_mask\nwithout_mask/2.png,,with_mask\n")
    # The name "1.png" is that of the picture of one person as well, which has no box: left as it is.
    done = evaluate(engine, evaluation_set, ["web"], listing)
    assert done.figures.labels["all"].right == Proportion(4, 5)
    assert done.corrected is not None
    assert done.corrected.labels["all"].right == Proportion(5, 5)
    assert done.corrected.crops["people"].right == Proportion(3, 4)
    assert done.data["corrected labels"] == 2
    assert "The same with corrected labels" in evaluation_page(done)


def test_figures_by_what_faces_look_like(
    engine: EvaluatedEngine, evaluation_set: EvaluationSet, tmp_path: Path
) -> None:
    listing, wrong = tmp_path / "slices.csv", tmp_path / "corrections.csv"
    listing.write_text("picture,box,slice\nstreet/0.png,0,red\nstreet/1.png,0,red\nstreet/1.png,1,blue\n")
    wrong.write_text("picture,box,state\n1.png,0,with_mask\n")
    done = evaluate(engine, evaluation_set, ["web"], wrong, listing)
    assert done.figures.slices["blue"].found == Proportion(0, 1)
    assert done.figures.slices["red"].right == Proportion(1, 2)
    assert done.corrected is not None
    assert done.corrected.slices["red"].right == Proportion(2, 2)
    assert "By what faces look like" in evaluation_page(done)


def test_json_holds_every_figure_and_no_picture_names_unless_asked(
    engine: EvaluatedEngine, evaluation_set: EvaluationSet
) -> None:
    content = json.loads(to_json(evaluate(engine, evaluation_set, ["web"])))
    recall = content["figures"]["detection"]["street"]["recall"]
    assert (recall["hits"], recall["total"], recall["value"]) == (4, 5, 0.8)
    assert recall["low"] < recall["value"] < recall["high"]
    assert content["engine"]["detector metadata"]["name"] == "fake detector"
    assert "levels" not in content["engine"]["detector metadata"]
    assert content["data"]["sources"] == {"street": 2, "web": 1}
    assert content["mistakes"] is None
    assert ".png" not in json.dumps(content)


def test_mistakes_are_listed_when_asked_for(engine: EvaluatedEngine, evaluation_set: EvaluationSet) -> None:
    done = evaluate(engine, evaluation_set, ["web"], keep_mistakes=True)
    listed = [
        (m["kind"], Path(m["picture"]).name, m["row"], m["true"], m["said"])
        for m in json.loads(to_json(done))["mistakes"]
    ]
    assert sorted(listed, key=str) == sorted(
        [
            ("wrong_label", "1.png", 0, "mask_worn_incorrectly", "with_mask"),
            ("wrong_label", "2.png", None, "without_mask", "with_mask"),
            ("false_face", "1.png", None, None, "without_mask"),
            ("false_face", "0.png", None, None, "without_mask"),
            ("missed_face", "1.png", 1, "without_mask", None),
            ("missed_face", "3.png", None, "without_mask", None),
        ],
        key=str,
    )


class Page(HTMLParser):
    """Collects what matters of a page and checks that its tags are balanced."""

    EMPTY = ("meta", "img", "br", "line", "rect", "circle", "polyline")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.links: list[str] = []
        self.plots: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [str(given[name]) for name in ("src", "href") if name in given]
        if tag == "svg":
            self.plots.append(str(given["aria-label"]))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_is_whole_and_fetches_nothing(
    engine: EvaluatedEngine, evaluation_set: EvaluationSet
) -> None:
    text = evaluation_page(evaluate(engine, evaluation_set, ["web"]))
    page = Page(text)
    assert page.links == []
    assert not re.search(r"https?://", text)
    words = " ".join(page.text)
    for expected in ("Finding faces", "Pictures without a face", "Telling the states apart", "Three classes",
                     "Pictures of one person", "80.0 %", "web"):  # fmt: skip
        assert expected in words
    assert [plot.partition(":")[0] for plot in page.plots] == [
        "Precision over recall, IoU 0.5",
        "Faces found, by face height",
        "Faces found, by state",
        "Faces found when so many false ones are allowed",
        "Labels right, by face height",
        "Reliability",
    ]
    assert not re.search(r"\bnan\b|\bNone\b", text)


def test_the_page_shows_mistakes_only_when_asked(
    engine: EvaluatedEngine, evaluation_set: EvaluationSet
) -> None:
    page = Page(evaluation_page(evaluate(engine, evaluation_set, ["web"], keep_mistakes=True)))
    assert len(page.links) == 6
    assert all(link.startswith("data:image/jpeg;base64,") for link in page.links)
    words = " ".join(page.text)
    assert "Wrong labels, the most confident first: 2" in words
    assert "False faces, the most confident first: 2" in words


def test_a_part_of_the_kinds_is_enough(engine: EvaluatedEngine, tmp_path: Path) -> None:
    negatives = select(Selection(negatives=[write_negatives(tmp_path / "none", [True, False])]))
    done = evaluate(engine, negatives)
    assert [name for name, _ in headline(done.figures)] == [
        "false faces in 100 pictures without",
        "time a picture",
    ]
    assert Page(evaluation_page(done)).plots == []
    portraits = select(Selection([write_crops(tmp_path / "people", [(0, 0)])]))
    done = evaluate(engine, portraits)
    assert ("pictures of one person right", "100.0 %") in headline(done.figures)
    json.loads(to_json(done))
    Page(evaluation_page(done))


def test_a_source_that_does_not_occur(engine: EvaluatedEngine, evaluation_set: EvaluationSet) -> None:
    with pytest.raises(ConfigError, match="no source 'wob' in the data; there is street, web"):
        evaluate(engine, evaluation_set, ["wob"])


def test_not_one_readable_picture(engine: EvaluatedEngine, tmp_path: Path) -> None:
    path = write_coco(tmp_path, [[]])
    evaluation_set = select(Selection([path]))
    (tmp_path / "0.png").write_text("no picture")
    with pytest.raises(DataError, match=r"not one picture can be read; the first: .*0\.png: not a picture"):
        evaluate(engine, evaluation_set)
