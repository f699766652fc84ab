"""Virtual keys in the chat: the list with their last use, one of them, and its end.

None is made here: its secret would stand in the chat.
"""

from collections.abc import Mapping
from typing import Final

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.catalogue.registry import get_card
from drawbridge.core.secret import masked
from drawbridge.entrypoints.telegram.screens import Go, Screen, back_to, listed, named
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.virtual_keys.model import VirtualKey, VirtualState
from drawbridge.virtual_keys.service import Listed
from drawbridge.virtual_keys.words import words_of
from drawbridge.wording.formats import moment
from drawbridge.wording.say import say

_LIST: Final = "virtual_keys"
_ONE: Final = "virtual_key"
_ASK: Final = "revoke_virtual"
_REVOKE: Final = "revoke_virtual_now"
_CANCEL: Final = "cancel"
_MARKS: Final[Mapping[VirtualState, str]] = {
    VirtualState.LIVE: "✅",
    VirtualState.ENDED: "⏸",
    VirtualState.REVOKED: "❌",
}


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="virtual keys")
    router.callback_query.register(show_virtual_keys, Go.filter(F.to == _LIST))
    router.callback_query.register(show_virtual_key, Go.filter(F.to == _ONE))
    router.callback_query.register(ask_revoke, Go.filter(F.to == _ASK))
    router.callback_query.register(revoke, Go.filter(F.to == _REVOKE))
    return router


async def show_virtual_keys(_query: CallbackQuery, visit: Visit) -> None:
    """List the person's virtual keys, those in use first."""
    await _show_all(visit)


async def show_virtual_key(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Show one: what it is held to, and when it was last used."""
    virtual = await visit.house.virtual_keys.get(visit.account, callback_data.what)
    found = await visit.house.virtual_keys.list_virtual_keys(visit.account)
    one = next(it for it in found if it.virtual.id == virtual.id)
    state = _state(virtual, visit)
    lines = [
        f"{_MARKS[state]} {virtual.label} ({_place(virtual)})",
        "",
        f"{say('virtual_keys.state')}: {say(f'virtual.{state}')}",
        f"{say('virtual_keys.used')}: {_used(one)}",
        *([f"{say('virtual_keys.behind')}: {one.key_label}"] if one.key_label else []),
        f"{say('keys.key_shown')}: {masked(virtual.public)}",
        "",
        f"{say('virtual_keys.held_to')}:",
        *(f"• {held.name}: {held.value}" for held in words_of(virtual)),
        f"• {say('virtual_keys.never_may')}: {say('virtual_keys.never_what')}",
    ]
    acts = (
        ()
        if state is VirtualState.REVOKED
        else ((named(say("virtual_keys.revoke"), _ASK, virtual.id),),)
    )
    await visit.show(Screen("\n".join(lines), (*acts, back_to(_LIST))))


async def ask_revoke(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask before one is ended for good."""
    virtual = await visit.house.virtual_keys.get(visit.account, callback_data.what)
    title = say("virtual_keys.revoke_title", name=virtual.label)
    rows = (
        (named(say("virtual_keys.revoke"), _REVOKE, virtual.id),),
        (named(say("panic.revoke_and_cancel"), _REVOKE, virtual.id, _CANCEL),),
        back_to(_ONE, virtual.id),
    )
    await visit.show(Screen(f"{title}\n\n{say('virtual_keys.revoke_lead')}", rows))


async def revoke(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """End one for good. It asks for no code, as the page does not: it only stops."""
    cancel = callback_data.how == _CANCEL
    await visit.house.panic.stop_virtual_key(visit.account, callback_data.what, cancel=cancel)
    await _show_all(visit, say("done.virtual_key_revoked"))


async def _show_all(visit: Visit, first: str = "") -> None:
    found = await visit.house.virtual_keys.list_virtual_keys(visit.account)
    found = tuple(sorted(found, key=lambda it: _state(it.virtual, visit) is not VirtualState.LIVE))
    buttons = [
        named(f"{_MARKS[_state(it.virtual, visit)]} {it.virtual.label}", _ONE, it.virtual.id)
        for it in found
    ]
    lead = say("virtual_keys.lead") if found else say("virtual_keys.none")
    text, rows = listed(buttons, f"{say('virtual_keys.title')}\n\n{lead}")
    lines = [*([first, ""] if first else []), text, "", *(_line(it, visit) for it in found)]
    await visit.show(Screen("\n".join(lines).rstrip(), (*rows, back_to("settings"))))


def _line(it: Listed, visit: Visit) -> str:
    told = f"{say('virtual_keys.used')}: {_used(it)}"
    return f"• {it.virtual.label}: {say(f'virtual.{_state(it.virtual, visit)}')}. {told}"


def _used(it: Listed) -> str:
    return moment(it.used_ms) if it.used_ms else say("virtual_keys.never_used")


def _place(virtual: VirtualKey) -> str:
    return f"{get_card(virtual.exchange).name}, {say(f'venue.{virtual.venue.value}')}"


def _state(virtual: VirtualKey, visit: Visit) -> VirtualState:
    return virtual.state(visit.house.clock.now_ms())
