"""Put the bot together over a house that holds the vault's public key only, and run it."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final

from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramAPIError
from aiogram.types import BotCommand
from aiogram.utils.token import TokenValidationError

from drawbridge.accounts.telegram_talks import TelegramTalks
from drawbridge.app.build import House, open_house
from drawbridge.app.clock import monotonic_ns
from drawbridge.app.lifetime import tell_ready, until_stopped
from drawbridge.app.notice_ways import api_address, secret_reader
from drawbridge.app.observing.operations import of_database, told_to_operators
from drawbridge.app.settings import Settings
from drawbridge.core.errors import BadInput, Conflict, DrawbridgeError, ExchangeDown
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.telegram import (
    approval_menus,
    codes,
    key_adding,
    key_menus,
    licence_menus,
    main_menu,
    notice_menus,
    panic_menus,
    people_menus,
    portfolio_menus,
    replacement_menus,
    risk_menus,
    robot_adding,
    robot_menus,
    settings_menus,
    signal_menus,
    virtual_key_menus,
)
from drawbridge.entrypoints.telegram.entrance import Entrance
from drawbridge.entrypoints.telegram.held import Held
from drawbridge.entrypoints.telegram.patience import Patience
from drawbridge.entrypoints.telegram.polling import Polling
from drawbridge.entrypoints.telegram.session import EgressSession
from drawbridge.entrypoints.telegram.talks import RowStorage
from drawbridge.entrypoints.telegram.tasks import Tasks
from drawbridge.entrypoints.telegram.visits import Desk
from drawbridge.gateway.egress import Egress
from drawbridge.wording.language import LANGUAGES, speaking
from drawbridge.wording.say import say, say_error

_log = logging.getLogger(__name__)

_COMMANDS: Final = ("menu", "cancel", "language")
_AGAIN_S: Final = 30
_CODE_LETTERS: Final = 2


def _told(house: House) -> AbstractAsyncContextManager[Mapping[str, object]]:
    asked, told = of_database(house.database, monotonic_ns)
    return told_to_operators(house.settings.observing, "telegram", [asked], [told])


async def host(settings: Settings, *, with_parent: bool) -> None:
    """Run the bot until told to stop.

    What is wrong with its token or the network is said and mended while it waits: a bot that
    cannot speak must not keep the rest of the house from starting.
    Raises: `Conflict("channel_not_set_up")` without a token file.
    """
    file = settings.notices.telegram_token_file
    if file is None:
        raise Conflict("channel_not_set_up", channel="telegram")
    async with open_house(settings) as house, _told(house) as seen:
        running = asyncio.create_task(run(house, secret_reader(file)))
        tell_ready({"bot": True, **seen})
        stopped = asyncio.create_task(until_stopped(with_parent=with_parent))
        await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if running.done():
            await running
        running.cancel()
        await asyncio.wait({running})


async def run(house: House, token: Callable[[], Secret]) -> None:
    """Speak as the bot of this token until cancelled."""
    bot = await _bot(house, token)
    talks = TelegramTalks(house.database, house.clock)
    storage = RowStorage(talks)
    desk = Desk(house, Held(), Tasks())
    dispatcher = dispatcher_for(talks)
    entrance = Entrance(desk, bot, dispatcher, storage)
    introducing = asyncio.create_task(_introduce(house, bot))
    try:
        await Polling(bot, talks, entrance.handle).run()
    finally:
        introducing.cancel()
        await desk.tasks.close()
        await bot.session.close()


def dispatcher_for(talks: TelegramTalks) -> Dispatcher:
    """Put all handlers together, in the order in which they are asked."""
    dispatcher = Dispatcher(storage=RowStorage(talks), disable_fsm=False)
    first, last = main_menu.routes(talks)
    made = (
        settings_menus.routes(),
        licence_menus.routes(),
        key_menus.routes(),
        key_adding.routes(),
        virtual_key_menus.routes(),
        codes.routes(),
        robot_menus.routes(),
        robot_adding.routes(),
        portfolio_menus.routes(),
        signal_menus.routes(),
        risk_menus.routes(),
        panic_menus.routes(),
        replacement_menus.routes(),
        approval_menus.routes(),
        notice_menus.routes(),
        people_menus.routes(),
    )
    dispatcher.include_routers(first, *made, last)
    return dispatcher


async def _bot(house: House, token: Callable[[], Secret]) -> Bot:
    """Make the bot once its token can be read."""
    address = api_address(house.settings.notices.telegram_url)
    told = ""
    while True:
        try:
            session = EgressSession(Egress(), address)
            session.middleware(Patience())
            return Bot(token().reveal(), session=session)
        except TokenValidationError:
            error: BadInput | ExchangeDown = BadInput("bad_telegram_token", field="token")
        except ExchangeDown as unreadable:
            error = unreadable
        if say_error(error) != told:
            told = say_error(error)
            _log.warning("%s", told)
        await asyncio.sleep(_AGAIN_S)


async def _introduce(house: House, bot: Bot) -> None:
    """Find out what the bot is called and tell Telegram its commands, as soon as that works."""
    told = ""
    while True:
        try:
            await _tell_names(house, bot)
        except (TelegramAPIError, DrawbridgeError) as error:
            # Also a database that is away for a while must not leave the bot without its name.
            if type(error).__name__ != told:
                told = type(error).__name__
                _log.warning("the bot could not introduce itself: %s", told)
            await asyncio.sleep(_AGAIN_S)
        else:
            return


async def _tell_names(house: House, bot: Bot) -> None:
    me = await bot.get_me()
    await house.telegram.tell_bot_name(me.username or "")
    await bot.set_my_commands(_commands())
    for language in LANGUAGES.values():
        with speaking(language.tag):
            commands = _commands()
        # Telegram knows languages by two letters; of two alike, the last one stands.
        await bot.set_my_commands(commands, language_code=language.tag[:_CODE_LETTERS])


def _commands() -> list[BotCommand]:
    return [
        BotCommand(command=name, description=say(f"telegram.command.{name}")) for name in _COMMANDS
    ]
