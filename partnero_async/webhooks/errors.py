"""Why a delivery is not taken."""

from __future__ import annotations

from ..errors import PartneroError

__all__ = [
    "ExpiredDeliveryError",
    "MalformedDeliveryError",
    "SeenStoreError",
    "SignatureError",
    "WebhookError",
]


class WebhookError(PartneroError):
    """A delivery cannot be taken."""


class SignatureError(WebhookError):
    """It is not signed with a secret of the receiver's: not from Partnero, or changed on its way."""


class MalformedDeliveryError(WebhookError):
    """It is signed, but is not what the contract says of a delivery."""


class ExpiredDeliveryError(WebhookError):
    """It is signed, but too old for the receiver, or of a time to come, or does not say when it was made."""


class SeenStoreError(WebhookError):
    """What was handled before cannot be looked up or kept."""
