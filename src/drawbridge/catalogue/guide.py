"""How to make a key at an exchange, as values made from its card.

The check of a key and the guide use the same facts, so neither can say what the other does not.
The sentences are not here: every step and remark is a wording key and its facts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Final

from drawbridge.catalogue.card import Card, Difference, KeyPage, Need, Permission
from drawbridge.catalogue.registry import open_exchanges
from drawbridge.core.clock import DAY_MS
from drawbridge.core.operations import FORBIDDEN_SCOPES, Scope

_ONWARD: Final = " \u203a "
_MORE_THAN_SPOT: Final = frozenset({Scope.TRADE_MARGIN, Scope.TRADE_DERIVATIVES})
_TRADING: Final = frozenset({Scope.TRADE_SPOT, *_MORE_THAN_SPOT})


class Purpose(StrEnum):
    """What a key is for."""

    TRADING = "trading"
    READING = "reading"


class Wanted(StrEnum):
    """How a switch must stand for a purpose."""

    ON = "on"
    OFF = "off"
    EITHER = "either"


class Tone(StrEnum):
    """How loud a remark is."""

    INFO = "info"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; `url` where it leads somewhere."""

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to know beforehand."""

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)
    tone: Tone = Tone.INFO


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch as the exchange shows it, and how it must stand."""

    label: str
    old_label: str
    api: str
    wanted: Wanted
    need: Need
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class SwitchGroup:
    """Switches that stand under one heading; the heading may be empty."""

    name: str
    switches: tuple[Switch, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """How to make a key.

    `addresses` are ours, to be put on the key's list, which the exchange calls `address_list`;
    both are empty where the exchange has no such list.
    `differences` are those from older guides, `doubts` what nobody could find out. Of an exchange
    that is gone, the steps tell how it was; the first remark says so.
    """

    exchange: str
    purpose: Purpose
    steps: tuple[Step, ...]
    groups: tuple[SwitchGroup, ...]
    address_list: str = ""
    addresses: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    differences: tuple[Remark, ...] = ()
    doubts: tuple[Remark, ...] = ()


def build_guide(card: Card, purpose: Purpose, addresses: Sequence[str] = ()) -> Guide:
    """Make the guide of a key for a purpose, to be used from our outgoing `addresses`."""
    shown = [switch for switch in card.permissions if switch.shown]
    groups = tuple(
        SwitchGroup(name, tuple(_switch(switch, purpose) for switch in group))
        for name, group in groupby(shown, lambda switch: switch.group)
    )
    listed = tuple(addresses) if card.ip_list.supported else ()
    return Guide(
        exchange=card.name,
        purpose=purpose,
        steps=tuple(_steps(card, groups, listed)),
        groups=groups,
        address_list=card.ip_list.label if card.ip_list.supported else "",
        addresses=listed,
        remarks=tuple(_remarks(card, purpose)),
        differences=tuple(_difference(it) for it in card.differences),
        doubts=tuple(Remark(f"guide.doubt.{key}") for key in card.doubts),
    )


def ending_steps(card: Card) -> tuple[Step, ...]:
    """Give the way to a key's end at its exchange, where it was made."""
    page = card.key_page
    path = [Step("guide.step.menu", {"path": _ONWARD.join(page.menu_path)})]
    return (
        Step("guide.step.open", {"exchange": card.name}, page.url),
        *(path if page.menu_path else ()),
        Step("guide.step.delete", {"exchange": card.name}),
    )


def wanted_of(need: Need, purpose: Purpose) -> Wanted:
    """Tell how a switch of this need must stand for a purpose."""
    if need is Need.TRADING:
        return Wanted.ON if purpose is Purpose.TRADING else Wanted.OFF
    return _WANTED[need]


_WANTED: Final[Mapping[Need, Wanted]] = {
    Need.REQUIRED: Wanted.ON,
    Need.OPTIONAL: Wanted.EITHER,
    Need.MUST_BE_OFF: Wanted.OFF,
}


def _switch(switch: Permission, purpose: Purpose) -> Switch:
    return Switch(
        label=switch.label,
        old_label=switch.old_label,
        api=switch.api,
        wanted=wanted_of(switch.need, purpose),
        need=switch.need,
        scopes=switch.scopes,
    )


def _steps(
    card: Card, groups: tuple[SwitchGroup, ...], addresses: tuple[str, ...]
) -> Iterator[Step]:
    page = card.key_page
    yield Step("guide.step.open", {"exchange": card.name}, page.url)
    if page.menu_path:
        yield Step("guide.step.menu", {"path": _ONWARD.join(page.menu_path)})
    if page.sub_account:
        facts = {"name": page.sub_account, "exchange": card.name}
        yield Step("guide.step.sub_account", facts)
    for wanted in (Wanted.ON, Wanted.OFF):
        labels = _labels(groups, wanted)
        if labels:
            yield Step(f"guide.step.switches_{wanted.value}", {"labels": labels})
    if addresses:
        yield Step("guide.step.addresses", {"addresses": addresses})
    elif card.ip_list.supported:
        yield Step("guide.step.addresses_unknown")
    fields = tuple(part.label for part in card.credentials if part.required)
    yield from _confirmations(page)
    once = "guide.step.copy_once" if page.secret_shown_once else "guide.step.copy"
    yield Step(once, {"fields": fields})
    if card.takes_keys:
        yield Step("guide.step.paste", {"fields": fields})


def _confirmations(page: KeyPage) -> Iterator[Step]:
    if page.withdrawal_list:
        yield Step("guide.step.withdrawal_list", {"label": page.withdrawal_list})
    for way in page.confirm:
        yield Step(f"guide.step.confirm_{way.value}")


def _labels(groups: tuple[SwitchGroup, ...], wanted: Wanted) -> tuple[str, ...]:
    return tuple(
        _named(group.name, switch.label)
        for group in groups
        for switch in group.switches
        if switch.wanted is wanted
    )


def _remarks(card: Card, purpose: Purpose) -> Iterator[Remark]:
    if not card.takes_keys:
        yield _gone(card)
    for switch in card.unacceptable:
        facts = {"exchange": card.name, "label": _named(switch.group, switch.label)}
        yield Remark("guide.remark.unacceptable", facts, Tone.WARN)
    if card.takes_keys:
        yield from _open_remarks(card, purpose)


def _gone(card: Card) -> Remark:
    instead = tuple(other.name for other in open_exchanges())
    facts = {"exchange": card.name, "since": card.since, "instead": instead}
    before = "" if card.since_sure else "_before"
    return Remark(f"guide.remark.{card.status.value}{before}", facts, Tone.WARN)


def _difference(difference: Difference) -> Remark:
    facts = {
        "labels": tuple(_named("", it) for it in difference.labels),
        "today": tuple(_named("", it) for it in difference.today),
    }
    return Remark(f"guide.difference.{difference.key}", facts)


def _open_remarks(card: Card, purpose: Purpose) -> Iterator[Remark]:
    for key in card.remark_keys:
        yield Remark(key, {"exchange": card.name, "former": card.former_names})
    refused = [
        _named(switch.group, switch.label)
        for switch in card.permissions
        if switch.shown
        and switch.need is Need.MUST_BE_OFF
        and FORBIDDEN_SCOPES.intersection(switch.scopes)
    ]
    if refused:
        yield Remark("guide.remark.refused", {"labels": tuple(refused)}, Tone.WARN)
    for switch in card.permissions:
        wanted = wanted_of(switch.need, purpose)
        scopes = frozenset(switch.scopes)
        if wanted is Wanted.ON and Scope.TRADE_SPOT in scopes and scopes & _MORE_THAN_SPOT:
            label = _named(switch.group, switch.label)
            yield Remark("guide.remark.more_than_spot", {"label": label})
        if wanted is Wanted.ON and Scope.TRANSFER in scopes:
            label = _named(switch.group, switch.label)
            yield Remark("guide.remark.trades_and_transfers", {"label": label}, Tone.WARN)
    hidden = tuple(
        _named(switch.group, switch.label)
        for switch in card.permissions
        if not switch.shown and not switch.fixed
    )
    if hidden:
        yield Remark("guide.remark.hidden_switches", {"labels": hidden})
    yield from _address_remarks(card, purpose)
    if card.key_page.browser_only:
        yield Remark("guide.remark.browser_only")


def _address_remarks(card: Card, purpose: Purpose) -> Iterator[Remark]:
    asked = _asked_scopes(purpose)
    if asked.intersection(card.ip_list.required_for):
        yield Remark("guide.remark.addresses_required", {"exchange": card.name}, Tone.WARN)
    expiry = card.expiry
    if expiry.without_ip_list_days and asked.intersection(expiry.applies_to):
        key = "guide.remark.ends" if expiry.sure else "guide.remark.may_end"
        span_ms = expiry.without_ip_list_days * DAY_MS
        yield Remark(key, {"span_ms": span_ms, "exchange": card.name}, Tone.WARN)
    if expiry.settable:
        yield Remark("guide.remark.expiry_settable")


def _asked_scopes(purpose: Purpose) -> frozenset[Scope]:
    trading = _TRADING if purpose is Purpose.TRADING else frozenset()
    return trading | {Scope.READ}


def _named(group: str, label: str) -> str:
    """Name a switch as a person finds it: the heading helps where a label alone is short.

    In quotes, because some labels hold commas and are read in a list.
    """
    return f"“{label}” ({group})" if group else f"“{label}”"
