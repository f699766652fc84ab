"""`drawbridge key leak-report`: everything that a key did since a time, and what was not ours."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from drawbridge.entrypoints.cli.options import Data, Json, KeyName, Owner
from drawbridge.entrypoints.cli.output import print_hint, print_json, print_line, print_table
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drawbridge.app.build import House
    from drawbridge.rotation.leak import Deed, LeakReport

_LONGEST_S: Final = 60
_COLUMNS: Final = ("when", "what", "market", "side", "quantity", "price", "by")


def leak_report(
    key: KeyName,
    *,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help=say("cli.leak_report.since"))
    ] = "7d",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help=say("cli.leak_report.out"))
    ] = None,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Ask the exchange, wait for its answer, and tell it together with what is known here."""
    from drawbridge.entrypoints.cli.house import has_gateway, in_house, key_named, owner_of
    from drawbridge.entrypoints.cli.remote_choice import stay_here
    from drawbridge.rotation.leak import read_since

    stay_here(data)

    async def work(house: "House") -> None:
        person = await owner_of(house, owner)
        found = await key_named(house, person, key)
        since_ms = read_since(since, house.clock.now_ms())
        await house.leaks.ask(person, found.id, since_ms)
        if not await has_gateway(house):
            print_hint(say("cli.leak_report.no_gateway"))
        report = await _answered(house, person, found.id)
        if out is not None:
            from drawbridge.app.leak_file import write_report

            out.write_text(write_report(report), encoding="utf-8")
            print_hint(say("cli.leak_report.written", path=str(out)))
        if json:
            from drawbridge.rotation.leak_telling import report_facts

            print_json(report_facts(report))
        else:
            _print(report, await _names(house, person))

    in_house(data, work)


async def _answered(house: "House", owner: str, key_id: str) -> "LeakReport":
    """Wait for the exchange's answer, for as long as somebody is there to ask it."""
    from drawbridge.core.errors import NotFound
    from drawbridge.entrypoints.cli.house import has_gateway, looks

    report = await house.leaks.find(owner, key_id)
    if await has_gateway(house):
        async for _ in looks(house, _LONGEST_S):
            report = await house.leaks.find(owner, key_id)
            if report is None or report.inquiry.answered_ms is not None:
                break
    if report is None:
        raise NotFound("leak_not_asked")
    return report


async def _names(house: "House", owner: str) -> dict[str, str]:
    robots = await house.robots.list_robots(owner)
    virtual = await house.virtual_keys.list_virtual_keys(owner)
    names = {robot.origin: robot.name for robot in robots}
    return names | {it.virtual.origin: it.virtual.label for it in virtual}


def _print(report: "LeakReport", names: "Mapping[str, str]") -> None:
    from drawbridge.rotation.leak_words import found_words, gap_words

    print_line(found_words(report))
    for gap in report.inquiry.answer.gaps:
        print_line(f"- {gap_words(gap)}")
    markets = report.inquiry.answer.markets
    if markets:
        print_line(f"{say('leak.markets')} {', '.join(markets)}")
    columns = [say(f"cli.leak_report.column.{name}") for name in _COLUMNS]
    print_table(columns, [_row(deed, names) for deed in report.deeds])


def _row(deed: "Deed", names: "Mapping[str, str]") -> list[str]:
    from drawbridge.rotation.leak_words import by_of, what_of
    from drawbridge.wording.formats import moment

    side = say(f"side.{deed.side}") if deed.side else ""
    by = by_of(deed, names)
    told = [moment(deed.at_ms), what_of(deed), deed.symbol, side, deed.quantity, deed.price, by]
    return [text or "\u2013" for text in told]
