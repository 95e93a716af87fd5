"""The program that an API key belongs to."""

import base64
import hashlib

from .. import replies
from ..calls import Call
from ..replies import Reply
from ..routing import Route


def check(call: Call) -> Reply:
    """Who am I: the check of an API key, the same in every type of program."""
    digest = hashlib.sha256(call.program.key.encode()).digest()
    return replies.found({"program": {"pub_id": base64.b32encode(digest)[:8].decode()}})


ROUTES = (Route("GET", "/test", check, frozenset({"affiliate", "referral", "newsletter"})),)
