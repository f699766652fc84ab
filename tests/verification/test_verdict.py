"""What findings mean: a table of rights, and one of ends."""

from dataclasses import replace

import pytest

from drawbridge.catalogue.card import (
    Card,
    Expiry,
    IpList,
    KeyPage,
    Need,
    Permission,
    Status,
)
from drawbridge.catalogue.levels import Level
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import (
    Corrupted,
    DrawbridgeError,
    ExchangeDown,
    Forbidden,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.operations import KeyRights, Scope
from drawbridge.vault.lives import Dated
from drawbridge.vault.model import KeyStatus
from drawbridge.verification.verdict import (
    Born,
    ProbeEnd,
    ProbeOutcome,
    Verdict,
    find_growth,
    judge_error,
    judge_probe,
    judge_rights,
)
from drawbridge.wording.say import has_words, say_reason

NOW_MS = 1_700_000_000_000

CARD = Card(
    id="example",
    name="Example",
    status=Status.OPEN,
    level=Level.PAPERED,
    homepage="https://example.com",
    hosts=("api.example.com",),
    credentials=(),
    permissions=(
        Permission("Query", "query", (Scope.READ,), Need.REQUIRED),
        Permission("Place orders", "place", (Scope.TRADE_SPOT,), Need.TRADING),
        Permission("Cancel orders", "cancel", (Scope.TRADE_SPOT,), Need.TRADING),
        Permission("Export", "export", (Scope.READ,), Need.OPTIONAL),
        Permission("Margin", "margin", (Scope.TRADE_MARGIN,), Need.MUST_BE_OFF),
        Permission("Move", "move", (Scope.TRANSFER,), Need.MUST_BE_OFF),
        Permission("Withdraw", "withdraw", (Scope.WITHDRAW,), Need.MUST_BE_OFF),
        Permission("Add addresses", "addresses", (Scope.WITHDRAW,), Need.MUST_BE_OFF),
        Permission("Make keys", "keys", (Scope.MANAGE_KEYS,), Need.MUST_BE_OFF),
    ),
    sources={},
    key_page=KeyPage("https://example.com/keys"),
    ip_list=IpList(supported=True, label="Trusted addresses"),
    expiry=Expiry(without_ip_list_days=90),
)
GOOD = frozenset({"query", "place", "cancel"})


def _rights(*more: str, without: str = "", bound: bool | None = True) -> KeyRights:
    return KeyRights(
        switches=(GOOD | set(more)) - {without},
        ip_bound=bound,
        ip_list=("203.0.113.7",) if bound else (),
        created_ms=NOW_MS - 10 * DAY_MS,
    )


def _judge(rights: KeyRights, card: Card = CARD) -> Verdict:
    return judge_rights(card, rights, NOW_MS)


@pytest.mark.parametrize(
    ("rights", "status", "reason", "mend"),
    [
        (_rights("withdraw"), KeyStatus.REFUSED, "key_can_withdraw", ("withdraw",)),
        (
            _rights("withdraw", "addresses"),
            KeyStatus.REFUSED,
            "key_can_withdraw",
            ("addresses", "withdraw"),
        ),
        (_rights("withdraw", without="query"), KeyStatus.REFUSED, "key_can_withdraw", None),
        (_rights("keys"), KeyStatus.REFUSED, "key_can_manage_keys", ("keys",)),
        (_rights(without="query"), KeyStatus.INVALID, "key_only_trades", ("query",)),
        (_rights(without="cancel"), KeyStatus.READ_ONLY, "trading_right_missing", ("cancel",)),
        (
            KeyRights(frozenset({"query"}), ip_bound=True),
            KeyStatus.READ_ONLY,
            "only_reads",
            ("place", "cancel"),
        ),
        (KeyRights(frozenset()), KeyStatus.INVALID, "reading_right_missing", ("query",)),
        (
            replace(_rights(), expires_ms=NOW_MS - 1),
            KeyStatus.INVALID,
            "key_expired",
            (),
        ),
        (_rights(), KeyStatus.ENABLED, "", ()),
        (_rights("export"), KeyStatus.ENABLED, "", ()),
    ],
)
def test_rights_are_judged_with_the_switch_to_turn(
    rights: KeyRights, status: KeyStatus, reason: str, mend: tuple[str, ...] | None
) -> None:
    verdict = _judge(rights)
    assert (verdict.status, verdict.reason) == (status, reason)
    assert mend is None or verdict.mend == mend
    if reason:
        assert has_words(f"errors.{reason}")


@pytest.mark.parametrize(
    ("rights", "codes"),
    [
        (_rights("margin"), ["needless_right"]),
        (_rights("move", "margin"), ["needless_right", "needless_right"]),
        (_rights("new_thing"), ["unknown_switch"]),
        (_rights(bound=False), ["not_ip_bound_expires"]),
        (_rights(), []),
        (_rights("export"), []),
    ],
)
def test_what_is_not_needed_is_warned_of(rights: KeyRights, codes: list[str]) -> None:
    """Scenario 12."""
    verdict = _judge(rights)
    assert verdict.status is KeyStatus.ENABLED
    assert [remark.code for remark in verdict.remarks] == codes
    for remark in verdict.remarks:
        assert "code:" not in say_reason(remark.code, remark.facts), "every remark has a sentence"


def test_a_key_bound_to_no_address_ends_by_the_exchanges_rule() -> None:
    """Scenario 18."""
    verdict = _judge(_rights(bound=False))
    assert verdict.expires_ms == NOW_MS + 80 * DAY_MS
    assert verdict.dated is Dated.EXCHANGE
    old = replace(_rights(bound=False), created_ms=NOW_MS - 91 * DAY_MS)
    assert _judge(old).reason == "key_expired"


def test_an_end_is_reckoned_from_what_the_owner_said_or_from_the_day_of_adding() -> None:
    """Scenario 18: where the exchange does not tell when a key was made."""
    rights = replace(_rights(bound=False), created_ms=None)
    assert _judge(rights).expires_ms is None
    added = Born(None, NOW_MS - 5 * DAY_MS)
    verdict = judge_rights(CARD, rights, NOW_MS, added)
    assert (verdict.expires_ms, verdict.dated) == (NOW_MS + 85 * DAY_MS, Dated.ADDING)
    assert "expiry_reckoned" in [remark.code for remark in verdict.remarks]
    said = Born(NOW_MS - 60 * DAY_MS, NOW_MS - 5 * DAY_MS)
    verdict = judge_rights(CARD, rights, NOW_MS, said)
    assert (verdict.expires_ms, verdict.dated) == (NOW_MS + 30 * DAY_MS, Dated.OWNER)
    assert "expiry_reckoned" not in [remark.code for remark in verdict.remarks]


def test_what_was_reckoned_wrongly_is_not_the_keys_fault() -> None:
    rights = replace(_rights(bound=False), created_ms=None)
    born = Born(NOW_MS - 200 * DAY_MS, NOW_MS)
    verdict = judge_rights(CARD, rights, NOW_MS, born)
    assert (verdict.status, verdict.expires_ms) == (KeyStatus.ENABLED, None)
    unsure = replace(CARD, expiry=Expiry(without_ip_list_days=30, sure=False))
    old = replace(_rights(bound=False), created_ms=NOW_MS - 31 * DAY_MS)
    assert _judge(old, unsure).status is KeyStatus.ENABLED


@pytest.mark.parametrize(
    ("switch", "stops"), [("move", True), ("withdraw", True), ("margin", False), ("new", False)]
)
def test_rights_that_grew_are_told_with_their_switches(switch: str, stops: bool) -> None:  # noqa: FBT001  a parameter of the table
    known = frozenset({Scope.READ, Scope.TRADE_SPOT})
    assert find_growth(CARD, _rights("export"), known) is None
    growth = find_growth(CARD, _rights(switch), known)
    assert growth is not None
    assert growth.stops is stops
    assert growth.switches.strip("“”").lower() == switch


def test_an_exchange_without_such_a_rule_only_warns() -> None:
    verdict = _judge(_rights(bound=False), replace(CARD, expiry=Expiry()))
    assert [remark.code for remark in verdict.remarks] == ["not_ip_bound"]
    assert verdict.expires_ms is None


def test_a_rule_for_trading_keys_does_not_end_one_that_reads() -> None:
    card = replace(CARD, expiry=Expiry(without_ip_list_days=30, applies_to=(Scope.TRADE_SPOT,)))
    rights = KeyRights(frozenset({"query"}), ip_bound=False, created_ms=NOW_MS)
    assert _judge(rights, card).expires_ms is None


def test_an_end_that_the_exchange_tells_counts_before_any_rule() -> None:
    verdict = _judge(replace(_rights(bound=False), expires_ms=NOW_MS + 5))
    assert verdict.expires_ms == NOW_MS + 5


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (NotProven("bad_key"), KeyStatus.INVALID, "bad_key"),
        (NotProven("bad_signature"), KeyStatus.INVALID, "bad_signature"),
        (NotProven("key_expired"), KeyStatus.INVALID, "key_expired"),
        (Forbidden("ip_not_allowed", rule="ip"), KeyStatus.INVALID, "ip_not_allowed"),
        (Forbidden("right_missing", rule="right"), KeyStatus.INVALID, "right_missing"),
        (Corrupted("sealed_value_damaged"), KeyStatus.INVALID, "sealed_value_damaged"),
        (NotProven("stale_stamp"), None, "clock_off"),
        (NotProven("stamp_ahead"), None, "clock_off"),
        (NotProven("used_nonce"), None, "used_nonce"),
        (ExchangeDown("rate_limited"), None, "rate_limited"),
        (ExchangeDown("maintenance"), None, "maintenance"),
        (ExchangeDown("unreachable"), None, "unreachable"),
        (OutcomeUnknown("timed_out"), None, "timed_out"),
        (Forbidden("vault_locked", rule="vault"), None, "vault_locked"),
        (Corrupted("database_failed"), None, "database_failed"),
    ],
)
def test_only_what_is_said_against_the_key_makes_it_invalid(
    error: DrawbridgeError, status: KeyStatus | None, reason: str
) -> None:
    """Scenarios 15 and 46: each cause its own code; our own failure is not the key's."""
    verdict = judge_error(CARD, error)
    assert (verdict.status, verdict.reason) == (status, reason)
    before = KeyStatus.ENABLED
    assert verdict.standing(before).status is (status or before)


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [
        (ProbeOutcome(ProbeEnd.CANCELLED), KeyStatus.ENABLED, ""),
        (ProbeOutcome(ProbeEnd.DRY_RUN), KeyStatus.ENABLED, ""),
        (ProbeOutcome(ProbeEnd.SKIPPED), KeyStatus.ENABLED, "trading_not_proven"),
        (ProbeOutcome(ProbeEnd.NEVER_ARRIVED), KeyStatus.ENABLED, "trading_not_proven"),
        (ProbeOutcome(ProbeEnd.FUNDS_MISSING), KeyStatus.ENABLED, "funds_missing"),
        (ProbeOutcome(ProbeEnd.FILLED), KeyStatus.ENABLED, "probe_filled"),
        (ProbeOutcome(ProbeEnd.PENDING), KeyStatus.CLEANUP_PENDING, "cleanup_pending"),
        (
            ProbeOutcome(ProbeEnd.REFUSED, "right_missing"),
            KeyStatus.READ_ONLY,
            "trading_right_missing",
        ),
        (ProbeOutcome(ProbeEnd.REFUSED, "bad_key"), KeyStatus.INVALID, "bad_key"),
        (
            ProbeOutcome(ProbeEnd.REFUSED, "market_closed"),
            KeyStatus.ENABLED,
            "trading_not_proven",
        ),
    ],
)
def test_the_end_of_the_probe_order_decides(
    outcome: ProbeOutcome, status: KeyStatus, reason: str
) -> None:
    verdict = judge_probe(CARD, _judge(_rights("margin")), outcome)
    assert (verdict.status, verdict.reason) == (status, reason)
    assert "needless_right" in {remark.code for remark in verdict.remarks}, "nothing is forgotten"


def test_what_is_not_told_is_said_with_the_place_to_look_and_trading_is_proven() -> None:
    """Scenario 8: an exchange that tells no rights."""
    rights = KeyRights(frozenset(), untold=frozenset(it.api for it in CARD.permissions))
    verdict = _judge(rights)
    assert verdict.may_trade
    (doubt,) = verdict.remarks
    assert doubt.code == "withdrawing_not_ruled_out"
    assert "https://example.com/keys" in say_reason(doubt.code, doubt.facts)
    assert "Withdraw" in str(doubt.facts["switches"])
    for end, code in (
        (ProbeEnd.CANCELLED, "trading_proven_by_order"),
        (ProbeEnd.DRY_RUN, "trading_proven_by_dry_run"),
    ):
        proven = judge_probe(CARD, verdict, ProbeOutcome(end))
        assert [remark.code for remark in proven.remarks] == [code, "withdrawing_not_ruled_out"]
    refused = judge_probe(CARD, verdict, ProbeOutcome(ProbeEnd.REFUSED, "right_missing"))
    assert refused.status is KeyStatus.READ_ONLY
    assert Scope.TRADE_SPOT not in refused.scopes


def test_a_right_that_was_seen_counts_although_others_are_not_told() -> None:
    rights = KeyRights(frozenset({"withdraw"}), untold=frozenset({"query", "place", "cancel"}))
    assert _judge(rights).status is KeyStatus.REFUSED
