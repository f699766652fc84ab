"""How Bittrex is asked what a key may do: it does not tell, so only reading is tried.

The questions that would show the other rights are requests that trade or withdraw; none is made.
"""

from typing import Any, Final

from drawbridge.core.errors import DrawbridgeError, OutcomeUnknown
from drawbridge.core.operations import GetBalances, KeyRights, Operation

_READ: Final = "READ INFO"
_UNTOLD: Final = frozenset({"TRADE", "WITHDRAW"})


def operations() -> tuple[Operation[Any], ...]:
    """Give the one question that changes nothing."""
    return (GetBalances(),)


def read(answers: tuple[object, ...]) -> KeyRights:
    """Say that the key reads. Raises: what the question raised."""
    match answers:
        case (tuple(),):
            return KeyRights(frozenset({_READ}), untold=_UNTOLD)
        case (DrawbridgeError() as error,):
            raise error
        case _:
            raise OutcomeUnknown("unreadable_answer")
