"""The exchanges that are known, and how to make a key at each of them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from drawbridge.app.guiding import guide_at
from drawbridge.app.observing.cluster import outgoing_addresses
from drawbridge.catalogue.card import Card, CredentialField, Need, Status
from drawbridge.catalogue.guide import Guide, Purpose, Switch, Tone, Wanted
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.api.caller import Reader
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.shapes import LONGEST_TEXT, Told
from drawbridge.vault.model import Venue
from drawbridge.wording.say import say

router = APIRouter(tags=["exchanges"])

ExchangeId = Annotated[str, Path(max_length=LONGEST_TEXT)]


class FieldTold(Told):
    """A field that a key consists of; `label` is what the exchange calls it."""

    field: str
    label: str
    is_secret: bool
    is_required: bool
    replaces: str


class Exchange(Told):
    """An exchange; where `takes_keys` is false, it is gone or has become another."""

    id: str
    name: str
    status: Status
    level: str
    homepage: str
    takes_keys: bool
    fields: list[FieldTold]


class GuideStep(Told):
    """One thing to do; `url` is empty where it leads nowhere."""

    text: str
    url: str


class SwitchTold(Told):
    """A switch as the exchange shows it, and how it must stand."""

    group: str
    label: str
    api: str
    wanted: Wanted
    need: Need
    scopes: list[Scope]


class RemarkTold(Told):
    """Something to know beforehand."""

    text: str
    tone: Tone


class GuideTold(Told):
    """How to make a key."""

    exchange: str
    purpose: Purpose
    steps: list[GuideStep]
    switches: list[SwitchTold]
    addresses: list[str]
    remarks: list[RemarkTold]
    differences: list[str]
    not_established: list[str]


@router.get("/exchanges")
async def list_exchanges(caller: Reader, paging: AskedPage) -> Page[Exchange]:
    """List the exchanges, those that are gone included."""
    del caller
    return cut(map(get_card, exchange_ids()), paging, _tell_exchange, lambda card: card.id)


@router.get("/exchanges/{exchange}")
async def get_exchange(caller: Reader, exchange: ExchangeId) -> Exchange:
    """Give one exchange, and which fields its keys consist of."""
    del caller
    return _tell_exchange(get_card(exchange))


@router.get("/exchanges/{exchange}/guide")
async def get_guide(
    caller: Reader,
    exchange: ExchangeId,
    purpose: Annotated[Purpose, Query(description="What the key is for.")] = Purpose.TRADING,
    venue: Annotated[Venue, Query(description="Where the key is good.")] = Venue.LIVE,
) -> GuideTold:
    """Tell how to make a key there, step by step."""
    addresses = await outgoing_addresses(caller.house)
    return _tell_guide(guide_at(get_card(exchange), purpose, venue, addresses))


def _tell_exchange(card: Card) -> Exchange:
    return Exchange(
        id=card.id,
        name=card.name,
        status=card.status,
        level=card.level.name.lower(),
        homepage=card.homepage,
        takes_keys=card.takes_keys,
        fields=[_tell_field(part) for part in card.credentials],
    )


def _tell_field(part: CredentialField) -> FieldTold:
    return FieldTold(
        field=part.field,
        label=part.label,
        is_secret=part.secret,
        is_required=part.required,
        replaces=part.either,
    )


def _tell_guide(guide: Guide) -> GuideTold:
    return GuideTold(
        exchange=guide.exchange,
        purpose=guide.purpose,
        steps=[GuideStep(text=say(it.key, **it.facts), url=it.url) for it in guide.steps],
        switches=[
            _tell_switch(group.name, switch) for group in guide.groups for switch in group.switches
        ],
        addresses=list(guide.addresses),
        remarks=[RemarkTold(text=say(it.key, **it.facts), tone=it.tone) for it in guide.remarks],
        differences=[say(it.key, **it.facts) for it in guide.differences],
        not_established=[say(it.key) for it in guide.doubts],
    )


def _tell_switch(group: str, switch: Switch) -> SwitchTold:
    return SwitchTold(
        group=group,
        label=switch.label,
        api=switch.api,
        wanted=switch.wanted,
        need=switch.need,
        scopes=list(switch.scopes),
    )
