"""Examples for the contract suite: operations, and results that could answer them.

Only what every exchange can say is drawn: times on whole seconds where requests carry them,
candles that begin where candles begin, orders whose state fits their fills.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from drawbridge.catalogue.card import Card
from drawbridge.catalogue.drawing import draw_secrets
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import (
    Currency,
    Market,
)
from drawbridge.core.money import ZERO
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
from tests.exchanges.contract_samples import RESULTS as CONTRACT_RESULTS
from tests.exchanges.contract_samples import contract_operations, contracts_of
from tests.exchanges.market_samples import (
    NOW_MS,
    Draw,
    amounts,
    books,
    candles,
    multiples,
    numbers,
    public_trades,
    tickers,
    times_ms,
    whole_times_ms,
)

_MINUTES = (1, 5, 15, 30, 60, 240, 1_440)

client_ids = st.from_regex(r"\Adb[a-z2-7]{15}\Z")


def stamps_of(card: Card) -> st.SearchStrategy[str]:
    """Draw a stamp as the exchange's clock or counter could show it."""
    times = st.integers(1_400_000_000_000, 1_900_000_000_000)
    rule = card.stamp
    return times.map(lambda time_ms: str(time_ms * rule.units_per_ms // rule.ms_per_unit))


def fields_of(card: Card) -> st.SearchStrategy[dict[str, str]]:
    """Draw the fields of a key as the exchange would issue them."""
    return st.integers(0, 2**64).map(lambda seed: _issued(card, seed))


def _issued(card: Card, seed: int) -> dict[str, str]:
    drawn = draw_secrets(card.paper_key, Random(seed).randbytes)
    secrets = {"api_secret": drawn.api_secret, "passphrase": drawn.passphrase}
    told = {name: secret.reveal() for name, secret in secrets.items() if secret is not None}
    return {"api_key": drawn.api_key, **told}


def operations(exchange: Exchange) -> st.SearchStrategy[Operation[Any]]:
    """Draw any operation that the exchange's client side has words for."""
    spoken = public_operations(exchange) | private_operations(exchange)
    if not contracts_of(exchange):
        return spoken
    return spoken | contract_operations(exchange).filter(lambda it: _has_words(exchange, it))


# Said by codecs of exchanges that have no words for something: no dry run, no order by its cost,
# nothing that is found by the client's own id alone.
_WORDLESS = frozenset(
    {"unsupported_operation", "unsupported_order", "order_id_needed", "bad_interval"}
)


def _has_words(exchange: Exchange, operation: Operation[Any]) -> bool:
    try:
        exchange.codec.encode_request(operation, exchange.card.markets())
    except BadInput as error:
        return error.code not in _WORDLESS
    return True


def public_operations(exchange: Exchange) -> st.SearchStrategy[Operation[Any]]:
    """Draw a question that needs no key."""
    return _public_operations(exchange).filter(lambda it: _has_words(exchange, it))


@st.composite
def _public_operations(draw: Draw, exchange: Exchange) -> Operation[Any]:
    market = draw(st.sampled_from(tuple(exchange.card.markets())))
    symbols = tuple(row.symbol for row in exchange.card.markets())
    some = tuple(draw(st.lists(st.sampled_from(symbols), unique=True, max_size=3)))
    interval_ms = draw(st.sampled_from(_MINUTES)) * 60_000
    beginnings = st.integers(10, NOW_MS // interval_ms).map(lambda count: count * interval_ms)
    chosen: Operation[Any] = draw(
        st.one_of(
            st.just(GetServerTime()),
            st.just(GetMarkets(some)),
            st.just(GetTicker(market.symbol)),
            st.just(GetTickers(some)),
            st.builds(
                GetCandles,
                st.just(market.symbol),
                st.just(interval_ms),
                since_ms=st.none() | beginnings,
                limit=st.just(100),
            ),
            st.just(GetOrderBook(market.symbol, 100)),
            st.builds(
                GetTrades, st.just(market.symbol), st.none() | whole_times_ms, st.integers(1, 1_000)
            ),
        )
    )
    return chosen


def private_operations(exchange: Exchange) -> st.SearchStrategy[Operation[Any]]:
    """Draw a question or an order that needs a key."""
    return _private_operations(exchange).filter(lambda it: _has_words(exchange, it))


@st.composite
def _private_operations(draw: Draw, exchange: Exchange) -> Operation[Any]:
    codec, symbols = exchange.codec, [market.symbol for market in exchange.card.markets()]
    symbol = draw(st.sampled_from(symbols))
    order_id = codec.order_id(draw(numbers))
    chosen: Operation[Any] = draw(
        st.one_of(
            place_orders(exchange),
            place_orders(exchange),
            st.just(CancelOrder(symbol=symbol, order_id=order_id)),
            st.builds(CancelOrder, st.just(symbol), client_id=client_ids),
            st.just(GetOrder(symbol=symbol, order_id=order_id)),
            st.just(GetOpenOrders(symbol)),
            st.builds(GetClosedOrders, st.just(symbol), st.none() | whole_times_ms),
            st.builds(GetOwnTrades, st.just(symbol), since_ms=st.none() | whole_times_ms),
            st.just(GetBalances()),
            st.just(GetKeyRights() if exchange.card.rights.told else GetBalances()),
            st.just(GetCurrencies()),
        )
    )
    return chosen


def place_orders(exchange: Exchange) -> st.SearchStrategy[PlaceOrder]:
    """Draw an order that the exchange has words for."""
    return _place_orders(exchange).filter(lambda it: _has_words(exchange, it))


@st.composite
def _place_orders(draw: Draw, exchange: Exchange) -> PlaceOrder:
    market = draw(st.sampled_from(tuple(exchange.card.markets())))
    kind = draw(st.sampled_from(OrderType))
    side = draw(st.sampled_from(Side))
    limit = kind is OrderType.LIMIT
    by_cost = not limit and side is Side.BUY and draw(st.booleans())
    post_only = limit and draw(st.booleans())
    time = draw(st.sampled_from(TimeInForce)) if limit and not post_only else TimeInForce.GTC
    return PlaceOrder(
        symbol=market.symbol,
        side=side,
        type=kind,
        quantity=None if by_cost else draw(multiples(market.quantity_step)),
        price=draw(multiples(market.price_tick)) if limit else None,
        time_in_force=time,
        client_id=draw(client_ids),
        quote_quantity=draw(multiples(Decimal("0.01"))) if by_cost else None,
        post_only=post_only,
        dry_run=draw(st.booleans()),
    )


def results(exchange: Exchange, operation: Operation[Any]) -> st.SearchStrategy[Any]:
    """Draw what could answer an operation, as the paper exchange would hand it over."""
    known = _RESULTS | CONTRACT_RESULTS
    drawn: st.SearchStrategy[Any] = known[type(operation)](exchange, operation)
    return drawn


def _market(exchange: Exchange, operation: Any) -> Market:  # noqa: ANN401  any operation with a symbol
    markets = exchange.card.markets()
    return markets.get(operation.symbol or next(iter(markets)).symbol)


def _all_of(rows: st.SearchStrategy[Any], name: str) -> st.SearchStrategy[tuple[Any, ...]]:
    """Draw up to three rows, no two of the same id."""
    drawn = st.lists(rows, max_size=3)
    return drawn.map(lambda found: tuple({getattr(row, name): row for row in found}.values()))


def _listed(exchange: Exchange, operation: GetMarkets) -> st.SearchStrategy[Any]:
    wanted = operation.symbols
    return st.just(
        tuple(row for row in exchange.card.markets() if not wanted or row.symbol in wanted)
    )


def _currencies(exchange: Exchange, _operation: GetCurrencies) -> st.SearchStrategy[Any]:
    return st.just(
        tuple(Currency(row.code, row.name, row.places) for row in exchange.card.currencies)
    )


def _many_tickers(exchange: Exchange, operation: GetTickers) -> st.SearchStrategy[Any]:
    markets = exchange.card.markets()
    wanted = operation.symbols or tuple(row.symbol for row in markets)
    return st.tuples(*(tickers(markets.get(symbol)) for symbol in wanted))


def _some_trades(exchange: Exchange, operation: GetTrades) -> st.SearchStrategy[Any]:
    most, first = min(3, operation.limit or 3), operation.since_ms or 0
    drawn = public_trades(_market(exchange, operation))
    # None is told that came before what was asked for.
    told = drawn.map(lambda row: replace(row, time_ms=max(row.time_ms, first)))
    # One number is one trade; two with the same would have no order among them.
    return st.lists(told, max_size=most, unique_by=lambda row: row.trade_id).map(tuple)


@st.composite
def _balances(draw: Draw, exchange: Exchange, _operation: GetBalances) -> tuple[Balance, ...]:
    codes = [row.code for row in exchange.card.currencies]
    held = draw(st.lists(st.sampled_from(codes), unique=True, max_size=3))
    return tuple(Balance(code, draw(amounts), draw(amounts)) for code in held)


@st.composite
def orders(draw: Draw, exchange: Exchange, market: Market) -> Order:
    """Draw a limit order in any state, its fills and fee in keeping with it."""
    lots = draw(st.integers(2, 10**6))
    status = draw(st.sampled_from([state for state in OrderStatus if state.value != "rejected"]))
    ends = {OrderStatus.OPEN: 0, OrderStatus.FILLED: lots}
    some: int = draw(st.integers(1, lots - 1))
    done = ends.get(status, some)
    filled, price = done * market.quantity_step, draw(multiples(market.price_tick))
    created = draw(times_ms)
    return Order(
        order_id=exchange.codec.order_id(draw(numbers)),
        client_id=draw(client_ids),
        symbol=market.symbol,
        side=draw(st.sampled_from(Side)),
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        status=status,
        quantity=lots * market.quantity_step,
        price=price,
        created_ms=created,
        updated_ms=created + draw(st.integers(0, 10**6)) if done else created,
        filled=filled,
        filled_quote=filled * price,
        fee=draw(amounts) if done else ZERO,
        fee_currency=market.quote if done else "",
        post_only=exchange.card.probe_order.post_only and draw(st.booleans()),
        trade_ids=(exchange.codec.trade_id(draw(numbers)),) if done else (),
    )


@st.composite
def fills(draw: Draw, exchange: Exchange, market: Market) -> Fill:
    """Draw an own trade."""
    return Fill(
        trade_id=exchange.codec.trade_id(draw(numbers)),
        order_id=exchange.codec.order_id(draw(numbers)),
        client_id=draw(client_ids),
        symbol=market.symbol,
        side=draw(st.sampled_from(Side)),
        type=OrderType.LIMIT,
        price=draw(multiples(market.price_tick)),
        quantity=draw(multiples(market.quantity_step)),
        fee=draw(amounts),
        fee_currency=market.quote,
        is_maker=draw(st.booleans()),
        time_ms=draw(times_ms),
    )


@st.composite
def _rights(draw: Draw, exchange: Exchange) -> KeyRights:
    switches = [switch.api for switch in exchange.card.permissions]
    addresses = tuple(draw(st.lists(st.sampled_from(["203.0.113.7/32"]), max_size=1)))
    return KeyRights(
        switches=exchange.card.with_needed(draw(st.lists(st.sampled_from(switches), unique=True))),
        ip_list=addresses,
        ip_bound=bool(addresses),
        created_ms=draw(whole_times_ms),
        expires_ms=draw(st.none() | whole_times_ms),
        label="my key",
        key="k" * 20,
        last_nonce=draw(numbers),
    )


def _placed(exchange: Exchange, operation: PlaceOrder, number: int) -> Placed:
    order = Order(
        order_id="" if operation.dry_run else exchange.codec.order_id(number),
        client_id=operation.client_id,
        symbol=operation.symbol,
        side=operation.side,
        type=operation.type,
        time_in_force=operation.time_in_force,
        status=OrderStatus.OPEN,
        quantity=operation.quantity or ZERO,
        price=operation.price,
        created_ms=NOW_MS,
        updated_ms=NOW_MS,
        quote_quantity=operation.quote_quantity,
        post_only=operation.post_only,
    )
    return Placed(order)


def _cancelled(exchange: Exchange, operation: CancelOrder) -> st.SearchStrategy[Order]:
    """Give an order that the cancel ended: one that is filled can no more be cancelled."""
    drawn = orders(exchange, _market(exchange, operation))
    return drawn.filter(lambda order: order.status is not OrderStatus.FILLED).map(
        lambda order: replace(
            order,
            status=OrderStatus.CANCELLED,
            order_id=operation.order_id or order.order_id,
            client_id=operation.client_id or order.client_id,
        )
    )


_RESULTS: dict[type[Operation[Any]], Callable[[Exchange, Any], st.SearchStrategy[Any]]] = {
    GetServerTime: lambda _x, _op: whole_times_ms.map(ServerTime),
    GetMarkets: _listed,
    GetCurrencies: _currencies,
    GetTicker: lambda x, op: tickers(_market(x, op)),
    GetTickers: _many_tickers,
    GetCandles: lambda x, op: candles(_market(x, op), op.interval_ms, op.since_ms),
    GetOrderBook: lambda x, op: books(_market(x, op)),
    GetTrades: _some_trades,
    PlaceOrder: lambda x, op: numbers.map(lambda number: _placed(x, op, number)),
    CancelOrder: _cancelled,
    GetOrder: lambda x, op: orders(x, _market(x, op)).map(
        lambda row: replace(row, order_id=op.order_id)
    ),
    GetOpenOrders: lambda x, op: _all_of(orders(x, _market(x, op)), "order_id"),
    GetClosedOrders: lambda x, op: _all_of(orders(x, _market(x, op)), "order_id"),
    GetOwnTrades: lambda x, op: _all_of(fills(x, _market(x, op)), "trade_id"),
    GetBalances: _balances,
    GetKeyRights: lambda x, _op: _rights(x),
}
