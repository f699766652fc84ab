"""What a guide must say, worked out from the exchange's card alone, and what one says otherwise.

Nothing here knows how guides are made; `guide_reading.py` reads them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from drawbridge.catalogue.card import Card, Need
from drawbridge.catalogue.guide import Purpose
from drawbridge.core.clock import DAY_MS
from drawbridge.core.operations import Scope
from drawbridge.wording.say import say
from tests.kit.guide_reading import (
    EITHER,
    OFF,
    ON,
    Labels,
    ReadGuide,
    ReadSwitch,
    named_in,
    reading,
    words_in,
)

OURS: Final = ("203.0.113.7", "2001:db8::7")
_MOVES_MONEY: Final = {Scope.WITHDRAW, Scope.TRANSFER, Scope.MANAGE_KEYS}
_NEEDS: Final = {Need.REQUIRED: ON, Need.OPTIONAL: EITHER, Need.MUST_BE_OFF: OFF}
_ISOLATES: Final = str.maketrans("", "", "\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which guide is asked for: whose, what for, in which language; `drawn` on a page."""

    card: Card
    purpose: Purpose
    tag: str
    ours: tuple[str, ...] = OURS
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What a step must say: a whole sentence, or these pieces in order, or these labels so."""

    sentence: str = ""
    pieces: tuple[str, ...] = ()
    labels: Labels = ()
    stands: str = ""


def wrong_in(read: ReadGuide, asked: Asked) -> list[str]:
    """Say what a guide that was read says otherwise than the card."""
    card, wanted = asked.card, list(steps_of(asked))
    switches = switches_of(asked)
    wrong = [f"{len(read.steps)} steps, not {len(wanted)}"] * (len(read.steps) != len(wanted))
    wrong += [
        f"step {number}: {said}"
        for number, (said, step) in enumerate(zip(read.steps, wanted, strict=False), 1)
        if not _is_said(step, said, asked.tag)
    ]
    wrong += [f"switch {it}" for it in sorted(set(read.switches) ^ set(switches), key=str)]
    wrong += ["switches in another order"] * (not wrong and read.switches != switches)
    ours = list(asked.ours) if card.ip_list.supported else []
    wrong += [f"addresses {read.addresses}"] * (read.addresses[-len(asked.ours) :] != ours)
    is_named = not card.ip_list.supported or card.ip_list.label in read.headings
    wrong += ["the list of addresses is not named"] * (not is_named)
    links = [] if asked.drawn and not card.takes_keys else [card.key_page.url]
    wrong += [f"links {read.links}"] * (read.links != links)
    return wrong + [f"no remark {it}" for it in _unsaid(read.notes, asked)]


def switches_of(asked: Asked) -> list[ReadSwitch]:
    """Give the switches of the card as they must stand."""
    return [
        ReadSwitch(it.group, it.label, _stands(it.need, asked.purpose))
        for it in asked.card.permissions
        if it.shown
    ]


def steps_of(asked: Asked) -> Iterator[Step]:
    """Give the steps in the only order in which they can be taken."""
    card, page = asked.card, asked.card.key_page
    yield Step(pieces=(card.name,))
    yield Step(pieces=(" \u203a ".join(page.menu_path),))
    if page.sub_account:
        yield Step(pieces=(page.sub_account, card.name))
    yield from _switch_steps(asked)
    if card.ip_list.supported:
        yield Step(pieces=asked.ours)
    if page.withdrawal_list:
        yield Step(pieces=(page.withdrawal_list,))
    yield from (Step(_said(f"guide.step.confirm_{way.value}")) for way in page.confirm)
    fields = tuple(part.label for part in card.credentials if part.required)
    yield Step(pieces=fields)
    if card.takes_keys:
        yield Step(pieces=fields)


def _switch_steps(asked: Asked) -> Iterator[Step]:
    switches = switches_of(asked)
    if asked.drawn:
        # The picture says which; one step leads to it.
        yield from [Step(_said("guide.as_in_picture"))] * bool(switches)
        return
    for way in (ON, OFF):
        labels = tuple((it.group, it.label) for it in switches if it.stands == way)
        yield from [Step(labels=labels, stands=way)] * bool(labels)


def _stands(need: Need, purpose: Purpose) -> str:
    if need is Need.TRADING:
        return ON if purpose is Purpose.TRADING else OFF
    return _NEEDS[need]


def _is_said(step: Step, said: str, tag: str) -> bool:
    if step.labels:
        words, labels = named_in(said)
        return labels == step.labels and reading(tag, words) == step.stands
    places = [said.find(piece) for piece in step.pieces]
    return -1 not in places and places == sorted(places) and (step.sentence or said) == said


def _unsaid(notes: list[str], asked: Asked) -> Iterator[str]:
    """Go through the rules of the card that a person must hear of, and give those they do not."""
    card = asked.card
    if not card.takes_keys:
        if not any(card.since in note and "Kraken" in note for note in notes):
            yield "that it is gone, and where to go"
        return
    off = [it for it in card.permissions if it.shown and it.need is Need.MUST_BE_OFF]
    hidden = [it for it in card.permissions if not it.shown and not it.fixed]
    dangerous = [it for it in off if _MOVES_MONEY.intersection(it.scopes)]
    for switches, way in ((dangerous, ON), (hidden, OFF)):
        labels = tuple((it.group, it.label) for it in switches)
        if labels and not any(_names(note, labels, way, asked.tag) for note in notes):
            yield f"with {way}: {labels}"
    yield from (rule for rule in _rules(card, asked.purpose) if rule not in notes)


def _names(note: str, labels: Labels, way: str, tag: str) -> bool:
    """Tell whether a remark names exactly these, and speaks of on or of off."""
    words, named = named_in(note)
    return named == labels and words_in(tag, words) == {way}


def _rules(card: Card, purpose: Purpose) -> Iterator[str]:
    asked = {Scope.READ}
    if purpose is Purpose.TRADING:
        asked |= {Scope.TRADE_SPOT, Scope.TRADE_MARGIN, Scope.TRADE_DERIVATIVES}
    expiry = card.expiry
    if expiry.without_ip_list_days and asked.intersection(expiry.applies_to):
        key = "guide.remark.ends" if expiry.sure else "guide.remark.may_end"
        after = _said("span.days", count=expiry.without_ip_list_days)
        rule = _said(key, exchange=card.name, span_ms=expiry.without_ip_list_days * DAY_MS)
        assert after in rule
        yield rule
    if asked.intersection(card.ip_list.required_for):
        yield _said("guide.remark.addresses_required", exchange=card.name)
    if expiry.settable:
        yield _said("guide.remark.expiry_settable")
    if card.key_page.browser_only:
        yield _said("guide.remark.browser_only")


def _said(key: str, **facts: object) -> str:
    return say(key, **facts).translate(_ISOLATES)
