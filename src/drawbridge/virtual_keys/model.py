"""What a virtual key is, and the one judgement whether it may do what it asks for. Pure.

No secret is ever among these values; what a bot's signature is held against stands sealed in
the database and is opened by `opening.py`, in the gateway's process alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NewType

from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.core.operations import FORBIDDEN_SCOPES, Scope
from drawbridge.core.refusals import Refused
from drawbridge.vault.model import Venue
from drawbridge.virtual_keys.amounts import Collar, DayTurnover, LargestOrder, OpenExposure
from drawbridge.virtual_keys.asked import Act, Asked
from drawbridge.virtual_keys.restrictions import Expiry, Rate, Restriction, Scopes

VirtualKeyId = NewType("VirtualKeyId", str)


class VirtualState(StrEnum):
    """Where a virtual key stands."""

    LIVE = "live"
    ENDED = "ended"
    REVOKED = "revoked"


MOST_RESTRICTIONS: Final = 40
_ORIGIN: Final = "virtual:"


@dataclass(frozen=True, slots=True)
class VirtualKey:
    """A key that a bot has in place of a real one.

    `key_id` is the real key that signs what passes; `public` is what the bot sends as its key.
    A restriction may stand there twice: the narrower one then decides. `origin` is whom the order
    journal names for its orders; `names_rights` tells whether it was given any right at all,
    `wants_prices` whether orders are judged by the market's last price, `wants_book` whether those
    at market by what they would trade at, `is_counted` whether orders are counted against what
    earlier ones used up, `is_paced` whether requests are counted.
    """

    id: VirtualKeyId
    owner: OwnerId
    key_id: KeyId
    exchange: str
    venue: Venue
    label: str
    public: str
    restrictions: tuple[Restriction, ...]
    created_ms: int
    revoked_ms: int | None = None
    origin: str = field(init=False, repr=False, compare=False)
    names_rights: bool = field(init=False, repr=False, compare=False)
    wants_prices: bool = field(init=False, repr=False, compare=False)
    wants_book: bool = field(init=False, repr=False, compare=False)
    is_counted: bool = field(init=False, repr=False, compare=False)
    is_paced: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out what every request will be asked for."""
        object.__setattr__(self, "origin", origin_of(self.id))
        object.__setattr__(self, "names_rights", self._has(Scopes))
        object.__setattr__(self, "wants_prices", self._has(*_BY_PRICE))
        object.__setattr__(self, "wants_book", self._has(Collar))
        object.__setattr__(self, "is_counted", self._has(*_COUNTED))
        object.__setattr__(self, "is_paced", self._has(Rate))

    @property
    def expires_ms(self) -> int | None:
        """Give the time at which it ends by itself, None where it does not."""
        return min(
            (it.until_ms for it in self.restrictions if isinstance(it, Expiry)), default=None
        )

    def state(self, now_ms: int) -> VirtualState:
        """Tell whether it is in use, has ended by itself, or was revoked."""
        if self.revoked_ms is not None:
            return VirtualState.REVOKED
        expires_ms = self.expires_ms
        has_ended = expires_ms is not None and expires_ms <= now_ms
        return VirtualState.ENDED if has_ended else VirtualState.LIVE

    def _has(self, *kinds: type[Restriction]) -> bool:
        return any(isinstance(it, kinds) for it in self.restrictions)


_COUNTED: Final = (OpenExposure, DayTurnover)
_BY_PRICE: Final = (LargestOrder, Collar, *_COUNTED)
_NOT_CARRIED: Final = frozenset({Act.CHANGE, Act.TOKEN})

# What an exchange would say in its own words for each of our reasons, where it has none for them.
_SPOKEN: Final[Mapping[str, str]] = {
    "virtual_revoked": "bad_key",
    "virtual_unknown_restriction": "bad_key",
    "virtual_expired": "key_expired",
    "virtual_address": "ip_not_allowed",
    "virtual_rate": "rate_limited",
    "virtual_order_too_large": "too_large",
    "virtual_collar": "price_out_of_range",
    "virtual_without_price": "overloaded",
    "virtual_pair": "market_closed",
    "virtual_hours": "market_closed",
    # What a bot looks up by that name then is there, or is about to be.
    "virtual_order_repeated": "duplicate_client_id",
}


def origin_of(virtual_id: str) -> str:
    """Give whom the order journal names for orders of this virtual key."""
    return f"{_ORIGIN}{virtual_id}"


def judge(virtual: VirtualKey, asked: Asked) -> Refused | None:
    """Tell what speaks against a request, None when nothing does. Refuse by default.

    No restriction is asked about withdrawals, transfers and the making of keys: these never
    pass. Neither does what cannot be read, because it could not be written down either, nor a
    token that would let the bot speak to the exchange past us.
    """
    if virtual.revoked_ms is not None:
        return Refused("virtual_revoked", {"rule": "revoked"})
    if asked.scope in FORBIDDEN_SCOPES or asked.scope is Scope.OTHER:
        return Refused("scope_never_allowed", {"rule": "scopes", "scope": asked.scope})
    if asked.act in _NOT_CARRIED:
        return Refused("virtual_not_carried", {"rule": "carried", "act": asked.act.value})
    if not virtual.names_rights:
        return Refused("virtual_right_missing", {"rule": "scopes", "scope": str(asked.scope)})
    for restriction in virtual.restrictions:
        refused = restriction.verify(asked)
        if refused is not None:
            return refused
    return None


def spoken_reason(code: str) -> str:
    """Give the reason of `catalogue/reasons.py` nearest to one of our own refusals.

    Why: a bot knows its exchange's refusals and no others. Ours of rights and of amounts are
    told as a missing right, which no client takes for a reason to try again at once.
    """
    return _SPOKEN.get(code, "right_missing")
