"""Licences through real processes: an operator's server, a gateway that asks it, bots."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drawbridge.app.clock import SystemClock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.licences.documents import Kind, peek, private_key_from, public_key_of, sign
from drawbridge.licences.marks import key_mark_of
from drawbridge.licences.model import Account, Act, Ask, Operator
from drawbridge.licences.service import Place, PlacedKey, Shown
from drawbridge.licences.standing import State
from drawbridge.licences.written import encode_ask, read_licence
from drawbridge.vault.model import KeyRecord
from drawbridge.virtual_keys.wishes import Wish
from tests.kit.house import until
from tests.kit.processes import Process, drawbridge, free_port
from tests.kit.proxied import Proxied, found_proxied
from tests.kit.trader import AMOUNT, Trader

_EXCHANGE = "binance"
_MODULE = "drawbridge.entrypoints.cli.main"


@dataclass
class Operated:
    """An operator's folder and server, and an installation that asks for licences."""

    folder: Path
    port: int
    proxied: Proxied
    server: Process | None = None

    def office(self, *arguments: str) -> Any:  # noqa: ANN401  whatever JSON it printed
        """Run an operator's command."""
        return _told("licences", *arguments, "--folder", str(self.folder))

    def serve(self) -> None:
        """Start the licence server."""
        arguments = ["licences", "serve", "--folder", str(self.folder), "--with-paper", "--json"]
        environment = {"DRAWBRIDGE_PAPER": self.proxied.town.settings.paper}
        self.server = Process(_MODULE, [*arguments, "--port", str(self.port)], environment)

    def stop(self) -> None:
        """Stop it."""
        if self.server is not None:
            self.server.stop()
            self.server = None

    def licence(self, *arguments: str) -> Any:  # noqa: ANN401  whatever JSON it printed
        """Run a person's command on the installation."""
        environment = self.proxied.town.settings.environment()
        return _told("licence", *arguments, environment=environment)

    async def shown(self) -> Shown:
        """Tell how the licence stands."""
        return await self.proxied.house.licences.show(self.proxied.owner)

    def until_key(self, key: KeyRecord, place: Place) -> PlacedKey:
        """Wait until a key's account stands so."""

        async def stands() -> PlacedKey | None:
            found = {it.key.id: it for it in (await self.shown()).keys}[key.id]
            return found if found.place is place else None

        return self.proxied.runner.run(until(stands, f"{key.label} is {place}"))


def _told(*arguments: str, environment: dict[str, str] | None = None) -> Any:  # noqa: ANN401  whatever JSON it printed
    done = drawbridge(*arguments, "--json", environment=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    folder, port = tmp_path_factory.mktemp("operator"), free_port()
    public = _told("licences", "init", "--folder", str(folder))["public_key"]
    operator = Operator(public, f"http://127.0.0.1:{port}", frozenset({"paper"}))
    with found_proxied(tmp_path_factory.mktemp("home"), operator=operator) as proxied:
        standing = Operated(folder, port, proxied)
        try:
            yield standing
        finally:
            standing.stop()


class Bot:
    """A bot with a virtual key in front of a real key of its own account."""

    def __init__(self, operated: Operated, account: str) -> None:
        self.key = operated.proxied.real_key(_EXCHANGE, account)
        made = operated.proxied.virtual_key(self.key, Wish(scopes=("trade_spot",)))
        self._trader = Trader(_EXCHANGE, made.fields)
        self._proxied = operated.proxied

    def trade(self, side: Side) -> str:
        """Trade at market; give the code of what the exchange's words say, empty when it went."""
        order = PlaceOrder(self._trader.symbol, side, OrderType.MARKET, AMOUNT)
        port = int(self._proxied.exchanges[_EXCHANGE]["rest"].rpartition(":")[2])
        try:
            self._proxied.runner.run(self._trader.ask(port, order))
        except DrawbridgeError as error:
            return error.code
        return ""


def test_a_licence_from_its_issue_to_its_revocation(operated: Operated) -> None:
    """Scenarios 51 to 54: asked before entries only, slots, a claim, the server away."""
    first = Bot(operated, "first")
    # Nobody has a licence: nothing is entered, and closing works.
    assert first.trade(Side.BUY) != ""
    assert first.trade(Side.SELL) == ""

    operated.serve()
    made = operated.office("issue", "Ada", "--slots", "1")
    operated.licence("add", made["licence"])
    operated.until_key(first.key, Place.ACTIVE)
    assert first.trade(Side.BUY) == ""

    second = Bot(operated, "second")
    operated.until_key(second.key, Place.REFUSED)
    assert second.trade(Side.BUY) != ""
    operated.licence("archive", first.key.id)
    operated.until_key(second.key, Place.ACTIVE)
    assert second.trade(Side.BUY) == ""
    assert (first.trade(Side.BUY) != "", first.trade(Side.SELL)) == (True, "")

    _claimed(operated, second)
    _server_away(operated)
    _revoked(operated, made["id"])


def _claimed(operated: Operated, second: Bot) -> None:
    """Scenario 52: somebody else has taken the account; the exchange proves whose it is."""
    mine = operated.proxied.real_key(_EXCHANGE, "third")
    bob = operated.office("issue", "Bob", "--slots", "1")["licence"]
    assert _as_bob(operated, bob, mine) == [200, 200]
    operated.licence("archive", second.key.id)
    assert operated.until_key(mine, Place.REFUSED).reason == "licence_account_elsewhere"
    assert operated.licence("claim", mine.id)["done"]
    operated.until_key(mine, Place.ACTIVE)


def _as_bob(operated: Operated, document: str, key: KeyRecord) -> list[int]:
    """Let somebody else bind an account that is not theirs; give the server's answers."""
    signer = private_key_from(b"b" * 32)
    mark_key = read_licence(peek(Kind.LICENCE, document)).mark_key
    mark = key_mark_of(mark_key, Account(key.exchange, key.venue, key.public_key))
    now_ms = SystemClock().now_ms()
    ask = Ask(Act.ACTIVATE, document, public_key_of(signer), 0, "one", now_ms)
    statuses = []
    for one in (ask, replace(ask, act=Act.BIND, serial=1, nonce="two", mark=mark)):
        line = http.client.HTTPConnection("127.0.0.1", operated.port, timeout=10)
        line.request("POST", "/v1/ask", sign(Kind.ASK, encode_ask(one), signer))
        statuses.append(line.getresponse().status)
        line.close()
    return statuses


def _server_away(operated: Operated) -> None:
    """Scenario 53: the last lease works on, and how it stands is told."""
    operated.stop()
    wish = operated.licence("renew", "--no-wait")
    assert not wish["done"]

    async def is_told() -> bool:
        return (await operated.shown()).problem == "licence_server_unreachable"

    operated.proxied.runner.run(until(is_told, "the server's being away is told"))
    assert operated.licence("show")["lets_trade"]
    operated.serve()


def _revoked(operated: Operated, licence_id: str) -> None:
    operated.office("revoke", licence_id, "--yes")
    operated.licence("renew", "--no-wait")

    async def is_over() -> bool:
        return (await operated.shown()).state is State.REVOKED

    operated.proxied.runner.run(until(is_over, "the revocation is known"))
    [ada, bob] = operated.office("list")
    assert (ada["holder"], ada["refused"]) == ("Ada", "licence_revoked")
    assert bob["used_slots"] == 0
    assert Decimal(ada["refused_times"]) >= 1
