"""How Gate is asked what a key may do: the listing of the main account's keys.

What the switches mean stands on the card. A sub-account's key cannot ask.
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
