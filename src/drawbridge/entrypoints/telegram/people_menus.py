"""People: who is here, their keys by name, and what an owner or an operator may stop.

Ending people and changing roles is done on the page; here is what a telephone is good for when
something burns.
"""

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.accounts.people import Person
from drawbridge.accounts.roles import Act, Role, may
from drawbridge.catalogue.registry import get_card
from drawbridge.entrypoints.telegram.dialogs import EXCHANGE, FOR, FREEZE, ask_code
from drawbridge.entrypoints.telegram.key_views import mark_of
from drawbridge.entrypoints.telegram.screens import Go, Screen, back_to, home_row, listed, named
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.vault.freezing import halt_key
from drawbridge.vault.in_use import list_exchanges
from drawbridge.vault.lots import Lot
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.wording.say import say

_OFF = frozenset({KeyStatus.DISABLED, KeyStatus.REFUSED})


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="people")
    router.callback_query.register(show_people, Go.filter(F.to == "people"))
    router.callback_query.register(show_person, Go.filter(F.to == "person"))
    router.callback_query.register(switch_off, Go.filter(F.to == "halt_key"))
    router.callback_query.register(log_out, Go.filter(F.to == "halt_sessions"))
    router.callback_query.register(choose_exchange, Go.filter(F.to == "freeze"))
    router.callback_query.register(ask_freeze, Go.filter(F.to == "freeze_now"))
    return router


async def show_people(_query: CallbackQuery, visit: Visit) -> None:
    """List everybody."""
    people = await visit.house.people.list_people()
    buttons = [named(_line(it), "person", it.owner.id) for it in people]
    lead, rows = listed(buttons, say("people.title"))
    freeze = (named(f"🧊 {say('people.freeze')}", "freeze"),)
    await visit.show(Screen(lead, (*rows, freeze, home_row())))


async def show_person(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Show one person."""
    await _show(visit, callback_data.what)


async def switch_off(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Switch somebody's key off. It asks for no code, as one's own does not: it only stops."""
    now_ms = visit.house.clock.now_ms()
    key = await halt_key(visit.house.database, callback_data.what, visit.owner.name, now_ms)
    await _show(visit, key.owner, say("done.key_halted"))


async def log_out(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Log somebody out everywhere."""
    await visit.house.people.end_sessions(visit.owner, callback_data.what)
    await _show(visit, callback_data.what, say("done.person_logged_out"))


async def choose_exchange(_query: CallbackQuery, visit: Visit) -> None:
    """Ask which exchange is to be switched off."""
    names = {it: get_card(it).name for it in await list_exchanges(visit.house.database)}
    buttons = [named(name, "freeze_now", it) for it, name in sorted(names.items())]
    lead, rows = listed(buttons, say("people.freeze_lead"))
    await visit.show(Screen(lead, (*rows, back_to("people"))))


async def ask_freeze(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask for the code before an exchange is switched off for everybody."""
    card = get_card(callback_data.what)
    await visit.show(await ask_code(visit, {FOR: FREEZE, EXCHANGE: card.id}))


async def freeze(visit: Visit, exchange: str) -> None:
    """Switch off everybody's keys of an exchange, once the code was right."""
    await visit.house.panic.stop_lot(Lot(exchange=exchange), by=visit.owner.name)
    await visit.send(Screen(say("done.exchange_frozen"), (back_to("people"),)))


async def _show(visit: Visit, person_id: str, first: str = "") -> None:
    person = await visit.house.people.get_person(person_id)
    keys = await visit.house.vault.list_keys(person.owner.id)
    lines = [
        *([first, ""] if first else []),
        _line(person),
        *([say("people.sees", name=person.sees)] if person.sees else []),
        f"{say('people.sessions')}: {person.sessions}",
        "",
        f"{say('people.keys')}:" if keys else say("people.keys_none"),
        *(f"• {_key(key)}" for key in keys),
    ]
    buttons = [
        named(say("people.stop_key_what", label=key.label), "halt_key", key.id)
        for key in keys
        if key.status not in _OFF
    ]
    text, rows = listed(buttons, "\n".join(lines))
    out = (named(say("people.end_sessions"), "halt_sessions", person.owner.id),)
    acts = (out,) if person.sessions and _is_theirs_to_stop(visit, person) else ()
    await visit.show(Screen(text, (*rows, *acts, back_to("people"))))


def _line(person: Person) -> str:
    told = f"{person.owner.name}: {say(f'role.{person.owner.role.value}')}"
    return f"{told} ({say('people.ended')})" if person.owner.ended_ms else told


def _key(key: KeyRecord) -> str:
    place = f"{get_card(key.exchange).name}, {say(f'venue.{key.venue.value}')}"
    return f"{mark_of(key)} {key.label} ({place}): {say(f'key_status.{key.status.value}')}"


def _is_theirs_to_stop(visit: Visit, person: Person) -> bool:
    """Tell whether logging out is offered; the service judges it again."""
    if person.owner.id == visit.owner.id:
        return False
    return person.owner.role is not Role.OWNER or may(visit.owner.role, Act.RULE)
