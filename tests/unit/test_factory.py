import threading
from pathlib import Path

import numpy as np
import pytest

from conftest import FakeModels
from fakes import BLUE, GREEN, box, scene
from maskwatch.classifiers.score_fusion import ScoreFusion
from maskwatch.detectors.ssd import SSD
from maskwatch.errors import ConfigError, ModelError
from maskwatch.factory import from_settings, load, model_info, new_session, rules
from maskwatch.models.catalog import CLASSIFIERS, DETECTORS
from maskwatch.models.download import FILES
from maskwatch.people.zones import Zone
from maskwatch.pipeline import Engine
from maskwatch.rules import CrowdRule, LostCameraRule, LowShareRule, NoMaskRule, WornWronglyRule
from maskwatch.rules.spell import Patience
from maskwatch.settings import Alerts, Settings, load_settings
from maskwatch.types import Faces, Image


class Everywhere:
    """A detector of somebody else."""

    def __init__(self, threshold: float = 0.25, size: int = 7) -> None:
        self.threshold = threshold
        self.size = size

    def detect(self, image: Image) -> Faces:
        height, width = image.shape[:2]
        return Faces(np.array([[0, 0, width, height]], np.float32), np.array([self.threshold], np.float32))


def test_by_path(fake_models: FakeModels) -> None:
    engine = load(str(fake_models.detector), str(fake_models.classifier), size=320)
    found = engine.detect(scene({(2, 1): BLUE, (5, 3): GREEN}))
    assert sorted(zip(found.boxes.tolist(), found.labels, strict=True)) == [
        (box(2, 1), "with_mask"),
        (box(5, 3), "without_mask"),
    ]


def test_name_with_a_file_of_ones_own(fake_models: FakeModels) -> None:
    engine = load(f"ssd-fast={fake_models.detector}", "none")
    assert isinstance(engine.detector, SSD)
    assert engine.detector.sizes == (320,)
    assert engine.classifier is None


def test_stills_are_searched_more_than_live(fake_models: FakeModels) -> None:
    path = str(fake_models.detector)

    def sizes(**options: object) -> tuple[int, ...]:
        detector = load(path, "none", **options).detector  # type: ignore[arg-type]
        assert isinstance(detector, SSD)
        return detector.sizes

    assert sizes() == (1280, 640, 416)
    assert sizes(live=True) == (640,)
    assert sizes(size=320) == (320,)
    assert sizes(size=320, live=True) == (320,)


def test_a_file_of_ones_own_is_used_for_stills_and_live(fake_models: FakeModels) -> None:
    for live in (False, True):
        detector = load(f"ssd={fake_models.detector}", "none", live=live).detector
        assert isinstance(detector, SSD)
        assert detector.model.path == fake_models.detector


def test_stills_are_searched_by_two_networks() -> None:
    def file(name: str, **options: object) -> str:
        detector = load(name, "none", **options).detector  # type: ignore[arg-type]
        assert isinstance(detector, SSD)
        return detector.model.path.name

    assert file("ssd") == file("ssd", size=320) == file("ssd-large", live=True) == "face_ssd_large.onnx"
    assert file("ssd", live=True) == file("ssd-accurate") == file("ssd-fast") == "face_ssd.onnx"


def test_faces_of_stills_are_looked_at_twice(fake_models: FakeModels) -> None:
    models = str(fake_models.detector), str(fake_models.classifier)
    image = scene({(2, 1): BLUE})
    twice, once = (load(*models, 320, live=live).detect(image).probabilities for live in (False, True))
    assert twice is not None
    assert once is not None
    assert twice[0, 0] < once[0, 0]  # the second look takes in some grey


def test_threshold_holds_for_the_reported_score(fake_models: FakeModels) -> None:
    pale = scene({(2, 1): BLUE, (5, 2): (165, 105, 105)})
    models = str(fake_models.detector), str(fake_models.classifier), 320
    scores = sorted(load(*models, threshold=0.0).detect(pale).scores)
    assert len(scores) == 2
    weak = scores[0]
    assert weak < 0.9
    for threshold in (weak - 0.01, weak + 0.01):
        found = load(*models, threshold=float(threshold)).detect(pale)
        # A higher threshold only takes away: it never hides a face that scores above it.
        assert sorted(found.scores) == [score for score in scores if score >= threshold]


def test_detector_reports_all_that_can_reach_the_threshold(fake_models: FakeModels) -> None:
    """The classifier may raise a score."""
    spec = f"{__name__}:Everywhere"
    lower = ScoreFusion(1.0, 0.25, 0.0, 0.5).floor(0.4)  # as the fake classifier's file says
    assert lower < 0.2
    for classifier, wanted in ((str(fake_models.classifier), lower), ("none", 0.4)):
        detector = load(spec, classifier, threshold=0.4).detector
        assert isinstance(detector, Everywhere)
        assert detector.threshold == pytest.approx(wanted)


def test_module_and_class() -> None:
    engine = load(f"{__name__}:Everywhere", "none", threshold=0.4)
    assert isinstance(engine.detector, Everywhere)
    assert (engine.detector.threshold, engine.detector.size) == (0.4, 7)


class Broken:
    """A detector of the user's own whose constructor fails."""

    def __init__(self) -> None:
        raise ValueError("no camera\nat all")

    def detect(self, image: Image) -> Faces:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("detector", "classifier", "message"),
    [
        ("sdd", "none", "unknown detector 'sdd': did you mean ssd.*yunet"),
        ("zzz", "none", "unknown detector 'zzz': Known are ssd,"),
        ("ssd", "mobilnet", "unknown classifier 'mobilnet': did you mean mobilenet"),
        ("yunett=x.onnx", "none", "unknown detector"),
        ("nowhere.onnx", "none", "no such model file"),
        ("yunet=nowhere.onnx", "none", "no such model file"),
        ("no.such.module:Thing", "none", "cannot load no.such.module:Thing"),
        (f"{__name__}:Nothing", "none", "cannot load .*Nothing"),
        ("maskwatch.detectors.ssd:SSD", "none", "cannot be made with no arguments .*path"),
        (f"{__name__}:Broken", "none", "Broken: ValueError when made: no camera"),
    ],
)
def test_unknown_models(detector: str, classifier: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        load(detector, classifier)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_thresholds_of_no_sense(threshold: float) -> None:
    with pytest.raises(ConfigError, match="between 0 and 1"):
        load(threshold=threshold)


def test_settings_are_followed(fake_models: FakeModels) -> None:
    settings = load_settings(
        given={
            "detect": {"detector": str(fake_models.detector), "size": 128, "threshold": 0.9},
            "classify": {"classifier": "none"},
            "alerts": {"after": 7, "gap": 2},
        }
    )
    engine = from_settings(settings)
    assert isinstance(engine.detector, SSD)
    assert (engine.detector.sizes, engine.detector.threshold, engine.threshold) == ((128,), 0.9, 0.9)
    camera, rule = rules(settings.alerts)
    assert isinstance(camera, LostCameraRule)
    assert isinstance(rule, NoMaskRule)
    assert (rule.patience, rule.zone) == (Patience(after=7, gap=2, again_after=60, remind=None), "")
    assert rules(settings.alerts)[1] is not rule  # it remembers: one for each stream


def test_every_rule_that_is_wanted() -> None:
    alerts = Alerts(
        no_mask=False,
        worn_wrongly=True,
        wrong_after=4,
        gap=2,
        again_after=30,
        remind=5,
        share_below=70,
        share_minutes=2,
        share_people=6,
        most_people=9,
        lost_after=20,
    )
    camera, wrong, share, crowd = rules(alerts)
    assert isinstance(camera, LostCameraRule)
    assert camera.after == 20
    assert isinstance(wrong, WornWronglyRule)
    assert wrong.patience == Patience(after=4, gap=2, again_after=30, remind=300)
    assert isinstance(share, LowShareRule)
    assert (share.below, share.over, share.least) == (0.7, 120, 6)
    assert isinstance(crowd, CrowdRule)
    assert (crowd.most, crowd.patience) == (9, Patience(after=3, gap=1, again_after=30, remind=300))
    bare = rules(alerts.model_copy(update={"no_mask": True}))[1]
    assert isinstance(bare, NoMaskRule)
    assert bare.patience == Patience(after=3, gap=2, again_after=30, remind=300)


def test_rules_may_be_switched_off() -> None:
    assert rules(Alerts(no_mask=False, lost_after=0)) == []
    # No person more than none is a limit, too.
    assert [type(rule) for rule in rules(Alerts(no_mask=False, lost_after=0, most_people=0))] == [CrowdRule]


CORNERS = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9))
PLACES = [
    *(Zone("door", "zone", CORNERS), Zone("hall", "zone", CORNERS)),
    *(Zone("gate", "line", CORNERS), Zone("poster", "ignore", CORNERS)),
]


def test_each_zone_is_watched_by_rules_of_its_own() -> None:
    """The camera is one, whatever is watched in its picture; a name that is given twice is one zone."""
    alerts = Alerts(
        worn_wrongly=True, share_below=50, most_people=3, zones=("hall", "door", "hall"), remind=1
    )
    found = rules(alerts, PLACES)
    assert [(type(rule), getattr(rule, "zone", None)) for rule in found] == [
        (LostCameraRule, None),
        *((kind, "hall") for kind in (NoMaskRule, WornWronglyRule, LowShareRule, CrowdRule)),
        *((kind, "door") for kind in (NoMaskRule, WornWronglyRule, LowShareRule, CrowdRule)),
    ]


@pytest.mark.parametrize(
    ("name", "places", "message"),
    [
        ("dor", PLACES, "no zone is named 'dor': did you mean 'door'? zones are door, hall"),
        ("street", PLACES, "no zone is named 'street': zones are door, hall"),
        ("gate", PLACES, "'gate' is a line, which no rule watches; zones are door, hall"),
        ("poster", PLACES, "'poster' is an ignored area, which no rule watches; zones are door, hall"),
        ("door", [], "no zone is named 'door': there are no zones; name them under [[zones]]"),
        (
            *("gate", PLACES[2:]),
            "'gate' is a line, which no rule watches; there are no zones; name them under [[zones]]",
        ),
    ],
)
def test_zones_that_are_not_there_are_refused(name: str, places: list[Zone], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        rules(Alerts(zones=(name,)), places)
    assert str(caught.value) == f"setting alerts.zones: {message}"


def test_a_session_has_its_rules_and_zones_from_the_settings() -> None:
    door = {"name": "door", "points": CORNERS}
    settings = Settings.model_validate({"zones": [door], "alerts": {"zones": ["door"], "lost_after": 0}})
    session = new_session(Engine(Everywhere()), settings)
    assert session.zones == (Zone("door", "zone", CORNERS),)
    (rule,) = session.rules
    assert isinstance(rule, NoMaskRule)
    assert rule.zone == "door"
    with pytest.raises(ConfigError, match=r"alerts\.zones: no zone is named 'dor'"):
        new_session(Engine(Everywhere()), settings.model_copy(update={"alerts": Alerts(zones=("dor",))}))


def test_table_is_whole() -> None:
    for backend in (*DETECTORS.values(), *CLASSIFIERS.values()):
        assert set(backend.files) <= set(FILES)
        assert backend.summary
    assert Settings().detect.detector in DETECTORS
    assert Settings().classify.classifier in CLASSIFIERS


def test_an_engine_serves_many_threads(fake_models: FakeModels) -> None:
    engine = load(str(fake_models.detector), str(fake_models.classifier), 320)
    labels: set[str | None] = set()

    def work() -> None:
        for _ in range(10):
            labels.update(engine.detect(scene({(3, 3): GREEN})).labels)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert labels == {"without_mask"}


def test_paths_with_odd_names(tmp_path: Path, fake_models: FakeModels) -> None:
    odd = tmp_path / "größe = 1 : a.onnx"
    odd.write_bytes(fake_models.detector.read_bytes())
    assert isinstance(load(str(odd), "none").detector, SSD)


def test_a_class_of_ones_own_is_known_by_its_name(tmp_path: Path) -> None:
    detector = load(f"{__name__}:Everywhere", "none", threshold=0.4).detector
    info = model_info(detector, "detector")
    assert (info.name, info.back_end, info.kind) == ("Everywhere", "Everywhere", "detector")
    assert (info.files, info.file, info.sha256, info.metadata) == ((), None, None, None)
    assert info.threshold == 0.4
    detector.path = str(tmp_path / "own.bin")  # type: ignore[attr-defined]
    assert model_info(detector, "detector").file == tmp_path / "own.bin"
    detector.info = "not what maskwatch means by it"  # type: ignore[attr-defined]
    assert model_info(detector, "detector").name == "Everywhere"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("os:getcwd", "no class, but a builtin_function_or_method"),
        ("os:environ", "no class, but a"),
        ("pathlib:Path", "has no method"),
        ("os:nothing", "cannot load os:nothing"),
        ("no_such_module:Class", "cannot load no_such_module:Class"),
        ("raising_module:Class", "cannot load raising_module:Class: ZeroDivisionError"),
        ("a" * 5000 + ":B", "cannot load"),
    ],
    ids=lambda text: text[:30],
)
@pytest.mark.parametrize("kind", ["detector", "classifier"])
def test_what_is_no_class_of_a_back_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, message: str, kind: str
) -> None:
    (tmp_path / "raising_module.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=message):
        load(spec, "none") if kind == "detector" else load("ssd-fast", spec)


def test_which_engines_search_further_and_check_turns(fake_models: FakeModels) -> None:
    models = str(fake_models.detector), str(fake_models.classifier)
    still, live, upright = load(*models), load(*models, live=True), load(*models, upright=True)
    assert still.padding is not None
    assert still.turning is not None
    assert still.turn_check is not None
    assert still.turn_check.turns == (1, 2, 3)
    assert upright.turning is None
    assert upright.padding is not None
    assert (live.padding, live.turning) == (None, None)
    assert live.turn_check is not None
    assert (live.turn_check.turns, live.turn_check.every) == ((1, 2, 3), 10)
    assert (still.most, live.most) == (None, 64)
    bare = load(models[0], "none")
    assert (bare.padding, bare.turning, bare.turn_check) == (None, None, None)
    assert isinstance(still.detector, SSD)
    assert isinstance(live.detector, SSD)
    assert still.detector.tiled
    assert not live.detector.tiled
    settings = load_settings(given={"detect": {"detector": models[0], "upright": True}})
    assert from_settings(settings).turning is None


def test_a_live_frame_classifies_its_best_places_only(fake_models: FakeModels) -> None:
    engine = load(str(fake_models.detector), str(fake_models.classifier), 320, live=True)
    image = scene({(column, row): BLUE for column in range(1, 9, 2) for row in range(1, 7, 2)})
    assert len(engine.detect(image)) == 12
    engine.most = 5
    assert len(engine.detect(image)) == 5
