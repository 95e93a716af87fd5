"""Every row of the table of endpoints is declared by the SDK and served by the sandbox, or says why not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from partnero_async._http.endpoint import Endpoint
from partnero_async.resources._registry import all_endpoints, find_endpoint
from partnero_async.sandbox.nouns import ROUTES
from partnero_async.sandbox.routing import Route, RouteTable

from .rows import LEFT_TO_REQUEST, LEGACY, ROWS, Row

_LETTERS: Mapping[str, str] = {"affiliate": "A", "referral": "R", "newsletter": "L"}

# Reads by their method that change something all the same.
CHANGE_BY_GET = {("GET", "/leads/convert"), ("GET", "/leads/reject")}

Spot = tuple[str, str]


def spot(method: str, path: str) -> Spot:
    """Method and path, whatever the placeholders are called."""
    return method, re.sub(r"\{[^}]*\}", "{}", path)


def row_id(row: Row) -> str:
    return f"{row.number} {row.method} {row.path}"


def endpoint_id(endpoint: Endpoint[Any] | Route) -> str:
    path = endpoint.path if isinstance(endpoint, Endpoint) else endpoint.template
    return f"{endpoint.method} {path}"


def repeated(spots: Iterable[Spot]) -> list[Spot]:
    return [one for one, count in Counter(spots).items() if count > 1]


# Two types of programs may have endpoints of one path, whose records differ.
DECLARED = {
    one: [endpoint for endpoint in all_endpoints() if spot(endpoint.method, endpoint.path) == one]
    for one in {spot(endpoint.method, endpoint.path) for endpoint in all_endpoints()}
}
SERVED = {spot(route.method, route.template) for route in ROUTES}
OF_ROWS = {spot(row.method, row.path): row for row in ROWS}
OFFERED = [row for row in ROWS if row.number not in LEFT_TO_REQUEST]


def test_the_rows_are_ninety_two_and_three_of_them_have_two_forms() -> None:
    forms = Counter(row.number for row in ROWS)
    assert sorted(forms) == list(range(1, 93))
    assert {number for number, count in forms.items() if count == 2} == {60, 61, 68}
    assert max(forms.values()) == 2
    assert len(OF_ROWS) == len(ROWS)


@pytest.mark.parametrize("row", OFFERED, ids=row_id)
def test_a_row_is_declared_with_its_programs(row: Row) -> None:
    declared = " ".join(endpoint.programs for endpoint in DECLARED[spot(row.method, row.path)])
    assert sorted(declared.split()) == sorted(row.programs.split())


@pytest.mark.parametrize("row", [row for row in ROWS if row.number in LEFT_TO_REQUEST], ids=row_id)
def test_a_row_that_is_left_to_request_is_not_declared(row: Row) -> None:
    assert spot(row.method, row.path) not in DECLARED, f"it is declared: {LEFT_TO_REQUEST[row.number]}"


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_a_row_is_served(row: Row) -> None:
    assert spot(row.method, row.path) in SERVED


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_a_row_is_served_to_no_type_of_program_that_it_is_not_for(row: Row) -> None:
    programs = {
        _LETTERS[program]
        for route in ROUTES
        if spot(route.method, route.template) == spot(row.method, row.path)
        for program in route.programs
    }
    assert programs <= set(row.programs.replace("?", " ").split()) or row.programs == "?"


def test_nothing_is_declared_that_is_in_no_row() -> None:
    assert DECLARED.keys() - OF_ROWS.keys() == set()


def test_nothing_is_served_that_is_in_no_row_but_what_older_clients_send() -> None:
    assert SERVED - OF_ROWS.keys() == {spot(legacy.method, legacy.path) for legacy in LEGACY}


def test_nothing_is_declared_or_served_twice() -> None:
    declared = [(f"{e.method} {kind}", e.path) for e in all_endpoints() for kind in e.programs.split()]
    assert repeated(declared) == []
    routes = [(f"{route.method} {program}", route.template) for route in ROUTES for program in route.programs]
    assert repeated(routes) == []


@pytest.mark.parametrize("endpoint", all_endpoints(), ids=endpoint_id)
def test_only_a_get_that_changes_nothing_is_safe_to_repeat(endpoint: Endpoint[Any]) -> None:
    reads = endpoint.method == "GET" and (endpoint.method, endpoint.path) not in CHANGE_BY_GET
    assert endpoint.safe_to_retry is reads


@pytest.mark.parametrize("endpoint", all_endpoints(), ids=endpoint_id)
def test_an_endpoint_is_found_by_its_own_path(endpoint: Endpoint[Any]) -> None:
    segments = tuple(re.sub(r"\{[^}]*\}", "any_text", endpoint.path)[1:].split("/"))
    found = find_endpoint(endpoint.method, segments)
    assert found in DECLARED[spot(endpoint.method, endpoint.path)]
    assert found.safe_to_retry is endpoint.safe_to_retry


@pytest.mark.parametrize("route", ROUTES, ids=endpoint_id)
def test_a_route_is_found_by_its_own_path(route: Route) -> None:
    match = RouteTable(ROUTES).match(re.sub(r"\{[^}]*\}", "any_text", route.template)[1:].split("/"))
    assert match is not None
    assert match.template == route.template


@pytest.mark.parametrize("endpoint", all_endpoints(), ids=endpoint_id)
def test_an_endpoint_says_who_tells_of_it(endpoint: Endpoint[Any]) -> None:
    assert set(endpoint.sources.split()) <= {"D", "G", "V", "V25", "V22", "P", "P2", "N", "W", "Q", "S", "T"}
    assert endpoint.sources
    # What no page of the vendor's documents must not be called documented.
    by_the_vendor = bool({"D", "V", "V25", "V22"} & set(endpoint.sources.split()))
    assert by_the_vendor or endpoint.confidence != "documented"
