"""Hold every exchange's folder to the level that its card declares.

Run as `python -m tools.check_exchanges`: prints what is missing, one line each, and ends with 1.
How dialects and codecs behave is not checked here but in tests/exchanges.
"""

import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from drawbridge.catalogue.card import Card, Need, read_card
from drawbridge.catalogue.levels import Level, needed_files, needed_tables
from drawbridge.catalogue.reasons import REASONS
from drawbridge.core.operations import Scope
from drawbridge.wire.endpoints import read_endpoints
from drawbridge.wire.errors import read_error_table

ROOT: Final = Path(__file__).parent.parent
EXCHANGES: Final = ROOT / "src/drawbridge/exchanges"
VECTORS: Final = ROOT / "tests/exchanges"

# Tables of facts that must say where they come from.
_SOURCED: Final = frozenset(
    {
        *("key_page", "credentials", "permissions", "ip_list", "expiry", "rights", "stamp"),
        "window",
        *("signature", "derivatives", "limit_headers"),
        *(
            "probe_order",
            "fees",
            "self_trade",
            "post_only",
            "paper_markets",
            "currencies",
            "clients",
        ),
    }
)
_OFF: Final = frozenset({Scope.WITHDRAW, Scope.TRANSFER, Scope.MANAGE_KEYS})


def main() -> int:
    """Check every folder that has a card."""
    faults = 0
    for folder in sorted(path.parent for path in EXCHANGES.glob("*/exchange.toml")):
        for fault in find_faults(folder):
            print(f"{folder.name}: {fault}")
            faults += 1
    if not faults:
        print("every exchange folder holds what its level asks for")
    return min(faults, 1)


def find_faults(folder: Path, vectors: Path = VECTORS) -> list[str]:
    """Say what a folder lacks for the level that its card declares."""
    try:
        card = read_card((folder / "exchange.toml").read_text("utf-8"))
    except (OSError, ValueError, TypeError) as error:
        return [f"exchange.toml cannot be read: {error}"]
    faults = [*_card_faults(folder, card), *_file_faults(folder, card.level)]
    if card.level >= Level.CHECKED and not any((vectors / card.id / "vectors").glob("*.toml")):
        faults.append("no test vectors")
    if card.level >= Level.BRIDGED:
        faults += _table_faults(folder, card)
    return faults


def _file_faults(folder: Path, level: Level) -> Iterator[str]:
    for name in needed_files(level):
        if not (folder / name).is_file() and not (folder / Path(name).stem).is_dir():
            yield f"{name} is missing at level {level.name.lower()}"


def _card_faults(folder: Path, card: Card) -> Iterator[str]:
    if card.id != folder.name:
        yield f"the card's id is {card.id}"
    for table in needed_tables(card.level):
        if table not in card.told:
            yield f"the card does not tell {table}"
    for table in sorted(_SOURCED & card.told):
        if not card.sources.get(table):
            yield f"no source for {table}"
    if not card.hosts:
        yield "no host to send to"
    yield from _permission_faults(card)


def _permission_faults(card: Card) -> Iterator[str]:
    for name in _twice(switch.api for switch in card.permissions):
        yield f"switch {name} stands there twice"
    for switch in card.permissions:
        if not switch.source:
            yield f"no source for switch {switch.api}"
        moves_out = _OFF.intersection(switch.scopes)
        if switch.need is Need.TRADING:
            # Where nothing gives the right to trade alone, no transfer of ours is ever sent.
            moves_out -= {Scope.TRANSFER}
        if moves_out and switch.need is not Need.MUST_BE_OFF:
            yield f"switch {switch.api} moves value out and need not be off"


def _table_faults(folder: Path, card: Card) -> Iterator[str]:
    try:
        rows = tomllib.loads((folder / "endpoints.toml").read_text("utf-8"))["endpoint"]
        endpoints = read_endpoints((folder / "endpoints.toml").read_text("utf-8"))
        errors = read_error_table((folder / "errors.toml").read_text("utf-8"))
    except (OSError, ValueError, TypeError, KeyError) as error:
        yield f"a table cannot be read: {error}"
        return
    places = [f"{row['method']} {row['path']}" for row in rows]
    for place in _twice([*places, *(row["name"] for row in rows)]):
        yield f"endpoint {place} stands there twice"
    switches = {switch.api for switch in card.permissions}
    for endpoint in endpoints.rows():
        for name in sorted(set(endpoint.switches) - switches):
            yield f"endpoint {endpoint.name} asks for switch {name}, which the card does not know"
    if card.level >= Level.PAPERED:
        yield from (f"no error to say {why} by" for why in REASONS if not errors.speaks(why))


def _twice(names: Iterable[str]) -> Iterator[str]:
    return (name for name, count in Counter(names).items() if count > 1)


if __name__ == "__main__":
    sys.exit(main())
