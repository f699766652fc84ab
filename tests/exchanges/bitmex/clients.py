"""BitMEX as its last real client met it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.83.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.derivatives import GetPositions, Position
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetKeyRights,
    GetMarkets,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetServerTime,
    GetTicker,
    GetTickers,
    GetTrades,
    PlaceOrder,
)
from drawbridge.core.orders import OrderType, Side
from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.contracts import contract_results, contract_wishes
from tests.real_clients.examples import CLIENT_ID, NOW_MS
from tests.real_clients.table import Kind, Mistake, Sent, Table, Wire, Wish

SYMBOL = "BTC/USDT:USDT"
MARKET = get_exchange("bitmex").card.markets().get(SYMBOL)
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20000),
    client_id=CLIENT_ID,
)
_NAMED = {"clientOrderId": CLIENT_ID}
_BEST = frozenset({"bidVolume", "askVolume"})


_CONTRACT_WISHES = (
    *("margin accounts", "another leverage", "another margin mode", "past fundings"),
)
# ccxt signs these as well where it has a key; they need none.
_PUBLIC = ("/instrument", "/wallet/assets", "/trade", "/orderBook", "/funding")


def _comparable(sent: Sent) -> Sent:
    """Leave out what a question needs not: a type of its empty body, a signature of public ones."""
    method, url, body, headers = sent
    if method != "GET":
        return sent
    needless = {"content-type"}
    if url.partition("/api/v1")[2].startswith(_PUBLIC):
        needless |= {"api-key", "api-expires", "api-signature"}
    return method, url, body, {it: text for it, text in headers.items() if it not in needless}


def _read_positions(ours: Sequence[Position], theirs: Any) -> None:  # noqa: ANN401  ccxt's own
    """Hold a position against ours; ccxt leaves its margin in smallest units."""
    for our, their in zip(ours, theirs, strict=True):
        assert Decimal(their["contracts"]) * MARKET.contract_size == abs(our.quantity)
        assert Decimal(their["entryPrice"]) == our.entry_price
        assert Decimal(their["markPrice"]) == our.mark_price
        assert Decimal(their["unrealizedPnl"]) == our.unrealised
        assert their["marginMode"] == our.mode.value


def _name_twice(bench: Bench) -> None:
    """Give two open orders the same name."""
    desk = bench.desk()
    for _ in range(2):
        desk.place(**_NAMED)


def _mistake(name: str, ask: object, raises: str, status: int, says: str) -> Mistake:
    assert callable(ask)
    return Mistake(name=name, ask=ask, raises=raises, status=status, says=says)


TABLE = Table(
    symbol=SYMBOL,
    ccxt_version="4.5.83",
    unknown_key="A" * 24,
    unknown_order="00000000-0000-0000-0000-000000000000",
    amount="10000",
    too_much="100000000000",
    too_little="10",
    post_only_raises="BadRequest",
    cancel_raises="ExchangeError",
    lacks={
        Kind.STOP: "conditional orders are not carried out",
        Kind.SERVER_TIME: "no call of ccxt asks for the time",
        Kind.OWN_TRADES: "ccxt 4.5.83 leaves cost and fee of contracts in smallest units",
        Kind.CONTRACT_MODES: "ccxt 4.5.83 leaves margins in smallest units and asks for no modes",
    },
    unmade={"below the smallest size": "ccxt rounds to whole lots before it asks"},
    mistakes=(
        _mistake(
            "wrong secret", mistakes.wrong_secret, "AuthenticationError", 401, "Signature not valid"
        ),
        _mistake(
            "unknown key", mistakes.unknown_key, "AuthenticationError", 401, "Invalid API Key"
        ),
        _mistake(
            "no trading right", mistakes.no_trading_right, "PermissionDenied", 403, "Access Denied"
        ),
        _mistake("stale stamp", mistakes.stale_stamp, "ExchangeError", 401, "has expired"),
        _mistake("other address", mistakes.other_address, "ExchangeError", 403, "address"),
        _mistake(
            "too little money",
            mistakes.too_little_money,
            "InsufficientFunds",
            400,
            "insufficient Available Balance",
        ),
        _mistake("unknown order", mistakes.unknown_order, "ExchangeError", 404, "Not Found"),
        _mistake(
            "unknown symbol",
            mistakes.unknown_symbol("AAABBB"),
            "BadRequest",
            400,
            "symbol is invalid",
        ),
        _mistake("a name twice", _name_twice, "InvalidOrder", 400, "Duplicate clOrdID"),
    ),
    wire=Wire(
        wishes={
            **{name: contract_wishes(SYMBOL)[name] for name in _CONTRACT_WISHES},
            "server time": None,
            # The same question as for margin accounts, which tells more.
            "balances": None,
            "positions": Wish(
                operation=GetPositions(),
                call=lambda c: c.fetch_positions([SYMBOL]),
                reads=_read_positions,
            ),
            "limit order": Wish(
                operation=ORDER,
                call=lambda c: c.create_order(SYMBOL, "limit", "buy", 1000, 20000, _NAMED),
            ),
            "limit order to sell": Wish(
                operation=replace(ORDER, side=Side.SELL),
                call=lambda c: c.create_order(SYMBOL, "limit", "sell", 1000, 20000, _NAMED),
            ),
            "closed orders": None,
            "past orders": Wish(
                operation=GetClosedOrders(SYMBOL, include_open=True),
                call=lambda c: c.fetch_orders(SYMBOL),
            ),
            "past orders since": Wish(
                operation=GetClosedOrders(
                    SYMBOL, since_ms=NOW_MS - 9_000, limit=7, include_open=True
                ),
                call=lambda c: c.fetch_orders(SYMBOL, NOW_MS - 9_000, 7),
            ),
            "own trades since": Wish(
                operation=GetOwnTrades(SYMBOL, since_ms=NOW_MS - 9_000, limit=7),
                call=lambda c: c.fetch_my_trades(SYMBOL, NOW_MS - 9_000, 7),
            ),
            "candles since": Wish(
                operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS - 7_200_000, limit=5),
                call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", NOW_MS - 7_200_000, 5),
            ),
            "trades since": Wish(
                operation=GetTrades(SYMBOL, NOW_MS - 9_000, 7),
                call=lambda c: c.fetch_trades(SYMBOL, NOW_MS - 9_000, 7),
            ),
            "book of a depth": Wish(
                operation=GetOrderBook(SYMBOL, 10),
                call=lambda c: c.fetch_order_book(SYMBOL, 10),
            ),
            "cancel all": Wish(
                operation=CancelAllOrders(SYMBOL), call=lambda c: c.cancel_all_orders(SYMBOL)
            ),
        },
        key={
            "api_key": "drawbridge-test-key-mex1",
            "api_secret": "drawbridge-test-secret-bitmex-0001",
        },
        results=contract_results(MARKET),
        as_compared=_comparable,
        unread={
            GetTicker: _BEST,
            GetTickers: _BEST,
            # ccxt counts it in contracts.
            GetCandles: frozenset({"volume"}),
            GetMarkets: frozenset({"min_quantity"}),
            GetOwnTrades: frozenset({"cost", "fee"}),
            # Of an order that ended, nothing is left to be done.
            **dict.fromkeys(
                (CancelOrder, CancelAllOrders, GetClosedOrders), frozenset({"remaining"})
            ),
            # ccxt works the cost out of an average that it reads as a float.
            GetOrder: frozenset({"remaining", "cost"}),
        },
        unasked={
            GetServerTime: "no call of ccxt asks for the time",
            GetBalances: "one question tells it with the margin accounts",
            GetKeyRights: "no call of ccxt asks for a key's rights",
        },
    ),
)
