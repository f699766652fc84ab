"""Exchange keys: list, add, check, switch off and on, delete.

Secrets come in once, are sealed at once, and are in no answer. Where the page asks for the
authenticator's code, so does this: the right `keys` alone adds and deletes nothing.
"""

import asyncio
from dataclasses import replace

from fastapi import APIRouter
from pydantic import Field

from drawbridge.catalogue.registry import check_fields, get_card
from drawbridge.core.errors import BadInput
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.api.caller import KeyKeeper, Reader
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.shapes import (
    Asked,
    Code,
    Facts,
    KeyPath,
    Moment,
    Name,
    Reason,
    SecretText,
    Text,
    Told,
    tell_facts,
    tell_reason,
)
from drawbridge.vault.lives import Dated, LifeWish, read_made_ms
from drawbridge.vault.model import Added, KeyRecord, KeyStatus, Proof, Venue
from drawbridge.verification.store import Check, CheckStep, Step, StepState

router = APIRouter(tags=["keys"])


class KeyLifeTold(Told):
    """What a key's owner chose, and from where its end is known.

    `made_ms` is the day that the owner named. So long before the end robots pause
    (`pause_before_ms`); with `closes`, they close their positions first. `watched`: trades on the
    account that were not made from here raise an alarm.
    """

    made_ms: Moment | None
    dated: Dated
    pause_before_ms: int
    closes: bool
    watched: bool


class Key(Told):
    """A key without its secrets; `public_key` is its name at the exchange.

    `check_requested_ms` is when a check was asked for that has not ended, `pauses_ms` when robots
    pause because it ends. `account_hint` is how the exchange calls the account, where it tells.
    """

    id: str
    label: str
    exchange: str
    venue: Venue
    public_key: str
    status: KeyStatus
    reason: Reason | None
    scopes: list[Scope]
    created_ms: Moment
    checked_ms: Moment | None
    expires_ms: Moment | None
    check_requested_ms: Moment | None
    pauses_ms: Moment | None
    account_hint: str
    life: KeyLifeTold


class KeyWish(Asked):
    """A key to be added, by the fields that `/exchanges/{exchange}` lists.

    `made` is the day on which it was made, such as `2026-11-22`, where the exchange tells none.
    """

    exchange: Name
    venue: Venue = Field(Venue.PAPER, strict=False)
    label: Text = ""
    proof: Proof = Field(Proof.ORDER, strict=False)
    made: Text = ""
    fields: dict[Text, SecretText] = Field(
        max_length=10, examples=[{"api_key": "…", "api_secret": "…"}]
    )
    code: Code


class KeyAdded(Told):
    """A key just stored. From the fields in `cleaned` blanks or quotes were taken off."""

    key: Key
    cleaned: list[str]
    seen_before: bool


class CheckWish(Asked):
    """How a check is to prove the right to trade."""

    proof: Proof = Field(Proof.ORDER, strict=False)


class CodeGiven(Asked):
    """The proof that a person stands behind it."""

    code: Code


class CheckStepTold(Told):
    """One step of a check; `facts` tell how it ended, also where there is no `reason`."""

    step: Step
    state: StepState
    reason: Reason | None
    facts: Facts
    at_ms: Moment


class CheckTold(Told):
    """The last check of a key; number 0 where there was none yet."""

    number: int
    is_done: bool
    steps: list[CheckStepTold]
    remarks: list[Reason]


@router.get("/keys")
async def list_keys(caller: Reader, paging: AskedPage) -> Page[Key]:
    """List the keys in the order in which they were added."""
    return cut(await caller.house.vault.list_keys(caller.owner), paging, tell_key, _id_of)


@router.post("/keys", status_code=201)
async def add_key(caller: KeyKeeper, wish: KeyWish) -> KeyAdded:
    """Store a key and have it checked. Its secrets are sealed at once and never told again."""
    card = get_card(wish.exchange)
    if any(card.find_credential(name) is None for name in wish.fields):
        # The name is not told: a secret may stand where a name belongs.
        known = [part.field for part in card.credentials]
        raise BadInput("key_fields_unknown", field="fields", exchange=card.name, known=known)
    texts = {name: value.get_secret_value() for name, value in wish.fields.items()}
    try:
        # Looked at before the code is asked for, because a code counts only once; in a thread,
        # because reading an RSA key takes a while.
        await asyncio.to_thread(check_fields, card, texts)
        read_made_ms(wish.made, caller.house.clock.now_ms())
        await caller.check_code(wish.code)
        added = await caller.house.vault.add(
            caller.owner, card.id, wish.venue, texts, wish.label, proof=wish.proof
        )
    finally:
        texts.clear()
    if wish.made:
        said = LifeWish(made=wish.made)
        key = await caller.house.lives.change(caller.owner, added.key.id, said)
        added = replace(added, key=key)
    return _tell_added(added)


@router.get("/keys/{key}")
async def get_key(caller: Reader, key: KeyPath) -> Key:
    """Give one key."""
    return tell_key(await caller.house.vault.get_key(caller.owner, key))


@router.get("/keys/{key}/check")
async def get_check(caller: Reader, key: KeyPath) -> CheckTold:
    """Give the last check of a key with its steps; while it runs, look again."""
    found = await caller.house.vault.get_key(caller.owner, key)
    return _tell_check(await caller.house.checks.find_latest(found.id))


@router.post("/keys/{key}/check", status_code=202)
async def request_check(caller: KeyKeeper, key: KeyPath, wish: CheckWish | None = None) -> Key:
    """Ask for a key to be checked anew."""
    proof = wish.proof if wish else Proof.ORDER
    return tell_key(await caller.house.vault.request_check(caller.owner, key, proof=proof))


@router.post("/keys/{key}/disable")
async def disable_key(caller: KeyKeeper, key: KeyPath) -> Key:
    """Switch a key off; from now on nothing crosses with it."""
    return tell_key(await caller.house.vault.disable(caller.owner, key))


@router.post("/keys/{key}/enable")
async def enable_key(caller: KeyKeeper, key: KeyPath, given: CodeGiven) -> Key:
    """Switch a key on again; it is checked before it is used."""
    await caller.house.vault.get_key(caller.owner, key)
    await caller.check_code(given.code)
    return tell_key(await caller.house.vault.enable(caller.owner, key))


@router.post("/keys/{key}/delete", status_code=204)
async def delete_key(caller: KeyKeeper, key: KeyPath, given: CodeGiven) -> None:
    """Erase a key's secrets and take it out of every list; no robot may work with it."""
    await caller.house.vault.get_key(caller.owner, key)
    await caller.check_code(given.code)
    await caller.house.vault.delete(caller.owner, key)


def _id_of(key: KeyRecord) -> str:
    return key.id


def tell_key(key: KeyRecord) -> Key:
    """Tell a key."""
    return Key(
        id=key.id,
        label=key.label,
        exchange=key.exchange,
        venue=key.venue,
        public_key=key.public_key,
        status=key.status,
        reason=tell_reason(key.reason, key.facts),
        scopes=sorted(key.scopes),
        created_ms=key.created_ms,
        checked_ms=key.checked_ms,
        expires_ms=key.expires_ms,
        check_requested_ms=key.check_requested_ms,
        pauses_ms=key.pauses_ms,
        account_hint=key.account_hint,
        life=KeyLifeTold(
            made_ms=key.life.made_ms,
            dated=key.life.dated,
            pause_before_ms=key.life.pause_before_ms,
            closes=key.life.closes,
            watched=key.life.watched,
        ),
    )


def _tell_added(added: Added) -> KeyAdded:
    return KeyAdded(
        key=tell_key(added.key), cleaned=list(added.notes), seen_before=added.seen_before
    )


def _tell_check(check: Check | None) -> CheckTold:
    if check is None:
        return CheckTold(number=0, is_done=False, steps=[], remarks=[])
    remarks = [tell_reason(it.code, it.facts) for it in check.remarks]
    return CheckTold(
        number=check.number,
        is_done=check.is_done,
        steps=[_tell_step(step) for step in check.steps],
        remarks=[it for it in remarks if it is not None],
    )


def _tell_step(step: CheckStep) -> CheckStepTold:
    return CheckStepTold(
        step=step.step,
        state=step.state,
        reason=tell_reason(step.code, tell_facts(step.facts)),
        facts=tell_facts(step.facts),
        at_ms=step.at_ms,
    )
