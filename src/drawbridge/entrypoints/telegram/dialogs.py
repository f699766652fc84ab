"""Questions whose answer is typed: which one stands, and its words.

What was answered is nowhere here; a question knows what it is about, and no more.
"""

from typing import Any, Final

from aiogram.fsm.state import State, StatesGroup

from drawbridge.catalogue.card import Card, CredentialField
from drawbridge.catalogue.registry import get_card
from drawbridge.entrypoints.telegram.screens import Screen, button
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.wording.say import say

FOR, KEY, EXCHANGE, VENUE, AT = "for", "key", "exchange", "venue", "at"


class Asking(StatesGroup):
    """What is being asked for."""

    code = State()
    part = State()


_CANCEL: Final = "main"


def parts_of(card: Card) -> tuple[CredentialField, ...]:
    """Give what is asked of a key, in order; the page alone asks for what may be left out."""
    return tuple(part for part in card.credentials if part.required)


async def ask_code(visit: Visit, about: dict[str, Any]) -> Screen:
    """Begin to wait for the authenticator's code."""
    await visit.state.set_state(Asking.code)
    await visit.state.set_data(about)
    return code_question()


def code_question(first: str = "") -> Screen:
    """Ask for the code."""
    return _question(say("telegram.ask.code"), first)


async def ask_part(visit: Visit, exchange: str, venue: str, at: int = 0) -> Screen:
    """Begin to wait for a part of a key."""
    await visit.state.set_state(Asking.part)
    await visit.state.set_data({EXCHANGE: exchange, VENUE: venue, AT: at})
    return part_question(get_card(exchange), at)


def part_question(card: Card, at: int, first: str = "") -> Screen:
    """Ask for a part of a key."""
    parts = parts_of(card)
    facts = {"label": parts[at].label, "exchange": card.name, "n": at + 1, "of": len(parts)}
    return _question(say("telegram.ask.part", **facts), first)


async def asked_again(visit: Visit) -> Screen | None:
    """Give the question that stands, in the language that is spoken now; None without one."""
    state, about = await visit.state.get_state(), await visit.state.get_data()
    if state == Asking.code.state:
        return code_question()
    if state == Asking.part.state:
        return part_question(get_card(about[EXCHANGE]), about[AT])
    return None


def _question(text: str, first: str) -> Screen:
    return Screen(f"{first}\n\n{text}" if first else text, ((button("cancel", _CANCEL),),))
