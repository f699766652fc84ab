"""How Poloniex is asked what a key may do: it does not tell, so only reading is tried.

The questions that would show the other rights are requests that trade or withdraw; none is made.
An order that is placed and cancelled shows trading; of withdrawing nothing can be learnt.
"""

from typing import Any, Final

from drawbridge.core.errors import DrawbridgeError, OutcomeUnknown
from drawbridge.core.operations import CheckAccess, KeyRights, Operation

_READ: Final = "read"
_UNTOLD: Final = frozenset({"trade", "futures_trade", "withdraw"})


def operations() -> tuple[Operation[Any], ...]:
    """Give the one question that changes nothing."""
    return (CheckAccess("accounts"),)


def read(answers: tuple[object, ...]) -> KeyRights:
    """Say that the key reads. Raises: what the question raised."""
    match answers:
        case (True,):
            return KeyRights(frozenset({_READ}), untold=_UNTOLD)
        case (DrawbridgeError() as error,):
            raise error
        case _:
            raise OutcomeUnknown("unreadable_answer")
