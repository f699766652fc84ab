"""What accounts hold and are worth, as values and as they were last read.

Pages and commands read from here; asking the exchanges is the business of `portfolio.py`, in the
gateway's process.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

import orjson

from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput
from drawbridge.storage.database import Database, Row

_LONGEST_CURRENCY = 12
_MOST_WISHED = 200


@dataclass(frozen=True, slots=True)
class Holding:
    """One currency; `value` is None where no price was found."""

    currency: str
    free: Decimal
    held: Decimal
    value: Decimal | None
    price_age_ms: int | None


@dataclass(frozen=True, slots=True)
class Portfolio:
    """An account's worth in `currency`; `unpriced` names what is not in the total."""

    currency: str
    total: Decimal
    holdings: tuple[Holding, ...]
    unpriced: tuple[str, ...]
    as_of_ms: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A key's portfolio as pages show it.

    `problem` is the code of what went wrong last, with its facts; empty when nothing did.
    """

    key_id: str
    wished: str
    asked_ms: int
    portfolio: Portfolio | None
    problem: str
    problem_facts: Mapping[str, object]

    @property
    def answers_wish(self) -> bool:
        """Tell whether it was read since it was asked for, in the currency that was wished.

        Why: a reading may end after another currency was asked for that it began without.
        """
        read = self.portfolio
        if read is None or read.as_of_ms < self.asked_ms:
            return False
        return self.wished in {"", read.currency}

    @property
    def is_awaited(self) -> bool:
        """Tell whether an answer is to come."""
        return not self.problem and not self.answers_wish


def read_currency(text: str) -> str:
    """Read a currency's short code as people write it; empty when nothing is written.

    Raises: `BadInput("bad_currency")`.
    """
    wished = text.strip().upper()
    if wished and (len(wished) > _LONGEST_CURRENCY or not (wished.isascii() and wished.isalnum())):
        raise BadInput("bad_currency", field="currency")
    return wished


class PortfolioStore:
    """All SQL about portfolios."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use the app's database and its clock."""
        self._database = database
        self._clock = clock

    async def find(self, key_id: str) -> Shown | None:
        """Give what was last read of a key's account, None when it never was."""
        row = await self._database.fetch_one("SELECT * FROM portfolios WHERE key_id = ?", key_id)
        return None if row is None else _shown(row)

    async def find_all(self, key_ids: Collection[str]) -> Mapping[str, Shown]:
        """Give what was last read of several keys' accounts, of those that ever were."""
        rows = await self._database.fetch_all(
            "SELECT * FROM portfolios WHERE key_id IN (SELECT value FROM json_each(?))",
            orjson.dumps(list(key_ids)).decode(),
        )
        return {row["key_id"]: _shown(row) for row in rows}

    async def list_wished(self) -> tuple[str, ...]:
        """List the keys whose portfolio somebody waits for, the newest wish first."""
        rows = await self._database.fetch_all(
            "SELECT key_id FROM portfolios WHERE asked_ms > as_of_ms AND problem = ''"
            " ORDER BY asked_ms DESC LIMIT ?",
            _MOST_WISHED,
        )
        return tuple(row["key_id"] for row in rows)

    async def ask(self, key_id: str, currency: str) -> None:
        """Wish for a key's portfolio in this currency, read anew.

        Raises: `BadInput("bad_currency")`.
        """
        wished = read_currency(currency)
        if not wished:
            raise BadInput("bad_currency", field="currency")
        await self._write(
            "INSERT INTO portfolios (key_id, currency, asked_ms) VALUES (?, ?, ?)"
            " ON CONFLICT (key_id) DO UPDATE SET currency = excluded.currency,"
            " asked_ms = excluded.asked_ms, problem = '', problem_facts = '{}'",
            key_id,
            wished,
            self._clock.now_ms(),
        )

    async def keep(self, key_id: str, portfolio: Portfolio) -> None:
        """Keep what was read."""
        told = orjson.dumps(portfolio, default=str).decode()
        await self._write(
            "INSERT INTO portfolios (key_id, as_of_ms, told) VALUES (?, ?, ?)"
            " ON CONFLICT (key_id) DO UPDATE SET as_of_ms = excluded.as_of_ms,"
            " told = excluded.told, problem = '', problem_facts = '{}'",
            key_id,
            portfolio.as_of_ms,
            told,
        )

    async def keep_problem(self, key_id: str, code: str, facts: Mapping[str, object]) -> None:
        """Keep why it could not be read; what was read before stays, with its age."""
        await self._write(
            "INSERT INTO portfolios (key_id, problem, problem_facts) VALUES (?, ?, ?)"
            " ON CONFLICT (key_id) DO UPDATE SET problem = excluded.problem,"
            " problem_facts = excluded.problem_facts",
            key_id,
            code,
            orjson.dumps(dict(facts), default=str).decode(),
        )

    async def _write(self, sql: str, *args: str | int) -> None:
        async with self._database.lane() as tx:
            await tx.execute(sql, *args)


def _shown(row: Row) -> Shown:
    told = orjson.loads(row["told"]) if row["told"] else None
    return Shown(
        key_id=row["key_id"],
        wished=row["currency"],
        asked_ms=row["asked_ms"],
        portfolio=None if told is None else _portfolio(told),
        problem=row["problem"],
        problem_facts=orjson.loads(row["problem_facts"]),
    )


def _portfolio(told: dict[str, object]) -> Portfolio:
    match told:
        case {
            "currency": str(currency),
            "total": str(total),
            "holdings": list(holdings),
            "unpriced": list(unpriced),
            "as_of_ms": int(as_of_ms),
        }:
            read = tuple(_holding(holding) for holding in holdings)
            return Portfolio(currency, Decimal(total), read, tuple(unpriced), as_of_ms)
    message = "a portfolio is not written as we write it"
    raise ValueError(message)


def _holding(told: dict[str, str | int | None]) -> Holding:
    value, age_ms = told["value"], told["price_age_ms"]
    return Holding(
        currency=str(told["currency"]),
        free=Decimal(str(told["free"])),
        held=Decimal(str(told["held"])),
        value=None if value is None else Decimal(value),
        price_age_ms=None if age_ms is None else int(age_ms),
    )
