"""Who hears what exchanges say against a key. One answer is a doubt, and no verdict yet."""

from typing import Final, Protocol

from drawbridge.core.clock import SECOND_MS
from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.gateway.policy import Purpose

# So long it takes until the exchange is asked once more.
CONFIRMED_AFTER_MS: Final = 5 * SECOND_MS


class Witness(Protocol):
    """Who is told of what an exchange says against a key."""

    def hear(self, key_id: str, error: DrawbridgeError) -> bool:
        """Take note; tell whether it is to be confirmed before anything follows from it."""


class Nobody:
    """Hear nothing: whatever an exchange says is passed on at once."""

    def hear(self, _key_id: str, _error: DrawbridgeError) -> bool:
        """Confirm nothing."""
        return False


NOBODY: Final = Nobody()


def as_heard(
    witness: Witness, key_id: str, purpose: Purpose, error: DrawbridgeError
) -> DrawbridgeError:
    """Give what a caller is told: to come back later, while it is not sure that it is the key.

    Why: nothing happened, and robots must not pause for a word that is taken back a moment
    later. A check of the key hears every word, because it is what confirms them.
    """
    if purpose is Purpose.CHECK or not witness.hear(key_id, error):
        return error
    told = error.facts.get("told") or error.code
    return ExchangeDown("key_in_doubt", retry_after_ms=CONFIRMED_AFTER_MS, told=told)
