"""The work of the gateway's process: answer wishes, check keys, run robots, reconcile.

Wishes are rows that pages and commands write; whom they concern is woken (`storage/wakes.py`).
Once a second everything is looked at all the same, so that a wake that was lost loses nothing. Of
several such processes each works for the accounts of its share, and one does what is done once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from drawbridge.app.bridge import Bridge
from drawbridge.app.reachability import Reachability
from drawbridge.app.reminders import Reminders
from drawbridge.app.resealing import Resealing
from drawbridge.app.valuing import Valuing
from drawbridge.approvals.service import Approvals
from drawbridge.cluster.looking import Looking
from drawbridge.cluster.share import Share
from drawbridge.core.errors import DrawbridgeError
from drawbridge.gateway.postman import Postman
from drawbridge.gateway.streaming import Streams
from drawbridge.licences.leasing import Leasing
from drawbridge.robots.running.runner import Robots
from drawbridge.robots.strangers import Strangers
from drawbridge.rotation.kinship import Kinship
from drawbridge.rotation.leak_asking import LeakInquiries
from drawbridge.rotation.switching import Switching
from drawbridge.storage.wakes import Wakes
from drawbridge.trading.broker import Broker
from drawbridge.trading.outsiders import Outsiders
from drawbridge.trading.reconcile import Reconciliation
from drawbridge.trading.stopping import Stopping
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.model import Proof
from drawbridge.vault.shelf import Shelf
from drawbridge.verification.rechecking import Rechecks
from drawbridge.verification.service import Verification

_log: Final = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 0.05
_LOOKS_PER_TICK: Final = 20
_RECONCILE_EVERY_S: Final = 15


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to do, and where its wishes stand."""

    share: Share
    wakes: Wakes
    holder: KeyHolder
    resealing: Resealing
    vault: Shelf
    verification: Verification
    rechecks: Rechecks
    switching: Switching
    robots: Robots
    broker: Broker
    reconciliation: Reconciliation
    streams: Streams
    valuing: Valuing
    stopping: Stopping
    inquiries: LeakInquiries
    strangers: Strangers
    outsiders: Outsiders
    kinship: Kinship
    postman: Postman
    reminders: Reminders
    approvals: Approvals
    leasing: Leasing | None
    reachability: Reachability
    bridge: Bridge


class Workers:
    """Carry out wishes until cancelled."""

    def __init__(self, work: Work) -> None:
        """Take the work; `run` does it."""
        self._work = work
        self._checks: dict[str, asyncio.Task[None]] = {}
        self._beside: dict[str, asyncio.Task[None]] = {}
        self._looking = Looking(work.share)
        # Shards that have come to us, of which nothing was reconciled yet.
        self._gained: frozenset[int] = frozenset()

    async def run(self) -> None:
        """Work for ever. What a crash left behind is told before anything new begins."""
        await _told("left behind", self._work.verification.tell_left_behind)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_reconciling())
            group.create_task(self._keep_looking())

    async def _keep_looking(self) -> None:
        version, looks = -1, 0
        while True:
            seen = self._work.share.version
            is_due = seen != version or looks % _LOOKS_PER_TICK == 0
            version = seen
            if await self._is_woken(is_sweep=is_due) or is_due:
                # A database that is away for longer than anybody waits for it comes back.
                await _told("look", self._look)
            looks += 1
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _is_woken(self, *, is_sweep: bool) -> bool:
        """Tell whether anybody has something to do for us; what is told is taken before we look."""
        try:
            return await self._work.wakes.take(self._work.share.shards, is_sweep=is_sweep)
        except DrawbridgeError as error:
            _log.warning("wakes: %s", error)
            return False

    async def _look(self) -> None:
        work = self._work
        if work.holder.is_open:
            # Before all else: orders that a dead worker left behind wait for them. What they begin
            # goes on beside everything else.
            self._begin("robots", work.robots.look)
        await self._look_at_share()
        await work.holder.answer()
        if work.share.is_house:
            self._begin_once_for_all()
        if not work.holder.is_open:
            return
        if self._gained:
            self._begin("taking over", self._take_over)
        for key in await work.vault.list_asked():
            if key.id not in self._checks:
                self._checks[key.id] = asyncio.create_task(self._check(key.id, key.check_proof))
        self._begin("cancelling", work.stopping.step)
        self._begin("inquiries", work.inquiries.step)
        self._begin("foreign orders", work.strangers.step)
        self._begin("foreign trades", work.outsiders.step)
        self._begin("kinship", work.kinship.step)
        self._begin("replacements", work.switching.step)
        # Keys in use, every hour, and those against which an exchange spoke.
        self._begin("re-check", work.rechecks.step)
        self._begin("valuing", work.valuing.step)
        if work.leasing is not None:
            self._begin("licence proofs", work.leasing.prove)

    def _begin_once_for_all(self) -> None:
        """Begin what one process does for all of them."""
        work = self._work
        # Also while the vault is locked: that it is may be just what is to be told.
        self._begin("notices", work.postman.step)
        self._begin("reminders", work.reminders.step)
        self._begin("approvals", work.approvals.end_unanswered)
        if work.leasing is not None:
            self._begin("licences", work.leasing.step)
        if work.holder.is_open:
            self._begin("resealing", work.resealing.step)
            self._begin("reachability", work.reachability.step)

    async def _look_at_share(self) -> None:
        """Take note of what has come and gone."""
        news = self._looking.look()
        if news is None:
            return
        self._gained = (self._gained - news.lost) | news.gained
        if news.gained:
            # Before any check of theirs begins, which may wait for an exchange for long.
            await _told("left behind", self._work.verification.tell_left_behind)

    async def _take_over(self) -> None:
        """Find out at once what whoever worked for these accounts has left behind."""
        gained, self._gained = self._gained, frozenset()
        await _told("clean-up", self._work.verification.clean_up)
        await _told("reconcile", partial(self._work.reconciliation.reconcile, gained))

    def _begin(self, what: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do it beside everything else, unless it is still being done."""
        task = self._beside.get(what)
        if task is not None:
            if not task.done():
                return
            # Of a mistake of ours the process ends and is started anew: better than to go on
            # without this part of its work, which nobody would notice.
            task.result()
        self._beside[what] = asyncio.create_task(_told(what, work))

    async def _check(self, key_id: str, proof: Proof) -> None:
        async def verify() -> None:
            await self._work.verification.verify(key_id, proof=proof)

        try:
            await _told("check", verify)
        finally:
            del self._checks[key_id]

    async def _keep_reconciling(self) -> None:
        while True:
            if self._work.holder.is_open:
                await _told("clean-up", self._work.verification.clean_up)
                await _told("reconcile", self._work.reconciliation.reconcile)
                await asyncio.sleep(_RECONCILE_EVERY_S)
            else:
                await asyncio.sleep(_LOOK_EVERY_S)


async def _told(what: str, work: Callable[[], Awaitable[object]]) -> None:
    """Do it, and log by its code what went wrong: facts of errors never hold secrets."""
    try:
        await work()
    except DrawbridgeError as error:
        _log.warning("%s: %s", what, error)
