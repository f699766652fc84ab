"""Stopping in a hurry from the chat: a key that may have leaked, all keys of an exchange, or all.

It asks for no code, as the page does not: what is stopped here can be switched on again.
"""

from typing import Final

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.catalogue.guide import ending_steps
from drawbridge.catalogue.registry import get_card
from drawbridge.entrypoints.telegram.screens import Go, Rows, Screen, back_to, listed, named
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.rotation.leak import LeakReport
from drawbridge.rotation.leak_words import found_words, gap_words, what_of
from drawbridge.vault.lots import Lot
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.wording.formats import moment
from drawbridge.wording.say import say

_CANCEL: Final = "cancel"
_ALL: Final = "all"
_MOST_DEEDS: Final = 10
_AT_REST: Final = frozenset({KeyStatus.DISABLED, KeyStatus.REFUSED})


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="panic")
    router.callback_query.register(ask_leak, Go.filter(F.to == "leak"))
    router.callback_query.register(stop_key, Go.filter(F.to == "leak_now"))
    router.callback_query.register(show_report, Go.filter(F.to == "leak_report"))
    router.callback_query.register(choose, Go.filter(F.to == "panic"))
    router.callback_query.register(ask_lot, Go.filter(F.to == "panic_lot"))
    router.callback_query.register(stop_lot, Go.filter(F.to == "panic_now"))
    return router


async def ask_leak(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Say what stopping a key means, and ask for the press that does it."""
    key = await visit.house.vault.get_key(visit.account, callback_data.what)
    text = f"{say('leak.title', label=key.label)}\n\n{say('leak.stop_lead')}"
    rows = (*_presses("leak_now", key.id), back_to("key", key.id))
    await visit.show(Screen(text, rows))


async def stop_key(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Stop all use of a key, and say what to do next."""
    cancel = callback_data.how == _CANCEL
    key = await visit.house.panic.stop_key(visit.account, callback_data.what, cancel=cancel)
    rows = (
        (named(say("leak.report_title"), "leak_report", key.id),),
        back_to("key", key.id),
    )
    await visit.show(Screen("\n\n".join(_onward(visit, key)), rows))


async def show_report(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Show what did not go through us; the page has all of it."""
    key = await visit.house.vault.get_key(visit.account, callback_data.what)
    report = await visit.house.leaks.find(visit.account, key.id)
    lines = [f"{say('leak.report_title')}: {key.label}", ""]
    lines += [say("leak.nothing_asked")] if report is None else _told(report)
    again = (named(f"🔄 {say('leak.look_again')}", "leak_report", key.id),)
    await visit.show(Screen("\n".join(lines), (again, back_to("key", key.id))))


async def choose(_query: CallbackQuery, visit: Visit) -> None:
    """Ask which keys are to be stopped."""
    keys = await visit.house.vault.list_keys(visit.account)
    used = [key for key in keys if key.status not in _AT_REST]
    names = {key.exchange: get_card(key.exchange).name for key in used}
    buttons = [named(say("panic.all"), "panic_lot", _ALL)] if used else []
    buttons += [
        named(say("panic.exchange", exchange=name), "panic_lot", exchange)
        for exchange, name in sorted(names.items(), key=lambda it: it[1])
    ]
    buttons += [named(say("panic.one_key", label=key.label), "leak", key.id) for key in used]
    lead = say("panic.lead") if used else say("panic.nothing")
    text, rows = listed(buttons, f"{say('panic.title')}\n\n{lead}")
    await visit.show(Screen(text, (*rows, back_to("stop_all"))))


async def ask_lot(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask for the press that stops many keys."""
    wanted = callback_data.what
    name = say("panic.all") if wanted == _ALL else _of_exchange(wanted)
    rows = (*_presses("panic_now", wanted), back_to("panic"))
    await visit.show(Screen(f"{name}\n\n{say('leak.stop_lead')}", rows))


async def stop_lot(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Stop the use of many keys."""
    wanted = callback_data.what
    lot = Lot(visit.account, "" if wanted == _ALL else wanted)
    cancel = callback_data.how == _CANCEL
    stopped = await visit.house.panic.stop_lot(lot, cancel=cancel, by=visit.owner.name)
    buttons = [named(key.label, "key", key.id) for key in stopped]
    lead = say("done.keys_stopped") if stopped else say("panic.nothing")
    text, rows = listed(buttons, f"{lead}\n\n{say('panic.stopped_lead')}")
    await visit.show(Screen(text, (*rows, back_to("keys"))))


def _presses(to: str, what: str) -> Rows:
    return (
        (named(f"🚨 {say('panic.stop')}", to, what),),
        (named(f"🚨 {say('panic.stop_and_cancel')}", to, what, _CANCEL),),
    )


def _onward(visit: Visit, key: KeyRecord) -> list[str]:
    """Say what has just happened, and what is to be done at the exchange and here."""
    card = get_card(key.exchange)
    steps = [
        f"{number}. {say(step.key, **step.facts)} {step.url}".rstrip()
        for number, step in enumerate(ending_steps(card), 1)
    ]
    address = f"{visit.house.settings.public_address}/keys/{key.id}/leak"
    return [
        f"🛑 {say('done.key_stopped')}",
        say("leak.delete_at", exchange=card.name),
        "\n".join(steps),
        f"{say('leak.replace_lead')} {address}",
    ]


def _told(report: LeakReport) -> list[str]:
    shown = [
        f"• {moment(it.at_ms)}: {what_of(it)}, {say(f'side.{it.side}')} {it.quantity} {it.symbol}"
        for it in report.foreign[:_MOST_DEEDS]
    ]
    gaps = [f"• {gap_words(gap)}" for gap in report.inquiry.answer.gaps]
    return [found_words(report), "", *shown, *gaps]


def _of_exchange(exchange: str) -> str:
    return say("panic.exchange", exchange=get_card(exchange).name)
