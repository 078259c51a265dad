from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maskwatch.data.sample import UNKNOWN, PortraitSample, make_sample
from maskwatch.training.provenance import fingerprint, made_with

BOX = (1.0, 2.0, 30.0, 40.0)


def test_the_fingerprint_counts_faces_and_changes_with_a_label() -> None:
    rows = [(BOX, 0, False), (BOX, UNKNOWN, False), (BOX, None, False)]
    street = make_sample(Path("/data/street/a.jpg"), rows, "street")
    portrait = PortraitSample(Path("/data/with_mask/b.jpg"), 2, "people")
    found = fingerprint({"train": [street, portrait], "val": []})
    assert found["train"]["pictures"] == 2
    assert found["train"]["faces"] == {"face": 1, "ignored": 1, "mask_worn_incorrectly": 1, "with_mask": 1}
    assert found["train"]["sources"]["people"] == {"mask_worn_incorrectly": 1, "pictures": 1}
    assert found["val"]["faces"] == {}
    json.dumps(found)

    def digest(*items: object) -> str:
        return str(fingerprint({"train": items})["train"]["sha256"])  # type: ignore[dict-item]

    same = digest(street, portrait)
    assert digest(portrait, street) == same  # in any order
    assert digest(replace(street, path=Path("/elsewhere/street/a.jpg")), portrait) == same
    assert digest(replace(street, states=np.array([1, UNKNOWN, UNKNOWN])), portrait) != same
    assert digest(replace(street, boxes=street.boxes + 1), portrait) != same
    assert digest(street, replace(portrait, state=1)) != same
    assert digest(street) != same


def test_versions_are_told_even_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    told = made_with()
    assert told["commit"] is None
    assert told["torch"]
    assert told["maskwatch"]
