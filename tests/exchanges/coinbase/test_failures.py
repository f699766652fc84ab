"""Coinbase's five ways of saying no, and answers that are not whole."""

import orjson
import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import (
    BadInput,
    ExchangeDown,
    ExchangeRefused,
    Forbidden,
    NotFound,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.markets import Markets
from drawbridge.core.operations import (
    CancelOrder,
    GetBalances,
    GetClosedOrders,
    GetKeyRights,
    GetOpenOrders,
    GetOrder,
    GetOwnTrades,
    PlaceOrder,
)
from drawbridge.core.orders import OrderType, Side
from drawbridge.wire.http import WireAnswer

EXCHANGE = get_exchange("coinbase")
MARKETS = EXCHANGE.card.markets()
CODEC = EXCHANGE.codec


def _read(status: int, body: object) -> Exception:
    raw = CODEC.read_error(
        WireAnswer(status, body if isinstance(body, bytes) else orjson.dumps(body))
    )
    assert raw is not None
    return EXCHANGE.errors.read(raw)


@pytest.mark.parametrize(
    ("status", "body", "family", "code"),
    [
        (401, b"Unauthorized", NotProven, "bad_key"),
        (401, b"Unauthorized\n", NotProven, "bad_key"),
        (
            401,
            {"errors": [{"id": "authentication_error", "message": "request timestamp expired"}]},
            NotProven,
            "stale_stamp",
        ),
        (
            403,
            {
                "error": "PERMISSION_DENIED",
                "error_details": "Missing required scopes",
                "message": "Missing required scopes",
            },
            Forbidden,
            "right_missing",
        ),
        (
            403,
            {"error": "unknown", "message": "Missing required scopes"},
            Forbidden,
            "right_missing",
        ),
        (403, {"errors": [{"id": "invalid_scope", "message": "no"}]}, Forbidden, "right_missing"),
        (429, b"Too Many Requests", ExchangeDown, "rate_limited"),
        (429, {"error": "RESOURCE_EXHAUSTED"}, ExchangeDown, "rate_limited"),
        (
            404,
            {"error": "NOT_FOUND", "error_details": "order with this orderID was not found"},
            NotFound,
            "unknown_order",
        ),
        (
            200,
            {
                "success": False,
                "error_response": {
                    "error": "INSUFFICIENT_FUND",
                    "message": "no money",
                    "preview_failure_reason": "PREVIEW_INSUFFICIENT_FUND",
                },
            },
            ExchangeRefused,
            "insufficient_funds",
        ),
        (
            200,
            {"success": False, "error_response": {"error": "UNKNOWN_FAILURE_REASON"}},
            ExchangeRefused,
            "refused",
        ),
        (200, {"success": False, "failure_reason": "WHATEVER"}, ExchangeRefused, "refused"),
        (
            200,
            {"errs": ["PREVIEW_INVALID_PRICE_PRECISION"], "order_total": "0"},
            ExchangeRefused,
            "price_off_tick",
        ),
        (
            200,
            {"results": [{"success": False, "failure_reason": "UNKNOWN_CANCEL_ORDER"}]},
            NotFound,
            "unknown_order_cancel",
        ),
        (503, b"<html>not JSON</html>", ExchangeDown, "overloaded"),
        (500, {"error": "INTERNAL"}, OutcomeUnknown, "timed_out"),
        (502, b"<html>bad gateway</html>", OutcomeUnknown, "exchange_fault"),
    ],
)
def test_an_error_is_read_as_what_it_is(
    status: int, body: object, family: type[Exception], code: str
) -> None:
    error = _read(status, body)
    assert isinstance(error, family)
    assert getattr(error, "code", "") == code


def test_the_missing_right_is_told_without_blanks() -> None:
    """The official client looks for exactly these letters."""
    answer = CODEC.write_error(EXCHANGE.errors.speak("right_missing", {}))
    assert b'"error_details":"Missing required scopes"' in answer.body


def test_an_answer_that_went_well_is_no_error() -> None:
    bodies: list[dict[str, object]] = [
        {"success": True},
        {"errs": []},
        {"results": [{"success": True}]},
        {"orders": []},
    ]
    for body in bodies:
        assert CODEC.read_error(WireAnswer(200, orjson.dumps(body))) is None


def test_what_is_not_all_on_one_page_is_not_taken_for_all() -> None:
    page = orjson.dumps({"orders": [], "accounts": [], "has_next": True, "cursor": "x"})
    for operation in (GetOpenOrders(), GetBalances()):
        with pytest.raises(OutcomeUnknown, match="unreadable_answer"):
            CODEC.decode_answer(operation, WireAnswer(200, page), MARKETS)


def test_a_switch_that_is_not_told_is_not_one_that_is_off() -> None:
    body = orjson.dumps({"can_view": True, "can_trade": True})
    with pytest.raises(OutcomeUnknown, match="unreadable_answer"):
        CODEC.decode_answer(GetKeyRights(), WireAnswer(200, body), MARKETS)


def test_a_switch_that_nobody_knows_yet_is_told() -> None:
    body = orjson.dumps(
        {"can_view": True, "can_trade": False, "can_transfer": False, "can_mint": True}
    )
    rights = CODEC.decode_answer(GetKeyRights(), WireAnswer(200, body), MARKETS)
    assert rights.switches == {"can_view", "can_mint"}


@pytest.mark.parametrize("operation", [GetOrder(client_id="mine"), CancelOrder(client_id="mine")])
def test_an_order_is_found_by_its_own_id_only(operation: GetOrder | CancelOrder) -> None:
    with pytest.raises(BadInput, match="order_id_needed"):
        CODEC.encode_request(operation, MARKETS)


def test_what_there_are_no_words_for_is_not_asked() -> None:
    buy = PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, MARKETS.get("BTC/USD").min_quantity)
    with pytest.raises(BadInput, match="unsupported_order"):
        CODEC.encode_request(buy, MARKETS)
    with pytest.raises(BadInput, match="unsupported_operation"):
        CODEC.encode_request(GetOwnTrades(from_id="1"), Markets())
    # An empty answer would look like the end of the list.
    for beyond in (GetClosedOrders(offset=1_000), GetOwnTrades(offset=250)):
        with pytest.raises(BadInput, match="unsupported_operation"):
            CODEC.encode_request(beyond, MARKETS)
