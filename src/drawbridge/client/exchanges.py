"""The operations of the group “exchanges”."""

from typing import Literal, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import Scope, Venue

Need = Literal["required", "trading", "optional", "must_be_off"]
Purpose = Literal["trading", "reading"]
Status = Literal["open", "renamed", "replaced", "read_only", "closed"]
Tone = Literal["info", "warn"]
Wanted = Literal["on", "off", "either"]


class FieldTold(TypedDict):
    """A field that a key consists of; `label` is what the exchange calls it."""

    field: str
    label: str
    is_secret: bool
    is_required: bool
    replaces: str


class GuideStep(TypedDict):
    """One thing to do; `url` is empty where it leads nowhere."""

    text: str
    url: str


class RemarkTold(TypedDict):
    """Something to know beforehand."""

    text: str
    tone: Tone


class SwitchTold(TypedDict):
    """A switch as the exchange shows it, and how it must stand."""

    group: str
    label: str
    api: str
    wanted: Wanted
    need: Need
    scopes: list[Scope]


class Exchange(TypedDict):
    """An exchange; where `takes_keys` is false, it is gone or has become another."""

    id: str
    name: str
    status: Status
    level: str
    homepage: str
    takes_keys: bool
    fields: list[FieldTold]


class GuideTold(TypedDict):
    """How to make a key."""

    exchange: str
    purpose: Purpose
    steps: list[GuideStep]
    switches: list[SwitchTold]
    addresses: list[str]
    remarks: list[RemarkTold]
    differences: list[str]
    not_established: list[str]


class ExchangesOperations:
    """The operations of the group “exchanges”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_exchanges(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[Exchange]:
        """List the exchanges, those that are gone included."""
        told: Page[Exchange] = self._calling.ask(
            "GET", "/exchanges", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def get_exchange(self, exchange: str) -> Exchange:
        """Give one exchange, and which fields its keys consist of."""
        told: Exchange = self._calling.ask("GET", "/exchanges/{exchange}", {"exchange": exchange})
        return told

    def get_guide(
        self, exchange: str, *, purpose: Purpose | None = None, venue: Venue | None = None
    ) -> GuideTold:
        """Tell how to make a key there, step by step."""
        told: GuideTold = self._calling.ask(
            "GET",
            "/exchanges/{exchange}/guide",
            {"exchange": exchange},
            query={"purpose": purpose, "venue": venue},
        )
        return told
