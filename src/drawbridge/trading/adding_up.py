"""What several accounts are worth together, each as it was last read. Pure.

Accounts told in different currencies are added at prices that stand in these very readings; one
for which there is none is named and kept apart, never guessed. Whoever calls keeps play money
and real money in different sums.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from drawbridge.core.money import ONE, ZERO
from drawbridge.trading.holdings import Portfolio

Prices = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class Wallet:
    """One currency over all accounts; `value` is None where no account knows its price."""

    currency: str
    amount: Decimal
    value: Decimal | None
    accounts: int


@dataclass(frozen=True, slots=True)
class Sum:
    """What accounts are worth together, in `currency`.

    `worths` are the parts by the ids of keys, `apart` the ids of those that could not be told in
    this currency; `unpriced` names what is in no part. `as_of_ms` is when the oldest was read.
    """

    currency: str
    total: Decimal
    as_of_ms: int
    worths: Mapping[str, Decimal]
    wallets: tuple[Wallet, ...]
    unpriced: tuple[str, ...]
    apart: tuple[str, ...]


def add_up(read: Mapping[str, Portfolio], currency: str = "") -> Sum | None:
    """Add accounts up by the ids of their keys; None when there are none.

    Without a currency it is the one in which most of them are told.
    """
    if not read:
        return None
    into = currency or common_currency(read.values())
    rates = {key_id: _rate(key_id, read, into) for key_id in read}
    told = {key_id: rate for key_id, rate in rates.items() if rate is not None}
    worths = {key_id: read[key_id].total * rate for key_id, rate in told.items()}
    counted = [read[key_id] for key_id in told] or list(read.values())
    return Sum(
        currency=into,
        total=sum(worths.values(), ZERO),
        as_of_ms=min(it.as_of_ms for it in counted),
        worths=worths,
        wallets=_wallets(read, told),
        unpriced=tuple(sorted({name for key_id in told for name in read[key_id].unpriced})),
        apart=tuple(sorted(read.keys() - told.keys())),
    )


def common_currency(read: Iterable[Portfolio]) -> str:
    """Give the currency in which most accounts are told, empty when there are none."""
    counted = Counter(it.currency for it in read)
    return max(sorted(counted), key=counted.__getitem__, default="")


def _rate(key_id: str, read: Mapping[str, Portfolio], into: str) -> Decimal | None:
    """Give what a unit of an account's currency is worth, by its own prices before others'."""
    currency = read[key_id].currency
    if currency == into:
        return ONE
    others = (read[other] for other in sorted(read) if other != key_id)
    return _price(_prices((read[key_id], *others)), currency, into)


def _prices(read: Iterable[Portfolio]) -> Prices:
    """Find what a unit of each currency is worth, both ways; who comes first is believed."""
    found: dict[tuple[str, str], Decimal] = {}
    for portfolio in read:
        for it in portfolio.holdings:
            amount = it.free + it.held
            if it.value and amount and it.currency != portfolio.currency:
                found.setdefault((it.currency, portfolio.currency), it.value / amount)
                found.setdefault((portfolio.currency, it.currency), amount / it.value)
    return found


def _price(prices: Prices, currency: str, into: str) -> Decimal | None:
    direct = prices.get((currency, into))
    if direct is not None:
        return direct
    ways = (
        (prices.get((currency, between)), prices.get((between, into)))
        for between in sorted({name for name, _ in prices})
    )
    return next((here * there for here, there in ways if here and there), None)


def _wallets(read: Mapping[str, Portfolio], rates: Mapping[str, Decimal]) -> tuple[Wallet, ...]:
    """Put the same currency of all accounts together, the most valuable first."""
    found: dict[str, Wallet] = {}
    for key_id, rate in rates.items():
        for it in read[key_id].holdings:
            known = found.get(it.currency, Wallet(it.currency, ZERO, None, 0))
            value = known.value
            if it.value is not None:
                value = (value or ZERO) + it.value * rate
            amount = known.amount + it.free + it.held
            found[it.currency] = Wallet(it.currency, amount, value, known.accounts + 1)
    return tuple(sorted(found.values(), key=_by_value))


def _by_value(wallet: Wallet) -> tuple[bool, Decimal, str]:
    return wallet.value is None, -(wallet.value or ZERO), wallet.currency
