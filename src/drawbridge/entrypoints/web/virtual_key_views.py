"""Virtual keys as pages show them: their state, what they are held to, how they are used."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import HOUR_MS
from drawbridge.entrypoints.pages.fields import Fields
from drawbridge.gateway.crossing_log import Outcome
from drawbridge.gateway.crossings import LoggedCrossing
from drawbridge.virtual_keys.model import VirtualKey, VirtualState
from drawbridge.virtual_keys.store import Use
from drawbridge.virtual_keys.uses import PASSED
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.virtual_keys.words import Held, rule_words, words_of
from drawbridge.wording.formats import amount
from drawbridge.wording.say import say, say_reason

HOURS_SHOWN: Final = 24
HEIGHT: Final = 100
_FULL: Final = "passed"
_TONES: Final[Mapping[Outcome, str]] = {
    Outcome.PASSED: "good",
    Outcome.TOLD: "warn",
    Outcome.REFUSED: "bad",
    Outcome.DOWN: "warn",
    Outcome.UNKNOWN: "warn",
}


_STATE_TONES: Final[Mapping[VirtualState, str]] = {
    VirtualState.LIVE: "good",
    VirtualState.ENDED: "warn",
    VirtualState.REVOKED: "",
}


@dataclass(frozen=True, slots=True)
class VirtualView:
    """A virtual key as a row or a page shows it; `state` is a wording key."""

    id: str
    label: str
    exchange_name: str
    venue: str
    key_id: str
    key_label: str
    public: str
    state: VirtualState
    tone: str
    used_ms: int | None
    created_ms: int
    expires_ms: int | None
    held: tuple[Held, ...]

    @property
    def is_live(self) -> bool:
        """Tell whether it is in use."""
        return self.state is VirtualState.LIVE


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour: how high what passed and what was refused stand, of `HEIGHT`."""

    place: int
    passed: int
    refused: int


@dataclass(frozen=True, slots=True)
class UseView:
    """How a virtual key was used in the last day: bars by the hour, and how often by rule."""

    bars: tuple[Bar, ...]
    counts: tuple[tuple[str, int], ...]
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request as the table shows it; `why` is empty for what passed."""

    at_ms: int
    endpoint: str
    outcome: str
    tone: str
    why: str
    took_ms: str
    address: str


def request_view(crossing: LoggedCrossing) -> RequestView:
    """See a request as the table shows it."""
    why = say_reason(crossing.code, {}) if crossing.code else ""
    if crossing.rule:
        why = rule_words(crossing.rule)
    return RequestView(
        at_ms=crossing.at_ms,
        endpoint=crossing.endpoint,
        outcome=say(f"virtual_keys.outcome.{crossing.outcome.value}"),
        tone=_TONES[crossing.outcome],
        why=why,
        took_ms=amount(Decimal(crossing.took_us) / 1_000),
        address=crossing.address,
    )


def view_of(virtual: VirtualKey, key_label: str, used_ms: int | None, now_ms: int) -> VirtualView:
    """See a virtual key as pages show it."""
    state = virtual.state(now_ms)
    return VirtualView(
        id=virtual.id,
        label=virtual.label,
        exchange_name=get_card(virtual.exchange).name,
        venue=virtual.venue.value,
        key_id=virtual.key_id,
        key_label=key_label,
        public=virtual.public,
        state=state,
        tone=_STATE_TONES[state],
        used_ms=used_ms,
        created_ms=virtual.created_ms,
        expires_ms=virtual.expires_ms,
        held=words_of(virtual),
    )


def use_view(uses: Iterable[Use], now_ms: int) -> UseView | None:
    """Draw the last day; None where nothing was asked in it."""
    last_hour_ms = now_ms - now_ms % HOUR_MS
    first_ms = last_hour_ms - (HOURS_SHOWN - 1) * HOUR_MS
    passed, refused = [0] * HOURS_SHOWN, [0] * HOURS_SHOWN
    counts: dict[str, int] = {}
    for use in uses:
        hour = (use.hour_ms - first_ms) // HOUR_MS
        if 0 <= hour < HOURS_SHOWN:
            (passed if use.rule == PASSED else refused)[hour] += use.times
            counts[use.rule] = counts.get(use.rule, 0) + use.times
    most = max(map(sum, zip(passed, refused, strict=True)))
    if not most:
        return None
    bars = tuple(
        Bar(place, _height(passed[place], most), _height(refused[place], most))
        for place in range(HOURS_SHOWN)
    )
    told = sorted(counts.items(), key=lambda it: (it[0] != PASSED, -it[1]))
    words = tuple((_counted(rule), times) for rule, times in told)
    return UseView(bars, words, first_ms, last_hour_ms + HOUR_MS)


def _counted(rule: str) -> str:
    if rule == PASSED:
        return rule_words(_FULL)
    return say("virtual_keys.refused_by", rule=rule_words(rule))


def wish_of(fields: Fields, expires_ms: int | None) -> Wish:
    """Read what a form asks for."""
    return Wish(
        scopes=fields.chosen("scopes"),
        pairs=_pieces(fields.line("pairs")),
        sides=_chosen(fields.line("order_sides")),
        order_types=_chosen(fields.line("order_types")),
        largest_order=fields.line("largest_order"),
        open_exposure=fields.line("open_exposure"),
        day_turnover=fields.line("day_turnover"),
        collar=fields.line("collar"),
        addresses=_pieces(fields.line("addresses")),
        days=fields.chosen("days"),
        hours=fields.line("hours"),
        expires_ms=expires_ms,
        rate=fields.line("rate"),
    )


def choices(kind: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Give the choices of a field that may be left as it is."""
    return [("", say("virtual_keys.any")), *((name, say(f"{kind}.{name}")) for name in names)]


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _chosen(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _height(times: int, most: int) -> int:
    """Give a height; what happened at all is seen."""
    return max(2, times * HEIGHT // most) if times else 0
