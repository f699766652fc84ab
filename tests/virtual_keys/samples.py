"""Virtual keys, orders and requests as examples, and as hypothesis draws them."""

from dataclasses import replace
from decimal import Decimal
from ipaddress import ip_network

from hypothesis import strategies as st

from drawbridge.core.clock import DAY_MS
from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.core.operations import PlaceOrder, Scope
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, Trigger, TriggerKind
from drawbridge.vault.model import Venue
from drawbridge.virtual_keys.amounts import (
    Collar,
    DayTurnover,
    LargestOrder,
    OpenExposure,
    amounts_of,
)
from drawbridge.virtual_keys.asked import Act, Asked, Usage, asked_of
from drawbridge.virtual_keys.model import VirtualKey, VirtualKeyId
from drawbridge.virtual_keys.restrictions import (
    GRANTABLE_SCOPES,
    Addresses,
    Expiry,
    Hours,
    OrderTypes,
    Pairs,
    Rate,
    Restriction,
    Scopes,
    Sides,
    Unknown,
)

# A Tuesday, shortly after noon, UTC.
NOW_MS = 1_790_000_000_000 - 1_790_000_000_000 % DAY_MS + DAY_MS // 2
HERE = "127.0.0.1"
TRADES = Scopes(frozenset({Scope.READ, Scope.TRADE_SPOT}))
SYMBOLS = ("BTC/USDT", "ETH/USDT", "ETH/BTC", "BTC/USDT:USDT")


def usdt(amount: str) -> dict[str, Decimal]:
    return {"USDT": Decimal(amount)}


def a_key(*restrictions: Restriction, revoked_ms: int | None = None) -> VirtualKey:
    return VirtualKey(
        id=VirtualKeyId("vk_1"),
        owner=OwnerId("ann"),
        key_id=KeyId("key_1"),
        exchange="binance",
        venue=Venue.PAPER,
        label="bot",
        public="a1",
        restrictions=restrictions,
        created_ms=NOW_MS,
        revoked_ms=revoked_ms,
    )


def a_buy(quantity: str = "1", price: str | None = "100", symbol: str = "BTC/USDT") -> PlaceOrder:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    at = None if price is None else Decimal(price)
    return PlaceOrder(symbol, Side.BUY, kind, Decimal(quantity), at)


def a_sale(quantity: str = "1", price: str | None = "100", symbol: str = "BTC/USDT") -> PlaceOrder:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    at = None if price is None else Decimal(price)
    return PlaceOrder(symbol, Side.SELL, kind, Decimal(quantity), at)


def asking(order: PlaceOrder, last: str | None = "100", now_ms: int = NOW_MS) -> Asked:
    at = None if last is None else Decimal(last)
    return replace(asked_of(order, Scope.TRADE_SPOT, HERE, now_ms), last=at, expected=at)


def told(order: PlaceOrder, status: OrderStatus, filled: str, price: str = "100") -> Order:
    paid = Decimal(filled) * Decimal(price)
    return replace(order.as_order("1"), status=status, filled=Decimal(filled), filled_quote=paid)


# ------------------------------------------------------------------------------- as drawn
prices = st.integers(1, 400).map(Decimal)
quantities = st.integers(1, 40).map(Decimal)
amounts = st.dictionaries(
    st.sampled_from(("USDT", "BTC")), st.integers(1, 4_000).map(Decimal), min_size=1
).map(amounts_of)
networks = st.sampled_from(("127.0.0.0/8", "10.0.0.0/24", "::1/128", "0.0.0.0/0")).map(ip_network)
restrictions: st.SearchStrategy[Restriction] = st.one_of(
    st.frozensets(st.sampled_from(sorted(GRANTABLE_SCOPES))).map(Scopes),
    st.frozensets(st.sampled_from(SYMBOLS)).map(Pairs),
    st.frozensets(st.sampled_from(Side)).map(Sides),
    st.frozensets(st.sampled_from(OrderType)).map(OrderTypes),
    amounts.map(LargestOrder),
    amounts.map(OpenExposure),
    amounts.map(DayTurnover),
    st.integers(1, 100).map(Decimal).map(Collar),
    st.lists(networks, max_size=3).map(tuple).map(Addresses),
    st.builds(
        Hours, st.frozensets(st.integers(0, 6)), st.integers(0, 1_439), st.integers(0, 1_440)
    ),
    st.integers(NOW_MS - DAY_MS, NOW_MS + DAY_MS).map(Expiry),
    st.integers(1, 5).map(Rate),
    st.integers(1_000, 2_000).map(lambda number: Unknown(number, f'{{"number":{number}}}')),
)
triggers = st.none() | st.builds(Trigger, st.sampled_from(TriggerKind), prices)
orders = st.builds(
    PlaceOrder,
    symbol=st.sampled_from(SYMBOLS),
    side=st.sampled_from(Side),
    type=st.sampled_from(OrderType),
    quantity=st.none() | quantities,
    price=st.none() | prices,
    quote_quantity=st.none() | quantities,
    leverage=st.none() | st.just(Decimal(3)),
    trigger=triggers,
    reduce_only=st.booleans(),
    close_position=st.booleans(),
)
usages = st.builds(
    Usage,
    turnover=st.dictionaries(st.sampled_from(("USDT", "BTC")), quantities),
    exposure=st.dictionaries(st.sampled_from(("USDT", "BTC")), quantities),
    held=st.dictionaries(st.sampled_from(SYMBOLS), quantities),
    recent=st.integers(0, 6),
)


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    """Draw anything that a bot may ask for."""
    order = draw(st.none() | orders)
    scope = draw(st.none() | st.sampled_from(Scope))
    acts = [it for it in Act if it is not Act.ORDER]
    return Asked(
        act=Act.ORDER if order is not None else draw(st.sampled_from(acts)),
        scope=order.scope if order is not None else scope,
        address=draw(st.sampled_from((HERE, "10.0.0.7", "::1", "::ffff:10.0.0.7", "", "odd"))),
        now_ms=draw(st.integers(NOW_MS - DAY_MS, NOW_MS + DAY_MS)),
        symbol=order.symbol if order is not None else draw(st.sampled_from(("", *SYMBOLS))),
        order=order,
        last=draw(st.none() | prices),
        expected=draw(st.none() | prices),
        usage=draw(usages),
    )
