"""For whom a door reads and writes, once it knows who asks and what for.

Rows are then those of one person, or all of them where the act is the house's own. How that is
kept stands in `storage/acting.py`; who may do what is `roles.py`, which is asked first.
"""

from contextlib import AbstractContextManager
from typing import Final, Protocol

from drawbridge.accounts.roles import Act
from drawbridge.core.ids import OwnerId
from drawbridge.storage.acting import acting_for, as_house

# What is about several people, or about the machinery that all of them share.
_HOUSES: Final = frozenset({Act.VAULT, Act.SEE_PEOPLE, Act.HALT, Act.RULE, Act.OPERATE})


class Asking(Protocol):
    """Whoever asks."""

    @property
    def id(self) -> OwnerId:
        """Give their id."""

    @property
    def account(self) -> OwnerId:
        """Give whose keys, robots and orders they are shown."""


def acting_as(person: Asking, act: Act) -> AbstractContextManager[None]:
    """Act for a person, for the account that they are shown, or for the house."""
    if act in _HOUSES:
        return as_house()
    return acting_for(person.id if act is Act.PERSONAL else person.account)
