"""The parts of the live page that decide something, each by itself in a browser, without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, sync_playwright

import maskwatch.app.live
from app.browsing import CHROMIUM
from maskwatch.annotate import STYLES as DRAWN
from maskwatch.annotate import UNCERTAIN, UNCLASSIFIED

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]

SCRIPTS = Path(maskwatch.app.live.__file__).parent / "scripts"
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Runs the body of a function in which `load("name")` imports a script, and `given` is the argument."""

    def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name.endswith(".js"):
            text = (SCRIPTS / name).read_text(encoding="utf-8")
            route.fulfill(body=text, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>maskwatch</title>", content_type="text/html")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.route("**/*", serve)
        page.goto("http://scripts.test/")

        def evaluate(body: str, given: Any = None) -> Any:
            return page.evaluate(
                "async (given) => { const load = (name) => import(`/${name}.js`); " + body + " }", given
            )

        yield evaluate
        browser.close()


STYLES = {
    name: {"text": style.text, "symbol": style.symbol}
    for name, style in [*DRAWN.items(), ("uncertain", UNCERTAIN), ("face", UNCLASSIFIED)]
}


def person(number: int, state: str | None = "without_mask", **changes: Any) -> dict[str, Any]:
    return {
        "track_id": number,
        "box": [0, 0, 10, 10],
        "seen": True,
        "state": state,
        "confidence": 0.9,
        "certain": state is not None,
        "last_seen": 0.0,
        "probabilities": {},
        **changes,
    }


def event(number: int | None, kind: str = "no_mask", state: str | None = "without_mask") -> dict[str, Any]:
    message = f"Person {number} is told of"
    return {"kind": kind, "track_id": number, "zone": "", "state": state, "message": message, "reminder": 0}


class TestAlerts:
    """Which alerts stand."""

    # Steps are [milliseconds, what, argument]; gives the people with an alert after each.
    PLAY = """
      const { Alerts } = await load("alerts");
      const alerts = new Alerts();
      return given.map(([now, what, argument]) => {
        if (what === "add") alerts.add(argument, now);
        if (what === "dismiss") alerts.dismiss(argument);
        if (what === "frame") alerts.frame(argument, { unmasked: 0 }, now);
        return alerts.list.map(({ event }) => event.track_id);
      });
    """

    def test_each_person_has_one_of_their_own(self, run: Run) -> None:
        steps = [
            [0, "add", event(1)],
            [10, "add", event(2)],
            [20, "dismiss", "no_mask/1/"],
            [30, "add", event(3)],
        ]
        assert run(self.PLAY, steps) == [[1], [2, 1], [2], [3, 2]]

    def test_a_reminder_comes_after_a_dismissal_and_never_twice(self, run: Run) -> None:
        steps = [
            [0, "add", event(1)],
            [10, "add", event(1)],
            [20, "dismiss", "no_mask/1/"],
            [30, "add", event(1)],
        ]
        assert run(self.PLAY, steps) == [[1], [1], [], [1]]

    def test_it_goes_when_the_person_wears_a_mask_or_is_gone_for_two_seconds(self, run: Run) -> None:
        for people in ([person(1, "with_mask")], []):
            steps = [
                [0, "add", event(1)],
                [100, "frame", [person(1)]],
                [200, "frame", people],
                [1500, "frame", [person(1)]],  # only for a moment
                [1600, "frame", people],
                [3500, "frame", people],
                [3600, "frame", people],
            ]
            assert run(self.PLAY, steps) == [[1]] * 6 + [[]]

    def test_it_stays_while_nobody_knows(self, run: Run) -> None:
        frames = [[100 + 1000 * i, "frame", [person(1, None)]] for i in range(6)]
        assert run(self.PLAY, [[0, "add", event(1)], *frames]) == [[1]] * 7

    def test_a_lost_camera_is_no_news_once_pictures_come(self, run: Run) -> None:
        steps = [
            [0, "add", event(None, "camera_lost", None)],
            [60_000, "frame", []],
            [61_900, "frame", []],
            [62_000, "frame", []],
        ]
        assert run(self.PLAY, steps) == [[None], [None], [None], []]

    def test_what_is_said(self, run: Run) -> None:
        body = (
            "const { spoken, brief } = await load('alerts'); return given.map((e) => [spoken(e), brief(e)]);"
        )
        wrong = event(4, "worn_wrongly", "mask_worn_incorrectly")
        assert run(body, [event(3), wrong, event(None, "crowd", None)]) == [
            ["Person 3, please put on your mask.", "Person 3 no mask"],
            ["Person 4, please cover your nose and mouth.", "Person 4 mask worn wrongly"],
            ["Person None is told of", "Person None is told of"],
        ]


class TestAlertList:
    """Which alerts are seen over the picture."""

    @pytest.mark.parametrize(
        ("is_phone", "shown", "rest"), [(False, 2, "person 1"), (True, 1, "person 2, person 1")]
    )
    def test_the_others_are_named_in_one_line(self, run: Run, is_phone: bool, shown: int, rest: str) -> None:
        banners, more = run(
            """
            globalThis.matchMedia = () => ({ matches: given.isPhone });
            const { AlertList } = await load("alert_list");
            const list = document.createElement("ul");
            new AlertList(list, () => {}).show(given.events.map((event) => ({ key: event.track_id, event })));
            return [list.querySelectorAll(".banner").length, list.querySelector(".more").textContent];
            """,
            {"isPhone": is_phone, "events": [event(3), event(2), event(1)]},
        )
        assert banners == shown
        assert more == f"and {3 - shown} more: {rest}"


class TestPeople:
    """What is shown of people."""

    MARKS = """
      const { ShownPeople } = await load("people");
      const shown = new ShownPeople();
      const [styles, ...frames] = given;
      return frames.map(([now, message]) =>
        shown.marks(message, styles, now).map(({ texts, dim }) => [texts[0], dim]));
    """

    def test_the_form_of_a_caption(self, run: Run) -> None:
        people = [
            person(1, "with_mask", confidence=0.97),
            person(2, "without_mask", certain=False, confidence=0.6),
            person(3, None),
            person(4, None, probabilities=None),
        ]
        (marks,) = run(self.MARKS, [STYLES, [0, {"t": 0, "people": people}]])
        assert [text for text, _ in marks] == ["✓ Mask 97 %", "? No mask? 60 %", "? Unsure", "Face"]

    def test_the_confidence_changes_once_a_second_and_the_state_at_once(self, run: Run) -> None:
        def frame(ms: int, confidence: float, state: str = "with_mask") -> list[Any]:
            return [ms, {"t": ms / 1000, "people": [person(1, state, confidence=confidence)]}]

        frames = [
            frame(0, 0.9),
            frame(500, 0.6),
            frame(999, 0.6),
            frame(1001, 0.6),
            frame(1100, 0.7, "without_mask"),
        ]
        texts = [marks[0][0] for marks in run(self.MARKS, [STYLES, *frames])]
        assert texts[:3] == ["✓ Mask 90 %"] * 3
        assert texts[3] != texts[2]
        assert texts[4] == f"{STYLES['without_mask']['symbol']} No mask 70 %"

    def test_who_is_out_of_sight_is_dimmed_after_a_moment(self, run: Run) -> None:
        def frame(t: float, seen: bool) -> list[Any]:
            return [1000 * t, {"t": t, "people": [person(1, seen=seen, last_seen=0.0)]}]

        marks = run(self.MARKS, [STYLES, frame(0, True), frame(0.2, False), frame(0.4, False)])
        assert [dim for ((_, dim),) in marks] == [False, False, True]

    def test_without_people_the_faces_are_shown(self, run: Run) -> None:
        face = {"box": [0, 0, 9, 9], "score": 0.8, "label": None, "certain": False}
        known = {**face, "label": "with_mask", "certain": True, "probabilities": {"with_mask": 0.95}}
        (marks,) = run(self.MARKS, [STYLES, [0, {"t": 0, "people": None, "faces": [face, known]}]])
        assert marks == [["Face 80 %", False], ["✓ Mask 95 %", False]]


class TestCaptions:
    """Where captions stand."""

    # Each frame is [milliseconds, boxes]; gives the form and the place of every caption.
    ARRANGE = """
      const { CaptionPlaces } = await load("captions");
      const places = new CaptionPlaces();
      const sizes = [[120, 20], [60, 20], [20, 20]];
      return given.map(([now, boxes]) => places.arrange(
        boxes.map((box, id) => ({ id, box, sizes })), { width: 640, height: 480 }, now));
    """
    NEAR, ALONE = [200, 200, 240, 250], [200, 200, 240, 250]

    def test_the_whole_caption_stands_above_the_face(self, run: Run) -> None:
        ((caption,),) = run(self.ARRANGE, [[0, [self.ALONE]]])
        assert caption == {"form": 0, "place": [200, 180, 320, 200]}

    def test_neighbours_are_not_covered(self, run: Run) -> None:
        crowd = [[x, y, x + 40, y + 50] for y in (150, 205, 260) for x in range(100, 460, 45)]
        (captions,) = run(self.ARRANGE, [[0, crowd]])
        forms = {caption["form"] for caption in captions}
        assert 0 in forms, "those at the rim have room"
        assert 2 in forms, "those in the middle have none"

    def test_a_short_visit_changes_nothing(self, run: Run) -> None:
        visitor = [250, 175, 300, 235]  # where the caption stands
        frames = [
            [0, [self.ALONE]],
            [100, [self.ALONE, visitor]],
            [400, [self.ALONE, visitor]],
            [500, [self.ALONE]],
        ]
        places = [captions[0] for captions in run(self.ARRANGE, frames)]
        assert places == [places[0]] * 4

    def test_somebody_who_stays_is_given_room(self, run: Run) -> None:
        visitor = [250, 175, 300, 235]
        frames = [[0, [self.ALONE]], *[[ms, [self.ALONE, visitor]] for ms in (100, 500, 800, 900)]]
        places = [captions[0]["place"] for captions in run(self.ARRANGE, frames)]
        assert places[:3] == [places[0]] * 3
        assert places[3] != places[0]
        assert places[4] == places[3]

    def test_the_form_does_not_flicker_where_it_only_just_fits(self, run: Run) -> None:
        frames = []
        for i in range(200):
            gap = 78 if i % 2 else 82  # the next caption only just fits, and only just not
            frames.append([33 * i, [[100, 200, 140, 250], [100 + gap, 200, 140 + gap, 250]]])
        forms = [tuple(caption["form"] for caption in captions) for captions in run(self.ARRANGE, frames)]
        assert len({*forms}) == 1


class TestHealth:
    """Whether pictures come."""

    PLAY = """
      const { StreamHealth } = await load("stream_health");
      const health = new StreamHealth();
      for (const [now, hidden] of given.pictures) health.picture(now, hidden);
      return [health.lostFor(given.now), health.missedSeconds(given.now)];
    """

    def ask(self, run: Run, pictures: list[list[Any]], now: int) -> Any:
        return run(self.PLAY, {"pictures": pictures, "now": now})

    def test_two_seconds_without_a_picture(self, run: Run) -> None:
        pictures = [[100 * i, False] for i in range(10)]
        assert self.ask(run, pictures, 2800)[0] == 0
        assert self.ask(run, pictures, 2950)[0] == pytest.approx(2.05)
        assert self.ask(run, [], 9000)[0] == 0, "before the first picture there is nothing to lose"

    def test_a_slow_server_is_not_lost(self, run: Run) -> None:
        assert self.ask(run, [[3000 * i, False] for i in range(20)], 60_000)[0] == 0

    def test_what_a_hidden_tab_missed(self, run: Run) -> None:
        assert self.ask(run, [[0, False], [42_000, True], [42_100, True]], 42_200)[1] == pytest.approx(42)
        assert self.ask(run, [[0, False], [1000, True], [2000, True]], 2100)[1] == 0
        assert self.ask(run, [[0, False]], 9000)[1] == pytest.approx(9)


class TestZones:
    """Zones while they are drawn."""

    def test_one_is_added_moved_named_and_taken_back(self, run: Run) -> None:
        body = """
          const { Zones } = await load("zones");
          const zones = new Zones();
          zones.add("zone");
          zones.moveCorner(0, 0, [-3, 0.25]);
          zones.moveCorner(0, 0, [0.1, 0.2], false);
          zones.rename(0, "Door");
          const drawn = structuredClone(zones.list);
          const steps = [zones.undo(), zones.list[0].name];
          steps.push(zones.undo(), zones.list[0].points[0], zones.undo());
          return [drawn, steps, zones.list, zones.undo()];
        """
        drawn, steps, rest, undone = run(body)
        assert drawn[0]["name"] == "Door"
        assert drawn[0]["points"] == [[0.1, 0.2], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]
        assert steps == [True, "Zone 1", True, [0.3, 0.3], True], "a drag is one step"
        assert rest == []
        assert undone is False

    def test_corners_stay_in_the_picture_and_are_never_too_few(self, run: Run) -> None:
        body = """
          const { Zones } = await load("zones");
          const zones = new Zones([{ name: "A", kind: "line", points: [[0.1, 0.5], [0.9, 0.5]] }]);
          zones.move(0, [0.5, -2]);
          const moved = structuredClone(zones.list[0].points);
          const few = zones.removeCorner(0, 0);
          const end = zones.split(0, 1);
          const middle = zones.split(0, 0);
          return [moved, few, end, middle, zones.list[0].points];
        """
        moved, few, end, middle, points = run(body)
        assert moved == [[0.2, 0], [1, 0]]
        assert few is False
        assert end == -1, "a line has no edge after its last corner"
        assert middle == 1
        assert points == [[0.2, 0], [0.6, 0], [1, 0]]

    @pytest.mark.parametrize(
        ("points", "way"),
        [
            (
                [[0.1, 0.5], [0.9, 0.5]],
                [0, 1],
            ),  # to the right: the right hand is below
            ([[0.9, 0.5], [0.1, 0.5]], [0, -1]),
            ([[0.5, 0.9], [0.5, 0.1]], [1, 0]),
        ],
    )
    def test_forward_is_to_the_right_hand(
        self, run: Run, points: list[list[float]], way: list[float]
    ) -> None:
        body = "return (await load('zones')).forward(given, { width: 640, height: 480 });"
        assert run(body, points) == pytest.approx(way)


class TestKiosk:
    """What a kiosk says."""

    def test_the_most_urgent_goes_first(self, run: Run) -> None:
        body = "const { greeting } = await load('kiosk'); return given.map((p) => greeting(p, {}));"
        masked, bare = person(1, "with_mask"), person(2)
        wrong, unsure = person(3, "mask_worn_incorrectly"), person(4, certain=False)
        groups = [[masked, wrong, bare], [masked, wrong], [masked, unsure], [unsure], []]
        assert run(body, groups) == ["mask", "nose", "thanks", "welcome", "welcome"]

    def test_a_message_changes_only_when_it_stays(self, run: Run) -> None:
        body = """
          const { Steady } = await load("kiosk");
          const steady = new Steady();
          return given.map(([now, key]) => steady.take(key, now));
        """
        steps = [
            [0, "mask"],
            [500, "thanks"],
            [600, "mask"],
            [1200, "mask"],
            [1300, "mask"],
            [1400, "thanks"],
        ]
        assert run(body, steps) == ["welcome"] * 4 + ["mask"] * 2
