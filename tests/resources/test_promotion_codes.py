"""Promotion codes: what is refused before it is sent, and what is known of a redemption."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import httpx
import pytest

from partnero_async import (
    ArgumentError,
    AsyncPartnero,
    ConnectionLostError,
    Found,
    Missing,
    NotFoundError,
    Options,
    ResponseError,
    ServerError,
    ValidationError,
)
from partnero_async.inputs import CodeHolder, NewPromotionCode
from partnero_async.records import PromotionCode, PromotionCodeRedemption, Redemption

from ..servers import key_of, scripted
from .scripts import (
    DONE,
    Bad,
    Call,
    Script,
    bad_fields,
    bad_keys,
    bad_pages,
    bad_segments,
    each,
    envelope,
    page,
    refuse,
    refuse_at_once,
)
from .test_coupons import METADATA

pytestmark = pytest.mark.asyncio

HOLDER = CodeHolder(id="h", full_name="Ada Lovelace")

# What a code cannot be made with, whether alone or together with its coupon.
OF_A_CODE: list[tuple[Any, type[Exception], str]] = [
    *METADATA,
    ({"code": ""}, ArgumentError, "^code must not be empty"),
    ({"code": " "}, ArgumentError, "^code must not be blank"),
    ({"code": None}, TypeError, "^code must be a string, not NoneType"),
    ({"code": 25}, TypeError, "^code must be a string, not int"),
    *(
        ({"code": code}, ArgumentError, "^code must be of letters, digits, - and _, 100 at most$")
        for code in ("a" * 101, "a b", "50%", "ü", "a/b", "..", "a\n", "٣")
    ),
    ({"first_time_order": 1}, TypeError, "^first_time_order must be True or False, not int"),
    ({"first_time_order": None}, TypeError, "^first_time_order must be True or False, not NoneType"),
    *(
        ({kind: value}, TypeError, f"^{kind} must be a CodeHolder, not {type(value).__name__}$")
        for kind in ("partner", "customer", "subscriber")
        for value in ("partner_123", {"id": "p", "full_name": "n"}, None)
    ),
    *(
        ({name: value}, error, f"^{name} must be {said}")
        for name, least in (("minimum_order_value", 0), ("redemption_times_value", 1))
        for value, error, said in (
            (least - 1, ArgumentError, f"at least {least}, not {least - 1}$"),
            (-(10**5000), ArgumentError, f"at least {least}, not a number of unreasonable size$"),
            (10**5000, ArgumentError, f"at least {least}, not a number of unreasonable size$"),
            (True, TypeError, "a whole number, not bool$"),
            (22.0, TypeError, "a whole number, not float$"),
            (Decimal(22), TypeError, "a whole number, not Decimal$"),
            (float("nan"), TypeError, "a whole number, not float$"),
            ("22", TypeError, "a whole number, not str$"),
            (None, TypeError, "a whole number, not NoneType$"),
        )
    ),
    *(
        (
            {"expiration_date_value": value},
            TypeError,
            f"^expiration_date_value must be a date, not {type(value).__name__}$",
        )
        for value in (datetime(2025, 5, 31, tzinfo=UTC), "2025-05-31", "", None, 0)
    ),
]

BAD: list[Bad] = [
    *bad_segments(
        "code",
        get=lambda api, code: api.promotion_codes.get(code),
        redeem=lambda api, code: api.promotion_codes.redeem(code, transaction_key="t"),
    ),
    *bad_fields(
        "create",
        lambda api, **fields: api.promotion_codes.create(**{"coupon": "c"} | fields),
        *OF_A_CODE,
        ({"coupon": ""}, ArgumentError, "^coupon must not be empty"),
        ({"coupon": " "}, ArgumentError, "^coupon must not be blank"),
        ({"coupon": None}, TypeError, "^coupon must be a string, not NoneType"),
        ({"coupon": 12.0}, TypeError, "^coupon must be a string, not float"),
        ({"coupon": True}, TypeError, "^coupon must be a whole number, not bool"),
        ({"coupon": -1}, ArgumentError, "^coupon must be from 0 to "),
        ({"coupon": 10**5000}, ArgumentError, "^coupon must be from 0 to "),
        ({"older_path": 1}, TypeError, "^older_path must be True or False, not int"),
        ({"older_path": None}, TypeError, "^older_path must be True or False, not NoneType"),
    ),
    *bad_fields(
        "update",
        lambda api, code="P", **fields: api.promotion_codes.update(code, **fields),
        *METADATA,
        ({}, ArgumentError, "nothing to update"),
        ({"code": "", "metadata": {}}, ArgumentError, "^code must not be empty"),
        ({"code": " ", "metadata": {}}, ArgumentError, "^code must not be blank"),
        ({"code": 5, "metadata": {}}, TypeError, "^code must be a string, not int"),
        ({"partner": "p"}, TypeError, "^partner must be a CodeHolder, not str$"),
        ({"partner": {}}, TypeError, "^partner must be a CodeHolder, not dict$"),
    ),
    *bad_fields(
        "redeem",
        lambda api, code="P", **fields: api.promotion_codes.redeem(code, **fields),
        ({"code": ""}, ArgumentError, "^code must not be empty"),
        ({"code": " "}, ArgumentError, "^code must not be blank"),
        ({"code": None}, TypeError, "^code must be a string, not NoneType"),
        ({"transaction_key": ""}, ArgumentError, "^transaction_key must not be empty"),
        ({"transaction_key": " "}, ArgumentError, "^transaction_key must not be blank"),
        ({"transaction_key": None}, TypeError, "^transaction_key must be a string, not NoneType"),
        ({"transaction_key": 5}, TypeError, "^transaction_key must be a string, not int"),
        ({"options": {"timeout": 3}}, TypeError, "Options"),
    ),
    *bad_fields(
        "delete",
        lambda api, code="P", coupon="c": api.promotion_codes.delete(code, coupon=coupon),
        ({"code": ""}, ArgumentError, "^code must not be empty"),
        ({"code": None}, TypeError, "^code must be a string, not NoneType"),
        ({"coupon": " "}, ArgumentError, "^coupon must not be blank"),
        ({"coupon": 12}, TypeError, "^coupon must be a string, not int"),
    ),
]


@each(BAD)
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


@pytest.mark.parametrize(("fields", "error", "said"), OF_A_CODE, ids=[f"{n}" for n in range(len(OF_A_CODE))])
async def test_a_bad_code_cannot_be_made_to_come_along_with_its_coupon(
    fields: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        NewPromotionCode(**fields)


@each(bad_pages(list=lambda api, **page: api.promotion_codes.list(**page)))
async def test_a_bad_list_is_refused_where_it_is_asked_for(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse_at_once(call, error, said)


async def sent_for(**fields: Any) -> Any:
    script = Script(envelope(code="P"))
    async with script.client() as partnero:
        await partnero.promotion_codes.create(**{"coupon": "c"} | fields)
    return script.last


@pytest.mark.parametrize("code", ["a", "-", "_", "0", "A-z_9", "a" * 100])
async def test_a_code_of_the_right_characters_is_taken_up_to_its_length(code: str) -> None:
    assert (await sent_for(code=code)).body == {"coupon_uuid": "c", "code": code}


@pytest.mark.parametrize(
    ("coupon", "named"),
    [
        ("c", {"coupon_uuid": "c"}),
        ("12", {"coupon_uuid": "12"}),
        (12, {"coupon_id": 12}),
        (0, {"coupon_id": 0}),
    ],
)
@pytest.mark.parametrize("older", [False, True])
async def test_a_coupon_is_named_by_its_code_or_its_number_on_either_path(
    coupon: Any, named: Any, older: bool
) -> None:
    sent = await sent_for(coupon=coupon, older_path=older)
    assert (sent.path, sent.body) == ("/promotion-code" if older else "/promotion-codes", named)


async def test_every_limit_is_switched_on_with_its_value() -> None:
    sent = await sent_for(
        minimum_order_value=0, expiration_date_value=date(2025, 5, 31), redemption_times_value=1
    )
    assert sent.body == {
        "coupon_uuid": "c",
        "minimum_order_status": True,
        "minimum_order_value": 0,
        "expiration_date_status": True,
        "expiration_date_value": "2025-05-31",
        "redemption_times_status": True,
        "redemption_times_value": 1,
    }


async def test_a_code_is_given_to_a_partner_and_taken_back() -> None:
    script = Script(envelope(code="P"))
    async with script.client() as partnero:
        await partnero.promotion_codes.update("P", partner=HOLDER)
        assert script.last.body == {
            "code": "P",
            "limit_to_specific_partner": True,
            "coupon_specific_partners": {"id": "h", "full_name": "Ada Lovelace"},
        }
        await partnero.promotion_codes.update("P", partner=None, metadata={})
    assert script.last.body == {"code": "P", "limit_to_specific_partner": False, "metadata": {}}


async def test_a_deletion_is_done_by_the_answer_that_the_source_prints_inside_out() -> None:
    script = Script({"data": {"status": 1, "message": "Promotion code deleted"}})
    async with script.client() as partnero:
        await partnero.promotion_codes.delete("P", coupon="c")
    assert script.last == ("DELETE", "/promotion-codes", {}, {"code": "P", "coupon": {"uuid_code": "c"}})


# Redemption: what two answers tell.

ENTRY = {"redeemed_at": "2025-05-09T07:11:04.000000Z", "transaction_key": "t"}
OTHER = {"redeemed_at": "2025-05-08T07:11:04.000000Z", "transaction_key": "other"}
LOGGED = PromotionCodeRedemption(redeemed_at=datetime(2025, 5, 9, 7, 11, 4, tzinfo=UTC), transaction_key="t")

NO_LOG: dict[str, Any] = {}
EMPTY: dict[str, Any] = {"additional_info": []}
WITHOUT: dict[str, Any] = {"additional_info": {"redemptions": [OTHER]}}
WITH: dict[str, Any] = {"additional_info": {"redemptions": [OTHER, ENTRY]}}


def times(count: int | str) -> dict[str, Any]:
    return {"times_redeemed": count}


def read_and_redeemed(before: Any, after: Any) -> Script:
    return Script(envelope(code="P", **before), envelope(code="P", **after))


CASES: list[tuple[Any, Any, bool | None]] = [
    # The log before has the entry: whatever comes after, this call did nothing.
    *((WITH | a, b | c, False) for a, b, c in product(
        (times(1), {}), (NO_LOG, EMPTY, WITHOUT, WITH), (times(1), times(2), {})
    )),
    # The log after has it, and that before had not.
    *((WITHOUT | a, WITH | b, True) for a, b in product((times(1), {}), (times(2), {}))),
    (EMPTY | times(0), WITH | times(1), True),
    (EMPTY | times(2), WITH | times(3), True),
    (NO_LOG | times(0), WITH | times(1), True),
    (EMPTY | times("0"), WITH | times("1"), True),
    (EMPTY | times(0), WITH, True),
    # It may have been there before: no log and no counter, or a counter that stands still.
    (NO_LOG, WITH | times(1), None),
    (NO_LOG, WITH, None),
    (EMPTY, WITH | times(1), None),
    (NO_LOG | times(1), WITH | times(1), None),
    # The log after lacks it.
    *((a, WITHOUT | b, False) for a, b in product(
        (NO_LOG, EMPTY, EMPTY | times(1), WITHOUT, WITHOUT | times(1)), (times(1), times(2), {})
    )),
    # An empty log is as good as none, but for the counter beside it.
    (EMPTY | times(0), EMPTY | times(0), False),
    (EMPTY | times(2), EMPTY | times(2), False),
    (NO_LOG | times(2), NO_LOG | times(2), False),
    (NO_LOG, EMPTY | times(0), False),
    (NO_LOG, EMPTY | times(2), False),
    (WITHOUT | times(1), NO_LOG | times(1), False),
    # Counted without a log: for which sale, nobody says.
    (EMPTY | times(0), EMPTY | times(1), None),
    (NO_LOG | times(0), NO_LOG | times(1), None),
    (WITHOUT | times(1), NO_LOG | times(2), None),
    # Nothing is shown.
    *((a, b, None) for a, b in product((NO_LOG, EMPTY, WITHOUT, times(1)), (NO_LOG, EMPTY))),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "recorded"), CASES)
async def test_two_answers_tell_whether_a_redemption_was_counted(
    before: Any, after: Any, recorded: bool | None
) -> None:
    script = read_and_redeemed(before, after)
    async with script.client() as partnero:
        redemption = await partnero.promotion_codes.redeem("P", transaction_key="t")
    assert redemption.recorded is recorded
    has_entry = WITH["additional_info"] in (before.get("additional_info"), after.get("additional_info"))
    assert redemption.entry == (LOGGED if has_entry else None)
    assert redemption.promotion_code.times_redeemed == (
        int(after["times_redeemed"]) if "times_redeemed" in after else None
    )
    assert [request.method for request in script.requests] == ["GET", "PUT"]
    assert script.last.body == {"code": "P", "redeem": True, "transaction_key": "t"}


async def test_an_entry_of_another_sale_is_not_that_of_this_one() -> None:
    script = read_and_redeemed(EMPTY | times(1), WITHOUT | times(2))
    async with script.client() as partnero:
        redemption = await partnero.promotion_codes.redeem("P", transaction_key="t")
    assert (redemption.recorded, redemption.entry) == (False, None)
    assert redemption.promotion_code.redemption_of("other") is not None


@pytest.mark.parametrize("after", [NO_LOG, WITH | times(5), EMPTY | times(0)])
async def test_without_a_key_one_request_counts(after: Any) -> None:
    script = Script(envelope(code="P", **after))
    async with script.client() as partnero:
        redemption = await partnero.promotion_codes.redeem("P")
    assert (redemption.recorded, redemption.entry) == (True, None)
    assert [(request.method, request.url.path) for request in script.requests] == [
        ("PUT", "/v1/promotion-codes")
    ]
    assert script.last.body == {"code": "P", "redeem": True}


async def test_the_code_is_read_by_its_own_path() -> None:
    script = read_and_redeemed(NO_LOG, NO_LOG)
    async with script.client() as partnero:
        await partnero.promotion_codes.redeem("a b", transaction_key="t")
    assert script.requests[0].url.raw_path == b"/v1/promotion-codes/a%20b"
    assert script.last.body["code"] == "a b"


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (httpx.Response(404, json={"message": "Promotion code not found."}), NotFoundError),
        (httpx.Response(200, json={"data": {"name": "n"}}), ResponseError),
        (httpx.Response(503), ServerError),
    ],
)
async def test_a_code_that_cannot_be_read_is_not_redeemed(refusal: Any, error: Any) -> None:
    script = Script(refusal)
    async with script.client(retries=0) as partnero:
        with pytest.raises(error) as failed:
            await partnero.promotion_codes.redeem("P", transaction_key="t")
    assert failed.value.in_doubt is False
    assert [request.method for request in script.requests] == ["GET"]


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx.ReadError("gone"), ConnectionLostError),
        (httpx.Response(500), ServerError),
        (httpx.Response(200, text="no JSON"), ResponseError),
        (httpx.Response(200, json={"status": 0}), ResponseError),
    ],
)
@pytest.mark.parametrize("key", [{}, {"transaction_key": "t"}], ids=["without a key", "with a key"])
async def test_a_redemption_whose_outcome_is_open_is_in_doubt_and_sent_once(
    key: Any, failure: Any, error: Any
) -> None:
    read = [envelope(code="P")] if key else []
    script = Script(*read, failure)
    async with script.client(retries=5) as partnero:
        with pytest.raises(error, match="look it up") as failed:
            await partnero.promotion_codes.redeem("P", **key)
    assert failed.value.in_doubt is True
    assert [request.method for request in script.requests] == ["GET"] * len(read) + ["PUT"]


async def test_a_redemption_that_is_refused_is_not_in_doubt() -> None:
    script = Script(envelope(code="P"), httpx.Response(422, json={"message": "No."}))
    async with script.client() as partnero:
        with pytest.raises(ValidationError, match="No") as failed:
            await partnero.promotion_codes.redeem("P", transaction_key="t")
    assert failed.value.in_doubt is False


async def test_options_are_of_each_of_the_two_calls() -> None:
    async def redeem(partnero: AsyncPartnero, options: Options | None) -> Redemption:
        return await partnero.promotion_codes.redeem("P", transaction_key="t", options=options)

    failing = httpx.ReadError("gone")
    script = Script(failing, envelope(code="P"))
    async with script.client(retries=1) as partnero:
        await redeem(partnero, None)
    assert [request.method for request in script.requests] == ["GET", "GET", "PUT"]

    script = Script(failing, envelope(code="P"))
    async with script.client(retries=1) as partnero:
        with pytest.raises(ConnectionLostError):
            await redeem(partnero, Options(retries=0))
    assert [request.method for request in script.requests] == ["GET"]

    busy = httpx.Response(429, headers={"Retry-After": "0"})
    script = Script(envelope(code="P"), busy, envelope(code="P"))
    async with script.client(retries=0) as partnero:
        await redeem(partnero, Options(retries=1))
    assert [request.method for request in script.requests] == ["GET", "PUT", "PUT"]


ILLEGIBLE = [
    {"additional_info": "one"},
    {"additional_info": {"redemptions": [5]}},
    {"additional_info": {"redemptions": [{"transaction_key": 5}]}},
]


@pytest.mark.parametrize("odd", ILLEGIBLE, ids=str)
async def test_a_log_of_another_form_tells_nothing_unless_strict(odd: Any) -> None:
    for before, after, entry in (
        (odd | times(0), WITH | times(1), LOGGED),
        (EMPTY | times(1), odd | times(1), None),
    ):
        script = read_and_redeemed(before, after)
        async with script.client(strict=False) as partnero:
            redemption = await partnero.promotion_codes.redeem("P", transaction_key="t")
        assert (redemption.recorded, redemption.entry) == (None, entry)
    async with Script(envelope(code="P", **odd)).client(strict=True) as partnero:
        with pytest.raises(ResponseError, match=r"PromotionCode\.additional_info"):
            await partnero.promotion_codes.get("P")


# Many.


async def test_many_codes_are_found_or_missing() -> None:
    async def serve(request: httpx.Request) -> httpx.Response:
        code = key_of(request)
        if code == "none":
            return httpx.Response(404, json={"message": "Promotion code not found."})
        return httpx.Response(200, json=envelope(code=code))

    async with scripted(serve) as partnero:
        batch = await partnero.promotion_codes.get_many(["a", "none"])
        async with partnero.promotion_codes.stream(["none", "a"], ordered=True) as outcomes:
            streamed = [outcome async for outcome in outcomes]
    assert (dict(batch.found), batch.missing) == ({"a": PromotionCode(code="a")}, ("none",))
    assert streamed == [Missing("none"), Found("a", PromotionCode(code="a"))]


@bad_keys([5], [None])
async def test_what_are_no_codes_are_refused(keys: Any, said: str) -> None:
    await refuse(lambda api: api.promotion_codes.get_many(keys), TypeError, said)


async def test_a_list_goes_on_over_all_pages() -> None:
    script = Script(page({"code": "a"}, following="?page=2"), page({"code": "b"}), DONE)
    async with script.client() as partnero:
        assert [code.code async for code in partnero.promotion_codes.list(limit=1)] == ["a", "b"]
    assert len(script.requests) == 2
