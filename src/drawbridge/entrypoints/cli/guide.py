"""The command `guide`: how to make a key at an exchange, step by step."""

from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.entrypoints.cli.options import Json, settings_for
from drawbridge.entrypoints.cli.output import cells_of, padded, print_json, print_line, print_table
from drawbridge.entrypoints.cli.remote_choice import chosen_remote
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.app.settings import Settings
    from drawbridge.catalogue.card import Card
    from drawbridge.catalogue.guide import Guide, SwitchGroup

_MOST_NAME = 32


def guide(
    exchange: Annotated[
        str, typer.Argument(metavar="EXCHANGE", help=say("cli.guide.exchange"))
    ] = "",
    *,
    purpose: Annotated[
        str, typer.Option("--purpose", metavar="trading|reading", help=say("cli.guide.purpose"))
    ] = "trading",
    markdown: Annotated[bool, typer.Option("--markdown", help=say("cli.guide.markdown"))] = False,
    json: Json = False,
) -> None:
    """Print the guide of an exchange, or without one the list of exchanges."""
    from drawbridge.catalogue.guide import Purpose, build_guide

    if not exchange:
        _list_exchanges(as_json=json)
        return
    if purpose not in set(Purpose):
        raise BadInput("bad_purpose", field="purpose", known=[it.value for it in Purpose])
    card = _get_card(exchange)
    made = build_guide(card, Purpose(purpose), _addresses(card.id))
    if json:
        print_json(_told(made))
    elif markdown:
        from drawbridge.entrypoints.cli.guide_page import guide_page

        print_line(guide_page(made).rstrip())
    else:
        _show(made)


def _addresses(exchange: str) -> tuple[str, ...]:
    """Give the addresses from which the Drawbridge that is meant speaks to an exchange."""
    remote = chosen_remote(None)
    import asyncio

    if remote is None:
        return asyncio.run(_own_addresses(settings_for(None)))
    from drawbridge.entrypoints.cli.remote_place import Elsewhere

    return asyncio.run(Elsewhere(remote).egress_addresses(exchange))


async def _own_addresses(settings: "Settings") -> tuple[str, ...]:
    """Give those of the settings, and in a cluster those of all workers."""
    if not settings.is_cluster:
        return settings.egress_addresses
    from drawbridge.app.build import open_house
    from drawbridge.app.observing.cluster import outgoing_addresses

    async with open_house(settings) as house:
        return await outgoing_addresses(house)


def _get_card(name: str) -> "Card":
    """Give the exchange that is or was called so.

    Raises: `NotFound("unknown_exchange")`, `NotFound("exchange_now")` where one name became
    several.
    """
    from drawbridge.catalogue.registry import find_cards

    cards = find_cards(name)
    if not cards:
        raise NotFound("unknown_exchange", exchange=name[:_MOST_NAME])
    if len(cards) > 1:
        raise NotFound(
            "exchange_now", exchange=name[:_MOST_NAME], now=", ".join(card.id for card in cards)
        )
    return cards[0]


def _list_exchanges(*, as_json: bool) -> None:
    from drawbridge.catalogue.registry import exchange_ids, get_card

    cards = [get_card(name) for name in exchange_ids()]
    if as_json:
        print_json(
            [
                {
                    "id": card.id,
                    "name": card.name,
                    "level": card.level.name.lower(),
                    "status": card.status,
                }
                for card in cards
            ]
        )
        return
    columns = [say(f"cli.guide.column.{name}") for name in ("id", "name", "level", "status")]
    rows = [
        [
            card.id,
            card.name,
            say(f"exchange_level.{card.level.name.lower()}"),
            say(f"exchange_status.{card.status.value}"),
        ]
        for card in cards
    ]
    print_table(columns, rows)


def _show(made: "Guide") -> None:
    for number, step in enumerate(made.steps, 1):
        print_line(f"{number}. {say(step.key, **step.facts)}")
        if step.url:
            print_line(f"   {step.url}")
    for group in made.groups:
        print_line()
        _show_group(group)
    if made.address_list:
        print_line()
        print_line(made.address_list)
        words = "cli.guide.addresses" if made.addresses else "guide.step.addresses_unknown"
        print_line(f"  {say(words)}")
    for address in made.addresses:
        print_line(f"  {address}")
    print_line()
    _show_remarks(made)


def _show_remarks(made: "Guide") -> None:
    for remark in made.remarks:
        print_line(f"- {say(remark.key, **remark.facts)}")
    for told in made.differences:
        print_line(f"- {say('cli.guide.difference', text=say(told.key, **told.facts))}")
    for told in made.doubts:
        print_line(f"- {say('cli.guide.not_established', text=say(told.key))}")


def _show_group(group: "SwitchGroup") -> None:
    from drawbridge.catalogue.guide import Wanted

    if group.name:
        print_line(group.name)
    words = {wanted: say(f"cli.guide.wanted.{wanted.value}") for wanted in Wanted}
    width = max(map(cells_of, words.values()))
    for switch in group.switches:
        print_line(f"  [{padded(words[switch.wanted], width)}] {switch.label}")


def _told(made: "Guide") -> dict[str, object]:
    return {
        "exchange": made.exchange,
        "purpose": made.purpose,
        "steps": [{"text": say(it.key, **it.facts), "url": it.url} for it in made.steps],
        "switches": [
            {
                "group": group.name,
                "label": switch.label,
                "api": switch.api,
                "wanted": switch.wanted,
                "need": switch.need,
                "scopes": switch.scopes,
            }
            for group in made.groups
            for switch in group.switches
        ],
        "addresses": made.addresses,
        "remarks": [{"text": say(it.key, **it.facts), "tone": it.tone} for it in made.remarks],
        "differences": [say(it.key, **it.facts) for it in made.differences],
        "not_established": [say(it.key) for it in made.doubts],
    }
