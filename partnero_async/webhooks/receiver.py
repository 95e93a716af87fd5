"""Receiver: is a delivery from Partnero, and what does it say?"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias, get_args

from .._secret import Secret
from ..errors import ArgumentError
from ..inputs._checks import check_seconds
from .errors import ExpiredDeliveryError, SignatureError
from .events import Event
from .reading import Program, event_of

__all__ = ["Headers", "Receiver", "signature_in"]

Headers: TypeAlias = Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[str | bytes, str | bytes]]
"""The headers of a request as frameworks have them: a mapping, or pairs, with names in any case."""

HEADER: Final = b"signature"


class Receiver:
    """Takes the webhook deliveries of one subscription.

    Args:
        secret: The signing secret of the subscription: ``subscription.signature``, or its text.
        older: Secrets that deliveries may still be signed with, while a new one is being introduced.
        program: ``"affiliate"`` or ``"referral"``: whose records the events of customers and transactions
            hold, which both types of program have.
        max_age: Seconds; a delivery that was created longer ago is refused, as are one of a time to come and
            one that does not say when it was created. A redelivery may be as old as Partnero's last attempt:
            what is known of that is in docs/how-to/receive-webhooks.md.
        clock: Gives the Unix time.

    Raises:
        ArgumentError: A secret is empty or blank; or another argument is out of its bounds.
        TypeError: A secret is no text.
    """

    def __init__(
        self,
        secret: str | Secret,
        *older: str | Secret,
        program: Program = "affiliate",
        max_age: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if program not in get_args(Program):
            raise ArgumentError(f'program must be "affiliate" or "referral", not {program!r:.40}')
        self._keys = tuple(_key_of(one) for one in (secret, *older))
        self.program: Program = program
        """Whose records the events of customers and transactions hold."""
        self._max_age = None if max_age is None else check_seconds("max_age", max_age)
        self._clock = clock

    @property
    def signers(self) -> tuple[str, ...]:
        """A hash of each secret, the present one first: what tells a receiver from others."""
        return tuple(key.digest() for key in self._keys)

    def receive(self, body: bytes, headers: Headers) -> Event:
        """The event of a delivery, after its signature was checked in constant time.

        Args:
            body: The body of the request, byte by byte as it came: the signature is over these bytes.
            headers: The headers of the request, the ``Signature`` among them.

        Raises:
            SignatureError: It has no signature, or more than one, or one that none of the secrets made.
            MalformedDeliveryError: It is not a JSON object with a name in ``event``.
            ExpiredDeliveryError: It is older than ``max_age``.
            TypeError: The body is not bytes.
        """
        if isinstance(body, (bytearray, memoryview)):
            body = bytes(body)
        if not isinstance(body, bytes):
            raise TypeError(
                f"body must be the bytes of the request as they came, not {type(body).__name__}: the "
                "signature is over those bytes, and JSON that was parsed and written again has others"
            )
        self._check_signature(body, signature_in(headers))
        event = event_of(body, self.program)
        self._check_age(event)
        return event

    def _check_signature(self, body: bytes, signature: bytes) -> None:
        # All secrets are tried, whichever fits: how long it takes tells nothing.
        fits = [
            hmac.compare_digest(hmac.new(key.reveal(), body, hashlib.sha256).hexdigest().encode(), signature)
            for key in self._keys
        ]
        if not any(fits):
            raise SignatureError("the signature of the delivery was not made with a secret of this receiver")

    def _check_age(self, event: Event) -> None:
        if self._max_age is None:
            return
        if event.created_at is None:
            raise ExpiredDeliveryError("the delivery does not say when it was created")
        age = self._clock() - event.created_at.timestamp()
        if abs(age) > self._max_age:
            when = f"{age:.0f} s ago" if age > 0 else f"{-age:.0f} s from now"
            raise ExpiredDeliveryError(
                f"the delivery was created {when}: at most {self._max_age:g} s are allowed"
            )


class _Key:
    """A secret as bytes; no repr shows it."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        return self._value

    def digest(self) -> str:
        return hmac.new(self._value, b"partnero_async webhook signer", hashlib.sha256).hexdigest()[:32]

    def __repr__(self) -> str:
        return "_Key(b'**********')"


def _key_of(secret: str | Secret) -> _Key:
    text = secret.reveal() if isinstance(secret, Secret) else secret
    if not isinstance(text, str):
        raise TypeError(f"a secret must be a string, not {type(text).__name__}")
    if not text.strip():
        raise ArgumentError("a secret is empty: everybody could sign with it")
    if text != text.strip():
        raise ArgumentError("a secret has blanks or a line break around it: strip it")
    return _Key(text.encode())


def signature_in(headers: Headers) -> bytes:
    """The one signature among the headers of a request.

    Raises:
        SignatureError: There is none, or more than one.
        TypeError: These are no headers.
    """
    found = [_bytes(value) for name, value in _pairs(headers) if _bytes(name).lower() == HEADER]
    match found:
        case [signature]:
            return signature
        case []:
            raise SignatureError("the delivery has no header Signature")
        case _:
            raise SignatureError(f"the delivery has {len(found)} headers Signature")


def _pairs(headers: Any) -> Iterable[tuple[Any, Any]]:
    # Those of frameworks tell of a header that came twice in their items(), which a dict cannot have.
    items = getattr(headers, "items", None)
    pairs: Iterable[tuple[Any, Any]] = headers if items is None else items()
    return pairs


def _bytes(text: Any) -> bytes:
    if isinstance(text, bytes):
        return text
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    raise TypeError(f"headers must be strings or bytes, not {type(text).__name__}")
