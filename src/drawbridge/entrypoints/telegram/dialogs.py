"""Questions whose answer is typed: which one stands, and its words.

What was answered is nowhere here; a question knows what it is about, and no more.
"""

from collections.abc import Mapping
from typing import Any, Final

from aiogram.fsm.state import State, StatesGroup

from drawbridge.catalogue.card import Card, CredentialField
from drawbridge.catalogue.registry import get_card
from drawbridge.entrypoints.telegram.screens import Screen, button, named
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.robots.strategies import get_strategy
from drawbridge.vault.model import KeyRecord
from drawbridge.wording.say import say

FOR, KEY, EXCHANGE, VENUE, AT = "for", "key", "exchange", "venue", "at"
STRATEGY, MARKET, AMOUNT = "strategy", "market", "amount"
FREEZE = "freeze"
"""What a code is asked for that switches an exchange off for everybody."""

ASKS: Final = "asks"
LANGUAGES, SPEAK, CREATE_ROBOT = "languages", "speak", "create_robot"
TURN_ASKS: Final = "turn_asks"
KEEPS_DIALOG: Final = frozenset({LANGUAGES, SPEAK, CREATE_ROBOT, TURN_ASKS})
"""Buttons that leave a running dialog as it is: whoever asks in another language is still asked."""


class Asking(StatesGroup):
    """What is being asked for."""

    code = State()
    part = State()
    market = State()
    amount = State()
    robot = State()


_CANCEL: Final = "main"
_EXAMPLE: Final = "example"


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
    """Begin to wait for a part of a key; with the first one, nothing typed before counts."""
    if at == 0:
        visit.desk.held.drop(visit.chat)
    await visit.state.set_state(Asking.part)
    await visit.state.set_data({EXCHANGE: exchange, VENUE: venue, AT: at})
    return part_question(get_card(exchange), at)


def part_question(card: Card, at: int, first: str = "") -> Screen:
    """Ask for a part of a key."""
    parts = parts_of(card)
    facts = {"label": parts[at].label, "exchange": card.name, "n": at + 1, "of": len(parts)}
    return _question(say("telegram.ask.part", **facts), first)


async def ask_market(visit: Visit, about: dict[str, Any], example: str) -> Screen:
    """Begin to wait for a robot's market."""
    await visit.state.set_state(Asking.market)
    await visit.state.set_data({**about, _EXAMPLE: example})
    return _question(say("telegram.ask.market", example=example), "")


async def ask_amount(visit: Visit, about: dict[str, Any]) -> Screen:
    """Begin to wait for a robot's amount."""
    await visit.state.set_state(Asking.amount)
    await visit.state.set_data(about)
    return _amount_question(about)


async def confirm_robot(visit: Visit, about: dict[str, Any], key: KeyRecord) -> Screen:
    """Show what was chosen for a robot, and wait for the button that starts it."""
    await visit.state.set_state(Asking.robot)
    await visit.state.set_data(about)
    place = f"{key.label}, {say(f'venue.{key.venue.value}')}"
    lines = [
        f"{say('robots_page.key')}: {place}",
        f"{say('robots_page.strategy')}: {say(f'robots.strategy.{about[STRATEGY]}.name')}",
        f"{say('robots_page.market')}: {about[MARKET]}",
        f"{say('robots_page.amount')}: {about[AMOUNT]} {_quote(about)}",
        "",
        say("robots_page.will_market"),
        say("robots_page.safety"),
        say("telegram.robot.more_on_the_page"),
    ]
    start, cancel = (button("do_create_robot", CREATE_ROBOT),), (button("cancel", _CANCEL),)
    if get_strategy(about[STRATEGY]).decide is None:
        # What places orders of its own would ask a dozen times at once, and takes no asking.
        return Screen("\n".join(lines), (start, cancel))
    tick = "☑" if about.get(ASKS) else "☐"
    asks = (named(f"{tick} {say('approval.asks')}", TURN_ASKS),)
    return Screen("\n".join([*lines, "", say("approval.asks_hint")]), (asks, start, cancel))


async def asked_again(visit: Visit) -> Screen | None:
    """Give the question that stands, in the language that is spoken now; None without one."""
    state, about = await visit.state.get_state(), await visit.state.get_data()
    if state == Asking.code.state:
        return code_question()
    if state == Asking.part.state:
        return part_question(get_card(about[EXCHANGE]), about[AT])
    if state == Asking.market.state:
        return _question(say("telegram.ask.market", example=about[_EXAMPLE]), "")
    if state == Asking.amount.state:
        return _amount_question(about)
    return None


def _amount_question(about: Mapping[str, Any]) -> Screen:
    return _question(say("telegram.ask.amount", quote=_quote(about)), "")


def _quote(about: Mapping[str, Any]) -> str:
    """Give the currency that a market is paid in."""
    return str(about[MARKET]).partition("/")[2].partition(":")[0]


def _question(text: str, first: str) -> Screen:
    return Screen(f"{first}\n\n{text}" if first else text, ((button("cancel", _CANCEL),),))
