"""My exchange API keys: the list, one key, its check, switching off and on, deleting."""

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.catalogue.registry import get_card
from drawbridge.entrypoints.telegram.dialogs import FOR, KEY, ask_code
from drawbridge.entrypoints.telegram.key_views import key_screen, mark_of
from drawbridge.entrypoints.telegram.key_watch import watch
from drawbridge.entrypoints.telegram.screens import Go, Screen, back_to, button, listed, named
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.vault.lives import LifeWish
from drawbridge.wording.say import say


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="keys")
    router.callback_query.register(show_keys, Go.filter(F.to == "keys"))
    router.callback_query.register(show_key, Go.filter(F.to == "key"))
    router.callback_query.register(verify, Go.filter(F.to == "verify"))
    router.callback_query.register(watch_trades, Go.filter(F.to == "watch"))
    router.callback_query.register(disable, Go.filter(F.to == "disable"))
    router.callback_query.register(enable, Go.filter(F.to == "enable"))
    router.callback_query.register(confirm_delete, Go.filter(F.to == "delete"))
    router.callback_query.register(delete, Go.filter(F.to == "delete_now"))
    return router


async def show_keys(_query: CallbackQuery, visit: Visit) -> None:
    """List the person's keys."""
    keys = await visit.house.vault.list_keys(visit.account)
    buttons = [named(f"{mark_of(key)} {key.label}", "key", key.id) for key in keys]
    lead, rows = listed(buttons, say("keys.lead") if keys else say("keys.none_lead"))
    onward = ((button("add_key", "add"),), back_to("settings"))
    await visit.show(Screen(f"{say('keys.title')}\n\n{lead}", (*rows, *onward)))


async def show_key(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Show one key."""
    await show(visit, callback_data.what)


async def verify(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask for a check and show its steps as they happen."""
    key = await visit.house.vault.get_key(visit.account, callback_data.what)
    await visit.house.vault.request_check(visit.account, key.id, proof=key.check_proof)
    await watch(visit, key.id)


async def watch_trades(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Switch the alarm at trades from elsewhere on or off."""
    wish = LifeWish(watched=callback_data.how == "on")
    key = await visit.house.lives.change(visit.account, callback_data.what, wish)
    await show(visit, key.id, say("done.key_life_saved"))


async def disable(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Switch a key off."""
    key = await visit.house.vault.disable(visit.account, callback_data.what)
    await show(visit, key.id, say("done.key_disabled"))


async def enable(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask for a code before a key is switched on."""
    key = await visit.house.vault.get_key(visit.account, callback_data.what)
    await visit.show(await ask_code(visit, {FOR: "enable", KEY: key.id}))


async def confirm_delete(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask before a key is deleted, and tell who still needs it."""
    key = await visit.house.vault.get_key(visit.account, callback_data.what)
    robots = await visit.house.robots.robots_of_key(visit.account, key.id)
    lead = say("keys.delete_lead", exchange=get_card(key.exchange).name)
    text = f"{say('keys.delete_title', label=key.label)}\n\n{lead}"
    if robots:
        names = "\n".join(f"• {robot.name}" for robot in robots)
        text = f"{text}\n\n{say('keys.used_by')}\n{names}"
    rows = ((button("do_delete", "delete_now", key.id),), back_to("key", key.id))
    await visit.show(Screen(text, rows))


async def delete(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask for a code before a key is deleted."""
    key = await visit.house.vault.get_key(visit.account, callback_data.what)
    await visit.show(await ask_code(visit, {FOR: "delete", KEY: key.id}))


async def show(visit: Visit, key_id: str, first: str = "") -> None:
    """Show a key as it stands now."""
    key = await visit.house.vault.get_key(visit.account, key_id)
    check = await visit.house.checks.find_latest(key.id)
    await visit.show(key_screen(key, check, first))
