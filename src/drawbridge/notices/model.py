"""Notices as values: what can be told, and by which facts. Pure.

A notice holds a kind and facts, never a sentence: the words stand in the wording files, so that
each channel and each language says it in its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drawbridge.core.clock import MINUTE_MS

FOLDED_FOR_MS: Final = MINUTE_MS
"""Equal notices that come within this time of the first one are told together, with a count."""


class NoticeKind(StrEnum):
    """Everything that can be told. A kind is never renamed: people's choices refer to it.

    Facts by kind; those in brackets may be missing:
    robot kinds: `name` (the robot's), [`reason`, `about`]; subject: the robot's id.
    `ROBOT_DECIDED`, `ORDER_*`: `name`, `symbol`, `side`, `quantity`, [`price`, `client_order_id`,
    `reason`, `about`, `time_ms`]; subject: the robot's id, or the key's.
    key kinds: `label`, `exchange`, [`reason`, `about`, `days`]; subject: the key's id.
    `KEY_RIGHTS_GREW`: as key kinds, with `switches`.
    `FOREIGN_ORDERS`, `FOREIGN_TRADES`: as key kinds, with `symbol` and `count`.
    `KEYS_FROZEN`: `count`, `exchanges` (their names); subject: empty.
    exchange kinds: `exchange`, [`reason`, `about`]; subject: the exchange's id.
    `EXCHANGE_CLOSED`: as key kinds, with `since`.
    `LIMIT_HIT`: `name` (of the key or robot), `reason`, `about`; subject: its id.
    licence kinds: [`reason`, `about`]; subject: the licence's id.
    stop kinds: none; subject: empty. `SIGNAL_REFUSED`: `name`, `reason`, [`about`].
    `BACKTEST_FINISHED`: `name`; subject: the report's id.
    `ORDER_ASKED`: `name`, `symbol`, `price`, `orders` (each with `side`, `quantity`, `why`),
    `until_ms`. `ACT_PROPOSED`: `asked` (what), `asked_by`, `until_ms`, [`name`]; subject of both:
    the approval's id.

    `reason` is a code of the errors' wording, `about` the mapping of that code's facts.
    """

    ROBOT_STARTED = "robot_started"
    ROBOT_STOPPED = "robot_stopped"
    ROBOT_PAUSED = "robot_paused"
    ROBOT_RESUMED = "robot_resumed"
    ROBOT_DECIDED = "robot_decided"
    ORDER_FILLED = "order_filled"
    ORDER_REFUSED = "order_refused"
    ORDER_UNKNOWN = "order_unknown"
    FOREIGN_ORDERS = "foreign_orders"
    FOREIGN_TRADES = "foreign_trades"
    KEY_CHECKED = "key_checked"
    KEY_INVALID = "key_invalid"
    KEY_REFUSED = "key_refused"
    KEY_EXPIRING = "key_expiring"
    KEY_EXPIRED = "key_expired"
    KEY_FROZEN = "key_frozen"
    KEYS_FROZEN = "keys_frozen"
    KEY_LEAKED = "key_leaked"
    KEY_HALTED = "key_halted"
    KEY_RIGHTS_GREW = "key_rights_grew"
    KEY_REPLACEMENT_FAILED = "key_replacement_failed"
    KEY_REPLACEMENT_ASKS = "key_replacement_asks"
    KEY_REPLACED = "key_replaced"
    EXCHANGE_UNREACHABLE = "exchange_unreachable"
    EXCHANGE_BACK = "exchange_back"
    EXCHANGE_CLOSED = "exchange_closed"
    LIMIT_HIT = "limit_hit"
    LICENCE_TROUBLE = "licence_trouble"
    LICENCE_BACK = "licence_back"
    STOP_ON = "stop_on"
    STOP_OFF = "stop_off"
    SIGNAL_REFUSED = "signal_refused"
    BACKTEST_FINISHED = "backtest_finished"
    DELIVERY_GIVEN_UP = "delivery_given_up"
    DAILY_SUMMARY = "daily_summary"
    ORDER_ASKED = "order_asked"
    ACT_PROPOSED = "act_proposed"
    TEST = "test"


class Channel(StrEnum):
    """A way by which people are told. `PAGE` is the list in the app; the others go out."""

    PAGE = "page"
    MAIL = "mail"
    TELEGRAM = "telegram"
    WEBHOOK = "webhook"


QUESTIONS: Final = frozenset({NoticeKind.ORDER_ASKED, NoticeKind.ACT_PROPOSED})
"""These ask for an answer, and each needs one of its own."""

EACH_ALONE: Final = QUESTIONS | {
    NoticeKind.ROBOT_DECIDED,
    NoticeKind.ORDER_FILLED,
    NoticeKind.TEST,
}
"""Never folded together: questions, signals for programs, each of which is one event, and tests."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be told. `subject` is the id of the thing; facts never hold a secret."""

    kind: NoticeKind
    owner: str
    subject: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """A notice as it stands on disk; `count` tells how many equal ones it stands for."""

    n: int
    notice: Notice
    at_ms: int
    last_ms: int
    due_ms: int
    count: int
    is_read: bool


@dataclass(frozen=True, slots=True)
class Way:
    """Where an owner's notices go by one channel. `sealed` is what webhooks are signed with."""

    owner: str
    channel: Channel
    place: str = ""
    is_on: bool = False
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which kinds go by one channel: those that differ from the channel's own default."""

    channel: Channel
    kind: NoticeKind
    is_on: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """What whoever runs this machine has set up.

    `open_channels`: the ways out that work here; `own_hosts`: hosts inside this network to which
    webhooks may go.
    """

    open_channels: frozenset[Channel] = frozenset({Channel.WEBHOOK})
    own_hosts: frozenset[str] = frozenset()


_URGENT: Final = frozenset(
    {
        NoticeKind.ROBOT_PAUSED,
        NoticeKind.ORDER_UNKNOWN,
        NoticeKind.FOREIGN_ORDERS,
        NoticeKind.KEY_INVALID,
        NoticeKind.KEY_REFUSED,
        NoticeKind.KEY_EXPIRING,
        NoticeKind.KEY_EXPIRED,
        NoticeKind.KEY_FROZEN,
        NoticeKind.KEYS_FROZEN,
        NoticeKind.KEY_LEAKED,
        NoticeKind.KEY_HALTED,
        NoticeKind.KEY_RIGHTS_GREW,
        NoticeKind.FOREIGN_TRADES,
        NoticeKind.KEY_REPLACEMENT_FAILED,
        NoticeKind.KEY_REPLACEMENT_ASKS,
        NoticeKind.KEY_REPLACED,
        NoticeKind.EXCHANGE_UNREACHABLE,
        NoticeKind.EXCHANGE_BACK,
        NoticeKind.EXCHANGE_CLOSED,
        NoticeKind.LIMIT_HIT,
        NoticeKind.LICENCE_TROUBLE,
        NoticeKind.LICENCE_BACK,
        NoticeKind.STOP_ON,
        NoticeKind.STOP_OFF,
        NoticeKind.SIGNAL_REFUSED,
        NoticeKind.BACKTEST_FINISHED,
        NoticeKind.DELIVERY_GIVEN_UP,
        NoticeKind.DAILY_SUMMARY,
        NoticeKind.ORDER_ASKED,
        NoticeKind.ACT_PROPOSED,
    }
)
_DEFAULTS: Final[Mapping[Channel, frozenset[NoticeKind]]] = {
    Channel.PAGE: frozenset(NoticeKind) - {NoticeKind.ROBOT_DECIDED, NoticeKind.DAILY_SUMMARY},
    Channel.MAIL: _URGENT,
    Channel.TELEGRAM: _URGENT,
    Channel.WEBHOOK: frozenset(NoticeKind),
}
SWITCHABLE: Final = tuple(kind for kind in NoticeKind if kind is not NoticeKind.TEST)
"""The kinds that people switch; a test goes where it is sent to."""


def goes_by(
    channel: Channel, kind: NoticeKind, choices: Mapping[tuple[Channel, NoticeKind], bool]
) -> bool:
    """Tell whether a kind goes by a channel: as was chosen, else as is usual there."""
    return choices.get((channel, kind), kind in _DEFAULTS[channel])


def default_of(channel: Channel, kind: NoticeKind) -> bool:
    """Tell whether a kind goes by a channel while nobody has chosen."""
    return kind in _DEFAULTS[channel]
