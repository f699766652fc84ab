"""What Kraken's clients write, and what is refused rather than misunderstood."""

from decimal import Decimal

import orjson
import pytest

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.operations import (
    CancelOrder,
    GetCandles,
    GetClosedOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetTickers,
    GetTrades,
    Operation,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import OrderType, Side, TimeInForce
from tests.exchanges.kraken.asking import EXCHANGE, MARKETS, asked

ORDER = "nonce=1&pair=XXBTZUSD&type=buy&ordertype=limit&volume=0.001&price=20000"
MARKET_ORDER = "nonce=1&pair=XXBTZUSD&type=buy&ordertype=market&volume=25"


def _order(more: str = "", base: str = ORDER) -> PlaceOrder:
    operation = asked("AddOrder", base + more)
    assert isinstance(operation, PlaceOrder)
    return operation


@pytest.mark.parametrize(
    "more",
    [
        "&triggerPrice=50000",
        "&price2=19000",
        "&close[ordertype]=limit&close[price]=30000",
        "&close%5Bordertype%5D=limit",
        "&displayvol=0.0001",
        "&trigger=index",
        "&expiretm=%2B60",
        "&starttm=%2B60",
        "&reduce_only=true",
        "&stptype=cancel-both",
        "&oflags=fcib",
        "&oflags=post,unheard-of",
        "&oflags=viqc",
        "&timeinforce=GTD",
        "&leverage=minus",
        "&validate=perhaps",
        "&cl_ord_id=with%20blank",
        "&cl_ord_id=" + "a" * 19,
        "&userref=12.5",
        "&cl_ord_id=a&userref=1",
        "&price=20001",
        "&pr%69ce=20001",
    ],
)
def test_what_would_change_an_orders_meaning_is_refused(more: str) -> None:
    with pytest.raises(BadInput):
        _order(more)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ordertype=limit", "ordertype=stop-loss-limit"),
        ("ordertype=limit", "ordertype=stop-loss&price2=5"),
        ("ordertype=limit", "ordertype=stop-loss&trigger=mark"),
        ("ordertype=limit", "ordertype=limit&trigger=index"),
        ("ordertype=limit", "ordertype=limit&price2=5"),
        ("ordertype=limit&", "ordertype=stop-loss-limit&price2=%2B1&"),
        ("price=20000", "price=%2B1"),
        ("ordertype=limit", "ordertype=trailing-stop"),
        ("ordertype=limit", "ordertype=Limit"),
        ("type=buy&", "type=hold&"),
        ("price=20000", "price=%2B1%25"),
        ("price=20000", "price=-1"),
        ("&price=20000", ""),
        ("volume=0.001", "volume=0"),
        ("volume=0.001", "volume=1e999"),
        ("volume=0.001", "volume=%D9%A3"),
        ("&volume=0.001", ""),
        ("pair=XXBTZUSD&", ""),
    ],
)
def test_a_broken_order_is_refused(old: str, new: str) -> None:
    assert old in ORDER
    with pytest.raises(BadInput):
        _order(base=ORDER.replace(old, new))


def test_an_unknown_pair_is_not_found() -> None:
    with pytest.raises(NotFound, match="unknown_symbol"):
        _order(base=ORDER.replace("XXBTZUSD", "XXBTZEUR"))


@pytest.mark.parametrize("body", ["{", "[]", "null", '{"pair":["XXBTZUSD"]}', '{"volume":{}}'])
def test_a_broken_json_body_is_refused(body: str) -> None:
    with pytest.raises(BadInput):
        _order(base=body)


@pytest.mark.parametrize(
    "name", ["XXBTZUSD", "XBTUSD", "XBT/USD", "XBT%2FUSD", "BTCUSD", "BTC/USD"]
)
def test_a_pair_has_many_names(name: str) -> None:
    assert _order(base=ORDER.replace("XXBTZUSD", name)).symbol == "BTC/USD"


@pytest.mark.parametrize("yes", ["True", "true", "1"])
def test_yes_is_written_in_many_ways(yes: str) -> None:
    assert _order(f"&validate={yes}").dry_run


@pytest.mark.parametrize(
    "more",
    [
        "&validate=False",
        "&validate=false",
        "&leverage=none",
        "&trading_agreement=agree",
        "&oflags=fciq",
        "&price2=0",
        "&starttm=0",
        "&userref=0",
        "&reduce_only=false",
        "&timeinforce=GTC",
        "&otp=123456",
    ],
)
def test_what_changes_nothing_is_let_through(more: str) -> None:
    assert _order(more) == _order()


def test_an_order_with_leverage_needs_another_right() -> None:
    order = _order("&leverage=2")
    assert (order.leverage, order.scope) == (Decimal(2), Scope.TRADE_MARGIN)


def test_flags_and_time_in_force_are_read() -> None:
    assert _order("&oflags=post,fciq").post_only
    assert _order("&timeinforce=ioc").time_in_force is TimeInForce.IOC


def test_a_market_order_may_name_its_cost() -> None:
    order = _order("&oflags=viqc", base=MARKET_ORDER)
    assert (order.type, order.quantity, order.quote_quantity) == (
        OrderType.MARKET,
        None,
        Decimal(25),
    )


@pytest.mark.parametrize("more", ["&oflags=post", "&price=20000"])
def test_a_market_order_neither_rests_nor_has_a_price(more: str) -> None:
    with pytest.raises(BadInput):
        _order(more, base=MARKET_ORDER)


def test_json_bodies_say_the_same_as_forms() -> None:
    pairs = dict(piece.split("=") for piece in ORDER.split("&"))
    assert _order(base=orjson.dumps(pairs).decode()) == _order()
    numbers = {**pairs, "volume": 0.001, "price": 20000, "nonce": 1, "validate": False}
    assert _order(base=orjson.dumps(numbers).decode()) == _order()


def test_a_reference_number_is_kept_apart_from_client_order_ids() -> None:
    assert _order("&userref=-7").client_id == "userref:-7"
    assert _order("&cl_ord_id=7").client_id == "7"
    assert asked("CancelOrder", "nonce=1&txid=-7") == CancelOrder(client_id="userref:-7")


def test_an_order_is_cancelled_by_either_id() -> None:
    order_id = EXCHANGE.codec.order_id(1)
    assert asked("CancelOrder", f"txid={order_id}") == CancelOrder(order_id=order_id)
    assert asked("CancelOrder", "cl_ord_id=db-1") == CancelOrder(client_id="db-1")
    with pytest.raises(BadInput, match="missing_parameter"):
        asked("CancelOrder", "nonce=1")


def test_one_order_is_looked_up_at_a_time() -> None:
    assert asked("QueryOrders", "trades=True&txid=OA") == GetOrder(order_id="OA")
    for broken in ("trades=True", "txid=OA,OB"):
        with pytest.raises(BadInput):
            asked("QueryOrders", broken)


def test_an_order_known_by_our_id_alone_cannot_be_looked_up() -> None:
    with pytest.raises(BadInput, match="order_id_needed"):
        EXCHANGE.codec.encode_request(GetOrder(client_id="db1"), MARKETS)


@pytest.mark.parametrize(
    "operation",
    [
        PlaceOrder("BTC/USD", Side.SELL, OrderType.MARKET, quote_quantity=Decimal(5)),
        PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET),
        PlaceOrder("BTC/USD", Side.BUY, OrderType.LIMIT, Decimal(1)),
        PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, Decimal(1), post_only=True),
    ],
)
def test_an_order_that_kraken_has_no_words_for_is_not_written(
    operation: Operation[object],
) -> None:
    with pytest.raises(BadInput, match="unsupported_order"):
        EXCHANGE.codec.encode_request(operation, MARKETS)


def test_histories_are_asked_for_by_seconds_pages_and_ids() -> None:
    assert asked("ClosedOrders", "start=1700000000.5&end=1700000001&ofs=50") == GetClosedOrders(
        since_ms=1_700_000_000_500, until_ms=1_700_000_001_000, offset=50
    )
    trade_id = EXCHANGE.codec.trade_id(9)
    assert asked("TradesHistory", f"start={trade_id}") == GetOwnTrades(from_id=trade_id)
    for broken in ("start=then", "ofs=-1", "end=1e30"):
        with pytest.raises(BadInput):
            asked("TradesHistory", broken)


def test_candles_after_a_moment_begin_with_the_next_one() -> None:
    aligned = asked("OHLC", "pair=XBTUSD&interval=60&since=1699999200")
    assert aligned == GetCandles("BTC/USD", 3_600_000, since_ms=1_700_002_800_000)
    assert asked("OHLC", "pair=XBTUSD&interval=60&since=1699999201") == aligned
    assert asked("OHLC", "pair=XBTUSD") == GetCandles("BTC/USD", 60_000, limit=720)
    with pytest.raises(BadInput, match="bad_interval"):
        asked("OHLC", "pair=XBTUSD&interval=2")


def test_public_trades_are_asked_for_in_seconds_or_nanoseconds() -> None:
    wanted = GetTrades("BTC/USD", 1_700_000_000_000, 1_000)
    assert asked("Trades", "pair=XBTUSD&since=1700000000") == wanted
    assert asked("Trades", "pair=XBTUSD&since=1700000000000000000") == wanted


def test_books_are_as_deep_as_kraken_lets_them_be() -> None:
    assert asked("Depth", "pair=XBTUSD&count=9999") == GetOrderBook("BTC/USD", 500)
    assert asked("Depth", "pair=XBTUSD") == GetOrderBook("BTC/USD", 100)


def test_tickers_are_asked_for_by_a_list_of_any_names() -> None:
    assert asked("Ticker", "pair=XBTUSD%2CXETHZUSD") == GetTickers(("BTC/USD", "ETH/USD"))
    assert asked("Ticker") == GetTickers()
