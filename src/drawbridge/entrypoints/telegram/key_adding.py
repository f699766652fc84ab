"""Adding a key: the exchange, where, and then by a page that opens once, or typed here."""

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from drawbridge.app.observing.cluster import outgoing_addresses
from drawbridge.catalogue.card import Card
from drawbridge.catalogue.guide import Purpose, Wanted, build_guide
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.errors import Conflict, DrawbridgeError
from drawbridge.core.secret import Secret, masked
from drawbridge.entrypoints.telegram.dialogs import (
    AT,
    EXCHANGE,
    FOR,
    VENUE,
    Asking,
    ask_code,
    ask_part,
    part_question,
    parts_of,
)
from drawbridge.entrypoints.telegram.key_watch import watch
from drawbridge.entrypoints.telegram.screens import Go, Screen, back_to, button, in_rows, named
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.vault.model import Venue, read_venue
from drawbridge.wording.say import say, say_error


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="adding")
    router.callback_query.register(choose_exchange, Go.filter(F.to == "add"))
    router.callback_query.register(choose_venue, Go.filter(F.to == "venue"))
    router.callback_query.register(choose_way, Go.filter(F.to == "way"))
    router.callback_query.register(open_page, Go.filter(F.to == "page"))
    router.callback_query.register(begin_typing, Go.filter(F.to == "type"))
    router.message.register(take_part, Asking.part)
    return router


async def choose_exchange(_query: CallbackQuery, visit: Visit) -> None:
    """Show the exchanges whose keys can be added."""
    cards = [card for card in map(get_card, exchange_ids()) if _takes_keys(card)]
    buttons = [named(card.name, "venue", card.id) for card in cards]
    rows = (*in_rows(buttons, 2), back_to("keys"))
    await visit.show(Screen(f"{say('keys.choose_title')}\n\n{say('keys.choose_lead')}", rows))


async def choose_venue(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask whether the key is a live one or one of the paper exchange."""
    card = get_card(callback_data.what)
    if card.level < Level.PAPERED:
        await visit.show(await _ways(visit, card, Venue.LIVE))
        return
    venues = tuple(
        named(say(f"venue.{venue.value}"), "way", card.id, venue.value)
        for venue in (Venue.PAPER, Venue.LIVE)
    )
    lines = [
        say("keys.new_title", exchange=card.name),
        say("keys.new_lead_paper", exchange=card.name),
        say("keys.new_lead_live", exchange=card.name),
    ]
    await visit.show(Screen("\n\n".join(lines), (venues, back_to("add"))))


async def choose_way(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Offer the page first, and typing it here as the other way."""
    card, venue = get_card(callback_data.what), read_venue(callback_data.how)
    await visit.show(await _ways(visit, card, venue))


async def open_page(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Give the address of a page that opens once."""
    card, venue = get_card(callback_data.what), read_venue(callback_data.how)
    given = await visit.house.passes.draw(visit.account, card.id, venue.value)
    settings = visit.house.settings
    lines = [say("telegram.add.page", exchange=card.name)]
    if not settings.names:
        lines.append(say("telegram.add.only_here"))
    # On a line of its own and not within a sentence: nothing invisible may be copied with it.
    lines.append(f"{settings.public_address}/add/{given.reveal()}")
    await visit.show(Screen("\n\n".join(lines), (back_to("keys"),)))


async def begin_typing(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Begin with the authenticator's code, so that no secret is typed in vain."""
    card, venue = get_card(callback_data.what), read_venue(callback_data.how)
    if not visit.owner.second_factor:
        raise Conflict("second_factor_not_set")
    about = {FOR: "add", EXCHANGE: card.id, VENUE: venue.value}
    await visit.show(await ask_code(visit, about))


async def take_part(message: Message, visit: Visit) -> None:
    """Take a part of a key: off the chat first, then into memory."""
    gone = await visit.remove(message.message_id)
    about = await visit.state.get_data()
    card, at = get_card(about[EXCHANGE]), int(about[AT])
    parts = parts_of(card)
    text = message.text or ""
    told = say("telegram.add.deleted" if gone else "telegram.add.not_deleted")
    if not text:
        first = f"{say('telegram.add.as_text')} {told}"
        await visit.send(part_question(card, at, first))
        return
    if visit.desk.held.names(visit.chat) != {part.field for part in parts[:at]}:
        # The bot was started anew in between, and keeps nothing that was typed.
        visit.desk.held.drop(visit.chat)
        screen = await ask_part(visit, card.id, about[VENUE])
        await visit.send(
            Screen(f"{told} {say('telegram.add.forgotten')}\n\n{screen.text}", screen.rows)
        )
        return
    visit.desk.held.put(visit.chat, parts[at].field, Secret(text))
    shown = say("telegram.add.taken", label=parts[at].label, masked=_masked(text))
    first = f"{shown} {told}"
    if at + 1 < len(parts):
        screen = await ask_part(visit, card.id, about[VENUE], at + 1)
        await visit.send(Screen(f"{first}\n\n{screen.text}", screen.rows))
    else:
        await _add(visit, card, about[VENUE], first)


async def _add(visit: Visit, card: Card, venue: str, first: str) -> None:
    """Seal what was typed and show the check; ask anew for what was wrong."""
    texts = {name: part.reveal() for name, part in visit.desk.held.take(visit.chat).items()}
    try:
        added = await visit.house.vault.add(visit.account, card.id, venue, texts)
    except DrawbridgeError as error:
        told = f"{first}\n\n{say_error(error)}"
        if error.facts.get("field") not in texts or isinstance(error, Conflict):
            await visit.leave_dialog()
            await visit.send(Screen(told, (back_to("keys"),)))
            return
        screen = await ask_part(visit, card.id, venue)
        await visit.send(Screen(f"{told}\n\n{screen.text}", screen.rows))
        return
    finally:
        texts.clear()
    await visit.leave_dialog()
    await watch(visit, added.key.id, f"{first}\n{say('telegram.add.sealed')}")


async def _ways(visit: Visit, card: Card, venue: Venue) -> Screen:
    addresses = await outgoing_addresses(visit.house) if venue is Venue.LIVE else ()
    guide = build_guide(card, Purpose.TRADING, addresses)
    switches = [
        f"{'✅' if switch.wanted is Wanted.ON else '❌'} {switch.label}"
        for group in guide.groups
        for switch in group.switches
        if switch.wanted is not Wanted.EITHER
    ]
    lines = [
        f"{say('keys.new_title', exchange=card.name)} ({say(f'venue.{venue.value}')})",
        say("telegram.add.switches") + "\n" + "\n".join(switches) if switches else "",
        f"{say('guide.ip_list')}: {', '.join(guide.addresses)}" if guide.addresses else "",
        say("telegram.add.ways"),
    ]
    rows = (
        (button("page", "page", card.id, venue.value),),
        (button("type", "type", card.id, venue.value),),
        back_to("add"),
    )
    return Screen("\n\n".join(line for line in lines if line), rows)


def _takes_keys(card: Card) -> bool:
    return card.takes_keys and not card.unacceptable and card.level >= Level.TRADED


def _masked(text: str) -> str:
    """Show what was typed by its ends; what has several lines begins and ends like any other."""
    return masked("" if "\n" in text.strip() else text.strip())
