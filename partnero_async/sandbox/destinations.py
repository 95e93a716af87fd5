"""Where webhooks may go: to this machine, and to hosts that were named.

A sandbox is fed with made-up addresses, which may be somebody's. The host is the one that httpx parses,
because httpx connects to it: `http://127.0.0.1@evil.example/` leads to evil.example.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

import httpx

# Not `is_loopback`, which answers for an IPv4-mapped address otherwise from one Python to the next.
_LOOPBACK_4 = IPv4Network("127.0.0.0/8")
_LOOPBACK_6 = IPv6Address("::1")
_HOST = re.compile(r"[\w.:-]+")


@dataclass(frozen=True, slots=True)
class Destinations:
    """This machine, and these hosts beside it."""

    hosts: frozenset[str]

    @classmethod
    def of(cls, hosts: Iterable[str]) -> "Destinations":
        """Check the names of hosts, which have neither scheme nor port."""
        if isinstance(hosts, str):
            raise ValueError(f"deliver_to must be several hosts, such as ({hosts!r},)")
        return cls(frozenset(map(_host, hosts)))

    def refusal(self, url: str) -> str | None:
        """Why nothing is sent to an address, and how to change that; None where it may be."""
        try:
            host = httpx.URL(url).host
        except httpx.InvalidURL as error:
            return f"not an address: {error}"
        if is_loopback(host) or host in self.hosts:
            return None
        return (
            f"{host} is not this machine: to deliver there, give --deliver-to {host},"
            f" or Sandbox(deliver_to=({host!r},))"
        )


def is_loopback(host: str) -> bool:
    """Whether a host can only be this machine."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address in _LOOPBACK_4 if isinstance(address, IPv4Address) else address == _LOOPBACK_6


def _host(name: str) -> str:
    """A host as httpx spells it."""
    with suppress(httpx.InvalidURL):
        if _HOST.fullmatch(name):
            return httpx.URL(f"http://[{name}]/" if ":" in name else f"http://{name}/").host
    raise ValueError(f"deliver_to must be hosts without scheme and port, not {name!r}")
