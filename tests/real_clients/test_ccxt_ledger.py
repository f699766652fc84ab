"""After any sequence of orders, what unmodified ccxt parses is what the ledger holds.

Scenario 87. Balances, orders and trades, to the last digit, against the journal on disk. Each
sequence has an account of its own, so that nobody else moves its money.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from typing import Any

import ccxt
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from drawbridge.core.operations import GetOrder, GetOwnTrades
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side
from tests.kit.processes import Paper
from tests.real_clients.bench import Bench, Desk, Keys
from tests.real_clients.books import Account, Books
from tests.real_clients.contracts import compare_margin, compare_positions
from tests.real_clients.reading import Reader
from tests.real_clients.table import Kind, Table, tables_of

TABLES = tables_of(ccxt.__version__)
# `HYPOTHESIS_PROFILE=thorough` asks for as many as it takes; a day's run for a few.
_THOROUGH = 200
_EXAMPLES = _THOROUGH if settings().max_examples == _THOROUGH else 20
# The market moves while we look; it comes to rest between two steps of the price.
_MOST_LOOKS = 20
# The journal is more exact with time than some exchanges; averages are quotients.
_ROUNDED = frozenset({"timestamp", "average"})
# Of an order that names what it spends, ccxt divides everything else by the average.
_BY_COST = frozenset({"amount", "filled", "remaining", "cost"})
_NUMBERS = count(1)


@dataclass(frozen=True)
class Step:
    """One thing that a client does; `lots` beyond the small amount, `factor` times the bid."""

    what: str
    side: str = "buy"
    lots: int = 0
    factor: float = 1.0
    which: int = 0


def steps(table: Table) -> st.SearchStrategy[Step]:
    """Draw something that the exchange can be asked for."""
    sides, lots = st.sampled_from(("buy", "sell")), st.integers(0, 999)
    nearness = st.sampled_from((table.far, 0.98, 0.9999, 1.0001, 1.02))
    possible = [
        st.builds(Step, st.just("limit"), sides, lots, nearness),
        st.builds(Step, st.just("limit"), st.just("buy"), lots, st.just(table.far)),
        st.builds(Step, st.just("cancel"), which=st.integers(0, 5)),
    ]
    if Kind.MARKET_ORDER not in table.lacks:
        possible.append(st.builds(Step, st.just("market"), sides, lots))
    if Kind.POST_ONLY not in table.lacks:
        possible.append(st.builds(Step, st.just("post-only"), sides, lots, nearness))
    if Kind.CANCEL_ALL not in table.lacks:
        possible.append(st.just(Step("cancel all")))
    return st.one_of(possible)


class Trader:
    """Takes steps with one client, and keeps the ids of its orders."""

    def __init__(self, desk: Desk) -> None:
        """Begin with no orders."""
        self.desk = desk
        self.ids: list[str] = []
        self._steps: dict[str, Callable[[Step], None]] = {
            "limit": self._limit,
            "post-only": lambda step: self._limit(step, postOnly=True),
            "market": self._market,
            "cancel": self._cancel,
            "cancel all": lambda _step: self.desk.client.cancel_all_orders(self.desk.symbol),
        }

    def take(self, step: Step) -> None:
        """Take one step; a post-only order that would take is refused, and that is right."""
        refusals = {
            "post-only": self.desk.table.post_only_raises,
            # It may have been filled since it was asked for.
            "cancel": self.desk.table.cancel_raises,
            # Some exchanges refuse it where there is none.
            "cancel all": self.desk.table.cancel_raises,
        }
        try:
            self._steps[step.what](step)
        except ccxt.BaseError as error:
            if type(error).__name__ != refusals.get(step.what):
                raise

    def _limit(self, step: Step, **params: object) -> None:
        price = self.desk.price(step.factor)
        placed = self.desk.place(step.side, self._amount(step), price, **params)
        self.ids.append(placed["id"])

    def _market(self, step: Step) -> None:
        self.ids.append(self.desk.trade(step.side, self._amount(step))["id"])

    def _cancel(self, step: Step) -> None:
        waiting = self.desk.client.fetch_open_orders(self.desk.symbol)
        if waiting:
            chosen = waiting[step.which % len(waiting)]
            self.desk.client.cancel_order(chosen["id"], self.desk.symbol)

    def _amount(self, step: Step) -> str:
        # Of the card: some classes of ccxt count decimals where others tell the step.
        market = self.desk.bench.exchange.card.markets().get(self.desk.symbol)
        lot, small = market.quantity_step / market.contract_size, Decimal(self.desk.table.amount)
        # Where lots are large, so few of them that the account can pay for a whole sequence.
        return f"{small + step.lots % (1 + int(2 * small / lot)) * lot:f}"


@pytest.fixture(scope="session")
def books(paper: Paper) -> Books:
    return Books(paper.state)


@pytest.fixture(scope="session")
def markets_of(paper: Paper, keys: Keys) -> Callable[[str], Any]:
    known: dict[str, Any] = {}

    def markets(exchange_id: str) -> Any:  # noqa: ANN401  a ccxt client
        if exchange_id not in known:
            bench = Bench(paper, keys, exchange_id)
            client = bench.client()
            client.number = str
            client.load_markets()
            known[exchange_id] = client
        return known[exchange_id]

    return markets


@pytest.mark.parametrize("exchange_id", TABLES)
def test_what_ccxt_parses_is_what_the_ledger_holds(
    paper: Paper,
    keys: Keys,
    books: Books,
    markets_of: Callable[[str], Any],
    exchange_id: str,
) -> None:
    bench, known = Bench(paper, keys, exchange_id), markets_of(exchange_id)

    # Every example has an account of its own: nothing is kept from one to the next. What failed
    # is told as it was: in a market that moves on, nothing would be the same a second time.
    @settings(
        max_examples=_EXAMPLES,
        phases=(Phase.generate,),
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(sequence=st.lists(steps(bench.table), min_size=1, max_size=6))
    def hold(sequence: list[Step]) -> None:
        account = f"steps-{next(_NUMBERS)}"
        client = bench.client(bench.key(account=account))
        client.number = str
        client.options = {**client.options, **known.options}
        client.set_markets(known.markets, known.currencies)
        trader = Trader(Desk(bench, client))
        for step in sequence:
            trader.take(step)
        _compare(trader, books, account)

    hold()


def _compare(trader: Trader, books: Books, account: str) -> None:
    exchange_id = trader.desk.bench.exchange_id
    for _ in range(_MOST_LOOKS):
        before = books.account(exchange_id, account)
        told = _ask(trader, before)
        if books.account(exchange_id, account) == before:
            break
    else:
        pytest.fail("the account never came to rest")
    if Kind.CONTRACT_MODES in trader.desk.table.lacks:
        for row in before.margin:
            assert Decimal(told.balances[row.currency]["free"]) == row.available
            assert Decimal(told.balances[row.currency]["total"]) == row.wallet + row.unrealised
    elif trader.desk.table.is_contract:
        compare_margin(told.balances, before.margin)
        compare_positions(told.positions, before.positions)
    else:
        _compare_balances(trader.desk.table, told.balances, before)
    _compare_orders(trader, told, before)


@dataclass(frozen=True)
class Read:
    """What a client read of its account."""

    balances: dict[str, Any]
    positions: list[dict[str, Any]]
    waiting: list[dict[str, Any]]
    orders: dict[str, dict[str, Any]]
    trades: list[dict[str, Any]]


def _ask(trader: Trader, books: Account) -> Read:
    client, symbol, lacks = trader.desk.client, trader.desk.symbol, trader.desk.table.lacks
    return Read(
        balances=client.fetch_balance(),
        positions=client.fetch_positions([symbol]) if trader.desk.table.is_contract else [],
        waiting=[] if Kind.OPEN_ORDERS in lacks else client.fetch_open_orders(symbol),
        orders={each: client.fetch_order(each, symbol) for each in books.orders},
        trades=[] if Kind.OWN_TRADES in lacks else client.fetch_my_trades(symbol),
    )


def _compare_balances(table: Table, told: dict[str, Any], books: Account) -> None:
    for currency, (free, held) in books.amounts.items():
        row = told.get(currency) or {}
        read = {name: Decimal(row.get(name) or 0) for name in ("free", "used", "total")}
        if table.tells_held:
            assert (read["free"], read["used"]) == (free, held), currency
        assert read["total"] == free + held, currency


def _compare_orders(trader: Trader, told: Read, books: Account) -> None:
    table, exchange = trader.desk.table, trader.desk.bench.exchange
    markets, lacks = exchange.card.markets(), table.lacks
    assert set(trader.ids) == set(books.orders)
    unread = table.wire.unread.get(GetOrder, frozenset()) | _ROUNDED
    orders = Reader(GetOrder(), unread, markets, table.wire.states)
    by_cost = Reader(GetOrder(), unread | _BY_COST, markets, table.wire.states)
    for number, order in books.orders.items():
        read = told.orders[number]
        if table.buys_by_cost and order.type is OrderType.MARKET and order.side is Side.BUY:
            by_cost.compare(_worded(order, read), read)
            continue
        orders.compare(_worded(order, read), {**read, "cost": _rounded(read["cost"])})
    if Kind.OPEN_ORDERS not in lacks:
        assert {row["id"] for row in told.waiting} == {it.order_id for it in books.open}
    if Kind.OWN_TRADES not in lacks and books.fills:
        unread = table.wire.unread.get(GetOwnTrades, frozenset()) | _ROUNDED
        Reader(GetOwnTrades(), unread, markets).compare(books.fills, told.trades)


def _worded(order: Order, told: dict[str, Any]) -> Order:
    """Give an order that the exchange ended as cancelled where it has no other word for that."""
    if order.status is OrderStatus.EXPIRED and told["status"] == "canceled":
        return replace(order, status=OrderStatus.CANCELLED)
    return order


def _rounded(cost: str | None) -> Decimal | None:
    """Take the digits of an average off a cost: ccxt multiplies it back at some exchanges."""
    return None if cost is None else round(Decimal(cost), 12)
