"""The sidebar's choices become engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st

from maskwatch.app.pages.sidebar import Choices
from maskwatch.settings import Settings


@pytest.fixture(autouse=True)
def _forget_engines() -> Iterator[None]:
    yield
    st.cache_resource.clear()


@pytest.mark.parametrize("upright", [True, False])
def test_pictures_known_to_be_upright_are_not_searched_turned(upright: bool) -> None:
    choices = Choices(Settings.model_validate({"detect": {"upright": upright}}))
    assert (choices.picture_engine().turning is None) == upright
