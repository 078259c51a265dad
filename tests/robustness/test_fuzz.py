"""Mutated inputs of all kinds: they are read, or refused with one line; a short form of the benchmark."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.robustness.fuzzing.kind import GOOD, REFUSED, Kind, judged
from benchmarks.robustness.fuzzing.kinds import KINDS
from benchmarks.robustness.fuzzing.runs import run_kind
from maskwatch.errors import MaskwatchError

linux = pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="what a process holds, as Linux says it"
)

# The same examples each time: a test of today must not fail by chance tomorrow.
SHORT = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=40,
    suppress_health_check=list(HealthCheck),
)
in_process = pytest.mark.parametrize(
    "kind", [k for k in KINDS.values() if k.name != "command-line"], ids=lambda k: k.name
)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """Good inputs by kind, made once."""
    return {name: list(kind.seeds(tmp_path_factory.mktemp(name))) for name, kind in KINDS.items()}


@in_process
def test_good_inputs_are_read(kind: Kind, seeds: dict[str, list[bytes]], tmp_path: Path) -> None:
    refused = []
    for data in (
        seeds[kind.name] if kind.name != "results" else []
    ):  # results have no good input to start from
        try:
            kind.attempt(data, tmp_path)
        except MaskwatchError as error:
            refused.append(str(error))
    assert all("maskwatch[heif]" in message for message in refused), "HEIC, without the package that reads it"
    assert len(refused) < max(2, len(seeds[kind.name]) / 5)


@in_process
def test_mutated_inputs_are_read_or_refused(
    kind: Kind, seeds: dict[str, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcomes = set()

    @SHORT
    @given(chance=st.randoms(use_true_random=False))
    def run(chance: random.Random) -> None:
        own = seeds[kind.name]
        outcomes.add(judged(kind, kind.mutate(chance.choice(own), chance, own), tmp_path))

    run()
    assert outcomes <= {GOOD, REFUSED}


def test_the_command_line_never_shows_a_traceback(
    seeds: dict[str, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MASKWATCH_DEBUG", "1")
    kind = KINDS["command-line"]
    for number in range(12):
        assert judged(kind, kind.make(number, seeds[kind.name]), tmp_path) in (GOOD, REFUSED)


@linux
def test_crashes_and_errors_are_counted_and_their_inputs_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    tally = run_kind("knocking:KNOCKING", 24, tmp_path)
    assert tally.inputs == sum(tally.outcomes.values()) == 24
    assert set(tally.outcomes) == {"read", "refused", "fault", "crash"}
    kinds = {fault["error"].partition(":")[0]: fault for fault in tally.faults.values()}
    assert set(kinds) == {"KeyError", "AssertionError", "crash"}
    for name, data in (("KeyError", b"bug"), ("AssertionError", b"two lines"), ("crash", b"crash")):
        assert (tmp_path / "kept" / kinds[name]["input"]).read_bytes() == data


@linux
@pytest.mark.slow
def test_an_input_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    tally = run_kind("knocking:HANGING", 1, tmp_path)
    assert dict(tally.outcomes) == {"hang": 1}
    assert (tmp_path / "kept" / "knocking-HANGING-0").read_bytes() == b"hang"
