"""What a key's check means: from rights and outcomes to a verdict. Pure.

A key that can withdraw or make keys is refused before anything else is looked at. Only what the
exchange says against the key itself makes it invalid; an exchange that is down, an empty account
or a wrong clock does not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from drawbridge.catalogue.card import Card, Need, Permission
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.money import plain
from drawbridge.core.operations import KeyRights, Scope
from drawbridge.vault.model import KeyStatus, Standing


@dataclass(frozen=True, slots=True)
class Remark:
    """Something said beside the verdict: a code of the wording files and its facts."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found.

    `status` None leaves the key as it was: the check could not be finished. `mend` holds the
    switches, by the exchange's own names, that must be turned to make the key good.
    `is_by_probes`: the exchange does not tell the trading right, an order shows it.
    """

    status: KeyStatus | None
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    scopes: frozenset[Scope] = frozenset()
    remarks: tuple[Remark, ...] = ()
    mend: tuple[str, ...] = ()
    expires_ms: int | None = None
    is_by_probes: bool = False

    def standing(self, before: KeyStatus) -> Standing:
        """Give it as it is kept with the key; without a finding, the key stays as it was."""
        return Standing(
            status=before if self.status is None else self.status,
            reason=self.reason,
            facts={name: plain_fact(fact) for name, fact in self.facts.items()},
            scopes=self.scopes,
            expires_ms=self.expires_ms,
        )

    @property
    def may_trade(self) -> bool:
        """Tell whether the trading right is there to be proven."""
        return self.status is KeyStatus.ENABLED


class ProbeEnd(StrEnum):
    """How the probe order ended."""

    CANCELLED = "cancelled"
    DRY_RUN = "dry_run"
    SKIPPED = "skipped"
    FUNDS_MISSING = "funds_missing"
    REFUSED = "refused"
    FILLED = "filled"
    NEVER_ARRIVED = "never_arrived"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class ProbeOutcome:
    """The end of the probe order, the error that ended it, and the facts of the case."""

    end: ProbeEnd
    code: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


# What may never be on: it moves value out, or makes keys that could.
_REFUSED_FOR: Final[Mapping[Scope, str]] = {
    Scope.WITHDRAW: "key_can_withdraw",
    Scope.MANAGE_KEYS: "key_can_manage_keys",
}
# What the exchange says against the key itself.
AGAINST_THE_KEY: Final = frozenset(
    {
        "bad_key",
        "bad_key_format",
        "bad_signature",
        "bad_passphrase",
        "missing_passphrase",
        "key_expired",
        "ip_not_allowed",
        "right_missing",
        "key_address_or_right",
        "key_or_secret",
        "account_locked",
        "sealed_value_damaged",
    }
)
# A stamp that is refused twice, with the clock learnt anew in between, needs a person.
_CLOCK: Final = frozenset({"stale_stamp", "stamp_ahead", "bad_stamp"})

_PROVEN: Final[Mapping[ProbeEnd, str]] = {
    ProbeEnd.CANCELLED: "trading_proven_by_order",
    ProbeEnd.DRY_RUN: "trading_proven_by_dry_run",
}
_TRADING: Final = frozenset({Scope.TRADE_SPOT, Scope.TRADE_MARGIN, Scope.TRADE_DERIVATIVES})

_REASONS: Final[Mapping[ProbeEnd, str]] = {
    ProbeEnd.FUNDS_MISSING: "funds_missing",
    ProbeEnd.FILLED: "probe_filled",
    ProbeEnd.SKIPPED: "trading_not_proven",
    ProbeEnd.NEVER_ARRIVED: "trading_not_proven",
    ProbeEnd.REFUSED: "trading_not_proven",
}


def judge_rights(card: Card, rights: KeyRights, now_ms: int) -> Verdict:
    """Judge the switches that an exchange told, and say of which nothing could be learnt."""
    switches = [card.find_permission(name) for name in sorted(rights.switches)]
    on = [switch for switch in switches if switch is not None]
    scopes = card.scopes_of(rights.switches)
    if refused := _refusal(card, on):
        return replace(refused, scopes=scopes)
    expires_ms = _expiry(card, rights)
    if expires_ms is not None and expires_ms <= now_ms:
        return Verdict(KeyStatus.INVALID, "key_expired", {"expired_ms": expires_ms}, scopes)
    missing = [
        switch
        for switch in card.permissions
        if switch.need is Need.REQUIRED and switch.api not in rights.switches | rights.untold
    ]
    if missing:
        return _mending(card, KeyStatus.INVALID, "reading_right_missing", missing, scopes)
    remarks = (
        *_needless(card, on),
        *_unknown(card, rights),
        *_not_ruled_out(card, rights),
        *_ip_remarks(card, rights, expires_ms),
    )
    found = _trading_verdict(card, rights, scopes)
    return replace(found, remarks=remarks, expires_ms=expires_ms)


def judge_error(card: Card, error: DrawbridgeError) -> Verdict:
    """Judge a check that ended in an error: whether it is the key's fault, and what to do."""
    facts = {"exchange": card.name, **error.facts}
    if error.code in _CLOCK:
        return Verdict(None, "clock_off", facts)
    status = KeyStatus.INVALID if error.code in AGAINST_THE_KEY else None
    return Verdict(status, error.code, facts)


def judge_probe(card: Card, so_far: Verdict, outcome: ProbeOutcome) -> Verdict:
    """Join what the rights said to how the probe order ended."""
    facts = {"exchange": card.name, **outcome.facts}
    if outcome.end in _PROVEN:
        return _proven(card, so_far, outcome)
    if outcome.end is ProbeEnd.PENDING:
        return replace(
            so_far, status=KeyStatus.CLEANUP_PENDING, reason="cleanup_pending", facts=facts
        )
    if outcome.end is ProbeEnd.REFUSED and outcome.code == "right_missing":
        trading = [switch for switch in card.permissions if switch.need is Need.TRADING]
        kept = so_far.scopes - _trading_scopes(trading)
        found = _mending(card, KeyStatus.READ_ONLY, "trading_right_missing", trading, kept)
        return replace(found, remarks=so_far.remarks, expires_ms=so_far.expires_ms)
    if outcome.end is ProbeEnd.REFUSED and outcome.code in AGAINST_THE_KEY:
        return replace(so_far, status=KeyStatus.INVALID, reason=outcome.code, facts=facts)
    found = replace(so_far, reason=_REASONS[outcome.end], facts=facts)
    if not outcome.code or outcome.end is ProbeEnd.FUNDS_MISSING:
        return found
    # What the exchange said to the order is told beside the verdict, in its own sentence.
    return replace(found, remarks=(*found.remarks, Remark(outcome.code, facts)))


def _proven(card: Card, so_far: Verdict, outcome: ProbeOutcome) -> Verdict:
    if not so_far.is_by_probes:
        return so_far
    # The exchange did not tell the right, so it is said what was learnt, and by what.
    proof = Remark(_PROVEN[outcome.end], {"exchange": card.name})
    return replace(so_far, remarks=(proof, *so_far.remarks))


def _refusal(card: Card, on: Iterable[Permission]) -> Verdict | None:
    on = tuple(on)
    for scope, code in _REFUSED_FOR.items():
        dangerous = [switch for switch in on if scope in switch.scopes]
        if dangerous:
            return _mending(card, KeyStatus.REFUSED, code, dangerous, frozenset())
    return None


def _trading_verdict(card: Card, rights: KeyRights, scopes: frozenset[Scope]) -> Verdict:
    trading = [switch for switch in card.permissions if switch.need is Need.TRADING]
    granted = _trading_scopes(trading)
    off = [it for it in trading if it.api not in rights.switches | rights.untold]
    if not off and trading:
        untold = any(switch.api in rights.untold for switch in trading)
        return Verdict(KeyStatus.ENABLED, scopes=scopes | granted, is_by_probes=untold)
    if len(off) == len(trading):
        # Nothing of trading is on: a key that only reads, as its owner meant it.
        return _mending(card, KeyStatus.READ_ONLY, "only_reads", off, scopes)
    return _mending(card, KeyStatus.READ_ONLY, "trading_right_missing", off, scopes - granted)


def _trading_scopes(switches: Iterable[Permission]) -> frozenset[Scope]:
    return frozenset(scope for switch in switches for scope in switch.scopes) & _TRADING


def _not_ruled_out(card: Card, rights: KeyRights) -> Iterable[Remark]:
    """Say what the exchange does not tell and would have to be refused, and where to look."""
    untold = [
        switch.label
        for switch in card.permissions
        if switch.api in rights.untold and switch.need is Need.MUST_BE_OFF
    ]
    if untold:
        facts = {"exchange": card.name, "switches": ", ".join(untold), "url": card.key_page.url}
        yield Remark("withdrawing_not_ruled_out", facts)


def _needless(card: Card, on: Iterable[Permission]) -> Iterable[Remark]:
    for switch in on:
        if switch.need is Need.MUST_BE_OFF:
            facts = {"switch": switch.label, "exchange": card.name, "api": switch.api}
            yield Remark("needless_right", facts)


def _unknown(card: Card, rights: KeyRights) -> Iterable[Remark]:
    for name in sorted(rights.switches):
        if card.find_permission(name) is None:
            yield Remark("unknown_switch", {"switch": name, "exchange": card.name})


def _ip_remarks(card: Card, rights: KeyRights, expires_ms: int | None) -> Iterable[Remark]:
    if rights.ip_bound or not card.ip_list.supported:
        return
    if rights.ip_bound is None and not rights.ip_list:
        return
    facts = {"exchange": card.name, "ip_label": card.ip_list.label}
    if expires_ms is None:
        yield Remark("not_ip_bound", facts)
    else:
        sure, perhaps = "not_ip_bound_expires", "not_ip_bound_expires_perhaps"
        dated = {**facts, "expires_ms": expires_ms}
        yield Remark(sure if card.expiry.sure else perhaps, dated)


def _expiry(card: Card, rights: KeyRights) -> int | None:
    if rights.expires_ms is not None:
        return rights.expires_ms
    days = card.expiry.without_ip_list_days
    if not days or rights.ip_bound is not False or rights.created_ms is None:
        return None
    applies = card.expiry.applies_to
    if applies and card.scopes_of(rights.switches).isdisjoint(applies):
        return None
    return rights.created_ms + days * DAY_MS


def _mending(
    card: Card,
    status: KeyStatus,
    code: str,
    switches: Iterable[Permission],
    scopes: frozenset[Scope],
) -> Verdict:
    switches = tuple(switches)
    labels = ", ".join(f"“{switch.label}”" for switch in switches)
    facts = {"exchange": card.name, "switches": labels, "page": card.key_page.url}
    mend = tuple(switch.api for switch in switches)
    return Verdict(status, code, facts, scopes, mend=mend)


def plain_fact(fact: object) -> str | int | bool | None:
    """Give a fact as rows keep it: amounts and enums as their text."""
    if isinstance(fact, Decimal):
        return plain(fact)
    return fact if isinstance(fact, str | int | bool | None) else str(fact)
