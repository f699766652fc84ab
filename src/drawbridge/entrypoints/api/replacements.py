"""Replacing a key in place: the new one comes in once, and what is to be decided is said here."""

from fastapi import APIRouter
from pydantic import Field

from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.entrypoints.api.caller import Caller, KeyKeeper, Reader
from drawbridge.entrypoints.api.shapes import (
    Asked,
    Code,
    KeyPath,
    Moment,
    Reason,
    SecretText,
    Text,
    Told,
    tell_reason,
)
from drawbridge.rotation.replacement import AccountProof, ReplacementAct, ReplacementState
from drawbridge.rotation.replacements import Told as Replacing
from drawbridge.vault.model import Proof

router = APIRouter(tags=["replacements"])


class NewSecret(Asked):
    """The key that is to take another one's place, by the fields of its exchange."""

    proof: Proof = Field(Proof.ORDER, strict=False)
    fields: dict[Text, SecretText] = Field(
        max_length=10, examples=[{"api_key": "…", "api_secret": "…"}]
    )
    code: Code


class ActWish(Asked):
    """What is to be done about a replacement; `acts` of the replacement names what can be."""

    act: ReplacementAct = Field(strict=False)


class ReplacementTold(Told):
    """How far a replacement is.

    `proof` is what showed that both keys are of one account, empty while nothing has.
    `public_key` is what the key is called at the exchange now, `other_public_key` the one that is
    to take its place, or from the swap on the old one; null once that is forgotten.
    """

    id: str
    key: str
    state: ReplacementState
    proof: AccountProof
    reason: Reason | None
    acts: list[ReplacementAct]
    public_key: str
    other_public_key: str | None
    begun_ms: Moment
    switched_ms: Moment | None
    ended_ms: Moment | None


@router.post("/keys/{key}/replacement", status_code=202)
async def replace_key(caller: KeyKeeper, key: KeyPath, wish: NewSecret) -> ReplacementTold:
    """Take in the key that is to replace this one; it is checked, proven and swapped."""
    owner, house = caller.owner, caller.house
    found = await house.vault.get_key(owner, key)
    card = get_card(found.exchange)
    if any(card.find_credential(name) is None for name in wish.fields):
        # The name is not told: a secret may stand where a name belongs.
        known = [part.field for part in card.credentials]
        raise BadInput("key_fields_unknown", field="fields", exchange=card.name, known=known)
    texts = {name: value.get_secret_value() for name, value in wish.fields.items()}
    try:
        # Looked at before the code is asked for, because a code counts only once.
        await house.replacements.check_entry(owner, key, texts)
        await caller.check_code(wish.code)
        await house.replacements.enter(owner, key, texts, wish.proof)
    finally:
        texts.clear()
    return await _find(caller, key)


@router.get("/keys/{key}/replacement")
async def get_replacement(caller: Reader, key: KeyPath) -> ReplacementTold:
    """Tell how far the newest replacement of a key is."""
    return await _find(caller, key)


@router.post("/keys/{key}/replacement/act")
async def act_on_replacement(caller: KeyKeeper, key: KeyPath, wish: ActWish) -> ReplacementTold:
    """Do something about a replacement that is under way."""
    await caller.house.replacements.do(caller.owner, key, wish.act)
    return await _find(caller, key)


async def _find(caller: Caller, key: str) -> ReplacementTold:
    told = await caller.house.replacements.find(caller.owner, key)
    if told is None:
        found = await caller.house.vault.get_key(caller.owner, key)
        raise NotFound("no_replacement", label=found.label)
    return _tell(told)


def _tell(told: Replacing) -> ReplacementTold:
    it = told.replacement
    return ReplacementTold(
        id=it.id,
        key=it.key_id,
        state=it.state,
        proof=it.proof,
        reason=tell_reason(it.reason, it.facts),
        acts=list(it.acts),
        public_key=told.key.public_key,
        other_public_key=told.stand_in.public_key if told.stand_in else None,
        begun_ms=it.begun_ms,
        switched_ms=it.switched_ms,
        ended_ms=it.ended_ms,
    )
