"""Who may speak to the bot: one linked person in their own chat, and nobody else.

Strangers get one sentence and can send a code that links them; groups and channels are left.
Whatever goes wrong is told in words, and nothing that a person wrote is ever logged.
"""

import logging
import traceback
from dataclasses import dataclass, field
from typing import Final

from aiogram import Bot, Dispatcher
from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest
from aiogram.fsm.context import FSMContext
from aiogram.fsm.storage.base import BaseStorage, StorageKey
from aiogram.types import CallbackQuery, Message, Update, User

from drawbridge.accounts.acting import acting_as
from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Act, check_may, may
from drawbridge.accounts.telegram_talks import Coming
from drawbridge.app.telegram_notices import begin_notices
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.telegram.dialogs import FOR, KEEPS_DIALOG
from drawbridge.entrypoints.telegram.main_menu import main_menu
from drawbridge.entrypoints.telegram.rights import needs, needs_typed
from drawbridge.entrypoints.telegram.screens import Go, Screen, home_row
from drawbridge.entrypoints.telegram.strangers import Strangers
from drawbridge.entrypoints.telegram.visits import Desk, Visit
from drawbridge.notices.chat_buttons import BELOW
from drawbridge.storage.acting import as_house, as_nobody
from drawbridge.wording.language import find_language, speaking, spoken
from drawbridge.wording.say import say, say_error

_log = logging.getLogger(__name__)

_START: Final = "/start "
_AWAY: Final = frozenset({ChatMemberStatus.LEFT, ChatMemberStatus.KICKED})


@dataclass(frozen=True, slots=True)
class Entrance:
    """Takes every update, and hands on those of people who are linked."""

    desk: Desk
    bot: Bot
    dispatcher: Dispatcher
    storage: BaseStorage
    strangers: Strangers = field(default_factory=Strangers)
    hasty: Strangers = field(default_factory=Strangers)

    async def handle(self, update: Update, coming: Coming) -> None:
        """Handle one update; whatever fails, the next one is handled as well."""
        try:
            with as_nobody():  # Whose chat it is has to be found out first.
                await self._handle(update, coming)
        except TelegramAPIError as error:
            _log.warning("an answer could not be sent: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001  the rim: one update must not end the bot
            # What failed and where, never the text of it, which could hold what a person wrote.
            place = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)

    async def _handle(self, update: Update, coming: Coming) -> None:
        query, message = update.callback_query, update.message
        if update.my_chat_member is not None:
            member = update.my_chat_member
            if member.chat.type != ChatType.PRIVATE and member.new_chat_member.status not in _AWAY:
                await self._leave(member.chat.id, member.from_user)
        elif update.channel_post is not None:
            await self._leave(update.channel_post.chat.id, None)
        elif message is not None and message.chat.type != ChatType.PRIVATE:
            await self._leave(message.chat.id, message.from_user)
        elif message is not None and message.from_user is not None:
            await self._received(update, message.from_user, coming)
        elif query is not None and _is_private(query):
            await self._received(update, query.from_user, coming)

    async def _received(self, update: Update, user: User, coming: Coming) -> None:
        with as_house():
            owner = await self.desk.house.telegram.owner_of(user.id)
        with speaking(_language(owner, user)):
            code = _link_code(update.message)
            if code:
                await self._link(user, code)
            elif owner is None:
                if self.strangers.may_answer(user.id):
                    await self._send(user.id, say("telegram.stranger"))
            else:
                await self._serve(update, self._visit(owner, user.id, update), coming)

    async def _serve(self, update: Update, visit: Visit, coming: Coming) -> None:
        try:
            if coming is Coming.INTERRUPTED:
                await _interrupted(update, visit)
            elif await self._may_go_on(update, visit):
                with acting_as(visit.owner, await _act(update, visit)):
                    await self.dispatcher.feed_update(self.bot, update, visit=visit)
        except DrawbridgeError as error:
            await visit.send(Screen(say_error(error), (home_row(),)))
        except TelegramAPIError:
            raise
        except Exception:
            await visit.send(Screen(say("errors.unforeseen"), (home_row(),)))
            raise

    async def _may_go_on(self, update: Update, visit: Visit) -> bool:
        """Answer a pressed button, and end the dialog that it leads out of."""
        query = update.callback_query
        if query is None:
            await _check_dialog(visit)
            return True
        self.desk.tasks.end(visit.chat)
        try:
            await self.bot.answer_callback_query(query.id)
        except TelegramBadRequest:
            # Pressed so long ago that Telegram gave it up: what was meant then may be wrong now.
            await visit.send(main_menu(visit, say("telegram.late_press")))
            return False
        except TelegramAPIError as error:
            # Only the little clock on the button turns on; what was pressed is done all the same.
            _log.warning("a press could not be answered: %s", type(error).__name__)
        # What a role may not do is refused here, before any handler knows of it.
        check_may(visit.owner.role, needs(_gone_to(query).to))
        if _gone_to(query).to not in KEEPS_DIALOG and await visit.state.get_state():
            await visit.leave_dialog()
        return True

    async def _link(self, user: User, code: str) -> None:
        house = self.desk.house
        try:
            with as_house():  # The code proves who it is.
                owner = await house.telegram.link(code, user.id, user.full_name)
        except DrawbridgeError as error:
            if error.code != "too_many_attempts" or self.hasty.may_answer(user.id):
                await self._send(user.id, say_error(error))
            return
        self.strangers.forget(user.id)
        with speaking(_language(owner, user)), acting_as(owner, Act.PERSONAL):
            await begin_notices(house.notices, owner.id, user.id)
            visit = self._visit(owner, user.id)
            await visit.send(main_menu(visit, say("telegram.linked", name=owner.name)))

    async def _leave(self, chat: int, user: User | None) -> None:
        with speaking(_language(None, user)):
            if user is not None:
                await self._send(chat, say("telegram.private_only"))
            await self.bot.leave_chat(chat)

    async def _send(self, chat: int, text: str) -> None:
        try:
            await self.bot.send_message(chat, text)
        except TelegramAPIError as error:
            _log.warning("an answer could not be sent: %s", type(error).__name__)

    def _visit(self, owner: Owner, chat: int, update: Update | None = None) -> Visit:
        query = update.callback_query if update else None
        under = query.message.message_id if query and query.message else None
        if query is not None and _gone_to(query).how == BELOW:
            under = None
        key = StorageKey(bot_id=self.bot.id, chat_id=chat, user_id=chat)
        return Visit(self.desk, self.bot, owner, chat, FSMContext(self.storage, key), needs, under)


async def _act(update: Update, visit: Visit) -> Act:
    """Tell what a pressed button or a typed answer is about."""
    query = update.callback_query
    if query is not None:
        return needs(_gone_to(query).to)
    return needs_typed((await visit.state.get_data()).get(FOR))


async def _check_dialog(visit: Visit) -> None:
    """End a dialog that was begun under another role. Raises: `Forbidden("role_forbids")`."""
    act = needs_typed((await visit.state.get_data()).get(FOR))
    if not may(visit.owner.role, act) and await visit.state.get_state():
        await visit.leave_dialog()
        check_may(visit.owner.role, act)


async def _interrupted(update: Update, visit: Visit) -> None:
    """Do nothing a second time; what was written may have been a secret, so it goes."""
    message = update.message
    if message is not None and not (message.text or "").startswith("/"):
        await visit.remove(message.message_id)
    await visit.leave_dialog()
    await visit.send(main_menu(visit, say("telegram.interrupted")))


def _language(owner: Owner | None, user: User | None) -> str:
    """Choose what to speak: a person's own choice first, then what their Telegram speaks."""
    if owner is not None and owner.language:
        return owner.language
    found = find_language(user.language_code or "") if user else None
    return (found or spoken()).tag


def _link_code(message: Message | None) -> str:
    text = (message.text or "") if message else ""
    return text.removeprefix(_START).strip() if text.startswith(_START) else ""


def _is_private(query: CallbackQuery) -> bool:
    return query.message is not None and query.message.chat.type == ChatType.PRIVATE


def _gone_to(query: CallbackQuery) -> Go:
    """Give where a pressed button leads; what nobody can read leads nowhere."""
    try:
        return Go.unpack(query.data or "")
    except (TypeError, ValueError):
        return Go(to="")
