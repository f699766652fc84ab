"""What only Bybit does: rights in groups, units of market orders, triggers, keys of RSA."""

from decimal import Decimal
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from drawbridge.catalogue.guide import Purpose, build_guide
from drawbridge.catalogue.registry import credential_of, get_exchange
from drawbridge.core.errors import BadInput, ExchangeDown, NotFound, OutcomeUnknown
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetClosedOrders,
    GetFixed,
    GetKeyRights,
    GetOpenOrders,
    GetOrder,
    GetOwnTrades,
    KeyRights,
    Operation,
    PlaceOrder,
)
from drawbridge.core.orders import OrderType, Side, Trigger, TriggerKind
from drawbridge.core.secret import Secret
from drawbridge.wire.codec import ServerView
from drawbridge.wire.dialect import sign, verify
from drawbridge.wire.http import WireAnswer, WireRequest

EXCHANGE = get_exchange("bybit")
CODEC, MARKETS = EXCHANGE.codec, EXCHANGE.card.markets()
NOW_MS = 1_700_000_000_000


def _view(path: str, query: str = "", body: object = None) -> ServerView:
    raw = orjson.dumps(body) if body is not None else b""
    method = "POST" if body is not None else "GET"
    request = WireRequest(method, f"/v5/{path}".encode(), query.encode(), (), raw)
    return ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)


def _asked(path: str, query: str = "", body: object = None) -> Operation[Any]:
    return CODEC.decode_request(_view(path, query, body))


def _placed(**parts: object) -> PlaceOrder:
    order = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market"}
    read = _asked("order/create", body={**order, **parts})
    assert isinstance(read, PlaceOrder)
    return read


def _rights(**parts: object) -> KeyRights:
    result = {"readOnly": 0, "permissions": {"Spot": ["SpotTrade"], "Wallet": []}, "ips": ["*"]}
    body = orjson.dumps({"retCode": 0, "result": {**result, **parts}})
    return CODEC.decode_answer(GetKeyRights(), WireAnswer(200, body), MARKETS)


# ------------------------------------------------------------------------------------- rights
def test_rights_are_read_group_by_group() -> None:
    groups = {"Spot": ["SpotTrade"], "Wallet": ["Withdraw"], "Something": ["New"], "NFT": None}
    assert _rights(permissions=groups).switches == {
        *("read", "Spot.SpotTrade", "Wallet.Withdraw", "Something.New")
    }


def test_a_key_that_only_reads_does_nothing_else_whatever_is_listed() -> None:
    assert _rights(readOnly=1).switches == {"read"}


def test_a_key_without_an_address_ends_and_one_with_does_not() -> None:
    dates = {"createdAt": "2025-11-14T03:13:20Z", "expiredAt": "2026-02-14T03:13:20Z"}
    free, bound = _rights(**dates), _rights(**dates, ips=["203.0.113.7"])
    assert (free.ip_bound, free.ip_list) == (False, ())
    assert free.created_ms is not None
    assert free.expires_ms is not None
    assert (bound.ip_list, bound.expires_ms) == (("203.0.113.7",), None)
    assert _rights(expiredAt="0001-01-01T00:00:00Z").expires_ms is None


def test_rights_without_their_groups_are_not_read_as_none() -> None:
    for missing in ({"permissions": None}, {"readOnly": None}, {"ips": None}):
        with pytest.raises(OutcomeUnknown, match="unreadable_answer"):
            _rights(**missing)


def test_the_guide_does_not_ask_to_turn_off_what_every_key_does() -> None:
    made = build_guide(EXCHANGE.card, Purpose.TRADING)
    hidden = [it for it in made.remarks if it.key == "guide.remark.hidden_switches"]
    assert hidden
    assert "Read" not in f"{hidden[0].facts}"


# ------------------------------------------------------------------------------------- orders
@pytest.mark.parametrize(
    ("side", "unit", "in_quote"),
    [
        ("Buy", "", True),
        ("Buy", "quoteCoin", True),
        ("Buy", "baseCoin", False),
        ("Sell", "", False),
        ("Sell", "baseCoin", False),
        ("Sell", "quoteCoin", True),
    ],
)
def test_a_market_order_is_for_what_its_unit_says(side: str, unit: str, *, in_quote: bool) -> None:
    read = _placed(side=side, qty="25", marketUnit=unit)
    amounts = (read.quantity, read.quote_quantity)
    assert amounts == ((None, Decimal(25)) if in_quote else (Decimal(25), None))


@pytest.mark.parametrize(
    ("side", "direction", "kind"),
    [
        ("Buy", 1, TriggerKind.STOP),
        ("Buy", 2, TriggerKind.TAKE_PROFIT),
        ("Sell", 1, TriggerKind.TAKE_PROFIT),
        ("Sell", 2, TriggerKind.STOP),
        # Spot tells none; then it is one against the order's side.
        ("Buy", None, TriggerKind.STOP),
        ("Sell", None, TriggerKind.STOP),
    ],
)
def test_a_trigger_is_read_by_its_direction(
    side: str, direction: int | None, kind: TriggerKind
) -> None:
    read = _placed(
        side=side, qty="25", orderFilter="StopOrder", triggerPrice="100", triggerDirection=direction
    )
    assert read.trigger == Trigger(kind, Decimal(100))


@pytest.mark.parametrize(
    "parts",
    [
        {"qty": "1", "isLeverage": 1},
        {"qty": "1", "takeProfit": "5"},
        {"qty": "1", "triggerPrice": "5"},
        {"qty": "1", "orderFilter": "OcoOrder"},
        {"qty": "1", "category": "linear"},
        {"qty": "1", "category": ""},
        {"qty": "1", "marketUnit": "other"},
        {"qty": "0"},
        {"qty": "1", "orderLinkId": "x" * 37},
    ],
)
def test_what_would_change_an_orders_meaning_is_refused(parts: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        _placed(**parts)


@pytest.mark.parametrize(
    ("path", "query", "operation"),
    [
        ("order/realtime", "category=spot", GetOpenOrders()),
        ("order/realtime", "category=spot&orderFilter=Order", GetOpenOrders(conditional=False)),
        (
            "order/realtime",
            "category=spot&symbol=BTCUSDT&orderFilter=StopOrder",
            GetOpenOrders("BTC/USDT", conditional=True),
        ),
        ("order/realtime", "category=spot&orderId=7", GetOrder(order_id="7")),
        ("order/realtime", "category=spot&orderLinkId=x", GetOrder(client_id="x")),
        (
            "order/history",
            "category=spot&startTime=1&endTime=2",
            GetClosedOrders(since_ms=1, until_ms=2),
        ),
        ("execution/list", "category=spot&orderId=7", GetOwnTrades(order_id="7")),
    ],
)
def test_orders_are_asked_for(path: str, query: str, operation: Operation[Any]) -> None:
    assert _asked(path, query) == operation


def test_cancels_are_read() -> None:
    body = {"category": "spot", "symbol": "BTCUSDT", "orderLinkId": "x", "orderFilter": "Order"}
    assert _asked("order/cancel", body=body) == CancelOrder(
        "BTC/USDT", client_id="x", conditional=False
    )
    assert _asked("order/cancel-all", body={"category": "spot"}) == CancelAllOrders(
        conditional=False
    )


def test_of_contracts_there_are_none() -> None:
    for path in ("market/instruments-info", "market/tickers"):
        view = _view(path, "category=linear")
        operation = CODEC.decode_request(view)
        assert isinstance(operation, GetFixed)
        answer = orjson.loads(CODEC.encode_answer(operation, operation.answer, view).body)
        assert answer["result"]["list"] == []


def test_an_empty_list_means_that_there_is_no_such_order() -> None:
    body = orjson.dumps({"retCode": 0, "result": {"list": []}})
    with pytest.raises(NotFound, match="unknown_order"):
        CODEC.decode_answer(GetOrder(order_id="7"), WireAnswer(200, body), MARKETS)


def test_a_page_that_is_not_the_last_is_not_taken_for_all() -> None:
    body = orjson.dumps({"retCode": 0, "result": {"list": [], "nextPageCursor": "x"}})
    with pytest.raises(OutcomeUnknown, match="unreadable_answer"):
        CODEC.decode_answer(GetOpenOrders(), WireAnswer(200, body), MARKETS)
    for beyond in (GetClosedOrders(offset=50), GetOwnTrades(offset=100)):
        with pytest.raises(BadInput, match="unsupported_operation"):
            CODEC.encode_request(beyond, MARKETS)


def test_who_asks_too_often_is_told_in_a_bare_text() -> None:
    told = CODEC.read_error(WireAnswer(403, b"access too frequent"))
    assert told is not None
    error = EXCHANGE.errors.read(told)
    assert isinstance(error, ExchangeDown)
    assert error.retry_after_ms == 600_000


# ------------------------------------------------------------------------------------ dialect
def test_a_key_of_rsa_signs_and_its_public_half_verifies() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    credential = credential_of(EXCHANGE, {"api_key": Secret("k" * 18), "private_key": Secret(pem)})
    order = PlaceOrder("BTC/USDT", Side.BUY, OrderType.LIMIT, Decimal(1), Decimal(100))
    signed = sign(EXCHANGE.dialect, CODEC.encode_request(order, MARKETS), credential, str(NOW_MS))
    verifier = EXCHANGE.keys.verifier(Secret(public.decode()))
    verify(EXCHANGE.dialect, signed, EXCHANGE.dialect.claim(signed), verifier)


def test_the_window_that_a_client_asks_for_is_kept_when_it_is_signed_again() -> None:
    secrets = {"api_key": Secret("k" * 18), "api_secret": Secret("s" * 36)}
    request = WireRequest("GET", b"/v5/user/query-api", headers=((b"x-bapi-recv-window", b"9000"),))
    signed = sign(EXCHANGE.dialect, request, credential_of(EXCHANGE, secrets), str(NOW_MS))
    assert EXCHANGE.dialect.claim(signed).window_ms == 9_000
