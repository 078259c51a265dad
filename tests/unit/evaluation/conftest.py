from __future__ import annotations

import pytest

from conftest import FakeModels
from maskwatch.evaluation.inference import EvaluatedEngine, load_evaluated_engine


@pytest.fixture
def engine(fake_models: FakeModels) -> EvaluatedEngine:
    """The tiny models, at a size that fits the pictures of `labelled`."""
    return load_evaluated_engine(str(fake_models.detector), str(fake_models.classifier), 320, threads=1)
