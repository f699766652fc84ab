"""Notices in words, the same for the page, mail and chat. The sentences stand in `wording/`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drawbridge.notices.model import Kept, Notice, NoticeKind
from drawbridge.wording.say import has_words, say, say_reason

NOTHING: Final = "\u2013"
# Facts that a kind may come without.
_OPTIONAL: Final = ("price", "quantity", "days", "symbol", "client_order_id", "time_ms")


@dataclass(frozen=True, slots=True)
class Words:
    """A notice as a person reads it: what happened, and why, empty where there is no reason."""

    title: str
    reason: str = ""

    @property
    def line(self) -> str:
        """Give both on one line."""
        return f"{self.title} {self.reason}".rstrip()


def words_of(kept: Kept) -> Words:
    """Put a notice into words, with how many equal ones it stands for."""
    words = said(kept.notice)
    if kept.count == 1:
        return words
    return Words(say("notice.folded", title=words.title, count=kept.count), words.reason)


def said(notice: Notice) -> Words:
    """Put what happened into words.

    Why: a fact that somebody forgot must not keep a person from learning of it; it is then told
    in general words.
    """
    facts = {**dict.fromkeys(_OPTIONAL, NOTHING), **notice.facts}
    for name in ("side", "channel"):
        if has_words(f"{name}.{facts.get(name)}"):
            facts[name] = say(f"{name}.{facts[name]}")
    try:
        orders = facts.get("orders")
        if isinstance(orders, list):
            facts["orders"] = [order_asked(it) for it in orders]
        if notice.kind is NoticeKind.ACT_PROPOSED:
            facts["act"] = say(f"approval.act.{facts['asked']}", **facts)
        title = say(f"notice.kind.{notice.kind.value}", **facts)
    except KeyError:
        title = say("notice.unworded", kind=say(f"notice.name.{notice.kind.value}"))
    return Words(title, _reason(notice.facts))


def order_asked(facts: Mapping[str, object]) -> str:
    """Put an order that is asked for into words."""
    side, why = say(f"side.{facts['side']}"), say(f"approval.why.{facts['why']}")
    return say("approval.order", side=side, quantity=facts["quantity"], why=why)


def _reason(facts: Mapping[str, object]) -> str:
    code, about = facts.get("reason"), facts.get("about")
    if not code:
        return ""
    return say_reason(str(code), about if isinstance(about, Mapping) else {})
