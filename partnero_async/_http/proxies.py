"""Which proxy the environment asks for: decided once per client, since httpx drops it with a transport."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from urllib.request import getproxies_environment

from ..settings import is_loopback

__all__ = ["proxy_from_environment"]


def proxy_from_environment(scheme: str, host: str) -> str | None:
    """The proxy for an origin by ``HTTPS_PROXY`` (or ``HTTP_PROXY``), ``ALL_PROXY`` and ``NO_PROXY``.

    Args:
        scheme: ``http`` or ``https``.
        host: The host of the base URL.

    Returns:
        The URL of the proxy, or None. Loopback never goes through one.
    """
    environment = getproxies_environment()
    proxy = environment.get(scheme) or environment.get("all")
    if not proxy or is_loopback(host) or _is_exempt(host, environment.get("no", "")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_exempt(host: str, no_proxy: str) -> bool:
    return any(_matches(host.lower(), entry.strip().lower()) for entry in no_proxy.split(","))


def _matches(host: str, entry: str) -> bool:
    """``*``, a host, a suffix of one (``.example.com``, ``example.com``), an address, or a network (CIDR)."""
    if entry in ("", "*"):
        return entry == "*"
    try:
        return ip_address(host) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        entry = re.sub(r":\d+$", "", entry)
        suffix = entry.lstrip("*").lstrip(".")
        return host == suffix or host.endswith(f".{suffix}")
