"""Settings: the way to the keys, the language, and an end to the link."""

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from drawbridge.accounts.roles import Act, may
from drawbridge.app.telegram_notices import end_notices
from drawbridge.entrypoints.telegram.dialogs import LANGUAGES as LIST
from drawbridge.entrypoints.telegram.dialogs import SPEAK, asked_again
from drawbridge.entrypoints.telegram.licence_menus import LICENCE
from drawbridge.entrypoints.telegram.screens import (
    Go,
    Screen,
    back_to,
    button,
    home_row,
    in_rows,
    named,
)
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.wording.language import LANGUAGES, speaking, spoken
from drawbridge.wording.say import say


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="settings")
    router.callback_query.register(show_settings, Go.filter(F.to == "settings"))
    router.callback_query.register(show_languages, Go.filter(F.to == LIST))
    router.message.register(send_languages, Command("language"))
    router.callback_query.register(speak, Go.filter(F.to == SPEAK))
    router.callback_query.register(ask_unlink, Go.filter(F.to == "unlink"))
    router.callback_query.register(unlink, Go.filter(F.to == "unlink_now"))
    return router


def settings_menu(*, licensed: bool = False, kept: str = "") -> Screen:
    """Draw the settings; `licensed` where an operator asks for licences, `kept` of backups."""
    licence = ((named(say("nav.licence"), LICENCE),),) if licensed else ()
    rows = (
        (button("keys", "keys"),),
        (named(say("virtual_keys.title"), "virtual_keys"),),
        (button("notices", "notices"), button("language", LIST)),
        *licence,
        (named(say("people.title"), "people"),),
        (button("unlink", "unlink"),),
        home_row(),
    )
    lead = say("telegram.settings.lead")
    return Screen(f"{lead}\n\n{kept}" if kept else lead, rows)


async def show_settings(_query: CallbackQuery, visit: Visit) -> None:
    """Show the settings."""
    await visit.show(await _menu(visit))


async def show_languages(_query: CallbackQuery, visit: Visit) -> None:
    """Show the languages to choose from."""
    await visit.show(_languages())


async def send_languages(_message: Message, visit: Visit) -> None:
    """Show the languages, also in the middle of a dialog."""
    await visit.send(_languages())


async def speak(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Speak another language from now on, here and on the pages; go on where the dialog was."""
    await visit.house.languages.choose(visit.owner.id, callback_data.what)
    with speaking(callback_data.what):
        again = await asked_again(visit)
        await visit.show(await _menu(visit) if again is None else again)


async def ask_unlink(_query: CallbackQuery, visit: Visit) -> None:
    """Ask before the link is ended."""
    rows = ((button("do_unlink", "unlink_now"),), back_to("settings"))
    await visit.show(Screen(say("telegram.unlink.lead"), rows))


async def unlink(_query: CallbackQuery, visit: Visit) -> None:
    """End the link."""
    await visit.house.telegram.unlink(visit.owner.id)
    await end_notices(visit.house.notices, visit.owner.id, visit.chat)
    await visit.show(Screen(say("telegram.unlinked")))


async def _menu(visit: Visit) -> Screen:
    kept = ""
    if may(visit.owner.role, Act.VAULT):
        # Told and no more: a backup holds everything, and no chat is the place for it.
        last = (await visit.house.safe_keeping.read_kept()).last
        kept = say("backups.last", at_ms=last.made_ms) if last else say("attention.no_backup")
    return settings_menu(licensed=visit.house.licences.is_asked, kept=kept)


def _languages() -> Screen:
    now = spoken().tag
    buttons = [
        named(f"✔ {it.name}" if it.tag == now else it.name, SPEAK, it.tag)
        for it in LANGUAGES.values()
    ]
    return Screen(say("telegram.languages.lead"), (*in_rows(buttons, 2), back_to("settings")))
