import pytest
import torch

from maskwatch.errors import ConfigError
from maskwatch.training.engine.hardware import choose_device, choose_precision, choose_workers


def see(monkeypatch: pytest.MonkeyPatch, cuda: int = 0, mps: bool = False, bf16: bool = True) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: bf16)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


def test_auto_takes_the_fastest_device_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    see(monkeypatch)
    assert choose_device("auto") == torch.device("cpu")
    see(monkeypatch, mps=True)
    assert choose_device("auto") == torch.device("mps")
    see(monkeypatch, cuda=2, mps=True)
    assert choose_device("auto", 1) == torch.device("cuda", 1)


@pytest.mark.parametrize(
    ("name", "rank", "message"),
    [
        ("cuda", 0, "torch sees no cuda device here; use --device auto"),
        ("gpu", 0, "no device 'gpu'; known are auto, cpu"),
        ("mps", 1, "but one mps device"),
    ],
)
def test_an_absent_device_is_one_clear_line(
    name: str, rank: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(monkeypatch, mps=True)
    with pytest.raises(ConfigError, match=message):
        choose_device(name, rank)


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    see(monkeypatch, cuda=1)
    with pytest.raises(ConfigError, match="use --devices 1"):
        choose_device("cuda", 1)


@pytest.mark.parametrize(
    ("name", "device", "bf16", "kind"),
    [
        ("auto", "cpu", True, torch.float32),
        ("auto", "mps", True, torch.float32),
        ("auto", "cuda", True, torch.bfloat16),
        ("auto", "cuda", False, torch.float16),
        ("32", "cuda", True, torch.float32),
        ("bf16", "cpu", False, torch.bfloat16),
    ],
)
def test_fewer_bits_only_where_the_device_gains(
    name: str, device: str, bf16: bool, kind: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(monkeypatch, cuda=1, bf16=bf16)
    assert choose_precision(name, torch.device(device)).kind == kind


def test_what_a_device_cannot_do_is_refused() -> None:
    with pytest.raises(ConfigError, match="use --precision bf16 or 32"):
        choose_precision("16", torch.device("cpu"))
    with pytest.raises(ConfigError, match="no precision '8'"):
        choose_precision("8", torch.device("cpu"))


def test_the_forward_pass_computes_in_that_precision() -> None:
    layer = torch.nn.Linear(2, 2)
    for name, kind in (("32", torch.float32), ("bf16", torch.bfloat16)):
        with choose_precision(name, torch.device("cpu")).autocast():
            assert layer(torch.zeros(1, 2)).dtype == kind


@pytest.mark.parametrize(
    ("device", "devices", "cores", "workers"),
    [
        *(
            ("auto", 1, 16, 15),
            ("cuda", 4, 16, 3),
            ("cuda", 8, 4, 1),
            ("cuda", 1, 1, 1),
            ("cuda", 1, None, 1),
        ),
        ("cpu", 1, 16, 1),
    ],
)
def test_all_cores_but_one_make_examples_for_gpus_and_one_for_a_cpu(
    device: str, devices: int, cores: int | None, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(monkeypatch, cuda=8)
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert choose_workers(device, devices) == workers
