"""The guides of all exchanges in all languages, read back and held against the exchanges' cards.

A last group of tests plants mistakes and sees them caught, so that a guide which passes was
really read. How pages draw the same guides: tests/pages/test_guides.py.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Final

import pytest
from typer.testing import CliRunner

from drawbridge.catalogue.guide import Purpose
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.entrypoints.cli.main import app
from drawbridge.wording.language import LANGUAGES, speaking
from drawbridge.wording.say import say
from tests.kit.guide_card import OURS, Asked, wrong_in
from tests.kit.guide_reading import (
    EITHER,
    OFF,
    ON,
    read_markdown,
    read_terminal,
    reading,
    words_in,
)

TOLD = "told"  # conftest.py prints what is recorded under it
# What a check tells about a key: which way its switches are to be turned.
TURNING: Final = {
    "key_can_withdraw": OFF,
    "key_can_manage_keys": OFF,
    "reading_right_missing": ON,
    "trading_right_missing": ON,
    "only_reads": ON,
}

Report = Callable[[str, object], None]


def _printed(exchange: str, purpose: Purpose, *options: str) -> str:
    surroundings = {"DRAWBRIDGE_EGRESS_ADDRESSES": ",".join(OURS)}
    asked = ["guide", exchange, "--purpose", purpose.value, *options]
    return CliRunner().invoke(app, asked, env=surroundings, catch_exceptions=False).output


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_guide_in_the_terminal_says_what_the_card_says(
    tag: str, record_property: Report
) -> None:
    """Scenarios 69 and 70."""
    wrong, switches = [], 0
    for exchange, purpose in product(exchange_ids(), Purpose):
        asked = Asked(get_card(exchange), purpose, tag)
        with speaking(tag):
            read = read_terminal(_printed(exchange, purpose), tag)
            page = read_markdown(_printed(exchange, purpose, "--markdown"), tag)
            found = wrong_in(read, asked) + wrong_in(page, asked)
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
    """Scenario 69."""
    asked = Asked(get_card("kraken"), Purpose.TRADING, tag)
    with speaking(tag):
        text = _printed("kraken", Purpose.TRADING)
        assert wrong_in(read_terminal(text, tag), asked) == []
        planted = PLANTED[mistake](text)
        assert planted != text
        assert wrong_in(read_terminal(planted, tag), asked)


def test_an_end_after_other_days_is_caught() -> None:
    card = get_card("gate")
    other = replace(card, expiry=replace(card.expiry, without_ip_list_days=30))
    read = read_terminal(_printed("gate", Purpose.TRADING), "en")
    assert wrong_in(read, Asked(card, Purpose.TRADING, "en")) == []
    assert wrong_in(read, Asked(other, Purpose.TRADING, "en"))


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
