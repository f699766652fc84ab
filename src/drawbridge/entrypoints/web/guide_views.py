"""The guide of an exchange as the page draws it: the way there, the switches, remarks."""

from dataclasses import dataclass
from itertools import groupby

from drawbridge.catalogue.card import Card, Need, Permission


@dataclass(frozen=True, slots=True)
class SwitchView:
    """A switch as the picture shows it: wanted `on`, `off` or `either`."""

    label: str
    old_label: str
    wanted: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One step in words, with a link where it leads somewhere."""

    words: str
    link: str = ""
    link_words: str = ""


@dataclass(frozen=True, slots=True)
class RemarkView:
    """Something to know beforehand."""

    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class GuideView:
    """A guide."""

    steps: tuple[StepView, ...]
    groups: tuple[tuple[str, tuple[SwitchView, ...]], ...]
    remarks: tuple[RemarkView, ...] = ()
    addresses: tuple[str, ...] = ()


def view_guide(card: Card, purpose: str, addresses: tuple[str, ...]) -> GuideView:
    """Draw the guide of a key for trading or for reading."""
    switches = [switch for switch in card.permissions if switch.shown]
    groups = tuple(
        (name, tuple(_view_switch(switch, purpose) for switch in group))
        for name, group in groupby(switches, lambda switch: switch.group)
    )
    return GuideView((), groups, (), addresses if card.ip_list.supported else ())


def _view_switch(switch: Permission, purpose: str) -> SwitchView:
    trading = "on" if purpose == "trading" else "off"
    wanted = {Need.REQUIRED: "on", Need.TRADING: trading, Need.OPTIONAL: "either"}
    return SwitchView(switch.label, switch.old_label, wanted.get(switch.need, "off"))
