"""Taking values out of a request body: complaints are collected, then refused at once with 422."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from . import moments, replies
from .jsontext import Json

_NUMERIC = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_DIGITS = re.compile(r"-?\d{1,19}", re.ASCII)
_URL = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_PASSWORD = (r"[a-z]", r"[A-Z]", r"[0-9]")
_MOST_DIGITS = 40
_LARGEST_EXPONENT = 30


class Fields:
    """An object of the request; a section is a nested object that shares the complaints of the whole.

    An empty string is null, as Laravel makes it, whatever the field is (sources.md#empty-strings).
    """

    def __init__(self, values: Mapping[str, Json], *, prefix: str = "", like: "Fields | None" = None) -> None:
        self._values = {name: None if value == "" else value for name, value in values.items()}
        self._prefix = prefix
        self._complaints: dict[str, list[str]] = like._complaints if like else {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def sent(self, name: str) -> bool:
        """Whether the field is there at all; null counts as sent."""
        return name in self._values

    def text(self, name: str, *, required: bool = False) -> str | None:
        """A string."""
        value = self._values.get(name)
        if value is None:
            if required:
                self.complain(name, f"The {self._prefix}{name} field is required.")
            return None
        if not isinstance(value, str):
            self.complain(name, f"The {self._prefix}{name} must be a string.")
            return None
        return value

    def email(self, name: str, *, required: bool = False) -> str | None:
        """A string with something on both sides of an @."""
        value = self.text(name, required=required)
        if value is not None and not all(value.rpartition("@")[::2]):
            self.complain(name, f"The {self._prefix}{name} must be a valid email address.")
            return None
        return value

    def password(self, name: str) -> None:
        """A password good enough for the portal; nothing keeps it."""
        value = self.text(name)
        if value is not None and not (len(value) >= 8 and all(re.search(c, value) for c in _PASSWORD)):
            self.complain(
                name,
                f"The {self._prefix}{name} needs 8 characters, upper and lower case letters and a digit.",
            )

    def tags(self, name: str) -> list[str] | None:
        """Strings without repetition; null means that nothing is said about tags."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            self.complain(name, f"The {self._prefix}{name} must be an array.")
            return None
        tags = [tag for tag in value if isinstance(tag, str) and tag]
        if len(tags) != len(value):
            self.complain(name, f"The {self._prefix}{name} must be an array of strings.")
        return list(dict.fromkeys(tags))

    def flag(self, name: str, default: bool) -> bool:
        """A boolean, also spelled 0, 1, "0" or "1"."""
        value = self._values.get(name)
        if value is None:
            return default
        if value not in (True, False, "1", "0"):
            self.complain(name, f"The {self._prefix}{name} field must be true or false.")
            return default
        return value in (True, "1")

    def number(self, name: str) -> Decimal | None:
        """A number or a numeric string; absurd magnitudes are refused, not written out in digits."""
        value = self._values.get(name)
        if value is None:
            return None
        number = _decimal(value)
        if number is None:
            self.complain(name, f"The {self._prefix}{name} must be a number.")
        return number

    def moment(self, name: str) -> str | None:
        """A Unix timestamp or a date-time string."""
        value = self._values.get(name)
        if value is None:
            return None
        moment = moments.read(value)
        if moment is None:
            self.complain(name, f"The {self._prefix}{name} is not a valid date.")
        return moment

    def date(self, name: str) -> str | None:
        """A day, also as a date-time string."""
        value = self.text(name)
        try:
            return None if value is None else datetime.fromisoformat(value).date().isoformat()
        except ValueError:
            self.complain(name, f"The {self._prefix}{name} is not a valid date.")
            return None

    def raw(self, name: str) -> Json:
        """The value as it was sent, or null."""
        return self._values.get(name)

    def section(self, name: str) -> "Fields":
        """A nested object; an empty PHP array `[]` is an empty object."""
        value = self._values.get(name)
        if value is not None and value != [] and not isinstance(value, dict):
            self.complain(name, f"The {self._prefix}{name} must be an object.")
        values = value if isinstance(value, dict) else {}
        return Fields(values, prefix=f"{self._prefix}{name}.", like=self)

    def sections(self, name: str) -> "list[Fields]":
        """Nested objects in an array, at least one."""
        value = self._values.get(name)
        objects = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
        if not isinstance(value, list) or not value or len(objects) != len(value):
            self.complain(name, f"The {self._prefix}{name} must be an array of objects.")
        return [
            Fields(item, prefix=f"{self._prefix}{name}.{index}.", like=self)
            for index, item in enumerate(objects)
        ]

    def complain(self, name: str, message: str) -> None:
        """Note what is wrong with one field."""
        complaints = self._complaints.setdefault(self._prefix + name, [])
        if message not in complaints:
            complaints.append(message)

    def complain_of_unknown(self, name: str, section: "Fields") -> None:
        """Note that a section names no record of the program: it is not sent, or names none that exists."""
        wrong = f"The selected {self._prefix}{name} is invalid."
        self.complain(name, wrong if section else f"The {self._prefix}{name} field is required.")

    def finish(self) -> None:
        """Refuse the request when anything was wrong."""
        if self._complaints:
            raise replies.invalid(self._complaints)

    def integer(
        self, name: str, least: int = -(2**63), largest: int = 2**63 - 1, *, required: bool = False
    ) -> int | None:
        """A whole number within bounds, also as digits; without bounds it ends where PHP's integers do."""
        value = self._values.get(name)
        if value is None:
            if required:
                self.complain(name, f"The {self._prefix}{name} field is required.")
            return None
        number = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
        if isinstance(number, bool) or not isinstance(number, int) or abs(number) >= 2**63:
            self.complain(name, f"The {self._prefix}{name} must be an integer.")
            return None
        if not least <= number <= largest:
            self.complain(name, f"The {self._prefix}{name} must be between {least} and {largest}.")
            return None
        return number

    def names(self) -> Iterable[str]:
        """What was sent, known or not."""
        return self._values.keys()

    def choice(self, name: str, choices: Iterable[str], *, required: bool = False) -> str | None:
        """One of some words."""
        value = self.text(name, required=required)
        if value is not None and value not in choices:
            self.complain(name, f"The selected {self._prefix}{name} is invalid.")
            return None
        return value

    def url(self, name: str, *, required: bool = False) -> str | None:
        """An http or https address with a host."""
        value = self.text(name, required=required)
        if value is not None and not _URL.fullmatch(value):
            self.complain(name, f"The {self._prefix}{name} format is invalid.")
            return None
        return value


def _decimal(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    if isinstance(value, str) and not _NUMERIC.fullmatch(value):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) > _MOST_DIGITS or abs(exponent) > _LARGEST_EXPONENT:
        return None
    return number
