"""Which proxy the environment asks for, and for which hosts it asks for none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import ArgumentError, AsyncPartnero
from partnero_async._http.engines.origin import Proxy, proxy_from_environment
from partnero_async._secret import Secret

from ..engines import ENGINES
from ..profiles import examples

HOST = "api.partnero.com"
PROXY = "http://proxy.example:3128"


def chosen(scheme: str, host: str) -> str | None:
    """The proxy that the environment asks for."""
    told = proxy_from_environment(scheme, host)
    return None if told is None else told[1].reveal()


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    return monkeypatch


def test_an_environment_that_names_none_asks_for_no_proxy() -> None:
    assert chosen("https", HOST) is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_variable_is_read_in_upper_and_lower_case(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, PROXY)
    assert chosen("https", HOST) == PROXY


@pytest.mark.parametrize("name", ["HTTP_PROXY", "FTP_PROXY"])
def test_the_proxy_of_another_scheme_is_not_taken(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, PROXY)
    assert chosen("https", HOST) is None


def test_plain_http_has_its_own_proxy(proxied: pytest.MonkeyPatch) -> None:
    proxied.setenv("HTTP_PROXY", "http://other.example:3128")
    assert chosen("http", HOST) == "http://other.example:3128"


def test_the_proxy_of_the_scheme_wins_over_that_of_all(proxied: pytest.MonkeyPatch) -> None:
    proxied.setenv("ALL_PROXY", "socks5://other.example:1080")
    assert chosen("https", HOST) == PROXY


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "")
    assert chosen("https", HOST) is None


@pytest.mark.parametrize(
    "url", [f"{PROXY}\n", f" {PROXY}", f"{PROXY}/", "http://user:%e4%0a@proxy.example:3128"]
)
def test_what_surrounds_the_url_of_a_proxy_does_not_count(url: str) -> None:
    assert Proxy.of(Secret(url), "proxy").url == PROXY


def test_a_proxy_without_a_scheme_is_an_http_proxy() -> None:
    assert Proxy.of(Secret("proxy.example:3128"), "proxy").url == PROXY


UNUSABLE = [
    "socks://proxy.example:1080",
    "socks4://proxy.example:1080",
    "ftp://proxy.example",
    "http://",
    "http://user:word@",
    "http://proxy.example:port",
    "http://proxy.example:99999",
    "http://proxy.example:0",
    "http://user:word@[::1",
    "http://a..b",
    f"http://{'a' * 64}",
    "http://xn--",
    "http://256.1.1.1",
    "http://1.2.3",
    "http:/proxy.example:3128",
    "http://proxy\t.example",
    "http://pro xy.example",
    "http://us\udcffer:word@proxy.example",
    f"socks5://user:word{'d' * 252}@proxy.example",
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("url", UNUSABLE, ids=lambda url: ascii(url[:40]))
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY", None])
def test_a_proxy_that_cannot_be_used_is_refused_and_not_gone_past(
    url: str, variable: str | None, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {} if variable else {"proxy": url}
    if variable:
        monkeypatch.setenv(variable, url)
    with pytest.raises(
        ArgumentError, match=f"^{variable or 'proxy'} (is not the URL of a proxy|has)"
    ) as refused:
        AsyncPartnero("key", engine=engine, **settings)
    assert "word" not in str(refused.value)


@examples(300)
@given(
    before=st.sampled_from(["", "http://", "socks5://", "http://user:word@", "://", "http:"]),
    host=st.text(alphabet="ab.:[]@%/?#01x- *_\xdf\u3002\uff11\u200d\udcff\t\x00", max_size=12)
    | st.text(alphabet="1%a\xdf:", max_size=5).map("[::{}]".format)
    | st.text(max_size=8).map("xn--".__add__),
)
def test_any_text_is_a_proxy_that_can_be_told_or_refused(before: str, host: str) -> None:
    try:
        proxy = Proxy.of(Secret(before + host), "proxy")
    except ArgumentError:
        return
    assert proxy.url.isascii()
    assert f"{proxy.username}:{proxy.password.reveal()}".encode()


def test_name_and_password_of_a_proxy_are_told_apart_and_not_shown() -> None:
    proxy = Proxy.of(Secret("socks5://us%3Aer:pa%40ss@proxy.example:1080"), "proxy")
    assert (proxy.username, proxy.password.reveal()) == ("us:er", "pa@ss")
    assert proxy.url == "socks5://proxy.example:1080"
    assert "pa@ss" not in repr(proxy)


@pytest.mark.parametrize("exempt", ["münchen.de", "MÜNCHEN.de", ".münchen.de", "xn--mnchen-3ya.de"])
def test_an_exempt_host_may_be_written_in_its_own_letters(proxied: pytest.MonkeyPatch, exempt: str) -> None:
    proxied.setenv("NO_PROXY", exempt)
    assert chosen("https", "xn--mnchen-3ya.de") is None


def test_a_proxy_with_a_scheme_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:word@proxy.example:1080")
    assert chosen("https", HOST) == "socks5://user:word@proxy.example:1080"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "::1"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_loopback_never_goes_through_a_proxy(proxied: pytest.MonkeyPatch, scheme: str, host: str) -> None:
    proxied.setenv("ALL_PROXY", PROXY)
    assert chosen(scheme, host) is None


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_exemptions_are_read_in_upper_and_lower_case(proxied: pytest.MonkeyPatch, name: str) -> None:
    proxied.setenv(name, HOST)
    assert chosen("https", HOST) is None


@pytest.mark.parametrize(
    ("host", "exempt"),
    [
        (HOST, "*"),
        (HOST, "api.partnero.com"),
        (HOST, "API.Partnero.COM"),
        ("API.Partnero.COM", "api.partnero.com"),
        (HOST, "partnero.com"),
        (HOST, ".partnero.com"),
        (HOST, "*.partnero.com"),
        (HOST, "com"),
        (HOST, "other.example, partnero.com ,third.example"),
        (HOST, ",,partnero.com,"),
        ("partnero.com", ".partnero.com"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3", "10.0.0.0/8"),
        ("10.1.2.3", "10.1.2.0/24"),
        ("10.1.2.3", "10.9.9.9/8"),
        ("fd00::1", "fd00::1"),
        ("fd00::1", "[fd00::1]"),
        ("fd00::1", "fd00::/8"),
        ("fd00::1", "FD00:0:0::1"),
    ],
)
def test_a_host_is_exempt(proxied: pytest.MonkeyPatch, host: str, exempt: str) -> None:
    proxied.setenv("NO_PROXY", exempt)
    assert chosen("https", host) is None


@pytest.mark.parametrize(
    ("host", "exempt"),
    [
        (HOST, ""),
        (HOST, ","),
        (HOST, "."),
        (HOST, "other.example"),
        (HOST, "www.api.partnero.com"),
        (HOST, "nero.com"),
        (HOST, "api"),
        (HOST, "10.0.0.0/8"),
        ("10.1.2.3", "10.1.2.4"),
        ("10.1.2.3", "11.0.0.0/8"),
        ("10.1.2.3", "10.1.2.3/33"),
        ("10.1.2.3", "fd00::/8"),
        ("fd00::1", "10.0.0.0/8"),
        ("fd00::1", "fe80::/10"),
    ],
)
def test_a_host_is_not_exempt(proxied: pytest.MonkeyPatch, host: str, exempt: str) -> None:
    proxied.setenv("NO_PROXY", exempt)
    assert chosen("https", host) == PROXY
