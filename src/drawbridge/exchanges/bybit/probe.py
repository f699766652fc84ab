"""How Bybit is asked what a key may do: `query-api`, which any key may ask.

What the switches mean stands on the card.
"""

from typing import Any

from drawbridge.core.errors import DrawbridgeError, OutcomeUnknown
from drawbridge.core.operations import GetKeyRights, KeyRights, Operation


def operations() -> tuple[Operation[Any], ...]:
    """Give the one operation that tells everything."""
    return (GetKeyRights(),)


def read(answers: tuple[object, ...]) -> KeyRights:
    """Read its answer. Raises: what the operation raised."""
    match answers:
        case (KeyRights() as rights,):
            return rights
        case (DrawbridgeError() as error,):
            raise error
        case _:
            raise OutcomeUnknown("unreadable_answer")
