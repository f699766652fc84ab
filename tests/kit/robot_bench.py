"""A service and a runner of robots over one database and one exchange in memory."""

from decimal import Decimal
from itertools import count

from drawbridge.core.orders import Side
from drawbridge.robots.model import DecisionState, Robot
from drawbridge.robots.running.runner import Robots
from drawbridge.robots.service import RobotService
from drawbridge.robots.wishes import Wish
from drawbridge.storage.database import Database
from tests.kit.robots import (
    KEY,
    OWNER,
    MemoryExchange,
    outside_of,
)

WISH = Wish(key_id=KEY, symbol="BTC/USDT", amount="100", settings={"fast": "2", "slow": "4"})
FALLING = (100, 99, 98, 97, 96, 95)
UP = 120
DOWN = 60


class Bench:
    """A service and a runner over one database and one exchange in memory."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.exchange = MemoryExchange(balances={"USDT": Decimal(1000)})
        numbers = count(1)
        self.service = RobotService(
            database,
            self.exchange.keys,
            self.exchange.clock,
            lambda size: next(numbers).to_bytes(size, "big"),
        )
        self.runner = self.new_runner()
        self.id = ""

    def new_runner(self) -> Robots:
        """Make a runner as a restarted process would: it knows only what is on disk."""
        it = self.exchange
        return Robots(self.database, outside_of(it), it.clock, lambda below: below - 1)

    async def begin(self, wish: Wish = WISH, *, closes: tuple[int, ...] = FALLING) -> None:
        """Make a robot and start it after falling prices, so that it is out."""
        self.exchange.tell(*closes)
        self.id = (await self.service.create(OWNER, wish)).id
        await self.service.start(OWNER, self.id)
        await self.step(3)

    async def step(self, times: int = 2) -> Robot:
        """Let the runner work, with the clock moving past every wait of its own."""
        for _ in range(times):
            self.exchange.clock.advance(1_100)
            await self.runner.step()
        return await self.robot()

    async def tell(self, *closes: float) -> Robot:
        """Let minutes pass, the runner working after each one."""
        for close in closes:
            self.exchange.tell(close)
            await self.step()
        return await self.robot()

    async def robot(self) -> Robot:
        return await self.service.get_robot(OWNER, self.id)

    async def decisions(self) -> list[DecisionState]:
        told = await self.service.list_decisions(OWNER, self.id)
        return [decision.state for decision in reversed(told)]

    @property
    def sides(self) -> list[Side]:
        return [order.side for order in self.exchange.placed]
