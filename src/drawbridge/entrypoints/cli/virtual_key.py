"""Commands about virtual keys: make, list, show, narrow, revoke, test."""

from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, Owner, Yes
from drawbridge.entrypoints.cli.output import print_json, print_line, print_table
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.app.build import House
    from drawbridge.entrypoints.cli.house import Place

app = typer.Typer(help=say("cli.virtual_key.help"), no_args_is_help=True)

VirtualName = Annotated[
    str, typer.Argument(metavar="VIRTUAL_KEY", help=say("cli.virtual_key.argument"))
]
May = Annotated[
    str,
    typer.Option("--may", metavar="RIGHTS", help=say("cli.virtual_key.may"), show_default=False),
]
PairsTold = Annotated[
    list[str] | None, typer.Option("--pair", metavar="PAIR", help=say("cli.virtual_key.pair"))
]
Side = Annotated[str, typer.Option("--side", metavar="buy|sell", help=say("cli.virtual_key.side"))]
Type = Annotated[
    str, typer.Option("--type", metavar="limit|market", help=say("cli.virtual_key.type"))
]
Largest = Annotated[
    str,
    typer.Option("--largest-order", metavar="AMOUNT", help=say("cli.virtual_key.largest_order")),
]
Open = Annotated[str, typer.Option("--open", metavar="AMOUNT", help=say("cli.virtual_key.open"))]
Turnover = Annotated[
    str, typer.Option("--turnover", metavar="AMOUNT", help=say("cli.virtual_key.turnover"))
]
CollarTold = Annotated[
    str, typer.Option("--collar", metavar="PERCENT", help=say("cli.virtual_key.collar"))
]
Address = Annotated[
    list[str] | None,
    typer.Option("--address", metavar="ADDRESS", help=say("cli.virtual_key.address")),
]
Days = Annotated[str, typer.Option("--days", metavar="DAYS", help=say("cli.virtual_key.days"))]
HoursTold = Annotated[
    str, typer.Option("--hours", metavar="SPAN", help=say("cli.virtual_key.hours"))
]
Lives = Annotated[str, typer.Option("--lives", metavar="SPAN", help=say("cli.virtual_key.lives"))]
RateTold = Annotated[str, typer.Option("--rate", metavar="N", help=say("cli.virtual_key.rate"))]

_COLUMNS = ("name", "exchange", "key", "state", "used", "ends", "id")


@app.command(help=say("cli.virtual_key.make.help"))
def make(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help=say("cli.virtual_key.make.key"))],
    *,
    name: Annotated[str, typer.Option("--name", help=say("cli.virtual_key.make.name"))] = "",
    may: May = "read",
    pair: PairsTold = None,
    side: Side = "",
    order_type: Type = "",
    largest_order: Largest = "",
    open_at_once: Open = "",
    turnover: Turnover = "",
    collar: CollarTold = "",
    address: Address = None,
    days: Days = "",
    hours: HoursTold = "",
    lives: Lives = "",
    rate: RateTold = "",
    recipe: Annotated[
        str, typer.Option("--recipe", metavar="PROGRAM", help=say("cli.virtual_key.make.recipe"))
    ] = "",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a virtual key and show it with its recipes, this one time."""
    from drawbridge.entrypoints.cli.house import in_place, key_named, owner_of
    from drawbridge.entrypoints.cli.virtual_key_words import (
        asked_code,
        bot_address,
        check_recipe,
        print_made,
        wish_from,
    )

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        real = await key_named(place, person, key)
        wish = wish_from(context.params, place.clock.now_ms())
        check_recipe(real.exchange, recipe.strip())
        code = await asked_code(place, person)
        made = await place.virtual_keys.make(person, real.id, wish, name, code)
        print_made(made, bot_address(place, made.virtual), recipe.strip(), as_json=json)

    in_place(data, work)


@app.command("list", help=say("cli.virtual_key.list.help"))
def list_virtual_keys(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """List the virtual keys, also revoked ones."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.entrypoints.cli.virtual_key_words import row_of, told

    async def work(place: "Place") -> None:
        found = await place.virtual_keys.list_virtual_keys(await owner_of(place, owner))
        now_ms = place.clock.now_ms()
        if json:
            print_json([told(it.virtual, it.used_ms) for it in found])
        elif not found:
            print_line(say("cli.virtual_key.none"))
        else:
            columns = [say(f"cli.virtual_key.column.{name}") for name in _COLUMNS]
            print_table(columns, [row_of(it, now_ms) for it in found])

    in_place(data, work)


@app.command(help=say("cli.virtual_key.show.help"))
def show(
    virtual_key: VirtualName, *, owner: Owner = "", data: Data = None, json: Json = False
) -> None:
    """Show what a virtual key is held to, and how it was used."""
    from drawbridge.core.clock import DAY_MS
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.entrypoints.cli.virtual_key_words import counted, print_shown, told

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await place.virtual_keys.find(person, virtual_key)
        since_ms = place.clock.now_ms() - DAY_MS
        uses = await place.virtual_keys.uses(person, found.id, since_ms)
        if json:
            last_ms = max((it.last_ms for it in uses), default=None)
            print_json({**told(found, last_ms), "uses": counted(uses)})
        else:
            print_shown(found, counted(uses), place.clock.now_ms())

    in_place(data, work)


@app.command(help=say("cli.virtual_key.narrow.help"))
def narrow(
    context: typer.Context,
    virtual_key: VirtualName,
    *,
    may: May = "",
    pair: PairsTold = None,
    side: Side = "",
    order_type: Type = "",
    largest_order: Largest = "",
    open_at_once: Open = "",
    turnover: Turnover = "",
    collar: CollarTold = "",
    address: Address = None,
    days: Days = "",
    hours: HoursTold = "",
    lives: Lives = "",
    rate: RateTold = "",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Hold a virtual key to more than before, at once."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.entrypoints.cli.virtual_key_words import told, wish_from

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await place.virtual_keys.find(person, virtual_key)
        wish = wish_from(context.params, place.clock.now_ms())
        narrowed = await place.virtual_keys.narrow(person, found.id, wish)
        if json:
            print_json(told(narrowed, None))
        else:
            print_line(say("cli.virtual_key.narrow.done", name=narrowed.label))

    in_place(data, work)


@app.command(help=say("cli.virtual_key.revoke.help"))
def revoke(
    virtual_key: VirtualName,
    *,
    yes: Yes = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """End a virtual key for good."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.entrypoints.cli.typing_in import confirm
    from drawbridge.entrypoints.cli.virtual_key_words import told

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await place.virtual_keys.find(person, virtual_key)
        confirm(say("cli.virtual_key.revoke.confirm", name=found.label), yes=yes)
        revoked = await place.virtual_keys.revoke(person, found.id)
        if json:
            print_json(told(revoked, None))
        else:
            print_line(say("cli.virtual_key.revoke.done", name=revoked.label))

    in_place(data, work)


@app.command("test", help=say("cli.virtual_key.test.help"))
def try_out(
    virtual_key: VirtualName, *, owner: Owner = "", data: Data = None, json: Json = False
) -> None:
    """Read the balances with a virtual key, the way its bot does."""
    from drawbridge.app.round_trip import round_trip
    from drawbridge.catalogue.registry import check_fields, get_card
    from drawbridge.entrypoints.cli.house import in_house, owner_of
    from drawbridge.entrypoints.cli.typing_in import read_fields

    async def work(house: "House") -> None:
        found = await house.virtual_keys.find(await owner_of(house, owner), virtual_key)
        card = get_card(found.exchange)
        fields = check_fields(card, read_fields(card)).secrets
        began_ms = house.clock.now_ms()
        balances = await round_trip(house.settings, found, fields, house.clock)
        took_ms = house.clock.now_ms() - began_ms
        held = sorted(it.currency for it in balances if it.total)
        if json:
            print_json({"id": found.id, "took_ms": took_ms, "currencies": held})
        else:
            about = {"name": found.label, "took_ms": took_ms, "count": len(held)}
            print_line(say("cli.virtual_key.test.done", **about))

    in_house(data, work)
