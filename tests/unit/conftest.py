"""Pictures that several tests of the core share."""

from __future__ import annotations

import numpy as np
import pytest

from maskwatch.types import Image


@pytest.fixture
def ramp() -> Image:
    """Blue counts columns, green counts rows: a crop's colours tell where it was taken."""
    rows, columns = np.mgrid[0:200, 0:250].astype(np.uint8)
    return np.dstack([columns, rows, np.zeros_like(rows)])
