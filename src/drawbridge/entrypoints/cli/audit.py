"""Commands about the audit log."""

from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, Owner
from drawbridge.entrypoints.cli.output import or_dash, print_json, print_line, print_table
from drawbridge.wording.say import has_words, say

if TYPE_CHECKING:
    from drawbridge.audit.store import ToldEvent
    from drawbridge.entrypoints.cli.house import Place

app = typer.Typer(help=say("cli.audit.help"), no_args_is_help=True)

_COLUMNS = ("when", "what", "subject")
_USUAL = 50


@app.command("list", help=say("cli.audit.list.help"))
def list_events(
    *,
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=1, max=1_000, help=say("cli.option.most"))
    ] = _USUAL,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """List what happened in a person's name, the newest first."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.entrypoints.cli.house import list_events as events_in

    async def work(place: "Place") -> None:
        events = await events_in(place, await owner_of(place, owner), most)
        if json:
            print_json([_told(event) for event in events])
            return
        columns = [say(f"cli.audit.column.{name}") for name in _COLUMNS]
        print_table(columns, [_row(event) for event in events])

    in_place(data, work)


@app.command(help=say("cli.audit.verify.help"))
def verify(*, data: Data = None, json: Json = False) -> None:
    """Follow the chain of hashes from the first event to the last."""
    from drawbridge.entrypoints.cli.house import in_place, verify_audit

    async def work(place: "Place") -> None:
        verified = await verify_audit(place)
        if json:
            print_json({"events": verified.count, "head": verified.head.hex()})
        else:
            print_line(say("cli.audit.whole", count=verified.count))
            print_line(say("cli.audit.head", head=verified.head.hex()))

    in_place(data, work)


def _row(event: "ToldEvent") -> list[str]:
    from drawbridge.wording.formats import moment

    words = f"audit.tag.{event.tag}"
    what = say(words) if has_words(words) else event.tag
    return [moment(event.at_ms), what, or_dash(event.subject)]


def _told(event: "ToldEvent") -> dict[str, object]:
    return {
        "id": event.n,
        "at_ms": event.at_ms,
        "tag": event.tag,
        "subject": event.subject,
        "facts": event.facts,
    }
