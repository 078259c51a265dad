import pytest

from maskwatch.app.guard import is_local_user, is_loopback, same_origin

HERE = {"host": "localhost:8501", "origin": "http://localhost:8501"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"host": "localhost:8501", "origin": "http://localhost:8501"}, True),
        ({"host": "cam.example", "origin": "https://cam.example"}, True),
        ({"host": "localhost:8501"}, True),  # no browser, so no page of somebody else
        ({"host": "localhost:8501", "origin": "http://evil.example"}, False),
        ({"host": "localhost:8501", "origin": "http://localhost:9999"}, False),
        ({"host": "localhost:8501", "origin": "null"}, False),
        ({"host": "localhost:8501", "origin": "http://[::1"}, False),
        ({"origin": "http://localhost:8501"}, False),
    ],
)
def test_same_origin(headers: dict[str, str], expected: bool) -> None:
    assert same_origin(headers) is expected


@pytest.mark.parametrize(
    ("headers", "address", "bound_to", "expected"),
    [
        (HERE, None, "127.0.0.1", True),
        (HERE, "127.0.0.1", "localhost", True),
        ({"host": "[::1]:8501", "origin": "http://[::1]:8501"}, "::1", "::1", True),
        (HERE, "192.168.1.7", "127.0.0.1", False),
        (HERE, None, "0.0.0.0", False),
        ({"host": "192.168.1.2:8501", "origin": "http://192.168.1.2:8501"}, None, "127.0.0.1", False),
        # A foreign name that was made to point here.
        ({"host": "evil.example:8501", "origin": "http://evil.example:8501"}, None, "127.0.0.1", False),
        ({**HERE, "origin": "https://mask.example"}, None, "127.0.0.1", False),
        ({**HERE, "x-forwarded-for": "203.0.113.9"}, None, "127.0.0.1", False),
        ({}, None, "127.0.0.1", False),
        ({"host": "[::1"}, None, "127.0.0.1", False),
    ],
)
def test_is_local_user(headers: dict[str, str], address: str | None, bound_to: str, expected: bool) -> None:
    assert is_local_user(headers, address, bound_to) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("notlocalhost", False),
        ("", False),
    ],
)
def test_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
