"""Two keys of one account, a stranger who trades on it, and a right that somebody switches on.

Real processes whose hour lasts a minute, and whose time jumps; strangers come with a key of their
own, and rights are switched at the exchange, as their owner could.
"""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from drawbridge.app.build import House
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.app.overview import purses_of
from drawbridge.catalogue.card import Need
from drawbridge.catalogue.registry import get_card, get_exchange
from drawbridge.core.clock import HOUR_MS
from drawbridge.core.errors import NotProven
from drawbridge.core.operations import PlaceOrder, Scope
from drawbridge.core.orders import OrderType, Side
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import Surroundings, make_key
from drawbridge.paper.store import open_database
from drawbridge.vault.lives import LifeWish
from drawbridge.vault.model import KeyRecord, KeyStatus
from tests.kit.arena import Arena, Crew, opened_arena, settled_in
from tests.kit.house import ACCOUNT, checked, until
from tests.kit.trader import AMOUNT, Trader

EXCHANGE, MARKET = "gate", "BTC/USDT"
TIMES = 60
WITHIN_S = 90
_TRIES = 20


@dataclass(frozen=True)
class Made:
    """A key as the exchange showed it once."""

    api_key: str
    api_secret: str

    @property
    def fields(self) -> dict[str, str]:
        return {"api_key": self.api_key, "api_secret": self.api_secret}


async def make(arena: Arena, scopes: frozenset[Scope]) -> Made:
    """Make one more key of the same account, at the exchange."""
    wish = KeyWish(EXCHANGE, switches=switches_for(get_card(EXCHANGE), scopes))
    at = Surroundings(SystemClock(), entropy)
    made = await make_key(arena.state, (get_exchange(EXCHANGE),), ACCOUNT, wish, at)
    assert made.api_secret is not None
    return Made(made.api_key, made.api_secret.reveal())


async def sell(arena: Arena, made: Made, name: str) -> None:
    """Sell a little on the account, beside everything that is ours."""
    trader = Trader(EXCHANGE, made.fields, arena.haste.clock())
    exchanges = arena.running["paper"].ready["exchanges"]
    port = int(str(exchanges[EXCHANGE]["rest"]).rpartition(":")[2])
    order = PlaceOrder(MARKET, Side.SELL, OrderType.MARKET, AMOUNT, client_id=name)
    for _ in range(_TRIES):
        # At such a pace, a stamp is stale when this machine was busy for a second.
        with contextlib.suppress(NotProven):
            await trader.ask(port, order)
            return
    message = "the exchange took no order"
    raise AssertionError(message)


async def grant(arena: Arena, key: KeyRecord, switch: str) -> None:
    """Switch a right on at the exchange, as its owner or somebody in their account could."""
    database = await open_database(arena.state)
    try:
        async with database.transaction() as tx:
            row = await tx.fetch_one(
                "SELECT switches FROM paper_keys WHERE key = ?", key.public_key
            )
            assert row is not None
            switches = get_card(EXCHANGE).with_needed([*json.loads(row["switches"]), switch])
            await tx.execute(
                "UPDATE paper_keys SET switches = ? WHERE key = ?",
                *(json.dumps(sorted(switches)), key.public_key),
            )
    finally:
        await database.close()


def notices(arena: Arena, kind: str) -> int:
    """Count the notices of a kind."""
    (count,) = arena.rows(f"SELECT count(*) FROM notices WHERE kind = '{kind}'")[0]  # noqa: S608  a word of this file
    return int(str(count))


async def told(arena: Arena, kind: str) -> None:
    async def is_told() -> bool:
        return notices(arena, kind) > 0

    await until(is_told, f"{kind} is told", WITHIN_S)


async def watch_over(arena: Arena) -> None:
    async with settled_in(arena) as (house, trading):
        reading = await add_reading(arena, house, trading)
        await house.lives.change(trading.owner, trading.id, LifeWish(watched=True))
        crew = Crew(arena)
        await asyncio.to_thread(crew.start, trading.label, MARKET, (1, 2), "--interval", "5m")
        await counts_once(house, trading)
        await meet_a_stranger(arena, house, trading)
        await lose_to_a_right(arena, house, trading, crew)
        # The account is still read, with the key that only reads.
        assert (await house.vault.get_record(reading.id)).status is KeyStatus.READ_ONLY


async def add_reading(arena: Arena, house: House, trading: KeyRecord) -> KeyRecord:
    """Add a key that only reads, of the same account; Gate tells which account it is."""
    made = await make(arena, frozenset({Scope.READ}))
    added = await house.vault.add(trading.owner, EXCHANGE, "paper", made.fields, "Reads")
    reading = await checked(house, added.key.id)
    assert reading.status is KeyStatus.READ_ONLY
    assert reading.account_hint == trading.account_hint != ""
    return reading


async def counts_once(house: House, trading: KeyRecord) -> None:
    """See that what the account holds counts once, though it has two keys."""
    keys = await house.vault.list_keys(trading.owner)
    assert len(keys) == 2

    async def is_added_up() -> bool:
        [purse] = await purses_of(house, keys)
        return purse.sum is not None

    await until(is_added_up, "the account is read", WITHIN_S)
    [purse] = await purses_of(house, keys)
    assert [account.key.id for account in purse.accounts] == [trading.id]


async def meet_a_stranger(arena: Arena, house: House, trading: KeyRecord) -> None:
    """Somebody trades with a key of their own: it is shown, and an alarm is raised."""
    stranger = await make(arena, frozenset({Scope.READ, Scope.TRADE_SPOT}))
    await until_looked(arena)
    assert notices(arena, "foreign_trades") == 0, "what robots trade is never foreign"
    await sell(arena, stranger, "t-stranger")
    await told(arena, "foreign_trades")
    found = await house.foreign_trades.list_of(trading, 10)
    assert [(it.symbol, it.side, it.quantity) for it in found] == [(MARKET, Side.SELL, AMOUNT)]


async def until_looked(arena: Arena) -> None:
    async def has_looked() -> bool:
        return bool(arena.rows("SELECT 1 FROM foreign_looks"))

    await until(has_looked, "the account was looked through", WITHIN_S)


async def lose_to_a_right(arena: Arena, house: House, trading: KeyRecord, crew: Crew) -> None:
    """Somebody lets the key withdraw: an alarm, its use ends, and its robots pause."""
    dangerous = next(
        it
        for it in get_card(EXCHANGE).permissions
        if Scope.WITHDRAW in it.scopes and it.need is Need.MUST_BE_OFF
    )
    await grant(arena, trading, dangerous.api)
    # Until the next hourly look.
    arena.jump(HOUR_MS)
    await told(arena, "key_rights_grew")
    key = await house.vault.get_record(trading.id)
    assert (key.status, key.reason) == (KeyStatus.REFUSED, "key_can_withdraw")
    assert arena.rows(f"SELECT 1 FROM key_secrets WHERE key_id = '{key.id}'") == []  # noqa: S608  an id of our own

    async def have_paused() -> bool:
        return crew.states() == [("paused", "robot_key_refused")]

    await until(have_paused, "robots have paused", WITHIN_S)


def test_an_account_is_watched_over_with_the_key_that_only_reads(tmp_path: Path) -> None:
    """Issue 7: roles of keys, trades of others, rights that grew; scenarios 11 and 66."""
    with opened_arena(tmp_path, EXCHANGE, TIMES) as arena:
        asyncio.run(watch_over(arena))
