"""A request that is held up on its way and comes after its claim has ended.

A wire holds back an order of a worker; by the time it lets go, the account belongs to another. The
paper exchange then refuses it by its window, as the real one does. Those without such a word take
it, which is why every connection also gives up what is not confirmed (`gateway/dialling.py`).
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import ExchangeDown, NotProven, OutcomeUnknown
from drawbridge.core.ids import client_order_id
from drawbridge.core.markets import Market, MarketKind
from drawbridge.core.money import floor_to_step
from drawbridge.core.operations import (
    GetBalances,
    GetOpenOrders,
    GetTicker,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import OrderType, Side
from drawbridge.gateway.crossing import Gateway, Road
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.journal import OrderJournal
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.stamps import Stamps
from drawbridge.gateway.venues import Venues
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database, open_journal
from drawbridge.vault.model import KeyStatus
from drawbridge.vault.opening import Opening
from drawbridge.vault.service import Vault
from tests.gateway.setting import OWNER, START_MS, add_owner
from tests.kit.ending_share import EndingShare
from tests.kit.held_wire import Held, HeldWire, held_wire
from tests.kit.paper_here import PaperHere, paper_here
from tests.kit.store import place_in

# Those that take keys today; what the others' requests say of their end is held to in
# `tests/exchanges/test_windows.py`.
OPEN = tuple(
    x for x in exchange_ids() if get_card(x).level >= Level.PAPERED and get_card(x).takes_keys
)
# They have no word for an end of its own: written down here and in `docs/explain/crossing.md`.
TAKEN_LATE = {"bitfinex", "cex", "coinbase_exchange", "huobi"}
# This one says the same to whatever is wrong with who asks.
SAYS_ONE_THING = "bad_key"
# As `cluster/` gives claims, and as much later as another has surely taken the account over.
CLAIM_MS = 3_000
LATER_MS = 4_000


@dataclass(frozen=True)
class Worker:
    """A worker with one key at a paper exchange, and the wire between the two."""

    gateway: Gateway
    share: EndingShare
    clock: SteppedClock
    wire: HeldWire
    database: Database
    key_id: str
    exchange_id: str

    async def order(self, number: int) -> PlaceOrder:
        """Give an order that rests far from the price, as small as it may be."""
        markets = tuple(await self.gateway.markets(self.exchange_id, "paper"))
        named = get_card(self.exchange_id).paper_markets[0].symbol
        market = next(it for it in markets if it.symbol == named)
        ticker = await self.gateway.call_public(self.exchange_id, "paper", GetTicker(named))
        price = floor_to_step(ticker.last * Decimal("0.7"), market.price_tick)
        return PlaceOrder(
            symbol=named,
            side=Side.BUY,
            type=OrderType.LIMIT,
            quantity=_smallest(market, price),
            price=price,
            client_id=client_order_id("late", str(number)),
        )

    async def resting(self) -> int:
        """Ask the exchange how many orders rest there, as whoever works for the account now."""
        asked = GetOpenOrders(get_card(self.exchange_id).paper_markets[0].symbol)
        return len(await self.gateway.call(self.key_id, asked, purpose=Purpose.READ))

    async def row(self) -> tuple[str, str]:
        [row] = await self.database.fetch_all("SELECT state, reason FROM orders")
        return str(row["state"]), str(row["reason"])


def _smallest(market: Market, price: Decimal) -> Decimal:
    wanted = 2 * market.min_notional / (price * market.contract_size)
    stepped = floor_to_step(wanted, market.quantity_step) + market.quantity_step
    return max(stepped, market.min_quantity)


@asynccontextmanager
async def _worker(folder: Path, paper: PaperHere, exchange_id: str) -> AsyncIterator[Worker]:
    clock, keyring, share = paper.clock, Keyring.create(), EndingShare()
    assert isinstance(clock, SteppedClock)

    async def public_key() -> VaultPublicKey:
        return keyring.public

    path = place_in(folder)
    database, rows = await open_database(path, "app"), open_journal(path)
    await add_owner(database)
    vault = Vault(database, clock, os.urandom, public_key)
    is_spot = get_card(exchange_id).paper_markets[0].kind is MarketKind.SPOT
    rights = frozenset({Scope.READ, Scope.TRADE_SPOT if is_spot else Scope.TRADE_DERIVATIVES})
    key = await paper.key(exchange_id, rights=rights)
    added = await vault.add(OWNER, exchange_id, "paper", key)
    async with database.transaction() as tx:
        told = " ".join(sorted(scope.value for scope in rights))
        await tx.execute("UPDATE keys SET status = ?, scopes = ?", KeyStatus.ENABLED.value, told)
    async with held_wire(f"127.0.0.1:{paper.port(exchange_id)}") as wire:
        road = Road(Egress(), Venues({exchange_id: f"http://{wire.address}"}))
        opening = Opening(database, clock, lambda: keyring)
        journal, stamps = OrderJournal(rows, clock), Stamps(database, clock)
        gateway = Gateway(vault.kept, opening, road, stamps, journal, clock, share=share)
        try:
            yield Worker(gateway, share, clock, wire, database, added.key.id, exchange_id)
        finally:
            await gateway.close()
            await rows.close()
            await database.close()


async def _late(worker: Worker) -> str:
    """Hold an order back beyond its claim, let go, and give the code of what was heard of it."""
    order = await worker.order(1)
    await worker.gateway.call(worker.key_id, GetBalances(), purpose=Purpose.READ)
    worker.share.left_ms = CLAIM_MS
    reached = worker.wire.hold(Held.REQUEST)
    placing = asyncio.ensure_future(
        worker.gateway.call(worker.key_id, order, purpose=Purpose.TRADE)
    )
    await asyncio.wait_for(reached.wait(), 10)
    worker.share.left_ms = 0
    worker.clock.advance(LATER_MS)
    worker.wire.release()
    try:
        await placing
    except (ExchangeDown, OutcomeUnknown, NotProven) as error:
        return error.code
    return ""


@pytest.mark.parametrize("exchange_id", OPEN)
async def test_an_order_that_comes_after_its_claim_is_refused_where_the_exchange_has_a_word_for_it(
    tmp_path: Path, exchange_id: str
) -> None:
    clock = SteppedClock(START_MS)
    async with (
        paper_here(tmp_path / "paper", clock, only=frozenset({exchange_id})) as paper,
        _worker(tmp_path, paper, exchange_id) as worker,
    ):
        told = await _late(worker)
        worker.share.renew()
        if exchange_id in TAKEN_LATE:
            assert told == ""
            assert await worker.resting() == 1
            return
        assert (told, *await worker.row()) in {
            ("account_moved", "never_arrived", "account_moved"),
            ("timed_out", "unknown", "timed_out"),
            (SAYS_ONE_THING, "refused", SAYS_ONE_THING),
        }
        assert await worker.resting() == 0
        # Whoever works for the account now may try the same again, under an id of its own.
        again = await worker.order(2)
        await worker.gateway.call(worker.key_id, again, purpose=Purpose.TRADE)
        assert await worker.resting() == 1
