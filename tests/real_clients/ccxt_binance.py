"""ccxt's Binance client as a referee: its clock frozen, its network replaced by a recorder.

Numbers are texts there, so that no float blurs a comparison. Nothing goes over a network.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import ccxt

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.markets import Candle, Currency, Level, OrderBook, PublicTrade, Ticker
from drawbridge.core.operations import (
    Balance,
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetServerTime,
    GetTicker,
    GetTickers,
    GetTrades,
    KeyRights,
    Operation,
    Placed,
    PlaceOrder,
    ServerTime,
)
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.core.secret import Secret
from drawbridge.wire.codec import ServerView
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.http import WireAnswer, WireRequest

NOW_MS = 1_700_000_000_000
KEY = "drawbridgeTestKey".ljust(64, "0")
HMAC_SECRET = "drawbridgeTestSecret".ljust(64, "0")
BASE = "http://127.0.0.1:1"
SYMBOL = "BTC/USDT"
CLIENT_ID = "dbabcdefghij234567"
EXCHANGE = get_exchange("binance")
MARKETS = EXCHANGE.card.markets()

Sent = tuple[str, str, str | None, dict[str, str]]


@dataclass
class Recorder:
    """What ccxt's `fetch` becomes: it keeps the request and gives the answer it was told."""

    client: Any
    answer: bytes
    seen: list[Sent] = field(default_factory=list)

    def __call__(
        self,
        url: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: str | None = None,
    ) -> object:
        """Keep the request, with header names in lower case as they travel with us."""
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        self.seen.append((method, url, body, lowered))
        return self.client.parse_json(self.answer.decode())


def referee(secret: str = HMAC_SECRET) -> tuple[Any, Recorder]:
    """Give a ccxt client that knows the paper exchange's pairs, and its recorder."""
    urls = {
        name: url.replace("{base}", BASE)
        for name, url in EXCHANGE.card.clients["ccxt"].urls.items()
        if not name.startswith("ws")
    }
    client = ccxt.binance({"apiKey": KEY, "secret": secret, "urls": {"api": urls}})
    client.number = str
    client.milliseconds = lambda: NOW_MS
    client.options["fetchOpenOrders"]["warnWithoutSymbol"] = False
    client.options["fetchMarkets"] = {"types": ["spot"]}
    client.options["fetchMargins"] = False
    client.options["fetchCurrencies"] = False
    recorder = Recorder(client, answer_to(GetMarkets()).body)
    client.fetch = recorder
    client.load_markets()
    client.options["fetchCurrencies"] = True
    recorder.seen.clear()
    return client, recorder


def answer_to(operation: Operation[Any]) -> WireAnswer:
    """Write the example result of an operation as the paper exchange would."""
    request = EXCHANGE.codec.encode_request(operation, MARKETS)
    view = ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)
    return EXCHANGE.codec.encode_answer(operation, result_of(operation), view)


def signed(operation: Operation[Any], secret: str = HMAC_SECRET) -> WireRequest:
    """Write an operation as our own client does, signed where the endpoint wants it."""
    request = EXCHANGE.codec.encode_request(operation, MARKETS)
    if not EXCHANGE.endpoints.classify(request).is_signed:
        return request
    credential = Credential(KEY, EXCHANGE.keys.signer(Secret(secret)))
    return sign(EXCHANGE.dialect, request, credential, str(NOW_MS))


def as_sent(request: WireRequest) -> Sent:
    """Give a request of ours in the recorder's form."""
    headers = {name.decode(): value.decode() for name, value in request.headers}
    body = request.body.decode() if request.body else None
    return request.method, BASE + request.target.decode(), body, headers


ORDER = Order(
    order_id="28",
    client_id=CLIENT_ID,
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.PARTIALLY_FILLED,
    quantity=Decimal("0.003"),
    price=Decimal("20000.01"),
    created_ms=NOW_MS - 5_000,
    updated_ms=NOW_MS - 1_000,
    filled=Decimal("0.001"),
    filled_quote=Decimal("19.99999"),
)
FILL = Fill(
    trade_id="56",
    order_id="28",
    client_id=CLIENT_ID,
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    price=Decimal("19999.99"),
    quantity=Decimal("0.001"),
    fee=Decimal("0.000001"),
    fee_currency="BTC",
    is_maker=False,
    time_ms=NOW_MS - 1_000,
)
TICKER = Ticker(
    symbol=SYMBOL,
    time_ms=NOW_MS,
    last=Decimal("35205.12"),
    bid=Decimal("35205.11"),
    bid_quantity=Decimal("1.5"),
    ask=Decimal("35205.13"),
    ask_quantity=Decimal("2.25"),
    open=Decimal("35300.5"),
    high=Decimal("35900.01"),
    low=Decimal("34800.99"),
    volume=Decimal("1234.56789"),
    volume_quote=Decimal("43331102.44444444"),
    trades=999,
)
RIGHTS = KeyRights(
    switches=frozenset({"enableReading", "enableSpotAndMarginTrading"}),
    ip_bound=True,
    created_ms=NOW_MS - 7,
)
_RESULTS: dict[type[Operation[Any]], object] = {
    GetServerTime: ServerTime(NOW_MS),
    GetMarkets: tuple(MARKETS),
    GetCurrencies: (Currency("BTC", "Bitcoin", 8), Currency("USDT", "TetherUS", 6)),
    GetTicker: TICKER,
    GetTickers: (TICKER,),
    GetCandles: tuple(
        Candle(
            NOW_MS + index * 60_000,
            Decimal("35205.12"),
            Decimal("35210.5"),
            Decimal("35200.01"),
            Decimal("35208.99"),
            Decimal("3.00001"),
        )
        for index in range(3)
    ),
    GetOrderBook: OrderBook(
        symbol=SYMBOL,
        time_ms=0,
        sequence=1_027_024,
        bids=(Level(Decimal("35204.99"), Decimal("1.50001")),),
        asks=(Level(Decimal("35205.01"), Decimal("2.25")),),
    ),
    GetTrades: (
        PublicTrade(
            trade_id=7,
            symbol=SYMBOL,
            time_ms=NOW_MS,
            price=Decimal("35205.12"),
            quantity=Decimal("0.00123"),
            taker_buys=False,
        ),
    ),
    GetBalances: (Balance("BTC", Decimal("0.5"), Decimal("0.00000001")),),
    PlaceOrder: Placed(ORDER, (FILL,)),
    CancelOrder: ORDER,
    GetOrder: ORDER,
    GetOpenOrders: (ORDER,),
    GetClosedOrders: (ORDER,),
    GetOwnTrades: (FILL,),
    GetKeyRights: RIGHTS,
}


def result_of(operation: Operation[Any]) -> object:
    """Give the example result of an operation."""
    return _RESULTS[type(operation)]
