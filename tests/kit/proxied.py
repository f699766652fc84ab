"""Bots' side of a real house: a paper exchange, the gateway's process serving bots, virtual keys.

Everything goes through the product's own processes and services; only a key's check is told to
have gone well, because what a check does is proven elsewhere.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from drawbridge.app.bot_tls import keep_certificate
from drawbridge.app.build import House, open_house
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.app.observing.settings import ObservingSettings
from drawbridge.app.settings import Settings
from drawbridge.catalogue.registry import get_card, get_exchange
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.paper_server.hosting import client_urls, papered
from drawbridge.licences.model import Operator
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import PaperKeys, Surroundings
from drawbridge.paper.store import PaperStore, open_database
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing
from drawbridge.vault.unlock import read_vault_key
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.virtual_keys.service import VirtualKeys
from drawbridge.virtual_keys.wishes import Wish
from tests.kit.gateways import WORKERS, Running
from tests.kit.house import Town, create_owner, until
from tests.kit.processes import Paper, bots_address
from tests.kit.store import store_in
from tests.kit.streams import token_switches

_TRADES: Final = frozenset({Scope.READ, Scope.TRADE_SPOT})
_IN_FILE: Final = """
CREATE TEMP TRIGGER unchecked AFTER INSERT ON main.keys
BEGIN UPDATE keys SET check_requested_ms = NULL WHERE id = NEW.id; END
"""
_UNCHECKED: Final = """
CREATE FUNCTION unchecked() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN NEW.check_requested_ms := NULL; RETURN NEW; END'
"""
_LEFT_SO: Final = (
    "CREATE TRIGGER unchecked BEFORE INSERT ON keys FOR EACH ROW EXECUTE FUNCTION unchecked()"
)
_HELD: Final = """
SELECT workers.address AS address, count(*) AS held
FROM shards JOIN workers ON workers.id = shards.holder
WHERE shards.until_ms > ? GROUP BY workers.address
"""
Fields = dict[str, str]


class NobodyElse:
    """The second factor of a person who has none."""

    async def check_second_factor(self, owner: str, code: str) -> None:
        """Be content."""


@dataclass(frozen=True)
class Made:
    """A virtual key, with what its bot is given."""

    virtual: VirtualKey
    fields: Fields


class Proxied:
    """A running paper exchange with the proxy in front of it; `exchanges` are the proxy's."""

    def __init__(self, town: Town, process: Running, runner: asyncio.Runner, house: House) -> None:
        """Join what runs already."""
        self.town = town
        self.process = process
        self.runner = runner
        self.house = house
        self.owner = runner.run(create_owner(house))
        self.virtual_keys = VirtualKeys(
            house.database,
            house.clock,
            entropy,
            partial(read_vault_key, house.database),
            NobodyElse(),
        )
        self._paper = runner.run(open_database(town.paper.state))
        by_id = {exchange.card.id: exchange for exchange in papered()}
        at = Surroundings(SystemClock(), entropy)
        self._paper_keys = PaperKeys(PaperStore(self._paper), by_id, at)
        runner.run(self._paper_keys.reload())

    @property
    def paper(self) -> Paper:
        """Give the exchange behind."""
        return self.town.paper

    @property
    def exchanges(self) -> dict[str, Any]:
        """Tell where bots find each exchange, as a paper exchange tells it."""
        told = {}
        for name, venues in self.process.ready["exchanges"].items():
            if "paper" in venues:
                rest = venues["paper"]["rest"]
                ws = rest.replace("http", "ws", 1)
                urls = client_urls(get_exchange(name), "ccxt", rest, ws)
                told[name] = {**venues["paper"], "ws": ws, "ccxt_urls": urls}
        return told

    def ledger(self) -> dict[str, Any]:
        """Read the paper exchange's balances and the proof that its books balance."""
        return self.paper.ledger()

    def real_key(
        self,
        exchange_id: str,
        account: str,
        scopes: frozenset[Scope] = _TRADES,
        addresses: Sequence[str] = (),
    ) -> KeyRecord:
        """Make a key of the paper exchange and add it, as if its check had gone well."""
        return self.runner.run(self._real_key(exchange_id, account, scopes, tuple(addresses)))

    def virtual_key(self, key: KeyRecord, wish: Wish) -> Made:
        """Make a virtual key in front of a real one."""
        return self.runner.run(self._virtual_key(key, wish))

    def make(
        self,
        exchange_id: str,
        scopes: str,
        account: str,
        addresses: Sequence[str] = (),
        lasts_ms: int | None = None,
    ) -> Fields:
        """Make a virtual key in front of a key of its own; give its fields."""
        wanted = frozenset(map(Scope, scopes.split(",")))
        key = self.real_key(exchange_id, account, _TRADES | wanted, addresses)
        until_ms = None if lasts_ms is None else self.house.clock.now_ms() + lasts_ms
        wish = Wish(scopes=tuple(wanted), expires_ms=until_ms)
        return self.virtual_key(key, wish).fields

    async def _real_key(
        self, exchange_id: str, account: str, scopes: frozenset[Scope], addresses: tuple[str, ...]
    ) -> KeyRecord:
        switches = switches_for(get_card(exchange_id), scopes)
        switches |= token_switches(get_exchange(exchange_id))
        wish = KeyWish(exchange_id, switches=switches, ip_list=addresses)
        made = await self._paper_keys.create(account, wish)
        secrets = {"api_secret": made.api_secret, "passphrase": made.passphrase}
        fields = {name: it.reveal() for name, it in secrets.items() if it is not None}
        names = {it.field for it in get_card(exchange_id).credentials}
        if "api_secret" not in names:
            fields["private_key"] = fields.pop("api_secret")
        fields["api_key"] = made.api_key
        added = await self.house.vault.add(self.owner, exchange_id, "paper", fields)
        standing = Standing(KeyStatus.ENABLED, scopes=scopes)
        return await self.house.vault.record_verdict(added.key.id, standing)

    async def _virtual_key(self, key: KeyRecord, wish: Wish) -> Made:
        made = await self.virtual_keys.make(self.owner, key.id, wish)
        drawn = made.drawn
        fields = {"api_key": drawn.api_key, "api_secret": drawn.api_secret.reveal()}
        if drawn.passphrase is not None:
            fields["passphrase"] = drawn.passphrase.reveal()
        return Made(made.virtual, fields)

    def close(self) -> None:
        """Let go of the paper exchange's database."""
        self.runner.run(self._paper.close())


async def leave_unchecked(house: House) -> None:
    """Let keys that are added here wait for no check: the verdict is written for them.

    Why: a process that saw the wish between the two would place a probe order on the account.
    """
    async with house.database.transaction() as tx:
        for statement in (_UNCHECKED, _LEFT_SO) if house.settings.is_cluster else (_IN_FILE,):
            await tx.execute(statement)


async def let_be_checked(house: House) -> None:
    """Let keys that others add from now on be checked: on a server all wrote what was left so."""
    if house.settings.is_cluster:
        async with house.database.transaction() as tx:
            await tx.execute("DROP TRIGGER unchecked ON keys")


async def until_shared(house: House, workers: int) -> None:
    """Wait until every worker has its share."""

    async def shared() -> bool:
        rows = await house.database.fetch_all(_HELD, await house.database.now_ms())
        return len(rows) == workers

    await until(shared, "every worker has a share")


@contextmanager
def found_proxied(
    folder: Path,
    *,
    limited: bool = False,
    faults: str = "",
    tls: bool = False,
    operator: Operator | None = None,
    ops: str = "",
) -> Iterator[Proxied]:
    """Start a paper exchange and the proxy in front of it; end both.

    With an `operator`, licences are asked for; with `ops`, health and metrics are told there.
    """
    paper = Paper(folder / "paper", unlimited=not limited, faults=faults)
    address = paper.account_site.removeprefix("http://")
    settings = Settings(
        data=folder / "data",
        paper=address,
        operator=operator,
        observing=ObservingSettings(ops=ops),
        store=store_in(folder / "data"),
    )
    town = Town(paper, replace(settings, proxy=bots_address()))
    if tls:
        keep_certificate(town.settings, (), SystemClock().now_ms())
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            process = town.proxy()
            house = runner.run(stack.enter_async_context(open_house(town.settings)))
            runner.run(leave_unchecked(house))
            if town.settings.is_cluster:
                runner.run(until_shared(house, WORKERS))
            proxied = Proxied(town, process, runner, house)
            try:
                yield proxied
            finally:
                proxied.close()
        finally:
            runner.run(stack.aclose())
            town.end()
