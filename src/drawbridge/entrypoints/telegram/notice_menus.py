"""Notices: whether they come to this chat, and when the daily summary does."""

from typing import Final

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.entrypoints.telegram.screens import (
    Go,
    Screen,
    back_to,
    button,
    in_rows,
    named,
)
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.notices.model import Channel
from drawbridge.wording.say import say

_HOURS: Final = (6, 8, 12, 18, 20, 22)


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="notices")
    router.callback_query.register(show_notices, Go.filter(F.to == "notices"))
    router.callback_query.register(switch, Go.filter(F.to == "notices_here"))
    router.callback_query.register(set_summary, Go.filter(F.to == "summary"))
    return router


async def show_notices(_query: CallbackQuery, visit: Visit) -> None:
    """Show where notices go, and when the summary comes."""
    await _show(visit)


async def switch(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Send notices to this chat, or none by Telegram."""
    is_on = callback_data.what == "on"
    place = str(visit.chat) if is_on else ""
    await visit.house.notices.set_way(visit.owner.id, Channel.TELEGRAM, place, is_on=is_on)
    await _show(visit)


async def set_summary(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Choose the hour of the summary; none for never."""
    at = f"{callback_data.what}:00" if callback_data.what else ""
    await visit.house.notices.set_summary(visit.owner.id, at)
    await _show(visit)


async def _show(visit: Visit) -> None:
    notices, owner = visit.house.notices, visit.owner.id
    way = (await notices.list_ways(owner))[Channel.TELEGRAM]
    is_here = way.is_on and way.place == str(visit.chat)
    at = await notices.summary_at(owner)
    lines = [
        say("telegram.notices.here" if is_here else "telegram.notices.not_here"),
        say("cli.notice.summary_at", at=at) if at else say("notices.no_summary"),
    ]
    turn = button("notices_off", "notices_here", "off") if is_here else None
    hours = [named(f"{hour:02}:00", "summary", f"{hour:02}") for hour in _HOURS]
    rows = (
        (turn or button("notices_on", "notices_here", "on"),),
        *in_rows(hours, 3),
        (button("no_summary", "summary"),),
        back_to("settings"),
    )
    await visit.show(Screen("\n\n".join(lines), rows))
