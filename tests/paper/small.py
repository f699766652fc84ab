"""Small exchanges for tests of the paper world, and a desk with a price that is set by hand.

They differ in what the engine must not confuse: `alpha` takes the fee of a purchase in base
currency and lets an own resting order expire; `beta` takes all fees in quote currency and stops
the newer order; `gamma` trades perpetual contracts. All share one wallet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

from drawbridge.catalogue.card import Card, read_card
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.operations import Balance, Placed, PlaceOrder
from drawbridge.core.orders import OrderType, Side, TimeInForce
from drawbridge.core.secret import Secret
from drawbridge.paper.desk import Desk
from drawbridge.paper.events import decode_events
from drawbridge.paper.feed import Feed, Pace
from drawbridge.paper.house import STEP_MS, House
from drawbridge.paper.market_data import MarketData
from drawbridge.paper.rules import atoms_of, rules_of
from drawbridge.paper.series import Bar, Series
from drawbridge.paper.setting_up import Built, count_places
from drawbridge.paper.state import Floor, Pit, State
from drawbridge.wire.algorithms import Hmac, hexadecimal

START_MS = 1_800_000_000_000
UNIT = 10**8

BUY = PlaceOrder("BTC/USD", Side.BUY, OrderType.LIMIT, Decimal("0.01"), Decimal(20_000))
"""Far below any price: it rests."""
TAKE = PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, Decimal("0.002"))

_CARD = """
id = "{id}"
name = "{name}"
status = "open"
level = "papered"
homepage = "https://{id}.example"
hosts = ["api.{id}.example"]

[[credential]]
field = "api_key"
label = "Key"
format = ".+"
secret = false
required = true

[[permission]]
label = "Look"
api = "look"
scopes = ["read"]
need = "required"

[[permission]]
label = "Trade"
api = "trade"
scopes = ["trade_spot"]
need = "trading"

[[permission]]
label = "Send away"
api = "send"
scopes = ["withdraw", "transfer"]
need = "must_be_off"

[ip_list]
supported = true
label = "Addresses"
cidr = {cidr}
max = 3
required_for = ["withdraw"]

[expiry]
without_ip_list_days = {days}
applies_to = ["trade_spot"]

[fees]
maker = "{maker}"
taker = "{taker}"
buy_fee_in = "{buy_fee_in}"
sell_fee_in = "quote"

[self_trade]
mode = "{self_trade}"

[[paper_market]]
symbol = "BTC/USD"
id = "BTCUSD"
feed = "BTC-USD"
price_tick = "0.5"
quantity_step = "0.001"
min_quantity = "0.002"
min_notional = "5"
spread_bps = 10

[[paper_market]]
symbol = "ETH/BTC"
id = "ETHBTC"
feed = "ETH-BTC"
price_tick = "0.00001"
quantity_step = "0.0001"
min_quantity = "0.0001"
min_notional = "0.0001"
spread_bps = 10

[[currency]]
code = "USD"
name = "Dollar"
places = 4

[[currency]]
code = "BTC"
name = "Bitcoin"
places = {btc_places}

[[currency]]
code = "ETH"
name = "Ether"
places = 8

[paper_key]
key_alphabet = "A-Za-z0-9"
key_length = 20
secret_encoding = "{encoding}"
secret_length = 40
passphrase = {passphrase}
public_key_upload = {upload}

[sources]
all = "made up for tests"
"""

_CONTRACTS = """
[derivatives]
most_leverage = 50
usual_leverage = 10
maintenance_rate = "0.01"
liquidation_fee = "0.005"
funding_hours = 8
hedge_mode = true

[[paper_market]]
symbol = "BTC/USD:USD"
id = "BTCPERP"
feed = "BTC-USD"
kind = "linear_perpetual"
price_tick = "0.5"
quantity_step = "0.001"
min_quantity = "0.002"
min_notional = "5"
spread_bps = 10

[[paper_market]]
symbol = "ETH/USD:USD"
id = "ETHPERP"
feed = "BTC-USD"
kind = "linear_perpetual"
price_tick = "0.01"
quantity_step = "0.01"
min_quantity = "0.01"
min_notional = "1"
spread_bps = 10
"""


class _Codec:
    """Only what the world needs of a codec: how ids are written."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def order_id(self, number: int) -> str:
        return f"{self._prefix}{number}"

    def trade_id(self, number: int) -> str:
        return str(number)


def verifier_of(material: Secret) -> Hmac:
    return Hmac(material.reveal().encode(), "sha256", hexadecimal)


def _exchange(card: Card, prefix: str) -> Exchange:
    keys = SimpleNamespace(verifier=verifier_of)
    return cast("Exchange", SimpleNamespace(card=card, codec=_Codec(prefix), keys=keys))


ALPHA = _exchange(
    read_card(
        _CARD.format(
            id="alpha",
            name="Alpha",
            cidr="true",
            days=0,
            maker="0.001",
            taker="0.002",
            buy_fee_in="base",
            self_trade="expire_maker",
            btc_places=8,
            encoding="alphanumeric",
            passphrase="false",
            upload="true",
        )
    ),
    "A",
)
BETA = _exchange(
    read_card(
        _CARD.format(
            id="beta",
            name="Beta",
            cidr="false",
            days=30,
            maker="0.0025",
            taker="0.004",
            buy_fee_in="quote",
            self_trade="cancel_newest",
            btc_places=10,
            encoding="base64",
            passphrase="true",
            upload="false",
        )
    ),
    "B",
)
GAMMA = _exchange(
    read_card(
        _CARD.format(
            id="gamma",
            name="Gamma",
            cidr="true",
            days=0,
            maker="0.001",
            taker="0.002",
            buy_fee_in="base",
            self_trade="expire_maker",
            btc_places=8,
            encoding="alphanumeric",
            passphrase="false",
            upload="true",
        )
        + _CONTRACTS
    ),
    "C",
)


@dataclass(slots=True)
class HandFeed:
    """A price path that a test lays down: one bar of a second for each price it names."""

    prices: Sequence[Decimal]
    depth: Decimal = Decimal(1)

    def feed(self) -> Feed:
        bars = [
            Bar(units, units, units, units, UNIT)
            for units in (atoms_of(price, 8) for price in self.prices)
        ]
        # The middle of the series stands at the anchor: what lies before repeats the first price.
        before = [bars[0]] * len(bars)
        series = Series((*before, *bars), STEP_MS)
        return Feed(lambda: series, Pace(START_MS), atoms_of(self.depth, 8))


@dataclass(slots=True)
class SmallWorld:
    """A desk over some exchanges, with people who have money, and a clock of its own."""

    prices: Sequence[Decimal] = (Decimal(100),)
    depth: Decimal = Decimal(1)
    people: Sequence[str] = ("ann", "bob", "cid")
    money: Decimal = Decimal(10_000)
    now_ms: int = START_MS
    exchanges: Sequence[Exchange] = (ALPHA, BETA)
    journal: list[tuple[str, str]] = field(default_factory=list)
    built: Built = field(init=False)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.built = self.empty()
        self.desk = Desk(self.built, lambda exchange, text: self.journal.append((exchange, text)))
        for person in self.people:
            money = [(code, atoms_of(self.money, fine)) for code, fine in self.places.items()]
            self.desk.open_account(person, money, self.now_ms)

    @property
    def state(self) -> State:
        return self.built.state

    @property
    def places(self) -> dict[str, int]:
        return count_places(self.exchanges)

    def empty(self) -> Built:
        """Build the same world without anything having happened."""
        feed = HandFeed(self.prices, self.depth).feed()
        floors, data = [], {}
        for exchange in self.exchanges:
            pits = []
            for pair in exchange.card.paper_markets:
                rules = rules_of(exchange.card, pair, self.places)
                pit = Pit(rules, House(rules, feed, pair.spread_bps))
                data[exchange.card.id, pair.symbol] = MarketData(pit, feed)
                pits.append(pit)
            codec = exchange.codec
            floors.append(Floor(exchange.card.id, pits, codec.order_id, codec.trade_id))
        return Built(State(floors, self.places), data)

    def order(
        self,
        side: Side,
        quantity: str,
        price: str = "",
        *,
        time_in_force: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
    ) -> PlaceOrder:
        return PlaceOrder(
            "BTC/USD",
            side,
            OrderType.LIMIT if price else OrderType.MARKET,
            quantity=Decimal(quantity),
            price=Decimal(price) if price else None,
            time_in_force=time_in_force,
            post_only=post_only,
        )

    def place(self, who: str, order: PlaceOrder, exchange: str = "alpha") -> Placed:
        return self.desk.carry_out(exchange, who, order, self.now_ms)

    def wait(self, steps: int = 1) -> None:
        """Let time pass, and the house meet whom it reaches."""
        self.now_ms += steps * STEP_MS
        self.desk.advance(self.now_ms)

    def balance(self, who: str, currency: str) -> Balance:
        return next(it for it in self.state.balances(who) if it.currency == currency)

    def events(self) -> list[tuple[str, object]]:
        """Give everything that happened, with the exchange where it did."""
        return [(name, event) for name, text in self.journal for event in decode_events(text)]
