"""Endpoint and error tables: what is not listed is refused, what is unknown stays a refusal."""

import pytest

from drawbridge.core.errors import (
    ExchangeDown,
    ExchangeRefused,
    Forbidden,
    NotFound,
    OutcomeUnknown,
)
from drawbridge.core.operations import Scope
from drawbridge.wire.endpoints import read_endpoints
from drawbridge.wire.errors import RawError, read_error_table
from drawbridge.wire.http import WireAnswer, WireRequest, without_headers

ENDPOINTS = """
[[limit]]
name = "weight"
kind = "window"
per = "address"
amount = 10
window_ms = 1000

[[endpoint]]
name = "place"
method = "POST"
path = "/v1/order"
access = "trade_spot"
operation = "place_order"
costs = { weight = 2 }

[[endpoint]]
name = "time"
method = "GET"
path = "/v1/time"
access = "public"
"""

ERRORS = """
fallback = "malformed"

[[error]]
status = 400
code = "-1"
reason = "malformed"
family = "bad_input"
message = "Bad request."

[[error]]
status = 400
code = "-2"
reason = "too_small"
family = "refused"
pattern = "Too small"
message = "Too small: {lowest}"

[[error]]
status = 400
code = "-2"
reason = "unknown_order"
family = "not_found"
message = "No order."
"""


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", b"/v1/order"),
        ("POST", b"/v1//order"),
        ("POST", b"/v1/Order"),
        ("POST", b"/v1/./order"),
        ("POST", b"/v1/x/../order"),
        ("POST", b"/v1/%6frder"),
        ("POST", b"/v1/order/"),
        ("POST", b"/v1/order;x"),
    ],
)
def test_no_second_way_of_writing_a_path_names_an_endpoint(method: str, path: bytes) -> None:
    """Scenario 82."""
    with pytest.raises(Forbidden, match="unknown_endpoint"):
        read_endpoints(ENDPOINTS).classify(WireRequest(method, path))


def test_a_listed_endpoint_tells_its_scope_and_costs() -> None:
    table = read_endpoints(ENDPOINTS)
    place = table.classify(WireRequest("POST", b"/v1/order"))
    assert (place.scope, place.costs, place.is_signed) == (Scope.TRADE_SPOT, (("weight", 2),), True)
    time = table.classify(WireRequest("GET", b"/v1/time"))
    assert (time.scope, time.is_signed) == (None, False)
    assert len(table.rows()) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('operation = "place_order"', 'operation = "steal"'),
        ('access = "trade_spot"', 'access = "everything"'),
        ("weight = 2", "height = 2"),
        ('method = "GET"\n', ""),
    ],
)
def test_a_broken_table_stops_the_start(old: str, new: str) -> None:
    with pytest.raises(ValueError, match=r"endpoint|everything"):
        read_endpoints(ENDPOINTS.replace(old, new))


def test_the_row_with_a_fitting_text_goes_before_the_row_without() -> None:
    table = read_error_table(ERRORS)
    assert isinstance(table.read(RawError(400, "-2", "Too small: 5")), ExchangeRefused)
    assert isinstance(table.read(RawError(400, "-2", "No order.")), NotFound)


def test_an_unknown_code_is_a_refusal_but_a_server_fault_is_an_unknown_outcome() -> None:
    table = read_error_table(ERRORS)
    assert table.read(RawError(400, "-99", "?")).code == "refused"
    assert isinstance(table.read(RawError(502, "", "<html>")), OutcomeUnknown)
    assert isinstance(table.read(RawError(429, "", "")), ExchangeDown)


def test_what_is_spoken_is_read_back_to_the_same_reason() -> None:
    table = read_error_table(ERRORS)
    for reason in ("malformed", "too_small", "unknown_order"):
        assert table.speaks(reason)
        assert table.read(table.speak(reason, {"lowest": 5})).code == reason
    assert table.speak("too_small", {"lowest": 5}).message == "Too small: 5"


def test_a_reason_without_a_row_is_spoken_as_the_fallback() -> None:
    table = read_error_table(ERRORS)
    assert not table.speaks("banned")
    assert table.speak("banned", {}).code == "-1"


def test_an_unknown_family_stops_the_start() -> None:
    with pytest.raises(ValueError, match="unknown family"):
        read_error_table(ERRORS.replace('"not_found"', '"nonsense"'))


def test_requests_and_answers_find_headers_by_lower_case_name() -> None:
    request = WireRequest("GET", b"/x", b"a=1", ((b"api-key", b"k"), (b"accept", b"*")))
    assert request.target == b"/x?a=1"
    assert request.header(b"api-key") == b"k"
    assert request.header(b"host") is None
    assert without_headers(request.headers, frozenset({b"api-key"})) == ((b"accept", b"*"),)
    assert WireAnswer(200).header(b"content-type") == b"application/json"
    assert WireAnswer(200).header(b"x") is None
