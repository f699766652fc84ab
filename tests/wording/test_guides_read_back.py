"""The guides of all exchanges in all languages, read back and held against the exchanges' cards.

What is expected is worked out from the card alone, not by what makes guides. A last group of tests
plants mistakes and sees them caught, so that a guide which passes was really read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import pytest
from typer.testing import CliRunner

from drawbridge.catalogue.card import Card, Need
from drawbridge.catalogue.guide import Purpose
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.cli.main import app
from drawbridge.wording.language import LANGUAGES, speaking
from drawbridge.wording.say import say
from tests.kit.guide_reading import (
    EITHER,
    OFF,
    ON,
    Labels,
    ReadGuide,
    ReadSwitch,
    named_in,
    read_markdown,
    read_terminal,
    reading,
    words_in,
)

TOLD = "told"  # conftest.py prints what is recorded under it
OURS: Final = ("203.0.113.7", "2001:db8::7")
_MOVES_MONEY: Final = {Scope.WITHDRAW, Scope.TRANSFER, Scope.MANAGE_KEYS}
_NEEDS: Final = {Need.REQUIRED: ON, Need.OPTIONAL: EITHER, Need.MUST_BE_OFF: OFF}
_ISOLATES: Final = str.maketrans("", "", "\u2068\u2069")

# What a check tells about a key: which way its switches are to be turned.
TURNING: Final = {
    "key_can_withdraw": OFF,
    "key_can_manage_keys": OFF,
    "reading_right_missing": ON,
    "trading_right_missing": ON,
    "only_reads": ON,
}

Report = Callable[[str, object], None]


@dataclass(frozen=True, slots=True)
class Step:
    """What a step must say: a whole sentence, or these pieces in order, or these labels so."""

    sentence: str = ""
    pieces: tuple[str, ...] = ()
    labels: Labels = ()
    stands: str = ""


def stands(need: Need, purpose: Purpose) -> str:
    if need is Need.TRADING:
        return ON if purpose is Purpose.TRADING else OFF
    return _NEEDS[need]


def switches_of(card: Card, purpose: Purpose) -> list[ReadSwitch]:
    return [
        ReadSwitch(it.group, it.label, stands(it.need, purpose))
        for it in card.permissions
        if it.shown
    ]


def steps_of(card: Card, purpose: Purpose) -> Iterator[Step]:
    """Give the steps in the only order in which they can be taken."""
    page = card.key_page
    yield Step(pieces=(card.name,))
    yield Step(pieces=(" \u203a ".join(page.menu_path),))
    if page.sub_account:
        yield Step(pieces=(page.sub_account, card.name))
    for way in (ON, OFF):
        switches = switches_of(card, purpose)
        labels = tuple((it.group, it.label) for it in switches if it.stands == way)
        if labels:
            yield Step(labels=labels, stands=way)
    if card.ip_list.supported:
        yield Step(pieces=OURS)
    if page.withdrawal_list:
        yield Step(pieces=(page.withdrawal_list,))
    yield from (Step(_said(f"guide.step.confirm_{way.value}")) for way in page.confirm)
    fields = tuple(part.label for part in card.credentials if part.required)
    yield Step(pieces=fields)
    if card.takes_keys:
        yield Step(pieces=fields)


def wrong_in(read: ReadGuide, card: Card, purpose: Purpose, tag: str) -> list[str]:
    """Say what a guide that was read says otherwise than the card."""
    wanted, switches = list(steps_of(card, purpose)), switches_of(card, purpose)
    wrong = [f"{len(read.steps)} steps, not {len(wanted)}"] * (len(read.steps) != len(wanted))
    wrong += [
        f"step {number}: {said}"
        for number, (said, step) in enumerate(zip(read.steps, wanted, strict=False), 1)
        if not _is_said(step, said, tag)
    ]
    wrong += [f"switch {it}" for it in sorted(set(read.switches) ^ set(switches), key=str)]
    wrong += ["switches in another order"] * (not wrong and read.switches != switches)
    ours = list(OURS) if card.ip_list.supported else []
    wrong += [f"addresses {read.addresses}"] * (read.addresses[-len(OURS) :] != ours)
    lists_are_named = not card.ip_list.supported or card.ip_list.label in read.headings
    wrong += ["the list of addresses is not named"] * (not lists_are_named)
    wrong += [f"links {read.links}"] * (read.links != [card.key_page.url])
    return wrong + [f"no remark {it}" for it in _unsaid(read.notes, card, purpose, tag)]


def _is_said(step: Step, said: str, tag: str) -> bool:
    if step.labels:
        words, labels = named_in(said)
        return labels == step.labels and reading(tag, words) == step.stands
    places = [said.find(piece) for piece in step.pieces]
    return -1 not in places and places == sorted(places) and (step.sentence or said) == said


def _unsaid(notes: list[str], card: Card, purpose: Purpose, tag: str) -> Iterator[str]:
    """Go through the rules of the card that a person must hear of, and give those they do not."""
    if not card.takes_keys:
        if not any(card.since in note and "Kraken" in note for note in notes):
            yield "that it is gone, and where to go"
        return
    shown = [it for it in card.permissions if it.shown and it.need is Need.MUST_BE_OFF]
    hidden = [it for it in card.permissions if not it.shown and not it.fixed]
    dangerous = [it for it in shown if _MOVES_MONEY.intersection(it.scopes)]
    for switches, way in ((dangerous, ON), (hidden, OFF)):
        labels = tuple((it.group, it.label) for it in switches)
        if labels and not any(_names(note, labels, way, tag) for note in notes):
            yield f"on what is dangerous {way}: {labels}"
    yield from (rule for rule in _rules(card, purpose) if rule not in notes)


def _names(note: str, labels: Labels, way: str, tag: str) -> bool:
    """Tell whether a remark names exactly these; it may deny something else, but not the other."""
    words, named = named_in(note)
    other = {ON: OFF, OFF: ON}[way]
    return named == labels and reading(tag, words.partition(".")[0]) != other


def _rules(card: Card, purpose: Purpose) -> Iterator[str]:
    asked = {Scope.READ}
    if purpose is Purpose.TRADING:
        asked |= {Scope.TRADE_SPOT, Scope.TRADE_MARGIN, Scope.TRADE_DERIVATIVES}
    expiry = card.expiry
    if expiry.without_ip_list_days and asked.intersection(expiry.applies_to):
        key = "guide.remark.ends" if expiry.sure else "guide.remark.may_end"
        after = _said("span.days", count=expiry.without_ip_list_days)
        rule = _said(key, exchange=card.name, span_ms=expiry.without_ip_list_days * 86_400_000)
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


def _printed(exchange: str, purpose: Purpose, *options: str) -> str:
    surroundings = {"DRAWBRIDGE_EGRESS_ADDRESSES": ",".join(OURS)}
    asked = ["guide", exchange, "--purpose", purpose.value, *options]
    return CliRunner().invoke(app, asked, env=surroundings, catch_exceptions=False).output


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_guide_in_the_terminal_says_what_the_card_says(
    tag: str, record_property: Report
) -> None:
    wrong, switches = [], 0
    for exchange in exchange_ids():
        for purpose in Purpose:
            card = get_card(exchange)
            with speaking(tag):
                read = read_terminal(_printed(exchange, purpose), tag)
                found = wrong_in(read, card, purpose, tag)
                page = read_markdown(_printed(exchange, purpose, "--markdown"), tag)
                found += wrong_in(page, card, purpose, tag)
            switches += len(read.switches) + len(page.switches)
            wrong += [f"{exchange}, {purpose}: {it}" for it in found]
    assert not wrong, "\n".join(wrong)
    record_property(
        TOLD,
        f"{tag}: guides of {len(exchange_ids())} exchanges read back from terminal and Markdown,"
        f" {switches} switches",
    )


@pytest.mark.parametrize("tag", LANGUAGES)
def test_no_sentence_takes_on_for_off(tag: str) -> None:
    with speaking(tag):
        for way in (ON, OFF):
            for key in ("guide.switch_", "cli.guide.wanted.", "cli.guide.page."):
                assert reading(tag, say(f"{key}{way}")) == way, key
        for key in ("guide.switch_either", "cli.guide.wanted.either", "cli.guide.page.either"):
            assert reading(tag, say(key)) == EITHER, key
        for key, way in TURNING.items():
            said = say(f"errors.{key}", switches="", exchange="")
            assert words_in(tag, said) == {way}, said


def _swapped(text: str) -> str:
    on, off = say("cli.guide.wanted.on"), say("cli.guide.wanted.off")
    text = text.replace(f"[{on}", "[\0")
    return text.replace(f"[{off}", f"[{on}").replace("[\0", f"[{off}")


def _without(piece: str) -> Callable[[str], str]:
    return lambda text: "\n".join(line for line in text.splitlines() if piece not in line)


def _turned(text: str) -> str:
    first, second, *others = text.split("\n2. ", 1)[1].split("\n3. ", 1)
    return f"1. {first}\n2. {second}{''.join(others)}"


PLANTED: Final[dict[str, Callable[[str], str]]] = {
    "on and off change places": _swapped,
    "a switch is missing": _without("] Deposit"),
    "another switch is named": lambda text: text.replace("] Withdraw", "] Withdrawal"),
    "two steps change places": _turned,
    "an address is missing": lambda text: text.replace(f", {OURS[1]}", ""),
    "an address is missing in the list": _without(f"  {OURS[1]}"),
    "a part of the key is missing": lambda text: text.replace(", Private key", ""),
    "a switch is missing in its sentence": lambda text: text.replace(
        "“Earn” (Funds permissions), ", ""
    ),
    "the dangerous ones are not named": _without("“Withdraw” (Funds permissions), “Add"),
}


@pytest.mark.parametrize("tag", ["en", "ru", "vi"])
@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_caught(tag: str, mistake: str) -> None:
    card = get_card("kraken")
    with speaking(tag):
        text = _printed("kraken", Purpose.TRADING)
        assert wrong_in(read_terminal(text, tag), card, Purpose.TRADING, tag) == []
        planted = PLANTED[mistake](text)
        assert planted != text
        assert wrong_in(read_terminal(planted, tag), card, Purpose.TRADING, tag)


def test_an_end_after_other_days_is_caught() -> None:
    card = get_card("gate")
    other = replace(card, expiry=replace(card.expiry, without_ip_list_days=30))
    read = read_terminal(_printed("gate", Purpose.TRADING), "en")
    assert any("90 days" in note for note in read.notes)
    assert wrong_in(read, other, Purpose.TRADING, "en")


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("en", "Do not turn on"),
        ("zh-Hans", "不要打开"),
        ("ja", "オンにしない"),
        ("id", "Jangan nyalakan"),
        ("fr", "N'activez pas"),
        ("ar", "لا يعمل"),
        ("es", "activado, desactivado"),
    ],
)
def test_what_is_denied_or_said_both_ways_counts_as_nothing(tag: str, words: str) -> None:
    assert reading(tag, words) not in {ON, OFF, EITHER}
