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
from drawbridge.core.operations import FORBIDDEN_SCOPES, KeyRights, Scope
from drawbridge.vault.lives import Dated
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing


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
    `is_by_probes`: the exchange does not tell the trading right, an order shows it. `dated` says
    from where `expires_ms` is known, `account` how the exchange calls the account.
    """

    status: KeyStatus | None
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    scopes: frozenset[Scope] = frozenset()
    remarks: tuple[Remark, ...] = ()
    mend: tuple[str, ...] = ()
    expires_ms: int | None = None
    is_by_probes: bool = False
    dated: Dated = Dated.NOBODY
    account: str = ""

    def standing(self, before: KeyStatus) -> Standing:
        """Give it as it is kept with the key; without a finding, the key stays as it was."""
        return Standing(
            status=before if self.status is None else self.status,
            reason=self.reason,
            facts={name: plain_fact(fact) for name, fact in self.facts.items()},
            scopes=self.scopes,
            expires_ms=self.expires_ms,
            account_hint=self.account,
            dated=self.dated,
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
class Born:
    """When a key was made, as far as it is known without the exchange.

    `made_ms` is what its owner said, `added_ms` when it was added here.
    """

    made_ms: int | None = None
    added_ms: int | None = None

    @classmethod
    def of(cls, key: KeyRecord) -> "Born":
        """Give what is known of a key."""
        return cls(key.life.made_ms, key.created_ms)


NOT_KNOWN: Final = Born()


@dataclass(frozen=True, slots=True)
class _End:
    """When a key ends, and from where that is known."""

    expires_ms: int | None = None
    dated: Dated = Dated.NOBODY


@dataclass(frozen=True, slots=True)
class ProbeOutcome:
    """The end of the probe order, the error that ended it, and the facts of the case."""

    end: ProbeEnd
    code: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def may_go_by(self) -> bool:
        """Tell whether the order waits only for what is over soon: then one asks again."""
        return self.end is ProbeEnd.PENDING and self.code in _OVER_SOON


_OVER_SOON: Final = frozenset({"not_certain_yet", "rate_limited"})
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


def judge_rights(card: Card, rights: KeyRights, now_ms: int, born: Born = NOT_KNOWN) -> Verdict:
    """Judge the switches that an exchange told, and say of which nothing could be learnt.

    Where it does not tell when the key was made, its end is reckoned from how it was `born`.
    """
    switches = [card.find_permission(name) for name in sorted(rights.switches)]
    on = [switch for switch in switches if switch is not None]
    scopes = card.scopes_of(rights.switches)
    if refused := _refusal(card, on):
        return replace(refused, scopes=scopes)
    end = _end(card, rights, born)
    expires_ms = end.expires_ms
    if expires_ms is not None and expires_ms <= now_ms:
        if rights.expires_ms is not None or (end.dated is Dated.EXCHANGE and card.expiry.sure):
            return Verdict(KeyStatus.INVALID, "key_expired", {"expired_ms": expires_ms}, scopes)
        # The exchange has just answered this key: what was reckoned was wrong, and not the key.
        end, expires_ms = _End(), None
    missing = [
        switch
        for switch in card.permissions
        if switch.need is Need.REQUIRED and switch.api not in rights.switches | rights.untold
    ]
    if missing:
        code = "key_only_trades" if scopes & _TRADING else "reading_right_missing"
        return _mending(card, KeyStatus.INVALID, code, missing, scopes)
    remarks = (
        *_needless(card, on),
        *_unknown(card, rights),
        *_not_ruled_out(card, rights),
        *_ip_remarks(card, rights, expires_ms),
        *_reckoned(card, end),
    )
    found = _trading_verdict(card, rights, scopes)
    return replace(
        found,
        remarks=remarks,
        expires_ms=expires_ms,
        dated=end.dated,
        account=rights.account_id,
    )


@dataclass(frozen=True, slots=True)
class Growth:
    """Rights that a key got since it was checked, and what the exchange calls their switches.

    `stops`: value could be moved out with them.
    """

    scopes: frozenset[Scope]
    switches: str
    stops: bool


def find_growth(card: Card, rights: KeyRights, known: frozenset[Scope]) -> Growth | None:
    """Find what a key may do beyond the rights that are known of it."""
    scopes = card.scopes_of(rights.switches) - known
    if not scopes:
        return None
    on = (card.find_permission(name) for name in sorted(rights.switches))
    labels = [it.label for it in on if it is not None and not scopes.isdisjoint(it.scopes)]
    labels += [name for name in sorted(rights.switches) if card.find_permission(name) is None]
    switches = ", ".join(f"“{label}”" for label in labels)
    return Growth(scopes, switches, not scopes.isdisjoint(FORBIDDEN_SCOPES))


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
        return replace(
            found,
            remarks=so_far.remarks,
            expires_ms=so_far.expires_ms,
            dated=so_far.dated,
            account=so_far.account,
        )
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


def _end(card: Card, rights: KeyRights, born: Born) -> _End:
    if rights.expires_ms is not None:
        return _End(rights.expires_ms, Dated.EXCHANGE)
    days = card.expiry.without_ip_list_days
    if not days or rights.ip_bound is not False:
        return _End()
    applies = card.expiry.applies_to
    if applies and card.scopes_of(rights.switches).isdisjoint(applies):
        return _End()
    known = (
        (rights.created_ms, Dated.EXCHANGE),
        (born.made_ms, Dated.OWNER),
        (born.added_ms, Dated.ADDING),
    )
    for made_ms, dated in known:
        if made_ms is not None:
            return _End(made_ms + days * DAY_MS, dated)
    return _End()


def _reckoned(card: Card, end: _End) -> Iterable[Remark]:
    """Say that an end is reckoned from the day of adding, and ask for the true one."""
    if end.dated is Dated.ADDING:
        yield Remark("expiry_reckoned", {"exchange": card.name, "expires_ms": end.expires_ms})


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
