"""One request as a handler sees it: whose program it is, what was sent, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal, TypeAlias, get_args
from urllib.parse import parse_qsl

from . import replies
from .jsontext import Json
from .store import Store

ProgramType: TypeAlias = Literal["affiliate", "referral", "newsletter"]
Provider: TypeAlias = Literal["stripe", "shopify", "woocommerce", "paddle"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)


@dataclass(frozen=True, slots=True)
class Program:
    """A program and the one API key that belongs to it."""

    key: str
    type: ProgramType


@dataclass(frozen=True)
class Call:
    """What a handler may look at."""

    store: Store
    program: Program
    commission_percent: Decimal
    providers: frozenset[Provider]
    referral_reward: Decimal
    unique_emails: bool
    identifiers: tuple[str, ...]
    query: str
    body: Mapping[str, Json]
    url: str

    @property
    def identifier(self) -> str:
        """The decoded segment in place of the template's only placeholder."""
        return self.identifiers[0]

    @cached_property
    def filters(self) -> Mapping[str, Json]:
        """Query and JSON body under flat names, the body winning.

        PHP turns dots in query names into underscores, and the vendor's own client sends the parameters of a
        GET as a JSON body; so `partner.key`, `partner_key`, `partner[key]` and `{"partner": {"key": ...}}`
        are one filter. An empty one is null, as an empty field is.
        """
        flat: dict[str, Json] = {
            _flat(name): value for name, value in parse_qsl(self.query, keep_blank_values=True)
        }
        for name, value in self.body.items():
            if isinstance(value, dict):
                flat.update({_flat(f"{name}.{inner}"): field for inner, field in value.items()})
            else:
                flat[_flat(name)] = value
        return {name: None if value == "" else value for name, value in flat.items()}

    def filter(self, name: str) -> str | None:
        """A filter's text, None when it is absent or empty; numbers are read as text, the rest is refused."""
        value = self.filters.get(name)
        if value is None:
            return None
        if isinstance(value, bool | list | dict):
            raise replies.invalid({name: [f"The {name} must be a string."]})
        return str(value)

    def required_filter(self, name: str) -> str:
        """A filter's text, refused when it is absent or empty."""
        value = self.filter(name)
        if value is None:
            raise replies.invalid({name: [f"The {name} field is required."]})
        return value


def _flat(name: str) -> str:
    return name.replace("]", "").replace("[", "_").replace(".", "_")
