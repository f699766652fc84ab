"""Law: no event of a chain can be changed, taken out, put in or moved without being found."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drawbridge.audit.chain import (
    START,
    AuditEvent,
    ChainedLink,
    Fact,
    Verified,
    forge,
    hash_of,
    walk,
)
from drawbridge.audit.tags import Tag
from drawbridge.core.errors import Corrupted

_texts = st.text(max_size=20)
_facts: st.SearchStrategy[dict[str, Fact]] = st.dictionaries(
    _texts, st.one_of(_texts, st.integers(), st.booleans(), st.none()), max_size=4
)
_events = st.builds(AuditEvent, st.sampled_from(Tag), _texts, _texts, _facts)


def _chain(events: list[AuditEvent]) -> list[ChainedLink]:
    links: list[ChainedLink] = []
    before = START
    for n, event in enumerate(events, 1):
        link = forge(n, 1_000 + n, event)
        before = hash_of(before, link)
        links.append(ChainedLink(link, before))
    return links


def _last(links: list[ChainedLink]) -> Verified:
    place = Verified(0, START)
    for reached in walk(links, place):
        place = reached
    return place


@given(st.lists(_events, min_size=1, max_size=8))
def test_a_chain_as_written_is_whole(events: list[AuditEvent]) -> None:
    links = _chain(events)
    assert _last(links) == Verified(len(events), links[-1].hash)


@given(st.lists(_events, min_size=1, max_size=8), _events, st.data())
def test_a_changed_event_is_found(
    events: list[AuditEvent], other: AuditEvent, data: st.DataObject
) -> None:
    links = _chain(events)
    at = data.draw(st.integers(0, len(links) - 1))
    changed = forge(at + 1, 1_001 + at, other)
    assume(changed != links[at].link)
    links[at] = replace(links[at], link=changed)
    with pytest.raises(Corrupted) as told:
        _last(links)
    assert told.value.facts == {"at": at + 1}


@given(st.lists(_events, min_size=2, max_size=8), st.data())
def test_an_event_taken_out_or_moved_is_found(
    events: list[AuditEvent], data: st.DataObject
) -> None:
    links = _chain(events)
    at = data.draw(st.integers(0, len(links) - 2))
    without = links[:at] + links[at + 1 :]
    moved = [*without, links[at]]
    for broken in (without, moved):
        with pytest.raises(Corrupted):
            _last(broken)


@given(st.lists(_events, min_size=1, max_size=8), st.data())
def test_rewriting_an_event_with_its_hash_breaks_the_next_one_or_the_head(
    events: list[AuditEvent], data: st.DataObject
) -> None:
    links = _chain(events)
    head = links[-1].hash
    at = data.draw(st.integers(0, len(links) - 1))
    before = links[at - 1].hash if at else START
    changed = replace(links[at].link, at_ms=5)
    links[at] = ChainedLink(changed, hash_of(before, changed))
    if at + 1 < len(links):
        with pytest.raises(Corrupted) as told:
            _last(links)
        assert told.value.facts == {"at": at + 2}
    else:
        assert _last(links).head != head
