"""Which right a button needs: one table, and whatever does not stand in it changes something."""

from collections.abc import Mapping
from typing import Final

from drawbridge.accounts.roles import Act
from drawbridge.entrypoints.telegram.dialogs import FREEZE, LANGUAGES, SPEAK
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
    "leak_report": Act.LOOK,
    "replacement": Act.LOOK,
    "virtual_keys": Act.LOOK,
    "virtual_key": Act.LOOK,
    "licence": Act.LOOK,
    "licence_key": Act.LOOK,
    "approvals": Act.LOOK,
    "approval": Act.LOOK,
    "people": Act.SEE_PEOPLE,
    "person": Act.SEE_PEOPLE,
    "halt_key": Act.HALT,
    "halt_sessions": Act.HALT,
    "freeze": Act.HALT,
    "freeze_now": Act.HALT,
}


def needs(to: str) -> Act:
    """Tell what a button that leads there needs; refuse by default."""
    return _NEEDS.get(to, Act.CHANGE)


def needs_typed(about: object) -> Act:
    """Tell what is needed to answer a question whose dialog is for this."""
    return Act.HALT if about == FREEZE else Act.CHANGE
