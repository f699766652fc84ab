"""Guides: made from the card's facts, complete, and every sentence there is."""

import pytest

from drawbridge.catalogue.card import read_card
from drawbridge.catalogue.guide import Guide, Purpose, Tone, Wanted, build_guide
from drawbridge.catalogue.registry import exchange_ids, get_card, open_exchanges
from drawbridge.wording.say import say
from tests.catalogue.sealand import SEALAND

OURS = ("203.0.113.7", "203.0.113.8")
CARD = read_card(SEALAND)


def _said(guide: Guide) -> list[str]:
    steps = [say(step.key, **step.facts) for step in guide.steps]
    return steps + [say(it.key, **it.facts) for it in (*guide.remarks, *guide.differences)]


def _wanted(guide: Guide) -> dict[str, Wanted]:
    return {switch.api: switch.wanted for group in guide.groups for switch in group.switches}


def test_a_trading_key_has_its_trading_switch_on_and_a_reading_key_has_it_off() -> None:
    trading, reading = (build_guide(CARD, purpose) for purpose in Purpose)
    assert _wanted(trading) == {"view": Wanted.ON, "trade": Wanted.ON, "send": Wanted.OFF}
    assert _wanted(reading) == {"view": Wanted.ON, "trade": Wanted.OFF, "send": Wanted.OFF}


def test_switches_stand_under_their_headings_in_the_cards_order() -> None:
    guide = build_guide(CARD, Purpose.TRADING)
    assert [(group.name, len(group.switches)) for group in guide.groups] == [
        ("Account", 2),
        ("Funds", 1),
    ]


def test_our_addresses_are_to_be_copied_where_there_is_a_list() -> None:
    assert build_guide(CARD, Purpose.TRADING, OURS).addresses == OURS
    without = read_card(SEALAND.replace("supported = true", "supported = false"))
    assert build_guide(without, Purpose.TRADING, OURS).addresses == ()


def test_a_machine_that_does_not_know_its_address_says_so() -> None:
    keys = [step.key for step in build_guide(CARD, Purpose.TRADING).steps]
    assert "guide.step.addresses_unknown" in keys


def test_warnings_follow_from_the_facts() -> None:
    guide = build_guide(CARD, Purpose.TRADING, OURS)
    warned = [remark.key for remark in guide.remarks if remark.tone is Tone.WARN]
    assert warned == [
        "guide.remark.refused",
        "guide.remark.addresses_required",
        "guide.remark.may_end",
    ]


def test_a_rule_for_trading_keys_does_not_frighten_those_who_only_read() -> None:
    guide = build_guide(CARD, Purpose.READING, OURS)
    keys = {remark.key for remark in guide.remarks}
    assert keys == {
        "guide.remark.refused",
        "guide.remark.hidden_switches",
        "guide.remark.expiry_settable",
        "guide.remark.browser_only",
    }


@pytest.mark.parametrize("status", ["closed", "replaced", "read_only"])
def test_an_exchange_that_takes_no_keys_says_since_when_and_where_to_go(status: str) -> None:
    """Scenario 3."""
    guide = build_guide(read_card(SEALAND.replace('"open"', f'"{status}"')), Purpose.TRADING)
    assert "guide.step.paste" not in {step.key for step in guide.steps}
    (told,) = (say(remark.key, **remark.facts) for remark in guide.remarks)
    assert "2020-02-02" in told
    assert all(card.name in told for card in open_exchanges())


def test_a_switch_that_cannot_be_turned_off_makes_every_key_unacceptable() -> None:
    fixed = SEALAND.replace('need = "must_be_off"', 'need = "must_be_off"\nfixed = true')
    guide = build_guide(read_card(fixed), Purpose.TRADING)
    assert guide.remarks[0].key == "guide.remark.unacceptable"


def test_a_day_that_is_not_sure_is_told_as_one_before_which() -> None:
    unsure = SEALAND.replace('"open"', '"closed"\nsince_sure = false')
    guide = build_guide(read_card(unsure), Purpose.TRADING)
    assert guide.remarks[0].key == "guide.remark.closed_before"


@pytest.mark.parametrize("exchange_id", exchange_ids())
@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("addresses", [(), OURS])
def test_every_guide_is_said_in_whole_sentences(
    exchange_id: str, purpose: Purpose, addresses: tuple[str, ...]
) -> None:
    """Scenario 1."""
    guide = build_guide(get_card(exchange_id), purpose, addresses)
    assert guide.steps[0].url.startswith("https://")
    assert all(sentence.endswith(".") for sentence in _said(guide))


def test_what_nobody_could_find_out_is_told() -> None:
    guide = build_guide(CARD, Purpose.TRADING)
    assert [doubt.key for doubt in guide.doubts] == ["guide.doubt.most_keys"]
