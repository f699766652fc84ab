"""Ask the command line for its help, at a fixed width and without colours.

Used for README.md and docs/reference/cli.md, so that both say exactly what `--help` says.
"""

from collections.abc import Iterator
from typing import Final

import typer.main
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

from drawbridge.catalogue.card import Card
from drawbridge.catalogue.guide import Purpose, build_guide
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.entrypoints.cli.framing import framed
from drawbridge.entrypoints.cli.guide_page import guide_page
from drawbridge.entrypoints.cli.main import app

__all__ = ["exchange_ids", "exchanges", "guide", "help_of", "overview", "reference"]

_WIDTH: Final = "88"
_HEAD: Final = """\
# Commands

Every command with its `--help`. This page is written by `python -m tools.make_reference`.
"""
_UNKNOWN: Final = """
## Not established about the interface

"""
_EXCHANGES_HEAD: Final = """\
# Exchanges

How far each is carried: *listed* (its guide), *papered* (keys are checked, robots trade, the paper
exchange speaks it), *streaming* (its streams as well). The guides say how to make the right key.
This page is written by `python -m tools.make_reference` from the cards.

| exchange | id | level | status |
|---|---|---|---|
"""


def overview() -> str:
    """Give what `drawbridge --help` prints."""
    return help_of(())


def reference() -> str:
    """Write a page with the help of every command."""
    sections = (
        f"\n## drawbridge {' '.join(path)}".rstrip() + f"\n\n```text\n{help_of(path)}\n```\n"
        for path in _paths(typer.main.get_command(app), ())
    )
    return _HEAD + "".join(sections)


def guide(exchange_id: str) -> str:
    """Write the guide of a trading key as a page, as `drawbridge guide --markdown` does.

    What is not established about the exchange follows, for who works on it.
    """
    card = get_card(exchange_id)
    notes = "".join(f"- {text}\n" for text in card.not_established)
    return guide_page(build_guide(card, Purpose.TRADING)) + (_UNKNOWN + notes if notes else "")


def exchanges() -> str:
    """Write the table of all exchanges: how far each is carried, and what became of it."""
    rows = (
        f"| [{card.name}](guides/{card.id}.md) | `{card.id}` | {card.level.name.lower()} "
        f"| {card.status}{_since(card)} |\n"
        for card in map(get_card, exchange_ids())
    )
    return _EXCHANGES_HEAD + "".join(rows)


def _since(card: Card) -> str:
    before = "" if card.since_sure else "before "
    return f" ({before}{card.since})" if card.since else ""


def help_of(path: tuple[str, ...]) -> str:
    """Give what `drawbridge <path> --help` prints, without the blanks at the ends of its lines."""
    surroundings = {"COLUMNS": _WIDTH, "TERMINAL_WIDTH": _WIDTH, "TERM": "dumb", "NO_COLOR": "1"}
    result = CliRunner().invoke(
        app, [*path, "--help"], prog_name="drawbridge", env=surroundings, catch_exceptions=False
    )
    return "\n".join(line.rstrip() for line in framed(result.output).strip().splitlines())


def _paths(command: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, TyperGroup):
        for name, below in sorted(command.commands.items()):
            if isinstance(below, TyperGroup | TyperCommand) and not below.hidden:
                yield from _paths(below, (*path, name))
