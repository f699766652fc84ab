"""The authenticator's code, asked for wherever the pages ask for it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

from aiogram import Router
from aiogram.types import Message

from drawbridge.core.errors import NotProven
from drawbridge.entrypoints.telegram.dialogs import (
    EXCHANGE,
    FOR,
    FREEZE,
    KEY,
    VENUE,
    Asking,
    ask_part,
    code_question,
)
from drawbridge.entrypoints.telegram.key_watch import watch
from drawbridge.entrypoints.telegram.people_menus import freeze
from drawbridge.entrypoints.telegram.screens import Screen, back_to
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.wording.say import say, say_error

About: TypeAlias = Mapping[str, Any]


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="codes")
    router.message.register(take_code, Asking.code)
    return router


async def take_code(message: Message, visit: Visit) -> None:
    """Check a code, and do what it was asked for."""
    # It counts once, but a recovery code that was wrong here is still good.
    await visit.remove(message.message_id)
    about = await visit.state.get_data()
    try:
        await visit.house.accounts.check_second_factor(visit.owner.id, message.text or "")
    except NotProven as error:
        await visit.send(code_question(say_error(error)))
        return
    await visit.leave_dialog()
    await _PROVEN[about[FOR]](visit, about)


async def _add(visit: Visit, about: About) -> None:
    await visit.send(await ask_part(visit, about[EXCHANGE], about[VENUE]))


async def _delete(visit: Visit, about: About) -> None:
    await visit.house.vault.delete(visit.account, about[KEY])
    await visit.send(Screen(say("done.key_deleted"), (back_to("keys"),)))


async def _enable(visit: Visit, about: About) -> None:
    key = await visit.house.vault.enable(visit.account, about[KEY])
    await watch(visit, key.id)


async def _freeze(visit: Visit, about: About) -> None:
    await freeze(visit, about[EXCHANGE])


_PROVEN: Final[Mapping[str, Callable[[Visit, About], Awaitable[None]]]] = {
    "add": _add,
    "delete": _delete,
    "enable": _enable,
    FREEZE: _freeze,
}
