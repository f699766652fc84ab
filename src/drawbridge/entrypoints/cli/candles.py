"""Commands about the candles that backtests run on: what is stored, more of it, and its gaps."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import Data, Json, read_span_ms, settings_for
from drawbridge.entrypoints.cli.output import (
    print_fields,
    print_hint,
    print_json,
    print_line,
    print_table,
    progress_bar,
)
from drawbridge.wording import formats
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.app.settings import Settings
    from drawbridge.robots.candle_files.download import Window
    from drawbridge.robots.candle_files.names import SeriesName
    from drawbridge.robots.candle_files.store import CandleFiles, Stored
    from drawbridge.vault.model import Venue

app = typer.Typer(help=say("cli.candles.help"), no_args_is_help=True)

_GAPS_SHOWN: Final = 20
Name = Annotated[str, typer.Argument(metavar="NAME", help=say("cli.candles.name"))]


@app.command("list", help=say("cli.candles.list.help"))
def list_series(*, data: Data = None, json: Json = False) -> None:
    """List the stored series."""
    store = _store(data)
    series = [store.look(name) for name in store.names()]
    if json:
        print_json({"series": [_told(it) for it in series]})
        return
    if not series:
        print_hint(say("cli.candles.none"))
        return
    columns = [say(f"cli.candles.shown.{it}") for it in ("name", "count", "first", "last", "gaps")]
    print_table(columns, [list(_row(it)) for it in series])


@app.command(help=say("cli.candles.download.help"))
def download(
    name: Name,
    *,
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help=say("cli.candles.since"))
    ] = "30d",
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help=say("cli.candles.until"))
    ] = "",
    venue: Annotated[
        str, typer.Option("--venue", metavar="live|paper", help=say("cli.candles.venue"))
    ] = "live",
    data: Data = None,
    json: Json = False,
) -> None:
    """Download what is missing from an exchange."""
    from drawbridge.app.clock import SystemClock
    from drawbridge.robots.candle_files.download import Window
    from drawbridge.robots.candle_files.names import read_name

    series = read_name(name, "name")
    now_ms = SystemClock().now_ms()
    # The running candle may still change.
    closed_ms = now_ms - now_ms % series.interval_ms
    end_ms = min(_moment(until, now_ms, "until") if until else closed_ms, closed_ms)
    wanted = Window(_moment(since, now_ms, "since"), end_ms)
    with progress_bar(say("cli.candles.pages")) as told:
        work = _download(settings_for(data), series, wanted, _venue(venue), told)
        count, stored = asyncio.run(work)
    if json:
        print_json({"downloaded": count, "series": stored and _told(stored)})
        return
    print_line(say("cli.candles.downloaded", count=count))
    if stored is not None:
        _show(stored)


@app.command("import", help=say("cli.candles.import.help"))
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("cli.candles.file"))],
    name: Name,
    *,
    data: Data = None,
    json: Json = False,
) -> None:
    """Put a file's candles into the store."""
    from drawbridge.robots.candle_files.formats import read_any
    from drawbridge.robots.candle_files.names import read_name

    series = read_name(name, "name")
    appended = _store(data).append(series, read_any(file))
    if json:
        told = {"added": appended.added, "replaced": appended.replaced}
        print_json({**told, "series": _told(appended.stored)})
        return
    print_line(say("cli.candles.imported", added=appended.added, replaced=appended.replaced))
    _show(appended.stored)


@app.command(help=say("cli.candles.check.help"))
def check(name: Name, *, data: Data = None, json: Json = False) -> None:
    """Look through a series and tell its gaps."""
    from drawbridge.robots.candle_files.names import read_name

    stored = _store(data).look(read_name(name, "name"))
    if json:
        print_json(_told(stored))
        return
    _show(stored)


async def _download(
    settings: "Settings",
    series: "SeriesName",
    wanted: "Window",
    venue: "Venue",
    told: Callable[[int, int], None],
) -> "tuple[int, Stored | None]":
    from drawbridge.app.asking import asking
    from drawbridge.robots.candle_files.download import Means, download
    from drawbridge.robots.candle_files.store import CandleFiles

    async def pause(wait_ms: int) -> None:
        await asyncio.sleep(wait_ms / 1_000)

    async with asking(settings, series.exchange, venue) as line:
        means = Means(line.ask, pause, told)
        return await download(CandleFiles(settings.candles), series, wanted, means)


def _store(data: Path | None) -> "CandleFiles":
    from drawbridge.robots.candle_files.store import CandleFiles

    return CandleFiles(settings_for(data).candles)


def _venue(text: str) -> "Venue":
    from drawbridge.vault.model import Venue

    try:
        return Venue(text.strip())
    except ValueError:
        known = [it.value for it in Venue]
        raise BadInput("not_a_choice", field="venue", known=known) from None


def _moment(text: str, now_ms: int, field: str) -> int:
    """Read a date such as 2024-01-31 (UTC), or how long ago: 90d, 12h."""
    from datetime import UTC, datetime

    try:
        return int(datetime.fromisoformat(text.strip()).replace(tzinfo=UTC).timestamp()) * 1_000
    except ValueError:
        return now_ms - read_span_ms(text, field)


def _told(stored: "Stored") -> dict[str, object]:
    return {
        "name": str(stored.name),
        "candles": stored.candles,
        "first_ms": stored.first_ms,
        "last_ms": stored.last_ms,
        "missing": sum(gap.missing for gap in stored.gaps),
        "gaps": [gap._asdict() for gap in stored.gaps],
    }


def _row(stored: "Stored") -> tuple[str, ...]:
    return (
        str(stored.name),
        formats.amount(stored.candles),
        formats.moment(stored.first_ms),
        formats.moment(stored.last_ms),
        formats.amount(len(stored.gaps)),
    )


def _show(stored: "Stored") -> None:
    names = [say(f"cli.candles.shown.{it}") for it in ("name", "count", "first", "last", "gaps")]
    print_fields(dict(zip(names, _row(stored), strict=True)))
    for gap in stored.gaps[:_GAPS_SHOWN]:
        print_line(
            say(
                "cli.candles.gap",
                since=formats.moment(gap.since_ms),
                until=formats.moment(gap.until_ms),
                missing=gap.missing,
            )
        )
    if len(stored.gaps) > _GAPS_SHOWN:
        print_line(say("cli.candles.more_gaps", count=len(stored.gaps) - _GAPS_SHOWN))
