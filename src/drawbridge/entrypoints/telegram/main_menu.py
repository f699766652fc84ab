"""The main menu, the words that always work, and whatever else is written."""

import re
from typing import Final

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from drawbridge.accounts.acting import acting_as
from drawbridge.accounts.roles import Act, may
from drawbridge.accounts.telegram_talks import TelegramTalks
from drawbridge.entrypoints.telegram.screens import MAIN, Go, Rows, Screen, button, named
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.storage.acting import as_house
from drawbridge.wording.say import say

# A long run of letters and digits without a blank, as exchanges make them; or a key in a file.
_LOOKS_SECRET: Final = re.compile(
    r"(?=\S*[0-9])(?=\S*[A-Za-z])[A-Za-z0-9+/=_-]{24,}|-----BEGIN [A-Z ]*PRIVATE KEY"
)


def main_menu(visit: Visit, first: str = "") -> Screen:
    """Draw the main menu, under a sentence of what has just happened."""
    # The same whatever it was asked for: of the account that this person is shown.
    with acting_as(visit.owner, Act.LOOK):
        is_stopped = visit.house.limits.is_stopped(visit.account)
        waiting = visit.house.approvals.count_open(visit.account)
    band = f"🛑 {say('risk.band')}" if is_stopped else ""
    parts = [first, band, say("telegram.main.lead", name=visit.owner.name)]
    return Screen(
        "\n\n".join(part for part in parts if part), _rows(visit, waiting, is_stopped=is_stopped)
    )


def _rows(visit: Visit, waiting: int, *, is_stopped: bool) -> Rows:
    """Give the buttons of what this person may do; what waits for an answer stands in front."""
    role, settings = visit.owner.role, button("settings", "settings")
    if not may(role, Act.LOOK):
        return ((named(say("people.title"), "people"),), (settings,))
    asks = named(f"🙋 {say('approval.waiting', count=waiting)}", "approvals")
    halt = button("resume_all", "resume_all") if is_stopped else button("stop_all", "stop_all")
    rows = (
        (asks,) if waiting else (),
        (button("robots", "robots"), button("signals", "signals")),
        (button("portfolio", "portfolio"), settings),
        (halt,) if may(role, Act.CHANGE) else (),
    )
    return tuple(row for row in rows if row)


def looks_secret(text: str) -> bool:
    """Tell whether a text looks like a key or a secret."""
    return any(_LOOKS_SECRET.match(word) for word in text.split()) or bool(
        _LOOKS_SECRET.search(text) and "PRIVATE KEY" in text
    )


def routes(talks: TelegramTalks) -> tuple[Router, Router]:
    """Give what comes before all other handlers, and what comes after them."""
    first, last = Router(name="words"), Router(name="otherwise")

    @first.message(Command("start", "menu"))
    async def show_main(_message: Message, visit: Visit) -> None:
        await visit.leave_dialog()
        await visit.send(main_menu(visit))

    @first.message(Command("cancel"))
    async def cancel(_message: Message, visit: Visit) -> None:
        was = await visit.state.get_state()
        await visit.leave_dialog()
        await visit.send(main_menu(visit, say("telegram.cancelled") if was else ""))

    @first.callback_query(Go.filter(F.to == MAIN))
    async def go_main(_query: CallbackQuery, visit: Visit) -> None:
        await visit.show(main_menu(visit))

    @last.message()
    async def otherwise(message: Message, visit: Visit) -> None:
        with as_house():
            is_late = await talks.take_late(visit.chat)
        told = say("telegram.too_late") if is_late else ""
        if looks_secret(message.text or message.caption or ""):
            gone = await visit.remove(message.message_id)
            told = say("telegram.stray_secret" if gone else "telegram.stray_secret_stays")
        await visit.send(main_menu(visit, told))

    @last.callback_query()
    async def unknown_button(_query: CallbackQuery, visit: Visit) -> None:
        # Of a message that an earlier version has sent.
        await visit.show(main_menu(visit))

    return first, last
