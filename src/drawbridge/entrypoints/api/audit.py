"""The audit log: what happened in a person's name, and whether its chain is whole."""

from fastapi import APIRouter

from drawbridge.audit.store import ToldEvent, list_events, verify
from drawbridge.entrypoints.api.caller import Reader
from drawbridge.entrypoints.api.paging import AskedPage, Page, page_of
from drawbridge.entrypoints.api.shapes import Facts, Moment, Told, tell_facts

router = APIRouter(tags=["audit"])


class Event(Told):
    """An event; `tag` is a stable name, `subject` the id of what it is about."""

    id: int
    at_ms: Moment
    tag: str
    subject: str
    facts: Facts


class Verification(Told):
    """A chain that is whole: how many events it has, and the hash of the last one."""

    events: int
    head: str


@router.get("/audit")
async def list_audit(caller: Reader, paging: AskedPage) -> Page[Event]:
    """List events, newest first."""
    found = await list_events(
        caller.house.database, caller.owner, before=paging.number(), limit=paging.limit + 1
    )
    return page_of(found, paging, _tell_event, lambda it: it.n)


@router.get("/audit/verification")
async def verify_audit(caller: Reader) -> Verification:
    """Follow the whole chain of hashes; a broken one is the error `audit_chain_broken`."""
    verified = await verify(caller.house.database)
    return Verification(events=verified.count, head=verified.head.hex())


def _tell_event(event: ToldEvent) -> Event:
    return Event(
        id=event.n,
        at_ms=event.at_ms,
        tag=event.tag,
        subject=event.subject,
        facts=tell_facts(event.facts),
    )
