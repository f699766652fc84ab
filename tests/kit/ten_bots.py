"""Bots of an unmodified client (ccxt) on one exchange account, each with its own manners.

A third of them ask over several connections and try again at once after a no, a third over one,
and a third are patient. All of them want more than a fair share: they place orders and cancel
them again for as long as they are let.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import ccxt
import ccxt.async_support

from drawbridge.catalogue.registry import get_card
from drawbridge.virtual_keys.wishes import Wish
from tests.kit.proxied import Fields, Proxied
from tests.real_clients.referee import credentials

BOTS: Final = 10
_MANNERS: Final = ("loud", "quick", "patient")
_WRONG: Final = "code NOT IN ('', 'rate_limited')"
_SPENT: Final = "outcome = 'told' AND code IN ('rate_limited', 'order_rate_limited', 'banned')"


@dataclass
class Bot:
    """One bot and what came of it."""

    manner: str
    client: Any
    placed: int = 0
    told_to_wait: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shares:
    """What ten bots were given, and what the exchange said no to."""

    placed: tuple[int, ...]
    waits: int
    beyond: int
    wrong: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def least(self) -> float:
        """Give what who was given least was given, as a share of a fair share."""
        return min(self.placed) * len(self.placed) / max(1, sum(self.placed))


def share_out(proxied: Proxied, exchange_id: str, for_s: float) -> Shares:
    """Let ten bots trade for so long on one account."""
    account = f"shared-{exchange_id}"
    key = proxied.real_key(exchange_id, account)
    wish = Wish(scopes=("read", "trade_spot"))
    fields = [proxied.virtual_key(key, wish).fields for _ in range(BOTS)]
    bots = asyncio.run(_trade(proxied.exchanges[exchange_id], exchange_id, fields, for_s))
    rows = proxied.runner.run(_noted(proxied))
    return Shares(
        tuple(bot.placed for bot in bots),
        sum(bot.told_to_wait for bot in bots),
        sum(times for outcome, _, times in rows if outcome == "spent"),
        tuple(f"{code} x{times}" for outcome, code, times in rows if outcome == "wrong"),
        tuple(error for bot in bots for error in bot.errors),
    )


async def _noted(proxied: Proxied) -> list[tuple[str, str, int]]:
    """Give what the log of crossings says of what did not pass."""
    rows = []
    for name, where in (("spent", _SPENT), ("wrong", f"{_WRONG} AND NOT ({_SPENT})")):
        found = await proxied.house.database.fetch_all(
            f"SELECT code, count(*) AS times FROM crossings WHERE {where} GROUP BY code"  # noqa: S608 - of our own words
        )
        rows += [(name, str(row["code"]), int(row["times"])) for row in found]
    return rows


async def _trade(
    at: dict[str, Any], exchange_id: str, fields: Sequence[Fields], for_s: float
) -> list[Bot]:
    kind = getattr(ccxt.async_support, get_card(exchange_id).clients["ccxt"].id)
    bots = []
    for number, of in enumerate(fields):
        urls = {"urls": at["ccxt_urls"], "enableRateLimit": False}
        bots.append(Bot(_MANNERS[number % 3], kind({**credentials(of), **urls})))
    first = bots[0].client
    await first.load_markets()
    symbol = get_card(exchange_id).paper_markets[0].symbol
    ticker = await first.fetch_ticker(symbol)
    for bot in bots[1:]:
        bot.client.set_markets(first.markets, first.currencies)
    until = time.monotonic() + for_s
    async with asyncio.TaskGroup() as group:
        for bot in bots:
            for _ in range(4 if bot.manner == "loud" else 1):
                group.create_task(_ask(bot, symbol, float(ticker["last"]) * 0.8, until))
    for bot in bots:
        await bot.client.close()
    return bots


async def _ask(bot: Bot, symbol: str, price: float, until: float) -> None:
    client, market = bot.client, bot.client.market(symbol)
    least = max(market["limits"]["amount"]["min"] or 0, 12 / price)
    amount = float(client.amount_to_precision(symbol, 2 * least))
    is_patient, wanted = bot.manner == "patient", None
    while time.monotonic() < until:
        try:
            if wanted is None:
                wanted = (await client.create_limit_buy_order(symbol, amount, price))["id"]
                bot.placed += 1
            else:
                await client.cancel_order(wanted, symbol)
                wanted = None
        except (ccxt.RateLimitExceeded, ccxt.DDoSProtection, ccxt.ExchangeNotAvailable):
            bot.told_to_wait += 1
            await asyncio.sleep(1 if is_patient else 0.05)
        except ccxt.BaseError as error:
            bot.errors.append(f"{type(error).__name__}: {str(error)[:160]}")
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.2 if is_patient else 0)
