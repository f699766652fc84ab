"""Orders of others on robots' accounts: told once, never taken for ours, never touched."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.cluster.share import HeldShares
from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.core.operations import GetOpenOrders, Operation
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.core.shards import shard_of
from drawbridge.gateway.policy import Purpose
from drawbridge.notices.model import Kept, Notice, NoticeKind
from drawbridge.notices.words import words_of
from drawbridge.robots.model import RobotStatus
from drawbridge.robots.service import RobotService
from drawbridge.robots.store import set_status, sum_up
from drawbridge.robots.strangers import Strangers
from drawbridge.robots.wishes import Wish
from drawbridge.storage.database import Database
from drawbridge.trading.foreign_orders import ForeignOrder
from drawbridge.vault.store import fill_shards
from tests.kit.robots import KEY, OWNER, SECOND_KEY, SYMBOL, MemoryExchange, open_database

THEIRS = Order(
    order_id="x1",
    client_id="theirs",
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.OPEN,
    quantity=Decimal("0.5"),
    price=Decimal(90),
    created_ms=1,
    updated_ms=1,
)
OURS = replace(THEIRS, order_id="o1", client_id="db1")


@dataclass
class Account:
    """Open orders at an exchange; whoever asks more than for these is refused."""

    orders: list[Order] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    failure: DrawbridgeError | None = None

    async def call(
        self, key_id: str, operation: Operation[tuple[Order, ...]], *, purpose: Purpose
    ) -> tuple[Order, ...]:
        assert (type(operation), purpose) == (GetOpenOrders, Purpose.READ)
        self.asked.append(key_id)
        if self.failure is not None:
            raise self.failure
        return tuple(self.orders)


@dataclass
class Street:
    """A robot at work, its account, and who looks after strangers there."""

    database: Database
    exchange: MemoryExchange
    account: Account
    service: RobotService
    strangers: Strangers
    robot_id: str = ""

    async def look(self, seconds: int = 6) -> None:
        """Let time pass, and look."""
        self.exchange.clock.advance(seconds * 1_000)
        await self.strangers.step()

    async def stop(self) -> None:
        """Let the robot have stopped."""
        robot = await self.service.get_robot(OWNER, self.robot_id)
        async with self.database.transaction() as tx:
            await set_status(tx, robot, robot.accounts[0], RobotStatus.STOPPED, 1)
            await sum_up(tx, [robot.id])

    async def known(self) -> tuple[ForeignOrder, ...]:
        """Give what the robot's page shows."""
        return await self.service.list_foreign_orders(OWNER, self.robot_id)

    async def notices(self) -> list[str]:
        """Give what people were told."""
        rows = await self.database.fetch_all("SELECT * FROM notices ORDER BY n")
        told = [
            Notice(NoticeKind(row["kind"]), row["owner"], row["subject"], json.loads(row["facts"]))
            for row in rows
        ]
        return [words_of(Kept(1, it, 0, 0, 0, count=1, is_read=False)).line for it in told]

    async def journal(
        self, state: str, *, key_id: str = KEY, client_id: str = "db1", order_id: str = ""
    ) -> None:
        """Put an order of ours into the journal."""
        now_ms = self.exchange.clock.now_ms()
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO orders (key_id, client_order_id, owner, exchange, venue,"
                " origin, symbol, side, type, time_in_force, post_only, quantity, price, state,"
                " exchange_order_id, intended_ms, updated_ms) VALUES (?, ?, ?, 'binance', 'paper',"
                " 'robot:r', ?, 'buy', 'limit', 'gtc', 0, '0.5', '90', ?, ?, ?, ?)"
                " ON CONFLICT (key_id, client_order_id) DO UPDATE SET state = excluded.state,"
                " exchange_order_id = excluded.exchange_order_id,"
                " updated_ms = excluded.updated_ms",
                *(key_id, client_id, OWNER, SYMBOL, state, order_id, now_ms, now_ms),
            )


@pytest_asyncio.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    exchange, account, numbers = MemoryExchange(), Account(), count(1)
    async with open_database(tmp_path) as database:
        service = RobotService(
            database,
            exchange.keys,
            exchange.clock,
            lambda size: next(numbers).to_bytes(size, "big"),
        )
        strangers = Strangers(database, account, exchange.keys, exchange.clock)
        made = Street(database, exchange, account, service, strangers)
        made.robot_id = (await service.create(OWNER, Wish(KEY, SYMBOL, "100"))).id
        await service.start(OWNER, made.robot_id)
        yield made


async def test_nobody_is_asked_where_no_robot_works(street: Street) -> None:
    await street.stop()
    await street.look()
    assert street.account.asked == []


async def test_an_order_of_somebody_else_is_told_once_and_shown(street: Street) -> None:
    """Scenario 61: reported, not adopted by similarity."""
    await street.journal("open")
    street.account.orders = [OURS, THEIRS]
    for _ in range(4):
        await street.look()
        await street.look(15 * 60)
    [told] = await street.notices()
    assert "An open order for BTC/USDT on “Binance #1”" in told
    [shown] = await street.known()
    assert (shown.order_id, shown.price, shown.quantity) == ("x1", Decimal(90), Decimal("0.5"))


async def test_between_looks_the_exchange_is_left_alone(street: Street) -> None:
    for _ in range(20):
        await street.look(10)
    assert len(street.account.asked) == 1


async def test_what_ends_is_forgotten_and_what_comes_is_told(street: Street) -> None:
    street.account.orders = [THEIRS]
    await street.look()
    await street.look()
    others = [replace(THEIRS, order_id=f"y{n}", client_id="") for n in range(2)]
    street.account.orders = list(others)
    await street.look(15 * 60)
    await street.look()
    assert {it.order_id for it in await street.known()} == {"y0", "y1"}
    assert "2 open orders for BTC/USDT" in (await street.notices())[1]


async def test_at_the_next_start_it_is_told_again(street: Street) -> None:
    street.account.orders = [THEIRS]
    await street.look()
    await street.look()
    await street.stop()
    await street.look()
    assert await street.known() == ()
    await street.service.start(OWNER, street.robot_id)
    await street.look()
    await street.look()
    assert len(await street.notices()) == 2


async def test_a_restart_of_the_process_tells_nothing_twice(street: Street) -> None:
    street.account.orders = [THEIRS]
    await street.look()
    await street.look()
    street.strangers = Strangers(
        street.database, street.account, street.exchange.keys, street.exchange.clock
    )
    await street.look()
    await street.look()
    assert len(await street.notices()) == 1


@pytest.mark.parametrize(
    ("client_id", "key_id"), [("db1", KEY), ("", KEY), ("", SECOND_KEY), ("db1", SECOND_KEY)]
)
async def test_our_own_orders_are_known_by_either_name_and_whichever_key_placed_them(
    street: Street, client_id: str, key_id: str
) -> None:
    await street.journal("open", key_id=key_id, order_id="o1")
    street.account.orders = [replace(OURS, client_id=client_id)]
    await street.look()
    await street.look()
    assert await street.known() == ()
    assert await street.notices() == []


async def test_while_an_order_of_ours_is_under_way_nobody_is_suspected(street: Street) -> None:
    await street.journal("intended")
    street.account.orders = [replace(OURS, client_id="")]
    for _ in range(3):
        await street.look()
    await street.journal("open", order_id="o1")
    for _ in range(3):
        await street.look()
    assert await street.notices() == []


async def test_who_is_foreign_at_one_look_only_is_not_reported(street: Street) -> None:
    street.account.orders = [replace(OURS, client_id="")]
    await street.look()
    street.account.orders = []
    await street.look()
    assert await street.notices() == []


async def test_trouble_is_waited_for(street: Street) -> None:
    street.account.failure = ExchangeDown("unreachable")
    await street.look()
    await street.look()
    assert len(street.account.asked) == 1
    street.account.failure, street.account.orders = None, [THEIRS]
    await street.look(60)
    await street.look()
    assert len(await street.known()) == 1


async def test_each_process_asks_about_its_own_accounts_and_forgets_nothing_of_others(
    street: Street,
) -> None:
    await fill_shards(street.database)
    street.account.orders = [THEIRS]
    await street.look()
    await street.look()
    asked, clock = len(street.account.asked), street.exchange.clock
    share = HeldShares(clock.now_ms)
    street.strangers = Strangers(
        street.database, street.account, street.exchange.keys, clock, share
    )
    await street.look()
    assert len(street.account.asked) == asked
    assert len(await street.known()) == 1

    share.hold(shard_of(KEY), clock.now_ms() + 60_000)
    await street.look()
    assert len(street.account.asked) == asked + 1
