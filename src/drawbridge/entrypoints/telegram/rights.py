"""Which right a button needs: one table, and whatever does not stand in it changes something."""

from collections.abc import Mapping
from typing import Final

from drawbridge.accounts.roles import Act
from drawbridge.entrypoints.telegram.dialogs import LANGUAGES, SPEAK
from drawbridge.entrypoints.telegram.screens import MAIN

_NEEDS: Final[Mapping[str, Act]] = {
    # Where an unknown button leads: to the main menu.
    "": Act.PERSONAL,
    MAIN: Act.PERSONAL,
    "settings": Act.PERSONAL,
    LANGUAGES: Act.PERSONAL,
    SPEAK: Act.PERSONAL,
    "unlink": Act.PERSONAL,
    "unlink_now": Act.PERSONAL,
    "robots": Act.LOOK,
    "robot": Act.LOOK,
    "chart": Act.LOOK,
    "portfolio": Act.LOOK,
    "signals": Act.LOOK,
    "keys": Act.LOOK,
    "key": Act.LOOK,
    "approvals": Act.LOOK,
    "approval": Act.LOOK,
}


def needs(to: str) -> Act:
    """Tell what a button that leads there needs; refuse by default."""
    return _NEEDS.get(to, Act.CHANGE)
