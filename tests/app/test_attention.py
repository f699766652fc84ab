"""What needs a person: each matter once, worst first, and nothing where all is well."""

from dataclasses import replace
from decimal import Decimal

import pytest

from drawbridge.app.attention import Matter, Need, Situation, Urgency, needs_of
from drawbridge.app.backup_records import OLD_MS, Backup, Kept
from drawbridge.core.clock import DAY_MS
from drawbridge.notices.model import Channel
from drawbridge.robots.model import Account, Plan, Robot, RobotStatus, Stake
from drawbridge.rotation.replacement import Replacement, ReplacementState
from drawbridge.rotation.replacements import Told
from drawbridge.vault.model import KeyRecord, KeyStatus, Venue
from drawbridge.vault.unlock import VaultState, VaultStatus
from tests.kit.robots import key_record

NOW_MS = 1_000 * DAY_MS
OPEN = VaultState(VaultStatus.OPEN, has_holder=True)
WELL = Situation(NOW_MS, OPEN)


def robot(name: str, status: RobotStatus, reason: str = "") -> Robot:
    """Make a robot that stands somewhere."""
    plan = Plan((Stake("key_a", Decimal(5)),), "kraken", "paper", "BTC/USD", 60_000, "grid", {})
    account = Account(plan.stakes[0], status, reason)
    return Robot(f"robot_{name}", "owner_1", name, plan, 0, 0, (account,), status, reason, {"n": 1})


def key(status: KeyStatus, label: str = "main", expires_in_ms: int | None = None) -> KeyRecord:
    """Make a key that stands somewhere."""
    expires_ms = None if expires_in_ms is None else NOW_MS + expires_in_ms
    return replace(key_record(status, key_id=f"key_{label}"), label=label, expires_ms=expires_ms)


def matters(situation: Situation) -> list[Matter]:
    """Give what needs somebody, in order."""
    return [need.matter for need in needs_of(situation)]


def test_where_all_is_well_nothing_needs_anybody() -> None:
    quiet = replace(
        WELL,
        keys=[
            key(KeyStatus.ENABLED, expires_in_ms=15 * DAY_MS),
            key(KeyStatus.READ_ONLY),
            key(KeyStatus.DISABLED, expires_in_ms=-DAY_MS),
            key(KeyStatus.CHECKING),
            replace(key(KeyStatus.UNVERIFIED), check_requested_ms=NOW_MS),
        ],
        robots=[robot(it.value, it) for it in RobotStatus if it is not RobotStatus.PAUSED],
    )
    assert needs_of(quiet) == ()


@pytest.mark.parametrize("state", ReplacementState)
def test_a_replacement_is_told_while_it_waits_for_its_owner(state: ReplacementState) -> None:
    found = key(KeyStatus.ENABLED)
    it = Replacement("replacement_1", "owner_1", found.id, "key_new", state, 0, 0)
    told = matters(replace(WELL, replacements=[Told(it, found, None)]))
    waits = state in {
        ReplacementState.FAILED,
        ReplacementState.ASKING,
        ReplacementState.RETIRING,
    }
    assert told == ([Matter.KEY_REPLACEMENT] if waits else [])


def test_who_has_only_begun_is_shown_the_way_and_no_warnings() -> None:
    assert needs_of(Situation(NOW_MS, VaultState(), has_authenticator=False)) == ()


def test_a_gateway_that_is_away_is_told_instead_of_the_lock_nobody_could_open() -> None:
    assert matters(Situation(NOW_MS, VaultState(VaultStatus.LOCKED))) == [Matter.GATEWAY_AWAY]
    locked = VaultState(VaultStatus.LOCKED, has_holder=True)
    assert matters(Situation(NOW_MS, locked)) == [Matter.VAULT_LOCKED]


@pytest.mark.parametrize(
    ("found", "matter", "urgency"),
    [
        (key(KeyStatus.REFUSED), Matter.KEY_REFUSED, Urgency.NOW),
        (key(KeyStatus.INVALID), Matter.KEY_INVALID, Urgency.NOW),
        (
            replace(key(KeyStatus.DISABLED), reason="rights_grew"),
            Matter.KEY_RIGHTS_GREW,
            Urgency.NOW,
        ),
        (key(KeyStatus.CLEANUP_PENDING), Matter.KEY_CLEANUP, Urgency.NOW),
        (key(KeyStatus.UNVERIFIED), Matter.KEY_UNCHECKED, Urgency.SOON),
        (key(KeyStatus.ENABLED, expires_in_ms=0), Matter.KEY_EXPIRED, Urgency.NOW),
        (key(KeyStatus.READ_ONLY, expires_in_ms=14 * DAY_MS), Matter.KEY_EXPIRING, Urgency.SOON),
    ],
)
def test_a_key_in_trouble_is_told_once(found: KeyRecord, matter: Matter, urgency: Urgency) -> None:
    [need] = needs_of(replace(WELL, keys=[found]))
    assert (need.matter, need.subject, need.name) == (matter, found.id, found.label)
    assert need.urgency is urgency


@pytest.mark.parametrize(("left_ms", "days"), [(1, 1), (DAY_MS, 1), (DAY_MS + 1, 2)])
def test_a_begun_day_until_a_key_expires_is_counted(left_ms: int, days: int) -> None:
    [need] = needs_of(replace(WELL, keys=[key(KeyStatus.ENABLED, expires_in_ms=left_ms)]))
    assert need.facts == {"count": days}


def test_a_paused_robot_says_why() -> None:
    [need] = needs_of(replace(WELL, robots=[robot("Grid", RobotStatus.PAUSED, "banned")]))
    assert need == Need(Matter.ROBOT_PAUSED, "robot_Grid", "Grid", "banned", {"n": 1})


@pytest.mark.parametrize(("left", "found"), [(4, []), (3, [Matter.FEW_RECOVERY_CODES]), (0, None)])
def test_recovery_codes_are_told_when_few_are_left(left: int, found: list[Matter] | None) -> None:
    expected = [Matter.FEW_RECOVERY_CODES] if found is None else found
    assert matters(replace(WELL, codes_left=left)) == expected
    # Without an authenticator there are none, and that is not what is missing.
    bare = replace(WELL, codes_left=0, has_authenticator=False, keys=[key(KeyStatus.ENABLED)])
    assert matters(bare) == [Matter.NO_AUTHENTICATOR]


@pytest.mark.parametrize(
    ("kept", "found"),
    [
        (None, []),
        (Kept(), [Matter.NO_BACKUP]),
        (Kept(NOW_MS), [Matter.NO_BACKUP]),
        (Kept(1, Backup(NOW_MS - OLD_MS, "", 1, "", "")), []),
        (Kept(1, Backup(NOW_MS - OLD_MS - 1, "", 1, "", "")), [Matter.BACKUP_OLD]),
    ],
)
def test_a_missing_backup_is_told_to_who_makes_them_and_has_real_keys(
    kept: Kept | None, found: list[Matter]
) -> None:
    real = replace(key(KeyStatus.ENABLED), venue=Venue.LIVE)
    assert matters(replace(WELL, keys=[real], kept=kept)) == found
    assert matters(replace(WELL, keys=[replace(real, venue=Venue.PAPER)], kept=kept)) == []
    assert matters(replace(WELL, keys=[replace(real, status=KeyStatus.DISABLED)], kept=kept)) == []


def test_the_worst_comes_first_and_equals_by_their_names() -> None:
    all_of_it = Situation(
        NOW_MS,
        VaultState(VaultStatus.LOCKED, has_holder=True),
        is_stopped=True,
        keys=[
            key(KeyStatus.ENABLED, "zeta", DAY_MS),
            key(KeyStatus.INVALID, "beta"),
            key(KeyStatus.INVALID, "Alpha"),
        ],
        robots=[robot("one", RobotStatus.PAUSED)],
        failing=[Channel.MAIL],
        codes_left=1,
        waiting_approvals=2,
    )
    assert [(need.matter, need.name) for need in needs_of(all_of_it)] == [
        (Matter.VAULT_LOCKED, ""),
        (Matter.TRADING_STOPPED, ""),
        (Matter.KEY_INVALID, "Alpha"),
        (Matter.KEY_INVALID, "beta"),
        (Matter.ROBOT_PAUSED, "one"),
        (Matter.APPROVALS_WAIT, ""),
        (Matter.KEY_EXPIRING, "zeta"),
        (Matter.NOTICES_FAILING, ""),
        (Matter.FEW_RECOVERY_CODES, ""),
    ]
