"""Commands about orders and what accounts are worth: `drawbridge order list`, `portfolio`."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, Owner
from drawbridge.entrypoints.cli.output import or_dash, print_json, print_line, print_table
from drawbridge.wording.say import has_words, say, say_reason

if TYPE_CHECKING:
    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.trading.history import PastOrder
    from drawbridge.trading.holdings import Shown
    from drawbridge.vault.model import KeyRecord

app = typer.Typer(help=say("cli.order.help"), no_args_is_help=True)

COLUMNS = ("when", "key", "market", "order", "asked", "filled", "state_label", "wanted_by")
_PORTFOLIO_COLUMNS = ("label", "exchange", "venue", "worth", "read")
_USUAL = 50


@app.callback()
def begin() -> None:
    """Keep this a group, so that its one command is called by its name."""


@app.command("list", help=say("cli.order.list.help"))
def list_orders(
    *,
    key: Annotated[str, typer.Option("--key", metavar="KEY", help=say("cli.order.key"))] = "",
    robot: Annotated[
        str, typer.Option("--robot", metavar="ROBOT", help=say("cli.order.robot"))
    ] = "",
    standing: Annotated[
        str,
        typer.Option("--standing", metavar="all|open|filled|ended", help=say("cli.order.standing")),
    ] = "all",
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help=say("cli.order.text"))] = "",
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=1, max=1_000, help=say("cli.option.most"))
    ] = _USUAL,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """List orders, the newest first."""
    from drawbridge.entrypoints.cli.house import in_place, key_named, owner_of, robot_named
    from drawbridge.trading.history import Query, read_standing

    wanted = read_standing(standing)

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        key_id = (await key_named(place, person, key)).id if key else ""
        origin = (await robot_named(place, person, robot)).origin if robot else ""
        query = Query(key_id, origin, wanted, text.strip())
        found = await place.history.find(person, query, most)
        if json:
            print_json([_told(past) for past in found])
        elif not found:
            print_line(say("orders.none"))
        else:
            names = await names_of(place, person)
            columns = [say(f"orders.{name}") for name in COLUMNS]
            print_table(columns, [row_of(past, names) for past in found])

    in_place(data, work)


def portfolio(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """List what each account was worth when it was last read."""
    from drawbridge.entrypoints.cli.holdings import find_holdings, tell_holdings
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        keys = await place.vault.list_keys(await owner_of(place, owner))
        found = [(key, await find_holdings(place, key, "")) for key in keys]
        if json:
            print_json(
                [
                    {"id": key.id, "label": key.label, "holdings": tell_holdings(key, held)}
                    for key, held in found
                ]
            )
        elif not found:
            print_line(say("cli.key.none"))
        else:
            columns = [say(f"cli.portfolio.column.{name}") for name in _PORTFOLIO_COLUMNS]
            print_table(columns, [_worth_row(key, held) for key, held in found])

    in_place(data, work)


async def names_of(place: "Place", person: str) -> dict[str, str]:
    """Give the names of keys by their ids, and of robots by the origin of their orders."""
    keys = {str(key.id): key.label for key in await place.vault.list_keys(person)}
    robots = await place.robots.list_robots(person)
    return keys | {robot.origin: robot.name for robot in robots}


def row_of(past: "PastOrder", names: Mapping[str, str]) -> Sequence[str]:
    """Give an order as a row of `COLUMNS`."""
    from drawbridge.core.markets import currencies_of
    from drawbridge.wording import formats

    order = past.order
    base, quote = currencies_of(order.symbol)
    kind = order.origin.partition(":")[0]
    by = f"orders.by.{kind}"
    how = say(f"orders.type.{order.type.value}", price=_amount(order.price), quote=quote)
    wished = (order.quantity, base) if order.quantity is not None else (order.quote_quantity, quote)
    state = say(f"orders.state.{order.state.value}")
    return [
        formats.moment(order.intended_ms),
        names.get(order.key_id, order.key_id),
        order.symbol,
        f"{say(f'side.{order.side.value}')} · {how}",
        f"{_amount(wished[0])} {wished[1]}",
        f"{formats.amount(order.filled)} {base}",
        f"{state}: {say_reason(order.reason, {})}" if order.reason else state,
        names.get(order.origin) or (say(by) if has_words(by) else order.origin),
    ]


def _amount(value: Decimal | None) -> str:
    from drawbridge.wording import formats

    return "" if value is None else formats.amount(value)


def _worth_row(key: "KeyRecord", held: "Shown | None") -> list[str]:
    from drawbridge.wording import formats

    read = held.portfolio if held else None
    return [
        key.label,
        key.exchange,
        key.venue.value,
        or_dash(f"{formats.rounded(read.total)} {read.currency}" if read else ""),
        or_dash(formats.moment(read.as_of_ms) if read else ""),
    ]


def _told(past: "PastOrder") -> dict[str, object]:
    order = past.order
    return {
        "key_id": order.key_id,
        "exchange": past.exchange,
        "venue": past.venue,
        "client_id": order.client_id,
        "order_id": order.order_id,
        "origin": order.origin,
        "market": order.symbol,
        "side": order.side,
        "type": order.type,
        "quantity": order.quantity,
        "quote_quantity": order.quote_quantity,
        "price": order.price,
        "state": order.state,
        "reason": order.reason,
        "filled": order.filled,
        "filled_quote": order.filled_quote,
        "fee": order.fee,
        "fee_currency": order.fee_currency,
        "intended_ms": order.intended_ms,
        "updated_ms": order.updated_ms,
    }
