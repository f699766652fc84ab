"""A person's licence, where an operator asks for one; elsewhere 404 `licence_not_asked`."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from drawbridge.core.errors import NotFound
from drawbridge.entrypoints.api.caller import Caller, KeyKeeper, Reader
from drawbridge.entrypoints.api.shapes import Asked, Moment, Text, Told
from drawbridge.licences.model import Act, Feature
from drawbridge.licences.service import Place, Shown
from drawbridge.licences.standing import State
from drawbridge.licences.store import Wish

router = APIRouter(tags=["licence"])

AskNumber = Annotated[int, Path(ge=1, le=2**53, examples=[1])]


class LicensedKey(Told):
    """A key and its account's place; `reason` is the code of why it has none."""

    id: str
    label: str
    place: Place
    reason: str


class LicenceTold(Told):
    """How the licence stands.

    `reason` is the code of why it lets nobody enter a position, empty where it does; `problem`
    that of what went wrong when the licence server was last asked. Without a licence, all from
    `holder` on is null or empty.
    """

    state: State
    lets_trade: bool
    reason: str
    problem: str
    holder: str | None
    slots: int
    used_slots: int
    features: list[Feature]
    expires_ms: Moment | None
    lease_ends_ms: Moment | None
    grace_ends_ms: Moment | None
    keys: list[LicensedKey]


class LicenceEntered(Asked):
    """The licence as the operator gave it out."""

    licence: str = Field(max_length=16_384, examples=["dblicence1.eyJ….c2ln"])


class LicenceWish(Asked):
    """What to ask of the licence server.

    `bind` gives a key's account a place, `archive` sets it aside, `claim` takes it from another
    licence by a signed read, `renew` and `release` are about the licence itself, and `recover`
    needs the `code` that came with it.
    """

    act: Act = Field(strict=False, examples=["renew"])
    key: Text = ""
    code: Text = ""


class LicenceAnswered(Told):
    """A question to the licence server; `code` is what it was refused with, once it is done."""

    id: int
    act: Act
    is_done: bool
    code: str


@router.get("/licence")
async def get_licence(caller: Reader) -> LicenceTold:
    """Tell how the licence stands."""
    return _tell(await caller.house.licences.show(caller.owner))


@router.put("/licence")
async def enter_licence(caller: KeyKeeper, wish: LicenceEntered) -> LicenceTold:
    """Enter a licence; the gateway then asks the licence server."""
    return _tell(await caller.house.licences.add(caller.owner, wish.licence))


@router.post("/licence/questions", status_code=202)
async def ask_licence_server(caller: KeyKeeper, wish: LicenceWish) -> LicenceAnswered:
    """Have the licence server asked; the gateway carries it out."""
    licences = caller.house.licences
    if wish.act is Act.RECOVER:
        number = await licences.recover(caller.owner, wish.code)
    else:
        number = await licences.wish(caller.owner, wish.act, wish.key)
    return await _answered(caller, number)


@router.get("/licence/questions/{question}")
async def get_licence_question(caller: Reader, question: AskNumber) -> LicenceAnswered:
    """Tell what became of a question."""
    return await _answered(caller, question)


async def _answered(caller: Caller, number: int) -> LicenceAnswered:
    found: Wish | None = await caller.house.licences.find_wish(caller.owner, number)
    if found is None:
        raise NotFound("licence_none_held")
    return LicenceAnswered(
        id=found.n, act=found.act, is_done=found.done_ms is not None, code=found.code
    )


def _tell(shown: Shown) -> LicenceTold:
    known = shown.known
    licence = None if known is None else known.licence
    lease = None if known is None else known.lease
    return LicenceTold(
        state=shown.state,
        lets_trade=shown.lets_trade,
        reason=shown.reason,
        problem=shown.problem,
        holder=None if licence is None else licence.holder,
        slots=0 if licence is None else licence.slots,
        used_slots=0 if lease is None else lease.used_slots,
        features=[] if licence is None else sorted(licence.features),
        expires_ms=None if licence is None else licence.expires_ms,
        lease_ends_ms=None if lease is None else lease.ends_ms,
        grace_ends_ms=None if lease is None else lease.grace_ends_ms,
        keys=[
            LicensedKey(id=it.key.id, label=it.key.label, place=it.place, reason=it.reason)
            for it in shown.keys
        ],
    )
