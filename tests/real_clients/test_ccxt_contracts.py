"""Unmodified ccxt trades perpetual contracts on the running paper exchange.

Positions, leverage, margin, modes, fundings and stops; what it reads is what the books hold. Each
test has an account of its own, so that nobody else moves its positions.
"""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count

import ccxt
import pytest

from drawbridge.core.derivatives import Position
from drawbridge.core.money import ZERO
from tests.kit.processes import Paper
from tests.real_clients.bench import Bench, Desk, Keys
from tests.real_clients.books import Account, Books
from tests.real_clients.contracts import compare_margin, compare_positions
from tests.real_clients.table import Kind, tables_of

TABLES = {
    name: it
    for name, it in tables_of(ccxt.__version__).items()
    if it.is_contract and Kind.CONTRACT_MODES not in it.lacks
}
_NUMBERS = count(1)
_MOST_LOOKS = 20
_WAIT_S = 20


class Person:
    """Somebody with an account, a client and the books at hand."""

    def __init__(self, desk: Desk, books: Books, account: str) -> None:
        """Begin with the money that every account begins with."""
        self.desk = desk
        self.client = desk.client
        self.symbol = desk.symbol
        self._books = books
        self._account = account

    def held(self) -> Account:
        """Give what the books hold."""
        return self._books.account(self.desk.bench.exchange_id, self._account)

    @property
    def position(self) -> Position | None:
        """Give the position that the books hold, None where there is none."""
        return next((row for row in self.held().positions if row.quantity), None)

    def compare(self) -> None:
        """Hold balances and positions that ccxt reads against the books, when prices rest."""
        for _ in range(_MOST_LOOKS):
            before = self.held()
            balances = self.client.fetch_balance()
            positions = self.client.fetch_positions([self.symbol])
            if self.held() == before:
                compare_margin(balances, before.margin)
                compare_positions(positions, before.positions)
                return
        pytest.fail("the account never came to rest")

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Ask the exchange again and again until something is so."""
        end = time.monotonic() + _WAIT_S
        while not done():
            assert time.monotonic() < end, "it never came"
            self.client.fetch_ticker(self.symbol)


@pytest.fixture(scope="session")
def books(paper: Paper) -> Books:
    return Books(paper.state)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    # Ten minutes in a second: prices come to wherever somebody waits for them.
    running = Paper(tmp_path_factory.mktemp("hasty"), unlimited=True, only=[*TABLES], speed=600)
    yield running
    assert running.process.stop() == 0


@pytest.fixture(params=TABLES)
def person(
    paper: Paper, keys: Keys, books: Books, request: pytest.FixtureRequest
) -> Iterator[Person]:
    yield _person(Bench(paper, keys, request.param), books)
    assert paper.ledger()["balanced"] is True


@pytest.fixture(params=TABLES)
def hurried(hasty: Paper, request: pytest.FixtureRequest) -> Iterator[Person]:
    keys = Keys(hasty.state)
    yield _person(Bench(hasty, keys, request.param), Books(hasty.state))
    keys.close()
    assert hasty.ledger()["balanced"] is True


def _person(bench: Bench, books: Books) -> Person:
    account = f"contracts-{next(_NUMBERS)}"
    client = bench.client(bench.key(account=account))
    client.number = str
    client.load_markets()
    return Person(Desk(bench, client), books, account)


def test_a_position_is_opened_raised_and_closed(person: Person) -> None:
    amount = person.desk.table.amount
    person.client.set_leverage(5, person.symbol)
    person.desk.trade("buy", amount)
    opened = person.position
    assert opened is not None
    assert (opened.leverage, opened.quantity > 0) == (5, True)
    person.compare()
    person.desk.trade("buy", amount)
    raised = person.position
    assert raised is not None
    assert raised.quantity == 2 * opened.quantity
    person.compare()
    person.client.create_order(
        person.symbol, "market", "sell", 2 * float(amount), None, {"reduceOnly": True}
    )
    assert person.position is None
    person.compare()
    realised = sum((fill.realised for fill in person.held().fills), ZERO)
    fees = sum((fill.fee for fill in person.held().fills), ZERO)
    told = person.client.fetch_my_trades(person.symbol)
    assert sum(Decimal(row["fee"]["cost"]) for row in told) == fees
    assert realised != 0 or fees > 0


def test_a_short_position_is_told_as_one(person: Person) -> None:
    person.desk.trade("sell", person.desk.table.amount)
    position = person.position
    assert position is not None
    assert position.quantity < 0
    (told,) = person.client.fetch_positions([person.symbol])
    assert told["side"] == "short"
    person.compare()


def test_reducing_never_turns_a_position_around(person: Person) -> None:
    amount = float(person.desk.table.amount)
    person.desk.trade("buy", str(amount))
    person.client.create_order(
        person.symbol, "market", "sell", 10 * amount, None, {"reduceOnly": True}
    )
    assert person.position is None


def test_an_isolated_position_has_a_margin_of_its_own(person: Person) -> None:
    person.client.set_margin_mode("isolated", person.symbol)
    person.client.set_leverage(10, person.symbol)
    person.desk.trade("buy", person.desk.table.amount)
    before = person.position
    assert before is not None
    assert before.mode.value == "isolated"
    person.compare()
    person.client.add_margin(person.symbol, 25)
    after = person.position
    assert after is not None
    assert after.margin == before.margin + 25
    assert after.liquidation_price is not None
    assert before.liquidation_price is not None
    assert after.liquidation_price < before.liquidation_price
    person.compare()
    person.client.reduce_margin(person.symbol, 5)
    person.compare()


def test_two_positions_stand_side_by_side_in_hedge_mode(person: Person) -> None:
    client, amount = person.client, float(person.desk.table.amount)
    client.set_position_mode(hedged=True)
    assert client.fetch_position_mode(person.symbol)["hedged"] is True
    client.create_order(person.symbol, "market", "buy", amount, None, {"positionSide": "LONG"})
    client.create_order(person.symbol, "market", "sell", amount, None, {"positionSide": "SHORT"})
    assert len([row for row in person.held().positions if row.quantity]) == 2
    told = client.fetch_positions([person.symbol])
    assert sorted(row["side"] for row in told) == ["long", "short"]
    assert all(row["hedged"] for row in told)


def test_how_a_contract_is_traded_is_told_back(person: Person) -> None:
    person.client.set_leverage(7, person.symbol)
    told = person.client.fetch_leverage(person.symbol)
    assert int(told["longLeverage"]) == int(told["shortLeverage"]) == 7
    assert person.client.fetch_margin_mode(person.symbol)["marginMode"] == "cross"
    tiers = person.client.fetch_leverage_tiers([person.symbol])[person.symbol]
    most = person.desk.bench.exchange.card.derivatives
    assert Decimal(tiers[0]["maxLeverage"]) == most.most_leverage
    assert Decimal(tiers[0]["maintenanceMarginRate"]) == most.maintenance_rate


def test_fundings_are_told(person: Person) -> None:
    client, symbol = person.client, person.symbol
    rate = client.fetch_funding_rate(symbol)
    assert abs(Decimal(rate["fundingRate"])) < 1
    assert int(rate["fundingTimestamp"]) > client.milliseconds()
    assert Decimal(rate["markPrice"]) > 0
    assert isinstance(client.fetch_funding_rate_history(symbol, limit=3), list)
    assert client.fetch_funding_history(symbol) == []


def test_a_conditional_order_closes_a_position_once_its_price_has_come(hurried: Person) -> None:
    client, table, symbol = hurried.client, hurried.desk.table, hurried.symbol
    amount = float(table.amount)
    hurried.desk.trade("buy", table.amount)
    apart = {"trigger": True} if table.stop_apart else {}
    # One on either side: whichever way the price goes, the position is closed.
    placed = [
        client.create_order(
            symbol, "market", "sell", amount, None, {"reduceOnly": True, name: price}
        )
        for name, price in (
            ("takeProfitPrice", float(hurried.desk.price(1.001))),
            ("stopLossPrice", float(hurried.desk.price(0.999))),
        )
    ]
    assert len(client.fetch_open_orders(symbol, None, None, apart)) == len(placed)
    hurried.wait_until(lambda: hurried.position is None)
    told = [client.fetch_order(it["id"], symbol, apart)["status"] for it in placed]
    assert "closed" in told
    fills = hurried.held().fills
    assert sum((fill.realised for fill in fills), ZERO) != 0
