"""A person steers Drawbridge from Telegram.

The product's own processes, a paper exchange, our own Bot API server. A key is typed, proven and
put to work, and its secret is nowhere afterwards.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyotp

from drawbridge.app.build import House, open_house
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.app.notice_settings import NoticeSettings
from drawbridge.app.supervisor import WIPE_FREED_MEMORY
from drawbridge.catalogue.registry import get_card
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.paper_server.hosting import papered
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import Surroundings, make_key
from drawbridge.robots.model import RobotStatus
from drawbridge.sealing.private_files import write_private
from drawbridge.vault.model import KeyStatus
from tests.kit.bot_api import BotApi, bot_api
from tests.kit.bot_people import Person
from tests.kit.bot_wire import TOKEN
from tests.kit.house import ACCOUNT, Town, create_owner, found_town, until
from tests.kit.planted import Planted
from tests.kit.processes import Process
from tests.kit.store import files_of

EXCHANGE = "kraken"
_STEP_S = 30


@dataclass
class Codes:
    """An authenticator. A code counts once, so each one is of a later step than the last."""

    secret: str
    last: int = 0

    async def next(self) -> str:
        """Give a code that is not used up, waiting for the next one where it must be."""

        async def step() -> int | None:
            now = int(time.time()) // _STEP_S
            found = max(self.last + 1, now - 1)
            return found if found <= now + 1 else None

        self.last = await until(step, "a code that was not used yet")
        return pyotp.TOTP(self.secret).generate_otp(self.last)


@dataclass
class Story:
    """Everything that takes part."""

    town: Town
    api: BotApi
    house: House
    owner: str
    codes: Codes

    @contextmanager
    def bot(self) -> Iterator[Process]:
        """Run the bot as the supervisor does."""
        own = self.town.settings.environment() | WIPE_FREED_MEMORY
        process = Process("drawbridge.entrypoints.telegram", ["--with-parent"], own)
        try:
            yield process
        finally:
            process.stop()

    async def linked(self) -> Person:
        """Link a chat."""
        ada = Person(self.api, 4_242, "en", "Ada")
        code = await self.house.telegram.draw_code(self.owner)
        await ada.say(f"/start {code.reveal()}")
        return ada

    async def paper_key(self) -> tuple[str, str]:
        """Make a key at the paper exchange."""
        scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
        wish = KeyWish(EXCHANGE, switches=switches_for(get_card(EXCHANGE), scopes))
        at = Surroundings(SystemClock(), entropy)
        made = await make_key(self.town.paper.state, papered(), ACCOUNT, wish, at)
        assert made.api_secret is not None
        return made.api_key, made.api_secret.reveal()


@asynccontextmanager
async def story_in(folder: Path) -> AsyncIterator[Story]:
    file = folder / "bot.token"
    write_private(file, TOKEN.encode())
    with found_town(folder) as town:
        async with bot_api() as api:
            notices = NoticeSettings(telegram_token_file=file, telegram_url=api.url)
            town.settings = replace(town.settings, notices=notices)
            await asyncio.to_thread(town.gateway)
            async with open_house(town.settings) as house:
                owner = await create_owner(house)
                codes = Codes((await house.accounts.enrol_second_factor(owner)).secret.reveal())
                await house.accounts.confirm_second_factor(owner, await codes.next())
                yield Story(town, api, house, owner, codes)


async def test_a_key_is_typed_proven_put_to_work_and_its_secret_is_nowhere(
    tmp_path: Path,
) -> None:
    """Prove scenarios 5, 21, 30 and 34."""
    async with story_in(tmp_path) as story:
        with story.bot() as running:
            ada = await story.linked()
            key, secret = await story.paper_key()
            for words in ("⚙️", "🔑", "\N{HEAVY PLUS SIGN}", "Kraken", "Paper", "⌨️"):
                await ada.press(words)
            await ada.say(await story.codes.next())
            await ada.say(key)
            await ada.say(secret)
            message = ada.seen[-1]
            await story.api.until(lambda: "✅ Ready to trade" in message.text)
            assert "✅ Test order cancelled" in message.text
            # The steps were shown in this one message; on a quick machine, all of them at once.
            assert message.edits
            await ada.press("Start a robot")
            await ada.press("Crossing averages")
            await ada.say("BTC/USD")
            await ada.say("100")
            await ada.press("Start it")
            [robot] = await story.house.robots.list_robots(story.owner)

            async def is_started() -> bool:
                now = await story.house.robots.get_robot(story.owner, robot.id)
                return now.status is RobotStatus.STARTED

            await until(is_started, "the robot works")
            assert "▶️ BTC/USD #1: " in await ada.press("Look again")
            planted = Planted({"secret": secret})
            assert planted.in_files(files_of(story.town.settings.data)) == []
            assert planted.in_memory(running.pid) == []
            assert not any(secret in text for text in ada.written)


async def test_a_bot_that_is_killed_does_not_do_it_twice(tmp_path: Path) -> None:
    async with story_in(tmp_path) as story:
        with story.bot() as first:
            ada = await story.linked()
            key, secret = await story.paper_key()
            for words in ("⚙️", "🔑", "\N{HEAVY PLUS SIGN}", "Kraken", "Paper", "⌨️"):
                await ada.press(words)
            await ada.say(await story.codes.next())
            await ada.say(key)
            first.kill()
            update = await ada.write(secret)
        with story.bot():
            await story.api.handled(update)
            assert "begin with this key again" in ada.screen
            assert secret not in ada.written
            await ada.say(key)
            await ada.say(secret)
            message = ada.seen[-1]
            await story.api.until(lambda: "✅ Ready to trade" in message.text)
        [only] = await story.house.vault.list_keys(story.owner)
        assert only.status is KeyStatus.ENABLED
