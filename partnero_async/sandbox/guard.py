"""Who may look at a sandbox's pages and change it: programs on this machine, and its own pages.

A sandbox asks for no password, and whatever site a developer has open can make the browser send requests to
it: with a form, which needs nobody's leave, or under a name of the site's own that suddenly means 127.0.0.1
(DNS rebinding). The browser tells both apart from us, in headers that no script can set.
"""

import re

from starlette.requests import Request

from .destinations import is_loopback
from .replies import Refusal

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s\[\]:/@]+))(?::\d{0,5})?")
_READING = ("GET", "HEAD")
# `none` is the user's own doing, such as a bookmark; programs that are no browsers send nothing.
_OWN_SITES = ("same-origin", "none")


def check_host(request: Request) -> None:
    """Refuse a request that calls this server by a name which may be anybody's."""
    hosts = request.headers.getlist("host")
    found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    name = (found[1] or found[2]).lower() if found else ""
    if not is_loopback(name) and name != _own_name(request):
        raise Refusal(403, f"The host must be this machine, such as localhost, not {', '.join(hosts)!r}.")


def check_change(request: Request) -> None:
    """Refuse a request that would change something, unless it is of this machine and no other site's."""
    if request.method in _READING:
        return
    check_host(request)
    own = f"{request.scope['scheme']}://{request.headers['host']}".lower()
    for origin in request.headers.getlist("origin"):
        if origin.lower() != own:
            raise Refusal(403, f"Pages of another origin, {origin!r}, may not change this sandbox.")
    for site in request.headers.getlist("sec-fetch-site"):
        if site not in _OWN_SITES:
            raise Refusal(403, f"Pages of another site ({site!r}) may not change this sandbox.")


def _own_name(request: Request) -> str | None:
    """The address that this server is bound to; in memory, whatever it is called there."""
    server: tuple[str, int | None] | None = request.scope.get("server")
    return server[0].lower() if server else None
