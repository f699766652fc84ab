"""How Binance is asked what a key may do: one signed request tells all switches.

The account's own flags (`canTrade`, `canWithdraw` in GET /api/v3/account) speak of the account
and not of the key, so they are never asked here.

Source: developers.binance.com, wallet, account/apiRestrictions, 2026-07-21.
"""

from typing import Any

from drawbridge.core.errors import DrawbridgeError, OutcomeUnknown
from drawbridge.core.operations import GetKeyRights, KeyRights, Operation


def operations() -> tuple[Operation[Any], ...]:
    """Give the one question."""
    return (GetKeyRights(),)


def read(answers: tuple[object, ...]) -> KeyRights:
    """Give the rights, or raise what the exchange answered instead."""
    answer = answers[0] if answers else None
    if isinstance(answer, KeyRights):
        return answer
    if isinstance(answer, DrawbridgeError):
        raise answer
    raise OutcomeUnknown("unreadable_answer", operation="get_key_rights")
