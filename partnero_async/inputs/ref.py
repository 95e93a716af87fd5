"""Who is meant: a partner, customer or subscriber by one of its identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, cast, overload

import attrs

from ..errors import ArgumentError
from ._checks import check_text

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    # With a default, plain ``Ref`` says "by whichever identifier" to strict type checkers, too (PEP 696).
    By_co = TypeVar("By_co", bound="By", covariant=True, default="By")
else:
    from typing import TypeVar

    By_co = TypeVar("By_co", covariant=True)

__all__ = ["By", "Ref"]

By: TypeAlias = Literal["id", "key", "email"]
"""The identifiers that a ``Ref`` can name by."""


@attrs.frozen(kw_only=True, init=False)
class Ref(Generic[By_co]):
    """Names a partner, customer or subscriber by exactly one of its identifiers.

    A partner's ``id`` and its referral ``key`` are two things (``partner_123`` and ``ref_123``). To a type
    checker, ``Ref(key="ref_123")`` is a ``Ref[Literal["key"]]``: signatures say which identifiers a
    call takes.

    Args:
        id: The id: the one that you chose, or that Partnero generated.
        key: A customer's key, or any referral key of a partner.
        email: The e-mail address.

    Raises:
        ArgumentError: None or several were given, or the one is empty or blank.
        TypeError: The one is not a string.
    """

    id: str | None = None
    """The id: the one that you chose, or that Partnero generated."""

    key: str | None = None
    """A customer's key, or any referral key of a partner."""

    email: str | None = None
    """The e-mail address."""

    @overload
    def __init__(self: Ref[Literal["id"]], *, id: str) -> None: ...

    @overload
    def __init__(self: Ref[Literal["key"]], *, key: str) -> None: ...

    @overload
    def __init__(self: Ref[Literal["email"]], *, email: str) -> None: ...

    def __init__(self, *, id: str | None = None, key: str | None = None, email: str | None = None) -> None:
        named = {"id": id, "key": key, "email": email}
        given = [name for name, value in named.items() if value is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ArgumentError(f"Ref takes exactly one of id, key and email; it was given {found}")
        check_text(f"Ref({given[0]}=...)", named[given[0]])
        # What attrs generates where the class has an __init__ of its own.
        cast("Any", self).__attrs_init__(id=id, key=key, email=email)

    @property
    def by(self) -> By_co:
        """Which identifier this is: ``"id"``, ``"key"`` or ``"email"``."""
        by = "id" if self.id is not None else "key" if self.key is not None else "email"
        return cast("By_co", by)

    @property
    def value(self) -> str:
        """The identifier itself."""
        return self.id or self.key or self.email or ""

    def to_body(self) -> dict[str, str]:
        """The object that stands for this reference in a request body: ``{"key": "ref_123"}``."""
        return {str(self.by): self.value}
