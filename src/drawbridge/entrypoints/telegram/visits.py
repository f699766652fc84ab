"""One update of a linked chat: who speaks, and what the bot can do for them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest
from aiogram.fsm.context import FSMContext
from aiogram.types import BufferedInputFile, LinkPreviewOptions

from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Act, may
from drawbridge.app.build import House
from drawbridge.entrypoints.telegram.held import Held
from drawbridge.entrypoints.telegram.screens import Screen
from drawbridge.entrypoints.telegram.tasks import Tasks

_log = logging.getLogger(__name__)

# Nothing that stands in a message is to be fetched by Telegram's machines, least of all a pass.
_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Desk:
    """What all visits share: the house, what is typed and not sealed yet, work that goes on."""

    house: House
    held: Held
    tasks: Tasks


@dataclass(frozen=True, slots=True)
class Visit:
    """One update; `under` is the message whose button was pressed, None for what was typed.

    `needs` tells what a button needs: screens are shown without those that would be refused.
    """

    desk: Desk
    bot: Bot
    owner: Owner
    chat: int
    state: FSMContext
    needs: Callable[[str], Act]
    under: int | None = None

    @property
    def house(self) -> House:
        """Give the services."""
        return self.desk.house

    @property
    def account(self) -> str:
        """Give whose keys and robots this person is shown."""
        return self.owner.account

    async def show(self, screen: Screen) -> int:
        """Show a screen in place of the one whose button was pressed, or below; give its id."""
        if self.under is not None and await self.redraw(self.under, screen):
            return self.under
        return await self.send(screen)

    async def send(self, screen: Screen) -> int:
        """Send a screen as a message of its own and give its id."""
        sent = await self.bot.send_message(
            self.chat,
            screen.told,
            reply_markup=self._offered(screen).keyboard,
            link_preview_options=_NO_PREVIEW,
        )
        return sent.message_id

    async def send_picture(self, picture: bytes, screen: Screen) -> None:
        """Send a picture, as PNG, with a screen's text and buttons under it."""
        await self.bot.send_photo(
            self.chat,
            BufferedInputFile(picture, "picture.png"),
            caption=screen.told,
            reply_markup=screen.keyboard,
        )

    async def redraw(self, message: int, screen: Screen) -> bool:
        """Put a screen into a message of ours; False when it cannot be changed any more."""
        try:
            await self.bot.edit_message_text(
                screen.told,
                chat_id=self.chat,
                message_id=message,
                reply_markup=self._offered(screen).keyboard,
                link_preview_options=_NO_PREVIEW,
            )
        except TelegramBadRequest as error:
            return "is not modified" in str(error)
        return True

    async def remove(self, message: int) -> bool:
        """Delete a message from the chat; False when Telegram does not do it."""
        try:
            return bool(await self.bot.delete_message(self.chat, message))
        except TelegramAPIError as error:
            _log.warning("a message could not be deleted: %s", type(error).__name__)
            return False

    def _offered(self, screen: Screen) -> Screen:
        rows = (
            tuple(it for it in row if may(self.owner.role, self.needs(it.go.to)))
            for row in screen.rows
        )
        return replace(screen, rows=tuple(row for row in rows if row))

    async def leave_dialog(self) -> None:
        """End the dialog, if there is one, and let go of what was typed in it."""
        self.desk.held.drop(self.chat)
        await self.state.clear()
