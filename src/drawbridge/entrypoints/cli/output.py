"""Printing: JSON for scripts, tables for people, plain columns for pipes.

rich is imported only where a terminal shows its tables. A secret cannot be printed by accident:
JSON refuses the type, and only the command that shows a new secret once reveals it.
"""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Final
from unicodedata import category, east_asian_width

from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.money import plain
from drawbridge.core.secret import Secret
from drawbridge.wording.say import say, say_error

NONE: Final = "\u2013"
_GAP: Final = "  "


def print_json(value: object) -> None:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps(_plain(value), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_line(text: str = "") -> None:
    """Print a line to people."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_hint(text: str) -> None:
    """Print a line beside the result: to standard error, so that a pipe stays clean."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far something is, on a terminal only; told how many of how many are done."""
    if not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(title, total=None)
        yield lambda done, of: bars.update(bar, completed=done, total=of)


def print_error(error: DrawbridgeError, *, as_json: bool) -> None:
    """Print what went wrong and what to do next, to standard error.

    Shape: `{"code", "message", "facts"}` as JSON.
    """
    if not as_json:
        print_hint(say_error(error))
        return
    told = {"code": error.code, "message": say_error(error), "facts": error.facts}
    sys.stderr.write(json.dumps(_plain(told), ensure_ascii=False) + "\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: drawn on a terminal, plain columns elsewhere."""
    if sys.stdout.isatty():
        _draw(columns, rows)
        return
    lines = [list(columns), *map(list, rows)]
    widths = [max(cells_of(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        cells = (padded(cell, width) for cell, width in zip(line, widths, strict=True))
        print_line(_GAP.join(cells).rstrip())


def print_fields(fields: Mapping[str, str]) -> None:
    """Print names and values below each other."""
    width = max(map(cells_of, fields), default=0)
    for name, value in fields.items():
        print_line(f"{padded(name, width)}{_GAP}{value}".rstrip())


def padded(text: str, width: int) -> str:
    """Fill a text up with blanks to a width in cells of a terminal."""
    return text + " " * (width - cells_of(text))


def cells_of(text: str) -> int:
    """Count the cells that a text takes on a terminal: Chinese and Japanese signs take two."""
    return sum(_cells(sign) for sign in text)


def _cells(sign: str) -> int:
    # Marks above a letter and isolates (Unicode's Mn, Cf) take no room of their own.
    if category(sign) in {"Mn", "Cf"}:
        return 0
    return 2 if east_asian_width(sign) in {"W", "F"} else 1


def print_qr(text: str) -> None:
    """Draw a QR code where there is a terminal to hold a camera to."""
    if sys.stdout.isatty():
        import segno

        segno.make(text, error="m", micro=False).terminal(sys.stdout, border=2, compact=True)


def or_dash(value: object) -> str:
    """Write a value, or a dash where there is none."""
    if value is None or value == "":
        return NONE
    return plain(value) if isinstance(value, Decimal) else str(value)


def yes_or_no(*, yes: bool) -> str:
    """Say yes or no."""
    return say("cli.yes") if yes else say("cli.no")


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(header_style="bold")
    for column in columns:
        # Folded and not cut off: an id is there to be copied.
        table.add_column(column, overflow="fold")
    for row in rows:
        # As text, not as markup: what people named their keys is not to be interpreted.
        table.add_row(*map(Text, row))
    Console().print(table)


def _plain(value: object) -> object:
    """Bring a value into what JSON knows: amounts as texts, because they are exact."""
    if isinstance(value, Secret):
        message = "a secret is revealed by name or not at all"
        raise TypeError(message)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, frozenset | set):
        value = sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return _plain_single(value)


def _plain_single(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return plain(value)
    return str(value) if isinstance(value, Path) else value
