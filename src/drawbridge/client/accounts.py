"""The operations of the group “accounts”."""

from collections.abc import Mapping
from typing import Any, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import Reason, Venue


class CurrencyWish(TypedDict):
    """In which currency an account is to be told."""

    currency: str


class HoldingTold(TypedDict):
    """One currency of an account; `value` is null where no price was found."""

    currency: str
    free: str
    held: str
    value: str | None
    price_age_ms: int | None


class Performance(TypedDict):
    """How an account did; null while nothing was read yet."""

    key_id: str
    is_simulated: bool
    report: Mapping[str, Any] | None


class Account(TypedDict):
    """What a key's account holds; `total` and `currency` are null until it was read once."""

    key_id: str
    label: str
    exchange: str
    venue: Venue
    wished: str
    asked_ms: int | None
    currency: str | None
    total: str | None
    as_of_ms: int | None
    holdings: list[HoldingTold]
    unpriced: list[str]
    is_awaited: bool
    problem: Reason | None


class AccountsOperations:
    """The operations of the group “accounts”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_accounts(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[Account]:
        """List what the accounts of all usable keys hold, as they were last read."""
        told: Page[Account] = self._calling.ask(
            "GET", "/portfolio", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def get_holdings(self, key: str) -> Account:
        """Give what the account of a key holds, as it was last read."""
        told: Account = self._calling.ask("GET", "/keys/{key}/holdings", {"key": key})
        return told

    def request_holdings(
        self, key: str, wish: CurrencyWish, *, idempotency_key: str = ""
    ) -> Account:
        """Ask for what the account holds to be read anew, told in a currency."""
        told: Account = self._calling.ask(
            "POST", "/keys/{key}/holdings", {"key": key}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def get_performance(
        self, key: str, *, currency: str | None = None, risk_free_rate: str | None = None
    ) -> Performance:
        """Tell how the account of a key did, deposits and withdrawals apart."""
        told: Performance = self._calling.ask(
            "GET",
            "/keys/{key}/performance",
            {"key": key},
            query={"currency": currency, "risk_free_rate": risk_free_rate},
        )
        return told
