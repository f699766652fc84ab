"""The two usual ways to learn what a key may do. An exchange's module `probe` is made of one.

Either the exchange tells the rights of the key that asks; or it tells none, and then a question
that changes nothing shows that the key reads. Which question that is, and what the switches are
called, is a fact of the exchange and stands in its folder.
"""

from dataclasses import dataclass
from typing import Any

from drawbridge.core.errors import DrawbridgeError, OutcomeUnknown
from drawbridge.core.operations import CheckAccess, GetBalances, GetKeyRights, KeyRights, Operation


def ask_rights() -> tuple[Operation[Any], ...]:
    """Give the one question that tells everything."""
    return (GetKeyRights(),)


def read_rights(answers: tuple[object, ...]) -> KeyRights:
    """Read its answer. Raises: what the question raised."""
    match answers:
        case (KeyRights() as rights,):
            return rights
        case (DrawbridgeError() as error,):
            raise error
        case _:
            raise OutcomeUnknown("unreadable_answer")


@dataclass(frozen=True, slots=True)
class ReadingProbe:
    """The probe of an exchange that tells no rights.

    `reads` is the switch that the question shows to be on; of those in `untold` nothing is learnt,
    because what would show them trades or moves money.
    """

    question: CheckAccess | GetBalances
    reads: str
    untold: frozenset[str]

    def operations(self) -> tuple[Operation[Any], ...]:
        """Give the one question, which changes nothing."""
        return (self.question,)

    def read(self, answers: tuple[object, ...]) -> KeyRights:
        """Say that the key reads. Raises: what the question raised."""
        match answers:
            case (True,) | (tuple(),):
                return KeyRights(frozenset({self.reads}), untold=self.untold)
            case (DrawbridgeError() as error,):
                raise error
            case _:
                raise OutcomeUnknown("unreadable_answer")
