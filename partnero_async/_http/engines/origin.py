"""Where requests go and through what: origin, proxy and TLS as values of the standard library's alone."""

from __future__ import annotations

import errno
import os
import re
import ssl
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies_environment

import attrs

from ..._secret import Secret
from ...errors import ArgumentError

__all__ = [
    "BASE_URL_VARIABLE",
    "DEFAULT_BASE_URL",
    "Origin",
    "Proxy",
    "Tls",
    "base_url_from",
    "check_key_log",
    "check_tls",
    "is_loopback",
    "proxy_for",
    "proxy_from_environment",
]

DEFAULT_BASE_URL = "https://api.partnero.com/v1"
BASE_URL_VARIABLE = "PARTNERO_BASE_URL"

# Strict on purpose: what begins like an address and goes on ("[::1].evil.example") is another host.
_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\[\]:/\\@]+)(?::[0-9]{1,5})?(?=/|$)")
# A name whose last part is a number is an address to inet_aton, and to browsers: 1.2.3 is 1.2.0.3.
_LIKE_IPV4: Final = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)\.?")
_NAME: Final = re.compile(r"[a-z0-9._-]+")
# What RFC 3986 lets stand in a path, and a percent sign, so that nothing is encoded twice.
_PATH_SAFE: Final = "/%:@!$&'()*+,;=~"
_KEY_LOG: Final = "SSLKEYLOGFILE"
_OF_OPENSSL: Final = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR", _KEY_LOG})
_LONGEST_NAME: Final = 253  # RFC 1035, section 2.3.4, without the dot at the end
_LONGEST_LABEL: Final = 63
_LONGEST_CREDENTIAL: Final = 255  # RFC 1929, section 2
_PROXY_SCHEMES: Final = ("http", "https", "socks5", "socks5h")


@attrs.frozen
class Origin:
    """The base URL, parsed: where requests go, and what their targets continue."""

    scheme: str
    """``http`` or ``https``."""

    host: str
    """The host in ASCII and lower case, an IPv6 address without its brackets."""

    port: int | None
    """The port; None for that of the scheme."""

    path: str
    """The path that every target continues, without a slash at its end."""

    @classmethod
    def of(cls, base_url: str) -> Origin:
        """The origin of a base URL that ``base_url_from`` has passed.

        Raises:
            ArgumentError: Its host is no host.
        """
        parts = urlsplit(base_url)
        try:
            host = _ascii_host(parts.hostname or "")
        except ValueError as error:  # what ipaddress and idna raise
            raise ArgumentError(f"base_url is not a URL: {error}") from None
        return cls(parts.scheme, host, _port(parts.scheme, parts.port), quote(parts.path, _PATH_SAFE))

    @property
    def encrypted(self) -> bool:
        """Whether requests go over TLS."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """Host and port as a ``Host`` header has them."""
        return _authority(self.host, self.port)

    @property
    def url(self) -> str:
        """The base URL that targets are put behind."""
        return f"{self.scheme}://{self.authority}{self.path}"


@attrs.frozen
class Proxy:
    """A proxy to go through. Its password shows in no ``repr``."""

    scheme: str
    """``http``, ``https``, ``socks5`` or ``socks5h``."""

    host: str
    """The host in ASCII and lower case, an IPv6 address without its brackets."""

    port: int | None
    """The port; None for that of the scheme."""

    username: str = ""
    """The user name; empty for none."""

    password: Secret = attrs.Factory(lambda: Secret(""))
    """The password; empty for none."""

    @classmethod
    def of(cls, url: Secret, setting: str) -> Proxy:
        """The proxy with this URL; one without a scheme is an HTTP proxy.

        Args:
            url: The URL.
            setting: The argument or variable that it comes from.

        Raises:
            ArgumentError: It is not the URL of a proxy; the text shows nothing of it, for its password.
        """
        whole = Secret(url.reveal().strip())
        if "://" not in whole.reveal():
            whole = Secret(f"http://{whole.reveal()}")
        try:
            scheme, host, port = _address(whole)
        except ValueError:
            scheme, host, port = "", "", None
        if not host or scheme not in _PROXY_SCHEMES:
            raise ArgumentError(f"{setting} is not the URL of a proxy: http, https, socks5 or socks5h")
        proxy = cls(
            scheme,
            host,
            port,
            unquote(urlsplit(whole.reveal()).username or ""),
            Secret(unquote(urlsplit(whole.reveal()).password or "")),
        )
        longest = max(len(proxy.username.encode()), len(proxy.password.reveal().encode()))
        if scheme.startswith("socks") and longest > _LONGEST_CREDENTIAL:
            raise ArgumentError(
                f"{setting} has credentials of more than 255 bytes, the most that SOCKS can say"
            )
        return proxy

    @property
    def has_credentials(self) -> bool:
        """Whether the proxy is told who asks."""
        return bool(self.username or self.password.reveal())

    @property
    def encrypted(self) -> bool:
        """Whether the proxy itself is spoken to over TLS."""
        return self.scheme == "https"

    @property
    def url(self) -> str:
        """The URL of the proxy without its credentials."""
        return f"{self.scheme}://{_authority(self.host, self.port)}"


@attrs.frozen
class Tls:
    """How the other side's certificate is checked."""

    verify: bool | ssl.SSLContext = True
    """False to trust any certificate, or the context to use."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.verify, (bool, ssl.SSLContext)):
            raise TypeError(f"verify must be bool or SSLContext, not {type(self.verify).__name__}")

    def context(self) -> ssl.SSLContext:
        """The context, made when it is first needed.

        Raises:
            ArgumentError: A variable of OpenSSL, or certifi, names what cannot be used.
        """
        if isinstance(self.verify, ssl.SSLContext):
            context = self.verify
        else:
            variables = ("SSL_CERT_FILE", "SSL_CERT_DIR", _KEY_LOG) if self.verify else ()
            context = _default_context(self.verify, *map(os.environ.get, variables))
        # One that was made for HTTP/2, too, would have the server choose it.
        context.set_alpn_protocols(["http/1.1"])
        return context


def check_tls(tls: Tls, origin: Origin, proxy: Proxy | None) -> None:
    """Refuses what cannot be used of the settings of TLS, where there is any.

    Raises:
        ArgumentError: A variable of OpenSSL names what cannot be used.
    """
    encrypts = origin.encrypted or (proxy is not None and proxy.encrypted)
    # Where no variable says otherwise, the context is made when it is needed: it takes about 40 ms.
    if encrypts and tls.verify is True and not _OF_OPENSSL.isdisjoint(os.environ):
        tls.context()


@cache
def _default_context(
    verify: bool, file: str | None = None, folder: str | None = None, key_log: str | None = None
) -> ssl.SSLContext:
    # One for the process: making it takes about 40 ms.
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    check_key_log()
    # As httpx chooses: the variables of OpenSSL, else the certificates of Mozilla.
    if file:
        with _naming("SSL_CERT_FILE", file):
            return ssl.create_default_context(cafile=file)
    if folder:
        with _naming("SSL_CERT_DIR", folder):
            # OpenSSL looks into the folders when it needs to, and says nothing of those that are not there.
            if not any(map(os.path.isdir, folder.split(os.pathsep))):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            return ssl.create_default_context(capath=folder)
    import certifi

    with _naming("certifi", certifi.where()):  # left out by who packed the application, for one
        return ssl.create_default_context(cafile=certifi.where())


def check_key_log() -> None:
    """Opens the file that ``SSLKEYLOGFILE`` names, as every new context of Python does.

    Raises:
        ArgumentError: It cannot be written to.
    """
    file = os.environ.get(_KEY_LOG)
    if file and not sys.flags.ignore_environment:
        with _naming(_KEY_LOG, file), open(file, "ab"):
            pass


@contextmanager
def _naming(source: str, value: str) -> Generator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        why = getattr(error, "strerror", None) or str(error)
        raise ArgumentError(f"{source} names {value!r:.200}, which cannot be used: {why}") from None


def base_url_from(given: str | None, *, allow_http: bool, ours: bool) -> str:
    """The base URL, without a slash at its end: what was given, else the environment's, else Partnero's.

    Args:
        given: The argument.
        allow_http: Whether plain http may leave this machine.
        ours: Whether we open the connections; where a transport was given, the scheme is its affair.

    Raises:
        ArgumentError: It is not an absolute URL, is not https, or has user info, a query or a fragment.
    """
    # A variable that is set but empty is a mistake: taken for unset, it would lead to production.
    url = given if given is not None else os.environ.get(BASE_URL_VARIABLE, DEFAULT_BASE_URL)
    if not isinstance(url, str):
        raise TypeError(f"base_url must be a string, not {type(url).__name__}")
    scheme, separator, rest = url.partition("://")
    # No text below shows the URL: it may have a password in it. http://127.0.0.1@evil has the host evil.
    if "@" in re.split(r"[?#]", rest)[0]:
        raise ArgumentError("base_url must not have user info (the part before @)")
    if not separator or scheme.lower() not in ("http", "https"):
        raise ArgumentError("base_url must begin with https:// (or http:// for a server on this machine)")
    if "?" in url or "#" in url:
        raise ArgumentError("base_url must not have a query or a fragment")
    if not {".", ".."}.isdisjoint(rest.split("/")):
        raise ArgumentError("base_url must not have . or .. in its path")
    host = _HOST.match(rest) if _is_splittable(url) else None
    if not host or not rest.isprintable() or any(map(str.isspace, rest)):
        raise ArgumentError("base_url is not a URL: its host or port is malformed, or it has blanks in it")
    if scheme.lower() == "http" and ours and not allow_http and not is_loopback(host["name"].strip("[]")):
        raise ArgumentError(
            f"base_url would send the API key to {host['name']} in the clear: use https, "
            "or allow_http=True if that is meant"
        )
    return url.rstrip("/")


def _is_splittable(url: str) -> bool:
    """Whether the standard library sees no trick in a URL, such as a letter that normalizes to a slash."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or address: ``localhost``, 127.0.0.0/8 or ::1."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def proxy_for(origin: Origin, given: Secret | None) -> Proxy | None:
    """The proxy that was given, or that the environment asks for; None for none.

    Raises:
        ArgumentError: It is not the URL of a proxy.
        TypeError: It is not a string.
    """
    if given is not None:
        if not isinstance(given.reveal(), str):
            raise TypeError(f"proxy must be str, not {type(given.reveal()).__name__}")
        return Proxy.of(given, "proxy")
    told = proxy_from_environment(origin.scheme, origin.host)
    return None if told is None else Proxy.of(told[1], told[0])


def proxy_from_environment(scheme: str, host: str) -> tuple[str, Secret] | None:
    """The proxy for an origin by ``HTTPS_PROXY`` (or ``HTTP_PROXY``), ``ALL_PROXY`` and ``NO_PROXY``.

    Args:
        scheme: ``http`` or ``https``.
        host: The host of the base URL.

    Returns:
        The variable and the URL of the proxy that it names, or None. Loopback never goes through one.
    """
    environment = {name: Secret(value) for name, value in getproxies_environment().items() if value}
    name = scheme if scheme in environment else "all"
    exempt = environment.get("no") or Secret("")
    if name not in environment or is_loopback(host) or _is_exempt(host, exempt.reveal()):
        return None
    return f"{name}_proxy".upper(), environment[name]


def _is_exempt(host: str, no_proxy: str) -> bool:
    return any(_matches(host.lower(), entry.strip().lower()) for entry in no_proxy.split(","))


def _matches(host: str, entry: str) -> bool:
    """``*``, a host, a suffix of one (``.example.com``, ``example.com``), an address, or a network (CIDR)."""
    if entry in ("", "*"):
        return entry == "*"
    try:
        return ip_address(host) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        suffix = re.sub(r":\d+$", "", entry).lstrip("*").lstrip(".")
        # The host is in ASCII by now; whoever exempts it may have written its letters.
        with suppress(ValueError):
            suffix = _ascii_host(suffix)
        return host == suffix or host.endswith(f".{suffix}")


def _address(url: Secret) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL, which shows in no frame.

    Raises:
        ValueError: It is no URL.
    """
    scheme, port = urlsplit(url.reveal()).scheme, urlsplit(url.reveal()).port
    if port == 0:
        raise ValueError("nobody listens on port 0")
    # "http:/host" is a host named http to urlsplit, once a scheme is put before it; tabs are dropped.
    if ":/" in url.reveal().partition("://")[2] or not url.reveal().isprintable():
        raise ValueError("not a URL, though it can be taken for one")
    return scheme, _ascii_host(urlsplit(url.reveal()).hostname or ""), _port(scheme, port)


def _ascii_host(host: str) -> str:
    """A host as it goes over the wire: ASCII, in lower case.

    Raises:
        ValueError: It is no host: an address out of range, or a name that IDNA does not know.
    """
    if ":" in host:
        if not host.isascii():  # ipaddress takes any zone behind a %
            raise ValueError(f"{host!r:.80} is no address")
        return str(IPv6Address(host))
    host = host.lower()
    if not host.isascii() or "xn--" in host:
        import idna  # with httpx and with aiohttp; only few hosts need it

        host = idna.encode(host).decode() if not host.isascii() else idna.decode(host) and host
    if _LIKE_IPV4.fullmatch(host):
        return str(IPv4Address(host))
    if not _NAME.fullmatch(host):
        raise ValueError(f"{host!r:.80} has characters in it that no name has")
    labels = host.removesuffix(".").split(".")
    if len(host.removesuffix(".")) > _LONGEST_NAME or not all(0 < len(x) <= _LONGEST_LABEL for x in labels):
        raise ValueError(f"{host!r:.80} has an empty or too long part")
    return host


def _port(scheme: str, port: int | None) -> int | None:
    return None if port == {"http": 80, "https": 443}.get(scheme) else port


def _authority(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"
