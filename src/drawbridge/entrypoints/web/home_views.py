"""What Home shows beside money: the newcomer's way, what needs somebody, robots at a glance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from drawbridge.app.attention import Matter, Need, Urgency
from drawbridge.app.overview import Overview, RobotSeen
from drawbridge.entrypoints.web.purse_views import tone_of
from drawbridge.entrypoints.web.robot_views import RobotView, view_robot
from drawbridge.robots.model import RobotStatus
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.unlock import VaultStatus
from drawbridge.wording import formats
from drawbridge.wording.say import say, say_reason

_MOST_ROBOTS: Final = 8
_AGAIN: Final = "/keys/new?exchange={exchange}&venue={venue}"
# Where each matter is mended; `{id}` is its key or robot. What begins with POST is done at once.
_MENDS: Final[Mapping[Matter, str]] = {
    Matter.GATEWAY_AWAY: "/vault",
    Matter.VAULT_LOCKED: "/vault",
    Matter.TRADING_STOPPED: "/risk",
    Matter.LICENCE: "/licence",
    Matter.KEY_CLEANUP: "POST /keys/{id}/check",
    Matter.KEY_REFUSED: _AGAIN,
    Matter.KEY_RIGHTS_GREW: "/keys/{id}",
    Matter.KEY_INVALID: _AGAIN,
    Matter.KEY_EXPIRED: "/keys/{id}/replace",
    Matter.KEY_EXPIRING: "/keys/{id}/replace",
    Matter.KEY_REPLACEMENT: "/keys/{id}/replace",
    Matter.KEY_UNCHECKED: "POST /keys/{id}/check",
    Matter.ROBOT_PAUSED: "POST /robots/{id}/start",
    Matter.APPROVALS_WAIT: "/approvals",
    Matter.NOTICES_FAILING: "/notices/ways",
    Matter.NO_AUTHENTICATOR: "/authenticator",
    Matter.FEW_RECOVERY_CODES: "/security",
    Matter.NO_BACKUP: "/backups",
    Matter.BACKUP_OLD: "/backups",
}
_TONES: Final = {Urgency.NOW: "bad", Urgency.SOON: "warn"}
_POST: Final = "POST "
# Who needs somebody is shown first, and who rests last.
_ORDER: Final = (
    *(RobotStatus.PAUSED, RobotStatus.STARTED, RobotStatus.STARTING),
    *(RobotStatus.STOPPING, RobotStatus.STOPPED),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the newcomer's way."""

    name: str
    path: str
    done: bool


@dataclass(frozen=True, slots=True)
class NeedView:
    """What needs somebody: in words, why, where it stands, and the button that mends it."""

    id: str
    tone: str
    words: str
    reason: str
    place: str
    path: str
    is_form: bool
    button: str


@dataclass(frozen=True, slots=True)
class RobotGlance:
    """A robot with what it earned; `profit` is empty where nobody knows."""

    robot: RobotView
    profit: str
    tone: str
    trades: int


def stages_of(overview: Overview, *, has_authenticator: bool) -> tuple[Stage, ...]:
    """Give the newcomer's way, and how far somebody has come on it."""
    # A vault that was made is made, also where it is locked now: that is told as what it is.
    has_vault = overview.vault.status is not VaultStatus.ABSENT
    has_key = any(key.status is KeyStatus.ENABLED for key in overview.keys)
    return (
        Stage("vault", "/vault", has_vault),
        Stage("authenticator", "/authenticator", has_authenticator),
        Stage("key", "/keys/new", has_key or bool(overview.robots)),
        Stage("robot", "/robots/new", bool(overview.robots)),
    )


def view_needs(needs: Sequence[Need], keys: Sequence[KeyRecord]) -> list[NeedView]:
    """Put what needs somebody into words."""
    by_id = {str(key.id): key for key in keys}
    return [_view_need(need, by_id.get(need.subject)) for need in needs]


def view_robots(robots: Sequence[RobotSeen]) -> list[RobotGlance]:
    """Choose the robots that are shown at a glance."""
    ranked = sorted(robots, key=lambda it: _ORDER.index(it.robot.status))
    return [_glance(it) for it in ranked[:_MOST_ROBOTS]]


def _view_need(need: Need, key: KeyRecord | None) -> NeedView:
    matter = need.matter.value
    name = say(f"channel.{need.subject}") if need.matter is Matter.NOTICES_FAILING else need.name
    facts = {"exchange": key.exchange if key else "", "venue": key.venue.value if key else ""}
    way = _MENDS[need.matter].format(id=need.subject, **facts)
    return NeedView(
        id=f"need-{matter}-{need.subject}",
        tone=_TONES[need.urgency],
        words=say(f"attention.{matter}", **{**need.facts, "name": name}),
        reason=say_reason(need.reason, need.facts) if need.reason else "",
        place=_place_of(need, key),
        path=way.removeprefix(_POST),
        is_form=way.startswith(_POST),
        button=say(f"attention.do_{matter}"),
    )


def _place_of(need: Need, key: KeyRecord | None) -> str:
    if key is not None:
        return f"/keys/{key.id}"
    return f"/robots/{need.subject}" if need.matter is Matter.ROBOT_PAUSED else ""


def _glance(seen: RobotSeen) -> RobotGlance:
    quote = seen.robot.plan.quote
    profit = "" if seen.profit is None else f"{formats.rounded(seen.profit)} {quote}"
    return RobotGlance(view_robot(seen.robot), profit, tone_of(seen.profit), seen.trades)
