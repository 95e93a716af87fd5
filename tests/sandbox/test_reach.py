"""Whether a fault can ever strike."""

import pytest

from partnero_async.sandbox import Fault
from partnero_async.sandbox.nouns import ROUTES
from partnero_async.sandbox.reach import can_strike


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("*", None),
        ("/v1/*", "DELETE"),
        ("/v1/customers", "post"),
        ("/v1/customers/customer_00000?", "GET"),
        ("/v1/customers/{key}", "GET"),
        ("/v1/customers/{id}/archive", "POST"),
        ("/v1/customers/a%2Fb", "PUT"),
        ("*/transactions", "GET"),
        ("/v1/[cp]*/*/archive", "POST"),
        ("/v?/test", None),
        ("*customer_0*", "GET"),
    ],
)
def test_a_path_that_a_request_can_have(path: str, method: str | None) -> None:
    assert can_strike(Fault("status", path=path, method=method), ROUTES)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/customers/*", None),
        ("/v1/customer_000001", None),
        ("/v1/test", "DELETE"),
        ("/v2/*", None),
        ("/v1/customers/", None),
        ("/v1/{key}/nothing/{key}/more/{key}", None),
        ("/v1/customers", "BREW"),
        ("", None),
    ],
)
def test_a_path_that_no_request_can_have(path: str, method: str | None) -> None:
    assert not can_strike(Fault("status", path=path, method=method), ROUTES)


def test_a_pattern_of_many_stars_is_soon_decided() -> None:
    assert not can_strike(Fault("status", path="*a*" * 30 + "/never/{key}/x"), ROUTES)
