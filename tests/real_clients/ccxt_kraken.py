"""ccxt's Kraken client as a referee: its nonce frozen, its network replaced by a recorder.

Numbers are texts there, so that no float blurs a comparison. Nothing goes over a network.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
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
KEY = "DRAWBRIDGEkrakenTESTkey0000000000000000000000000000000000"
SECRET = "VQSkeaZz5B0/WuxBK4cxaVZfmqgxp+HKGRL7u2pSguG8jldhUp7Be8chbKf7oPZqDv8A0pL+3xdcHhEN4GgnmQ=="
BASE = "http://127.0.0.1:1"
SYMBOL = "BTC/USD"
CLIENT_ID = "dbabcdefghij234567"
EXCHANGE = get_exchange("kraken")
MARKETS = EXCHANGE.card.markets()
ORDER_ID = EXCHANGE.codec.order_id(28)
TRADE_ID = EXCHANGE.codec.trade_id(56)

Sent = tuple[str, str, str | None, dict[str, str]]


@dataclass
class Recorder:
    """What ccxt's `fetch` becomes: it keeps the request and gives the answer it was told."""

    client: Any
    answer: bytes
    status: int = 200
    seen: list[Sent] = field(default_factory=list)

    def __call__(
        self,
        url: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: str | None = None,
    ) -> object:
        """Keep the request, and read the answer as ccxt would, errors included."""
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        self.seen.append((method, url, body, lowered))
        text = self.answer.decode()
        document = self.client.parse_json(text)
        self.client.last_http_response = text
        self.client.handle_errors(self.status, "", url, method, {}, text, document, headers, body)
        return document


def referee() -> tuple[Any, Recorder]:
    """Give a ccxt client that knows the paper exchange's pairs, and its recorder."""
    client = _client()
    client.fetch = recorder = Recorder(client, b"")
    return client, recorder


@cache
def _client() -> Any:  # noqa: ANN401  ccxt is published without types
    # Made once: it takes ccxt longer to set itself up than to do everything that is asked here.
    urls = {
        name: url.replace("{base}", BASE)
        for name, url in EXCHANGE.card.clients["ccxt"].urls.items()
        if not name.startswith("ws")
    }
    settings = {"apiKey": KEY, "secret": SECRET, "urls": {"api": urls}, "enableRateLimit": False}
    client = ccxt.kraken(settings)
    client.number = str
    client.incrementing_nonce = lambda: NOW_MS
    recorder = Recorder(client, answer_to(GetCurrencies()).body)
    client.fetch = recorder
    client.currencies = client.fetch_currencies()
    recorder.answer = answer_to(GetMarkets()).body
    client.set_markets(client.fetch_markets(), client.currencies)
    return client


def answer_to(operation: Operation[Any]) -> WireAnswer:
    """Write the example result of an operation as the paper exchange would."""
    request = EXCHANGE.codec.encode_request(operation, MARKETS)
    view = ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)
    asked = EXCHANGE.codec.decode_request(view)
    return EXCHANGE.codec.encode_answer(asked, RESULTS[type(asked)], view)


def refusal(reason: str, **facts: object) -> bytes:
    """Write a refusal as the paper exchange would."""
    return EXCHANGE.codec.write_error(EXCHANGE.errors.speak(reason, facts)).body


def signed(operation: Operation[Any]) -> WireRequest:
    """Write an operation as our own client does, signed where the endpoint wants it."""
    request = EXCHANGE.codec.encode_request(operation, MARKETS)
    if not EXCHANGE.endpoints.classify(request).is_signed:
        return request
    credential = Credential(KEY, EXCHANGE.keys.signer(Secret(SECRET)))
    return sign(EXCHANGE.dialect, request, credential, str(NOW_MS))


def as_sent(request: WireRequest) -> Sent:
    """Give a request of ours in the recorder's form."""
    headers = {name.decode(): value.decode() for name, value in request.headers}
    body = request.body.decode() if request.body else None
    return request.method, BASE + request.target.decode(), body, headers


ORDER = Order(
    order_id=ORDER_ID,
    client_id=CLIENT_ID,
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.PARTIALLY_FILLED,
    quantity=Decimal("0.003"),
    price=Decimal("20000.1"),
    created_ms=NOW_MS - 4_877,
    updated_ms=NOW_MS - 4_877,
    filled=Decimal("0.001"),
    filled_quote=Decimal("19.9999"),
    fee=Decimal("0.05"),
    fee_currency="USD",
    post_only=True,
    trade_ids=(TRADE_ID,),
)
CLOSED = Order(
    order_id=EXCHANGE.codec.order_id(29),
    client_id="",
    symbol="DOGE/USD",
    side=Side.SELL,
    type=OrderType.MARKET,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.FILLED,
    quantity=Decimal("1000.5"),
    price=None,
    created_ms=NOW_MS - 9_001,
    updated_ms=NOW_MS - 9_001,
    filled=Decimal("1000.5"),
    filled_quote=Decimal("70.1350500"),
    fee=Decimal("0.17533762"),
    fee_currency="USD",
)
FILL = Fill(
    trade_id=TRADE_ID,
    order_id=ORDER_ID,
    client_id="",
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    price=Decimal("19999.9"),
    quantity=Decimal("0.001"),
    fee=Decimal("0.05"),
    fee_currency="USD",
    is_maker=True,
    time_ms=NOW_MS - 1_001,
)
TICKER = Ticker(
    symbol=SYMBOL,
    time_ms=0,
    last=Decimal("35205.1"),
    bid=Decimal("35205.1"),
    bid_quantity=Decimal("1.5"),
    ask=Decimal("35205.2"),
    ask_quantity=Decimal("2.25000001"),
    open=Decimal("35300.5"),
    high=Decimal("35900.1"),
    low=Decimal("34800.9"),
    volume=Decimal("1234.5"),
    volume_quote=Decimal("43460572.5"),
    trades=999,
)
CANDLES = tuple(
    Candle(
        NOW_MS - 20_000 + index * 60_000,
        Decimal("35205.1"),
        Decimal("35210.5"),
        Decimal("35200.1"),
        Decimal("35208.9"),
        Decimal("3.00001"),
    )
    for index in range(3)
)
RESULTS: dict[type[Operation[Any]], Any] = {
    GetServerTime: ServerTime(NOW_MS),
    GetMarkets: tuple(MARKETS),
    GetCurrencies: tuple(
        Currency(row.code, row.name, row.places) for row in EXCHANGE.card.currencies
    ),
    GetTicker: TICKER,
    GetTickers: (TICKER,),
    GetCandles: CANDLES,
    GetOrderBook: OrderBook(
        symbol=SYMBOL,
        time_ms=NOW_MS,
        sequence=0,
        bids=(Level(Decimal("35204.9"), Decimal("1.50000001")),),
        asks=(Level(Decimal("35205.1"), Decimal("2.25")),),
    ),
    GetTrades: (
        PublicTrade(
            7, SYMBOL, NOW_MS - 1_001, Decimal("35205.1"), Decimal("0.00123"), taker_buys=False
        ),
    ),
    GetBalances: (
        Balance("BTC", Decimal("0.5"), Decimal("0.00000001")),
        Balance("USD", Decimal("979.9999"), Decimal("20.0001")),
        Balance("DOGE", Decimal(12), Decimal(0)),
    ),
    PlaceOrder: Placed(ORDER),
    CancelOrder: ORDER,
    GetOrder: ORDER,
    GetOpenOrders: (ORDER,),
    GetClosedOrders: (CLOSED,),
    GetOwnTrades: (FILL,),
    GetKeyRights: KeyRights(
        switches=frozenset({"query-funds", "modify-trades"}),
        ip_list=("203.0.113.7/32",),
        ip_bound=True,
        created_ms=NOW_MS,
        expires_ms=None,
        label="drawbridge-1",
        key=KEY,
        last_nonce=NOW_MS,
    ),
}
