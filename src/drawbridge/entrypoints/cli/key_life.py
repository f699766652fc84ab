"""`drawbridge key life` and `key strangers`: when a key ends, and trades from elsewhere."""

from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, KeyName, Owner
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_fields,
    print_json,
    print_line,
    print_table,
)
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.vault.model import KeyRecord

_COLUMNS = ("time", "market", "side", "quantity", "price", "order")


def life(
    key: KeyName,
    *,
    made: Annotated[
        str | None, typer.Option("--made", metavar="DAY", help=say("cli.key.life.made"))
    ] = None,
    pause_days: Annotated[
        str | None,
        typer.Option("--pause-days", metavar="N", help=say("cli.key.life.pause_days")),
    ] = None,
    close: Annotated[
        bool | None, typer.Option("--close/--keep", help=say("cli.key.life.close"))
    ] = None,
    watch: Annotated[
        bool | None, typer.Option("--watch/--no-watch", help=say("cli.key.life.watch"))
    ] = None,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Show when a key ends and what its robots do before; change what is given."""
    from drawbridge.entrypoints.cli.house import in_place, key_named, owner_of
    from drawbridge.vault.lives import LifeWish
    from drawbridge.vault.roles import kin_of, reader_among
    from drawbridge.wording.language import spoken

    wish = LifeWish(made, pause_days, close, watch)

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await key_named(place, person, key)
        if wish != LifeWish():
            found = await place.lives.change(person, found.id, wish)
        mine = await place.vault.list_keys(person)
        reader, kin = reader_among(found, mine), kin_of(found, mine)
        if json:
            roles = {"shared_with": [it.id for it in kin], "read_with": reader.id}
            print_json({"id": found.id, **told_life(found), **roles})
            return
        fields = _fields_of(found)
        if kin:
            fields[say("key_life.shared")] = spoken().comma.join(it.label for it in kin)
            fields[say("key_life.read_with")] = reader.label
        print_fields(fields)

    in_place(data, work)


def strangers(
    key: KeyName,
    *,
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=1, max=200, help=say("cli.option.most"))
    ] = 50,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """List the trades on a key's account that were not made from here, newest first."""
    from drawbridge.entrypoints.cli.house import in_place, key_named, owner_of
    from drawbridge.wording import formats

    async def work(place: "Place") -> None:
        found = await key_named(place, await owner_of(place, owner), key)
        trades = await place.foreign_trades.list_of(found, most)
        if json:
            print_json(
                [
                    {
                        "key_id": it.key_id,
                        "symbol": it.symbol,
                        "trade_id": it.trade_id,
                        "order_id": it.order_id,
                        "side": it.side,
                        "quantity": it.quantity,
                        "price": it.price,
                        "time_ms": it.time_ms,
                        "seen_ms": it.seen_ms,
                    }
                    for it in trades
                ]
            )
            return
        if not trades:
            print_line(say("key_life.none"))
            return
        rows = [
            [
                formats.moment(it.time_ms),
                it.symbol,
                say(f"side.{it.side.value}"),
                formats.amount(it.quantity),
                formats.amount(it.price),
                it.order_id,
            ]
            for it in trades
        ]
        print_table([say(f"key_life.{name}") for name in _COLUMNS], rows)

    in_place(data, work)


def told_life(key: "KeyRecord") -> dict[str, object]:
    """Give when a key ends and what was chosen for it, as programs read it."""
    kept = key.life
    return {
        "expires_ms": key.expires_ms,
        "dated": kept.dated,
        "pauses_ms": key.pauses_ms,
        "made_ms": kept.made_ms,
        "pause_before_ms": kept.pause_before_ms,
        "closes": kept.closes,
        "watched": kept.watched,
        "account": key.account_hint,
    }


def _fields_of(key: "KeyRecord") -> dict[str, str]:
    from drawbridge.catalogue.registry import get_card
    from drawbridge.core.clock import DAY_MS
    from drawbridge.wording import formats

    kept, exchange = key.life, get_card(key.exchange).name
    made = formats.day(kept.made_ms) if kept.made_ms else None
    return {
        say("key_life.ends"): or_dash(formats.day(key.expires_ms) if key.expires_ms else None),
        say("key_life.known_from"): or_dash(
            say(f"key_life.dated.{kept.dated}") if kept.dated else None
        ),
        say("key_life.pauses"): or_dash(formats.moment(key.pauses_ms) if key.pauses_ms else None),
        say("key_life.made", exchange=exchange): or_dash(made),
        say("key_life.pause_days"): str(kept.pause_before_ms // DAY_MS),
        say("key_life.closes"): say(f"key_life.closes_{'close' if kept.closes else 'keep'}"),
        say("key_life.watched"): say(f"key_life.watched_{'on' if kept.watched else 'off'}"),
        say("key_life.account"): key.account_hint
        or say("key_life.account_unknown", exchange=exchange),
    }
