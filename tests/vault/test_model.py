"""The pure rules of keys: labels, and which states may follow which."""

from dataclasses import replace

import pytest

from drawbridge.core.errors import BadInput, Conflict
from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.vault.model import (
    KeyRecord,
    KeyStatus,
    Proof,
    Venue,
    check_deleting,
    check_enabling,
    clean_label,
    next_label,
    read_proof,
    read_venue,
)

_KEY = KeyRecord(
    KeyId("key_1"), OwnerId("owner_a"), "kraken", Venue.LIVE, "K", "pub", KeyStatus.ENABLED, 0
)


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("x" * 65, "label_too_long"),
        ("x" * 1_000_000, "label_too_long"),
        ("a\u202eb", "label_unreadable"),
        ("a\x00b", "label_unreadable"),
        ("a\u200bb", "label_unreadable"),
        ("\ud800", "label_unreadable"),
    ],
)
def test_an_impossible_label_is_refused(label: str, code: str) -> None:
    with pytest.raises(BadInput) as told:
        clean_label(label)
    assert (told.value.code, told.value.facts["field"]) == (code, "label")


@pytest.mark.parametrize("venue", ["", "testnet", "LIVE", "live ", "x" * 1_000])
def test_an_unknown_venue_is_refused(venue: str) -> None:
    with pytest.raises(BadInput) as told:
        read_venue(venue)
    assert told.value.facts == {"field": "venue"}


@pytest.mark.parametrize("status", sorted(set(KeyStatus) - {KeyStatus.DISABLED}))
def test_only_a_key_that_is_off_can_be_switched_on(status: KeyStatus) -> None:
    with pytest.raises(Conflict):
        check_enabling(replace(_KEY, status=status))


@pytest.mark.parametrize("status", [KeyStatus.CLEANUP_PENDING, KeyStatus.CHECKING])
def test_a_key_whose_order_may_be_open_is_not_deleted(status: KeyStatus) -> None:
    with pytest.raises(Conflict):
        check_deleting(replace(_KEY, status=status))


def test_a_label_comes_into_one_line() -> None:
    assert clean_label("  my \n key\t1 ") == "my key 1"
    assert clean_label(" \n ") == ""
    assert read_venue("paper") is Venue.PAPER


@pytest.mark.parametrize(
    ("taken", "label"),
    [
        ((), "Kraken #1"),
        (("Kraken #1",), "Kraken #2"),
        (("Kraken #2", "Other #1"), "Kraken #1"),
        (("KRAKEN #1", "kraken #2"), "Kraken #3"),
        (("Kraken #01", "Kraken #1x", "Kraken #" + "9" * 5_000), "Kraken #1"),
    ],
)
def test_the_next_label_has_the_lowest_free_number(taken: tuple[str, ...], label: str) -> None:
    assert next_label("Kraken", taken) == label


def test_a_dry_run_is_refused_where_the_exchange_offers_none() -> None:
    """Scenario 6: nobody who asked for a dry run gets an order instead."""
    with pytest.raises(BadInput, match="dry_run_not_offered") as refusal:
        read_proof("dry_run", has_dry_run=False)
    assert refusal.value.facts["field"] == "proof"
    assert read_proof(" SKIP ", has_dry_run=False) is Proof.SKIP
    assert read_proof("dry_run", has_dry_run=True) is Proof.DRY_RUN
