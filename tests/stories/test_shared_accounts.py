"""Two workers over one installation: each trades for its own accounts, and one dies in the middle.

Everything is real but time and the claims: the gateway's halves, the paper exchange behind real
sockets, the rows on disk. What the dead one left undone is done by the other, once.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from drawbridge.app.build import House, open_house
from drawbridge.app.gateway_process import open_gateway
from drawbridge.app.settings import Settings
from drawbridge.app.workers import Work
from drawbridge.cluster.share import HeldShares
from drawbridge.core.clock import SteppedClock
from drawbridge.core.secret import Secret
from drawbridge.core.shards import HOUSE, shard_of
from drawbridge.robots.model import RobotStatus
from drawbridge.robots.wishes import Wish
from drawbridge.vault.model import KeyStatus
from drawbridge.vault.unlock import Wish as VaultWish
from tests.kit.holding import held_here
from tests.kit.paper_here import PaperHere, exact_scenery, paper_here
from tests.kit.store import store_in
from tests.stories.test_paper_as_backtest import EXCHANGE, SYMBOL, recording

LONG_MS = 10**12


@dataclass
class Town:
    """An installation, and what it trades at."""

    settings: Settings
    clock: SteppedClock
    paper: PaperHere

    @asynccontextmanager
    async def worker(self, share: HeldShares) -> AsyncIterator[tuple[House, Work]]:
        """Let another worker work."""
        async with (
            open_house(self.settings, self.clock) as house,
            open_gateway(house, share=share) as work,
        ):
            await work.holder.answer()
            yield house, work

    async def pass_seconds(self, *works: Work, times: int = 3) -> None:
        for _ in range(times):
            self.clock.advance(1_500)
            for work in works:
                await work.robots.step()


@asynccontextmanager
async def founded(folder: Path) -> AsyncIterator[Town]:
    recorded = recording()
    clock = SteppedClock(recorded.first_ms + 120 * 60_000 + 5_000)
    scenery, only = exact_scenery("BTC-USD", recorded), frozenset({EXCHANGE})
    async with paper_here(folder / "paper", clock, scenery, only=only) as paper:
        data = folder / "data"
        settings = Settings(data, paper=paper.address, store=store_in(data))
        yield Town(settings, clock, paper)


class Markets:
    """What knows the market of a robot."""

    async def symbol_of(self, _owner: str, _robot_id: str) -> str:
        return SYMBOL


def nothing() -> HeldShares:
    return HeldShares(SteppedClock(0).now_ms)


async def keys_in_two_shards(town: Town, house: House, owner: str) -> list[str]:
    """Add two keys that do not lie in one shard."""
    found: dict[int, str] = {}
    while len(found) < 2:
        fields = await town.paper.key(EXCHANGE, account=f"account{len(found)}")
        key_id = (await house.vault.add(owner, EXCHANGE, "paper", fields)).key.id
        found.setdefault(shard_of(key_id), key_id)
    return list(found.values())


async def test_a_worker_dies_between_decision_and_order_and_each_order_is_placed_once(
    tmp_path: Path,
) -> None:
    """Scenario 60."""
    async with founded(tmp_path) as town, AsyncExitStack() as stack:
        one, two = nothing(), nothing()
        one.hold(HOUSE, LONG_MS)
        house, ann = await stack.enter_async_context(town.worker(one))
        owner = (await house.accounts.create_owner("Ada", Secret("a long password"), first=True)).id
        await held_here(house).door.ask(owner, VaultWish.CREATE, None)
        await ann.holder.answer()
        keys = await keys_in_two_shards(town, house, owner)
        one.hold(shard_of(keys[0]), LONG_MS)
        two.hold(shard_of(keys[1]), LONG_MS)

        dying = AsyncExitStack()
        _, bob = await dying.enter_async_context(town.worker(two))
        for work, key_id in zip((ann, bob), keys, strict=True):
            await work.verification.verify(key_id)
            assert (await house.vault.get_record(key_id)).status is KeyStatus.ENABLED
        wish = Wish(keys[0], SYMBOL, "1000", also_on={keys[1]: "2000"}, trigger="signal")
        robot = await house.robots.create(owner, wish)
        await house.robots.start(owner, robot.id)
        await town.pass_seconds(ann, bob)
        robot = await house.robots.get_robot(owner, robot.id)
        assert {it.status for it in robot.accounts} == {RobotStatus.STARTED}

        made = await house.signals.make_hook(owner, robot.id, robot.name)
        said = {"action": "buy", "time": town.clock.now_ms(), "secret": made.secret.reveal()}
        await house.signals.receive(made.hook.id, json.dumps(said).encode(), Markets())
        town.clock.advance(300)
        # It has decided and not heard what became of its orders when it dies.
        await bob.robots.look()
        await dying.aclose()
        await town.pass_seconds(ann, times=2)
        orders = Counter(it.key_id for it in await house.orders.orders_of(robot.origin))
        assert orders[keys[0]] == 1

        one.hold(shard_of(keys[1]), LONG_MS)
        await town.pass_seconds(ann, times=4)
        orders = Counter(it.key_id for it in await house.orders.orders_of(robot.origin))
        assert orders == Counter(keys)
        fills = await house.orders.fills_of_each([(robot.origin, key_id) for key_id in keys])
        assert len(fills) == len(keys)
        [signal] = await house.signals.list_signals(owner, robot.id)
        assert (signal.acted_ms is not None, signal.outcome) == (True, "")
