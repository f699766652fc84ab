"""The hash chain, pure: each event's hash covers the event and the hash before it.

Whoever noted the last hash can later tell whether anything before it was changed, taken out or
put in. Where events are kept is in `store`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from drawbridge.audit.tags import Tag
from drawbridge.core.errors import Corrupted

Fact: TypeAlias = str | int | bool | None

START: Final = bytes(32)
_PURPOSE: Final = b"drawbridge audit chain 1"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What is to be told. `subject` is the id of the thing; facts never hold a secret."""

    tag: Tag
    owner: str
    subject: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """An event as it stands in the log: numbered, dated, with its facts as written."""

    n: int
    at_ms: int
    tag: str
    owner: str
    subject: str
    facts: str


@dataclass(frozen=True, slots=True)
class ChainedLink:
    """An event with the hash that was stored beside it."""

    link: Link
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """The proof of an unbroken chain: how many events, and the last hash, to be noted."""

    count: int
    head: bytes


def forge(n: int, at_ms: int, event: AuditEvent) -> Link:
    """Bring an event into the form in which it is kept and hashed."""
    facts = json.dumps(dict(event.facts), sort_keys=True, separators=(",", ":"))
    return Link(n, at_ms, event.tag.value, event.owner, event.subject, facts)


def hash_of(before: bytes, link: Link) -> bytes:
    """Hash a link onto the chain.

    Shape: SHA-256 of purpose, the hash before, and the link as a JSON array, which no other
    link writes to the same bytes.
    """
    parts = (link.n, link.at_ms, link.tag, link.owner, link.subject, link.facts)
    text = json.dumps(parts, separators=(",", ":")).encode()
    return hashlib.sha256(_PURPOSE + before + text).digest()


def walk(links: Iterable[ChainedLink], start: Verified) -> Iterator[Verified]:
    """Follow the chain from a verified place and give each place reached.

    Raises: `Corrupted("audit_chain_broken")` naming the first event that is not as written.
    """
    place = start
    for chained in links:
        expected = place.count + 1
        if chained.link.n != expected or hash_of(place.head, chained.link) != chained.hash:
            raise Corrupted("audit_chain_broken", at=expected)
        place = Verified(expected, chained.hash)
        yield place
