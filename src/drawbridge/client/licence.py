"""The operations of the group “licence”."""

from typing import Literal, NotRequired, TypedDict

from drawbridge.client.calling import Calling

Act = Literal["activate", "renew", "bind", "archive", "follow", "claim", "release", "recover"]
Feature = Literal["robots", "bots"]
Place = Literal["active", "archived", "waiting", "refused", "not_needed"]
State = Literal["absent", "waiting", "good", "grace", "ended", "expired", "revoked", "clock_back"]


class LicenceAnswered(TypedDict):
    """A question to the licence server; `code` is what it was refused with, once it is done."""

    id: int
    act: Act
    is_done: bool
    code: str


class LicenceEntered(TypedDict):
    """The licence as the operator gave it out."""

    licence: str


class LicenceWish(TypedDict):
    """What to ask of the licence server."""

    act: Act
    key: NotRequired[str]
    code: NotRequired[str]


class LicensedKey(TypedDict):
    """A key and its account's place; `reason` is the code of why it has none."""

    id: str
    label: str
    place: Place
    reason: str


class LicenceTold(TypedDict):
    """How the licence stands."""

    state: State
    lets_trade: bool
    reason: str
    problem: str
    holder: str | None
    slots: int
    used_slots: int
    features: list[Feature]
    expires_ms: int | None
    lease_ends_ms: int | None
    grace_ends_ms: int | None
    keys: list[LicensedKey]


class LicenceOperations:
    """The operations of the group “licence”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def get_licence(self) -> LicenceTold:
        """Tell how the licence stands."""
        told: LicenceTold = self._calling.ask("GET", "/licence", {})
        return told

    def enter_licence(self, wish: LicenceEntered) -> LicenceTold:
        """Enter a licence; the gateway then asks the licence server."""
        told: LicenceTold = self._calling.ask("PUT", "/licence", {}, wish=wish)
        return told

    def ask_licence_server(
        self, wish: LicenceWish, *, idempotency_key: str = ""
    ) -> LicenceAnswered:
        """Have the licence server asked; the gateway carries it out."""
        told: LicenceAnswered = self._calling.ask(
            "POST", "/licence/questions", {}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def get_licence_question(self, question: str) -> LicenceAnswered:
        """Tell what became of a question."""
        told: LicenceAnswered = self._calling.ask(
            "GET", "/licence/questions/{question}", {"question": question}
        )
        return told
