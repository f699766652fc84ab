"""Passkeys: a person's device logs them in, in place of password and authenticator's code.

A passkey does not stand in for the code where an action asks for one. What a device is asked,
and what proves its answer, is in `passkey_proof`.
"""

import asyncio
from enum import StrEnum
from typing import Final

from drawbridge.accounts import passkey_store, store
from drawbridge.accounts.model import clean_name
from drawbridge.accounts.passkey_proof import (
    ANSWER_WITHIN_MS,
    Place,
    ask_for_new,
    ask_for_use,
    find_credential_id,
    prove_new,
    prove_use,
)
from drawbridge.accounts.passkey_store import Kept, Passkey
from drawbridge.accounts.service import Audit
from drawbridge.accounts.throttle import check_attempts, limits_of_passkey
from drawbridge.accounts.tokens import Entropy, draw_token, hash_token
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, NotFound, NotProven
from drawbridge.core.ids import id_from
from drawbridge.core.secret import Secret
from drawbridge.storage.acting import begun_as_house
from drawbridge.storage.database import Database

MOST_PASSKEYS: Final = 20

_ID_BYTES: Final = 10
_CHALLENGE_BYTES: Final = 32


class _Purpose(StrEnum):
    """What a challenge is for: an answer to one is no answer to the other."""

    ADD = "add"
    LOG_IN = "log_in"


class Passkeys:
    """People's passkeys, over the database that has their accounts.

    A `visitor` is the token in a browser's cookie: who has been asked is who may answer.
    """

    def __init__(self, database: Database, audit: Audit, clock: Clock, entropy: Entropy) -> None:
        """Join the parts."""
        self._database = database
        self._audit = audit
        self._clock = clock
        self._entropy = entropy

    async def list_passkeys(self, owner: str) -> tuple[Passkey, ...]:
        """List a person's passkeys, the newest first."""
        return tuple(it.passkey for it in await passkey_store.list_kept(self._database, owner))

    async def check_adding(self, owner: str, name: str) -> None:
        """Make sure that a passkey of this name could be added; a code is asked for after that.

        Raises: as `begin_adding`.
        """
        clean_name(name)
        _check_count(await passkey_store.list_kept(self._database, owner))

    async def begin_adding(self, owner: str, visitor: str, name: str, place: Place) -> str:
        """Give what the browser asks the device for, as JSON; whoever calls asked for the code.

        Raises: `BadInput` for the name; `Conflict("too_many_passkeys")`.
        """
        clean_name(name)
        known = await store.find_by_id(self._database, owner)
        if known is None:
            raise NotFound("unknown_owner")
        kept = await passkey_store.list_kept(self._database, owner)
        _check_count(kept)
        challenge = await self._ask(visitor, _Purpose.ADD)
        here = [it.credential.id for it in kept if it.passkey.host == place.host]
        return ask_for_new(place, challenge, owner, known.owner.name, here)

    async def add(self, owner: str, visitor: str, name: str, place: Place, answer: str) -> Passkey:
        """Keep the passkey that the device has made.

        Raises: `NotProven("passkey_refused")`, `NotProven("passkey_late")`; `BadInput` for the
        name; `Conflict("too_many_passkeys")`.
        """
        called = clean_name(name)
        challenge = await self._take(visitor, _Purpose.ADD)
        credential = await asyncio.to_thread(prove_new, answer, challenge, place)
        passkey = Passkey(
            id=id_from("passkey", self._entropy(_ID_BYTES)),
            owner=owner,
            name=called,
            host=place.host,
            created_ms=self._clock.now_ms(),
        )
        # For the house: a device's passkey may be somebody else's here already.
        async with begun_as_house(self._database) as tx:
            _check_count(await passkey_store.list_kept(tx, owner))
            if await passkey_store.find_kept(tx, credential.id) is not None:
                raise NotProven("passkey_refused")
            await passkey_store.insert_passkey(tx, passkey, credential)
            facts = {"name": called, "host": place.host}
            await self._audit.record(tx, "account:passkey:added", owner, passkey.id, facts)
        return passkey

    async def remove(self, owner: str, passkey_id: str) -> None:
        """Let a passkey log nobody in any more. Raises: `NotFound("unknown_passkey")`."""
        async with self._database.transaction() as tx:
            name = await passkey_store.delete_passkey(tx, owner, passkey_id)
            if name is None:
                raise NotFound("unknown_passkey")
            facts = {"name": name}
            await self._audit.record(tx, "account:passkey:removed", owner, passkey_id, facts)

    async def begin_log_in(self, visitor: str, place: Place, address: str) -> str:
        """Give what the browser asks the device for, as JSON.

        Raises: `NotProven("too_many_attempts")` with `retry_after_ms`.
        """
        limits, now_ms = limits_of_passkey(address), self._clock.now_ms()
        async with self._database.transaction() as tx:
            check_attempts(limits, await store.read_tried(tx, limits, now_ms), now_ms)
            # Counted when it begins, because every answer needs a challenge of its own; a log-in
            # that succeeds clears the count.
            await store.insert_attempts(tx, limits, now_ms)
        return ask_for_use(place, await self._ask(visitor, _Purpose.LOG_IN))

    async def log_in(self, visitor: str, place: Place, answer: str, address: str) -> Secret:
        """Start a session for the owner of the passkey that answered, and give its token.

        Raises: `NotProven("passkey_refused")` alike for whatever is wrong;
        `NotProven("passkey_late")` for an answer that nobody waits for;
        `NotProven("person_ended")`.
        """
        challenge = await self._take(visitor, _Purpose.LOG_IN)
        named = find_credential_id(answer)
        kept = await passkey_store.find_kept(self._database, named) if named else None
        if kept is None:
            await self._tell_refusal("", address)
            raise NotProven("passkey_refused")
        try:
            count = await asyncio.to_thread(
                prove_use, answer, challenge, place, kept.passkey.owner, kept.credential
            )
        except NotProven:
            await self._tell_refusal(kept.passkey.owner, address)
            raise
        known = await store.find_by_id(self._database, kept.passkey.owner)
        if known is None or known.owner.ended_ms is not None:
            raise NotProven("person_ended")
        return await self._start_session(kept, count, address)

    async def _start_session(self, kept: Kept, sign_count: int, address: str) -> Secret:
        token, owner, now_ms = draw_token(self._entropy), kept.passkey.owner, self._clock.now_ms()
        async with self._database.transaction() as tx:
            if not await passkey_store.use_passkey(tx, kept, sign_count, now_ms):
                raise NotProven("passkey_refused")
            await store.forget_attempts(tx, limits_of_passkey(address), ())
            await store.insert_session(tx, hash_token(token.reveal()), owner, now_ms, address)
            facts = {"address": address, "passkey": kept.passkey.name}
            await self._audit.record(tx, "account:session:started", owner, owner, facts)
        return token

    async def _tell_refusal(self, owner: str, address: str) -> None:
        facts = {"wrong": "passkey", "address": address}
        async with self._database.transaction() as tx:
            await self._audit.record(tx, "account:session:refused", owner, owner, facts)

    async def _ask(self, visitor: str, purpose: _Purpose) -> bytes:
        challenge, now_ms = self._entropy(_CHALLENGE_BYTES), self._clock.now_ms()
        async with begun_as_house(self._database) as tx:
            await passkey_store.forget_challenges(tx, now_ms)
            asked = (hash_token(visitor), purpose)
            await passkey_store.put_challenge(tx, *asked, challenge, now_ms + ANSWER_WITHIN_MS)
        return challenge

    async def _take(self, visitor: str, purpose: _Purpose) -> bytes:
        # Taken in a transaction of its own: a wrong answer uses its challenge up as well.
        async with begun_as_house(self._database) as tx:
            challenge = await passkey_store.take_challenge(
                tx, hash_token(visitor), purpose, self._clock.now_ms()
            )
        if challenge is None:
            raise NotProven("passkey_late")
        return challenge


def _check_count(kept: tuple[Kept, ...]) -> None:
    if len(kept) >= MOST_PASSKEYS:
        raise Conflict("too_many_passkeys", most=MOST_PASSKEYS)
