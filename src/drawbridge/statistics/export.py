"""Trades as CSV in the columns of two tools for tax and books.

Amounts are exact, times are UTC, and the same trades always make the same bytes. Nothing in a
cell is taken for a formula by a spreadsheet.
Source: the tools' own pages about custom files, as they stood in 2026-11: Koinly's “universal”
template, which takes fees beside the amounts, and CoinTracking's CSV import, which wants amounts
with fees already in them, and a fee in a third currency as an entry of its own.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.errors import BadInput, Forbidden
from drawbridge.core.money import plain
from drawbridge.statistics.books import Entry, EntryKind, Sum, entries_of
from drawbridge.trading.model import OwnTrade
from drawbridge.vault.model import Venue

_YEARS: Final = range(2009, 2200)
_SIMULATED: Final = "SIMULATED"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class Tool(StrEnum):
    """Whose columns are written."""

    KOINLY = "koinly"
    COINTRACKING = "cointracking"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be exported; `year` 0 means all years. Play money only where it is asked for."""

    tool: Tool
    year: int = 0
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Export:
    """A file, how many lines it has besides its head, and how much play money it left out."""

    text: str
    lines: int
    simulated_left_out: int


def read_wish(tool: str, year: str = "", *, simulated: bool = False) -> Wish:
    """Read a wish as forms and command lines give it.

    Raises: `BadInput("unknown_export_format")`, `BadInput("bad_year")`.
    """
    if tool not in set(Tool):
        raise BadInput("unknown_export_format", field="format", known=tuple(Tool))
    if year and not (year.isascii() and year.isdigit() and len(year) == 4 and int(year) in _YEARS):  # noqa: PLR2004  a year has four digits
        raise BadInput("bad_year", field="year", first=_YEARS[0], last=_YEARS[-1])
    return Wish(Tool(tool), int(year or 0), simulated)


def export_trades(trades: Sequence[OwnTrade], wish: Wish, names: Mapping[str, str]) -> Export:
    """Write trades, all of them and in the order of time, of which those of a year are told.

    `names` are those of robots, by the origin of their orders. Play money never stands beside
    money: it is left out, or it is all there is.
    Raises: `Forbidden("simulated_trades")` when there is nothing but play money and nobody asked
    for it.
    """
    play = [trade for trade in trades if trade.venue == Venue.PAPER]
    real = [trade for trade in trades if trade.venue != Venue.PAPER]
    if play and not real and not wish.simulated:
        raise Forbidden("simulated_trades", rule="simulated")
    chosen = play if wish.simulated else real
    told = [it for it in entries_of(chosen) if wish.year in {0, _year_of(it)}]
    write = _TOOLS[wish.tool]
    rows = [row for entry in told for row in write(entry, names)]
    text = _written(_HEADS[wish.tool], rows, quoted=wish.tool is Tool.COINTRACKING)
    return Export(text, len(rows), 0 if wish.simulated else len(play))


def _koinly(entry: Entry, names: Mapping[str, str]) -> Iterable[Sequence[str]]:
    label = {
        EntryKind.PROFIT: "realized gain",
        EntryKind.LOSS: "realized gain",
        EntryKind.FEE: "cost",
        EntryKind.REBATE: "cashback",
    }.get(entry.kind, "")
    description = as_cell(_described(entry, names))
    return [
        [
            f"{_moment(entry)} UTC",
            *_cells(entry.sent),
            *_cells(entry.received),
            *_cells(entry.fee),
            "",
            "",
            label,
            description,
            "",
        ]
    ]


def _cointracking(entry: Entry, names: Mapping[str, str]) -> Iterable[Sequence[str]]:
    kind = {
        EntryKind.TRADE: "Trade",
        EntryKind.PROFIT: "Derivatives / Futures Profit",
        EntryKind.LOSS: "Derivatives / Futures Loss",
        EntryKind.FEE: "Other Fee",
        EntryKind.REBATE: "Reward / Bonus",
    }[entry.kind]
    fee = entry.fee if _is_within(entry) else None
    received, sent = _plus(entry.received, fee, -1), _plus(entry.sent, fee, 1)
    tail = [
        as_cell(_exchange_name(entry.trade.exchange)),
        as_cell(names.get(entry.trade.origin, "")),
        as_cell(_described(entry, names)),
        _moment(entry),
    ]
    rows = [[kind, *_cells(received), *_cells(sent), *_cells(fee), *tail]]
    if fee is not entry.fee:
        rows.append(["Other Fee", "", "", *_cells(entry.fee), "", "", *tail])
    return rows


_HEADS: Final[Mapping[Tool, Sequence[str]]] = {
    Tool.KOINLY: (
        "Date",
        "Sent Amount",
        "Sent Currency",
        "Received Amount",
        "Received Currency",
        "Fee Amount",
        "Fee Currency",
        "Net Worth Amount",
        "Net Worth Currency",
        "Label",
        "Description",
        "TxHash",
    ),
    Tool.COINTRACKING: (
        "Type",
        "Buy Amount",
        "Buy Currency",
        "Sell Amount",
        "Sell Currency",
        "Fee",
        "Fee Currency",
        "Exchange",
        "Trade-Group",
        "Comment",
        "Date",
    ),
}
_TOOLS: Final[Mapping[Tool, Callable[[Entry, Mapping[str, str]], Iterable[Sequence[str]]]]] = {
    Tool.KOINLY: _koinly,
    Tool.COINTRACKING: _cointracking,
}


def _is_within(entry: Entry) -> bool:
    """Tell whether a fee can be told as a part of its trade.

    Within a trade a fee in a third currency would lower no balance, and one that is larger than
    what was received would leave less than nothing.
    """
    fee, received, sent = entry.fee, entry.received, entry.sent
    if fee is None or (sent is not None and fee.currency == sent.currency):
        return True
    if received is None or fee.currency != received.currency:
        return False
    return fee.amount <= received.amount


def _plus(told: Sum | None, fee: Sum | None, sign: int) -> Sum | None:
    """Put a fee into an amount of its own currency: more was sent, or less was received."""
    if told is None or fee is None or fee.currency != told.currency:
        return told
    return Sum(told.amount + sign * fee.amount, told.currency)


def _described(entry: Entry, names: Mapping[str, str]) -> str:
    trade = entry.trade
    parts = [
        _SIMULATED if trade.venue == Venue.PAPER else "",
        _exchange_name(trade.exchange),
        trade.fill.symbol,
        trade.fill.trade_id,
        names.get(trade.origin, ""),
    ]
    return " ".join(part for part in parts if part)


def _exchange_name(exchange_id: str) -> str:
    return get_card(exchange_id).name if exchange_id in exchange_ids() else exchange_id


def _moment(entry: Entry) -> str:
    at = datetime.fromtimestamp(entry.trade.fill.time_ms // 1_000, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _year_of(entry: Entry) -> int:
    return datetime.fromtimestamp(entry.trade.fill.time_ms // 1_000, UTC).year


def _cells(told: Sum | None) -> tuple[str, str]:
    return ("", "") if told is None else (_number(told.amount), as_cell(told.currency))


def _number(amount: Decimal) -> str:
    return plain(amount)


def as_cell(text: str) -> str:
    """Write a text of somebody else's so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _written(head: Sequence[str], rows: Iterable[Sequence[str]], *, quoted: bool) -> str:
    file = io.StringIO(newline="")
    how: Literal[0, 1] = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(file, quoting=how, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return file.getvalue()
