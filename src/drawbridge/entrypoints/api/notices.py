"""Notices: what a person was told, and what they have seen of it."""

from fastapi import APIRouter

from drawbridge.entrypoints.api.caller import Reader, RobotKeeper
from drawbridge.entrypoints.api.paging import AskedPage, Page, page_of
from drawbridge.entrypoints.api.shapes import Facts, Moment, Told, tell_facts
from drawbridge.notices.model import Kept, NoticeKind
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
