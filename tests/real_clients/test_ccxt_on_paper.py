"""The unmodified ccxt on the paper exchange, with nothing set but addresses and key.

Scenarios 87 and 89: what works on the real exchange works here, the numbers that ccxt parses are
those of the ledger, and every mistake raises the exception class that ccxt raises there.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt
import ccxt.async_support
import pytest

from tests.kit.processes import Paper

SYMBOLS = {"binance": "BTC/USDT", "kraken": "BTC/USD"}
EXCHANGES = sorted(SYMBOLS)
Client = Any


@dataclass(frozen=True)
class Desk:
    """A client with a key, and the pair that it trades."""

    exchange: str
    symbol: str
    client: Client

    @property
    def base(self) -> str:
        return self.symbol.split("/")[0]

    @property
    def quote(self) -> str:
        return self.symbol.split("/")[1]

    @property
    def far_price(self) -> float:
        """A price that rests: half of the best bid, on the tick."""
        bid = self.client.fetch_ticker(self.symbol)["bid"]
        return float(self.client.price_to_precision(self.symbol, bid * 0.5))


def connect(paper: Paper, exchange: str, key: dict[str, str]) -> Client:
    client = getattr(ccxt, exchange)(
        {
            "apiKey": key["api_key"],
            "secret": key["api_secret"],
            "urls": paper.exchanges[exchange]["ccxt_urls"],
            "enableRateLimit": False,
        }
    )
    client.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
    return client


@pytest.fixture(params=EXCHANGES)
def desk(paper: Paper, request: pytest.FixtureRequest) -> Desk:
    client = connect(paper, request.param, paper.key(request.param))
    client.load_markets()
    return Desk(request.param, SYMBOLS[request.param], client)


def test_markets_have_their_rules(desk: Desk) -> None:
    market = desk.client.market(desk.symbol)
    assert len(desk.client.markets) >= 3
    assert market["active"]
    assert market["precision"]["price"] > 0
    assert market["precision"]["amount"] > 0
    assert market["limits"]["amount"]["min"] > 0
    assert market["limits"]["cost"]["min"] > 0


def test_prices_are_live_and_agree_with_each_other(desk: Desk) -> None:
    client, symbol = desk.client, desk.symbol
    now_ms = time.time() * 1_000
    assert abs(client.fetch_time() - now_ms) < 2_000
    ticker = client.fetch_ticker(symbol)
    assert ticker["bid"] < ticker["ask"]
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert symbol in client.fetch_tickers([symbol])
    book = client.fetch_order_book(symbol, 10)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert len(book["bids"]) == 10
    candles = client.fetch_ohlcv(symbol, "1m", limit=100)
    assert len(candles) >= 100
    assert abs(candles[-1][0] - now_ms) < 120_000
    assert all(low <= min(o, c) <= max(o, c) <= high for _, o, high, low, c, _ in candles)
    trades = client.fetch_trades(symbol, limit=20)
    assert trades
    assert abs(trades[-1]["timestamp"] - now_ms) < 120_000


def test_a_limit_order_holds_money_until_it_is_cancelled(desk: Desk) -> None:
    client, symbol = desk.client, desk.symbol
    before = client.fetch_balance()
    price = desk.far_price
    placed = client.create_order(symbol, "limit", "buy", 0.01, price)
    told = client.fetch_order(placed["id"], symbol)
    assert (told["status"], told["side"], told["type"]) == ("open", "buy", "limit")
    assert (told["amount"], told["price"], told["filled"]) == (0.01, price, 0.0)
    assert placed["id"] in [order["id"] for order in client.fetch_open_orders(symbol)]
    held = client.fetch_balance()
    if desk.exchange != "kraken" or held[desk.quote]["used"] is not None:
        assert held[desk.quote]["free"] < before[desk.quote]["free"]
    client.cancel_order(placed["id"], symbol)
    assert client.fetch_order(placed["id"], symbol)["status"] == "canceled"
    assert client.fetch_balance()[desk.quote]["total"] == before[desk.quote]["total"]
    assert client.fetch_open_orders(symbol) == []


def test_a_market_order_trades_and_the_numbers_are_those_of_the_ledger(
    desk: Desk, paper: Paper
) -> None:
    client, symbol = desk.client, desk.symbol
    before = client.fetch_balance()
    placed = client.create_order(symbol, "market", "buy", 0.02)
    told = client.fetch_order(placed["id"], symbol)
    assert (told["status"], told["filled"]) == ("closed", 0.02)
    trades = [it for it in client.fetch_my_trades(symbol) if it["order"] == placed["id"]]
    assert sum(it["amount"] for it in trades) == pytest.approx(0.02)
    assert sum(it["cost"] for it in trades) == pytest.approx(told["cost"])
    fees = {it["fee"]["currency"] for it in trades}
    assert fees <= {desk.base, desk.quote}
    after = client.fetch_balance()
    paid_in_quote = sum(it["fee"]["cost"] for it in trades if it["fee"]["currency"] == desk.quote)
    paid_in_base = sum(it["fee"]["cost"] for it in trades if it["fee"]["currency"] == desk.base)
    assert after[desk.quote]["total"] == pytest.approx(
        before[desk.quote]["total"] - told["cost"] - paid_in_quote, abs=1e-4
    )
    assert after[desk.base]["total"] == pytest.approx(
        before[desk.base]["total"] + 0.02 - paid_in_base, abs=1e-8
    )
    assert paper.ledger()["balanced"] is True


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_every_number_that_ccxt_parses_is_the_ledgers_to_the_last_digit(
    paper: Paper, exchange: str
) -> None:
    """Scenario 87. An account of its own, so that nobody else moves its money."""
    account, symbol = f"exact-{exchange}", SYMBOLS[exchange]
    client = connect(paper, exchange, paper.key(exchange, "read,trade_spot", "--account", account))
    client.number = str
    client.load_markets()
    bought = client.create_order(symbol, "market", "buy", "0.0123")
    client.create_order(symbol, "market", "sell", "0.0045")
    price = client.price_to_precision(symbol, float(client.fetch_ticker(symbol)["bid"]) * 0.5)
    resting = client.create_order(symbol, "limit", "buy", "0.02", price)
    told = client.fetch_balance()
    booked = paper.ledger()["balances"][account]
    for currency, amounts in booked.items():
        for name in ("free", "used"):
            ours = amounts["held" if name == "used" else name]
            assert Decimal(told[currency][name] or 0) == Decimal(ours), (currency, name)
    trades = [it for it in client.fetch_my_trades(symbol) if it["order"] == bought["id"]]
    assert sum(Decimal(it["amount"]) for it in trades) == Decimal("0.0123")
    order = client.fetch_order(resting["id"], symbol)
    assert (Decimal(order["price"]), Decimal(order["amount"])) == (Decimal(price), Decimal("0.02"))
    client.cancel_order(resting["id"], symbol)
    after = client.fetch_balance()
    quote = symbol.split("/")[1]
    assert Decimal(after[quote]["used"] or 0) == 0
    assert Decimal(after[quote]["total"]) == Decimal(told[quote]["total"])


def test_a_post_only_order_rests_or_is_refused(desk: Desk) -> None:
    client, symbol = desk.client, desk.symbol
    placed = client.create_order(symbol, "limit", "buy", 0.01, desk.far_price, {"postOnly": True})
    assert client.fetch_order(placed["id"], symbol)["status"] == "open"
    client.cancel_order(placed["id"], symbol)
    above = float(client.price_to_precision(symbol, client.fetch_ticker(symbol)["ask"] * 1.02))
    with pytest.raises(ccxt.BaseError) as refusal:
        client.create_order(symbol, "limit", "buy", 0.01, above, {"postOnly": True})
    wanted = {"binance": ccxt.OrderImmediatelyFillable, "kraken": ccxt.ExchangeError}
    assert type(refusal.value) is wanted[desk.exchange]


def test_an_order_is_found_and_cancelled_by_the_clients_own_id(desk: Desk) -> None:
    client, symbol = desk.client, desk.symbol
    own = {"clientOrderId": "my-order-1"}
    placed = client.create_order(symbol, "limit", "buy", 0.01, desk.far_price, own)
    told = client.fetch_order(placed["id"], symbol)
    assert told["clientOrderId"] == "my-order-1"
    client.cancel_order("", symbol, own)
    assert client.fetch_order(placed["id"], symbol)["status"] == "canceled"


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_the_asynchronous_client_trades_as_well(paper: Paper, exchange: str) -> None:
    key, symbol = paper.key(exchange), SYMBOLS[exchange]
    client = getattr(ccxt.async_support, exchange)(
        {
            "apiKey": key["api_key"],
            "secret": key["api_secret"],
            "urls": paper.exchanges[exchange]["ccxt_urls"],
            "enableRateLimit": False,
        }
    )
    try:
        await client.load_markets()
        placed = await client.create_order(symbol, "market", "buy", 0.01)
        assert (await client.fetch_order(placed["id"], symbol))["filled"] == 0.01
        assert (await client.fetch_balance())["BTC"]["total"] > 0
    finally:
        await client.close()


@contextmanager
def raising(kind: type[Exception]) -> Iterator[None]:
    """Exactly this class, not one derived from it: ccxt's callers tell them apart."""
    with pytest.raises(kind) as raised:
        yield
    assert type(raised.value) is kind, raised.value


def balance_with(**changes: str) -> Callable[[Paper, str], None]:
    def ask(paper: Paper, exchange: str) -> None:
        connect(paper, exchange, {**paper.key(exchange), **changes}).fetch_balance()

    return ask


def order_with(
    scopes: str = "read,trade_spot",
    symbol: str = "",
    amount: float = 0.01,
    price_factor: float = 0.5,
    *more: str,
) -> Callable[[Paper, str], None]:
    def ask(paper: Paper, exchange: str) -> None:
        client = connect(paper, exchange, paper.key(exchange, scopes, *more))
        client.options.update(fetchCurrencies=False, fetchMargins=False)
        client.load_markets()
        pair = SYMBOLS[exchange]
        bid = client.fetch_ticker(pair)["bid"] * price_factor
        if symbol:
            client.markets[symbol] = {**client.markets[pair], "id": symbol, "symbol": symbol}
            client.symbols.append(symbol)
        client.create_order(
            symbol or pair, "limit", "buy", amount, float(client.price_to_precision(pair, bid))
        )

    return ask


def stale(paper: Paper, exchange: str) -> None:
    client = connect(paper, exchange, paper.key(exchange))
    early = client.milliseconds() - 120_000
    client.milliseconds = lambda: early
    client.nonce = lambda: early
    # ccxt never repeats a nonce by itself; a second program with the same key does.
    client.incrementing_nonce = lambda: early
    client.fetch_balance()
    client.fetch_balance()


def wrong_secret(paper: Paper, exchange: str) -> None:
    other = paper.key(exchange)["api_secret"]
    balance_with(api_secret=other)(paper, exchange)


def unknown_order(paper: Paper, exchange: str) -> None:
    client = connect(paper, exchange, paper.key(exchange))
    client.load_markets()
    wanted = {"binance": "999999999", "kraken": "OZZZZZ-ZZZZZ-ZZZZZZ"}
    client.cancel_order(wanted[exchange], SYMBOLS[exchange])


UNKNOWN_KEYS = {"binance": "A" * 64, "kraken": "A" * 56}


def unknown_key(paper: Paper, exchange: str) -> None:
    balance_with(api_key=UNKNOWN_KEYS[exchange])(paper, exchange)


def unknown_pair(paper: Paper, exchange: str) -> None:
    client = connect(paper, exchange, paper.key(exchange))
    client.load_markets()
    pair = SYMBOLS[exchange]
    client.markets["AAA/BBB"] = {**client.markets[pair], "id": "AAABBB", "symbol": "AAA/BBB"}
    client.fetch_ticker("AAA/BBB")


# Mistake, then the class that ccxt raises on the real exchange: binance's, kraken's.
# Source: the error tables of the exchanges' dossiers, measured with ccxt 4.5.90.
MISTAKES: list[tuple[str, Callable[[Paper, str], None], type[Exception], type[Exception]]] = [
    ("wrong secret", wrong_secret, ccxt.AuthenticationError, ccxt.ExchangeError),
    ("unknown key", unknown_key, ccxt.AuthenticationError, ccxt.AuthenticationError),
    ("no trading right", order_with("read"), ccxt.AuthenticationError, ccxt.PermissionDenied),
    ("stale stamp or used nonce", stale, ccxt.InvalidNonce, ccxt.InvalidNonce),
    ("too little money", order_with(amount=50.0), ccxt.InsufficientFunds, ccxt.InsufficientFunds),
    ("unknown order", unknown_order, ccxt.OrderNotFound, ccxt.OrderNotFound),
    ("unknown pair", unknown_pair, ccxt.BadSymbol, ccxt.ExchangeError),
]


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize(
    ("mistake", "ask", "binance", "kraken"), MISTAKES, ids=[row[0] for row in MISTAKES]
)
def test_every_mistake_raises_ccxts_own_exception(
    paper: Paper,
    exchange: str,
    mistake: str,
    ask: Callable[[Paper, str], None],
    binance: type[Exception],
    kraken: type[Exception],
) -> None:
    del mistake
    with raising({"binance": binance, "kraken": kraken}[exchange]):
        ask(paper, exchange)


@pytest.mark.parametrize(
    ("exchange", "wanted"), [("binance", ccxt.BadRequest), ("kraken", ccxt.InvalidOrder)]
)
def test_an_order_below_the_smallest_size_is_refused(
    paper: Paper, exchange: str, wanted: type[Exception]
) -> None:
    with raising(wanted):
        order_with(amount=0.00002)(paper, exchange)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_key_bound_to_other_addresses_is_refused(paper: Paper, exchange: str) -> None:
    key = paper.key(exchange, "read", "--ip", "203.0.113.7")
    with pytest.raises(ccxt.BaseError) as refusal:
        connect(paper, exchange, key).fetch_balance()
    assert isinstance(refusal.value, ccxt.AuthenticationError | ccxt.ExchangeError)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_the_path_prefix_serves_the_same_exchange(paper: Paper, exchange: str) -> None:
    """Scenario 87: each exchange stands under its name on the first port as well."""
    key, at = paper.key(exchange), paper.exchanges[exchange]
    urls = {
        name: url.replace(at["rest"], at["path"]) if isinstance(url, str) else url
        for name, url in at["ccxt_urls"]["api"].items()
    }
    client = getattr(ccxt, exchange)(
        {"apiKey": key["api_key"], "secret": key["api_secret"], "urls": {"api": urls}}
    )
    client.load_markets()
    assert client.fetch_balance()["BTC"]["total"] > 0


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_too_many_requests_are_refused_until_the_client_has_waited(
    tmp_path: Path, exchange: str
) -> None:
    """Scenario 89. Its own paper exchange: limits are counted per address as well."""
    paper = Paper(tmp_path)
    try:
        client = connect(paper, exchange, paper.key(exchange))
        client.load_markets()
        with raising(ccxt.DDoSProtection):
            for _ in range(400):
                client.fetch_balance()
        assert "Traceback" not in str(client.last_http_response)
        assert client.last_response_headers.get("Retry-After", "1").isdigit()
    finally:
        assert paper.process.stop() == 0
