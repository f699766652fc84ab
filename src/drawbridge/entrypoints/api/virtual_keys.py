"""Virtual keys: list, make, narrow, revoke, and how they are used.

A new one is told once, with what to paste into known programs; its secret is in no other answer,
and the answer that has it is not kept. A person's code stands behind each that is made.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from drawbridge.catalogue.registry import get_card
from drawbridge.entrypoints.api.caller import KeyKeeper, Reader
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut, page_of
from drawbridge.entrypoints.api.shapes import (
    LONGEST_TEXT,
    Asked,
    Facts,
    Moment,
    Name,
    Text,
    Told,
    tell_facts,
)
from drawbridge.entrypoints.api.turnstile import SHOWN_ONCE
from drawbridge.gateway import crossings
from drawbridge.gateway.crossing_log import Outcome
from drawbridge.vault.model import Venue
from drawbridge.virtual_keys import model
from drawbridge.virtual_keys.recipes import Place, write_recipes
from drawbridge.virtual_keys.restrictions import Pairs
from drawbridge.virtual_keys.service import Listed, Made
from drawbridge.virtual_keys.store import Use
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.virtual_keys.words import words_of
from drawbridge.virtual_keys.written import told_restrictions

router = APIRouter(tags=["virtual keys"])

VirtualPath = Annotated[str, Path(max_length=LONGEST_TEXT, examples=["vk_4f7q2mabcdefghij"])]
# The end of the year 9999: later than that is no moment that anybody could write or keep.
_LAST_MS: Final = 253_402_300_799_999
Since = Annotated[int, Query(ge=0, le=_LAST_MS, description="Milliseconds since 1970, UTC.")]
ByRule = Annotated[
    str, Query(max_length=LONGEST_TEXT, description="Only what this rule refused: `pairs`.")
]
OnDay = Annotated[
    str, Query(max_length=LONGEST_TEXT, description="Only of this day, UTC: `2026-11-21`.")
]
_Several = Annotated[list[Text], Field(max_length=200)]
_AMOUNT = "An amount with its currency, or several with commas: `500 USDT, 0.01 BTC`."


class Restriction(Told):
    """What a virtual key is held to; `number` is how it is called on disk, for ever."""

    number: int
    rule: str
    says: str
    facts: Facts


class VirtualKey(Told):
    """A virtual key without its secret; `public_key` is what a bot sends, `key` stands behind."""

    id: str
    label: str
    exchange: str
    venue: Venue
    key: str
    public_key: str
    restrictions: list[Restriction]
    created_ms: Moment
    expires_ms: Moment | None
    revoked_ms: Moment | None
    used_ms: Moment | None


class VirtualKeyLimits(Asked):
    """What a virtual key is held to; what is left out is not restricted."""

    scopes: _Several = Field(default_factory=list, description="`read`, `trade_spot` and so on.")
    pairs: _Several = Field(default_factory=list, examples=[["BTC/USDT"]])
    order_sides: _Several = Field(default_factory=list, description="`buy`, `sell`.")
    order_types: _Several = Field(default_factory=list, description="`limit`, `market`.")
    largest_order: Text = Field("", description=_AMOUNT)
    open_exposure: Text = Field("", description=_AMOUNT)
    day_turnover: Text = Field("", description=_AMOUNT)
    collar: Text = Field("", description="Percent from the market.")
    addresses: _Several = Field(default_factory=list, examples=[["127.0.0.1", "10.0.0.0/8"]])
    days: _Several = Field(default_factory=list, description="`mon`, `tue` and so on.")
    hours: Text = Field("", description="`08:00-17:30`, UTC.")
    expires_ms: Moment | None = Field(None, le=_LAST_MS)
    rate: Text = Field("", description="Requests a second.")


class VirtualKeyWish(VirtualKeyLimits):
    """A virtual key to be made in front of the real key `key`."""

    key: Name
    label: Text = ""
    code: Text = Field("", description="The authenticator's code, where the person has one.")


class VirtualKeyMade(Told):
    """A virtual key just made, told this once: its fields, its address, and texts to paste."""

    virtual_key: VirtualKey
    fields: dict[str, str]
    base_url: str
    recipes: dict[str, str]


class VirtualKeyUse(Told):
    """How often something happened in an hour; `rule` is what refused, empty where it passed."""

    hour_ms: Moment
    rule: str
    times: int
    last_ms: Moment


class VirtualKeyRequest(Told):
    """A request as the log holds it, never its body; `code` and `rule` tell why it was refused."""

    n: int
    time_ms: Moment
    exchange: str
    venue: Venue
    request: str
    outcome: Outcome
    code: str
    rule: str
    status: int
    took_us: int
    received_bytes: int
    answered_bytes: int
    address: str


@router.get("/virtual-keys")
async def list_virtual_keys(caller: Reader, paging: AskedPage) -> Page[VirtualKey]:
    """List the virtual keys, also revoked ones, oldest first."""
    found = await caller.house.virtual_keys.list_virtual_keys(caller.owner)
    return cut(found, paging, _tell_listed, _id_of)


@router.post("/virtual-keys", status_code=201)
async def make_virtual_key(
    caller: KeyKeeper, wish: VirtualKeyWish, answer: Response
) -> VirtualKeyMade:
    """Make a virtual key and tell it this once; a kept answer could not be told again."""
    made = await caller.house.virtual_keys.make(
        caller.owner, wish.key, _read(wish), wish.label, wish.code
    )
    answer.headers[SHOWN_ONCE] = "true"
    virtual = made.virtual
    base = caller.house.settings.proxy_url(virtual.exchange, virtual.venue.value)
    return _tell_made(made, base)


@router.get("/virtual-keys/{virtual_key}")
async def get_virtual_key(caller: Reader, virtual_key: VirtualPath) -> VirtualKey:
    """Give one virtual key."""
    return _tell(await caller.house.virtual_keys.get(caller.owner, virtual_key))


@router.post("/virtual-keys/{virtual_key}/narrow")
async def narrow_virtual_key(
    caller: KeyKeeper, virtual_key: VirtualPath, wish: VirtualKeyLimits
) -> VirtualKey:
    """Hold a virtual key to more than before, at once; to less is not possible."""
    narrowed = await caller.house.virtual_keys.narrow(caller.owner, virtual_key, _read(wish))
    return _tell(narrowed)


@router.post("/virtual-keys/{virtual_key}/revoke")
async def revoke_virtual_key(caller: KeyKeeper, virtual_key: VirtualPath) -> VirtualKey:
    """End a virtual key for good, within a second."""
    return _tell(await caller.house.virtual_keys.revoke(caller.owner, virtual_key))


@router.get("/virtual-keys/{virtual_key}/uses")
async def list_virtual_key_uses(
    caller: Reader, virtual_key: VirtualPath, since_ms: Since = 0
) -> list[VirtualKeyUse]:
    """Tell how a virtual key was used since then, by the hour and by what refused."""
    found = await caller.house.virtual_keys.uses(caller.owner, virtual_key, since_ms)
    return [_tell_use(use) for use in found]


@router.get("/virtual-keys/{virtual_key}/requests")
async def list_virtual_key_requests(
    caller: Reader,
    virtual_key: VirtualPath,
    paging: AskedPage,
    outcome: Outcome | None = None,
    rule: ByRule = "",
    day: OnDay = "",
) -> Page[VirtualKeyRequest]:
    """List what was asked with a virtual key and what became of it, the newest first."""
    house, day_ms = caller.house, crossings.read_day(day)
    virtual = await house.virtual_keys.get(caller.owner, virtual_key)
    query = crossings.Query(virtual.id, outcome, rule, day_ms, paging.number())
    found = await crossings.find_crossings(house.database, caller.owner, query, paging.limit + 1)
    return page_of(found, paging, _tell_request, lambda it: it.n)


def _read(limits: VirtualKeyLimits) -> Wish:
    return Wish(
        scopes=tuple(limits.scopes),
        pairs=tuple(limits.pairs),
        sides=tuple(limits.order_sides),
        order_types=tuple(limits.order_types),
        largest_order=limits.largest_order,
        open_exposure=limits.open_exposure,
        day_turnover=limits.day_turnover,
        collar=limits.collar,
        addresses=tuple(limits.addresses),
        days=tuple(limits.days),
        hours=limits.hours,
        expires_ms=limits.expires_ms,
        rate=limits.rate,
    )


def _id_of(listed: Listed) -> str:
    return listed.virtual.id


def _tell_listed(listed: Listed) -> VirtualKey:
    return _tell(listed.virtual, listed.used_ms)


def _tell(virtual: model.VirtualKey, used_ms: int | None = None) -> VirtualKey:
    pairs = zip(told_restrictions(virtual.restrictions), words_of(virtual), strict=True)
    return VirtualKey(
        id=virtual.id,
        label=virtual.label,
        exchange=virtual.exchange,
        venue=virtual.venue,
        key=virtual.key_id,
        public_key=virtual.public,
        restrictions=[
            Restriction(
                number=restriction.number,
                rule=held.rule,
                says=held.value,
                facts=tell_facts({name: it for name, it in told.items() if name != "number"}),
            )
            for restriction, (told, held) in zip(virtual.restrictions, pairs, strict=True)
        ],
        created_ms=virtual.created_ms,
        expires_ms=virtual.expires_ms,
        revoked_ms=virtual.revoked_ms,
        used_ms=used_ms,
    )


def _tell_made(made: Made, base: str) -> VirtualKeyMade:
    drawn, virtual = made.drawn, made.virtual
    fields = {"api_key": drawn.api_key, "api_secret": drawn.api_secret.reveal()}
    if drawn.passphrase is not None:
        fields["passphrase"] = drawn.passphrase.reveal()
    pairs = next((sorted(it.symbols) for it in virtual.restrictions if isinstance(it, Pairs)), [])
    place = Place(base, base.replace("http", "ws", 1))
    recipes = write_recipes(get_card(virtual.exchange), drawn, place, tuple(pairs))
    return VirtualKeyMade(
        virtual_key=_tell(virtual),
        fields=fields,
        base_url=base,
        recipes={it.program: it.text.reveal() for it in recipes},
    )


def _tell_use(use: Use) -> VirtualKeyUse:
    return VirtualKeyUse(hour_ms=use.hour_ms, rule=use.rule, times=use.times, last_ms=use.last_ms)


def _tell_request(it: crossings.LoggedCrossing) -> VirtualKeyRequest:
    return VirtualKeyRequest(
        n=it.n,
        time_ms=it.at_ms,
        exchange=it.exchange,
        venue=Venue(it.venue),
        request=it.endpoint,
        outcome=it.outcome,
        code=it.code,
        rule=it.rule,
        status=it.status,
        took_us=it.took_us,
        received_bytes=it.received_bytes,
        answered_bytes=it.answered_bytes,
        address=it.address,
    )
