"""The bot over a house of its own and the Bot API server of this machine, with a moved clock.

The vault's holder is here as well, so that secrets can be sealed; in the product it is another
process. Nothing checks keys here unless a test writes the rows of a check itself.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyotp

from drawbridge.app.build import House, open_house
from drawbridge.app.notice_settings import NoticeSettings
from drawbridge.app.notice_ways import secret_reader
from drawbridge.app.settings import Settings
from drawbridge.core.clock import SteppedClock
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.telegram.hosting import run
from drawbridge.licences.model import Operator
from drawbridge.sealing.private_files import write_private
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.unlock import Wish
from tests.kit.bot_api import BotApi, bot_api
from tests.kit.bot_people import Person
from tests.kit.bot_wire import TOKEN
from tests.kit.holding import held_here
from tests.kit.store import store_in

CHAT: Final = 4_242
NAMES: Final = ("bridge.example.com",)
_STEP_MS: Final = 30_000


@dataclass
class BotHouse:
    """A running bot, its house and owner, and the server that it speaks to."""

    api: BotApi
    house: House
    clock: SteppedClock
    owner: str
    totp: str
    file: Path
    _running: asyncio.Task[None] | None = field(default=None)

    def start(self) -> None:
        """Start the bot."""
        self._running = asyncio.create_task(run(self.house, secret_reader(self.file)))

    async def stop(self) -> None:
        """Stop the bot wherever it is, as a crash would."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    def code(self) -> str:
        """Give the authenticator's next code; a code counts once, so the clock moves on."""
        self.clock.advance(_STEP_MS)
        return pyotp.TOTP(self.totp).at(self.clock.now_ms() // 1_000)

    async def linked(self, chat: int = CHAT, language: str = "en") -> Person:
        """Link a chat as its owner does, and give the person."""
        person = Person(self.api, chat, language, "Ada")
        code = await self.house.telegram.draw_code(self.owner)
        await person.say(f"/start {code.reveal()}")
        return person


@asynccontextmanager
async def open_bot_house(folder: Path, operator: Operator | None = None) -> AsyncIterator[BotHouse]:
    """Open a house with an owner, an authenticator and a vault, and start its bot."""
    clock = SteppedClock(1_790_000_000_000)
    file = folder / "bot.token"
    write_private(file, TOKEN.encode())
    async with bot_api() as api:
        notices = NoticeSettings(telegram_token_file=file, telegram_url=api.url)
        settings = Settings(
            folder / "data",
            paper="127.0.0.1:1",
            names=NAMES,
            notices=notices,
            operator=operator,
            store=store_in(folder / "data"),
        )
        async with open_house(settings, clock) as opened:
            house = held_here(opened)
            owner = await house.accounts.create_owner("Ada", Secret("a long password of Ada's"))
            holder = KeyHolder(house.database, clock, settings.vault_key)
            await holder.start()
            await house.door.ask(owner.id, Wish.CREATE, None)
            await holder.answer()
            enrolment = await house.accounts.enrol_second_factor(owner.id)
            totp = enrolment.secret.reveal()
            made = BotHouse(api, house, clock, owner.id, totp, file)
            await house.accounts.confirm_second_factor(owner.id, made.code())
            made.start()
            try:
                yield made
            finally:
                await made.stop()
                await holder.stop()
