"""The operations of the group “accounts”."""

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import Reason, Venue

Matter = Literal[
    "gateway_away",
    "vault_locked",
    "trading_stopped",
    "licence",
    "key_cleanup",
    "key_refused",
    "key_rights_grew",
    "key_invalid",
    "key_expired",
    "robot_paused",
    "approvals_wait",
    "key_unchecked",
    "key_expiring",
    "key_replacement",
    "notices_failing",
    "no_authenticator",
    "few_recovery_codes",
    "no_backup",
    "backup_old",
]
Urgency = Literal["now", "soon"]


class ArrivalTold(TypedDict):
    """An account that was first seen later than the first, and what it brought along."""

    key_id: str
    at_ms: int
    worth: str


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


class NeedTold(TypedDict):
    """Something that needs a person; `subject` is a key, a robot or a channel, if any."""

    matter: Matter
    urgency: Urgency
    subject: str
    name: str
    count: int | None
    reason: Reason | None


class PartTold(TypedDict):
    """One account's part of a sum."""

    key_id: str
    value: str


class Performance(TypedDict):
    """How an account did; null while nothing was read yet."""

    key_id: str
    is_simulated: bool
    report: Mapping[str, Any] | None


class WalletTold(TypedDict):
    """One currency over all accounts; `value` is null where no account knows its price."""

    currency: str
    amount: str
    value: str | None
    accounts: int


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


class Needs(TypedDict):
    """What needs a person, worst first."""

    needs: list[NeedTold]


class SumTold(TypedDict):
    """What all accounts of a venue are worth together; play money is never added to real money."""

    venue: Venue
    currency: str
    total: str
    as_of_ms: int
    parts: list[PartTold]
    wallets: list[WalletTold]
    unpriced: list[str]
    apart: list[str]


class TogetherTold(TypedDict):
    """How all accounts of a venue did together."""

    venue: Venue
    is_simulated: bool
    report: Mapping[str, Any]
    arrivals: list[ArrivalTold]
    left_out: list[str]


class Performances(TypedDict):
    """How the accounts of each venue did."""

    performances: list[TogetherTold]


class Sums(TypedDict):
    """The sums of all venues of which an account was read."""

    sums: list[SumTold]


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

    def get_sums(self) -> Sums:
        """Tell what all accounts are worth together, as they were last read."""
        told: Sums = self._calling.ask("GET", "/portfolio/sums", {})
        return told

    def get_performance_together(
        self, *, currency: str | None = None, risk_free_rate: str | None = None
    ) -> Performances:
        """Tell how all accounts did together, deposits and withdrawals apart."""
        told: Performances = self._calling.ask(
            "GET",
            "/portfolio/performance",
            {},
            query={"currency": currency, "risk_free_rate": risk_free_rate},
        )
        return told

    def list_needs(self) -> Needs:
        """List what needs the person, worst first."""
        told: Needs = self._calling.ask("GET", "/attention", {})
        return told
