"""What an account holds and what it is worth in one currency.

Prices come from the exchange's own tickers, directly or through one currency in between. What
has no price is listed, never guessed and never counted as zero.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import MINUTE_MS, Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.markets import Markets, Ticker
from drawbridge.core.money import ONE, ZERO
from drawbridge.core.operations import Balance, GetBalances, GetTickers
from drawbridge.gateway.crossing import KeyBook
from drawbridge.gateway.permission import never_left
from drawbridge.gateway.policy import Purpose
from drawbridge.trading.holdings import Holding, Portfolio, PortfolioStore
from drawbridge.trading.reading import Passage

_MOST_HUBS: Final = 100
_TRY_AGAIN_MS: Final = 30_000


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit is worth, and when the older of its tickers was made."""

    rate: Decimal
    time_ms: int


class Prices:
    """Rates between currencies, from tickers."""

    __slots__ = ("_currencies", "_rates")

    def __init__(self, tickers: Iterable[Ticker]) -> None:
        """Take each ticker in both directions."""
        self._rates: dict[tuple[str, str], Price] = {}
        for ticker in tickers:
            if ticker.last <= 0:
                continue
            base, _, quote = ticker.symbol.partition("/")
            self._rates[base, quote] = Price(ticker.last, ticker.time_ms)
            self._rates.setdefault((quote, base), Price(ONE / ticker.last, ticker.time_ms))
        self._currencies = sorted({currency for pair in self._rates for currency in pair})

    def find(self, currency: str, into: str, now_ms: int) -> Price | None:
        """Give the price of a currency, directly or through one other; None when there is none."""
        if currency == into:
            return Price(ONE, now_ms)
        direct = self._rates.get((currency, into))
        if direct is not None:
            return direct
        for between in self._currencies:
            first, second = self._rates.get((currency, between)), self._rates.get((between, into))
            if first is not None and second is not None:
                return Price(first.rate * second.rate, min(first.time_ms, second.time_ms))
        return None


def value(balances: Iterable[Balance], prices: Prices, currency: str, now_ms: int) -> Portfolio:
    """Add up what balances are worth in a currency."""
    holdings, total, unpriced = [], ZERO, []
    for balance in sorted(balances, key=lambda balance: balance.currency):
        if not balance.total:
            continue
        price = prices.find(balance.currency, currency, now_ms)
        worth = None if price is None else balance.total * price.rate
        age_ms = None if price is None else max(0, now_ms - price.time_ms)
        holdings.append(Holding(balance.currency, balance.free, balance.held, worth, age_ms))
        if worth is None:
            unpriced.append(balance.currency)
        else:
            total += worth
    return Portfolio(currency, total, tuple(holdings), tuple(unpriced), now_ms)


class Portfolios:
    """The portfolios of keys."""

    def __init__(
        self, gateway: Passage, keys: KeyBook, store: PortfolioStore, clock: Clock
    ) -> None:
        """Ask through the gateway."""
        self._gateway = gateway
        self._keys = keys
        self._store = store
        self._clock = clock
        # When to ask again after a failure; only for keys that failed.
        self._not_before_ms: dict[str, int] = {}

    async def refresh(self, key_id: str) -> bool:
        """Read a key's portfolio if it is older than a minute or was asked for since.

        Tell whether it was read.
        """
        known = await self._store.find(key_id)
        as_of_ms = known.portfolio.as_of_ms if known and known.portfolio else 0
        now_ms = self._clock.now_ms()
        if known and known.answers_wish and as_of_ms > now_ms - MINUTE_MS:
            return False
        if now_ms < self._not_before_ms.get(key_id, 0):
            return False
        try:
            await self._read(key_id, known.wished if known else "")
        except DrawbridgeError as error:
            if never_left(error):
                # The account is another process's now, which reads it by itself.
                raise
            self._not_before_ms[key_id] = now_ms + _TRY_AGAIN_MS
            await self._store.keep_problem(key_id, error.code, error.facts)
            raise
        self._not_before_ms.pop(key_id, None)
        return True

    async def _read(self, key_id: str, wished: str) -> None:
        await self._store.keep(key_id, await self.portfolio(key_id, wished))
        known = await self._store.find(key_id)
        if known is not None and not known.answers_wish and known.wished != wished:
            # Another currency was asked for meanwhile.
            await self._store.keep(key_id, await self.portfolio(key_id, known.wished))

    async def portfolio(self, key_id: str, currency: str = "") -> Portfolio:
        """Ask for a key's balances and what they are worth.

        Without a currency it is the one that most pairs of the exchange trade against.
        Raises: as `Gateway.call`.
        """
        key = await self._keys.get_record(key_id)
        balances = await self._gateway.call(key_id, GetBalances(), purpose=Purpose.READ)
        markets = await self._gateway.markets(key.exchange, key.venue)
        into = currency or most_quoted(markets)
        symbols = _needed(markets, {balance.currency for balance in balances}, into)
        tickers: Mapping[str, Ticker] = {}
        if symbols:
            asked_ms = self._clock.now_ms()
            told = await self._gateway.call_public(key.exchange, key.venue, GetTickers(symbols))
            # A price that comes without a time is at least as young as the question.
            tickers = {
                ticker.symbol: ticker if ticker.time_ms else replace(ticker, time_ms=asked_ms)
                for ticker in told
            }
        return value(balances, Prices(tickers.values()), into, self._clock.now_ms())


def most_quoted(markets: Markets) -> str:
    """Give the currency that most pairs trade against, empty when there are no pairs."""
    counted = Counter(market.quote for market in markets if market.active)
    return max(sorted(counted), key=counted.__getitem__, default="")


def _needed(markets: Markets, held: set[str], currency: str) -> tuple[str, ...]:
    """Give the markets by which holdings are priced, and no others.

    Why: an exchange lists thousands, and charges for every ticker.
    """
    pairs = {frozenset((market.base, market.quote)): market for market in markets if market.active}
    hubs = {other for pair in pairs if currency in pair for other in pair if other != currency}
    needed = set()
    for name in held - {currency}:
        if frozenset((name, currency)) in pairs:
            needed.add(frozenset((name, currency)))
            continue
        for hub in sorted(hubs)[:_MOST_HUBS]:
            way = {frozenset((name, hub)), frozenset((hub, currency))}
            if way <= pairs.keys():
                needed |= way
    return tuple(sorted(pairs[pair].symbol for pair in needed))
