"""Adding a robot: with which key, which strategy, on which market, for how much.

Everything else is as the page has it when nothing is filled in; who wants more goes there.
"""

from typing import Any, Final

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.entrypoints.telegram.dialogs import (
    AMOUNT,
    ASKS,
    CREATE_ROBOT,
    KEY,
    MARKET,
    STRATEGY,
    TURN_ASKS,
    Asking,
    ask_amount,
    ask_market,
    confirm_robot,
)
from drawbridge.entrypoints.telegram.robot_menus import show
from drawbridge.entrypoints.telegram.screens import (
    Go,
    Screen,
    back_to,
    button,
    in_rows,
    listed,
    named,
)
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.robots.strategies import STRATEGIES
from drawbridge.robots.wishes import Wish, read_amount
from drawbridge.vault.model import KeyStatus
from drawbridge.wording.say import say, say_error

_LONGEST: Final = 40
_ANY_PAIR: Final = "BTC/USDT"


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="adding_robots")
    router.callback_query.register(choose_key, Go.filter(F.to == "new_robot"))
    router.callback_query.register(choose_strategy, Go.filter(F.to == "robot_with"))
    router.callback_query.register(begin, Go.filter(F.to == "plan"))
    router.message.register(take_market, Asking.market)
    router.message.register(take_amount, Asking.amount)
    router.callback_query.register(turn_asks, Go.filter(F.to == TURN_ASKS))
    router.callback_query.register(create, Go.filter(F.to == CREATE_ROBOT))
    return router


async def choose_key(_query: CallbackQuery, visit: Visit) -> None:
    """Ask with which key; without one that trades, lead to adding it first."""
    keys = await visit.house.vault.list_keys(visit.account)
    buttons = [
        named(f"{key.label} ({say(f'venue.{key.venue.value}')})", "robot_with", key.id)
        for key in keys
        if key.status is KeyStatus.ENABLED
    ]
    if buttons:
        text, rows = listed(buttons, say("telegram.robot.which_key"))
        screen = Screen(text, (*rows, back_to("robots")))
    else:
        # The check of the new key ends with a button that comes back here with it chosen.
        onward = ((button("add_key", "add"),), back_to("robots"))
        screen = Screen(say("telegram.robot.no_key"), onward)
    await visit.show(screen)


async def choose_strategy(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask which strategy."""
    key = await visit.house.vault.get_key(visit.account, callback_data.what)
    buttons = [
        named(say(f"robots.strategy.{name}.name"), "plan", key.id, name) for name in STRATEGIES
    ]
    text = say("telegram.robot.which_strategy", label=key.label)
    await visit.show(Screen(text, (*in_rows(buttons, 2), back_to("new_robot"))))


async def begin(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Begin to ask for the market."""
    key = await visit.house.vault.get_key(visit.account, callback_data.what)
    about = {KEY: key.id, STRATEGY: callback_data.how}
    await visit.show(await ask_market(visit, about, _example(key.exchange)))


async def take_market(message: Message, visit: Visit) -> None:
    """Take the market and ask for the amount."""
    about = {**await visit.state.get_data(), MARKET: _line(message).upper()}
    await visit.send(await ask_amount(visit, about))


async def take_amount(message: Message, visit: Visit) -> None:
    """Take the amount, and show the whole before anything begins."""
    about = {**await visit.state.get_data(), AMOUNT: _line(message)}
    try:
        read_amount(about[AMOUNT])
    except BadInput as error:
        again = await ask_amount(visit, about)
        await visit.send(Screen(f"{say_error(error)}\n\n{again.text}", again.rows))
        return
    key = await visit.house.vault.get_key(visit.account, about[KEY])
    await visit.send(await confirm_robot(visit, about, key))


async def turn_asks(_query: CallbackQuery, visit: Visit) -> None:
    """Let the robot ask before each order, or not."""
    about = await visit.state.get_data()
    if await visit.state.get_state() != Asking.robot.state:
        raise BadInput("telegram_too_late")
    about = {**about, ASKS: not about.get(ASKS)}
    key = await visit.house.vault.get_key(visit.account, about[KEY])
    await visit.show(await confirm_robot(visit, about, key))


async def create(_query: CallbackQuery, visit: Visit) -> None:
    """Make the robot and start it; ask for the market anew when it cannot be made so."""
    about = await visit.state.get_data()
    if await visit.state.get_state() != Asking.robot.state:
        raise BadInput("telegram_too_late")
    await visit.leave_dialog()
    robots, owner = visit.house.robots, visit.account
    try:
        robot = await robots.create(owner, _wish(about))
    except DrawbridgeError as error:
        key = await visit.house.vault.get_key(owner, about[KEY])
        kept = {KEY: about[KEY], STRATEGY: about[STRATEGY]}
        again = await ask_market(visit, kept, _example(key.exchange))
        await visit.show(Screen(f"{say_error(error)}\n\n{again.text}", again.rows))
        return
    await robots.start(owner, robot.id)
    await show(visit, robot.id, say("done.robot_started"))


def _wish(about: dict[str, Any]) -> Wish:
    asks = bool(about.get(ASKS))
    return Wish(about[KEY], about[MARKET], about[AMOUNT], about[STRATEGY], asks=asks)


def _line(message: Message) -> str:
    return " ".join((message.text or "").split())[:_LONGEST]


def _example(exchange: str) -> str:
    return next((market.symbol for market in get_card(exchange).markets()), _ANY_PAIR)
