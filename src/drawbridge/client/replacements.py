"""The operations of the group “replacements”."""

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict

from drawbridge.client.calling import Calling
from drawbridge.client.shapes import Proof, Reason

AccountProof = Literal["", "account", "order", "holdings", "confirmed"]
ReplacementAct = Literal[
    "check_again", "confirm", "give_up", "accept", "turn_back", "look", "let_go"
]
ReplacementState = Literal[
    "checking",
    "failed",
    "proving",
    "asking",
    "switching",
    "switched",
    "turning_back",
    "retiring",
    "done",
    "given_up",
]


class ActWish(TypedDict):
    """What is to be done about a replacement; `acts` of the replacement names what can be."""

    act: ReplacementAct


class NewSecret(TypedDict):
    """The key that is to take another one's place, by the fields of its exchange."""

    proof: NotRequired[Proof]
    fields: Mapping[str, str]
    code: str


class ReplacementTold(TypedDict):
    """How far a replacement is."""

    id: str
    key: str
    state: ReplacementState
    proof: AccountProof
    reason: Reason | None
    acts: list[ReplacementAct]
    public_key: str
    other_public_key: str | None
    begun_ms: int
    switched_ms: int | None
    ended_ms: int | None


class ReplacementsOperations:
    """The operations of the group “replacements”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def replace_key(
        self, key: str, wish: NewSecret, *, idempotency_key: str = ""
    ) -> ReplacementTold:
        """Take in the key that is to replace this one; it is checked, proven and swapped."""
        told: ReplacementTold = self._calling.ask(
            "POST",
            "/keys/{key}/replacement",
            {"key": key},
            wish=wish,
            idempotency_key=idempotency_key,
        )
        return told

    def get_replacement(self, key: str) -> ReplacementTold:
        """Tell how far the newest replacement of a key is."""
        told: ReplacementTold = self._calling.ask("GET", "/keys/{key}/replacement", {"key": key})
        return told

    def act_on_replacement(
        self, key: str, wish: ActWish, *, idempotency_key: str = ""
    ) -> ReplacementTold:
        """Do something about a replacement that is under way."""
        told: ReplacementTold = self._calling.ask(
            "POST",
            "/keys/{key}/replacement/act",
            {"key": key},
            wish=wish,
            idempotency_key=idempotency_key,
        )
        return told
