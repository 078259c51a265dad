"""Without a login the app is opened to nobody else by accident."""

from __future__ import annotations

import socket

import pytest

from app.served import free_port
from conftest import Cli
from maskwatch.app import server
from maskwatch.errors import ConfigError


@pytest.mark.parametrize("host", ["", " "])
@pytest.mark.parametrize("more", [[], ["--insecure"]])
def test_an_empty_host_is_refused_always(cli: Cli, host: str, more: list[str]) -> None:
    done = cli("app", "--no-browser", "--host", host, *more)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "--host is empty; use 127.0.0.1" in line


@pytest.mark.parametrize("host", ["0.0.0.0", "0", "::"])
def test_an_open_host_is_refused(cli: Cli, host: str) -> None:
    if host == "::" and not socket.has_ipv6:
        pytest.skip("needs IPv6")
    port = free_port()
    done = cli("app", "--no-browser", "--port", str(port), "--host", host)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    if "cannot listen on ::" in line:
        pytest.skip("needs IPv6")
    assert "there is no login" in line
    assert f"ssh -L {port}:localhost:{port}" in line
    assert "docs/guides/deploy.md" in line
    assert "--insecure" in line


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.5"])
def test_loopback_is_fine(host: str) -> None:
    server.refuse_open_host(host, 8501)
    assert server.network_lines(host, 8501) == []


def test_addresses_of_this_computer_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_resolved", lambda host, port: ["127.0.0.1", "192.168.1.5"])
    with pytest.raises(ConfigError, match="no login"):
        server.refuse_open_host("my-computer", 8501)


def test_others_are_told_where_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "lan_addresses", lambda ipv6: ["192.168.1.5", "10.0.0.7"])
    first, second = server.network_lines("0.0.0.0", 8600)
    assert first == "from other computers: http://192.168.1.5:8600 or http://10.0.0.7:8600"
    assert "no login" in second
    assert "camera only over https" in second
    assert "http://192.0.2.7:1" in server.network_lines("192.0.2.7", 1)[0]


def test_the_addresses_are_real_ones() -> None:
    for address in server.lan_addresses(ipv6=True):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as probe:
            probe.bind((address, 0))
