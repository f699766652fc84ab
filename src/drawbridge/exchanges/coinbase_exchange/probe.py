"""How Coinbase Exchange is asked what a key may do: it does not tell, so only reading is tried.

The questions that would show the other rights are requests that trade or withdraw; none is made.
"""

from typing import Any, Final

from drawbridge.core.errors import DrawbridgeError, OutcomeUnknown
from drawbridge.core.operations import CheckAccess, KeyRights, Operation

_READ: Final = "view"
_UNTOLD: Final = frozenset({"trade", "transfer", "manage"})


def operations() -> tuple[Operation[Any], ...]:
    """Give the one question that changes nothing: what the account pays."""
    return (CheckAccess("check_view"),)


def read(answers: tuple[object, ...]) -> KeyRights:
    """Say that the key reads. Raises: what the question raised."""
    match answers:
        case (True,):
            return KeyRights(frozenset({_READ}), untold=_UNTOLD)
        case (DrawbridgeError() as error,):
            raise error
        case _:
            raise OutcomeUnknown("unreadable_answer")
