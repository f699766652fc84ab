"""Telling people how their licence stands, once for each change that matters to them.

The first time that all is well is no news.
"""

from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.licences import store
from drawbridge.licences.kept import KeptLicences
from drawbridge.licences.standing import LETS_TRADE, Known, State, refusal_of, state_of
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Database

_GRACE: Final = "licence_in_grace"
_QUIET: Final = frozenset({State.ABSENT, State.WAITING})


async def tell_state(database: Database, kept: KeptLicences, clock: Clock) -> None:
    """Tell everybody whose licence stands otherwise than they were told last."""
    books = await kept.read()
    now_ms = clock.now_ms()
    for holding in await store.list_holdings(database):
        known = books.known.get(holding.owner)
        state = state_of(known, now_ms)
        if state == holding.told_state:
            continue
        notice = notice_of(holding.owner, known, state, holding.told_state)
        async with database.transaction() as tx:
            await store.write_told_state(tx, holding.owner, state)
            if notice is not None:
                await tell(tx, notice, now_ms)


def notice_of(owner: str, known: Known | None, state: State, told: str) -> Notice | None:
    """Give what is to be told of a new state, None when that is nothing."""
    if known is None or state in _QUIET:
        return None
    subject = known.licence.id
    if state is State.GOOD:
        was_bad = told and State(told) not in _QUIET
        return Notice(NoticeKind.LICENCE_BACK, owner, subject) if was_bad else None
    facts: dict[str, object] = {"reason": refusal_of(state)}
    if state in LETS_TRADE and known.lease is not None:
        facts = {"reason": _GRACE, "about": {"until_ms": known.lease.grace_ends_ms}}
    return Notice(NoticeKind.LICENCE_TROUBLE, owner, subject, facts)
