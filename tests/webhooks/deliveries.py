"""Deliveries as Partnero sends them, and an application that takes them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

SECRET = "Sjn3sNnmh14yk6zb"


def body_of(event: str = "customer.created", data: Any = None, **fields: Any) -> bytes:
    """The body of a delivery."""
    envelope = {
        "event": event,
        "url": "https://app.example/webhooks",
        "webhook_key": "wh_abc123",
        "created_at": "2025-05-07T10:30:00.000000Z",
        "data": {"key": "customer_1", "id": "partner_1", "email": "ada@b.co"} if data is None else data,
    }
    return json.dumps({**envelope, **fields}).encode()


def signature_of(body: bytes, secret: str = SECRET) -> str:
    """Its signature."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Its headers."""
    return {"Content-Type": "application/json", "Signature": signature_of(body, secret)}
