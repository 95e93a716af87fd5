"""Where calls go comes from an argument or the environment, and is checked before any I/O."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import ArgumentError, AsyncPartnero
from partnero_async._http.engines.origin import DEFAULT_BASE_URL, base_url_from, is_loopback

from ..engines import ENGINES
from ..profiles import examples


def base_url(given: str | None, *, allow_http: bool = False, ours: bool = True) -> str:
    return base_url_from(given, allow_http=allow_http, ours=ours)


def test_the_base_url_is_partneros_if_nothing_is_said() -> None:
    assert base_url(None) == DEFAULT_BASE_URL == "https://api.partnero.com/v1"


def test_the_base_url_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERO_BASE_URL", "https://eu.example/v1")
    assert base_url(None) == "https://eu.example/v1"


def test_the_base_url_that_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERO_BASE_URL", "https://eu.example/v1")
    assert base_url("https://us.example/v1") == "https://us.example/v1"


def test_an_empty_variable_does_not_lead_to_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERO_BASE_URL", "")
    with pytest.raises(ArgumentError, match="base_url"):
        base_url(None)


def test_the_environment_is_checked_like_an_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERO_BASE_URL", "http://api.partnero.com/v1")
    with pytest.raises(ArgumentError, match="in the clear"):
        base_url(None)


@pytest.mark.parametrize("url", ["https://host/v1/", "https://host/v1//", "https://host/v1"])
def test_slashes_at_the_end_are_dropped(url: str) -> None:
    assert base_url(url) == "https://host/v1"


@pytest.mark.parametrize(
    "url",
    [
        "https://host",
        "https://host:8443/v1",
        "HTTPS://Host/v1",
        "https://[2001:db8::1]/v1",
        "https://10.0.0.1",
    ],
)
def test_https_may_go_to_any_host(url: str) -> None:
    assert base_url(url) == url


LOOPBACK = [
    "http://localhost",
    "http://localhost:8000/v1",
    "http://LOCALHOST",
    "http://127.0.0.1:8000",
    "http://127.1.2.3",
    "http://[::1]",
    "http://[::1]:8000/v1",
]


@pytest.mark.parametrize("url", LOOPBACK)
def test_plain_http_may_go_to_loopback(url: str) -> None:
    assert base_url(url) == url


NOT_LOOPBACK = [
    "http://api.partnero.com/v1",
    "http://10.0.0.1",
    "http://0.0.0.0",
    "http://128.0.0.1",
    "http://[::]",
    "http://[2001:db8::1]",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://evil.example/127.0.0.1",
    "http://notlocalhost",
    "http://\uff11\uff12\uff17.0.0.1",
    "http://127.0.0.1%2eevil.example",
]


@pytest.mark.parametrize("url", NOT_LOOPBACK)
def test_plain_http_to_another_host_is_refused(url: str) -> None:
    with pytest.raises(ArgumentError, match="in the clear"):
        base_url(url)


@pytest.mark.parametrize("url", NOT_LOOPBACK)
def test_plain_http_to_another_host_is_possible_if_asked_for(url: str) -> None:
    assert base_url(url, allow_http=True) == url


def test_plain_http_is_the_affair_of_a_transport_that_was_given() -> None:
    assert base_url("http://testserver", ours=False) == "http://testserver"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1@evil.example",
        "http://localhost:80@evil.example/v1",
        "https://user:word@host",
        "https://user@host",
        "https://@host",
        "https://:@host",
        "https://host\\@evil.example",
    ],
)
@pytest.mark.parametrize("ours", [True, False])
def test_user_info_is_refused(url: str, ours: bool) -> None:
    with pytest.raises(ArgumentError, match="must not have user info"):
        base_url(url, allow_http=True, ours=ours)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:word@host",
        "ftp://user:word@host",
        "https://user:word@host:port",
        "https://user:word/@host",
        "https://user:word@exa\u2100mple.com",
        "https://user:word@[bad",
    ],
)
def test_the_password_of_a_base_url_is_not_shown(url: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        base_url(url)
    assert "word" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["https://host/v1?a=b", "https://host?a", "https://host/v1#top", "https://host/v1?a#b", "http://[::1]?a"],
)
def test_a_query_or_fragment_is_refused(url: str) -> None:
    with pytest.raises(ArgumentError, match="must not have a query or a fragment"):
        base_url(url)


@pytest.mark.parametrize(
    "url", ["https://host/v1?", "https://host/v1#", "https://host/v1?#", "https://host?"]
)
def test_an_empty_query_or_fragment_that_would_swallow_every_path_is_refused(url: str) -> None:
    with pytest.raises(ArgumentError):
        base_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host",
        "ws://host",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "host/v1",
        "//host/v1",
        "/v1",
        "",
        "https",
    ],
)
def test_another_scheme_or_none_is_refused(url: str) -> None:
    with pytest.raises(ArgumentError, match=r"^base_url must begin with https://"):
        base_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "http://evil.example\\127.0.0.1",
        "https:///v1",
        "https://:443",
        "https:host",
        "https://ho st/v1",
        "https://host/v 1",
        " https://host",
        "https://host\n",
        "https://ho\tst",
        "https://host/\x00",
        "https://host\u200b",
        "https://[::1",
        "https://host:port",
        "https://host:99999",
        "https://host:-1",
        "https://exa\u2100mple.com",
    ],
    ids=ascii,
)
def test_garbage_is_refused(url: str) -> None:
    with pytest.raises(ArgumentError, match=r"^base_url "):
        base_url(url)


@pytest.mark.parametrize(
    "url", ["http://[::1].evil.example/v1", "http://[::1]evil.example", "https://[::1]x:80"]
)
def test_a_host_that_only_begins_with_an_address_in_brackets_is_refused(url: str) -> None:
    with pytest.raises(ArgumentError):
        base_url(url)


@pytest.mark.parametrize("url", ["https://xn--a", "https://[v1.x]", "http://[::1].evil.example"])
def test_a_client_refuses_a_base_url_that_httpx_cannot_read(url: str) -> None:
    with pytest.raises(ArgumentError):
        AsyncPartnero("key", base_url=url)


ON_EVERY_ENGINE = pytest.mark.parametrize("engine", ENGINES)


@ON_EVERY_ENGINE
@pytest.mark.parametrize(
    "host",
    [
        "a..b",
        ".a",
        "a" * 64,
        "a." * 127 + "b",
        "xn--.test",
        "xn--a",
        "\u0378.test",
        "\xfc" * 64,
        "256.1.1.1",
        "1.2.3.400",
        "1.2.3",
        "1.2.3.4.",
        "a.0x7f",
        "2130706433",
        "1.2\u30023",
        'a"b',
        "a%2eb",
        "a,b",
        "*.test",
        "[::1::]",
        "[1.2.3.4]",
        "a:0",
        "a:65536",
        "..",
    ],
    ids=ascii,
)
def test_a_host_that_is_none_is_refused_at_once(host: str, engine: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^base_url "):
        AsyncPartnero("key", base_url=f"https://{host}/v1", engine=engine)


@ON_EVERY_ENGINE
@pytest.mark.parametrize(
    "host",
    ["a.b.", "a" * 63, "my_service", "b\xfccher.example", "xn--bcher-kva.example", "a:65535"],
    ids=ascii,
)
def test_a_host_at_the_edge_is_taken(host: str, engine: Any) -> None:
    AsyncPartnero("key", base_url=f"https://{host}/v1", engine=engine)


# What OpenSSL reads from the environment.


@pytest.fixture
def empty_file(tmp_path: Path) -> str:
    (tmp_path / "empty.pem").touch()
    return str(tmp_path / "empty.pem")


@ON_EVERY_ENGINE
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
@pytest.mark.parametrize("through", [{}, {"base_url": "http://h.test", "proxy": "https://p.test"}])
def test_a_variable_that_names_nothing_is_refused_by_its_name(
    variable: str, through: dict[str, Any], engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(variable, "/nowhere/file")
    with pytest.raises(ArgumentError, match=rf"^{variable} names '/nowhere/file', .*No such file"):
        AsyncPartnero("key", engine=engine, allow_http=True, **through)


@ON_EVERY_ENGINE
def test_a_file_without_certificates_is_refused_by_its_name(
    empty_file: str, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", empty_file)
    with pytest.raises(ArgumentError, match=r"^SSL_CERT_FILE names .* cannot be used"):
        AsyncPartnero("key", engine=engine)


@ON_EVERY_ENGINE
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize(
    "settings",
    [{"base_url": "http://127.0.0.1:9"}, {"verify": False}, {"verify": ssl.create_default_context()}],
    ids=["plain", "unverified", "context"],
)
def test_a_variable_that_nobody_reads_may_name_nothing(
    variable: str, settings: dict[str, Any], engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "/nowhere/file")
    AsyncPartnero("key", engine=engine, **settings)


@pytest.mark.parametrize("url", [b"https://host", 5, ("https://host",)], ids=repr)
def test_a_base_url_that_is_not_a_string_is_a_type_error(url: str) -> None:
    with pytest.raises(TypeError, match=r"^base_url must be a string, not "):
        base_url(url)


@examples(300)
@given(url=st.text(max_size=20) | st.text(alphabet="/:[]@?#.\\1 ahost%", max_size=20).map("https://".__add__))
def test_any_text_is_a_base_url_or_an_argument_error(url: str) -> None:
    try:
        taken = base_url(url)
    except ArgumentError:
        return
    assert taken == url.rstrip("/")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LocalHost", True),
        ("127.0.0.1", True),
        ("127.255.255.255", True),
        ("::1", True),
        ("0:0:0:0:0:0:0:1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("", False),
    ],
)
def test_loopback_is_told_by_name_or_address(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback
