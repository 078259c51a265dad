from __future__ import annotations

import json

from maskwatch.app.live.messages import counts_message
from maskwatch.counting import Counts
from maskwatch.people.counts import LineCounts, PeopleCounts, ZoneCounts


def test_counts_of_people_for_the_page() -> None:
    counts = PeopleCounts(
        Counts(1),
        Counts(81, 182),
        {"hall": ZoneCounts(Counts(1), Counts(1, 0, 0, 1)), "desk": ZoneCounts()},
        {"door": LineCounts(3, 2)},
    )
    none = {"masked": 0, "unmasked": 0, "wrong": 0, "uncertain": 0}
    assert json.loads(json.dumps(counts_message(counts))) == {
        "now": {**none, "masked": 1},
        "so_far": {**none, "masked": 81, "unmasked": 182},
        "share": {"value": 0.308, "low": 0.2553, "high": 0.3662},
        "zones": {
            "hall": {
                "now": {**none, "masked": 1},
                "so_far": {**none, "masked": 1, "uncertain": 1},
                "share": {"value": 1.0, "low": 0.2065, "high": 1.0},
            },
            "desk": {"now": none, "so_far": none, "share": None},
        },
        "lines": {"door": {"forward": 3, "backward": 2}},
    }
