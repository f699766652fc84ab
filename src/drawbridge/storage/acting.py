"""For whom rows are read and written: for one person, for the house, or for nobody.

A process works for the house, which may see all rows, until it says something else. A door begins
each request for nobody, says `as_house` while it finds out who asks, and `acting_for` from then on:
what it forgets to say is refused. On a server each person's rows are kept apart by the server
itself (`postgres/tenants.py`); one file has no such fence, and nothing of this costs it anything.
"""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

from drawbridge.core.errors import Forbidden
from drawbridge.storage.database import Database, Transaction

T = TypeVar("T")

TENANT_ROLE: Final = "drawbridge_tenant"
"""Under which a server runs people's statements, once whoever runs it has made it."""

HOUSE: Final = "*"
NOBODY: Final = ""

# Such an id is written into SQL as it is, and is never the word for the house.
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_ASKER: Final[ContextVar[str]] = ContextVar("asker", default=HOUSE)


def asker() -> str:
    """Give the id of the person for whom we act, `HOUSE` or `NOBODY`."""
    return _ASKER.get()


@contextmanager
def acting_for(owner: str) -> Iterator[None]:
    """Act for one person, until the block is left.

    Raises: `Forbidden("nobody_asks")` for what is no person's id.
    """
    if not _ID.fullmatch(owner):
        raise Forbidden("nobody_asks", rule="tenants")
    with _acting(owner):
        yield


@contextmanager
def as_house() -> Iterator[None]:
    """Act for the house, for what is not of one person: until the block is left."""
    with _acting(HOUSE):
        yield


@contextmanager
def as_nobody() -> Iterator[None]:
    """Act for nobody, until somebody is known: rows are neither given nor taken."""
    with _acting(NOBODY):
        yield


@asynccontextmanager
async def begun_as_house(database: Database) -> AsyncIterator[Transaction]:
    """Write for the house what is not of one person, whoever it is that asks."""
    with as_house():
        async with database.transaction() as tx:
            yield tx


def gone_on(items: AsyncIterator[T]) -> AsyncIterator[T]:
    """Go on for whomever we act now, also where items are taken when the block was left long ago.

    Why: an answer that is given piece by piece is given after its handler has returned.
    """
    return _gone_on(items, asker())


async def _gone_on(items: AsyncIterator[T], who: str) -> AsyncIterator[T]:
    while True:
        with _acting(who):
            try:
                item = await anext(items)
            except StopAsyncIteration:
                return
        yield item


@contextmanager
def _acting(who: str) -> Iterator[None]:
    before = _ASKER.set(who)
    try:
        yield
    finally:
        _ASKER.reset(before)
