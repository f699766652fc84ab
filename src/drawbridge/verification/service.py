"""Check a key: format, clock, rights, verdict, balance, a probe order placed and cancelled.

One check per key at a time; who asks meanwhile joins it. Each step is written as it happens.
What a finding means is decided in `verdict.py`; what is sent crosses the gateway.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from drawbridge.catalogue.card import Card
from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import Clock
from drawbridge.core.errors import (
    Conflict,
    DrawbridgeError,
    ExchangeDown,
    OutcomeUnknown,
)
from drawbridge.core.markets import Market, Ticker
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetTicker,
    PlaceOrder,
)
from drawbridge.core.orders import Order
from drawbridge.core.shards import shard_of
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.permission import MOVED, never_left
from drawbridge.gateway.policy import Purpose
from drawbridge.vault.model import IN_USE, KeyRecord, KeyStatus, Proof, Standing
from drawbridge.verification.patience import Patience
from drawbridge.verification.probe_order import Plan, candidates, changed, plan, probe_id
from drawbridge.verification.probing import Probing
from drawbridge.verification.progress import Progress, told
from drawbridge.verification.rights import ask_rights
from drawbridge.verification.store import CheckStore, PendingProbe, Step
from drawbridge.verification.verdict import (
    Born,
    ProbeEnd,
    ProbeOutcome,
    Remark,
    Verdict,
    judge_error,
    judge_probe,
    judge_rights,
)

_LONGEST_S: Final = 60
_STATUSES_WITHOUT_CHECK: Final[Mapping[KeyStatus, str]] = {
    KeyStatus.REFUSED: "key_refused",
    KeyStatus.DISABLED: "key_disabled",
}


class KeyShelf(Protocol):
    """What a check needs of the vault."""

    async def get_record(self, key_id: str) -> KeyRecord:
        """Give a key's record. Raises: `NotFound("unknown_key")`."""

    async def record_verdict(self, key_id: str, standing: Standing) -> KeyRecord:
        """Keep what a check found out."""

    async def list_standing(self, *statuses: KeyStatus) -> tuple[KeyRecord, ...]:
        """List everybody's keys that stand in one of these states."""

    async def refuse(self, key_id: str, reason: str, facts: Mapping[str, object]) -> KeyRecord:
        """Refuse a key for good and erase its sealed secret."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One check under way."""

    key: KeyRecord
    exchange: Exchange
    number: int
    proof: Proof
    progress: Progress
    # The share's version when it began.
    seen: int
    patience: Patience = field(default_factory=Patience)

    @property
    def card(self) -> Card:
        return self.exchange.card

    @property
    def is_unproven(self) -> bool:
        """Tell whether nothing is to be proven; who asked for a dry run never gets an order."""
        no_dry_run = self.proof is Proof.DRY_RUN and not self.card.probe_order.dry_run
        return self.proof is Proof.SKIP or no_dry_run


class Verification:
    """The checks of this process, of the accounts for which it works."""

    def __init__(
        self,
        gateway: Gateway,
        keys: KeyShelf,
        checks: CheckStore,
        probing: Probing,
        clock: Clock,
        share: Share = WHOLE,
    ) -> None:
        """Join the parts."""
        self.share = share
        self._gateway = gateway
        self._keys = keys
        self._checks = checks
        self._probing = probing
        self._clock = clock
        self._running: dict[str, asyncio.Task[Verdict]] = {}

    async def verify(self, key_id: str, *, proof: Proof = Proof.ORDER) -> Verdict:
        """Check a key, or join the check that is under way.

        Raises: `NotFound("unknown_key")`, `Conflict("key_refused")`, `Conflict("key_disabled")`.
        What goes wrong at the exchange is not raised; it is the verdict.
        """
        task = self._running.get(key_id)
        if task is None:
            task = asyncio.create_task(self._verify(key_id, proof))
            self._running[key_id] = task
            task.add_done_callback(lambda _: self._running.pop(key_id, None))
        # Whoever asked may go away; the check goes on, and its result is kept with the key.
        return await asyncio.shield(task)

    async def tell_left_behind(self) -> None:
        """Show the keys whose check a crash ended, and whose probe order may still be open.

        Call it at start, before any check, and when accounts come from another process. It asks
        no exchange, so a locked vault does not keep a person from seeing the order that waits.
        """
        waiting = {pending.key_id: pending for pending in await self._pending_probes()}
        for key in await self._keys.list_standing(KeyStatus.CHECKING):
            if key.id in waiting and key.id not in self._running:
                await self._show_pending(key, waiting[key.id])

    async def clean_up(self) -> int:
        """End the probe orders that a crash or an outage left behind; tell how many remain.

        Call it at start and now and then while some remain.
        Why: one that cannot be ended (its key was deleted) must not keep the others waiting.
        """
        remaining = 0
        for pending in await self._pending_probes():
            if pending.key_id in self._running:
                continue
            try:
                remaining += not await self._cleaned(pending)
            except DrawbridgeError:
                remaining += 1
        for key in await self._keys.list_standing(KeyStatus.CHECKING):
            # A check that is still wished for is made anew; of any other, its end is told.
            if key.id not in self._running and key.check_requested_ms is None:
                found = Verdict(KeyStatus.UNVERIFIED, "check_interrupted", scopes=key.scopes)
                await self._keys.record_verdict(key.id, found.standing(key.status))
        return remaining

    async def _pending_probes(self) -> list[PendingProbe]:
        probes = await self._checks.pending_probes()
        return [it for it in probes if self.share.holds(it.key_id)]

    async def _verify(self, key_id: str, proof: Proof) -> Verdict:
        key = await self._keys.get_record(key_id)
        if code := _STATUSES_WITHOUT_CHECK.get(key.status):
            raise Conflict(code, label=key.label)
        number = await self._checks.begin(key_id)
        progress = Progress(self._checks, key_id, number)
        seen = self.share.version
        case = _Case(key, get_exchange(key.exchange), number, proof, progress, seen)
        found = Verdict(None, "check_interrupted")
        try:
            found = await self._found(case)
        finally:
            await self._keep(case, found)
        return found

    async def _found(self, case: _Case) -> Verdict:
        try:
            async with asyncio.timeout(_LONGEST_S):
                return await self._steps(case)
        except TimeoutError:
            found = Verdict(None, "check_too_slow", {"exchange": case.card.name})
        except DrawbridgeError as error:
            found = judge_error(case.card, error)
            if never_left(error):
                return found
        for probe in await self._checks.pending_probes():
            if probe.key_id == case.key.id:
                facts = {"order": probe.client_id, "symbol": probe.symbol}
                return judge_probe(case.card, found, ProbeOutcome(ProbeEnd.PENDING, facts=facts))
        return found

    async def _keep(self, case: _Case, found: Verdict) -> None:
        if found.reason == MOVED or not self._is_ours(case):
            # Nothing is known but that another process works for the account, or is about to: it
            # finds the check as a crash would have left it, and makes it anew.
            return
        standing = found.standing(_settled_status(case.key.status))
        if found.status is None:
            key = case.key
            standing = replace(
                standing, scopes=key.scopes, expires_ms=key.expires_ms, dated=key.life.dated
            )
        if found.status is KeyStatus.REFUSED:
            await self._keys.refuse(case.key.id, standing.reason, standing.facts)
        else:
            await self._keys.record_verdict(case.key.id, standing)
        await case.progress.end(found)

    def _is_ours(self, case: _Case) -> bool:
        """Tell whether its account is ours, and was all the time since the check began."""
        key_id = case.key.id
        is_back = shard_of(key_id) in self.share.gained_since(case.seen)
        return self.share.holds(key_id) and not is_back

    async def _steps(self, case: _Case) -> Verdict:
        key, card, progress = case.key, case.card, case.progress
        if left := await self._left_behind(case):
            return left
        await self._keys.record_verdict(key.id, _checking(key))
        async with progress.step(Step.FORMAT):
            await self._gateway.try_signer(key.id)
        async with progress.step(Step.CLOCK) as facts:
            offset = await self._gateway.learn_clock(key.exchange, key.venue)
            facts["ahead_ms"] = offset.ahead_ms
        async with progress.step(Step.RIGHTS) as facts:
            rights = await ask_rights(self._gateway, case.exchange, key.id, case.patience)
            facts["switches"] = sorted(rights.switches)
        now_ms = self._clock.now_ms()
        found = judge_rights(card, rights, now_ms, Born.of(key))
        async with progress.step(Step.VERDICT) as facts:
            facts.update(told(found))
        if found.status not in IN_USE:
            # A key with a forbidden right never gets as far as an order.
            return found
        async with progress.step(Step.BALANCE) as facts:
            balances = await self._balances(case)
            facts["currencies"] = sum(1 for balance in balances if balance.total)
        if not found.may_trade or case.is_unproven:
            await progress.skip(Step.PROBE_PLACED, Step.PROBE_CANCELLED)
            skipped = ProbeOutcome(ProbeEnd.SKIPPED)
            return judge_probe(card, found, skipped) if found.may_trade else found
        return await self._proven(case, found, balances)

    async def _proven(self, case: _Case, found: Verdict, balances: tuple[Balance, ...]) -> Verdict:
        key, card, progress = case.key, case.card, case.progress
        async with progress.step(Step.PROBE_PLACED) as facts:
            placed = await self._placed(case, balances)
            if isinstance(placed, Order):
                facts.update(order=placed.order_id, symbol=placed.symbol)
            else:
                facts.update(placed.facts, end=placed.end.value)
        if isinstance(placed, ProbeOutcome):
            await progress.skip(Step.PROBE_CANCELLED)
            return judge_probe(card, found, placed)
        async with progress.step(Step.PROBE_CANCELLED) as facts:
            outcome = await self._probing.end(key.id, placed)
            facts.update(outcome.facts, end=outcome.end.value)
        found = judge_probe(card, found, outcome)
        if outcome.end is ProbeEnd.CANCELLED:
            found = await self._compared(case, found, balances)
        return found

    async def _placed(self, case: _Case, balances: tuple[Balance, ...]) -> Order | ProbeOutcome:
        key, card = case.key, case.card
        tickers = await self._tickers(case)
        planned = plan(card.probe_order, tickers, balances, probe_id(key.id, case.number))
        if not planned.needed_currency:
            return ProbeOutcome(ProbeEnd.REFUSED, "no_probe_market")
        if planned.order is None:
            return ProbeOutcome(ProbeEnd.FUNDS_MISSING, facts=_needed(planned))
        if case.proof is Proof.DRY_RUN:
            return await self._dry_run(key.id, replace(planned.order, dry_run=True))
        placed = await self._probing.place(key.id, case.number, planned.order, card.stamp)
        if isinstance(placed, ProbeOutcome) and placed.end is ProbeEnd.FUNDS_MISSING:
            return replace(placed, facts=_needed(planned))
        return placed

    async def _dry_run(self, key_id: str, order: PlaceOrder) -> ProbeOutcome:
        try:
            await self._gateway.call(key_id, order, purpose=Purpose.CHECK)
        except (ExchangeDown, OutcomeUnknown):
            raise
        except DrawbridgeError as error:
            return ProbeOutcome(ProbeEnd.REFUSED, error.code, error.facts)
        return ProbeOutcome(ProbeEnd.DRY_RUN)

    async def _compared(self, case: _Case, found: Verdict, before: tuple[Balance, ...]) -> Verdict:
        after = await self._balances(case)
        differences = changed(before, after)
        if not differences:
            return found
        # Another program may trade on the same account; hiding it would be worse than asking.
        told = ", ".join(f"{amount:+f} {name}" for name, amount in differences.items())
        remark = Remark("balances_changed", {"changes": told})
        return replace(found, remarks=(*found.remarks, remark))

    async def _balances(self, case: _Case) -> tuple[Balance, ...]:
        ask = partial(self._gateway.call, case.key.id, GetBalances(), purpose=Purpose.CHECK)
        return await case.patience.wait_out(ask)

    async def _tickers(self, case: _Case) -> list[tuple[Market, Ticker]]:
        exchange_id, venue = case.key.exchange, case.key.venue
        markets = await self._gateway.markets(exchange_id, venue)
        told = []
        for market in candidates(case.card, markets):
            ask = partial(self._gateway.call_public, exchange_id, venue, GetTicker(market.symbol))
            told.append((market, await case.patience.wait_out(ask)))
        return told

    async def _left_behind(self, case: _Case) -> Verdict | None:
        """End what an earlier check left behind; give the verdict if this one may not go on.

        Why: never two probe orders of one key, whoever asks for its check.
        """
        for pending in await self._checks.pending_probes():
            if pending.key_id != case.key.id:
                continue
            outcome = await self._probing.resume(pending, case.card.stamp)
            if outcome.may_go_by:
                await self._show_pending(case.key, pending)
                outcome = await self._probing.insist(pending, case.card.stamp)
            if outcome.end is ProbeEnd.PENDING:
                return _left_pending(case.key, pending)
            if outcome.end is ProbeEnd.FILLED:
                return _cleaned_up(case.key, outcome)
        return None

    async def _show_pending(self, key: KeyRecord, pending: PendingProbe) -> None:
        """Show that an order waits; the check itself has not ended, and goes on once it is gone."""
        standing = _left_pending(key, pending).standing(key.status)
        await self._keys.record_verdict(key.id, replace(standing, is_interim=True))

    async def _cleaned(self, pending: PendingProbe) -> bool:
        key = await self._keys.get_record(pending.key_id)
        rule = get_exchange(key.exchange).card.stamp
        outcome = await self._probing.resume(pending, rule)
        if outcome.end is ProbeEnd.PENDING:
            return False
        key = await self._keys.get_record(pending.key_id)
        if key.status is KeyStatus.CLEANUP_PENDING and key.id not in self._running:
            standing = _cleaned_up(key, outcome).standing(key.status)
            # A check that is wished for goes on by itself, unless there is something to tell.
            goes_on = key.check_requested_ms is not None and outcome.end is not ProbeEnd.FILLED
            await self._keys.record_verdict(key.id, replace(standing, is_interim=goes_on))
        return True


def _needed(planned: Plan) -> Mapping[str, object]:
    return {"needed": planned.needed, "currency": planned.needed_currency}


def _checking(key: KeyRecord) -> Standing:
    return Standing(
        status=KeyStatus.CHECKING,
        scopes=key.scopes,
        expires_ms=key.expires_ms,
        account_hint=key.account_hint,
    )


def _left_pending(key: KeyRecord, pending: PendingProbe) -> Verdict:
    card = get_exchange(key.exchange).card
    facts = {"order": pending.order_id or pending.client_id, "symbol": pending.symbol}
    so_far = Verdict(None, scopes=key.scopes, expires_ms=key.expires_ms, dated=key.life.dated)
    return judge_probe(card, so_far, ProbeOutcome(ProbeEnd.PENDING, facts=facts))


def _cleaned_up(key: KeyRecord, outcome: ProbeOutcome) -> Verdict:
    reason = "probe_filled" if outcome.end is ProbeEnd.FILLED else "probe_cleaned_up"
    return Verdict(KeyStatus.UNVERIFIED, reason, outcome.facts, key.scopes)


def _settled_status(before: KeyStatus) -> KeyStatus:
    """Give the status to go back to; one left over from a check without an end means: not known."""
    unsettled = {KeyStatus.CHECKING, KeyStatus.CLEANUP_PENDING}
    return KeyStatus.UNVERIFIED if before in unsettled else before
