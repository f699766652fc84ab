"""All SQL of the candles on which robots work: each series once, however many look at it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from drawbridge.core.markets import Candle
from drawbridge.core.money import plain
from drawbridge.robots.model import Plan
from drawbridge.storage.database import Database, Transaction

_PRICES: Final = ("open", "high", "low", "close", "volume")
_CHART: Final = 500


class SeriesId(NamedTuple):
    """What a series of candles is of."""

    exchange: str
    venue: str
    symbol: str
    interval_ms: int


def series_of(plan: Plan) -> SeriesId:
    """Give the series on which a robot works."""
    return SeriesId(plan.exchange, plan.venue, plan.symbol, plan.interval_ms)


class CandleStore:
    """Read series of candles."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def list_newest(self, series: SeriesId, most: int = _CHART) -> tuple[Candle, ...]:
        """List the newest candles of a series, oldest first."""
        rows = await self._database.fetch_all(
            "SELECT robot_series_candles.* FROM robot_series_candles"
            " JOIN robot_series ON robot_series.id = series_id WHERE exchange = ? AND venue = ?"
            " AND symbol = ? AND interval_ms = ? ORDER BY open_time_ms DESC LIMIT ?",
            *series,
            most,
        )
        return tuple(
            Candle(row["open_time_ms"], *(Decimal(row[name]) for name in _PRICES))
            for row in reversed(rows)
        )

    async def last_prices(self, owner: str) -> Mapping[str, Decimal]:
        """Give the newest close of the series of each of an owner's robots that has one."""
        rows = await self._database.fetch_all(
            "SELECT robots.id, (SELECT close FROM robot_series_candles"
            " WHERE series_id = robot_series.id ORDER BY open_time_ms DESC LIMIT 1) AS price"
            " FROM robots JOIN robot_series USING (exchange, venue, symbol, interval_ms)"
            " WHERE owner = ? AND deleted_ms IS NULL",
            owner,
        )
        return {row["id"]: Decimal(row["price"]) for row in rows if row["price"] is not None}


async def keep_candles(
    tx: Transaction, series: SeriesId, candles: Sequence[Candle], kept: int
) -> None:
    """Write down closed candles that were acted upon, and forget all but the newest `kept`."""
    if not candles:
        return
    last_ms = candles[-1].open_time_ms
    await tx.execute(
        "INSERT INTO robot_series (exchange, venue, symbol, interval_ms, last_ms)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (exchange, venue, symbol, interval_ms) DO UPDATE"
        # Another process may have acted upon a younger one already.
        " SET last_ms = excluded.last_ms WHERE robot_series.last_ms < excluded.last_ms",
        *series,
        last_ms,
    )
    row = await tx.fetch_one(
        "SELECT id FROM robot_series WHERE exchange = ? AND venue = ? AND symbol = ?"
        " AND interval_ms = ?",
        *series,
    )
    series_id = row["id"] if row else 0
    await tx.execute_many(
        "INSERT INTO robot_series_candles (series_id, open_time_ms, open, high, low, close, volume)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (series_id, open_time_ms) DO UPDATE SET"
        " open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,"
        " volume = excluded.volume",
        [
            (series_id, it.open_time_ms, *(plain(getattr(it, name)) for name in _PRICES))
            for it in candles[-kept:]
        ],
    )
    await tx.execute(
        "DELETE FROM robot_series_candles WHERE series_id = ? AND open_time_ms < ?",
        series_id,
        last_ms - kept * series.interval_ms,
    )
