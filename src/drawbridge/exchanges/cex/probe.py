"""How CEX.IO is asked what a key may do: it does not tell, so only reading is tried.

What would show the other rights are requests that cancel or move money; none is made. An order
that is placed and cancelled shows trading; whether a key may move money cannot be learnt.
"""

from typing import Any, Final

from drawbridge.core.errors import DrawbridgeError, OutcomeUnknown
from drawbridge.core.operations import CheckAccess, KeyRights, Operation

_READ: Final = "read"
_UNTOLD: Final = frozenset({"trade", "funds_internal", "funds_wallet"})


def operations() -> tuple[Operation[Any], ...]:
    """Give the one question that changes nothing."""
    return (CheckAccess("fees"),)


def read(answers: tuple[object, ...]) -> KeyRights:
    """Say that the key reads. Raises: what the question raised."""
    match answers:
        case (True,):
            return KeyRights(frozenset({_READ}), untold=_UNTOLD)
        case (DrawbridgeError() as error,):
            raise error
        case _:
            raise OutcomeUnknown("unreadable_answer")
