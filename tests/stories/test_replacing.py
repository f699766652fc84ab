"""A key is replaced by command while a robot and unmodified bots trade with it: nobody notices.

Real processes throughout: paper exchange, gateway with the bots' proxy, pages that take in the
robot's signals, and the command line.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from drawbridge.robots.model import Robot, RobotStatus, Trigger
from drawbridge.robots.wishes import Wish as RobotWish
from drawbridge.rotation.replacement import Replacement, ReplacementAct, ReplacementState
from drawbridge.trading.hook_message import hook_address
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.virtual_keys.wishes import Wish
from tests.kit.house import read_state, until
from tests.kit.paper_keys import end_paper_key
from tests.kit.processes import drawbridge, free_port
from tests.kit.proxied import Proxied, let_be_checked
from tests.kit.trading_bot import MARKETS, TradingBot, all_traded
from tests.stories.test_signals import _filled_in, _post

ACCOUNT: Final = "the account"
BOTS: Final = {"binance": 2, "kraken": 1}
_FEW: Final = 2
# Several bots share an account's limits, so each goes slower than one alone.
_PAUSE_MS: Final = 1_000


@dataclass
class Signaller:
    """Somebody's alerts: a robot buys and sells by them."""

    bridge: Proxied
    robot: Robot
    address: str
    made: Any
    sent: int = 0

    async def signal(self) -> None:
        """Send a signal to buy and one to sell, the second once the first became an order."""
        for action in ("buy", "close"):
            self.sent += 1
            told = _filled_in(self.made, action, self.sent)
            assert (await asyncio.to_thread(_post, self.address, told))[0] == 200
            await until(self._has_traded, f"signal {self.sent} became an order")

    async def _has_traded(self) -> bool:
        fills = await self.bridge.house.orders.fills_of(self.robot.origin)
        return len({fill.order_id for fill in fills}) >= self.sent


def test_a_robot_and_bots_trade_on_while_their_key_is_replaced(bridge: Proxied) -> None:
    """Scenarios 37 and 83; issue 6, point 4."""
    keys = {name: bridge.real_key(name, ACCOUNT) for name in MARKETS}
    for key in keys.values():
        bridge.runner.run(_is(bridge, key.id, KeyStatus.ENABLED))
    bridge.runner.run(let_be_checked(bridge.house))
    bots = [
        TradingBot(
            exchange_id=name,
            fields=bridge.virtual_key(keys[name], Wish(scopes=("trade_spot",))).fields,
            urls=bridge.exchanges[name]["ccxt_urls"],
            pause_ms=_PAUSE_MS,
        )
        for name in MARKETS
        for _ in range(BOTS[name])
    ]
    bridge.town.settings = replace(bridge.town.settings, port=free_port())
    pages = bridge.town.start("drawbridge.entrypoints.web", ["--with-parent"])
    bridge.runner.run(_story(bridge, keys, bots, str(pages.ready["address"])))
    assert min(bot.rounds for bot in bots) > 2 * _FEW


async def _story(
    bridge: Proxied, keys: Mapping[str, KeyRecord], bots: list[TradingBot], pages: str
) -> None:
    signaller = await _signaller(bridge, keys["binance"], pages)
    async with asyncio.TaskGroup() as trading:
        for bot in bots:
            trading.create_task(bot.run())
        await _traded(bots, signaller)
        for name, key in keys.items():
            told = await _replace(bridge, name, key)
            assert told["state"] in {"switched", "retiring"}
            assert told["proof"] in {"account", "order"}
        await _traded(bots, signaller)
        for name, key in keys.items():
            await _stands(bridge, key, ReplacementState.RETIRING)
            await end_paper_key(bridge.paper.state, name, ACCOUNT, key.public_key)
            await bridge.house.replacements.do(bridge.owner, key.id, ReplacementAct.LOOK)
        await _traded(bots, signaller)
        for key in keys.values():
            await _stands(bridge, key, ReplacementState.DONE)
        await _traded(bots, signaller)
        for bot in bots:
            bot.has_to_stop = True
    robot = await bridge.house.robots.get_robot(bridge.owner, signaller.robot.id)
    assert robot.status is RobotStatus.STARTED
    for key in keys.values():
        after = await bridge.house.vault.get_record(key.id)
        assert (after.id, after.label, after.status) == (key.id, key.label, KeyStatus.ENABLED)
        assert after.version == key.version + 1
        assert after.public_key != key.public_key
    await _agree(bridge)


async def _signaller(bridge: Proxied, key: KeyRecord, pages: str) -> Signaller:
    wish = RobotWish(
        key_id=key.id, symbol=MARKETS["binance"], amount="100", trigger=Trigger.SIGNAL.value
    )
    house, owner = bridge.house, bridge.owner
    robot = await house.robots.create(owner, wish)
    made = await house.signals.make_hook(owner, robot.id, robot.name)
    await house.robots.start(owner, robot.id)

    async def is_at_work() -> bool:
        return (await house.robots.get_robot(owner, robot.id)).status is RobotStatus.STARTED

    await until(is_at_work, "the robot is at work")
    return Signaller(bridge, robot, hook_address(pages, made.hook.id), made)


async def _is(bridge: Proxied, key_id: str, status: KeyStatus) -> None:
    async def stands() -> bool:
        key = await bridge.house.vault.get_record(key_id)
        return key.status is status and key.check_requested_ms is None

    await until(stands, f"the key is {status}")


async def _traded(bots: list[TradingBot], signaller: Signaller) -> None:
    """Wait until everybody has traded a few times more."""
    await asyncio.gather(signaller.signal(), all_traded(bots, _FEW))


async def _replace(bridge: Proxied, exchange_id: str, key: KeyRecord) -> dict[str, Any]:
    fields = await asyncio.to_thread(
        bridge.paper.key, exchange_id, "read,trade_spot", "--account", ACCOUNT
    )
    done = await asyncio.to_thread(
        drawbridge,
        *("key", "replace", key.id, "--json"),
        given=json.dumps({name: fields[name] for name in ("api_key", "api_secret")}),
        environment=bridge.town.settings.environment(),
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


async def _stands(bridge: Proxied, key: KeyRecord, state: ReplacementState) -> Replacement:
    async def stands() -> Replacement | None:
        found = await bridge.house.replacements.find(bridge.owner, key.id)
        assert found is not None
        return found.replacement if found.replacement.state is state else None

    return await until(stands, f"the replacement is {state}")


async def _agree(bridge: Proxied) -> None:
    """Hold what the exchange took against what we meant: nothing lost, nothing doubled."""
    state = await read_state(bridge.paper.state)
    rows = await bridge.house.database.fetch_all(
        "SELECT exchange, exchange_order_id FROM orders WHERE exchange_order_id <> ''"
    )
    for name in MARKETS:
        taken = Counter(order.order_id for order in state.floors[name].orders.values())
        meant = Counter(row["exchange_order_id"] for row in rows if row["exchange"] == name)
        assert meant == taken
        assert max(taken.values()) == 1
    assert bridge.ledger()["balanced"] is True
