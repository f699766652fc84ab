"""Commands about exchange keys: add, list, show, stats, verify, disable, enable, delete."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import (
    Data,
    Json,
    KeyName,
    NoWait,
    Owner,
    Proving,
    RiskFree,
    Yes,
)
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_fields,
    print_hint,
    print_json,
    print_line,
    print_table,
)
from drawbridge.wording.say import say, say_reason

if TYPE_CHECKING:
    from drawbridge.app.build import House
    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.vault.model import KeyRecord

app = typer.Typer(help=say("cli.key.help"), no_args_is_help=True)


@app.command(help=say("cli.key.add.help"))
def add(
    exchange: Annotated[
        str, typer.Option("--exchange", metavar="ID", help=say("cli.option.exchange"))
    ],
    *,
    venue: Annotated[
        str, typer.Option("--venue", metavar="VENUE", help=say("cli.option.venue"))
    ] = "paper",
    label: Annotated[str, typer.Option("--label", help=say("cli.key.add.label"))] = "",
    proof: Proving = "order",
    made: Annotated[str, typer.Option("--made", metavar="DAY", help=say("cli.key.life.made"))] = "",
    owner: Owner = "",
    no_wait: NoWait = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Store a key and have it checked."""
    from drawbridge.catalogue.registry import get_card
    from drawbridge.entrypoints.cli.checks import see_check
    from drawbridge.entrypoints.cli.house import in_house, owner_of
    from drawbridge.entrypoints.cli.remote_choice import stay_here
    from drawbridge.entrypoints.cli.typing_in import print_cleaned, read_fields
    from drawbridge.vault.lives import LifeWish, read_made_ms

    # Before a secret is typed that could not be taken.
    stay_here(data)
    # The fields are read before anything is opened: a person may take their time.
    fields = read_fields(get_card(exchange.strip().lower()))

    async def work(house: "House") -> int:
        person = await owner_of(house, owner)
        known = exchange.strip().lower()
        read_made_ms(made, house.clock.now_ms())
        added = await house.vault.add(person, known, venue, fields, label, proof=proof)
        fields.clear()
        if made:
            await house.lives.change(person, added.key.id, LifeWish(made=made))
        print_cleaned(added.notes)
        if added.seen_before:
            print_hint(say("keys.seen_before"))
        return await see_check(house, added.key, wait=not no_wait, as_json=json)

    raise typer.Exit(in_house(data, work))


@app.command("list", help=say("cli.key.list.help"))
def list_keys(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """List the keys with their status, rights and expiry."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        keys = await place.vault.list_keys(await owner_of(place, owner))
        if json:
            print_json([_told(key) for key in keys])
            return
        if not keys:
            print_line(say("cli.key.none"))
            return
        columns = [say(f"cli.key.column.{name}") for name in COLUMNS]
        print_table(columns, [row_of(key) for key in keys])

    in_place(data, work)


@app.command(help=say("cli.key.show.help"))
def show(
    key: KeyName,
    *,
    currency: Annotated[
        str, typer.Option("--currency", metavar="CODE", help=say("cli.key.show.currency"))
    ] = "",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Show one key, what its last check found, and what its account holds."""
    from drawbridge.entrypoints.cli.checks import (
        latest_check,
        latest_remarks,
        print_remarks,
        print_steps,
    )
    from drawbridge.entrypoints.cli.holdings import find_holdings, print_holdings, tell_holdings
    from drawbridge.entrypoints.cli.house import in_place, key_named, owner_of

    async def work(place: "Place") -> None:
        found = await key_named(place, await owner_of(place, owner), key)
        held = await find_holdings(place, found, currency)
        steps, remarks = await latest_check(place, found), await latest_remarks(place, found)
        if json:
            told = {"check": steps, "remarks": remarks, "holdings": tell_holdings(found, held)}
            print_json({**_told(found), **told})
            return
        names = [say(f"cli.key.column.{name}") for name in COLUMNS]
        print_fields(dict(zip(names, row_of(found), strict=True)))
        print_steps(steps)
        if found.reason:
            print_line(say_reason(found.reason, found.facts))
        print_remarks(remarks)
        print_holdings(found, held, place.clock.now_ms())

    in_place(data, work)


@app.command(help=say("cli.key.stats.help"))
def stats(
    key: KeyName,
    *,
    currency: Annotated[
        str, typer.Option("--currency", metavar="CODE", help=say("cli.key.stats.currency"))
    ] = "",
    risk_free: RiskFree = "0",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Show how a key's account did, deposits and withdrawals apart."""
    from drawbridge.entrypoints.cli.house import in_place, key_named, owner_of
    from drawbridge.entrypoints.cli.performance import print_performance
    from drawbridge.statistics.account_telling import account_facts
    from drawbridge.statistics.ratios import read_rate
    from drawbridge.trading.holdings import read_currency
    from drawbridge.vault.model import Venue

    told_in, rate = read_currency(currency), read_rate(risk_free)

    async def work(place: "Place") -> None:
        found = await key_named(place, await owner_of(place, owner), key)
        report = await place.statistics.account(found.id, told_in, rate)
        simulated = found.venue is Venue.PAPER
        if json:
            told = account_facts(report) if report else None
            print_json({"id": found.id, "simulated": simulated, "performance": told})
            return
        if simulated:
            print_line(say("performance.simulated"))
        if report is None:
            print_line(say("performance.none"))
        else:
            print_performance(report)

    in_place(data, work)


@app.command(help=say("cli.key.verify.help"))
def verify(
    key: KeyName,
    *,
    proof: Proving = "order",
    owner: Owner = "",
    no_wait: NoWait = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Have a key checked anew."""
    from drawbridge.entrypoints.cli.checks import see_check
    from drawbridge.entrypoints.cli.house import in_place, key_named, owner_of

    async def work(place: "Place") -> int:
        person = await owner_of(place, owner)
        found = await key_named(place, person, key)
        asked = await place.vault.request_check(person, found.id, proof=proof)
        return await see_check(place, asked, wait=not no_wait, as_json=json)

    raise typer.Exit(in_place(data, work))


@app.command(help=say("cli.key.disable.help"))
def disable(key: KeyName, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Switch a key off."""
    _change(key, owner, data, lambda place: place.vault.disable, as_json=json)


@app.command(help=say("cli.key.enable.help"))
def enable(key: KeyName, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Switch a key on again; it is checked anew."""
    _change(key, owner, data, lambda place: place.vault.enable, as_json=json)


@app.command(help=say("cli.key.delete.help"))
def delete(
    key: KeyName,
    *,
    owner: Owner = "",
    yes: Yes = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Erase a key's secret and take it out of every list."""
    from drawbridge.entrypoints.cli.house import in_place, key_named, owner_of
    from drawbridge.entrypoints.cli.typing_in import confirm

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await key_named(place, person, key)
        confirm(say("cli.key.delete.sure", label=found.label), yes=yes)
        await place.vault.delete(person, found.id)
        if json:
            print_json({"id": found.id, "deleted": True})
        else:
            print_line(say("cli.key.delete.done", label=found.label))

    in_place(data, work)


Change = Callable[[str, str], Awaitable["KeyRecord"]]


def _change(
    name: str,
    owner: str,
    data: Path | None,
    choose: Callable[["Place"], Change],
    *,
    as_json: bool,
) -> None:
    from drawbridge.entrypoints.cli.house import in_place, key_named, owner_of

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await key_named(place, person, name)
        changed = await choose(place)(person, found.id)
        if as_json:
            print_json(_told(changed))
        else:
            status = say(f"cli.key.status.{changed.status.value}")
            print_line(say("cli.key.changed", label=changed.label, status=status))

    in_place(data, work)


COLUMNS = ("label", "exchange", "venue", "key", "status", "rights", "expires", "id")


def row_of(key: "KeyRecord") -> list[str]:
    """Give a key as a row of `COLUMNS`."""
    from drawbridge.core.operations import Scope
    from drawbridge.core.secret import masked
    from drawbridge.wording import formats
    from drawbridge.wording.language import spoken

    rights = (say(f"scope.{scope.value}") for scope in Scope if scope in key.scopes)
    return [
        key.label,
        key.exchange,
        key.venue.value,
        masked(key.public_key),
        say(f"cli.key.status.{key.status.value}"),
        or_dash(spoken().comma.join(rights)),
        or_dash(formats.day(key.expires_ms) if key.expires_ms else None),
        key.id,
    ]


def _told(key: "KeyRecord") -> dict[str, object]:
    return {
        "id": key.id,
        "label": key.label,
        "exchange": key.exchange,
        "venue": key.venue,
        "key": key.public_key,
        "status": key.status,
        "reason": key.reason,
        "facts": key.facts,
        "scopes": key.scopes,
        "expires_ms": key.expires_ms,
        "created_ms": key.created_ms,
        "checked_ms": key.checked_ms,
        "pauses_ms": key.pauses_ms,
        "account": key.account_hint,
    }
