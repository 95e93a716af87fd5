"""The endpoints of referral links, the same for partners and for customers; the id of a link is its key."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from .. import moments, pages, replies
from ..calls import Call
from ..fields import Fields
from ..jsontext import Json
from ..replies import Refusal, Reply
from ..store import Value
from .referral_keys import ReferralKeys

# What the vendor's PHP client makes of the names, on the wire too.
_SNAKE_CASE = {
    "domainId": "domain_id",
    "isAdditional": "is_additional",
    "directTracking": "direct_tracking",
    "directTrackingRedirect": "direct_tracking_redirect",
    "directTrackingRedirectUrl": "direct_tracking_redirect_url",
}
_FLAGS = ("direct_tracking", "direct_tracking_redirect")
_CHANGEABLE = ("key", "domain_id", "is_additional", *_FLAGS, "direct_tracking_redirect_url")


@dataclass(frozen=True, slots=True)
class ReferralLinks:
    """What can be asked about links with these keys."""

    keys: ReferralKeys
    identified: Callable[[Call], sqlite3.Row]
    """Whose id stands in the path."""
    required_in: Callable[[Call, Fields], sqlite3.Row]
    """Whom the fields of a new link name; refuses whatever else is wrong with them first."""
    filtered_by: Callable[[Call], int | None]
    """Whose links a search is for: 0 for nobody's, None for everybody's."""

    def list_of_owner(self, call: Call) -> Reply:
        """List the links of one owner, the default one among them."""
        conditions: list[tuple[str, Value]] = [
            (f"record.{self.keys.owner} = ?", self.identified(call)["number"])
        ]
        return pages.listed(call, self.keys.table.select, conditions, self._whole)

    def create(self, call: Call) -> Reply:
        """Add a link to an owner's; Partnero prints 200 for it, not 201."""
        fields = Fields(_in_snake_case(call))
        row: dict[str, Value] = {
            "program": call.program.key,
            "key": fields.text("key", required=True),
            "is_default": 0,
            "domain_id": self._domain_id(fields),
            **_tracking(fields),
            "created_at": moments.now(),
        }
        owner = self.required_in(call, fields)["number"]
        self.keys.complain_if_taken(call, fields, fields.text("key"), owner=owner)
        fields.finish()
        number = call.store.insert(self.keys.name, {**row, self.keys.owner: owner})
        return replies.found(self._whole(self.keys.table.numbered(call, number)))

    def get(self, call: Call) -> Reply:
        """Read one link."""
        return replies.found(self._whole(self.keys.table.identified(call, "key")))

    def search(self, call: Call) -> Reply:
        """List the link with this id or key, if it is of the owner that may be named too."""
        key = call.filter("id") or call.filter("key")
        if key is None:
            raise replies.invalid({"key": ["One of id and key is required."]})
        conditions: list[tuple[str, Value]] = [
            ("record.program = ?", call.program.key),
            ("record.key = ?", key),
        ]
        owner = self.filtered_by(call)
        if owner is not None:
            conditions.append((f"record.{self.keys.owner} = ?", owner))
        return pages.listed(call, self.keys.table.select, conditions, self._whole)

    def update(self, call: Call) -> Reply:
        """Change the fields that are sent; with a new key, the link has a new id."""
        row, fields = self.keys.table.identified(call, "key"), Fields(_in_snake_case(call))
        if not any(fields.sent(name) for name in _CHANGEABLE):
            fields.complain("key", "One of the fields of a link is required.")
        changes = _tracking(fields)
        if fields.sent("key"):
            changes["key"] = key = fields.text("key", required=True)
            self.keys.complain_if_taken(call, fields, key, but=row["number"], owner=row[self.keys.owner])
        domain_id = self._domain_id(fields)
        if fields.sent("domain_id"):
            changes["domain_id"] = domain_id
        fields.finish()
        if changes:
            call.store.update(self.keys.name, row["number"], changes)
        return replies.found(self._whole(self.keys.table.numbered(call, row["number"])))

    def delete(self, call: Call) -> Reply:
        """Remove a link; its owner always keeps the default one."""
        row = self.keys.table.identified(call, "key")
        if row["is_default"]:
            raise Refusal(400, "Action failed: the default referral link cannot be deleted.")
        call.store.run(f"DELETE FROM {self.keys.name} WHERE number = ?", row["number"])
        return replies.done()

    def _domain_id(self, fields: Fields) -> int | None:
        """The domain that the body chooses; the same id may mean another domain when it is additional."""
        domain_id = fields.raw("domain_id")
        is_additional = fields.flag("is_additional", False)
        if domain_id is None:
            return None
        if fields.raw("is_additional") is None:
            fields.complain("is_additional", "The is_additional field is required when domain_id is present.")
            return None
        for domain in self.keys.domains:
            if str(domain.id) == str(domain_id) and domain.is_additional == is_additional:
                return domain.id
        fields.complain("domain_id", "The selected domain_id is invalid.")
        return None

    def _whole(self, row: sqlite3.Row) -> dict[str, object]:
        return {
            "id": row["key"],
            "key": row["key"],
            "url": self.keys.url(row),
            "default": bool(row["is_default"]),
            "is_additional": self.keys.domain(row).is_additional,
            "direct_tracking": bool(row["direct_tracking"]),
            "direct_tracking_redirect": bool(row["direct_tracking_redirect"]),
            "direct_tracking_redirect_url": row["direct_tracking_redirect_url"],
        }


def _in_snake_case(call: Call) -> dict[str, Json]:
    renamed = {_SNAKE_CASE[name]: value for name, value in call.body.items() if name in _SNAKE_CASE}
    return {**renamed, **call.body}


def _tracking(fields: Fields) -> dict[str, Value]:
    """What is said about direct tracking, if anything."""
    changes: dict[str, Value] = {
        name: fields.flag(name, False) for name in _FLAGS if fields.raw(name) is not None
    }
    if fields.sent("direct_tracking_redirect_url"):
        changes["direct_tracking_redirect_url"] = fields.url("direct_tracking_redirect_url")
    return changes
