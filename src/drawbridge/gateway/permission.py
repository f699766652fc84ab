"""Permission to sign: a request leaves only while its account is surely ours.

Of several processes, one at a time works for an account, by a claim that ends (`cluster/`). One
that was stopped or cut off must send nothing late: another may have taken its accounts over. In
one process the share has no end, and nothing here costs or changes anything.
"""

from typing import Final, Protocol

from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.gateway.under_way import UnderWay

MOVED: Final = "account_moved"
# So long before a claim ends, nothing is signed any more: what follows (opening, signing, handing
# bytes to a socket) takes a few milliseconds, and a busy loop a few more.
LEAST_MS: Final = 500
# Between the end of what is signed and the end of the claim: how wrong we may be about the
# exchange's clock, which is learnt to half of a way there and back.
MARGIN_MS: Final = 250
# By then whoever works for the account now has claimed it, or we have claimed it anew.
_COME_BACK_AFTER_MS: Final = 1_000


class Claims(Protocol):
    """Who says how long accounts are ours: a `Share`, of which nothing else is asked here."""

    def time_left_ms(self, key_id: str) -> int | None:
        """Give how long a key's account surely stays ours, 0 where it is not; None: no end."""

    def held_for_ms(self, key_id: str) -> int | None:
        """Give how long it has been ours without a break, 0 where it is not; None: always."""


class Permission:
    """Asks the share, on every way out and again right before the bytes leave."""

    __slots__ = ("_claims", "under_way")

    def __init__(self, claims: Claims) -> None:
        """Ask this one."""
        self._claims = claims
        self.under_way: Final = UnderWay()

    def left_ms(self, key_id: str) -> int | None:
        """Give how long a request of this key may be under way from now on; None: without end.

        Raises: `ExchangeDown("account_moved")`: nothing happened, and it may be tried again by
        whoever works for the account.
        """
        left_ms = self._claims.time_left_ms(key_id)
        if left_ms is None:
            return None
        if left_ms < LEAST_MS:
            raise moved()
        return left_ms - MARGIN_MS

    def held_for_ms(self, key_id: str) -> int | None:
        """Give how long an account has been ours without a break; None: always."""
        return self._claims.held_for_ms(key_id)


def moved() -> ExchangeDown:
    """Give the error for what was not sent, because its account is not surely ours."""
    return ExchangeDown(MOVED, retry_after_ms=_COME_BACK_AFTER_MS)


def never_left(error: DrawbridgeError) -> bool:
    """Tell whether an error says that nothing left for want of permission."""
    return error.code == MOVED
