"""A running paper exchange, and everything that a test with a real client needs of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

import ccxt
import ccxt.async_support
import ccxt.pro
import requests

from drawbridge.app.clock import SystemClock, entropy
from drawbridge.catalogue.registry import Exchange, get_card, get_exchange
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.paper_server.hosting import papered
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import PaperKeys, Surroundings
from drawbridge.paper.store import PaperStore, open_database
from drawbridge.storage.database import Database
from tests.kit.streams import token_switches
from tests.real_clients.referee import credentials
from tests.real_clients.table import Client, Table, get_table

Key = dict[str, str]


class Keys:
    """Makes paper keys as the command line does, without starting a process for each."""

    def __init__(self, state: Path) -> None:
        """Open the state of a paper exchange, which may be running."""
        self._runner = asyncio.Runner()
        self._clock = SystemClock()
        self._database: Database = self._runner.run(open_database(state))
        by_id = {exchange.card.id: exchange for exchange in papered()}
        at = Surroundings(self._clock, entropy)
        self._keys = PaperKeys(PaperStore(self._database), by_id, at)
        self._runner.run(self._keys.reload())

    def make(
        self,
        exchange_id: str,
        scopes: str,
        account: str,
        addresses: Sequence[str] = (),
        lasts_ms: int | None = None,
    ) -> Key:
        """Make a key, and give its fields; whoever may read may also draw tokens for streams."""
        wanted = frozenset(map(Scope, scopes.split(",")))
        switches = switches_for(get_card(exchange_id), wanted)
        if Scope.READ in wanted:
            switches |= token_switches(get_exchange(exchange_id))
        wish = KeyWish(
            exchange_id=exchange_id,
            switches=switches,
            ip_list=tuple(addresses),
            expires_ms=None if lasts_ms is None else self._clock.now_ms() + lasts_ms,
        )
        made = self._runner.run(self._keys.create(account, wish))
        secrets = {"api_secret": made.api_secret, "passphrase": made.passphrase}
        told = {name: secret.reveal() for name, secret in secrets.items() if secret is not None}
        return {"api_key": made.api_key, **told}

    def close(self) -> None:
        """Let go of the database."""
        self._runner.run(self._database.close())
        self._runner.close()


class Stands(Protocol):
    """Where exchanges stand: a paper exchange, or the proxy in front of one."""

    @property
    def exchanges(self) -> dict[str, Any]:
        """Tell where each exchange stands."""


class Makes(Protocol):
    """Who makes keys for it."""

    def make(
        self,
        exchange_id: str,
        scopes: str,
        account: str,
        addresses: Sequence[str] = (),
        lasts_ms: int | None = None,
    ) -> Key:
        """Make a key, and give its fields."""


@dataclass(frozen=True)
class Bench:
    """One exchange of a running paper exchange, as its clients meet it."""

    paper: Stands
    keys: Makes
    exchange_id: str
    # Status and body of every answer to its clients, oldest first.
    answers: list[tuple[int, str]] = field(default_factory=list)

    @property
    def last_answer(self) -> tuple[int, str]:
        """Give status and body of the last answer."""
        return self.answers[-1]

    @property
    def table(self) -> Table:
        """Give what the suite knows of the exchange."""
        return get_table(self.exchange_id)

    @property
    def exchange(self) -> Exchange:
        """Give the exchange as we carry it."""
        return get_exchange(self.exchange_id)

    def key(
        self,
        scopes: str = "",
        account: str = "",
        addresses: Sequence[str] = (),
        lasts_ms: int | None = None,
    ) -> Key:
        """Make a key: by default one that may trade, in the exchange's own account."""
        table = self.table
        rights = scopes or table.scopes
        return self.keys.make(
            self.exchange_id,
            rights,
            account or f"client-of-{self.exchange_id}",
            addresses or (table.key_addresses if "trade" in rights else ()),
            lasts_ms,
        )

    def client(self, key: Key | None = None, *, by_path: bool = False) -> Client:
        """Give an unmodified client with a key; it knows no markets yet."""
        client = self._class(ccxt)(self._settings(key or self.key(), by_path=by_path))
        client.session.hooks["response"].append(self._hear)
        return self._prepared(client)

    def asynchronous_client(self, key: Key) -> Client:
        """Give the same of ccxt's asynchronous half."""
        return self._prepared(self._class(ccxt.async_support)(self._settings(key, by_path=False)))

    def streaming_client(self, key: Key) -> Client:
        """Give the same of ccxt's streaming half."""
        return self._prepared(self._class(ccxt.pro)(self._settings(key, by_path=False)))

    def desk(self, key: Key | None = None) -> "Desk":
        """Give a client that knows the markets."""
        client = self.client(key)
        client.load_markets()
        return Desk(self, client)

    def _hear(self, answer: requests.Response, **_told: object) -> None:
        self.answers.append((answer.status_code, answer.text))

    def _class(self, package: Any) -> Any:  # noqa: ANN401  ccxt is published without types
        return getattr(package, get_card(self.exchange_id).clients["ccxt"].id)

    def _settings(self, key: Key, *, by_path: bool) -> dict[str, object]:
        at = self.paper.exchanges[self.exchange_id]
        urls = at["ccxt_urls"]
        return {
            **credentials(key),
            "urls": _moved(urls, at["rest"], at["path"]) if by_path else urls,
            "enableRateLimit": False,
            **self.table.settings,
        }

    def _prepared(self, client: Client) -> Client:
        client.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
        if self.table.prepare is not None:
            self.table.prepare(client)
        return client


@dataclass(frozen=True)
class Desk:
    """A client with a key, and the market that it trades."""

    bench: Bench
    client: Client

    @classmethod
    def of(cls, bench: Bench) -> Self:
        """Open a desk with a key of its own."""
        client = bench.client()
        client.load_markets()
        return cls(bench, client)

    @property
    def table(self) -> Table:
        """Give what the suite knows of the exchange."""
        return self.bench.table

    @property
    def symbol(self) -> str:
        """Give the symbol that is traded."""
        return self.table.symbol

    def price(self, factor: float) -> str:
        """Give a price so many times the best bid, on the tick."""
        ticker = self.client.fetch_ticker(self.symbol)
        # Some exchanges tell no best prices with a ticker.
        near = float(ticker["bid"] or ticker["last"])
        told: str = self.client.price_to_precision(self.symbol, near * factor)
        return told

    @property
    def far_price(self) -> str:
        """Give a price at which an order to buy rests."""
        return self.price(self.table.far)

    def place(
        self, side: str = "buy", amount: str = "", price: str = "", **params: object
    ) -> dict[str, Any]:
        """Place a limit order, by default a small one that rests."""
        placed: dict[str, Any] = self.client.create_order(
            self.symbol,
            "limit",
            side,
            float(amount or self.table.amount),
            float(price or self.far_price),
            params,
        )
        return placed

    def trade(self, side: str, amount: str) -> dict[str, Any]:
        """Place a market order."""
        by_cost = self.table.buys_by_cost and side == "buy"
        price = float(self.price(1.0)) if by_cost else None
        placed: dict[str, Any] = self.client.create_order(
            self.symbol, "market", side, float(amount), price
        )
        return placed


def _moved(urls: Any, port: str, path: str) -> Any:  # noqa: ANN401  nested as ccxt wants it
    """Write addresses under the exchange's path on the first port instead."""
    if isinstance(urls, dict):
        return {name: _moved(inner, port, path) for name, inner in urls.items()}
    return urls.replace(port, path)
