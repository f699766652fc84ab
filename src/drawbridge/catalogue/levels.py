"""How far an exchange is carried, and what its folder must hold for that.

A card declares its level; `tools/check_exchanges.py` and the contract suite hold it to it.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final


class Level(IntEnum):
    """What works with an exchange; each level holds everything of the ones before."""

    LISTED = 1
    CHECKED = 2
    BRIDGED = 3
    TRADED = 4
    PAPERED = 5
    STREAMING = 6


# Files that a level adds. A codec may be a package instead of a module.
FILES: Final[Mapping[Level, tuple[str, ...]]] = MappingProxyType(
    {
        Level.LISTED: ("exchange.toml",),
        Level.CHECKED: ("dialect.py", "probe.py"),
        Level.BRIDGED: ("endpoints.toml", "errors.toml"),
        Level.TRADED: ("codec.py",),
        Level.PAPERED: (),
        Level.STREAMING: ("stream.py",),
    }
)

# Tables of the card that a level adds.
TABLES: Final[Mapping[Level, tuple[str, ...]]] = MappingProxyType(
    {
        Level.LISTED: ("key_page", "credentials", "permissions", "ip_list", "expiry", "sources"),
        Level.CHECKED: ("rights", "stamp", "signature"),
        Level.BRIDGED: ("clients",),
        Level.TRADED: ("probe_order", "fees"),
        Level.PAPERED: ("self_trade", "paper_markets", "currencies", "paper_key"),
        Level.STREAMING: (),
    }
)


def needed_files(level: Level) -> tuple[str, ...]:
    """Give the files that a folder of this level holds."""
    return tuple(name for step in Level if step <= level for name in FILES[step])


def needed_tables(level: Level) -> tuple[str, ...]:
    """Give the tables that a card of this level tells."""
    return tuple(name for step in Level if step <= level for name in TABLES[step])
