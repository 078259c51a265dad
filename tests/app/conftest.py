"""What the tests of the app share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from app.browsing import Browser
from app.served import Server, ServerMaker, servers
from conftest import FakeModels
from maskwatch.app.files import workspace
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.factory import load
from maskwatch.settings import Alerts, Settings


@pytest.fixture(scope="session")
def stream_setup(fake_models: FakeModels) -> StreamSetup:
    """The fake models, with an alert after two seconds."""
    engine = load(str(fake_models.detector), str(fake_models.classifier), 320, live=True)
    return StreamSetup(engine, Settings(alerts=Alerts(after=2.0, gap=1.0)))


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[ServerMaker]:
    """Starts servers with the given environment; they are ended with the test."""
    with servers(tmp_path) as start:
        yield start


@pytest.fixture(scope="session")
def fake_environment(fake_models: FakeModels) -> dict[str, str]:
    """Makes a server use the fake models, and store corrections in its current folder."""
    return {
        "MASKWATCH_COLLECT__FOLDER": "corrections",
        "MASKWATCH_DETECT__DETECTOR": str(fake_models.detector),
        "MASKWATCH_DETECT__SIZE": "320",
        "MASKWATCH_CLASSIFY__CLASSIFIER": str(fake_models.classifier),
    }


@pytest.fixture
def fake_page(fake_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages that run in this process use the fake models, and leave nothing to the next test."""
    for name, value in fake_environment.items():
        monkeypatch.setenv(name, value)
    yield
    workspace.close_all()
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def fake_server(
    tmp_path_factory: pytest.TempPathFactory, fake_environment: dict[str, str]
) -> Iterator[Server]:
    """One server with the fake models, for tests that do not change it."""
    with servers(tmp_path_factory.mktemp("fake-server")) as start:
        yield start(**fake_environment)


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with the models that maskwatch ships, as users start it."""
    with servers(tmp_path_factory.mktemp("real-server")) as start:
        yield start()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser of its own for each test."""
    with Browser() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The user's own settings are no part of the tests."""
    for name in os.environ:
        if name.startswith("MASKWATCH_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
