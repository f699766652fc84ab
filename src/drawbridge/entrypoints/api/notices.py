"""Notices: what a person was told, what they have seen of it, and where it goes."""

from fastapi import APIRouter, Response
from pydantic import Field

from drawbridge.entrypoints.api.caller import Reader, RobotKeeper
from drawbridge.entrypoints.api.paging import AskedPage, Page, page_of
from drawbridge.entrypoints.api.shapes import Asked, Facts, Moment, Text, Told, tell_facts
from drawbridge.entrypoints.api.turnstile import SHOWN_ONCE
from drawbridge.notices.model import Channel, Kept, NoticeKind
from drawbridge.notices.words import words_of

router = APIRouter(tags=["notices"])


class NoticeTold(Told):
    """A notice; it stands for `count` equal ones. `subject` is the id of what it is about."""

    id: int
    kind: NoticeKind
    subject: str
    title: str
    reason: str
    facts: Facts
    count: int
    at_ms: Moment
    last_ms: Moment
    is_read: bool


class Unread(Told):
    """How many notices nobody has seen."""

    unread: int


class WayTold(Told):
    """Where notices go by one channel, and which kinds."""

    way: Channel
    is_on: bool
    to: str
    kinds: list[NoticeKind]


class WaysTold(Told):
    """All ways out; `summary` is when the daily summary is told, `HH:MM` in UTC, or empty."""

    ways: list[WayTold]
    summary: str


class WayWish(Asked):
    """Where notices are to go by one channel, and which kinds; `page` has kinds only.

    `to` left empty stays as it was; `kinds` left out as well.
    """

    way: Channel = Field(strict=False)
    to: Text = ""
    is_on: bool = True
    kinds: list[Text] | None = Field(None, max_length=len(NoticeKind))
    code: Text = Field(description="The authenticator's code.")


class WaySet(Told):
    """What was set; `secret` is what a webhook's new receiver checks signatures with, this once."""

    way: Channel
    is_on: bool
    secret: str | None


class SummaryWish(Asked):
    """When the daily summary is to be told, `HH:MM` in UTC; empty for never."""

    at: Text


class SummaryTold(Told):
    """When the daily summary is told, `HH:MM` in UTC; empty when it is not."""

    summary: str


@router.get("/notices")
async def list_notices(caller: Reader, paging: AskedPage) -> Page[NoticeTold]:
    """List notices, newest first."""
    found = await caller.house.notices.list_notices(
        caller.owner, before=paging.number(), limit=paging.limit + 1
    )
    return page_of(found, paging, _tell_notice, lambda it: it.n)


@router.get("/notices/unread")
async def count_unread(caller: Reader) -> Unread:
    """Count what nobody has seen."""
    return Unread(unread=caller.house.notices.count_unread(caller.owner))


@router.post("/notices/read")
async def mark_read(caller: RobotKeeper) -> Unread:
    """Count everything as seen."""
    await caller.house.notices.mark_read(caller.owner)
    return Unread(unread=caller.house.notices.count_unread(caller.owner))


@router.get("/notices/ways")
async def list_notice_ways(caller: Reader) -> WaysTold:
    """Tell where notices go, and which kinds."""
    notices = caller.house.notices
    ways = [
        WayTold(
            way=channel,
            is_on=way.is_on,
            to=way.place,
            kinds=sorted(await notices.kinds_of(caller.owner, channel)),
        )
        for channel, way in (await notices.list_ways(caller.owner)).items()
    ]
    return WaysTold(ways=ways, summary=await notices.summary_at(caller.owner))


@router.post("/notices/ways")
async def set_notice_way(caller: RobotKeeper, wish: WayWish, answer: Response) -> WaySet:
    """Choose where notices go by a channel, and which kinds."""
    # A token alone must not turn warnings away from who is to be warned.
    await caller.check_code(wish.code)
    notices, secret = caller.house.notices, None
    if wish.kinds is not None:
        await notices.choose(caller.owner, wish.way, wish.kinds)
    if wish.way is not Channel.PAGE and (wish.to or not wish.is_on or wish.kinds is None):
        place = wish.to or (await notices.list_ways(caller.owner))[wish.way].place
        secret = await notices.set_way(caller.owner, wish.way, place, is_on=wish.is_on)
    if secret is not None:
        answer.headers[SHOWN_ONCE] = "true"
    shown = None if secret is None else secret.reveal()
    return WaySet(way=wish.way, is_on=wish.is_on, secret=shown)


@router.post("/notices/summary")
async def set_notice_summary(caller: RobotKeeper, wish: SummaryWish) -> SummaryTold:
    """Choose when the daily summary is told."""
    await caller.house.notices.set_summary(caller.owner, wish.at)
    return SummaryTold(summary=await caller.house.notices.summary_at(caller.owner))


def _tell_notice(kept: Kept) -> NoticeTold:
    words, notice = words_of(kept), kept.notice
    return NoticeTold(
        id=kept.n,
        kind=notice.kind,
        subject=notice.subject,
        title=words.title,
        reason=words.reason,
        facts=tell_facts(notice.facts),
        count=kept.count,
        at_ms=kept.at_ms,
        last_ms=kept.last_ms,
        is_read=kept.is_read,
    )
