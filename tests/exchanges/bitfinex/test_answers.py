"""What Bitfinex answers, written and read by place."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from drawbridge.core.errors import (
    ExchangeDown,
    ExchangeRefused,
    NotFound,
    OutcomeUnknown,
)
from drawbridge.core.markets import Candle, Currency, Level, OrderBook
from drawbridge.core.operations import (
    Balance,
    CancelOrder,
    GetBalances,
    GetClosedOrders,
    GetKeyRights,
    GetMarkets,
    GetOrder,
    GetOwnTrades,
    GetServerTime,
    KeyRights,
    PlaceOrder,
)
from drawbridge.core.orders import (
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from drawbridge.exchanges.bitfinex.codec import listing
from drawbridge.wire.http import WireAnswer
from tests.exchanges.bitfinex.asking import CODEC, EXCHANGE, MARKETS, NOW_MS, answer, told, view_of

ORDER = Order(
    order_id="139658000007",
    client_id="77",
    symbol="BTC/USD",
    side=Side.SELL,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.OPEN,
    quantity=Decimal("0.03"),
    price=Decimal(20_000),
    created_ms=NOW_MS - 5,
    updated_ms=NOW_MS - 1,
)
PARTLY = replace(ORDER, filled=Decimal("0.01"), filled_quote=Decimal("200.5"))


def row_of(order: Order) -> list[Any]:
    (row,) = told(view_of("auth/r/orders"), (order,))
    assert len(row) == 32
    return list(row)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "ACTIVE"),
        ({"status": OrderStatus.PARTIALLY_FILLED}, "PARTIALLY FILLED @ 20050(-0.01)"),
        ({"status": OrderStatus.FILLED}, "EXECUTED @ 20050(-0.01)"),
        ({"status": OrderStatus.CANCELLED}, "CANCELED was: PARTIALLY FILLED @ 20050(-0.01)"),
        ({"status": OrderStatus.EXPIRED}, "CANCELED was: PARTIALLY FILLED @ 20050(-0.01)"),
        ({"status": OrderStatus.REJECTED}, "RSN_PAUSE was: PARTIALLY FILLED @ 20050(-0.01)"),
    ],
)
def test_an_orders_state_is_a_text_with_what_was_filled(change: dict[str, Any], text: str) -> None:
    order = replace(PARTLY if change else ORDER, **change)
    assert row_of(order)[13] == text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"post_only": True}, "POSTONLY CANCELED"),
        ({"time_in_force": TimeInForce.IOC}, "IOC CANCELED"),
        ({"time_in_force": TimeInForce.FOK}, "FILLORKILL CANCELED"),
    ],
)
def test_an_order_that_the_exchange_ended_says_why(change: dict[str, Any], text: str) -> None:
    order = replace(ORDER, status=OrderStatus.EXPIRED, **change)
    row = row_of(order)
    assert row[13] == text
    read = CODEC.decode_answer(GetOrder(order_id=order.order_id), answer([row]), MARKETS)
    assert read.status is OrderStatus.EXPIRED


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("INSUFFICIENT BALANCE (G1) was: PARTIALLY FILLED @ 1(1)", OrderStatus.EXPIRED),
        ("RSN_DUST (amount is less than 0.00000001)", OrderStatus.REJECTED),
    ],
)
def test_states_that_we_never_write_are_read(text: str, status: OrderStatus) -> None:
    row = row_of(ORDER)
    row[13] = text
    read = CODEC.decode_answer(GetOrder(order_id=ORDER.order_id), answer([row]), MARKETS)
    assert read.status is status


def test_a_state_that_nobody_knows_leaves_the_outcome_unknown() -> None:
    row = row_of(ORDER)
    row[13] = "DANCING"
    with pytest.raises(OutcomeUnknown):
        CODEC.decode_answer(GetOrder(order_id=ORDER.order_id), answer([row]), MARKETS)


def test_a_stop_shows_its_trigger_until_its_price_has_come() -> None:
    trigger = Trigger(TriggerKind.STOP, Decimal(19_000))
    waiting = replace(ORDER, trigger=trigger)
    row = row_of(waiting)
    assert (row[8], row[16], row[19]) == ("EXCHANGE STOP LIMIT", 19_000, 20_000)
    read = CODEC.decode_answer(GetOrder(order_id=ORDER.order_id), answer([row]), MARKETS)
    assert (read.trigger, read.price) == (trigger, ORDER.price)
    row = row_of(replace(waiting, triggered_ms=NOW_MS))
    assert (row[8], row[9], row[16]) == ("EXCHANGE LIMIT", "EXCHANGE STOP LIMIT", 20_000)


def test_what_was_paid_is_read_from_an_average_without_an_end() -> None:
    order = replace(
        PARTLY,
        status=OrderStatus.FILLED,
        quantity=Decimal("0.03"),
        filled=Decimal("0.03"),
        filled_quote=Decimal("600.0001"),
    )
    row = row_of(order)
    read = CODEC.decode_answer(
        GetOrder(order_id=order.order_id),
        CODEC.encode_answer(
            GetOrder(), order, view_of("auth/r/orders", {"id": [int(order.order_id)]})
        ),
        MARKETS,
    )
    assert read.filled_quote == order.filled_quote
    assert row[17] == pytest.approx(20_000.003_333)


def test_an_order_that_is_not_in_the_answer_is_not_there() -> None:
    with pytest.raises(NotFound, match="unknown_order"):
        CODEC.decode_answer(GetOrder(order_id="7"), answer([]), MARKETS)


def test_pages_are_cut_out_of_the_longest_list() -> None:
    orders = [replace(ORDER, order_id=str(number)) for number in (1, 2, 3)]
    view = view_of("auth/r/orders/hist", {"limit": 2})
    rows = told(view, tuple(orders))
    assert [row[0] for row in rows] == [3, 2]
    whole = answer([row_of(order) for order in reversed(orders)])
    read = CODEC.decode_answer(GetClosedOrders(offset=1), whole, MARKETS)
    assert [order.order_id for order in read] == ["1", "2"]
    body = CODEC.encode_request(GetClosedOrders(offset=1, limit=1), MARKETS).body
    assert body == b'{"limit":2500}'


def test_some_orders_are_told_by_their_ids() -> None:
    orders = tuple(replace(ORDER, order_id=str(number)) for number in (1, 2, 3))
    rows = told(view_of("auth/r/orders", {"id": [1, 3]}), orders)
    assert [row[0] for row in rows] == [3, 1]


def test_own_trades_come_newest_first_unless_asked_for_otherwise() -> None:
    assert (
        CODEC.encode_request(GetOwnTrades("DOGE/USD", order_id="7"), MARKETS).path
        == b"/v2/auth/r/order/tDOGE:USD:7/trades"
    )
    view = view_of("auth/r/order/tDOGE:USD:7/trades")
    assert CODEC.decode_request(view) == GetOwnTrades("DOGE/USD", order_id="7")


def test_wallets_other_than_the_one_that_pays_are_left_out() -> None:
    rows = [
        ["exchange", "UST", 5, 0, 4, None, None],
        ["margin", "USD", 9, 0, 9, None, None],
        ["exchange", "BTC", 1, 0, None, None, None],
    ]
    read = CODEC.decode_answer(GetBalances(), answer(rows), MARKETS)
    assert read == (
        Balance("USDT", Decimal(4), Decimal(1)),
        Balance("BTC", Decimal(1), Decimal(0)),
    )


def test_rights_that_nobody_knew_before_are_kept_by_their_names() -> None:
    rows = [["orders", 1, 0], ["teleport", 0, 1]]
    read = CODEC.decode_answer(GetKeyRights(), answer(rows), MARKETS)
    assert read == KeyRights(frozenset({"orders.read", "teleport.write"}))


def test_coarser_books_sum_up_away_from_the_middle() -> None:
    book = OrderBook(
        symbol="BTC/USD",
        time_ms=NOW_MS,
        sequence=1,
        bids=(Level(Decimal(20_199), Decimal(1)), Level(Decimal(20_101), Decimal(2))),
        asks=(Level(Decimal(20_201), Decimal(4)), Level(Decimal(20_299), Decimal(8))),
    )
    assert told(view_of("book/tBTCUSD/P2"), book) == [[20_100, 1, 3], [20_300, 1, -12]]
    raw = told(view_of("book/tBTCUSD/R0", None, "len=1"), book)
    assert [row[1:] for row in raw] == [[20_199, 1], [20_201, -4]]
    assert raw[0][0] != raw[1][0]


def test_the_last_candle_stands_alone() -> None:
    candle = Candle(NOW_MS, *(Decimal(number) for number in (1, 4, 2, 3, 9)))
    view = view_of("candles/trade:1m:tBTCUSD/last")
    assert told(view, (candle,)) == [NOW_MS, 1, 3, 4, 2, 9]
    assert told(view, ()) == []


def test_configuration_tells_what_was_asked_for_in_that_order() -> None:
    pairs = told(view_of("conf/pub:list:pair:exchange,pub:list:pair:margin"), tuple(MARKETS))
    assert pairs[0][:2] == ["BTCUSD", "ETHUSD"]
    assert "DOGE:USD" in pairs[0]
    assert pairs[1] == []
    coins = (Currency("USDT", "Tether USDt", 8), Currency("BTC", "Bitcoin", 8))
    names = "conf/pub:list:currency,pub:map:currency:sym,pub:map:tx:method"
    assert told(view_of(names), coins) == [
        ["UST", "BTC"],
        [["UST", "USDt"]],
        [["TETHERUSE", ["UST"]], ["BITCOIN", ["BTC"]]],
    ]


def test_fees_that_no_list_tells_are_those_of_the_card() -> None:
    fees = EXCHANGE.card.fees
    assert (fees.maker, fees.taker) == (listing.FEE_MAKER, listing.FEE_TAKER)
    (market, *_) = CODEC.decode_answer(
        GetMarkets(("BTC/USD",)),
        answer([[["BTCUSD", [None, None, None, "0.00004", "2000.0"]]], [], [], []]),
        MARKETS,
    )
    assert replace(market, aliases=()) == replace(MARKETS.get("BTC/USD"), aliases=())


def test_the_clock_is_that_of_the_answers_head() -> None:
    good = WireAnswer(200, b"[1]", ((b"date", b"Tue, 14 Nov 2023 22:13:20 GMT"),))
    assert CODEC.decode_answer(GetServerTime(), good, MARKETS).time_ms == NOW_MS
    for head in ((), ((b"date", b"yesterday"),)):
        with pytest.raises(OutcomeUnknown):
            CODEC.decode_answer(GetServerTime(), WireAnswer(200, b"[1]", head), MARKETS)


# ------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("document", "status", "kind", "code"),
    [
        (["error", 10001, "Order not found."], 500, NotFound, "unknown_order"),
        (["error", 10001, "Invalid order: something new"], 500, ExchangeRefused, "refused"),
        (["error", 99999, "something new"], 500, OutcomeUnknown, "exchange_fault"),
        (["error", 11010, "ratelimit: error"], 429, ExchangeDown, "rate_limited"),
        ({"error": "ERR_RATE_LIMIT"}, 429, ExchangeDown, "rate_limited"),
        (["error", 20060, "maintenance"], 500, ExchangeDown, "maintenance"),
        (
            {"code": 503, "error": "temporarily_unavailable", "error_description": "Sorry"},
            503,
            ExchangeDown,
            "overloaded",
        ),
        (
            [1, "on-req", None, None, None, None, "ERROR", "Invalid order: not enough exchange"],
            200,
            ExchangeRefused,
            "insufficient_funds",
        ),
    ],
)
def test_an_error_is_read_from_a_list_an_object_or_a_notification(
    document: object, status: int, kind: type[Exception], code: str
) -> None:
    raw = CODEC.read_error(answer(document, status))
    assert raw is not None
    error = EXCHANGE.errors.read(raw)
    assert (type(error), error.code) == (kind, code)


def test_a_notification_that_went_well_is_no_error() -> None:
    row = row_of(ORDER)
    good = answer([NOW_MS, "on-req", None, None, [row], None, "SUCCESS", "Submitting 1 orders."])
    assert CODEC.read_error(good) is None
    placed = PlaceOrder("BTC/USD", Side.SELL, OrderType.LIMIT, Decimal("0.03"), Decimal(20_000))
    assert CODEC.decode_answer(placed, good, MARKETS).order.order_id == ORDER.order_id
    odd = answer([NOW_MS, "oc-req", None, None, row, None, "PERHAPS", ""])
    with pytest.raises(OutcomeUnknown):
        CODEC.decode_answer(CancelOrder(order_id="7"), odd, MARKETS)
