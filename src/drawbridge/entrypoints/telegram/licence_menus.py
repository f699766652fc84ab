"""A person's licence in the chat: how it stands, and accounts set aside and taken up again.

Only where an operator asks for licences. Entering one and its recovery code are the pages' work.
"""

from collections.abc import Mapping
from typing import Final

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.core.errors import NotFound
from drawbridge.entrypoints.telegram.screens import Go, Rows, Screen, back_to, listed, named
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.licences.model import Act
from drawbridge.licences.service import Place, PlacedKey, Shown
from drawbridge.licences.words import fields_of
from drawbridge.wording.say import say, say_reason

LICENCE: Final = "licence"
_ONE: Final = "licence_key"
_ACT: Final = "licence_act"
_RENEW: Final = "licence_renew"
_MARKS: Final[Mapping[Place, str]] = {
    Place.ACTIVE: "✅",
    Place.ARCHIVED: "⏸",
    Place.WAITING: "⏳",
    Place.REFUSED: "❌",
    Place.NOT_NEEDED: "▫️",
}
_ACTS: Final[Mapping[str, Act]] = {
    "archive": Act.ARCHIVE,
    "activate": Act.BIND,
    "claim": Act.CLAIM,
}
_ELSEWHERE: Final = "licence_account_elsewhere"


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="licence")
    router.callback_query.register(show_licence, Go.filter(F.to == LICENCE))
    router.callback_query.register(show_key, Go.filter(F.to == _ONE))
    router.callback_query.register(act, Go.filter(F.to == _ACT))
    router.callback_query.register(renew, Go.filter(F.to == _RENEW))
    return router


async def show_licence(_query: CallbackQuery, visit: Visit) -> None:
    """Show how the licence stands, and each key's account."""
    await visit.show(_screen(await visit.house.licences.show(visit.account)))


async def show_key(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Show one key's account, and what can be done about it."""
    shown = await visit.house.licences.show(visit.account)
    found = next((it for it in shown.keys if it.key.id == callback_data.what), None)
    if found is None:
        raise NotFound("unknown_key")
    lines = [
        f"{_MARKS[found.place]} {found.key.label}",
        say(f"licence.place.{found.place}"),
        *([say_reason(found.reason, found.facts)] if found.reason else []),
    ]
    rows: Rows = tuple(
        (named(say(f"licence.act.{name}"), _ACT, found.key.id, name),)
        for name in _offered(shown, found)
    )
    await visit.show(Screen("\n".join(lines), (*rows, back_to(LICENCE))))


async def act(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Have the licence server asked about an account."""
    wanted = _ACTS.get(callback_data.how)
    if wanted is None:
        raise NotFound("licence_none_held")
    await visit.house.licences.wish(visit.account, wanted, callback_data.what)
    await visit.show(Screen(say("done.licence_wished"), (back_to(LICENCE),)))


async def renew(_query: CallbackQuery, visit: Visit) -> None:
    """Have the licence server asked for a new lease."""
    await visit.house.licences.wish(visit.account, Act.RENEW)
    await visit.show(Screen(say("done.licence_wished"), (back_to(LICENCE),)))


def _screen(shown: Shown) -> Screen:
    lines = [say(f"licence.state.{shown.state}")]
    if shown.reason:
        lines.append(say_reason(shown.reason, {}))
    if shown.problem and shown.problem != shown.reason:
        lines.append(say_reason(shown.problem, shown.problem_facts))
    facts = [f"{name}: {text}" for name, text in fields_of(shown).items()]
    buttons = [named(f"{_MARKS[it.place]} {it.key.label}", _ONE, it.key.id) for it in shown.keys]
    text, rows = listed(buttons, "\n".join([*lines, "", *facts]).rstrip())
    more: Rows = ((named(say("licence.renew"), _RENEW),),) if shown.known is not None else ()
    return Screen(text, (*rows, *more, back_to("settings")))


def _offered(shown: Shown, found: PlacedKey) -> tuple[str, ...]:
    if shown.known is None or found.place is Place.NOT_NEEDED:
        return ()
    if found.place is Place.ACTIVE:
        return ("archive",)
    return ("claim",) if found.reason == _ELSEWHERE else ("activate",)
