"""Sans-IO: an endpoint and its arguments -> a request; status, headers and bytes -> a record or an error."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from enum import Enum
from json import JSONDecodeError
from typing import Any, Final, TypeVar, cast
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import attrs

from ..errors import ArgumentError, PartneroError, ResponseError, StatusError, status_error
from ..inputs._checks import check_text
from ..records._base import FrozenMapping, Record, is_array, is_object
from ..records._json import JsonLoads, dump
from ..records._json import loads as standard_loads
from ..records._structure import Reading, structure, structure_all
from .endpoint import Endpoint, PageData, Reply, Shape
from .headers import request_id, retry_after

__all__ = ["Answer", "Request", "build", "decipher", "path_of"]

R = TypeVar("R", bound=Record)
T = TypeVar("T")

# How many fields, and messages to a field, are kept of a 422: a hostile body may name millions.
_MOST_ERRORS = 20
_LONGEST_TEXT = 300
_LONGEST_PAGE = 4096
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9_.~:-]+")  # RFC 3986, section 2.3, and a colon
_TITLE: Final = re.compile(r"<title[^>]*>([^<]{1,200})</title", re.IGNORECASE)
_HARMLESS: Final = re.compile(r"(?:[A-Za-z .,:;!|'()/-]|\b[0-9]{3}\b){1,100}")
# What Laravel answers where there is no such endpoint.
_NO_ROUTE: Final = re.compile(r"The route .* could not be found\.?", re.DOTALL)


@attrs.frozen
class Request:
    """A request that is ready to be sent: ``target`` continues the base URL."""

    method: str
    target: str
    # Passwords and signing secrets are not for error reporters, which print the locals of frames.
    content: bytes | None = attrs.field(default=None, repr=False)

    @classmethod
    def to(
        cls,
        method: str,
        segments: Sequence[str],
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Request:
        """The request for a path of literal segments, each encoded on its own.

        Raises:
            ArgumentError: A segment is empty, blank, ``.`` or ``..``, or has no UTF-8 form.
            TypeError: A segment is not a string.
        """
        return cls(method, path_of(segments) + _query(query), _content(body))


@attrs.frozen
class Answer:
    """What came back: header names in lower case, the body whole and inflated."""

    status: int
    headers: Mapping[str, str]
    body: bytes = attrs.field(repr=False)


def build(
    endpoint: Endpoint[Any],
    *segments: str,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
) -> Request:
    """The request for an endpoint.

    Args:
        endpoint: What to ask.
        segments: One value for each placeholder of the path template, in order.
        query: Query parameters; those that are None are left out.
        body: The JSON body.

    Raises:
        ArgumentError: A segment is empty, blank, ``.`` or ``..``, or has no UTF-8 form.
        TypeError: A segment is not a string.
    """
    target, *literals = endpoint.literals
    for name, value, literal in zip(endpoint.names, segments, literals, strict=True):
        target += _segment(name, value) + literal
    return Request(endpoint.method, target + _query(query), _content(body))


def path_of(segments: Sequence[str]) -> str:
    """Literal segments, each encoded on its own: ``("customers", "a/b")`` -> ``/customers/a%2Fb``."""
    return "".join(f"/{_segment('path segment', segment)}" for segment in segments)


def _segment(name: str, value: str) -> str:
    # An empty key would list all customers, and ".." would climb out of the path.
    if check_text(name, value) in (".", ".."):
        raise ArgumentError(f"{name} must not be {value!r}: it would change the path")
    if _UNRESERVED.fullmatch(value):
        return value
    try:
        # Custom actions have a colon, sent as it is: /customers:search (sources.md#paths).
        return quote(value, safe=":")
    except UnicodeEncodeError:
        raise ArgumentError(f"{name} has no UTF-8 form") from None


def _query(query: Mapping[str, Any] | None) -> str:
    if not query:
        return ""
    pairs = [
        (name, _query_value(name, item))
        for name, value in query.items()
        for item in (cast("Sequence[Any]", value) if isinstance(value, (list, tuple)) else (value,))
        if item is not None
    ]
    try:
        return f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""
    except UnicodeEncodeError:
        raise ArgumentError("a query parameter has no UTF-8 form") from None


def _query_value(name: str, value: Any) -> str:
    match value:
        case Enum():  # str() of a member of ``class Order(str, Enum)`` is its name
            return _query_value(name, value.value)
        case bool():
            return "true" if value else "false"
        case str() | int():
            return str(value)
        case Decimal() if value.is_finite():
            return format(value, "f")
        case _:
            raise TypeError(f"query parameter {name} cannot be a {type(value).__name__}")


def _content(body: Mapping[str, Any] | None) -> bytes | None:
    try:
        return None if body is None else dump(body).encode("ascii")
    except RecursionError:
        raise ArgumentError("the body is nested too deeply") from None


def decipher(endpoint: Endpoint[T], answer: Answer, loads: JsonLoads, *, strict: bool = True) -> T:
    """What an endpoint returns, out of its answer.

    Args:
        endpoint: What was asked.
        answer: What came back.
        loads: What parses JSON text.
        strict: Whether a record is refused over a field that has another type than documented. If not, the
            field is left unread; and what a call returns that changed something is then a record in any case.

    Raises:
        StatusError: The status is not 2xx.
        ResponseError: The body is not JSON, not what the endpoint returns, or says that the action failed.
    """
    read: Callable[[Any, Answer, JsonLoads, Reading], T] = _READERS[endpoint.returns.shape]
    unless_strict = Reading.LENIENT if endpoint.safe_to_retry else Reading.WHATEVER
    reading = Reading.STRICT if strict else unless_strict
    return read(endpoint.returns.record, answer, loads, reading)


def _json(answer: Answer, loads: JsonLoads) -> Any:
    """The JSON value of a 2xx answer; None for an empty body."""
    if not 200 <= answer.status <= 299:
        raise _refusal(answer, loads)
    if not answer.body.strip():
        return None
    try:
        value = loads(answer.body.removeprefix(BOM_UTF8).decode())
    except UnicodeDecodeError as error:
        raise _unreadable(answer, f"the body is not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise _unreadable(answer, "the body is nested too deeply") from None
    except Exception as error:  # a json_loads that a user brought raises what it likes
        ours = loads is standard_loads or isinstance(error, JSONDecodeError)
        # Another's own error may quote what it read; the standard library's tells places alone.
        raise _unreadable(
            answer, f"the body is not JSON: {error if ours else type(error).__name__}"
        ) from None
    if not is_object(value) or value.get("status") != 0:
        return value
    said = _said(value) or "no message"
    del value  # it may hold secrets, and error reporters print locals
    raise _unreadable(answer, f"status 0 in the body: {said}")


def _read_one(record: type[R], answer: Answer, loads: JsonLoads, reading: Reading) -> R:
    value = _json(answer, loads)
    if not is_object(value) or "data" not in value:
        del value  # see below
        raise _unreadable(answer, "there is no data in the body")
    # Taken out: it may hold secrets, and error reporters print the locals of this frame.
    return structure(record, value.pop("data"), reading)


def _read_one_in_envelope(record: type[R], answer: Answer, loads: JsonLoads, reading: Reading) -> R:
    value = _json(answer, loads)
    data = value.pop("data", None) if is_object(value) else None
    if not is_object(data):
        del value, data  # they may hold secrets, and error reporters print locals
        raise _unreadable(answer, "there is no data in the body")
    beside = _without_status(value)
    if record.envelope is not None and beside:
        data[record.envelope] = beside
    return structure(record, data, reading)


def _read_several(record: type[R], answer: Answer, loads: JsonLoads, reading: Reading) -> tuple[R, ...]:
    # The sales are recorded by then: an error over one item would put all of them in doubt.
    value = _json(answer, loads)
    data = value.get("data") if is_object(value) else value
    records = list[R]()
    for item in data if is_array(data) else [data]:
        with suppress(ResponseError):
            records.append(structure(record, item, reading))
    return tuple(records)


def _read_undocumented(record: type[R], answer: Answer, loads: JsonLoads, reading: Reading) -> R:
    """The record of ``data``, or else of the answer as a whole."""
    value = _json(answer, loads)
    data = value.get("data") if is_object(value) else None
    if not (is_object(data) and data):
        data = _without_status(value) if is_object(value) else {} if value is None else {"data": value}
    try:
        return structure(record, data, reading)
    except ResponseError:
        pass
    # A field has another type than elsewhere, such as a string for an integer id: all goes to `extra`.
    try:
        return record(extra=FrozenMapping(data))
    except RecursionError:
        pass
    del value, data  # they may hold secrets, and error reporters print locals
    raise _unreadable(answer, "the body is nested too deeply")


def _without_status(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without the envelope's own status, which is a number: the status of a record is a word."""
    return {name: item for name, item in envelope.items() if name != "status" or not isinstance(item, int)}


def _read_page(record: type[R], answer: Answer, loads: JsonLoads, reading: Reading) -> PageData[R]:
    """The records in ``data``, and the page number in ``links.next``: nothing else is taken from there."""
    value = _json(answer, loads)
    items: Any = None
    try:
        items = value.get("data") if is_object(value) else None
        if not is_array(items):
            raise _unreadable(answer, "data should be an array")
        links = value.get("links") if is_object(value) else None
        # Older lists came without links, and Laravel has other shapes too (sources.md#lists).
        known = is_object(links) and "next" in links
        following = links.get("next") if is_object(links) else None
        number = None if following is None else _page_number(answer, following)
        return PageData(_items(record, items, reading), number, known)
    except ResponseError:
        del value, items  # they may hold secrets, and error reporters print locals
        raise


def _items(record: type[R], items: list[Any], reading: Reading) -> tuple[R, ...]:
    records = list[R]()
    try:
        structure_all(record, items, records, reading)
    except ResponseError as error:
        error.message = f"data[{len(records)}]: {error.message}"
        raise
    return tuple(records)


def _read_nothing(_: None, answer: Answer, loads: JsonLoads, reading: Reading) -> None:
    # Whatever a 2xx carries is accepted, so long as it does not say that the action failed.
    _json(answer, loads)


def _read_reply(_: None, answer: Answer, loads: JsonLoads, reading: Reading) -> Reply:
    return Reply(answer.status, answer.headers, _json(answer, loads))


_READERS: Final[Mapping[Shape, Callable[[Any, Answer, JsonLoads, Reading], Any]]] = {
    Shape.ONE: _read_one,
    Shape.ONE_IN_ENVELOPE: _read_one_in_envelope,
    Shape.PAGE: _read_page,
    Shape.SEVERAL: _read_several,
    Shape.UNDOCUMENTED: _read_undocumented,
    Shape.NOTHING: _read_nothing,
    Shape.REPLY: _read_reply,
}


def _page_number(answer: Answer, link: Any) -> int:
    try:
        query = urlsplit(link).query if isinstance(link, str) else ""
    except ValueError:
        query = ""
    text = parse_qs(query).get("page", [""])[-1]
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10):
        raise _unreadable(answer, "links.next names no page")
    return int(text)


def _refusal(answer: Answer, loads: JsonLoads) -> PartneroError:
    """The error for a status that is not 2xx. It never fails itself, whatever the body is.

    Partnero refuses with a JSON object. What has another form is of a proxy or of another server, and says
    nothing of a record.
    """
    message, errors = _reason(answer), dict[str, tuple[str, ...]]()
    try:
        value = loads(answer.body.removeprefix(BOM_UTF8).decode(errors="replace")) if answer.body else None
    except Exception:  # an HTML page of a proxy, for one: the status is known
        value = None
    if is_object(value):
        # Of a redirect, `_reason` names the host in Location; the page that comes with it says less.
        message = message if 300 <= answer.status <= 399 else _said(value) or message
        errors = _field_errors(value.get("errors"))
    from_partnero = is_object(value) and not _NO_ROUTE.fullmatch(_said(value))
    kind = StatusError if answer.status == 404 and not from_partnero else status_error(answer.status)
    error = kind(
        message or _text_of(answer),
        status=answer.status,
        errors=errors,
        retry_after=retry_after(answer.headers),
        request_id=request_id(answer.headers),
    )
    error.from_partnero = from_partnero
    return error


def _text_of(answer: Answer) -> str:
    """What a refusal says that is not JSON, if it is short and harmless: plain text, or the title of a page.

    Harmless is what can hold neither an e-mail address nor a key with a digit or an underscore.
    """
    body = answer.body[:_LONGEST_PAGE].decode(errors="replace")
    title = _TITLE.search(body)
    if title is None and "<" in body:
        return ""
    said = " ".join((title[1] if title else body).split())
    return said if _HARMLESS.fullmatch(said) else ""


def _reason(answer: Answer) -> str:
    if 300 <= answer.status <= 399:
        try:
            host = urlsplit(answer.headers.get("location", "")).hostname
        except ValueError:
            host = None
        return f"a redirect to {host or 'another address'}, which is not followed"
    if answer.status == 401:
        return "the API key is missing, invalid or expired"
    return ""


def _said(value: Mapping[str, Any]) -> str:
    message = value.get("message")
    return message[:_LONGEST_TEXT] if isinstance(message, str) else ""


def _field_errors(errors: Any) -> dict[str, tuple[str, ...]]:
    """Field -> messages, from a mapping as documented and from anything else that a server may send."""
    if not errors:
        return {}
    by_field = errors if is_object(errors) else {"": errors}
    return {
        field[:100]: tuple(map(_error_text, (texts if is_array(texts) else [texts])[:_MOST_ERRORS]))
        for field, texts in list(by_field.items())[:_MOST_ERRORS]
    }


def _error_text(text: Any) -> str:
    try:
        return str(text)[:_LONGEST_TEXT]
    except RecursionError:
        return "(nested too deeply)"


def _unreadable(answer: Answer, why: str) -> ResponseError:
    return ResponseError(why, status=answer.status, request_id=request_id(answer.headers))
