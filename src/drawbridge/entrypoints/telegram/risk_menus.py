"""The stop for everything, from the main menu: at once, and again let go."""

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.entrypoints.telegram.main_menu import main_menu
from drawbridge.entrypoints.telegram.screens import Go, Screen, button, home_row, named
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.wording.say import say

_CANCEL = "cancel"


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="risk")
    router.callback_query.register(ask_stop, Go.filter(F.to == "stop_all"))
    router.callback_query.register(stop, Go.filter(F.to == "stop_now"))
    router.callback_query.register(resume, Go.filter(F.to == "resume_all"))
    return router


async def ask_stop(_query: CallbackQuery, visit: Visit) -> None:
    """Say what a stop does, and ask for the press that does it."""
    rows = (
        (button("stop_all", "stop_now"),),
        (button("stop_and_cancel", "stop_now", _CANCEL),),
        (named(f"🚨 {say('panic.title')}", "panic"),),
        home_row(),
    )
    await visit.show(Screen(f"{say('risk.stop_title')}\n\n{say('risk.stop_lead')}", rows))


async def stop(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Keep everything from entering, at once."""
    owner, cancel = visit.account, callback_data.what == _CANCEL
    await visit.house.limits.stop(owner, of=owner, cancel=cancel)
    await visit.show(main_menu(visit, say("done.stopped_all")))


async def resume(_query: CallbackQuery, visit: Visit) -> None:
    """Let trading go on."""
    await visit.house.limits.resume(visit.account, of=visit.account)
    await visit.show(main_menu(visit, say("done.resumed_all")))
