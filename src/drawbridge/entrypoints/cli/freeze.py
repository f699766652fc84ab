"""`drawbridge key freeze`: all keys, of an exchange or at all, switched off at once, and told."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import Data, Json, Yes
from drawbridge.entrypoints.cli.output import print_json, print_line, print_table
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.app.build import House
    from drawbridge.core.ids import OwnerId
    from drawbridge.vault.model import KeyRecord

_COLUMNS: Final = ("owner", "key", "venue", "status", "robots", "orders")


def freeze(
    *,
    exchange: Annotated[
        str, typer.Option("--exchange", metavar="ID", help=say("cli.option.exchange"))
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help=say("cli.key.freeze.all"))] = False,
    yes: Yes = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Switch off every key, of an exchange or at all, and report what each was used for."""
    from drawbridge.catalogue.registry import get_card
    from drawbridge.entrypoints.cli.house import in_house
    from drawbridge.entrypoints.cli.remote_choice import stay_here
    from drawbridge.entrypoints.cli.typing_in import confirm
    from drawbridge.vault.freezing import freeze_everything, freeze_exchange

    stay_here(data)
    wanted = exchange.strip().lower()
    if bool(wanted) == everything:
        raise BadInput("freeze_what", field="exchange")
    name = "" if everything else get_card(wanted).name
    question = say("cli.key.freeze.confirm_all")
    confirm(say("cli.key.freeze.confirm", exchange=name) if name else question, yes=yes)

    async def work(house: "House") -> None:
        now_ms = house.clock.now_ms()
        frozen = (
            await freeze_everything(house.database, now_ms)
            if everything
            else await freeze_exchange(house.database, wanted, now_ms)
        )
        names = {owner.id: owner.name for owner in await house.accounts.list_owners()}
        told = [await _told(house, names, key) for key in frozen]
        if json:
            print_json({"exchange": wanted, "keys": told})
        elif not told:
            none = say("cli.key.freeze.none_all")
            print_line(say("cli.key.freeze.none", exchange=name) if name else none)
        else:
            columns = [say(f"cli.key.freeze.column.{name}") for name in _COLUMNS]
            print_table(columns, [[str(row[name]) for name in _COLUMNS] for row in told])
            print_line(say("cli.key.freeze.done", count=len(told)))

    in_house(data, work)


async def _told(house: "House", names: dict["OwnerId", str], key: "KeyRecord") -> dict[str, object]:
    robots = await house.robots.robots_of_key(key.owner, key.id)
    orders = await house.orders.unsettled_of_key(key.id)
    return {
        "owner": names.get(key.owner, key.owner),
        "key": key.label,
        "id": key.id,
        "venue": key.venue.value,
        "status": key.status.value,
        "robots": len(robots),
        "orders": len(orders),
    }
