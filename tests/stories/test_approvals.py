"""A robot asks in the chat before each order; its gateway is killed between question and answer.

The product's own processes, a paper exchange, our own Bot API server.
"""

import asyncio
from pathlib import Path

from drawbridge.core.orders import Side
from drawbridge.robots.model import DecisionState, Robot, RobotStatus
from drawbridge.robots.wishes import Wish
from drawbridge.trading.signal_words import Action, Message
from drawbridge.trading.signals import Hook, insert_signal
from drawbridge.wording.language import speaking
from drawbridge.wording.say import say
from tests.kit.bot_api import Message as Shown
from tests.kit.bot_people import Person
from tests.kit.house import add_key, checked, until
from tests.stories.test_telegram import EXCHANGE, Story, story_in

LANGUAGE = "ja"


async def asking_robot(story: Story) -> Robot:
    """Make a robot that asks, and let it begin; signals move it."""
    key = await add_key(story.house, story.town, story.owner, EXCHANGE)
    await story.house.vault.request_check(story.owner, key.id)
    await checked(story.house, key.id)
    wish = Wish(
        key_id=key.id, symbol="BTC/USD", amount="100", name="Shy", trigger="signal", asks=True
    )
    robot = await story.house.robots.create(story.owner, wish)
    await story.house.robots.start(story.owner, robot.id)

    async def is_started() -> bool:
        now = await story.house.robots.get_robot(story.owner, robot.id)
        return now.status is RobotStatus.STARTED

    await until(is_started, "the robot works")
    return robot


async def signal(story: Story, robot: Robot, action: Action, name: str) -> None:
    now_ms = story.house.clock.now_ms()
    hook = Hook("h", story.owner, robot.id, robot.name, b"", 0)
    async with story.house.database.transaction() as tx:
        await insert_signal(tx, hook, Message(name, action, now_ms), now_ms)


async def question(story: Story, ada: Person) -> Shown:
    """Wait until something is asked, and give its message in the chat.

    A gateway that is killed right after sending sends again: of equal messages the first will do.
    """

    async def asked() -> Shown | None:
        for approval in await story.house.approvals.list_open(story.owner):
            for shown in ada.seen:
                if any(approval.id in str(row) for row in shown.buttons):
                    return shown
        return None

    return await until(asked, "the chat asks")


async def sides(story: Story, robot: Robot) -> list[Side]:
    fills = await story.house.orders.fills_of(robot.origin)
    return list({fill.order_id: fill.side for fill in fills}.values())


async def newest(story: Story, robot: Robot) -> DecisionState:
    return (await story.house.robots.list_decisions(story.owner, robot.id))[0].state


async def test_killed_in_between_it_places_what_was_allowed_once_and_nothing_else(
    tmp_path: Path,
) -> None:
    """Prove scenario 28 and the restart in the middle, in another language."""
    async with story_in(tmp_path) as story:
        with story.bot():
            ada = await story.linked()
            await story.house.languages.choose(story.owner, LANGUAGE)
            robot = await asking_robot(story)

            await signal(story, robot, Action.BUY, "one")
            shown = await question(story, ada)
            assert "Shy" in shown.text
            story.town.started[0].kill()
            told = await ada.press("✅", under=shown)
            with speaking(LANGUAGE):
                assert say("approval.end.pending") in told
            assert await sides(story, robot) == []
            gateway = await asyncio.to_thread(story.town.gateway)

            async def is_bought() -> bool:
                return await newest(story, robot) is DecisionState.DONE

            await until(is_bought, "what was allowed is placed")
            assert await sides(story, robot) == [Side.BUY]

            await signal(story, robot, Action.SELL, "two")
            shown = await question(story, ada)
            gateway.kill()
            await asyncio.to_thread(story.town.gateway)
            assert await newest(story, robot) is DecisionState.ASKED
            await ada.press("✖️", under=shown)

            async def is_dropped() -> bool:
                return await newest(story, robot) is DecisionState.DROPPED

            await until(is_dropped, "what was declined is dropped")
            assert await sides(story, robot) == [Side.BUY]
