"""Faults on request: what goes wrong with the n-th request, always the same for the same seed.

Pure decisions. Who waits, refuses or keeps silent is the server's business; nothing here knows
of connections, and without a profile nothing ever goes wrong.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.paper.noise import between, seed_of

_FIELD: Final = "faults"
_OFF: Final = "off"
_MOST_MS: Final = 600_000
_MOST_COUNT: Final = 1_000_000
_ALL: Final = 1_000
_DRAWS: Final = 4
_REASONS: Final = ("overloaded", "maintenance", "timed_out")


@dataclass(frozen=True, slots=True)
class FaultProfile:
    """How an exchange misbehaves.

    Units: shares in thousandths of all requests. Of every `ban_after + ban_for` requests the
    last `ban_for` are refused as banned (0: no bans). `clock_ms` is added to its clock.
    A WebSocket breaks after `drop_after` frames (0: never), or with `drop_share` at each frame.
    """

    seed: str = ""
    latency_least_ms: int = 0
    latency_most_ms: int = 0
    error_share: int = 0
    lost_share: int = 0
    cut_share: int = 0
    ban_after: int = 0
    ban_for: int = 0
    clock_ms: int = 0
    drop_after: int = 0
    drop_share: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request.

    `reason` empty: it is carried out, and not otherwise. `answer_lost`: it is carried out and the
    connection closed without an answer. `cut`: the connection is closed before anything is done.
    """

    delay_ms: int = 0
    reason: str = ""
    answer_lost: bool = False
    cut: bool = False


NO_FAULT: Final = Fault()
NO_FAULTS: Final = FaultProfile()


def decide(profile: FaultProfile, exchange_id: str, number: int) -> Fault:
    """Say what happens to the `number`-th request (from 0) to an exchange."""
    seed = seed_of("fault", profile.seed, exchange_id)
    place = number * _DRAWS
    delay_ms = between(seed, place, profile.latency_least_ms, profile.latency_most_ms)
    cycle = profile.ban_after + profile.ban_for
    if profile.ban_for and number % cycle >= profile.ban_after:
        return Fault(delay_ms, reason="banned")
    chance = between(seed, place + 1, 0, _ALL - 1)
    if chance < profile.cut_share:
        return Fault(delay_ms, cut=True)
    chance -= profile.cut_share
    if chance < profile.lost_share:
        return Fault(delay_ms, answer_lost=True)
    chance -= profile.lost_share
    if chance < profile.error_share:
        reason = _REASONS[between(seed, place + 2, 0, len(_REASONS) - 1)]
        return Fault(delay_ms, reason=reason)
    return Fault(delay_ms)


def is_dropped(profile: FaultProfile, exchange_id: str, connection: int, frame: int) -> bool:
    """Say whether the `connection`-th WebSocket to an exchange breaks after its `frame`-th frame.

    Both count from 0. Nothing is said to the client: the line is simply gone.
    """
    if profile.drop_after and frame + 1 >= profile.drop_after:
        return True
    if not profile.drop_share:
        return False
    seed = seed_of("drop", profile.seed, exchange_id, str(connection))
    return between(seed, frame, 0, _ALL - 1) < profile.drop_share


def read_profile(text: str) -> FaultProfile:
    """Read a profile as people write it.

    Shape: `name=value` parted by commas, all optional: `seed=any-text`, `latency=50..200`
    (milliseconds), `errors=2%`, `lost=0.5%` (answers lost after execution), `cut=1%`
    (connections cut before), `ban=100+20` (after 100 requests the next 20), `clock=-1500`
    (milliseconds), `drop=200` or `drop=0.5%` (WebSockets: after 200 frames, or at each frame
    with that chance). Empty or `off`: no faults. Raises: `BadInput("bad_faults")` naming the part.
    """
    if text.strip() == _OFF:
        return NO_FAULTS
    profile = FaultProfile()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, value = part.partition("=")
        read = _READERS.get(name.strip())
        changed = read(profile, value.strip()) if read else None
        if changed is None:
            raise BadInput("bad_faults", field=_FIELD, part=part[:60])
        profile = changed
    if profile.error_share + profile.lost_share + profile.cut_share > _ALL:
        raise BadInput("too_many_faults", field=_FIELD)
    return profile


_Read = Callable[[FaultProfile, str], FaultProfile | None]


def _read_seed(profile: FaultProfile, value: str) -> FaultProfile | None:
    return replace(profile, seed=value) if value else None


def _read_latency(profile: FaultProfile, value: str) -> FaultProfile | None:
    match = re.fullmatch(r"([0-9]{1,6})(?:\.\.([0-9]{1,6}))?", value)
    if match is None:
        return None
    least, most = int(match[1]), int(match[2] or match[1])
    if not least <= most <= _MOST_MS:
        return None
    return replace(profile, latency_least_ms=least, latency_most_ms=most)


def _read_errors(profile: FaultProfile, value: str) -> FaultProfile | None:
    share = _share(value)
    return None if share is None else replace(profile, error_share=share)


def _read_lost(profile: FaultProfile, value: str) -> FaultProfile | None:
    share = _share(value)
    return None if share is None else replace(profile, lost_share=share)


def _read_cut(profile: FaultProfile, value: str) -> FaultProfile | None:
    share = _share(value)
    return None if share is None else replace(profile, cut_share=share)


def _read_ban(profile: FaultProfile, value: str) -> FaultProfile | None:
    match = re.fullmatch(r"([0-9]{1,7})\+([0-9]{1,7})", value)
    if match is None or not 0 < int(match[2]) <= _MOST_COUNT:
        return None
    return replace(profile, ban_after=int(match[1]), ban_for=int(match[2]))


def _read_clock(profile: FaultProfile, value: str) -> FaultProfile | None:
    match = re.fullmatch(r"[+-]?[0-9]{1,9}", value)
    return replace(profile, clock_ms=int(value)) if match else None


def _read_drop(profile: FaultProfile, value: str) -> FaultProfile | None:
    if re.fullmatch(r"[0-9]{1,7}", value):
        after = int(value)
        return replace(profile, drop_after=after) if 0 < after <= _MOST_COUNT else None
    share = _share(value)
    return None if share is None else replace(profile, drop_share=share)


def _share(value: str) -> int | None:
    match = re.fullmatch(r"([0-9]{1,3})(?:\.([0-9]))?%", value)
    if match is None:
        return None
    share = int(match[1]) * 10 + int(match[2] or 0)
    return share if share <= _ALL else None


_READERS: Final[Mapping[str, _Read]] = {
    "seed": _read_seed,
    "latency": _read_latency,
    "errors": _read_errors,
    "lost": _read_lost,
    "cut": _read_cut,
    "ban": _read_ban,
    "clock": _read_clock,
    "drop": _read_drop,
}
