"""A judged request's way to the exchange: stamp, open, sign, send, have it read.

For what crosses from inside and for what bots send alike. Whether it may go was decided before,
and what is written down about it is the business of who sends it.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import partial
from typing import Final, Protocol, TypeVar

from drawbridge.catalogue.registry import Exchange, credential_of
from drawbridge.core.errors import ExchangeDown, NotProven
from drawbridge.core.operations import Scope
from drawbridge.core.secret import Secret
from drawbridge.core.tracing import step
from drawbridge.core.values import light_value
from drawbridge.gateway.asking import Asking
from drawbridge.gateway.budgets import Payer
from drawbridge.gateway.permission import Permission, moved
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.stamps import Place, Stamps
from drawbridge.vault.model import KeyRecord
from drawbridge.wire.dialect import sign
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.naming import KEY, named
from drawbridge.wire.stamps import Ends, StampKind

A = TypeVar("A")

# The exchange refused the stamp, so the request was not carried out and may be stamped anew.
STAMP_TROUBLE: Final = frozenset(
    {"stale_stamp", "stamp_ahead", "used_nonce", "bad_stamp", "deadline_passed"}
)
_READING: Final = frozenset({None, Scope.READ})


class Opening(Protocol):
    """What opens a key's sealed fields for the time of a block."""

    def find_open(
        self, key_id: str, *, purpose: str
    ) -> AbstractContextManager[Mapping[str, Secret]] | None:
        """Open them at once, None where that takes a wait. Raises: as `open_fields`."""

    def open_fields(
        self, key_id: str, *, purpose: str
    ) -> AbstractAsyncContextManager[Mapping[str, Secret]]:
        """Open them. Raises: `Corrupted`, `Forbidden` while the vault is locked."""


@light_value
class Outgoing:
    """A request that was judged and paid for; its key signs it."""

    key: KeyRecord
    exchange: Exchange
    purpose: Purpose
    request: WireRequest
    endpoint: Endpoint
    payer: Payer
    has_marks: bool = False

    @property
    def place(self) -> Place:
        """Give the exchange and the venue that it goes to."""
        return (self.key.exchange, self.key.venue)


class Sending:
    """Signs and sends."""

    def __init__(
        self, opening: Opening, asking: Asking, stamps: Stamps, permission: Permission
    ) -> None:
        """Join the parts."""
        self._opening = opening
        self._asking = asking
        self._stamps = stamps
        self.permission = permission

    async def carry(self, outgoing: Outgoing, read: Callable[[WireAnswer], A]) -> A:
        """Sign and send a request, and give what `read` makes of its answer.

        Where `read` raises that the stamp was refused, nothing happened: it is signed once more.
        Raises: what `read` raises; as `Egress.send`, `Opening.open_fields`, `Permission.left_ms`.
        """
        try:
            return await self._signed_and_sent(outgoing, read)
        except NotProven as error:
            if error.code not in STAMP_TROUBLE:
                raise
        # Our clock had drifted from theirs: learn it anew and try this once more.
        await self._asking.learn_clock(outgoing.place)
        try:
            return await self._signed_and_sent(outgoing, read)
        except NotProven as error:
            if error.code not in STAMP_TROUBLE:
                raise
            # Nothing happened, and the key is not to blame: later, the clock is learnt once more.
            self._stamps.forget(outgoing.place)
            down = ExchangeDown(error.code)
            down.facts.update(error.facts)
            raise down from None

    async def _signed_and_sent(self, outgoing: Outgoing, read: Callable[[WireAnswer], A]) -> A:
        place, rule = outgoing.place, outgoing.exchange.card.stamp
        if self._stamps.find_offset(place) is None:
            await self._asking.know_clock(place)
        if rule.kind is StampKind.TIME:
            return read(await self._sent(outgoing, self._stamps.time_stamp(place, rule)))
        in_turn = self._stamps.stamped(outgoing.key.id, place, rule, outgoing.payer.caller)
        async with in_turn as stamp:
            return read(await self._sent(outgoing, stamp))

    async def _sent(self, outgoing: Outgoing, stamp: str) -> WireAnswer:
        key, purpose = outgoing.key, outgoing.purpose
        # Behind every wait for a clock or a turn: what was ours when it was judged may have moved.
        left_ms = self.permission.left_ms(key.id)
        until_ms = None if left_ms is None else self._until_ms(outgoing, left_ms)
        # The secret is open for the time of one signature and not for that of the answer.
        opened = self._opening.find_open(key.id, purpose=purpose)
        if opened is None:
            async with self._opening.open_fields(key.id, purpose=purpose) as fields:
                signed = _signed(outgoing, fields, stamp, until_ms)
        else:
            with opened as fields, step("sign"):
                signed = _signed(outgoing, fields, stamp, until_ms)
        payer, exchange, endpoint = outgoing.payer, outgoing.exchange, outgoing.endpoint
        if left_ms is None:
            return await self._asking.send(payer, exchange, endpoint, signed, None)
        # Opening and finding a connection may be waits too, so whoever sends asks once more.
        leave = partial(self.permission.left_ms, key.id)
        with self.permission.under_way.sent(key.id):
            return await self._asking.send(payer, exchange, endpoint, signed, leave)

    def _until_ms(self, outgoing: Outgoing, left_ms: int) -> int | None:
        """Give until when a request may be good, in the exchange's time: never beyond the claim.

        Raises: `ExchangeDown("account_moved")` where less is left than the exchange takes.
        """
        window, rule = outgoing.exchange.card.window, outgoing.exchange.card.stamp
        only_orders = window.covers is Ends.ORDERS and outgoing.endpoint.scope in _READING
        if not window.name or only_orders:
            return None
        if left_ms < window.least_ms:
            if rule.kind is StampKind.NONCE:
                # Late, it meets the higher nonce of whoever has asked for the account by then.
                return None
            raise moved()
        return self._asking.now_ms(outgoing.place) + min(left_ms, window.most_ms)


def _signed(
    outgoing: Outgoing, fields: Mapping[str, Secret], stamp: str, until_ms: int | None
) -> WireRequest:
    credential, request = credential_of(outgoing.exchange, fields), outgoing.request
    if outgoing.has_marks:
        request = named(request, {KEY: credential.key})
    return sign(outgoing.exchange.dialect, request, credential, stamp, until_ms)
