"""Checks and orders with real time, against the real paper exchange in a process of its own."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.app.clock import SystemClock
from drawbridge.core.operations import GetBalances, PlaceOrder
from drawbridge.core.orders import OrderStatus, OrderType, Side
from drawbridge.gateway.crossing import Gateway, Road
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.journal import OrderJournal
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.stamps import Stamps
from drawbridge.gateway.venues import Venues
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.engines import open_database, open_journal
from drawbridge.trading.broker import Broker
from drawbridge.trading.holdings import PortfolioStore
from drawbridge.trading.portfolio import Portfolios
from drawbridge.trading.reconcile import Reconciliation
from drawbridge.trading.store import OrderStore
from drawbridge.trading.watch import Watch
from drawbridge.vault.model import KeyStatus
from drawbridge.vault.opening import Opening
from drawbridge.vault.service import Vault
from drawbridge.verification.probing import Probing
from drawbridge.verification.service import Verification
from drawbridge.verification.store import CheckStore, Step, StepState
from tests.gateway.setting import OWNER, add_owner
from tests.kit.processes import Paper
from tests.kit.store import place_in

SYMBOLS = {
    "binance": "BTC/USDT",
    "kraken": "BTC/USD",
    "gate": "BTC/USDT",
    # Requests name an account that must be asked for, and a bought quantity is turned into a cost.
    "huobi": "BTC/USDT",
}


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    paper = Paper(tmp_path_factory.mktemp("paper"))
    yield paper
    paper.process.stop()


@dataclass
class App:
    """The half of the app that opens secrets, put together as its process does."""

    vault: Vault
    gateway: Gateway
    verification: Verification
    checks: CheckStore
    broker: Broker
    portfolios: Portfolios

    async def add(self, exchange_id: str, key: dict[str, str]) -> str:
        """Add a key as a person would."""
        fields = {"api_key": key["api_key"], "api_secret": key["api_secret"]}
        return (await self.vault.add(OWNER, exchange_id, "paper", fields)).key.id


@asynccontextmanager
async def _open_app(folder: Path, paper: Paper) -> AsyncIterator[App]:
    clock, keyring = SystemClock(), Keyring.create()

    async def public_key() -> VaultPublicKey:
        return keyring.public

    place = place_in(folder)
    database = await open_database(place, "app")
    rows = open_journal(place)
    await add_owner(database)
    vault = Vault(database, clock, os.urandom, public_key)
    journal, checks = OrderJournal(rows, clock), CheckStore(database, clock)
    urls = {name: str(told["rest"]) for name, told in paper.exchanges.items()}
    opening = Opening(database, clock, lambda: keyring)
    road = Road(Egress(), Venues(urls))
    gateway = Gateway(vault.kept, opening, road, Stamps(database, clock), journal, clock)
    store = OrderStore(database)
    reconciliation = Reconciliation(gateway, vault, store, journal, clock)
    probing = Probing(gateway, journal, clock)
    watch = Watch(database, store, vault, gateway, clock)
    try:
        yield App(
            vault=vault,
            gateway=gateway,
            verification=Verification(gateway, vault, checks, probing, clock),
            checks=checks,
            broker=Broker(gateway, store, reconciliation, watch),
            portfolios=Portfolios(gateway, vault, PortfolioStore(database, clock), clock),
        )
    finally:
        await gateway.close()
        await rows.close()
        await database.close()


@pytest.fixture
async def app(tmp_path: Path, paper: Paper) -> AsyncIterator[App]:
    async with _open_app(tmp_path, paper) as app:
        yield app


@pytest.mark.parametrize("exchange_id", SYMBOLS)
async def test_a_key_that_can_withdraw_is_refused(app: App, paper: Paper, exchange_id: str) -> None:
    """Scenario 11."""
    key_id = await app.add(
        exchange_id, paper.key(exchange_id, "read,trade_spot,withdraw", "--ip", "127.0.0.1")
    )
    verdict = await app.verification.verify(key_id)
    assert (verdict.status, verdict.reason) == (KeyStatus.REFUSED, "key_can_withdraw")


@pytest.mark.parametrize("exchange_id", SYMBOLS)
async def test_a_key_for_other_addresses_is_invalid(
    app: App, paper: Paper, exchange_id: str
) -> None:
    key = paper.key(exchange_id, "read,trade_spot", "--ip", "203.0.113.7")
    key_id = await app.add(exchange_id, key)
    verdict = await app.verification.verify(key_id)
    assert verdict.status is KeyStatus.INVALID
    assert verdict.reason in {"ip_not_allowed", "key_address_or_right"}


@pytest.mark.parametrize("exchange_id", SYMBOLS)
async def test_a_key_with_another_keys_secret_is_invalid(
    app: App, paper: Paper, exchange_id: str
) -> None:
    key, other = paper.key(exchange_id), paper.key(exchange_id)
    key_id = await app.add(exchange_id, {**key, "api_secret": other["api_secret"]})
    verdict = await app.verification.verify(key_id)
    assert (verdict.status, verdict.reason) == (KeyStatus.INVALID, "bad_signature")


@pytest.mark.parametrize("exchange_id", SYMBOLS)
async def test_a_key_that_only_reads_is_told_as_such(
    app: App, paper: Paper, exchange_id: str
) -> None:
    """Scenario 13."""
    key_id = await app.add(exchange_id, paper.key(exchange_id, "read"))
    verdict = await app.verification.verify(key_id)
    assert (verdict.status, verdict.reason) == (KeyStatus.READ_ONLY, "only_reads")


@pytest.mark.parametrize("exchange_id", SYMBOLS)
async def test_a_good_key_is_proven_trades_and_is_valued(
    app: App, paper: Paper, exchange_id: str
) -> None:
    """Scenarios 5, 7 and 56."""
    key_id = await app.add(exchange_id, paper.key(exchange_id))
    verdict = await app.verification.verify(key_id)
    assert (verdict.status, verdict.reason) == (KeyStatus.ENABLED, "")
    check = await app.checks.find_latest(key_id)
    assert check is not None
    assert [step.step for step in check.steps] == list(Step)
    assert {step.state for step in check.steps} == {StepState.OK}

    symbol = SYMBOLS[exchange_id]
    base = symbol.partition("/")[0]
    before = await _held(app, key_id, base)
    order = PlaceOrder(
        symbol, Side.BUY, OrderType.MARKET, quantity=Decimal("0.01"), client_id="db1"
    )
    await app.broker.place(key_id, "robot:1", order)
    found = await app.broker.look_up(key_id, "db1")
    assert found is not None
    assert (found.status, found.filled) == (OrderStatus.FILLED, Decimal("0.01"))
    fills = await app.broker.fills_of("robot:1")
    assert sum(fill.quantity for fill in fills) == Decimal("0.01")
    fees = sum((fill.fee for fill in fills if fill.fee_currency == base), Decimal(0))
    assert await _held(app, key_id, base) == before + Decimal("0.01") - fees

    portfolio = await app.portfolios.portfolio(key_id, symbol.partition("/")[2])
    assert portfolio.total > 0
    assert {holding.currency for holding in portfolio.holdings} >= {base}


@pytest.mark.parametrize(
    ("exchange_id", "symbol", "scopes", "remarks"),
    [
        # The rights are told by another host than the one that takes the orders.
        ("binance_futures", "BTC/USDT:USDT", "read,trade_derivatives", set()),
        # None are told, no order may only rest, and orders that have ended are asked for apart.
        (
            "cex",
            "BTC/USD",
            "read,trade_spot",
            {"trading_proven_by_order", "withdrawing_not_ruled_out"},
        ),
    ],
)
async def test_a_good_key_is_proven_where_that_goes_another_way(
    app: App, paper: Paper, exchange_id: str, symbol: str, scopes: str, remarks: set[str]
) -> None:
    key_id = await app.add(exchange_id, paper.key(exchange_id, scopes))
    verdict = await app.verification.verify(key_id)
    assert verdict.status is KeyStatus.ENABLED
    assert {remark.code for remark in verdict.remarks} >= remarks
    check = await app.checks.find_latest(key_id)
    assert check is not None
    assert {step.state for step in check.steps} == {StepState.OK}

    order = PlaceOrder(
        symbol, Side.BUY, OrderType.MARKET, quantity=Decimal("0.01"), client_id="db1"
    )
    await app.broker.place(key_id, "robot:1", order)
    found = await app.broker.look_up(key_id, "db1")
    assert found is not None
    assert (found.status, found.filled) == (OrderStatus.FILLED, Decimal("0.01"))
    fills = await app.broker.fills_of("robot:1")
    assert sum(fill.quantity for fill in fills) == Decimal("0.01")


async def _held(app: App, key_id: str, currency: str) -> Decimal:
    balances = await app.gateway.call(key_id, GetBalances(), purpose=Purpose.READ)
    return sum((row.total for row in balances if row.currency == currency), Decimal(0))
