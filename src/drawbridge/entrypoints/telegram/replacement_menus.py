"""Replacing a key, as the chat shows it: how far it is, and what can be pressed.

The new key itself is entered on the page, beside its guide; no secret is typed here for it.
"""

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.catalogue.guide import ending_steps
from drawbridge.catalogue.registry import get_card
from drawbridge.core.secret import masked
from drawbridge.entrypoints.telegram.screens import Go, Screen, back_to, button, named
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.rotation.replacement import ReplacementState, read_act
from drawbridge.rotation.replacements import Told
from drawbridge.wording.say import say, say_reason


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="replacing")
    router.callback_query.register(show, Go.filter(F.to == "replacement"))
    router.callback_query.register(do, Go.filter(F.to == "replacement_do"))
    return router


async def show(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Show how far the replacement of a key is, and where a new key is entered."""
    await _show(visit, callback_data.what)


async def do(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Do what was pressed."""
    act = read_act(callback_data.how)
    await visit.house.replacements.do(visit.account, callback_data.what, act)
    await _show(visit, callback_data.what)


async def _show(visit: Visit, key_id: str) -> None:
    key = await visit.house.vault.get_key(visit.account, key_id)
    told = await visit.house.replacements.find(visit.account, key.id)
    lines = [say("replacing.title", label=key.label), say("replacing.lead")]
    acts: list[tuple[str, str]] = []
    if told is not None:
        lines += _told(told)
        acts = [(act.value, say(f"replacing.act.{act.value}")) for act in told.replacement.acts]
    if told is None or not told.replacement.is_open or told.replacement.takes_entry:
        address = f"{visit.house.settings.public_address}/keys/{key.id}/replace"
        # On a line of its own: nothing invisible may be copied with it.
        lines += [say("replacing.on_page"), address]
    rows = tuple((named(words, "replacement_do", key.id, act),) for act, words in acts)
    look = (button("look", "replacement", key.id),)
    await visit.show(Screen("\n\n".join(lines), (*rows, look, back_to("key", key.id))))


def _told(told: Told) -> list[str]:
    it = told.replacement
    lines = [say(f"replacing.state.{it.state.value}")]
    if it.reason:
        lines.append(say_reason(it.reason, it.facts))
    if it.proof:
        lines.append(say(f"replacing.proof.{it.proof.value}"))
    if it.state is ReplacementState.RETIRING:
        steps = ending_steps(get_card(told.key.exchange))
        lines += [
            f"{number}. {say(step.key, **step.facts)} {step.url}".rstrip()
            for number, step in enumerate(steps, 1)
        ]
        if told.stand_in is not None:
            lines.append(say("replacing.old_key", key=masked(told.stand_in.public_key)))
    return lines
