"""Stopping in a hurry, and the report of what a key did. It asks for no code: it only stops."""

from typing import Final

from fastapi import APIRouter
from pydantic import Field

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.entrypoints.api.caller import Caller, KeyKeeper, Reader
from drawbridge.entrypoints.api.shapes import (
    Asked,
    KeyPath,
    Moment,
    Text,
    Told,
)
from drawbridge.rotation.leak import Deed, DeedKind, LeakReport, read_since
from drawbridge.vault.lots import Lot
from drawbridge.vault.model import KeyRecord, KeyStatus, Venue

router = APIRouter(tags=["panic"])

_USUAL: Final = "7d"


class PanicWish(Asked):
    """What is to be stopped: just one of these.

    `cancel_orders`: what is still open of it is cancelled as well, as far as it went through here.
    """

    everything: bool = False
    exchange: Text = ""
    key: Text = ""
    virtual_key: Text = ""
    cancel_orders: bool = False


class StoppedKey(Told):
    """A key whose use was stopped; `was` is how it stood before."""

    id: str
    label: str
    exchange: str
    venue: Venue
    was: KeyStatus


class Stopped(Told):
    """What was stopped: keys, and the ids of virtual keys."""

    keys: list[StoppedKey]
    virtual_keys: list[str]


class LeakWish(Asked):
    """Since when: `90m`, `24h` or `7d` before now, or a day or a minute in UTC."""

    since: Text = Field(_USUAL, examples=["7d", "2026-11-20T18:30"])


class DeedTold(Told):
    """One thing that was done; `what` is an event's tag, an endpoint, or how an order stands.

    `by` is who wanted it, `name` what the exchange calls it (of requests: how they ended).
    """

    at_ms: Moment
    kind: DeedKind
    what: str
    by: str
    through_us: bool
    symbol: str
    side: str
    quantity: str
    price: str
    name: str
    address: str
    times: int


class GapTold(Told):
    """What the exchange could not be asked, and why, as the code of an error."""

    part: str
    code: str
    symbol: str


class LeakReportTold(Told):
    """Everything that a key did since a time, newest first.

    `answered_ms` is null until the exchange has answered. `told_orders`, `told_trades` count what
    it told; `markets` are those asked one by one, none where it tells all at once.
    """

    key: str
    since_ms: Moment
    asked_ms: Moment
    answered_ms: Moment | None
    is_whole: bool
    told_orders: int
    told_trades: int
    markets: list[str]
    gaps: list[GapTold]
    deeds: list[DeedTold]


@router.post("/panic")
async def panic(caller: KeyKeeper, wish: PanicWish) -> Stopped:
    """Stop the use of one's own keys, of one key that may have leaked, or of a virtual key."""
    owner, house, cancel = caller.owner, caller.house, wish.cancel_orders
    chosen = [wish.everything, bool(wish.exchange), bool(wish.key), bool(wish.virtual_key)]
    if sum(chosen) != 1:
        raise BadInput("panic_choose", field="what")
    if wish.key:
        before = await house.vault.get_key(owner, wish.key)
        await house.panic.stop_key(owner, before.id, cancel=cancel)
        return Stopped(keys=[_stopped(before)], virtual_keys=[])
    if wish.virtual_key:
        virtual = await house.panic.stop_virtual_key(owner, wish.virtual_key, cancel=cancel)
        return Stopped(keys=[], virtual_keys=[virtual.id])
    lot = Lot(owner, wish.exchange)
    keys = await house.panic.stop_lot(lot, cancel=cancel, by=caller.person.name)
    return Stopped(keys=[_stopped(key) for key in keys], virtual_keys=[])


@router.post("/keys/{key}/leak-report", status_code=202)
async def ask_leak_report(
    caller: KeyKeeper, key: KeyPath, wish: LeakWish | None = None
) -> LeakReportTold:
    """Ask the exchange what was done with a key; its answer stands in the report later."""
    since_ms = read_since(wish.since if wish else _USUAL, caller.house.clock.now_ms())
    await caller.house.leaks.ask(caller.owner, key, since_ms)
    return await _report(caller, key)


@router.get("/keys/{key}/leak-report")
async def get_leak_report(caller: Reader, key: KeyPath) -> LeakReportTold:
    """Tell what a key did since the time that was asked for last."""
    return await _report(caller, key)


async def _report(caller: Caller, key: str) -> LeakReportTold:
    report = await caller.house.leaks.find(caller.owner, key)
    if report is None:
        raise NotFound("leak_not_asked")
    return _tell(report)


def _tell(report: LeakReport) -> LeakReportTold:
    inquiry = report.inquiry
    answer = inquiry.answer
    return LeakReportTold(
        key=report.key.id,
        since_ms=inquiry.since_ms,
        asked_ms=inquiry.asked_ms,
        answered_ms=inquiry.answered_ms,
        is_whole=report.is_whole,
        told_orders=answer.orders,
        told_trades=answer.trades,
        markets=list(answer.markets),
        gaps=[GapTold(part=it.part, code=it.code, symbol=it.symbol) for it in answer.gaps],
        deeds=[_tell_deed(deed) for deed in report.deeds],
    )


def _tell_deed(deed: Deed) -> DeedTold:
    return DeedTold(
        at_ms=deed.at_ms,
        kind=deed.kind,
        what=deed.what,
        by=deed.by,
        through_us=not deed.is_foreign,
        symbol=deed.symbol,
        side=deed.side,
        quantity=deed.quantity,
        price=deed.price,
        name=deed.name,
        address=deed.address,
        times=deed.times,
    )


def _stopped(key: KeyRecord) -> StoppedKey:
    return StoppedKey(
        id=key.id, label=key.label, exchange=key.exchange, venue=key.venue, was=key.status
    )
