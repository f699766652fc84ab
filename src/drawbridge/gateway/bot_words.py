"""Our errors as bots are told of them, by reasons that their exchange speaks. Pure."""

from collections.abc import Mapping
from typing import Final

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.errors import (
    BadInput,
    Conflict,
    Corrupted,
    DrawbridgeError,
    ExchangeDown,
    ExchangeRefused,
    Forbidden,
    NotFound,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.gateway.crossing_log import Outcome
from drawbridge.virtual_keys.model import spoken_reason

# Reasons of our own that are no matter of rights, and what an exchange would say in their place.
_OWN: Final[Mapping[str, str]] = {
    "vault_locked": "overloaded",
    "key_not_usable": "bad_key",
    "unknown_key": "bad_key",
    "global_stop": "market_closed",
    "order_already_intended": "duplicate_client_id",
    "duplicate_parameter": "malformed",
}
_BY_FAMILY: Final[tuple[tuple[type[DrawbridgeError], str], ...]] = (
    (BadInput, "malformed"),
    (NotProven, "bad_signature"),
    (NotFound, "unknown_order"),
    (Conflict, "duplicate_client_id"),
    (ExchangeRefused, "market_closed"),
    (ExchangeDown, "overloaded"),
    (OutcomeUnknown, "timed_out"),
    (Corrupted, "overloaded"),
)


def as_spoken(exchange: Exchange, error: DrawbridgeError) -> DrawbridgeError:
    """Give an error with a reason that the exchange has words for."""
    reason = reason_of(exchange, error)
    spoken: DrawbridgeError = Forbidden(reason)
    if isinstance(error, ExchangeDown):
        wait_ms = error.retry_after_ms
        spoken = ExchangeDown(reason, retry_after_ms=wait_ms, limit=1, seconds=wait_ms // 1_000)
    spoken.facts.update(error.facts)
    return spoken


def reason_of(exchange: Exchange, error: DrawbridgeError) -> str:
    """Give the reason of `catalogue/reasons.py` by which an error is spoken."""
    if error.code in _OWN:
        return _OWN[error.code]
    if isinstance(error, OutcomeUnknown):
        # Whatever was lost: to the bot it is one thing, and the only one it must not misread.
        return "timed_out"
    if isinstance(error, Forbidden):
        return error.code if exchange.errors.speaks(error.code) else spoken_reason(error.code)
    if exchange.errors.speaks(error.code):
        return error.code
    return next(reason for family, reason in _BY_FAMILY if isinstance(error, family))


def outcome_of(error: DrawbridgeError | None) -> Outcome:
    """Give what became of something, by the error that it ended with."""
    if error is None:
        return Outcome.PASSED
    if isinstance(error, OutcomeUnknown):
        return Outcome.UNKNOWN
    if isinstance(error, ExchangeDown):
        return Outcome.DOWN
    # What an exchange has said carries its words.
    return Outcome.TOLD if "told" in error.facts else Outcome.REFUSED
